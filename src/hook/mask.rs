//! What stands in place of a value and is not it.

use crate::prompt::references;
use crate::structured::Document;

/// How deep containers may stand in containers.
const DEEPEST: usize = 256;

/// How masks begin.
const MASKS: [&[u8]; 2] = [b"[REDACTED:", b"[REDACTED]"];

/// Something that would take a value's place in a file.
pub(super) enum Mask {
    /// A mask, such as a log has it: nobody can turn it back.
    Redacted,
    /// A reference, and its text.
    Reference(String),
    /// What looks like a reference and is none.
    Damaged,
}

/// The first of them in JSON.
pub(super) fn first(json: &[u8]) -> Option<Mask> {
    let (mut references, damaged) = references(json);
    if !references.is_empty() {
        return Some(Mask::Reference(references.swap_remove(0)));
    }
    if damaged > 0 {
        return Some(Mask::Damaged);
    }
    let masked = match Document::read(json, DEEPEST) {
        Ok(document) => is_masked(document.text()),
        Err(_) => is_masked(json),
    };
    masked.then_some(Mask::Redacted)
}

fn is_masked(text: &[u8]) -> bool {
    MASKS.iter().any(|mask| memchr::memmem::find(text, mask).is_some())
}
