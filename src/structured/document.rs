//! A whole document, which is looked at from all sides before anything of it is changed.

use std::cell::RefCell;

use super::edit::Edit;
use super::malformed::Malformed;
use super::reader::{Kind as Marked, Mark, Otherwise, Reader};
use super::splicer::escaped;
use super::tree::{Kind, Node, NodeId, Tree};
use super::wiped::Wiped;
use crate::Span;

/// The longest document: places in it fit into 32 bits.
pub(crate) const LONGEST_DOCUMENT: usize = u32::MAX as usize / 2;

/// Strings, numbers and words in a document, at most: each takes some 70 bytes of memory, and two of the source.
const MOST_VALUES: usize = 1 << 21;

/// The same with containers.
const MOST_PARTS: usize = 2 * MOST_VALUES;

/// Of so many escapes one has a mark. Those of a megabyte of log took longer to mark than to read; those behind one mark are
/// found again in no time.
const EVERY: u32 = 64;

/// One or more documents of JSON, one after the other, held whole.
///
/// Where [`JsonStream`](super::JsonStream) lets go of what is decided, this waits: whoever reads it learns in which field
/// something stands, and what stands beside it.
pub(crate) struct Document<'a> {
    source: &'a [u8],
    /// The source with its strings decoded; none if nothing in it is an escape.
    text: Option<Wiped>,
    /// Those of strings and scalars, and of some escapes.
    marks: Vec<Mark>,
    /// The escapes between the two marks that were last asked about, by the offset of the first in the source: nothing is found
    /// behind most of them, and what is found is found in order.
    escapes: RefCell<(u64, Vec<Mark>)>,
    tree: Tree,
}

impl<'a> Document<'a> {
    /// Reads `source`, with containers inside containers `deepest` deep at most.
    pub(crate) fn read(source: &'a [u8], deepest: usize) -> Result<Self, Malformed> {
        if source.len() > LONGEST_DOCUMENT {
            return Err(Malformed::new(LONGEST_DOCUMENT as u64, "it is too long"));
        }
        let mut reader = Reader::new(deepest, Otherwise::Refused).sparse(EVERY, MOST_VALUES);
        reader.read(source)?;
        reader.finish()?;
        let (text, marks) = reader.into_parts();
        let tree = Tree::new(text.as_deref().map_or(source, |text| &text[..]), &marks, MOST_PARTS);
        let tree = tree.ok_or(Malformed::new(source.len() as u64, "it has too many parts"))?;
        Ok(Self { source, text, marks, escapes: RefCell::default(), tree })
    }

