//! Protobuf messages in, the same messages without secrets out.

mod frames;
mod otlp;
mod schema;
mod vector;
mod walk;

use std::borrow::Cow;
use std::fmt;

use prost::encoding::{WireType, encode_key, encode_varint};

use self::frames::{Frame, Lengths};
use self::schema::{Message, TEXT, UNKNOWN};
use self::walk::{Open, Walk};
use super::edit::{Edit, splice};
use super::leaves::{Found, Kind, LONGEST_DOCUMENT, Leaf};
use super::malformed::Malformed;
use super::scratch::{self, Kept, Scratch};
use crate::{Finding, Redactor, Span};

/// How deep messages that nobody here knows are looked into.
const DEEPEST_UNKNOWN: usize = 16;

/// What a walk needs of its own.
#[derive(Default)]
struct Own {
    open: Vec<Open>,
    frames: Vec<Frame>,
}

thread_local!(static SCRATCH: Kept<Own> = const { Kept::new(None) });

/// Messages of one type being redacted, as they stand on the wire.
///
/// What is looked through is the text that the same data is in JSON, with its strings decoded: attributes and entries of maps
/// are `"key":value`, in whatever order they stand. Text and bytes change where something is found in them; an integer or a
/// float of a value with a secret in its digits becomes text. Lengths around a change are written anew; every other byte
/// stays.
///
/// Ids of traces and events (of 16 bytes at most), times, flags and the numbers of metrics are not looked at. A field of a newer schema stays as it
/// is if it is a number; if it has a length, it is looked through as bytes, and a secret in it is taken out so that what it
/// holds is a message still, if it was one.
///
/// ```
/// use keepmum::{Redactor, structured::Protobuf};
///
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// // One event, a log, with a value that is text.
/// let input = b"\x0a\x13\x0a\x11\x12\x0f\x0a\x0dcorrect horse";
/// let output = Protobuf::VECTOR_EVENTS.redact(&redactor, input, &mut |_| {})?;
/// assert_eq!(*output, *b"\x0a\x13\x0a\x11\x12\x0f\x0a\x0d[REDACTED:db]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Protobuf {
    root: &'static Message,
    name: &'static str,
}

impl Protobuf {
    /// `vector.PushEventsRequest`: logs, metrics and traces of Vector, as of version 0.58.
    pub const VECTOR_EVENTS: Self =
        Self { root: &vector::PUSH_EVENTS, name: "vector.PushEventsRequest" };

    /// `opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest`.
    pub const OTLP_LOGS: Self = Self { root: &otlp::LOGS, name: "ExportLogsServiceRequest" };

    /// `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`.
    pub const OTLP_TRACES: Self = Self { root: &otlp::TRACES, name: "ExportTraceServiceRequest" };

    /// `opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest`.
    pub const OTLP_METRICS: Self =
        Self { root: &otlp::METRICS, name: "ExportMetricsServiceRequest" };

    /// Redacts one message; borrowed if there was nothing to redact. `found` is told what was, with spans of the input.
    ///
    /// # Errors
    ///
    /// The input is no message: a length leads out of what it stands in, a key is none, there is a group (which no schema
    /// here has); it has messages inside messages more than 1,024 deep, or more than 4,194,304 of them, or of strings and
    /// numbers; it is longer than 256 MiB.
    pub fn redact<'a>(
        &self,
        redactor: &Redactor,
        input: &'a [u8],
        found: &mut dyn FnMut(&Finding),
    ) -> Result<Cow<'a, [u8]>, Malformed> {
        redact(self.root, redactor, input, found, DEEPEST_UNKNOWN)
    }
}

impl fmt::Debug for Protobuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Protobuf").field(&self.name).finish()
    }
}

fn malformed(at: usize, why: &'static str) -> Malformed {
    Malformed::of("protobuf", at as u64, why)
}

