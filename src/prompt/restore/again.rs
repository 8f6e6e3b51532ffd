//! Redaction as it will meet what was restored.

use super::shape::Kind;
use crate::prompt::PreSend;

/// What will be made of arguments that were restored, when they are met again. They are only restored if that is what the model
/// wrote, to the byte: what comes back in the history is then what left.
pub(in crate::prompt) trait Again {
    /// `arguments` with references in place of secrets; none if they would be refused.
    fn redact(&self, kind: Kind, arguments: &[u8]) -> Option<Vec<u8>>;
}

/// In the next request.
pub(in crate::prompt) struct NextRequest(pub(in crate::prompt) PreSend);

impl Again for NextRequest {
    fn redact(&self, kind: Kind, arguments: &[u8]) -> Option<Vec<u8>> {
        let sent = match kind {
            Kind::Text => self.0.again_text(arguments),
            Kind::Source | Kind::Object => self.0.again_json(arguments),
        };
        Some(sent.ok()?.body.into_owned())
    }
}
