//! References as models write them.

use std::ops::Range;

use super::shape::Kind;
use crate::replace::{LONGEST_REFERENCE, REFERENCE_PREFIX, REFERENCE_TAG, Reads, read_reference};

/// How `_` may be spelled where a string holds JSON, besides as it is: by JSON, by Markdown, by both. No other letter may be
/// spelled otherwise.
const IN_JSON: &[&[u8]] = &[br"\u005f", br"\u005F", br"\\_", br"\\\u005f", br"\\\u005F"];

/// The same where it holds text.
const IN_TEXT: &[&[u8]] = &[br"\_"];

/// A reference in arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) span: Range<usize>,
    /// As it was made.
    pub(super) reference: String,
}

impl Spot {
    /// Whether it is written as it was made.
    pub(super) fn is_canonical(&self) -> bool {
        self.span.len() == self.reference.len()
    }
}

/// What comes next in arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Whole(Spot),
    /// One may begin here, and what follows tells.
    Part(usize),
    /// None; none can have begun.
    End,
}

/// The first reference at or behind `from`.
pub(super) fn next(source: &[u8], from: usize, kind: Kind) -> Next {
    for at in memchr::memchr_iter(REFERENCE_PREFIX[0], &source[from..]) {
        match read(&source[from + at..], kind) {
            Reads::No => {}
            Reads::Part => return Next::Part(from + at),
            Reads::Whole(len) => return Next::Whole(spot(source, from + at, len, kind)),
        }
    }
    Next::End
}

/// All of them, and how many there are that are none: damaged ones.
pub(super) fn all(source: &[u8], kind: Kind) -> (Vec<Spot>, u64) {
    let (mut spots, mut from) = (Vec::new(), 0);
    while let Next::Whole(spot) = whole(source, from, kind) {
        from = spot.span.end;
        spots.push(spot);
    }
    let word = &REFERENCE_PREFIX[..REFERENCE_PREFIX.len() - 1];
    let looks = source.windows(word.len()).enumerate();
    let looks = looks.filter(|(_, here)| here.eq_ignore_ascii_case(word)).map(|(at, _)| at);
    // In order, and there may be many of both.
    let whole = |at: &usize| {
        let next = spots.partition_point(|spot| spot.span.end <= *at);
        spots.get(next).is_some_and(|spot| spot.span.contains(at))
    };
    let damaged = looks.filter(|at| !whole(at) && goes_on(&source[at + word.len()..])).count();
    (spots, damaged as u64)
}

/// Whether what stands behind the first word of a reference, in whatever case, goes on as one: a name and something like a tag,
/// each behind a `_`, in whatever spelling. `secretRef:` and `SecretReference` are words of others.
fn goes_on(behind: &[u8]) -> bool {
    let (mut plain, mut rest) = (Vec::new(), behind);
    while let (Some((&byte, next)), true) = (rest.split_first(), plain.len() < LONGEST_REFERENCE) {
        rest = next;
        match byte {
            b'\\' if next.get(..5).is_some_and(|code| code.eq_ignore_ascii_case(b"u005f")) => {
                plain.push(b'_');
                rest = &next[5..];
            }
            b'\\' if matches!(next.first(), Some(b'\\' | b'_' | b'-')) => {}
            b'_' | b'-' => plain.push(b'_'),
            byte if byte.is_ascii_alphanumeric() => plain.push(byte),
            _ => break,
        }
    }
    let mut words = plain.split(|&byte| byte == b'_');
    let parted = words.next().is_some_and(<[u8]>::is_empty);
    parted && words.next().is_some_and(|name| !name.is_empty()) && words.any(is_like_tag)
}

/// Whether a word may have been a tag before a letter of it was lost or added, or all were written small.
fn is_like_tag(word: &[u8]) -> bool {
    let small = word.iter().any(u8::is_ascii_lowercase);
    word.len().abs_diff(REFERENCE_TAG) <= 1 && (!small || word.iter().any(u8::is_ascii_digit))
}

/// As [`next`], where nothing follows.
fn whole(source: &[u8], mut from: usize, kind: Kind) -> Next {
    loop {
        match next(source, from, kind) {
            Next::Part(at) => from = at + 1,
            other => return other,
        }
    }
}

