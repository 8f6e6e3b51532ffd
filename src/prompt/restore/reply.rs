//! A reply that is passed on.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Restoring;
use super::again::NextRequest;
use super::call::{Call, Given};
use super::frame::{Frame, Framing};
use super::judge::{Judge, Reasoning};
use super::queue::Queue;
use super::report::{RestoreReport, Unrestored};
use super::shape::{Hit, Kind, Part, Shape};
use super::table::Table;
use crate::structured::Decoded;

/// A reply whose tool calls get values back. Whatever it is, what cannot be restored is passed on as it came: a reference is
/// no secret.
///
/// ```
/// use keepmum::prompt::{Api, PreSend, RestoreRule};
/// use keepmum::{Guard, Redactor, ReferenceKey, Secret};
///
/// let (name, value) = ("stripe-key", "correct horse battery staple");
/// let key = ReferenceKey::new(b"thirty-two bytes that nobody has");
/// let redactor = Redactor::builder().secret(name, value)?.build()?;
/// let rule: RestoreRule = toml::from_str("secret = 'stripe-*'\ntool = 'charge'")?;
/// let pre_send = PreSend::builder(Guard::from(redactor), key.clone())
///     .restorable(vec![Secret::new(name, value)])
///     .restore(rule)
///     .build()?;
/// let body = |value: &str| {
///     format!(r#"{{"message":{{"tool_calls":[{{"function":{{"name":"charge","arguments":{{"key":"{value}"}}}}}}]}}}}"#)
/// };
/// let mut reply = pre_send.reply(Api::Ollama, "application/json").expect("there is a rule");
/// let mut out = Vec::new();
/// reply.push(body(key.reference(name, value.as_bytes()).as_str()).as_bytes(), &mut out);
/// let report = reply.finish(&mut out);
/// assert_eq!(out, body(value).as_bytes());
/// assert_eq!(report.restored["stripe-key"], 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reply {
    framing: Framing,
    restorer: Restorer,
    passing: Passing,
}

/// Whether anything is looked at any more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passing {
    Restored,
    /// A limit was crossed or the input cannot be cut: all goes as it comes.
    Verbatim,
}

impl Reply {
    pub(super) fn new(
        framing: Framing,
        shape: &'static Shape,
        restoring: Arc<Restoring>,
        table: Arc<Table>,
        again: NextRequest,
    ) -> Self {
        let restorer = Restorer {
            shape,
            restoring,
            table,
            again,
            calls: BTreeMap::new(),
            queue: Queue::default(),
            reasoning: Reasoning::Unsigned,
            report: RestoreReport::default(),
        };
        Self { framing, restorer, passing: Passing::Restored }
    }

    /// Takes a chunk and appends to `out` what can be passed on by now.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        if self.passing == Passing::Verbatim {
            out.extend_from_slice(chunk);
            return;
        }
        let (restorer, mut fits) = (&mut self.restorer, Fits::Yes);
        let cut = self.framing.push(chunk, &mut |frame| {
            if fits == Fits::Yes {
                fits = restorer.room(frame.raw.len());
            }
            match fits {
                Fits::Yes => restorer.event(frame, out),
                Fits::No => restorer.pass(frame, out),
            }
        });
        let held = if self.framing.is_whole() { 0 } else { self.framing.held() };
        let fits = if fits == Fits::Yes { self.restorer.room(held) } else { fits };
        let whole = self.framing.is_whole()
            && self.framing.held() > self.restorer.restoring.longest_whole();
        if cut.is_err() || fits == Fits::No || whole {
            self.restorer.give_up(out);
            out.extend(self.framing.rest());
            self.passing = Passing::Verbatim;
        }
    }

    /// Says that the reply is over, complete or not, and appends the rest to `out`. Gives what was done.
    pub fn finish(mut self, out: &mut Vec<u8>) -> RestoreReport {
        if self.passing == Passing::Restored {
            let restorer = &mut self.restorer;
            self.framing.finish(&mut |frame| restorer.event(frame, out));
            restorer.end(Unrestored::Incomplete, out);
            out.extend(self.framing.rest());
        }
        self.restorer.report
    }

    /// What was done so far.
    pub fn report(&self) -> &RestoreReport {
        &self.restorer.report
    }

    /// How many bytes are held back now.
    pub fn held(&self) -> usize {
        self.restorer.queue.bytes() + self.framing.held()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("held", &self.held())
            .field("report", self.report())
            .finish_non_exhaustive()
    }
}

/// Whether what is held stays within its limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fits {
    Yes,
    No,
}

/// The events and calls of a reply.
struct Restorer {
    shape: &'static Shape,
    restoring: Arc<Restoring>,
    table: Arc<Table>,
    again: NextRequest,
    /// By their numbers.
    calls: BTreeMap<Vec<u64>, Call>,
    queue: Queue,
    reasoning: Reasoning,
    report: RestoreReport,
}

/// What an event says.
struct Read {
    hits: Vec<(Hit, Option<Vec<u8>>)>,
    ended: Vec<Vec<u64>>,
}

impl Restorer {
    /// Takes an event, and gives away those that nothing holds.
    fn event(&mut self, frame: Frame, out: &mut Vec<u8>) {
        let read = self.read(&frame);
        let event = self.queue.push(frame);
        for (hit, text) in read.hits {
            self.hit(event, &hit, text.as_deref());
        }
        for key in read.ended {
            self.complete(&key);
        }
        let hold = self.calls.values().filter_map(Call::hold).min();
        self.queue.release(Some(hold.unwrap_or(event + 1)), out);
    }

