//! Functions that get their text redacted.

use super::api::Api;
use super::caught::caught;
use super::pre_send::PreSend;
use super::refused::Refused;
use crate::redactor::text;

impl PreSend {
    /// `ask`, but what it gets is redacted, as a text. It is not called at all if the text must not be sent. Of an
    /// asynchronous function, what is returned is its future.
    ///
    /// ```
    /// use keepmum::prompt::{Api, PreSend};
    /// use keepmum::{Redactor, ReferenceKey};
    ///
    /// let redactor = Redactor::builder().secret("db", "correct horse battery")?.build()?;
    /// let guard = PreSend::builder(redactor.into(), ReferenceKey::new(b"32 random bytes")).build()?;
    /// // Whatever asks a model.
    /// let ask = guard.before(Api::Json, |prompt| format!("you said: {prompt}"));
    /// assert!(ask("what is correct horse battery?")?.starts_with("you said: what is SECRETREF_db_"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The function that is returned gives [`Refused`]: a secret that is blocked, a text that is too long, a panic of an
    /// observer.
    pub fn before<T, F>(&self, api: Api, ask: F) -> impl Fn(&str) -> Result<T, Refused> + use<T, F>
    where
        F: Fn(String) -> T,
    {
        let guard = self.clone();
        move |said| {
            let redacted =
                caught(api, || Ok(text(guard.redact_text(api, said)?.body.into_owned())))?;
            Ok(ask(redacted))
        }
    }
}
