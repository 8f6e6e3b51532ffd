//! Pieces of a message in the body that brings them.

use std::collections::BTreeMap;

use super::appends::{Appends, Follows, Message, NOTHING, Piece};
use super::look::{Change, Look};
use super::report::{Found, Treatment};
use super::shape::{Numbered, Place};
use crate::Span;
use crate::structured::{Kind, NodeId};

impl Look<'_> {
    /// What becomes of each piece in a document, if it is one that brings pieces. What was held back of the pieces before
    /// stands in front of the first; what is left at the end of a message and has no piece to stand in gets one.
    pub(super) fn pieces(
        &self,
        numbered: Numbered<'_>,
        outer: Option<&Place<'_>>,
    ) -> BTreeMap<NodeId, Vec<Change>> {
        let Some((appends, end)) = self.tools.appends.filter(|_| outer.is_none()) else {
            return BTreeMap::new();
        };
        let (document, tree) = (numbered.document, numbered.document.tree());
        let Some((root, _)) = tree.all().next() else { return BTreeMap::new() };
        let Some(message) = message(numbered, root) else { return BTreeMap::new() };
        let strings = tree.leaves().filter(|(_, node)| node.kind == Kind::String);
        let is_piece =
            |id| self.tools.shape.is_piece(&self.matcher, &Place::new(numbered, id, None));
        let ids: Vec<NodeId> = strings.map(|(id, _)| id).filter(|&id| is_piece(id)).collect();
        let mut changes = BTreeMap::new();
        for (at, &id) in ids.iter().enumerate() {
            let last = at + 1 == ids.len();
            let follows = if last { end } else { Follows::More };
            let (says, node) = (document.says(id), tree.node(id));
            let piece = appends.append(self.tools.redactor, &message, says, follows);
            let edit = document.edit(
                node,
                Span::new(node.start.into(), node.end.into()),
                &sent(&piece, says),
            );
            let mut all = self.found(&piece, edit.span, &Place::new(numbered, id, None));
            if piece.text != says {
                all.push(Change { span: edit.span, with: Some(edit.with), found: None });
            }
            changes.insert(id, all);
        }
        if ids.is_empty() && end == Follows::Nothing {
            changes.extend(self.rest(appends, &message, numbered, root).map(|rest| (root, rest)));
        }
        changes
    }

    /// What is left of a message that ends without a piece.
    fn rest(
        &self,
        appends: &Appends,
        message: &Message,
        numbered: Numbered<'_>,
        root: NodeId,
    ) -> Option<Vec<Change>> {
        let piece = appends.append(self.tools.redactor, message, b"", Follows::Nothing);
        if piece.text.is_empty() {
            return None;
        }
        let text = String::from_utf8_lossy(&piece.text);
        let field = format!(",\"markdown_text\":{}", serde_json::Value::from(text));
        // Before the brace that ends the object.
        let end = numbered.document.end_of(numbered.document.tree().node(root)) - 1;
        let span = Span::new(end, end);
        let mut all = self.found(&piece, span, &Place::new(numbered, root, None));
        all.push(Change { span, with: Some(field.into_bytes()), found: None });
        Some(all)
    }

    fn found(&self, piece: &Piece, span: Span, place: &Place<'_>) -> Vec<Change> {
        let found = piece.found.iter().map(|finding| Found {
            finding: finding.clone(),
            place: self.path(place),
            treatment: Treatment::Redacted,
            reference: None,
        });
        found.map(|found| Change { span, with: None, found: Some(found) }).collect()
    }
}

/// The message that a body belongs to.
fn message(numbered: Numbered<'_>, root: NodeId) -> Option<Message> {
    let (document, tree) = (numbered.document, numbered.document.tree());
    let field = |name: &[u8]| {
        let mut fields = tree.children(root).filter(|(_, node)| node.kind == Kind::String);
        let field =
            fields.find(|(id, _)| tree.key(*id).is_some_and(|key| document.says(key) == name));
        field.map(|(id, _)| document.says(id).to_vec())
    };
    Some((field(b"channel")?, field(b"ts")?))
}

/// What is sent for a piece. One that was empty before is none.
fn sent(piece: &Piece, says: &[u8]) -> Vec<u8> {
    if piece.text.is_empty() && !says.is_empty() {
        return NOTHING.as_bytes().to_vec();
    }
    piece.text.clone()
}
