//! Exceptions. They are classes of the package, in `_errors.py`.

use keepmum::config::ConfigError as Config;
use keepmum::prompt;
use pyo3::import_exception;
use pyo3::prelude::*;

import_exception!(keepmum._errors, ConfigError);
import_exception!(keepmum._errors, InternalError);
import_exception!(keepmum._errors, LimitError);
import_exception!(keepmum._errors, Refused);
import_exception!(keepmum._errors, SecretError);
import_exception!(keepmum._errors, SourceError);

/// A configuration that is not in force. Its text names the file, the line or the rule.
pub(crate) fn config(error: Config) -> PyErr {
    let said = error.to_string();
    if error.is_source() { SourceError::new_err(said) } else { ConfigError::new_err(said) }
}

/// A secret that is not looked for. The text names it, and never its value.
pub(crate) fn secret(why: impl ToString) -> PyErr {
    SecretError::new_err(why.to_string())
}

/// A request that is not sent.
pub(crate) fn refused(refused: prompt::Refused) -> PyErr {
    Refused::new_err((refused.to_string(), refused.status(), refused.body()))
}
