//! Messages inside messages, and their lengths.

use prost::encoding::encode_varint;

use crate::Span;
use crate::structured::edit::Edit;

/// The frame of the whole input, which has no length.
pub(super) const ROOT: u32 = u32::MAX;

/// A message inside another one.
///
/// Invariant: a frame stands behind its parent in the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) parent: u32,
    /// Where its length begins.
    pub(super) from: u32,
    /// Where it begins itself.
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Edits, and what they make of the lengths around them.
pub(super) struct Lengths<'a> {
    frames: &'a [Frame],
    /// By how much each frame grows; none if nothing in it changes.
    grown: Vec<Option<i64>>,
    edits: Vec<Edit>,
}

impl<'a> Lengths<'a> {
    pub(super) fn new(frames: &'a [Frame]) -> Self {
        Self { frames, grown: vec![None; frames.len()], edits: Vec::new() }
    }

    /// Adds an edit of something that stands directly in `frame`.
    pub(super) fn add(&mut self, frame: u32, edit: Edit) {
        let old = edit.span.end() - edit.span.start();
        self.grow(frame, edit.with.len() as i64 - old as i64);
        self.edits.push(edit);
    }

    fn grow(&mut self, frame: u32, by: i64) {
        if frame != ROOT {
            *self.grown[frame as usize].get_or_insert(0) += by;
        }
    }

    /// All edits, with those of lengths, in order.
    pub(super) fn into_edits(mut self) -> Vec<Edit> {
        for which in (0..self.frames.len()).rev() {
            let Some(by) = self.grown[which] else { continue };
            let frame = self.frames[which];
            let mut with = Vec::new();
            let len = i64::from(frame.end - frame.start) + by;
            encode_varint(len as u64, &mut with);
            self.grow(frame.parent, by + with.len() as i64 - i64::from(frame.start - frame.from));
            self.edits.push(Edit { span: Span::new(frame.from.into(), frame.start.into()), with });
        }
        self.edits.sort_by_key(|edit| edit.span.start());
        self.edits
    }
}
