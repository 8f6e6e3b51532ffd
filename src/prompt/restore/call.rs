//! A tool call as it comes.

use std::ops::Range;

use super::frame::Edit;
use super::json;
use super::judge::{Complete, Judge, Reasoning, Swap};
use super::queue::Queue;
use super::report::{RestoreReport, Unrestored};
use super::shape::Kind;
use super::spelled::{self, Next};
use crate::structured::Decoded;

/// A call.
///
/// ```text
///   arguments  │ piece │ piece │ piece …      each in an event
///                 ▴ waiting: the event of the first reference that may be restored
///                              ▴ part: the event of what may become one, behind `scanned`
/// ```
pub(super) struct Call {
    tool: String,
    id: Option<String>,
    named: Named,
    kind: Option<Kind>,
    /// Its arguments so far; of a tool that no rule names, what may be the beginning of a reference.
    source: Vec<u8>,
    /// Which string comes in pieces now. The arguments are then an object made of such strings, by their paths.
    path: Option<String>,
    scanned: usize,
    /// None of a tool that no rule names.
    pieces: Vec<Piece>,
    waiting: Option<u64>,
    part: Option<u64>,
    holds: Holds,
    state: State,
}

/// Whether some rule names a tool.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Yes,
    No,
}

/// Whether the reference of a known secret was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Nothing,
    Reference,
}

enum State {
    Open,
    /// What was decided: nothing, if it stays as it is.
    Done(Vec<Swap>),
}

/// Where a part of the arguments stands.
struct Piece {
    event: u64,
    /// In the event's payload, with the quotes of a string.
    span: Range<usize>,
    /// What it is within the arguments.
    source: Range<usize>,
}

/// Arguments, or a piece of them, in an event.
pub(super) struct Given<'a> {
    pub(super) event: u64,
    /// In the event's payload, with the quotes of a string.
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
    /// The argument, if it is a piece of a string in it.
    pub(super) path: Option<&'a str>,
    /// What stands there, decoded once if it is a string.
    pub(super) text: &'a [u8],
}

impl Call {
    /// A call without arguments so far.
    pub(super) fn new(tool: String, id: Option<String>, judge: &Judge<'_>) -> Self {
        let named = if judge.rules.name_tool(&tool) { Named::Yes } else { Named::No };
        Self {
            tool,
            id,
            named,
            kind: None,
            source: Vec::new(),
            path: None,
            scanned: 0,
            pieces: Vec::new(),
            waiting: None,
            part: None,
            holds: Holds::Nothing,
            state: State::Open,
        }
    }

    /// Whether it is not decided yet.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// The event from which on all are held for this call.
    pub(super) fn hold(&self) -> Option<u64> {
        if self.is_open() { self.waiting.or(self.part) } else { None }
    }

    /// How many bytes are kept.
    pub(super) fn kept(&self) -> usize {
        let id = self.id.as_ref().map_or(0, String::len);
        let pieces = self.pieces.len() * size_of::<Piece>();
        size_of::<Self>() + self.source.len() + self.tool.len() + id + pieces
    }

    /// Whether a call of this id is another one.
    pub(super) fn is_other(&self, id: Option<&str>) -> bool {
        id.is_some_and(|id| self.id.as_deref().is_some_and(|own| own != id))
    }

    /// Whether its tool is called so.
    pub(super) fn is_of(&self, tool: &str) -> bool {
        self.tool == tool
    }

    /// Takes a piece of the arguments, unless it is decided.
    pub(super) fn take(&mut self, given: Given<'_>, judge: &Judge<'_>, report: &mut RestoreReport) {
        if !self.is_open() {
            return;
        }
        if *self.kind.get_or_insert(given.kind) != given.kind {
            return self.give_up(Unrestored::Incomplete, report);
        }
        given.path.into_iter().for_each(|path| self.enter(path));
        let from = self.source.len();
        self.source.extend_from_slice(given.text);
        if self.named == Named::Yes {
            let source = from..self.source.len();
            self.pieces.push(Piece { event: given.event, span: given.span, source });
        }
        self.scan(given.kind, judge);
    }

    /// Begins the string of an argument, unless it is the last one that goes on.
    fn enter(&mut self, path: &str) {
        let before: &[u8] = match &self.path {
            Some(own) if own == path => return,
            Some(_) => b"\",\"",
            None => b"{\"",
        };
        let name = json::escaped(path.strip_prefix("$.").unwrap_or(path));
        self.source.extend([before, &name, b"\":\""].concat());
        self.path = Some(path.to_owned());
    }

