//! The set.

use std::fmt;

use blake3::Hasher;
use zeroize::Zeroizing;

use super::anchor::{ANCHOR, Anchor};
use super::file;
use super::key::SealedKey;
use super::refusal::{Refusal, What};
use super::strength::{self, core, is_strong};
use crate::error::BuildError;
use crate::secret::{Form, Kept, Secret, expand_strong, leaves};

/// Longest value that is sealed: what begins as one is held until as many bytes have come.
const LONGEST: usize = 8 << 10;
/// Shortest and longest form. Of a value's forms those that quote it are the longest, at five bytes for one.
pub(super) const FORMS: std::ops::RangeInclusive<usize> = strength::SHORTEST..=5 * LONGEST;

/// The first 16 bytes of a keyed hash of BLAKE3.
pub(crate) type Hash = [u8; 16];

/// What it takes to find secrets, without the secrets: of each form its length, a fingerprint of its first eight bytes,
/// and a keyed hash.
///
/// Made with [`seal`](Self::seal) where the secrets are, written with [`to_json`](Self::to_json), and used with
/// [`RedactorBuilder::sealed`](crate::RedactorBuilder::sealed) where they must not be.
///
/// ```
/// use keepmum::{Redactor, SealedKey, SealedSet, Secret};
///
/// let value = ["Tr0ub4dor", "/3+correct", "&horse"].concat();
/// let key = SealedKey::new([7; 32]); // Draw it at random.
/// let (set, refused) = SealedSet::seal(&[Secret::new("db", value.clone())], &key);
/// assert!(refused.is_empty());
///
/// // On another host:
/// let set = SealedSet::from_json(&set.to_json())?;
/// let redactor = Redactor::builder().sealed(set, &key)?.build()?;
/// assert_eq!(redactor.redact_str(&format!("pw {value}!")), "pw [REDACTED:db]!");
/// # Ok::<(), keepmum::BuildError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSet {
    pub(super) secrets: Vec<SealedSecret>,
    /// A keyed hash over it all: another key, or a changed file, is an error and not a set that finds nothing.
    pub(super) check: Hash,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct SealedSecret {
    pub(super) name: String,
    // Invariant: sorted, without doubles, not empty.
    pub(super) forms: Vec<SealedForm>,
}

/// What is known of a form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SealedForm {
    pub(crate) anchor: u32,
    pub(crate) len: u32,
    pub(crate) hash: Hash,
}

impl SealedSet {
    /// Seals `secrets` under `key`. Those that could be guessed are refused, and so are lines and leaves that could be,
    /// where they stand alone.
    ///
    /// A value has 16 bytes to 8 KiB and at least 80 bits, measured as the entropy of its bytes; of an address with
    /// credentials the password has, and of a JSON document at least one leaf.
    pub fn seal(secrets: &[Secret], key: &SealedKey) -> (Self, Vec<Refusal>) {
        let sealer = Sealer { anchor: key.anchor(), hasher: key.hasher() };
        let (mut sealed, mut refused) = (Vec::new(), Vec::new());
        for secret in secrets {
            let refusal = |what| Refusal::new(secret.name(), what);
            match strong_forms(secret) {
                Err(why) => refused.push(refusal(What::Value(why))),
                Ok((forms, weak)) => {
                    sealed.push(sealer.sealed(secret.name(), &forms));
                    refused.extend((weak > 0).then(|| refusal(What::Parts(weak))));
                }
            }
        }
        let check = check(&sealed, key);
        (Self { secrets: sealed, check }, refused)
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    ///
    /// Anything else. The error names the place and quotes nothing.
    pub fn from_json(json: &str) -> Result<Self, BuildError> {
        file::read(json)
    }

    /// The set as JSON: `{"keepmum-sealed":1,"check":…,"secrets":[{"name":…,"forms":[[length,anchor,hash],…]},…]}`.
    pub fn to_json(&self) -> String {
        file::written(self)
    }

    /// The names of its secrets, each with how many forms it has.
    pub fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.secrets.iter().map(|secret| (secret.name.as_str(), secret.forms.len()))
    }

    /// Whether it was sealed under `key` and is as it was.
    pub(crate) fn prove(&self, key: &SealedKey) -> Result<(), BuildError> {
        if check(&self.secrets, key) == self.check {
            return Ok(());
        }
        Err(BuildError::sealed("it was sealed under another key, or was changed since"))
    }

    /// Its forms by secret.
    pub(crate) fn forms(&self) -> impl Iterator<Item = (&str, &[SealedForm])> {
        self.secrets.iter().map(|secret| (secret.name.as_str(), secret.forms.as_slice()))
    }
}

impl fmt::Debug for SealedSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.names()).finish()
    }
}

/// The forms of a value that nobody can guess, and how many of its parts are left out; or why it is refused.
fn strong_forms(secret: &Secret) -> Result<(Vec<Form>, usize), &'static str> {
    let value = secret.value().trim_ascii();
    if secret.value().len() > LONGEST {
        return Err("its value is longer than 8 KiB");
    }
    let (mut leaves_count, mut strong) = (0, 0);
    leaves(value, &mut |leaf| {
        leaves_count += 1;
        strong += usize::from(is_strong(core(leaf)));
    });
    if !is_strong(core(value)) || leaves_count > 0 && strong == 0 {
        return Err("its value could be guessed: it has under 16 bytes, or under 80 bits");
    }
    let (kept, forms, weak) = expand_strong(secret, &|part| is_strong(core(part)));
    match kept {
        Kept::Yes => Ok((forms, weak)),
        Kept::Empty | Kept::Short | Kept::Common => Err("its value stands everywhere"),
    }
}

struct Sealer {
    anchor: Anchor,
    hasher: Zeroizing<Hasher>,
}

impl Sealer {
    fn sealed(&self, name: &str, forms: &[Form]) -> SealedSecret {
        let mut forms: Vec<SealedForm> =
            forms.iter().filter_map(|form| self.form(&form.0)).collect();
        forms.sort_unstable();
        forms.dedup();
        SealedSecret { name: name.to_owned(), forms }
    }

    /// None if it has no anchor: forms of strong values have one.
    fn form(&self, form: &[u8]) -> Option<SealedForm> {
        let first = form.first_chunk::<ANCHOR>()?;
        let mut hasher = self.hasher.clone();
        hasher.update(form);
        let len = u32::try_from(form.len()).ok()?;
        Some(SealedForm { anchor: self.anchor.of(*first), len, hash: first_half(&hasher) })
    }
}

/// The hash of what `hasher` has seen.
pub(crate) fn first_half(hasher: &Hasher) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    hash
}

fn check(secrets: &[SealedSecret], key: &SealedKey) -> Hash {
    let mut hasher = key.checker();
    for secret in secrets {
        hasher.update(&(secret.name.len() as u64).to_le_bytes());
        hasher.update(secret.name.as_bytes());
        hasher.update(&(secret.forms.len() as u64).to_le_bytes());
        for form in &secret.forms {
            hasher.update(&form.len.to_le_bytes());
            hasher.update(&form.anchor.to_le_bytes());
            hasher.update(&form.hash);
        }
    }
    first_half(&hasher)
}
