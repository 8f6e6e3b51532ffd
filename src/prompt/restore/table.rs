//! The references that can be turned back.

use std::collections::HashMap;
use std::fmt;

use zeroize::Zeroizing;

use crate::{Origin, Redactor, ReferenceKey, Secret};

/// The values of a set, by their references.
pub(super) struct Table(HashMap<String, Known>);

/// A value.
pub(super) struct Known {
    /// What it is called where it is found, so that the reference is the one that requests get.
    pub(super) name: String,
    pub(super) value: Zeroizing<String>,
}

impl Table {
    /// Those of `secrets` that `redactor` finds as one piece. A value that is no text has no place in arguments.
    pub(super) fn new<'a>(
        key: &ReferenceKey,
        redactor: &Redactor,
        secrets: impl Iterator<Item = &'a Secret>,
    ) -> Self {
        let known = secrets.filter_map(|secret| Known::of(redactor, secret.value()));
        let by_reference =
            |known: Known| (key.reference(&known.name, known.value.as_bytes()).to_string(), known);
        Self(known.map(by_reference).collect())
    }

    pub(super) fn get(&self, reference: &str) -> Option<&Known> {
        self.0.get(reference)
    }
}

impl Known {
    /// What is found of a value: it may be without the white space around it.
    fn of(redactor: &Redactor, value: &[u8]) -> Option<Self> {
        let found = redactor.find(value);
        let [one] = &found[..] else { return None };
        let span = one.span();
        let found = &value[span.start() as usize..span.end() as usize];
        if one.origin() != Origin::Secret || found.len() < value.trim_ascii().len() {
            return None;
        }
        let value = Zeroizing::new(std::str::from_utf8(found).ok()?.to_owned());
        Some(Self { name: one.name().to_owned(), value })
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("references", &self.0.len()).finish()
    }
}