    fn scan(&mut self, kind: Kind, judge: &Judge<'_>) {
        self.part = None;
        while let Next::Whole(spot) = spelled::next(&self.source, self.scanned, kind) {
            self.scanned = spot.span.end;
            let Some(known) = judge.table.get(&spot.reference) else { continue };
            self.holds = Holds::Reference;
            if self.waiting.is_none() && judge.rules.allow(&known.name, &self.tool) {
                self.waiting = self.event_of(spot.span.start);
            }
        }
        self.scanned = match spelled::next(&self.source, self.scanned, kind) {
            Next::Part(at) => {
                self.part = self.event_of(at);
                at
            }
            _ => self.source.len(),
        };
        if self.named == Named::No {
            self.source.drain(..self.scanned);
            self.scanned = 0;
        }
    }

    fn event_of(&self, at: usize) -> Option<u64> {
        let before = self.pieces.partition_point(|piece| piece.source.end <= at);
        self.pieces.get(before).map(|piece| piece.event)
    }

    /// All of its arguments stand here: of a call that came in pieces, they are the same or it is left as it is.
    pub(super) fn repeat(
        &mut self,
        given: Given<'_>,
        judge: (&Judge<'_>, Reasoning),
        report: &mut RestoreReport,
        queue: &mut Queue,
    ) {
        if self.is_open() && self.kind.is_none() {
            self.take(given, judge.0, report);
            return self.complete(judge, report, queue);
        }
        let same = self.kind == Some(given.kind) && self.source == given.text;
        if self.is_open() && self.named == Named::Yes && !same {
            return self.give_up(Unrestored::Incomplete, report);
        }
        self.complete(judge, report, queue);
        if let (State::Done(swaps), true) = (&self.state, same) {
            let source = 0..given.text.len();
            let piece = Piece { event: given.event, span: given.span, source };
            write(swaps, given.kind, &piece, queue);
        }
    }

    /// Nothing comes any more: it is decided.
    pub(super) fn complete(
        &mut self,
        (judge, reasoning): (&Judge<'_>, Reasoning),
        report: &mut RestoreReport,
        queue: &mut Queue,
    ) {
        if !self.is_open() {
            return;
        }
        let (Named::Yes, Some(kind)) = (self.named, self.kind) else {
            return self.give_up(Unrestored::NotAllowed, report);
        };
        if self.path.is_some() {
            self.source.extend_from_slice(b"\"}");
        }
        let call = Complete { tool: &self.tool, kind, source: &self.source, reasoning };
        let swaps = judge.swaps(&call, report);
        for piece in self.pieces.drain(..) {
            write(&swaps, kind, &piece, queue);
        }
        if swaps.is_empty() {
            self.source = Vec::new();
        }
        self.state = State::Done(swaps);
    }

    /// It stays as it is.
    pub(super) fn give_up(&mut self, why: Unrestored, report: &mut RestoreReport) {
        if self.is_open() && self.holds == Holds::Reference {
            report.refused(why);
        }
        self.state = State::Done(Vec::new());
        (self.source, self.pieces) = (Vec::new(), Vec::new());
    }
}

/// Writes the part of `swaps` that `piece` holds into its event. Where a swap begins there stands all of it, and nothing where
/// it goes on.
///
/// Invariant: events of pieces that a swap touches were not given away, as a reference that may be restored holds them.
fn write(swaps: &[Swap], kind: Kind, piece: &Piece, queue: &mut Queue) {
    let (start, end) = (piece.source.start, piece.source.end);
    let touch = |swap: &&Swap| swap.span.start < end && start < swap.span.end;
    let mut touching = swaps.iter().filter(touch).peekable();
    let Some(frame) = touching.peek().and_then(|_| queue.frame(piece.event)) else { return };
    let payload = frame.payload();
    let decoded = match kind {
        Kind::Object => None,
        Kind::Source | Kind::Text => Decoded::of(&payload[piece.span.clone()]).ok(),
    };
    // A string's text begins behind its quote.
    let place = |at: usize| {
        let at = at - start;
        piece.span.start + decoded.as_ref().map_or(at, |decoded| decoded.source_of(at + 1))
    };
    let edit = |swap: &Swap| Edit {
        span: place(swap.span.start.max(start))..place(swap.span.end.min(end)),
        with: match (swap.span.start < start, kind) {
            (true, _) => Vec::new().into(),
            (false, Kind::Object) => swap.with.clone(),
            (false, _) => json::escaped(&String::from_utf8_lossy(&swap.with)),
        },
    };
    let edits: Vec<Edit> = touching.map(edit).collect();
    edits.into_iter().for_each(|edit| queue.edit(piece.event, edit));
}
