//! A reply cut into its events.
//!
//! Every byte of a reply is in one frame, in order, or is what is left at the end: frames that are not changed leave as they
//! came.

mod array;
mod eventstream;
mod lines;
mod sse;

use array::Array;
use eventstream::EventStream;
use lines::Lines;
use sse::Sse;

use std::borrow::Cow;
use std::ops::Range;

/// An event.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) raw: Vec<u8>,
    /// Where in `raw` the payload stands, in pieces that a line feed joins. None if there is none.
    pub(super) payload: Vec<Range<usize>>,
    /// What its head says that it is.
    pub(super) name: Option<String>,
    pub(super) sealed: Sealed,
}

/// What has to be made anew if a frame changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sealed {
    /// Nothing.
    #[default]
    No,
    /// Lengths and checksums of a frame of Amazon's.
    EventStream,
}

/// Something to write into a payload in place of a part of it.
pub(super) struct Edit {
    pub(super) span: Range<usize>,
    pub(super) with: zeroize::Zeroizing<Vec<u8>>,
}

impl Frame {
    /// An event whose payload is one piece.
    fn of(raw: Vec<u8>, payload: Range<usize>) -> Self {
        Self { raw, payload: std::iter::once(payload).collect(), ..Self::default() }
    }

    /// Its payload.
    pub(super) fn payload(&self) -> Cow<'_, [u8]> {
        match &self.payload[..] {
            [] => Cow::Borrowed(&[]),
            [one] => Cow::Borrowed(&self.raw[one.clone()]),
            all => {
                let lines: Vec<&[u8]> = all.iter().map(|line| &self.raw[line.clone()]).collect();
                Cow::Owned(lines.join(&b'\n'))
            }
        }
    }

    /// Appends the frame with `edits`, which stay within lines, to `out`. Of two that overlap the first counts.
    pub(super) fn write(&self, mut edits: Vec<Edit>, out: &mut Vec<u8>) {
        if edits.is_empty() {
            out.extend_from_slice(&self.raw);
            return;
        }
        edits.sort_by_key(|edit| edit.span.start);
        let (start, mut from) = (out.len(), 0);
        for edit in &edits {
            let span = self.raw_of(edit.span.start)..self.raw_of(edit.span.end);
            let Some(before) = self.raw.get(from..span.start) else { continue };
            out.extend_from_slice(before);
            out.extend_from_slice(&edit.with);
            from = span.end;
        }
        out.extend_from_slice(&self.raw[from..]);
        if self.sealed == Sealed::EventStream {
            eventstream::seal(&mut out[start..]);
        }
    }

    /// Where in `raw` byte `at` of the payload stands.
    fn raw_of(&self, at: usize) -> usize {
        let mut before = 0;
        for line in &self.payload {
            if at - before <= line.len() {
                return line.start + at - before;
            }
            before += line.len() + 1;
        }
        self.raw.len()
    }
}

/// How the events of a reply are told apart.
#[derive(Debug)]
pub(super) enum Framing {
    /// `text/event-stream`.
    Sse(Sse),
    /// A document on each line.
    Lines(Lines),
    /// `application/vnd.amazon.eventstream`.
    EventStream(EventStream),
    /// JSON whose first byte is not known yet.
    Json,
    /// The elements of an array.
    Array(Array),
    /// One document.
    Whole(Vec<u8>),
}

/// What cannot be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