/// Redacts a message, and messages of unknown fields `deepest` deep in it.
fn redact<'a>(
    root: &'static Message,
    redactor: &Redactor,
    input: &'a [u8],
    found: &mut dyn FnMut(&Finding),
    deepest: usize,
) -> Result<Cow<'a, [u8]>, Malformed> {
    if input.len() > LONGEST_DOCUMENT {
        return Err(malformed(LONGEST_DOCUMENT, "it is too long"));
    }
    scratch::with(&SCRATCH, |scratch: &mut Scratch<Own>| {
        scratch.leaves.begin(input.len());
        let read = Walk::new(input, root, &mut scratch.leaves, &mut scratch.own).read();
        if read.is_err() {
            scratch.leaves.wipe();
        }
        read?;
        let cuts = scratch.leaves.look(redactor);
        if cuts.is_empty() {
            return Ok(Cow::Borrowed(input));
        }
        let mut lengths = Lengths::new(&scratch.own.frames);
        let mut found = Found::new(&cuts, found);
        for (leaf, says) in scratch.leaves.all() {
            let here = found.within(leaf);
            if here.is_empty() {
                continue;
            }
            let inside = leaf.kind == Kind::Unknown && found.is_inside(leaf, here.clone());
            let mut new = found.without(leaf, says, here);
            if inside && let Some(better) = unknown(redactor, says, deepest) {
                new = better;
            }
            lengths.add(leaf.note, edit(leaf, &new));
        }
        scratch.leaves.wipe();
        Ok(match lengths.into_edits() {
            edits if edits.is_empty() => Cow::Borrowed(input),
            edits => Cow::Owned(splice(input, &edits)),
        })
    })
}

/// The leaf with `new` in place of what it says.
fn edit(leaf: &Leaf, new: &[u8]) -> Edit {
    let mut with = Vec::with_capacity(new.len() + 16);
    if leaf.kind == Kind::Number {
        encode_key(TEXT, WireType::LengthDelimited, &mut with);
    }
    encode_varint(new.len() as u64, &mut with);
    with.extend_from_slice(new);
    let span = leaf.span();
    Edit { span: Span::new(span.start as u64, span.end as u64), with }
}

/// A field of a newer schema, in which something was found, as a message without it. None if it is no message, or if
/// something is found in it still: what stands in two fields of it, or in its lengths.
fn unknown(redactor: &Redactor, says: &[u8], deepest: usize) -> Option<Vec<u8>> {
    let new = redact(&UNKNOWN, redactor, says, &mut |_| {}, deepest.checked_sub(1)?).ok()?;
    let quoted = [b"\"", &*new, b"\""].concat();
    redactor.find(&quoted).is_empty().then(|| new.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(root: &'static Message, source: &[u8]) -> String {
        let mut scratch = Scratch::<Own>::default();
        scratch.leaves.begin(source.len());
        Walk::new(source, root, &mut scratch.leaves, &mut scratch.own).read().expect("a message");
        String::from_utf8_lossy(scratch.leaves.text()).into_owned()
    }

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, bytes.len() as u8], bytes].concat()
    }

    #[test]
    fn the_text_is_that_of_json_with_its_strings_decoded() {
        let number = [&[3 << 3][..], b"\x07"].concat();
        let pair = [field(2, &number), field(1, b"a")].concat();
        let record =
            [field(5, &field(1, b"x\"y")), field(6, &pair), field(6, &field(1, b"b"))].concat();
        let other = [field(12, b"e"), field(15, b"new"), field(9, b"id")].concat();
        let scope = [field(2, &record), field(2, &other)].concat();
        let expected = r#"{"resource_logs":{"scope_logs":{"log_records":{"body":"x"y","a":7,"b":null}
{"event_name":"e","new"}}}}"#;
        let source = field(1, &field(2, &scope));
        assert_eq!(text(&otlp::LOGS, &source), expected);
        let list = field(8, &[field(1, &[]), field(1, &field(1, b"z"))].concat());
        let map = field(7, &field(1, &[field(1, b"k"), field(2, &list)].concat()));
        let events = [field(1, &field(1, &field(2, &map))), field(1, &[])].concat();
        let expected = "{\"log\":{\"value\":{\"k\":[null,\"z\"]}}}\n{}";
        assert_eq!(text(&vector::PUSH_EVENTS, &events), expected);
    }

    #[test]
    fn a_length_that_gets_longer_moves_those_around_it() {
        let builder = Redactor::builder().secret("a-name-of-some-length", "hunter2!");
        let redactor = builder.expect("short").build().expect("good");
        let rest = [b'x'; 92];
        let input = field(1, &field(1, &field(2, &field(1, &[b"hunter2! ", &rest[..]].concat()))));
        let output = Protobuf::VECTOR_EVENTS.redact(&redactor, &input, &mut |_| {}).expect("good");
        let said = [b"[REDACTED:a-name-of-some-length] ", &rest[..]].concat();
        let inner = [&[1 << 3 | 2, said.len() as u8], &said[..]].concat();
        let value = [&[2 << 3 | 2, inner.len() as u8], &inner[..]].concat();
        let log = [&[1 << 3 | 2, 0x80 | (value.len() - 0x80) as u8, 1], &value[..]].concat();
        let event = [&[1 << 3 | 2, 0x80 | (log.len() - 0x80) as u8, 1], &log[..]].concat();
        assert!(value.len() >= 0x80 && *output == event, "{output:?}");
    }
}
