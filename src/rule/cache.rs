//! Automata that were made before, by this process or another.

use std::fmt::Write as _;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use regex_automata::MatchKind;
use regex_automata::dfa::dense;
use regex_syntax::hir::Hir;
use sha2::{Digest, Sha256};

use super::pattern::Automaton;

/// Where automata of rules are kept from one process to the next.
///
/// One takes up to some milliseconds to make, when its rule sees a candidate for the first time. A process that lives for one
/// request, as a hook does, pays that each time without a cache.
///
/// A redactor rests on what it gets: whoever keeps automata answers for `load` giving back what `store` was given, or nothing.
/// Bytes that are no automaton are noticed, and it is made anew.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Arc, Mutex};
///
/// use keepmum::Redactor;
/// use keepmum::rule::{AutomatonCache, template::expand};
///
/// #[derive(Default)]
/// struct InMemory(Mutex<HashMap<String, Vec<u8>>>);
///
/// impl AutomatonCache for InMemory {
///     fn load(&self, key: &str) -> Option<Vec<u8>> {
///         self.0.lock().ok()?.get(key).cloned()
///     }
///
///     fn store(&self, key: &str, automaton: &[u8]) {
///         self.0.lock().into_iter().for_each(|mut all| drop(all.insert(key.to_owned(), automaton.to_owned())));
///     }
/// }
///
/// let cache = Arc::new(InMemory::default());
/// let token = expand("ghp_{alnum:36}", 1).expect("a template").text;
/// for _ in 0..2 {
///     let redactor = Redactor::builder().automaton_cache(cache.clone()).builtin_rules().build()?;
///     assert_eq!(redactor.redact_str(&token), "[REDACTED:github-pat]");
/// }
/// assert_eq!(cache.0.lock().expect("nobody panicked").len(), 1);
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub trait AutomatonCache: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// What was stored under `key`, 64 letters of `0-9a-f`.
    fn load(&self, key: &str) -> Option<Vec<u8>>;

    /// Keeps `automaton`. It may fail without a word: the automaton is made again then.
    fn store(&self, key: &str, automaton: &[u8]);
}

/// A cache, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Cache(Option<Arc<dyn AutomatonCache>>);

impl Cache {
    pub(crate) fn of(cache: Arc<dyn AutomatonCache>) -> Self {
        Self(Some(cache))
    }

    /// The automaton of `hir`, from the cache if it is there.
    pub(super) fn automaton(
        &self,
        hir: &Hir,
        kind: MatchKind,
        make: impl FnOnce() -> Result<Automaton, String>,
    ) -> Result<Automaton, String> {
        let Some(cache) = &self.0 else { return make() };
        let key = key(hir, kind);
        let loaded = cache.load(&key);
        let loaded = loaded.as_deref().and_then(|bytes| dense::DFA::from_bytes(bytes).ok());
        if let Some((automaton, _)) = loaded {
            return Ok(automaton.to_owned());
        }
        let automaton = make()?;
        let (bytes, padding) = automaton.to_bytes_native_endian();
        cache.store(&key, &bytes[padding..]);
        Ok(automaton)
    }
}

/// Tells automata apart: by the pattern, how it is matched, and what makes and reads them.
fn key(hir: &Hir, kind: MatchKind) -> String {
    let made_by = concat!("keepmum ", env!("CARGO_PKG_VERSION"));
    let digest = Sha256::digest(format!("{made_by} {kind:?} {hir}"));
    digest.iter().fold(String::with_capacity(64), |mut key, byte| {
        let _ = write!(key, "{byte:02x}");
        key
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::Redactor;
    use crate::rule::template::expand;

    /// Gives back the same bytes for every key.
    struct Wrong(Mutex<Vec<u8>>);

    impl AutomatonCache for Wrong {
        fn load(&self, _: &str) -> Option<Vec<u8>> {
            self.0.lock().ok().map(|bytes| bytes.clone())
        }

        fn store(&self, _: &str, automaton: &[u8]) {
            *self.0.lock().expect("nobody panicked") = automaton.to_owned();
        }
    }

    #[test]
    fn what_is_no_automaton_is_made_anew() {
        let token = expand("ghp_{alnum:36}", 1).expect("a template").text;
        let cache = Arc::new(Wrong(Mutex::new(b"nothing of the kind".to_vec())));
        for cut in [0, 1, 8] {
            let builder = Redactor::builder().automaton_cache(cache.clone()).builtin_rules();
            let redactor = builder.build().expect("good rules");
            assert_eq!(redactor.redact_str(&token), "[REDACTED:github-pat]");
            let mut bytes = cache.0.lock().expect("nobody panicked");
            let len = bytes.len();
            bytes.truncate(len - cut);
        }
    }
}
