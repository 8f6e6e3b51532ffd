//! Streams, which go over to new sets of secrets while they run.

use std::sync::Arc;

use keepmum::Discard;
use keepmum::store::{Follower, FreshStream, SecretStore};
use keepmum::structured::{JsonStream, Malformed};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::entry::looked;
use crate::error::LimitError;
use crate::opening::Opened;

/// A stream of bytes. However the input is cut, the output is the same.
#[pyclass(module = "keepmum._keepmum")]
pub(crate) struct ByteStream {
    /// None once it is finished or has failed: nothing of what it held is let out.
    passing: Option<Passing>,
    /// Falls last.
    _of: Arc<Opened>,
}

impl ByteStream {
    pub(crate) fn new(of: &Arc<Opened>, json: bool) -> Self {
        let passing = if json { Passing::json(&of.store) } else { Passing::bytes(&of.store) };
        Self { passing: Some(passing), _of: Arc::clone(of) }
    }

    /// Does something with what is running, and takes what is decided. If that fails, the stream is over.
    fn act(
        &mut self,
        py: Python<'_>,
        bytes: usize,
        act: impl FnOnce(&mut Passing) -> Result<(), Malformed> + Send,
    ) -> PyResult<Vec<u8>> {
        let mut passing = self.running()?;
        let acted = looked(py, bytes, || act(&mut passing))?;
        acted.map_err(|malformed| LimitError::new_err(malformed.to_string()))?;
        let decided = std::mem::take(passing.decided());
        self.passing = Some(passing);
        Ok(decided)
    }

    fn running(&mut self) -> PyResult<Passing> {
        let over = || PyValueError::new_err("the stream is finished, or has failed");
        self.passing.take().ok_or_else(over)
    }
}

#[pymethods]
impl ByteStream {
    fn push<'py>(&mut self, py: Python<'py>, chunk: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let decided = self.act(py, chunk.len(), |passing| passing.push(chunk))?;
        Ok(PyBytes::new(py, &decided))
    }

    fn release<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let decided = self.act(py, 0, |passing| {
            passing.release();
            Ok(())
        })?;
        Ok(PyBytes::new(py, &decided))
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let passing = self.running()?;
        let rest = looked(py, 0, || passing.finish())?;
        let rest = rest.map_err(|malformed| LimitError::new_err(malformed.to_string()))?;
        Ok(PyBytes::new(py, &rest))
    }

    /// Ends it; what it holds is dropped.
    fn abandon(&mut self) {
        self.passing = None;
    }
}

/// The stream inside.
enum Passing {
    Bytes(Box<FreshStream<Vec<u8>>>),
    Json(Box<JsonStream<Vec<u8>>>, Follower),
}

impl Passing {
    fn bytes(store: &SecretStore) -> Self {
        Passing::Bytes(Box::new(store.stream(Vec::new())))
    }

    fn json(store: &SecretStore) -> Self {
        // Followed first: a set that comes between is gone over to.
        let (follower, _) = store.follow(Discard);
        Passing::Json(Box::new(JsonStream::lines(store.redactor(), Vec::new())), follower)
    }

    fn push(&mut self, chunk: &[u8]) -> Result<(), Malformed> {
        match self {
            Passing::Bytes(stream) => stream.push(chunk),
            Passing::Json(stream, follower) => {
                follow(stream, follower);
                stream.push(chunk)?;
            }
        }
        Ok(())
    }

    fn release(&mut self) {
        match self {
            Passing::Bytes(stream) => stream.release(),
            // Who prompts does not do so in JSON.
            Passing::Json(..) => {}
        }
    }

    fn decided(&mut self) -> &mut Vec<u8> {
        match self {
            Passing::Bytes(stream) => stream.sink(),
            Passing::Json(stream, _) => stream.sink(),
        }
    }

    fn finish(self) -> Result<Vec<u8>, Malformed> {
        match self {
            Passing::Bytes(stream) => Ok(stream.finish()),
            Passing::Json(mut stream, mut follower) => {
                follow(&mut stream, &mut follower);
                stream.finish()
            }
        }
    }
}

/// Goes over to the set in force.
fn follow(stream: &mut JsonStream<Vec<u8>>, follower: &mut Follower) {
    if let Some(redactor) = follower.newer() {
        stream.adopt(&redactor).expect("all sets of a store are made from one redactor");
    }
}