    /// The text that is looked through: the source with its strings decoded.
    pub(crate) fn text(&self) -> &[u8] {
        self.text.as_deref().map_or(self.source, |text| &text[..])
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What a part says.
    pub(crate) fn says(&self, id: NodeId) -> &[u8] {
        let node = self.tree.node(id);
        &self.text()[node.start as usize..node.end as usize]
    }

    /// Puts `with` in the place of `start..end` of the text, as far as it stands in `node`. A number becomes a string as a
    /// whole; an escape or a character that is cut goes as a whole.
    pub(crate) fn edit(&self, node: &Node, span: Span, with: &[u8]) -> Edit {
        let (start, end) = (u64::from(node.start), u64::from(node.end));
        if node.kind == Kind::Scalar {
            let with = [b"\"", &*escaped(with), b"\""].concat();
            let span = Span::new(self.source_start(start), self.source_end(end));
            return Edit { span, with };
        }
        let (start, end) = (span.start().max(start), span.end().min(end));
        let (start, end) = (self.character_start(start), self.character_end(end));
        let span = Span::new(self.source_start(start), self.source_end(end));
        Edit { span, with: escaped(with) }
    }

    /// Where a part of the source stands in the text; what it cuts belongs to it.
    pub(crate) fn in_text(&self, source: Span) -> Span {
        let at = |place: u64, ends: Ends| {
            let Some(mark) = self.last(|mark| mark.source <= place) else { return place };
            let into = place - mark.source;
            match mark.kind {
                Marked::Escape { text, source } if into < u64::from(source) => match ends {
                    Ends::Start => mark.at,
                    Ends::End if into == 0 => mark.at,
                    Ends::End => mark.at + u64::from(text),
                },
                Marked::Escape { text, source } => {
                    mark.at + into + u64::from(text) - u64::from(source)
                }
                _ => mark.at + into,
            }
        };
        let start = at(source.start(), Ends::Start);
        Span::new(start, at(source.end(), Ends::End).max(start))
    }

    /// Where a container ends in the source.
    pub(crate) fn end_of(&self, container: &Node) -> u64 {
        self.source_end(container.end.into())
    }

    fn source_start(&self, text: u64) -> u64 {
        self.in_source(text, Ends::Start)
    }

    fn source_end(&self, text: u64) -> u64 {
        self.in_source(text, Ends::End)
    }

    fn in_source(&self, place: u64, ends: Ends) -> u64 {
        // Of marks at one place the first counts for an end, the last for a start.
        let last = match ends {
            Ends::Start => self.last(|mark| mark.at <= place),
            Ends::End => self.last(|mark| mark.at < place),
        };
        let Some(mark) = last else { return place };
        let into = place - mark.at;
        match mark.kind {
            Marked::Escape { text, source } if into < u64::from(text) => match ends {
                Ends::Start => mark.source,
                Ends::End => mark.source + u64::from(source),
            },
            Marked::Escape { text, source } => {
                mark.source + into + u64::from(source) - u64::from(text)
            }
            _ => mark.source + into,
        }
    }

    /// The last mark before a place, those of escapes too.
    fn last(&self, before: impl Fn(&Mark) -> bool) -> Option<Mark> {
        let count = self.marks.partition_point(&before);
        let mark = *self.marks.get(count.checked_sub(1)?)?;
        let (Some(begin), Some(end)) = (behind(&mark), self.marks.get(count)) else {
            return Some(mark);
        };
        // As long in the source as in the text: nothing in it is an escape.
        if end.at - begin.at == end.source - begin.source {
            return Some(mark);
        }
        let mut known = self.escapes.borrow_mut();
        if known.0 != mark.source {
            *known = (mark.source, escapes(self.source, begin, end.source));
        }
        let inside = known.1.partition_point(before);
        Some(inside.checked_sub(1).map_or(mark, |last| known.1[last]))
    }

    fn character_start(&self, mut at: u64) -> u64 {
        while at > 0 && self.text().get(at as usize).is_some_and(|byte| byte & 0xC0 == 0x80) {
            at -= 1;
        }
        at
    }

    fn character_end(&self, mut at: u64) -> u64 {
        while self.text().get(at as usize).is_some_and(|byte| byte & 0xC0 == 0x80) {
            at += 1;
        }
        at
    }
}

/// Where the part of a string begins that stands behind a mark; none if no string does.
fn behind(mark: &Mark) -> Option<Mark> {
    match mark.kind {
        Marked::Open => Some(*mark),
        Marked::Escape { text, source } => {
            let (text, source) = (u64::from(text), u64::from(source));
            Some(Mark { at: mark.at + text, source: mark.source + source, ..*mark })
        }
        _ => None,
    }
}

/// The escapes of the part of a string that begins at `begin` and ends before `end`. It has been read before.
fn escapes(source: &[u8], begin: Mark, end: u64) -> Vec<Mark> {
    let mut reader = Reader::new(0, Otherwise::Refused).in_string();
    let read = reader.read(&source[begin.source as usize..end as usize]).map(|_| ());
    debug_assert!(read.is_ok(), "it was read before");
    let mut marks = reader.into_parts().1;
    for mark in &mut marks {
        mark.at += begin.at;
        mark.source += begin.source;
    }
    marks
}

/// Which end of a span is looked for.
#[derive(Clone, Copy)]
enum Ends {
    Start,
    End,
}

#[cfg(test)]
mod tests {
    use super::super::edit::splice;
    use super::*;

