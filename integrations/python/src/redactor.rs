//! The redactor: made of a configuration, shared, kept fresh.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use arrow_data::ArrayData;
use arrow_pyarrow::PyArrowType;
use keepmum::structured::JsonStream;
use keepmum::{Guard, Names, Surface};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrow;
use crate::entry::{apart, caught, looked};
use crate::error::LimitError;
use crate::finding::Finding;
use crate::fork::forks;
use crate::opening::{Opened, Opening, secret};
use crate::stream::ByteStream;
use crate::text::Input;
use crate::warn::Warn;

/// What metrics call calls from Python.
pub(crate) const SURFACE: Surface = Surface::new("python");

/// After a failure to open sources in a process that was forked off, it is tried again no sooner.
const AGAIN: Duration = Duration::from_secs(30);

/// Secrets and rules in force. `keepmum.Redactor` adds what is written in Python.
#[pyclass(frozen, subclass, module = "keepmum._keepmum")]
pub(crate) struct Redactor {
    pub(crate) opening: Opening,
    names: Names,
    opened: ArcSwap<Opened>,
    /// How many forks lay before this process when it was opened.
    forks: AtomicU32,
    failed: Mutex<Option<Instant>>,
}

impl Redactor {
    /// What is in force now. In a process that was forked off, whose thread that reads secrets is elsewhere, sources are
    /// opened again first. If that fails, the set of before the fork stays, somebody is told, and it is tried again later.
    pub(crate) fn opened(&self, py: Python<'_>) -> arc_swap::Guard<Arc<Opened>> {
        let now = forks();
        if self.forks.load(Ordering::Relaxed) != now {
            self.reopen(py, now);
        }
        self.opened.load()
    }

    /// The value of a field, which need not be text: what the name tells is told of what can be read of it.
    fn field<'a>(&self, guard: &Guard, name: &str, value: &'a [u8]) -> Cow<'a, [u8]> {
        let named = |text: &str| match guard.redact_field(SURFACE, &self.names, name, text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(new) => Some(Cow::Owned(new.into_bytes())),
        };
        if let Ok(text) = std::str::from_utf8(value) {
            return named(text).unwrap_or(Cow::Borrowed(value));
        }
        let alone = guard.redact(SURFACE, value);
        named(&String::from_utf8_lossy(&alone)).unwrap_or(alone)
    }

    fn reopen(&self, py: Python<'_>, now: u32) {
        // Who finds it taken uses the set of before: another thread is at it.
        let Ok(mut failed) = self.failed.try_lock() else { return };
        let early = failed.is_some_and(|failed| failed.elapsed() < AGAIN);
        if early || self.forks.load(Ordering::Relaxed) == now {
            return;
        }
        if self.opening.rotates() {
            let secrets = self.opening.secrets(py);
            match apart(py, || self.opening.open(secrets)).and_then(|opened| opened) {
                Ok(opened) => self.opened.store(Arc::new(opened)),
                Err(error) => {
                    *failed = Some(Instant::now());
                    let why = "secrets are as they were before this process was forked off: ";
                    self.opening.warn.tell(&format!("{why}{}", error.value(py)));
                    return;
                }
            }
        }
        *failed = None;
        self.forks.store(now, Ordering::Relaxed);
    }
}

