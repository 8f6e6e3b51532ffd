//! Redaction as it will meet what was restored.

use crate::{Guard, ReferenceKey};

/// What the next request's redaction makes of a text. Arguments are only restored if it makes of them what the model wrote, to
/// the byte: what comes back in the history is then what left.
pub(in crate::prompt) trait Again: Send + Sync {
    /// `text` with references in place of secrets.
    fn redact_text(&self, text: &[u8]) -> Vec<u8>;
}

/// A guard and the key of its references.
pub(super) struct Requests {
    pub(super) guard: Guard,
    pub(super) key: ReferenceKey,
}

impl Again for Requests {
    fn redact_text(&self, text: &[u8]) -> Vec<u8> {
        let (mut out, mut from) = (Vec::with_capacity(text.len()), 0);
        for finding in self.guard.with(|redactor| redactor.find(text)) {
            let span = finding.span().start() as usize..finding.span().end() as usize;
            out.extend_from_slice(&text[from..span.start]);
            let reference = self.key.reference(finding.name(), &text[span.clone()]);
            out.extend_from_slice(reference.as_str().as_bytes());
            from = span.end;
        }
        out.extend_from_slice(&text[from..]);
        out
    }
}
