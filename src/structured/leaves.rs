//! A document as the text that the same data is in JSON, and where its leaves stand in both.

use std::ops::Range;

use serde::Serialize;

use super::cut::{Cut, Cuts};
use super::wiped::Wiped;
use crate::{Finding, Redactor, Span};

/// The longest document. One byte of it gives 16 of text at most, and places in the text fit into 32 bits.
pub(super) const LONGEST_DOCUMENT: usize = u32::MAX as usize / 16;

/// Most leaves of a document: they take a hundred megabytes.
const MOST: usize = 1 << 22;

/// The longest number as text, with its quotes and more.
const LONGEST_NUMBER: usize = 64;

/// Something that can be changed: a string, a key, a number.
///
/// Invariant: `start < end`, `from < to`; of one that is no number, the last `end - start` bytes before `to` are those of the
/// text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    /// In the text, without quotes.
    start: u32,
    end: u32,
    /// In the source, with what stands before its bytes and tells what they are.
    from: u32,
    to: u32,
    pub(super) kind: Kind,
    /// What its form notes of it.
    pub(super) note: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bytes of which only what is found goes.
    Text,
    /// A number and the like: it becomes text as a whole.
    Number,
    /// Bytes of a field that nobody here knows.
    #[cfg(feature = "protobuf")]
    Unknown,
}

/// The text of a document and its leaves, which are in the order of the text.
#[derive(Default)]
pub(super) struct Leaves {
    text: Wiped,
    all: Vec<Leaf>,
}

impl Leaf {
    /// Where it stands in the source.
    pub(super) fn span(&self) -> Range<usize> {
        self.from as usize..self.to as usize
    }

    /// Where in the source what stands at `at` of the text begins or ends.
    fn in_source(&self, at: u64, ends: Ends) -> u64 {
        match (self.kind, ends) {
            (Kind::Number, Ends::Start) => u64::from(self.from),
            (Kind::Number, Ends::End) => u64::from(self.to),
            _ => u64::from(self.to) - (u64::from(self.end) - at),
        }
    }
}

/// Which end of a span is looked for.
#[derive(Clone, Copy)]
enum Ends {
    Start,
    End,
}

impl Leaves {
    /// Begins a document of `len` bytes.
    pub(super) fn begin(&mut self, len: usize) {
        self.text.clear();
        self.all.clear();
        self.text.room(len + len / 2);
    }

    /// Whether there are more than anything real has.
    #[inline]
    pub(super) fn are_too_many(&self) -> bool {
        self.all.len() > MOST
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// All leaves, and what each says.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Leaf, &[u8])> {
        self.all.iter().map(|leaf| (leaf, &self.text[leaf.start as usize..leaf.end as usize]))
    }

    /// Puts structure into the text.
    #[inline]
    pub(super) fn put(&mut self, structure: &[u8]) {
        self.text.room(structure.len());
        self.text.extend_from_slice(structure);
    }

    /// Puts the bytes of a leaf into the text, in quotes.
    #[inline]
    pub(super) fn quoted(&mut self, says: &[u8], source: Range<usize>, kind: Kind, note: u32) {
        self.text.room(says.len() + 2);
        self.text.push(b'"');
        let start = self.text.len();
        self.text.extend_from_slice(says);
        self.leaf(start, source, kind, note);
        self.text.push(b'"');
    }

    /// Puts a number into the text.
    #[inline]
    pub(super) fn number(&mut self, number: impl Serialize, source: Range<usize>, note: u32) {
        self.text.room(LONGEST_NUMBER);
        let start = self.text.len();
        serde_json::to_writer(&mut *self.text, &number).expect("numbers can be written");
        self.leaf(start, source, Kind::Number, note);
    }

    fn leaf(&mut self, start: usize, source: Range<usize>, kind: Kind, note: u32) {
        if start < self.text.len() {
            let (start, end) = (start as u32, self.text.len() as u32);
            let (from, to) = (source.start as u32, source.end as u32);
            self.all.push(Leaf { start, end, from, to, kind, note });
        }
    }

    /// Looks through the text.
    pub(super) fn look(&self, redactor: &Redactor) -> Vec<Cut> {
        let mut cuts = Cuts::default();
        redactor.redact_into(&self.text, &mut cuts);
        cuts.0
    }

