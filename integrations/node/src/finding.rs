//! What was found.

use keepmum::Finding as Found;
use napi_derive::napi;

/// What is redacted, and where. Holds nothing of the secret itself.
#[napi(object, object_from_js = false)]
pub struct Finding {
    pub name: String,
    pub origin: &'static str,
    pub start: f64,
    pub end: f64,
    pub fingerprint: Option<String>,
}

impl Finding {
    /// Its places are in bytes.
    pub(crate) fn new(found: &Found) -> Self {
        Self::at(found, found.span().start(), found.span().end())
    }

    /// With places in UTF-16 units of `text`, as JavaScript counts them.
    pub(crate) fn in_text(found: &Found, text: &[u8]) -> Self {
        let units = |end: u64| {
            let end = usize::try_from(end).unwrap_or(usize::MAX).min(text.len());
            text[..end].iter().map(|byte| units(*byte)).sum()
        };
        Self::at(found, units(found.span().start()), units(found.span().end()))
    }

    fn at(found: &Found, start: u64, end: u64) -> Self {
        Self {
            name: found.name().to_owned(),
            origin: found.origin().as_str(),
            start: start as f64,
            end: end as f64,
            fingerprint: found.fingerprint().map(|print| print.as_str().to_owned()),
        }
    }
}

/// How many units the character has that this byte of UTF-8 begins.
fn units(byte: u8) -> u64 {
    match byte {
        0x80..=0xbf => 0,
        0xf0.. => 2,
        _ => 1,
    }
}