    fn read(&mut self, frame: &Frame) -> Read {
        let mut read = Read { hits: Vec::new(), ended: Vec::new() };
        let payload = frame.payload();
        if payload.is_empty() {
            return read;
        }
        let text = std::str::from_utf8(&payload).unwrap_or("");
        if self.shape.is_over(text) {
            read.ended.push(Vec::new());
            return read;
        }
        if self.shape.is_signed(text) {
            self.reasoning = Reasoning::Signed;
        }
        let ended = self.shape.read(frame.name.as_deref(), text, &mut |hit| {
            let part = hit.arguments.clone().map(|span| &text[span]);
            let decoded = part.and_then(|part| decoded(part, hit.kind));
            read.hits.push((hit, decoded));
        });
        match ended {
            Some(ended) => read.ended = ended,
            // What it says of the calls that are open is not known.
            None => self.give_up_open(Unrestored::Incomplete),
        }
        read
    }

    /// Takes a part of a call. `text` is what stands in its place.
    fn hit(&mut self, event: u64, hit: &Hit, text: Option<&[u8]>) {
        self.open(hit);
        let judge = judge(&self.restoring, &self.table, &self.again);
        let mut alone = None;
        let call = match (hit.part, &hit.name) {
            (Part::Whole, Some(tool)) => Some(alone.insert(Call::new(tool.clone(), None, &judge))),
            (Part::Whole, None) => None,
            _ => self.calls.get_mut(&hit.key),
        };
        let Some(call) = call else { return };
        let given = hit.arguments.clone().zip(text);
        let given = given.map(|(span, text)| Given {
            event,
            span,
            kind: hit.kind,
            path: hit.path.as_deref(),
            text,
        });
        let is_lost = given.is_none() && hit.arguments.is_some();
        if is_lost || hit.name.as_deref().is_some_and(|name| !call.is_of(name)) {
            return call.give_up(Unrestored::Incomplete, &mut self.report);
        }
        match (given, hit.part) {
            (None, _) => {}
            (Some(given), Part::Piece | Part::Partial) => {
                call.take(given, &judge, &mut self.report);
            }
            (Some(given), Part::Repeat | Part::Whole) => {
                let judge = (&judge, self.reasoning);
                call.repeat(given, judge, &mut self.report, &mut self.queue);
            }
        }
    }

    /// Opens the call that a part begins; one of the same number is complete then.
    fn open(&mut self, hit: &Hit) {
        let judge = judge(&self.restoring, &self.table, &self.again);
        let is_other = |call: &Call| match hit.part {
            Part::Partial => hit.name.is_some(),
            Part::Piece => call.is_other(hit.id.as_deref()),
            Part::Repeat | Part::Whole => false,
        };
        if self.calls.get(&hit.key).is_some_and(is_other)
            && let Some(mut call) = self.calls.remove(&hit.key)
        {
            call.complete((&judge, self.reasoning), &mut self.report, &mut self.queue);
        }
        if let (Some(name), true) = (&hit.name, hit.part != Part::Whole) {
            let new = || Call::new(name.clone(), hit.id.clone(), &judge);
            self.calls.entry(hit.key.clone()).or_insert_with(new);
        }
    }

    /// Decides the open calls whose numbers begin with `key`.
    fn complete(&mut self, key: &[u64]) {
        let judge = judge(&self.restoring, &self.table, &self.again);
        for (_, call) in self.calls.iter_mut().filter(|(own, _)| own.starts_with(key)) {
            call.complete((&judge, self.reasoning), &mut self.report, &mut self.queue);
        }
    }

    /// Whether there is room for so many bytes more.
    fn room(&self, more: usize) -> Fits {
        let kept: usize = self.calls.values().map(Call::kept).sum();
        let all = self.queue.bytes() + kept + more;
        if all <= self.restoring.most { Fits::Yes } else { Fits::No }
    }

    /// Passes an event on as it is, behind all that are held.
    fn pass(&mut self, frame: Frame, out: &mut Vec<u8>) {
        self.give_up(out);
        frame.write(Vec::new(), out);
    }

    fn give_up(&mut self, out: &mut Vec<u8>) {
        self.end(Unrestored::TooLong, out);
    }

    /// No more events: what was not decided stays.
    fn end(&mut self, why: Unrestored, out: &mut Vec<u8>) {
        self.give_up_open(why);
        self.queue.release(None, out);
    }

    fn give_up_open(&mut self, why: Unrestored) {
        for call in self.calls.values_mut().filter(|call| call.is_open()) {
            call.give_up(why, &mut self.report);
        }
    }
}

fn judge<'a>(restoring: &'a Restoring, table: &'a Table, again: &'a NextRequest) -> Judge<'a> {
    Judge { rules: &restoring.rules, table, again, longest: restoring.longest_whole() }
}

/// The arguments that stand in a part of a document; of a string, its text.
fn decoded(part: &str, kind: Kind) -> Option<Vec<u8>> {
    if kind == Kind::Object {
        return Some(part.as_bytes().to_vec());
    }
    let quoted = Decoded::of(part.as_bytes()).ok()?;
    let text = quoted.text();
    Some(text[1..text.len() - 1].to_vec())
}
