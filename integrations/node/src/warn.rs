//! Who is told what somebody should look at.

use std::sync::{Mutex, PoisonError};

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};

use crate::error::{self, Result};

/// A function of JavaScript's that takes a text.
pub(crate) struct Warn {
    /// Does not keep the process running.
    function: Told,
    /// What came before the constructor returned. The function is called by the loop, and a short program could end before.
    early: Mutex<Option<Vec<String>>>,
}

type Told = ThreadsafeFunction<String, (), String, napi::Status, false, true>;

impl Warn {
    pub(crate) fn new(function: &Function<'_, String, ()>) -> Result<Self> {
        let function = function.build_threadsafe_function::<String>().weak::<true>().build();
        let function = function.map_err(error::host)?;
        Ok(Self { function, early: Mutex::new(Some(Vec::new())) })
    }

    /// Tells it, from whichever thread it is. When the host ends there is nobody left to tell.
    pub(crate) fn tell(&self, text: &str) {
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(early) = &mut *early {
            return early.push(text.to_owned());
        }
        drop(early);
        self.function.call(text.to_owned(), ThreadsafeFunctionCallMode::NonBlocking);
    }

    /// What there was to tell so far. From now on the loop calls the function.
    pub(crate) fn early(&self) -> Vec<String> {
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        early.take().unwrap_or_default()
    }
}
