//! What was found.

use keepmum::Finding as Found;
use pyo3::prelude::*;

/// What is redacted, and where. Holds nothing of the secret itself.
#[pyclass(frozen, get_all, eq, hash, module = "keepmum")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Finding {
    name: String,
    origin: &'static str,
    start: usize,
    end: usize,
    fingerprint: Option<String>,
}

impl Finding {
    pub(crate) fn new(found: &Found) -> Self {
        Self {
            name: found.name().to_owned(),
            origin: found.origin().as_str(),
            start: place(found.span().start()),
            end: place(found.span().end()),
            fingerprint: found.fingerprint().map(|print| print.as_str().to_owned()),
        }
    }

    /// With places in characters of `text`, as Python counts them.
    pub(crate) fn in_text(mut self, text: &str) -> Self {
        let chars = |at: usize| {
            let bytes = text.as_bytes()[..at].iter();
            bytes.filter(|byte| (**byte as i8) >= -0x40).count()
        };
        if !text.is_ascii() {
            (self.start, self.end) = (chars(self.start), chars(self.end));
        }
        self
    }
}

#[pymethods]
impl Finding {
    fn __repr__(&self) -> String {
        let Self { name, origin, start, end, .. } = self;
        format!("Finding(name={name:?}, origin={origin:?}, start={start}, end={end})")
    }
}

fn place(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
