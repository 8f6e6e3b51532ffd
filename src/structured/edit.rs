//! Changes of a source.

use crate::Span;

/// Bytes of a source, and what takes their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) span: Span,
    pub(crate) with: Vec<u8>,
}

/// `source` with its edits made, which are in order and apart.
pub(crate) fn splice(source: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(source.len());
    let mut at = 0;
    for edit in edits {
        out.extend_from_slice(&source[at..edit.span.start() as usize]);
        out.extend_from_slice(&edit.with);
        at = edit.span.end() as usize;
    }
    out.extend_from_slice(&source[at..]);
    out
}
