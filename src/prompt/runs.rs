//! Pieces of one text that stand in several strings, as Slack cuts what it styles.

use super::cut::{Cut, cuts};
use super::look::Tools;
use super::shape::{Matcher, Numbered, Place};
use crate::Span;
use crate::structured::{Kind, NodeId};

/// What is found in pieces as if they were one, as cuts of each piece: the first tells, the others only go.
pub(super) fn runs(
    tools: &Tools<'_>,
    matcher: &Matcher,
    numbered: Numbered<'_>,
    outer: Option<&Place<'_>>,
) -> Vec<Cut> {
    let tree = numbered.document.tree();
    let pieces = tree.leaves().filter(|(id, node)| {
        let place = Place::new(numbered, *id, outer);
        node.kind == Kind::String && tools.shape.is_run(matcher, &place)
    });
    let mut lists: Vec<(Option<NodeId>, Vec<NodeId>)> = Vec::new();
    for (piece, _) in pieces {
        // Piece, element, list of elements.
        let list = tree.parent(piece).and_then(|element| tree.parent(element));
        match lists.last_mut() {
            Some((last, pieces)) if *last == list => pieces.push(piece),
            _ => lists.push((list, vec![piece])),
        }
    }
    let several = lists.iter().filter(|(_, pieces)| pieces.len() > 1);
    several.flat_map(|(_, pieces)| joined(tools, numbered, pieces)).collect()
}

fn joined(tools: &Tools<'_>, numbered: Numbered<'_>, pieces: &[NodeId]) -> Vec<Cut> {
    let document = numbered.document;
    let text = pieces.iter().flat_map(|&piece| document.says(piece)).copied().collect();
    let text: zeroize::Zeroizing<Vec<u8>> = zeroize::Zeroizing::new(text);
    let (found, _) = cuts(tools.redactor, &tools.modes.muted, &text);
    let mut parts = Vec::new();
    for cut in found {
        let (mut at, mut first) = (0, true);
        for &piece in pieces {
            let node = document.tree().node(piece);
            let end = at + u64::from(node.end - node.start);
            let (from, to) = (cut.span.start().max(at), cut.span.end().min(end));
            if from < to {
                let shift = |place: u64| place - at + u64::from(node.start);
                let span = Span::new(shift(from), shift(to));
                let whole = Cut { span, ..cut.clone() };
                let rest = Cut { finding: None, named: Vec::new(), ..whole.clone() };
                parts.push(if first { whole } else { rest });
                first = false;
            }
            at = end;
        }
    }
    parts
}