    /// Overwrites what was read.
    pub(super) fn wipe(&mut self) {
        let len = self.text.len();
        self.text.clear();
        self.text.resize(len, 0);
        self.begin(0);
    }

    /// The bytes of memory that it has.
    pub(super) fn capacity(&self) -> usize {
        self.text.capacity() + self.all.capacity() * size_of::<Leaf>()
    }
}

/// What was found in the text, told once each, as the leaves are gone through in order.
pub(super) struct Found<'a> {
    cuts: &'a [Cut],
    /// Those before it end before the leaf at hand.
    from: usize,
    /// Those before it were told.
    told: usize,
    tell: &'a mut dyn FnMut(&Finding),
}

impl<'a> Found<'a> {
    pub(super) fn new(cuts: &'a [Cut], tell: &'a mut dyn FnMut(&Finding)) -> Self {
        Self { cuts, from: 0, told: 0, tell }
    }

    /// What was found in a leaf, or reaches into it.
    pub(super) fn within(&mut self, leaf: &Leaf) -> Range<usize> {
        let (start, end) = (u64::from(leaf.start), u64::from(leaf.end));
        let rest = &self.cuts[self.from..];
        self.from += rest.iter().take_while(|cut| cut.span.end() <= start).count();
        let rest = &self.cuts[self.from..];
        self.from..self.from + rest.iter().take_while(|cut| cut.span.start() < end).count()
    }

    /// Whether all of `here` lies in the leaf.
    #[cfg(feature = "protobuf")]
    pub(super) fn is_inside(&self, leaf: &Leaf, here: Range<usize>) -> bool {
        self.cuts[here].iter().all(|cut| {
            cut.span.start() >= u64::from(leaf.start) && cut.span.end() <= u64::from(leaf.end)
        })
    }

    /// What becomes of a leaf that says `says`. Of text what was found goes, and of a character that it cuts in two the rest;
    /// of a number nothing is left.
    pub(super) fn without(&mut self, leaf: &Leaf, says: &[u8], here: Range<usize>) -> Vec<u8> {
        if leaf.kind == Kind::Number {
            return here.flat_map(|which| self.shown(leaf, which)).collect();
        }
        let characters = std::str::from_utf8(says).ok();
        let is_start = |at: usize| characters.is_none_or(|text| text.is_char_boundary(at));
        let (mut out, mut at) = (Vec::with_capacity(says.len()), 0);
        for which in here {
            let span = self.cuts[which].span;
            let start = span.start().saturating_sub(u64::from(leaf.start)) as usize;
            let end = (span.end() - u64::from(leaf.start)) as usize;
            let start = (0..=start).rev().find(|&at| is_start(at)).unwrap_or(0);
            let end = (end.min(says.len())..says.len()).find(|&at| is_start(at));
            let end = end.unwrap_or(says.len());
            // It lies in a character that went before.
            if end <= at {
                continue;
            }
            out.extend_from_slice(&says[at..start.max(at)]);
            out.extend(self.shown(leaf, which));
            at = end;
        }
        out.extend_from_slice(&says[at..]);
        out
    }

    /// What stands for a cut. It is told of, if it was not.
    fn shown(&mut self, leaf: &Leaf, which: usize) -> Vec<u8> {
        let cut = &self.cuts[which];
        if let Some(finding) = cut.finding.as_ref().filter(|_| self.told <= which) {
            let start = cut.span.start().max(leaf.start.into());
            let end = cut.span.end().min(leaf.end.into());
            let start = leaf.in_source(start, Ends::Start);
            self.told = which + 1;
            let span = Span::new(start, leaf.in_source(end, Ends::End));
            (self.tell)(&Finding { span, ..finding.clone() });
        }
        String::from_utf8_lossy(&cut.named).into_owned().into_bytes()
    }

    /// Tells of a leaf that is replaced as a whole.
    #[cfg(feature = "msgpack")]
    pub(super) fn tell_whole(&mut self, leaf: &Leaf, finding: &Finding) {
        let start = leaf.in_source(leaf.start.into(), Ends::Start);
        let span = Span::new(start, leaf.in_source(leaf.end.into(), Ends::End));
        (self.tell)(&Finding { span, ..finding.clone() });
    }
}