    fn read(source: &str) -> Document<'_> {
        Document::read(source.as_bytes(), 16).expect("JSON")
    }

    /// Every leaf, with its key.
    fn leaves(source: &str) -> Vec<(String, String)> {
        let document = read(source);
        let text = |id| String::from_utf8_lossy(document.says(id)).into_owned();
        let tree = document.tree();
        tree.leaves()
            .filter(|(_, node)| node.kind != Kind::Key)
            .map(|(id, _)| (tree.key(id).map(text).unwrap_or_default(), text(id)))
            .collect()
    }

    #[test]
    fn leaves_stand_behind_their_keys() {
        let found = leaves(r#" {"a":"x\n","b":{"c":[1,"y",{}],"d\u0041":null}} [2] "#);
        let found: Vec<_> = found.iter().map(|(key, says)| (&**key, &**says)).collect();
        assert_eq!(found, [("a", "x\n"), ("", "1"), ("", "y"), ("dA", "null"), ("", "2")]);
    }

    #[test]
    fn parents_and_children_know_one_another() {
        let document = read(r#"{"a":[{"b":1,"b2":{"z":0}},2],"c":"d"}"#);
        let tree = document.tree();
        for (id, _) in tree.all() {
            for (child, _) in tree.children(id) {
                assert_eq!(tree.parent(child), Some(id));
            }
            let known = tree
                .parent(id)
                .is_none_or(|parent| tree.children(parent).any(|(child, _)| child == id));
            assert!(known, "{id:?}");
        }
    }

    #[test]
    fn edits_take_whole_characters_and_escapes() {
        let source = r#"{"a":"xé\u0041\ud83d\ude00y","n":12}"#;
        let document = read(source);
        for start in 0..document.text().len() as u64 {
            for end in start + 1..=document.text().len() as u64 {
                let edits: Vec<_> = document
                    .tree()
                    .touched(start, end)
                    .map(|(_, node)| document.edit(node, Span::new(start, end), b"\"#"))
                    .collect();
                let new = splice(source.as_bytes(), &edits);
                assert!(Document::read(&new, 16).is_ok(), "{}", String::from_utf8_lossy(&new));
                assert!(std::str::from_utf8(&new).is_ok());
            }
        }
    }

    #[test]
    fn places_behind_any_number_of_escapes_are_found() {
        for escape in [r"\n", r"\u00e9", r"\ud83d\ude00"] {
            let source = format!(r#"["{}","{escape}"]"#, format!("{escape}ab").repeat(1000));
            let document = read(&source);
            let ids: Vec<_> = document.tree().leaves().map(|(_, node)| *node).collect();
            let long = document.text()[..ids[0].end as usize].windows(2);
            for (at, _) in long.enumerate().filter(|(_, pair)| pair == b"ab") {
                let edit = document.edit(&ids[0], Span::new(at as u64, at as u64 + 2), b"");
                let found = &source[edit.span.start() as usize..edit.span.end() as usize];
                assert_eq!(found, "ab", "{at}");
            }
            let whole = Span::new(ids[1].start.into(), ids[1].end.into());
            let edit = document.edit(&ids[1], whole, b"");
            assert_eq!(&source[edit.span.start() as usize..edit.span.end() as usize], escape);
        }
    }

    #[test]
    fn a_span_of_the_source_covers_its_text() {
        let source = r#"["a\u0041b\ud83d\ude00c"]"#;
        let document = read(source);
        for start in 0..source.len() as u64 {
            for end in start..=source.len() as u64 {
                let text = document.in_text(Span::new(start, end));
                let back = (document.source_start(text.start()), document.source_end(text.end()));
                assert!(
                    start == end || back.0 <= start && back.1 >= end,
                    "{start}..{end}: {back:?}"
                );
            }
        }
    }
}