/// Reads what `source` begins with; the length is that of the spelling.
fn read(source: &[u8], kind: Kind) -> Reads {
    let (mut plain, mut at) = (Vec::with_capacity(LONGEST_REFERENCE), 0);
    loop {
        match read_reference(&plain) {
            Reads::Whole(_) => return Reads::Whole(at),
            Reads::No => return Reads::No,
            Reads::Part => {}
        }
        match unit(&source[at..], kind) {
            Unit::Is(byte, len) => {
                plain.push(byte);
                at += len;
            }
            Unit::Part => return Reads::Part,
            Unit::No => return Reads::No,
        }
    }
}

fn spot(source: &[u8], at: usize, len: usize, kind: Kind) -> Spot {
    let (mut reference, mut from) = (String::new(), at);
    while let (true, Unit::Is(byte, len)) = (from < at + len, unit(&source[from..], kind)) {
        reference.push(char::from(byte));
        from += len;
    }
    Spot { span: at..at + len, reference }
}

/// A letter.
enum Unit {
    Is(u8, usize),
    Part,
    No,
}

fn unit(source: &[u8], kind: Kind) -> Unit {
    let spellings = if kind == Kind::Text { IN_TEXT } else { IN_JSON };
    match source.first() {
        None => Unit::Part,
        Some(&byte) if byte != b'\\' => Unit::Is(byte, 1),
        Some(_) => match spellings.iter().find(|spelling| source.starts_with(spelling)) {
            Some(spelling) => Unit::Is(b'_', spelling.len()),
            None if spellings.iter().any(|spelling| spelling.starts_with(source)) => Unit::Part,
            None => Unit::No,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReferenceKey;

    fn made() -> String {
        ReferenceKey::new(b"a key for tests").reference("db", b"correct horse").to_string()
    }

    #[test]
    fn spellings_that_lose_nothing_are_read() {
        let made = made();
        for (kind, spelling) in [
            (Kind::Text, "_"),
            (Kind::Text, r"\_"),
            (Kind::Source, "_"),
            (Kind::Source, r"\u005f"),
            (Kind::Object, r"\u005F"),
            (Kind::Source, r"\\_"),
            (Kind::Source, r"\\\u005f"),
        ] {
            let text = format!("`{}`", made.replace('_', spelling));
            for len in 2..text.len() - 1 {
                let next = next(&text.as_bytes()[..len], 0, kind);
                assert_eq!(next, Next::Part(1), "{len} bytes of {text}");
            }
            let (spots, damaged) = all(text.as_bytes(), kind);
            assert_eq!((&*spots[0].reference, damaged), (&*made, 0), "{text}");
            assert_eq!(spots[0].span, 1..text.len() - 1, "{text}");
            assert_eq!(spots[0].is_canonical(), spelling == "_");
        }
    }

    #[test]
    fn other_spellings_are_damage() {
        let made = made();
        for text in [
            made.to_lowercase(),
            made.replace("_db_", "[db]"),
            made.replacen('S', r"\u0053", 1).replacen('_', "-", 1),
            made.replace('_', r"\\\_"),
            made[..made.len() - 1].to_owned(),
        ] {
            assert_eq!(all(text.as_bytes(), Kind::Source).0, [], "{text}");
        }
        for text in [
            made.to_lowercase(),
            made.replace('_', "-"),
            made.replace('_', r"\\\_"),
            made.replacen("SECRETREF", "Secretref", 1),
            made[..made.len() - 1].to_owned(),
            format!("{made} {}", &made[..made.len() - 1]).replace('_', r"\u005f"),
        ] {
            assert_eq!(all(text.as_bytes(), Kind::Object).1, 1, "{text}");
        }
    }

    #[test]
    fn words_of_others_are_no_damage() {
        let text = "envFrom:\n- secretRef:\n    name: app-database-credentials\nkind: SecretReference\nsecretRef.name secretref_db SECRETREF_DB_PASSWORD secretref_of_authentication";
        assert_eq!(all(text.as_bytes(), Kind::Object), (Vec::new(), 0));
    }
}
