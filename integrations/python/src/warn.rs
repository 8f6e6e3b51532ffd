//! Who is told what somebody should look at.

use pyo3::prelude::*;

/// A function of Python's that takes a text.
pub(crate) struct Warn(Py<PyAny>);

impl Warn {
    pub(crate) fn new(function: Bound<'_, PyAny>) -> Self {
        Self(function.unbind())
    }

    /// Tells it, from whichever thread it is. When the interpreter ends there is nobody left to tell.
    pub(crate) fn tell(&self, text: &str) {
        Python::try_attach(|py| {
            let function = self.0.bind(py);
            if let Err(error) = function.call1((text,)) {
                error.write_unraisable(py, Some(function));
            }
        });
    }
}