impl Framing {
    /// How events of a media type are told apart; none for a type that holds none.
    pub(super) fn of(content_type: &str) -> Option<Self> {
        let media = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        Some(match media.as_str() {
            "text/event-stream" => Self::Sse(Sse::default()),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
                Self::Lines(Lines::default())
            }
            "application/vnd.amazon.eventstream" => Self::EventStream(EventStream::default()),
            "application/json" => Self::Json,
            _ => return None,
        })
    }

    /// Takes a chunk and calls `found` with each event that is complete.
    ///
    /// # Errors
    ///
    /// It cannot be cut; what was not cut is in [`rest`](Self::rest).
    pub(super) fn push(
        &mut self,
        chunk: &[u8],
        found: &mut impl FnMut(Frame),
    ) -> Result<(), Broken> {
        if let Self::Json = self {
            match chunk.iter().find(|byte| !byte.is_ascii_whitespace()) {
                // White space before a document holds nothing up and is part of no event.
                None => {
                    found(Frame { raw: chunk.to_vec(), ..Frame::default() });
                    return Ok(());
                }
                Some(b'[') => *self = Self::Array(Array::default()),
                Some(_) => *self = Self::Whole(Vec::new()),
            }
        }
        match self {
            Self::Sse(sse) => sse.push(chunk, found),
            Self::Lines(lines) => lines.push(chunk, found),
            Self::EventStream(frames) => return frames.push(chunk, found),
            Self::Array(array) => array.push(chunk, found),
            Self::Whole(all) => all.extend_from_slice(chunk),
            Self::Json => {}
        }
        Ok(())
    }

    /// How many bytes belong to an event that is not complete.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Sse(sse) => sse.held(),
            Self::Lines(lines) => lines.held(),
            Self::EventStream(frames) => frames.held(),
            Self::Array(array) => array.held(),
            Self::Whole(all) => all.len(),
            Self::Json => 0,
        }
    }

    /// Whether the reply is one document.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// The input is over: the last event, if its end is that of the input.
    pub(super) fn finish(&mut self, found: &mut impl FnMut(Frame)) {
        let last = match self {
            Self::Whole(all) => all,
            Self::Lines(lines) => lines.buffer(),
            _ => return,
        };
        let raw = std::mem::take(last);
        if !raw.is_empty() {
            let end = raw.len();
            found(Frame::of(raw, 0..end));
        }
    }

    /// Bytes of an event that is not complete.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        match self {
            Self::Sse(sse) => sse.rest(),
            Self::Lines(lines) => std::mem::take(lines.buffer()),
            Self::EventStream(frames) => frames.rest(),
            Self::Array(array) => array.rest(),
            Self::Whole(all) => std::mem::take(all),
            Self::Json => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The payloads of `input`, cut into chunks of `size`; what is left; all bytes in order are those of the input.
    fn payloads(kind: &str, input: &[u8], size: usize) -> Vec<String> {
        let mut framing = Framing::of(kind).expect("a known type");
        let (mut all, mut payloads) = (Vec::new(), Vec::new());
        let mut found = |frame: Frame| {
            frame.write(Vec::new(), &mut all);
            let payload = String::from_utf8_lossy(frame.payload().trim_ascii_start()).into_owned();
            payloads.extend((!payload.is_empty()).then_some(payload));
        };
        for chunk in input.chunks(size) {
            framing.push(chunk, &mut found).expect("a stream");
        }
        framing.finish(&mut found);
        all.extend(framing.rest());
        assert_eq!(all, input);
        payloads
    }

    fn is_cut(kind: &str, input: &str, expected: &[&str]) {
        for size in 1..=input.len() {
            assert_eq!(payloads(kind, input.as_bytes(), size), expected, "chunks of {size}");
        }
    }

    #[test]
    fn events_of_a_stream_are_cut_anywhere() {
        let sse = "text/event-stream; charset=utf-8";
        is_cut(
            sse,
            ": ping\n\nevent: x\ndata: {\"é\":1}\n\ndata:{\ndata: }\nid: 1\n\n",
            &["{\"é\":1}", "{\n}"],
        );
        is_cut(sse, "data: 1\r\n\r\ndata:  2\r\ndata\r\n\r\n: x\r\ndata: 3\r\n", &["1", "2\n"]);
        is_cut(sse, "data: 1\r\rdata: 2\r\r\n\ndatax: 3\n\n", &["1", "2"]);
    }

    #[test]
    fn lines_and_arrays_are_cut_anywhere() {
        is_cut("application/x-ndjson", "{\"a\":1}\r\n\n{}\n{\"b\"", &["{\"a\":1}", "{}", "{\"b\""]);
        is_cut(
            "application/json",
            " [ {\"a\":\"]}\\\"\"} ,\n{\"b\":[{}]}\n] ",
            &["{\"a\":\"]}\\\"\"}", "{\"b\":[{}]}"],
        );
        is_cut("application/json", " \n{\"a\":[]}", &["{\"a\":[]}"]);
    }

    #[test]
    fn a_span_is_spliced_across_lines() {
        let raw = b"data: {\"a\":\ndata: \"xyz\"}\n\n".to_vec();
        let frame = Frame { raw, payload: vec![6..11, 18..24], ..Frame::default() };
        assert_eq!(&*frame.payload(), b"{\"a\":\n\"xyz\"}");
        let mut out = Vec::new();
        frame.write(vec![Edit { span: 7..9, with: b"12".to_vec().into() }], &mut out);
        assert_eq!(out, b"data: {\"a\":\ndata: \"12z\"}\n\n");
    }
}
