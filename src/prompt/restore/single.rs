//! A tool call that is complete from the start, and is restored by itself.

use super::again::Again;
use super::judge::{Complete, Judge, Reasoning, spliced};
use super::report::RestoreReport;
use super::shape::Kind;
use super::{Restoring, spelled};
use crate::prompt::PreSend;
use crate::prompt::shape::Shape;

/// What a hook that stands behind the tool makes of the same arguments.
struct Shaped<'a> {
    pre_send: &'a PreSend,
    shape: &'a Shape,
}

impl Again for Shaped<'_> {
    fn redact(&self, _: Kind, arguments: &[u8]) -> Option<Vec<u8>> {
        Some(self.pre_send.again_shaped(self.shape, arguments).ok()?.body.into_owned())
    }
}

impl Restoring {
    /// The arguments of a call of `tool`, a JSON object, with values; none if they stay as they are.
    pub(in crate::prompt) fn arguments(
        &self,
        pre_send: &PreSend,
        tool: &str,
        shape: &Shape,
        json: &[u8],
    ) -> Option<Vec<u8>> {
        let table = self.table(&pre_send.guard, &pre_send.key);
        let again = Shaped { pre_send, shape };
        let judge = Judge {
            rules: &self.rules,
            table: &table,
            again: &again,
            longest: self.longest_whole(),
        };
        let call =
            Complete { tool, kind: Kind::Object, source: json, reasoning: Reasoning::Unsigned };
        let swaps = judge.swaps(&call, &mut RestoreReport::default());
        (!swaps.is_empty()).then(|| spliced(json, &swaps).to_vec())
    }
}

/// The references in JSON, as they were made, and how many damaged ones stand there.
pub(crate) fn references(json: &[u8]) -> (Vec<String>, u64) {
    let (spots, damaged) = spelled::all(json, Kind::Object);
    (spots.into_iter().map(|spot| spot.reference).collect(), damaged)
}
