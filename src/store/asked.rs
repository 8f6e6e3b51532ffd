//! A source that other threads ask.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::source::{Fetched, Source, SourceError};

/// A source, shared with the thread that asks it. One of these asks it at a time.
#[derive(Clone)]
pub(super) struct Asked(Arc<Mutex<Box<dyn Source>>>);

impl Asked {
    pub(super) fn new(source: Box<dyn Source>) -> Self {
        Self(Arc::new(Mutex::new(source)))
    }

    pub(super) fn name(&self) -> String {
        self.source().name().to_owned()
    }

    pub(super) fn watched(&self) -> Vec<PathBuf> {
        self.source().watched()
    }

    /// As [`Source::fetch`]; one that panics failed.
    pub(super) fn fetch(&self) -> Result<Fetched, SourceError> {
        let mut source = self.source();
        catch_unwind(AssertUnwindSafe(|| source.fetch()))
            .unwrap_or_else(|_| Err(SourceError::unavailable(source.name(), "it panicked")))
    }

    fn source(&self) -> MutexGuard<'_, Box<dyn Source>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
