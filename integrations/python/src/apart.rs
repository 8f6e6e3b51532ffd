//! What waits for threads that may wait for the interpreter.

use std::ops::Deref;

use pyo3::prelude::*;

/// Holds something that falls while others have the interpreter. A store waits for its thread, which may be about to tell
/// something.
pub(crate) struct Apart<T: Send>(Option<T>);

impl<T: Send> Apart<T> {
    pub(crate) fn new(held: T) -> Self {
        Self(Some(held))
    }
}

impl<T: Send> Deref for Apart<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("it is there until it falls")
    }
}

impl<T: Send> Drop for Apart<T> {
    fn drop(&mut self) {
        let held = self.0.take();
        // When the interpreter ends there is nothing to be let go.
        Python::try_attach(|py| py.detach(|| drop(held)));
    }
}
