//! The forms of a value: the byte strings under which it is looked for.
//!
//! A form is a list of fixed bytes. Spellings in which single characters are escaped (`\u0026`, `%2f`, `&amp;`, colour
//! codes between letters) have no list: they are read as they come, see `detect::spelled`, and what is read is compared
//! with these forms. So what stands here are encodings that change every byte (base64, hex, UTF-16), and quotings that
//! put more than an escape in place of a character.

mod base64;
mod hex;
mod leaves;
mod lines;
mod quoting;
mod unicode;

use zeroize::Zeroizing;

use super::common::is_common;
use super::value::Secret;

/// Shorter values are refused: they stand everywhere.
const SHORTEST: usize = 4;
/// Values from here on are matched anywhere; shorter ones at word boundaries only. No encoded form is shorter: what is
/// left of `abcd` in base64 stands in any text.
pub(crate) const UNBOUNDED: usize = 8;

/// One byte string to look for.
#[derive(PartialEq, Eq)]
pub(crate) struct Form(pub(crate) Zeroizing<Vec<u8>>);

impl Ord for Form {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_slice().cmp(other.0.as_slice())
    }
}

impl PartialOrd for Form {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether a value is looked for at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    /// Empty or nothing but white space: there is nothing to hide.
    Empty,
    /// Under four bytes.
    Short,
    /// A word that stands everywhere.
    Common,
}

/// The forms of `secret`, sorted and without doubles.
///
/// As is; trimmed; with the line ends that programs write in place of `\n`; each line that is long and specific enough;
/// each leaf of a JSON document; and of the value and its leaves what shells, encoders and other normal forms make of
/// them.
pub(crate) fn expand(secret: &Secret) -> (Kept, Vec<Form>) {
    let (kept, forms, _) = expand_strong(secret, &|_| true);
    (kept, forms)
}

/// As [`expand`], without what comes of a line or a leaf that is not `strong`, and how many of these there are.
pub(crate) fn expand_strong(
    secret: &Secret,
    strong: &dyn Fn(&[u8]) -> bool,
) -> (Kept, Vec<Form>, usize) {
    let value = secret.value();
    let trimmed = value.trim_ascii();
    let kept = judge(trimmed, secret.is_forced());
    if kept != Kept::Yes {
        return (kept, Vec::new(), 0);
    }
    let mut forms = Forms { all: Vec::new(), strong, weak: 0 };
    forms.whole(trimmed);
    if value.len() != trimmed.len() && trimmed.len() >= UNBOUNDED {
        forms.add(value);
    }
    leaves::of(trimmed, &mut |leaf| forms.whole(leaf));
    forms.all.sort();
    forms.all.dedup();
    (kept, forms.all, forms.weak)
}

/// Calls `found` with each leaf of a JSON document that is looked for.
#[cfg(feature = "sealed")]
pub(crate) fn leaves(value: &[u8], found: &mut impl FnMut(&[u8])) {
    leaves::of(value, found);
}

/// Whether `secret` is looked for.
pub(crate) fn kept(secret: &Secret) -> Kept {
    judge(secret.value().trim_ascii(), secret.is_forced())
}

fn judge(trimmed: &[u8], forced: bool) -> Kept {
    match trimmed.len() {
        0 => Kept::Empty,
        len if len < SHORTEST => Kept::Short,
        _ if !forced && is_common(trimmed) => Kept::Common,
        _ => Kept::Yes,
    }
}

/// Collects forms.
struct Forms<'a> {
    all: Vec<Form>,
    strong: &'a dyn Fn(&[u8]) -> bool,
    /// Parts that are not.
    weak: usize,
}

impl Forms<'_> {
    fn add(&mut self, bytes: &[u8]) {
        self.take(Zeroizing::new(bytes.to_vec()));
    }

    fn take(&mut self, bytes: Zeroizing<Vec<u8>>) {
        self.all.push(Form(bytes));
    }

    /// Adds a form that is judged by itself.
    fn part(&mut self, bytes: &[u8]) {
        if (self.strong)(bytes) { self.add(bytes) } else { self.weak += 1 }
    }

    /// Every form of a value that stands for itself.
    fn whole(&mut self, value: &[u8]) {
        if !(self.strong)(value) {
            self.weak += 1;
            return;
        }
        self.add(value);
        lines::of(value, &mut |form| self.part(form));
        quoting::of(value, &mut |form| self.take(form));
        unicode::of(value, &mut |form| self.take(form));
        let mut encoded = |form: Zeroizing<Vec<u8>>| {
            if form.len() >= UNBOUNDED {
                self.take(form);
            }
        };
        base64::of(value, &mut encoded);
        hex::of(value, &mut encoded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(value: &str) -> Vec<String> {
        let (_, forms) = expand(&Secret::new("s", value));
        forms.iter().map(|form| String::from_utf8_lossy(&form.0).into_owned()).collect()
    }

    #[test]
    fn as_is_and_trimmed() {
        let all = forms("  longer-value\n");
        assert!(all.contains(&"  longer-value\n".into()) && all.contains(&"longer-value".into()));
        assert!(!forms("four").contains(&" four".into()));
    }

    #[test]
    fn encoded_forms_are_never_short() {
        // `four` in base64 is six letters, five of them determined.
        assert!(!forms("four").iter().any(|form| "Zm91cg==".starts_with(form.as_str())));
        assert!(forms("four").iter().all(|form| form == "four" || form.len() >= UNBOUNDED));
    }

    #[test]
    fn short_empty_and_common_values_are_refused() {
        let kept = |value: &str| expand(&Secret::new("s", value)).0;
        assert_eq!(
            [kept("abc"), kept(" \n"), kept("LocalHost"), kept("abcd")],
            [Kept::Short, Kept::Empty, Kept::Common, Kept::Yes]
        );
    }
}
