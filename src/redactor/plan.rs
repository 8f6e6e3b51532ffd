//! What a family of redactors shares, whatever secrets are known.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use regex_automata::util::pool::Pool;

use super::{Compiled, Inner, NewCore, Redactor};
use crate::allow::Allowlist;
use crate::detect::literal::IndexBuilder;
#[cfg(feature = "sealed")]
use crate::detect::sealed::{Sealed, SealedBuilder};
use crate::error::BuildError;
use crate::finding::Fingerprint;
use crate::limits::Limits;
use crate::replace::{Fingerprinter, Replacement, Texts};
use crate::rule::CompiledRule;
use crate::scan::{Engine, Parts};
#[cfg(feature = "sealed")]
use crate::secret::{SealedKey, SealedSet};
use crate::secret::{Secret, expand};

/// What stays when the known secrets change.
pub(super) struct Plan {
    pub(super) rules: Arc<[CompiledRule]>,
    pub(super) replacement: Replacement,
    pub(super) replacements: HashMap<String, Replacement>,
    pub(super) fingerprinter: Option<Arc<Fingerprinter>>,
    pub(super) allow: Arc<Allowlist>,
    pub(super) limits: Limits,
    /// Known secrets that nobody here knows; they stay too.
    #[cfg(feature = "sealed")]
    pub(super) sealed: Option<Arc<Sealed>>,
    /// Of every set so far: a stream that goes over to another set keeps labels by their index.
    pub(super) labels: Mutex<Labels>,
}

/// What redactions of known secrets are called. Labels are only added.
#[derive(Clone, Default)]
pub(super) struct Labels(pub(super) Vec<(Arc<str>, Option<Fingerprint>)>);

impl Labels {
    /// Where the label stands; it is added if it is new. `known` finds those that are there.
    fn index(&mut self, label: (Arc<str>, Option<Fingerprint>), known: &mut Known) -> u32 {
        *known.entry(label).or_insert_with_key(|label| {
            self.0.push(label.clone());
            self.0.len() as u32 - 1
        })
    }

    fn known(&self) -> Known {
        self.0.iter().cloned().zip(0..).collect()
    }
}

type Known = HashMap<(Arc<str>, Option<Fingerprint>), u32>;

impl Plan {
    /// The redactor for `secrets`, whose labels are added to those of its family.
    pub(super) fn with(self: &Arc<Self>, secrets: &[Secret]) -> Result<Redactor, BuildError> {
        let mut labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut index, mut known) = (IndexBuilder::default(), labels.known());
        for secret in secrets {
            if secret.value().len() > self.limits.longest_secret {
                return Err(too_long(secret, &self.limits));
            }
            let print = self.fingerprinter.as_ref();
            let print = print.and_then(|print| print.of(secret.value().trim_ascii()));
            let label = labels.index((Arc::from(secret.name()), print), &mut known);
            expand(secret).1.into_iter().for_each(|form| index.add(form, label));
        }
        let labels = labels.clone();
        let texts = self.texts(&labels);
        let mut engine = Engine::new(Parts {
            rules: Arc::clone(&self.rules),
            fingerprints: labels.0.iter().map(|(_, print)| *print).collect(),
            fingerprinter: self.fingerprinter.clone(),
            index: index.build(),
            allow: Arc::clone(&self.allow),
            #[cfg(feature = "sealed")]
            sealed: self.sealed.clone(),
            limits: self.limits.clone(),
        })?;
        harmless(&engine, &texts)?;
        engine.set_marks(texts.marks());
        let compiled = Compiled { engine, texts, labels, plan: Arc::clone(self) };
        let new: NewCore = Box::new(Box::default);
        Ok(Redactor { inner: Arc::new(Inner { compiled, pool: Pool::new(new) }) })
    }

    fn texts(&self, labels: &Labels) -> Texts {
        let choice = |name: &str| self.replacements.get(name).unwrap_or(&self.replacement).clone();
        let rules = self.rules.iter().map(|rule| (&*rule.id, choice(&rule.id)));
        let secrets = labels.0.iter().map(|(name, _)| (&**name, choice(name)));
        Texts::new(rules, secrets, choice(Replacement::FIELD))
    }
}

/// The index of all sealed sets, whose secrets get labels.
#[cfg(feature = "sealed")]
pub(super) fn sealed(sets: &[(SealedSet, SealedKey)], labels: &mut Labels) -> Option<Arc<Sealed>> {
    let (_, key) = sets.first()?;
    let (mut index, mut known) = (SealedBuilder::new(key), Known::new());
    for (name, forms) in sets.iter().flat_map(|(set, _)| set.forms()) {
        let label = labels.index((Arc::from(name), None), &mut known);
        forms.iter().for_each(|&form| index.add(form, label));
    }
    Some(Arc::new(index.build()))
}

pub(super) fn too_long(secret: &Secret, limits: &Limits) -> BuildError {
    let why = format!("its value is longer than {} bytes", limits.longest_secret);
    BuildError::secret(secret.name(), why)
}

/// Refuses replacements that would print a known secret.
fn harmless(engine: &Engine, texts: &Texts) -> Result<(), BuildError> {
    let printed = texts.marks().join(&b"\n"[..]);
    engine.secret_in(&printed).map_or(Ok(()), |at| {
        let from = printed[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let name = String::from_utf8_lossy(&printed[from..at]).into_owned();
        Err(BuildError::replacement(format_args!(
            "a text that begins with `{name}` holds a known secret; choose another replacement or leave that secret out"
        )))
    })
}
