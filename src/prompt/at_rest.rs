//! What agents have written down, which is there already: nothing is refused, and what must not change is told of.

use super::look::{Change, Look, Stop, Tools, Unchangeable, edits, reference};
use super::mode::KeyPolicy;
use super::modes::Modes;
use super::report::Found;
use super::shape::{Placeholder, Shape};
use crate::structured::{Edit, Malformed};
use crate::{Finding, Redactor, ReferenceKey};

/// How deep JSON in strings of JSON is followed.
const DEEPEST_STRINGS: usize = 4;

/// Looks through documents at rest, and says what stands for a secret there.
pub(crate) struct AtRest {
    key: ReferenceKey,
    placeholder: Placeholder,
    modes: Modes,
}

/// What was seen in a document.
#[derive(Default)]
pub(crate) struct Seen {
    /// In order and apart.
    pub(crate) edits: Vec<Edit>,
    /// In the order in which they stand there; each span is one of the document.
    pub(crate) found: Vec<Found>,
}

impl AtRest {
    /// With references under `key`.
    pub(crate) fn references(key: ReferenceKey) -> Self {
        Self { key, placeholder: Placeholder::Reference, modes: Modes::default() }
    }

    /// With what `named` redactors print; `key` makes fingerprints alone.
    pub(crate) fn named(key: ReferenceKey) -> Self {
        Self { placeholder: Placeholder::Named, ..Self::references(key) }
    }

    pub(crate) fn key(&self) -> &ReferenceKey {
        &self.key
    }

    /// Looks through one document, or several one after the other.
    ///
    /// # Errors
    ///
    /// It is no JSON.
    pub(crate) fn look(&self, redactor: &Redactor, source: &[u8]) -> Result<Seen, Malformed> {
        let mut look = Look::new(self.tools(redactor));
        let changes = match look.json(source) {
            Ok(changes) => changes,
            Err(Stop::Malformed(malformed)) => return Err(malformed),
            Err(Stop::Refused(_)) => unreachable!("no mode blocks, and what is fixed stays"),
        };
        let edits = edits(&changes);
        let found = changes.into_iter().filter_map(|Change { span, found, .. }| {
            let found = found?;
            Some(Found { finding: Finding { span, ..found.finding.clone() }, ..found })
        });
        let mut found: Vec<Found> = found.collect();
        found.sort_by_key(|found| found.finding.span().start());
        Ok(Seen { edits, found })
    }

    /// What stands for `value`, which was found in a text; `printed` is what the redactor prints.
    pub(crate) fn stands_for(
        &self,
        redactor: &Redactor,
        name: &str,
        value: &[u8],
        printed: &[u8],
    ) -> Vec<u8> {
        match self.placeholder {
            Placeholder::Named => printed.to_vec(),
            Placeholder::Reference => {
                reference(&self.tools(redactor), name, value).as_str().as_bytes().to_vec()
            }
        }
    }

    fn tools<'a>(&'a self, redactor: &'a Redactor) -> Tools<'a> {
        Tools {
            redactor,
            key: &self.key,
            modes: &self.modes,
            keys: KeyPolicy::Redact,
            strings: DEEPEST_STRINGS,
            shape: Shape::at_rest(),
            placeholder: self.placeholder,
            fixed: Unchangeable::Stays,
            appends: None,
        }
    }
}
