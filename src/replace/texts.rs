//! The text for each label, made once.

use super::{PARTIAL_FROM, Replacement};
use crate::finding::Fingerprint;
use crate::scan::{Class, Label, OPENING, Region};

/// Replacements of all rules and secrets.
pub(crate) struct Texts {
    rules: Vec<Text>,
    secrets: Vec<Text>,
    field: Text,
}

struct Text {
    replacement: Replacement,
    /// What is printed; without the closing bracket and fingerprint where one can follow.
    text: Vec<u8>,
}

impl Text {
    fn new(name: &str, replacement: Replacement) -> Self {
        let text = match &replacement {
            Replacement::Named => [OPENING, name.as_bytes(), b"]"].concat(),
            Replacement::Fingerprint => [OPENING, name.as_bytes()].concat(),
            Replacement::Fixed(text) => text.clone().into_bytes(),
            Replacement::Mask | Replacement::Partial => b"****".to_vec(),
            Replacement::Remove => b" ".to_vec(),
        };
        Self { replacement, text }
    }

    /// What stands for a redaction of `len` bytes.
    fn write(
        &self,
        len: u64,
        fingerprint: Option<Fingerprint>,
        last: [u8; 4],
        sink: &mut impl FnMut(&[u8]),
    ) {
        match self.replacement {
            Replacement::Mask => stars(len, sink),
            Replacement::Fingerprint => {
                sink(&self.text);
                if let Some(print) = &fingerprint {
                    sink(b"#");
                    sink(&print.0);
                }
                sink(b"]");
            }
            Replacement::Partial if len >= PARTIAL_FROM => {
                sink(&self.text);
                sink(&last);
            }
            _ => sink(&self.text),
        }
    }
}

impl Texts {
    pub(crate) fn new<'a>(
        rules: impl Iterator<Item = (&'a str, Replacement)>,
        secrets: impl Iterator<Item = (&'a str, Replacement)>,
        field: Replacement,
    ) -> Self {
        let texts = |(name, replacement)| Text::new(name, replacement);
        Self {
            rules: rules.map(texts).collect(),
            secrets: secrets.map(texts).collect(),
            field: Text::new(Replacement::FIELD, field),
        }
    }

    /// The beginnings of everything that can be printed, with the printed name's place left out for fingerprints.
    pub(crate) fn marks(&self) -> Vec<Vec<u8>> {
        let all = self.rules.iter().chain(&self.secrets).chain([&self.field]);
        let mut marks: Vec<Vec<u8>> = all
            .map(|text| text.text.clone())
            .filter(|text| !text.trim_ascii().is_empty())
            .collect();
        marks.push([OPENING, GAP].concat());
        marks.sort();
        marks.dedup();
        marks
    }

    /// Appends what stands for `region`. The memory is bounded: a mask of a long region is written through `sink` in
    /// pieces.
    pub(crate) fn write(&self, region: &Region, sink: &mut impl FnMut(&[u8])) {
        let Some(text) = self.of(&region.label) else {
            let len = region.end - region.start;
            return sink(&[OPENING, GAP, format!(" {len} bytes]").as_bytes()].concat());
        };
        text.write(region.end - region.start, region.label.fingerprint, region.last, sink);
    }

    fn of(&self, label: &Label) -> Option<&Text> {
        match label.class {
            Class::Rule(_) => self.rules.get(label.index as usize),
            Class::Secret => self.secrets.get(label.index as usize),
            Class::Limit => None,
        }
    }
}

/// Values that stand in fields with names.
#[cfg(any(feature = "fields", feature = "msgpack"))]
impl Texts {
    /// Whether `value` is what stands for something, and nothing else.
    pub(crate) fn is_whole(&self, value: &[u8]) -> bool {
        let all = self.rules.iter().chain(&self.secrets).chain([&self.field]);
        let gap = [OPENING, GAP, b" "].concat();
        value.starts_with(&gap)
            && value.iter().position(|&byte| byte == b']') == Some(value.len() - 1)
            || all.into_iter().any(|text| text.is_whole(value))
    }

    /// Appends what stands for a value that is hidden because of its field.
    pub(crate) fn write_field(
        &self,
        value: &[u8],
        fingerprint: Option<Fingerprint>,
        sink: &mut impl FnMut(&[u8]),
    ) {
        let last = value.last_chunk().copied().unwrap_or([b'*'; 4]);
        self.field.write(value.len() as u64, fingerprint, last, sink);
    }
}

#[cfg(any(feature = "fields", feature = "msgpack"))]
impl Text {
    /// Whether `value` is all that stands for some redaction.
    fn is_whole(&self, value: &[u8]) -> bool {
        let rest = value.strip_prefix(&self.text[..]);
        match self.replacement {
            Replacement::Fingerprint => rest.is_some_and(|rest| {
                rest == b"]" || rest.len() == 8 && rest[0] == b'#' && rest[7] == b']'
            }),
            Replacement::Mask => value.iter().all(|&byte| byte == b'*'),
            Replacement::Partial => rest.is_some_and(|rest| matches!(rest.len(), 0 | 4)),
            Replacement::Named | Replacement::Fixed(_) | Replacement::Remove => {
                rest.is_some_and(<[u8]>::is_empty)
            }
        }
    }
}

/// The name of a gap: bytes that were taken out because a limit was crossed.
const GAP: &[u8] = b"limit";

fn stars(mut count: u64, sink: &mut impl FnMut(&[u8])) {
    const STARS: [u8; 256] = [b'*'; 256];
    while count > 0 {
        let now = count.min(STARS.len() as u64);
        sink(&STARS[..now as usize]);
        count -= now;
    }
}
