//! Formatted output.

use std::io::{self, Write};

use keepmum::Redactor;
use keepmum::subscriber::RedactMakeWriter;
use keepmum_inside::{KNOWN, Memory, REDACTED, redactor};
use tracing::subscriber::with_default;
use tracing::{error, info, info_span};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

/// What the redacting writer lets through of pieces that are written for one event.
fn written(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let memory = Memory::default();
    let make = RedactMakeWriter::new(memory.clone(), redactor());
    let mut writer = make.make_writer();
    pieces.iter().for_each(|piece| writer.write_all(piece).unwrap());
    drop(writer);
    memory.writes()
}

#[test]
fn every_formatter_is_covered_with_names_of_spans_and_targets() {
    for json in [false, true] {
        let memory = Memory::default();
        let make = RedactMakeWriter::new(memory.clone(), redactor());
        let run = || {
            let span = info_span!("correct horse battery staple", key = KNOWN);
            let _in = span.enter();
            info!(target: "correct horse battery staple", list = ?vec![KNOWN], "pw {KNOWN}\n{KNOWN}");
        };
        if json {
            with_default(registry().with(fmt::layer().json().with_writer(make)), run);
        } else {
            with_default(registry().with(fmt::layer().with_writer(make)), run);
        }
        let text = memory.text();
        assert!(!text.contains("horse"), "{text}");
        assert!(text.matches(REDACTED).count() >= 6, "{text}");
        assert_eq!(memory.writes().len(), 1, "one event is one write");
    }
}

#[test]
fn what_formatters_escape_is_found() {
    let quoted = Redactor::builder().secret("odd", "a\"b\\c\u{1b}d\ne\u{e9}f").unwrap();
    let quoted = quoted.build().unwrap();
    for json in [false, true] {
        let memory = Memory::default();
        let make = RedactMakeWriter::new(memory.clone(), quoted.clone());
        let run = || error!(debug = ?"a\"b\\c\u{1b}d\ne\u{e9}f", text = "a\"b\\c\u{1b}d\ne\u{e9}f");
        if json {
            with_default(registry().with(fmt::layer().json().with_writer(make)), run);
        } else {
            with_default(registry().with(fmt::layer().with_writer(make)), run);
        }
        assert_eq!(memory.text().matches("[REDACTED:odd]").count(), 2, "{}", memory.text());
    }
}

#[test]
fn an_event_in_pieces_is_one_input_and_the_next_another() {
    let line = format!("pw {KNOWN}!\n");
    for cut in 0..line.len() {
        let out = written(&[&line.as_bytes()[..cut], &line.as_bytes()[cut..]]);
        assert_eq!(out.concat(), b"pw [REDACTED:known]!\n", "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = line.as_bytes().chunks(1).collect();
    assert_eq!(written(&bytes).concat(), b"pw [REDACTED:known]!\n");
    // Two events do not meet.
    let memory = Memory::default();
    let make = RedactMakeWriter::new(memory.clone(), redactor());
    make.make_writer().write_all(&KNOWN.as_bytes()[..6]).unwrap();
    make.make_writer().write_all(&KNOWN.as_bytes()[6..]).unwrap();
    assert_eq!(memory.text(), KNOWN);
}

#[test]
fn pieces_of_a_format_are_one_input() {
    let memory = Memory::default();
    let make = RedactMakeWriter::new(memory.clone(), redactor());
    let (first, rest) = KNOWN.split_at(13);
    write!(make.make_writer(), "{first}{rest}").unwrap();
    assert_eq!(memory.text(), REDACTED);
}

#[test]
fn a_beginning_at_the_end_of_an_event_is_not_shown() {
    assert_eq!(written(&[&KNOWN.as_bytes()[..12]]).concat(), REDACTED.as_bytes());
}

#[test]
fn errors_and_flushes_pass_through() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let make = RedactMakeWriter::new(|| Full, redactor());
    let mut writer = make.make_writer();
    assert_eq!(writer.write(b"line\n").unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(writer.flush().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}