#[pymethods]
impl Redactor {
    #[new]
    #[pyo3(signature = (config, toml, *, secrets, rules, profile, disable, replacement, hide, warn))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        py: Python<'_>,
        config: Option<PathBuf>,
        toml: Option<&str>,
        secrets: &Bound<'_, PyDict>,
        rules: Vec<PathBuf>,
        profile: Option<&str>,
        disable: Vec<String>,
        replacement: Option<&str>,
        hide: Vec<String>,
        warn: Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let opening = Opening::new(config, toml, Warn::new(warn))?;
        let opening = opening.with(rules, profile, disable, replacement)?;
        for (name, value) in secrets {
            opening.add(py, secret(name.extract()?, &value)?);
        }
        let secrets = opening.secrets(py);
        let opened = apart(py, || opening.open(secrets))??;
        Ok(Self {
            opening,
            names: hide.iter().fold(Names::default(), |names, name| names.with(name)),
            opened: ArcSwap::from_pointee(opened),
            forks: AtomicU32::new(forks()),
            failed: Mutex::new(None),
        })
    }

    /// Replaces the secrets in text or bytes. What is clean is given back itself, without a copy.
    ///
    /// Whatever goes wrong is an exception, and never the input. Inputs of 4 KiB and more let other threads have the
    /// interpreter.
    fn redact<'py>(&self, input: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = input.py();
        let (opened, read) = (self.opened(py), Input::of(input)?);
        let bytes = read.bytes();
        let new = looked(py, bytes.len(), || opened.guard.redact(SURFACE, bytes))?;
        read.output(input, new)
    }

    /// Replaces the secrets in JSON, or in lines of it: strings are looked through as what they say, however they are
    /// escaped, and stay strings; numbers that hold a secret become strings; all other bytes stay. What is no JSON is
    /// redacted as text to the end of its line, and so is JSON that is too deep.
    fn redact_json<'py>(&self, input: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = input.py();
        let (redactor, read) = (self.opened(py).store.redactor(), Input::of(input)?);
        let bytes = read.bytes();
        let new = looked(py, bytes.len(), || {
            let mut stream = JsonStream::lines(redactor, Vec::new());
            stream.push(bytes)?;
            stream.finish()
        })?
        .map_err(|malformed| LimitError::new_err(malformed.to_string()))?;
        let new = if new == bytes { Cow::Borrowed(bytes) } else { Cow::Owned(new) };
        read.output(input, new)
    }

    /// Replaces the secrets in the value of a field, whose name can tell what it is: a value called `password` is hidden as a
    /// whole.
    fn redact_field<'py>(
        &self,
        name: &str,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        let (opened, read) = (self.opened(py), Input::of(value)?);
        let bytes = read.bytes();
        let new = looked(py, bytes.len(), || self.field(&opened.guard, name, bytes))?;
        read.output(value, new)
    }

    /// Whether the value of a field of that name is hidden, whatever it is.
    fn hides(&self, name: &str) -> bool {
        self.names.tells(name)
    }

    /// What would be redacted, in order. Places are as the input counts: characters of text, bytes of bytes. Text with halves
    /// of surrogate pairs counts bytes of UTF-8.
    fn find(&self, input: &Bound<'_, PyAny>) -> PyResult<Vec<Finding>> {
        let py = input.py();
        let (redactor, read) = (self.opened(py).store.redactor(), Input::of(input)?);
        let bytes = read.bytes();
        let found = looked(py, bytes.len(), || redactor.find(bytes))?;
        let findings = found.iter().map(Finding::new);
        Ok(match read {
            Input::Text(text) => findings.map(|finding| finding.in_text(text)).collect(),
            _ => findings.collect(),
        })
    }

    /// Covers one more secret, for good: in every form and spelling, and from now on also in streams that are running. Raises
    /// SecretError for a value that would be found everywhere.
    fn add_secret(&self, py: Python<'_>, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let (secret, opened) = (secret(name, value)?, self.opened(py));
        let added = secret.clone();
        apart(py, || opened.store.add(added))?.map_err(crate::error::secret)?;
        self.opening.add(py, secret);
        Ok(())
    }

    /// Has every source of secrets read again, now. Returns at once; `warn` hears of failures.
    fn refresh(&self, py: Python<'_>) -> PyResult<()> {
        let opened = self.opened(py);
        caught(|| opened.store.refresh_now())
    }

    /// A stream of bytes, or of lines of JSON.
    fn byte_stream(&self, py: Python<'_>, json: bool) -> PyResult<ByteStream> {
        let opened = self.opened(py);
        caught(|| ByteStream::new(&opened, json))
    }

    /// An array without secrets; none if it is clean.
    fn redact_array(
        &self,
        py: Python<'_>,
        array: PyArrowType<ArrayData>,
    ) -> PyResult<Option<PyArrowType<ArrayData>>> {
        let redactor = self.opened(py).store.redactor();
        let redacted = apart(py, || arrow::redacted(&redactor, &array.0))?;
        let redacted = redacted.map_err(|error| LimitError::new_err(error.to_string()))?;
        Ok(redacted.map(PyArrowType))
    }
}
