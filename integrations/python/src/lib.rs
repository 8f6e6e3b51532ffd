//! keepmum for Python: `keepmum._keepmum`, which the package in `python/keepmum` is made of.
//!
//! ```text
//!   Python ▸ entry (the interpreter let go for long inputs, panics caught) ▸ Redactor, ByteStream, Exit ▸ keepmum
//! ```
//!
//! Rules that hold for every function: a failure is an exception and never an output; no exception holds a value of a
//! secret; nothing is kept of what Python hands over but copies of secrets, which are wiped.

mod apart;
mod arrow;
mod entry;
mod error;
mod exit;
mod finding;
mod fork;
mod keys;
mod opening;
mod redactor;
mod stream;
mod text;
mod warn;

use pyo3::prelude::*;

#[pymodule]
mod _keepmum {
    #[pymodule_export]
    use super::exit::{Exit, Reply};
    #[pymodule_export]
    use super::finding::Finding;
    #[pymodule_export]
    use super::fork::forked;
    #[pymodule_export]
    use super::redactor::Redactor;
    #[pymodule_export]
    use super::stream::ByteStream;
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
