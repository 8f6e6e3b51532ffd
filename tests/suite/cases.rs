//! The cases of `data/*.toml`, each on every surface.

use std::io::{Read, Write};

use keepmum::rule::template::expand;
use keepmum::{AsyncReader, AsyncWriter, Reader, Redactor, Replacement, Writer};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

/// One case; the format is described in the data file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    scenario: Option<u32>,
    #[serde(default)]
    pub(crate) secrets: Vec<String>,
    #[serde(default)]
    pub(crate) rules: bool,
    #[serde(default)]
    pub(crate) paranoid: bool,
    /// Something inside the secret stays, so spans do not tell the output.
    #[serde(default)]
    survives: bool,
    input: String,
    output: String,
}

impl Case {
    pub(crate) fn input(&self) -> Vec<u8> {
        bytes(&expand(&self.input, 7).unwrap().text)
    }

    pub(crate) fn output(&self) -> Vec<u8> {
        bytes(&expand(&self.output, 7).unwrap().text)
    }

    pub(crate) fn redactor(&self) -> Redactor {
        let builder = Redactor::builder().replacement(Replacement::Fixed("#".into()));
        let rules = self.rules || self.paranoid;
        let builder = if rules { builder.builtin_rules() } else { builder };
        let builder = if self.paranoid { builder.paranoid_rules() } else { builder };
        let named =
            self.secrets.iter().enumerate().map(|(at, value)| (format!("s{at}"), value.as_str()));
        named
            .fold(builder, |builder, (name, value)| builder.secret(&name, value).unwrap())
            .build()
            .unwrap()
    }
}

pub(crate) fn cases() -> Vec<Case> {
    toml::from_str::<File>(include_str!("../data/cases.toml")).unwrap().case
}

/// The surface that tells spans.
const FINDINGS: &str = "findings";

/// `\xHH` is a byte.
fn bytes(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut out = parts.next().unwrap_or("").as_bytes().to_vec();
    for part in parts {
        out.push(u8::from_str_radix(&part[..2], 16).unwrap());
        out.extend_from_slice(&part.as_bytes()[2..]);
    }
    out
}

fn every_case(surface: &str, run: impl Fn(&Redactor, &[u8], &mut dyn FnMut(Vec<u8>))) {
    let mut failed: Vec<(String, Option<u32>, String, String)> = Vec::new();
    for case in cases().into_iter().filter(|case| !case.survives || surface != FINDINGS) {
        let expected = case.output();
        run(&case.redactor(), &case.input(), &mut |got| {
            if got != expected && failed.last().is_none_or(|(name, ..)| *name != case.name) {
                let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                failed.push((case.name.clone(), case.scenario, shown(&got), shown(&expected)));
            }
        });
    }
    assert!(failed.is_empty(), "{surface}, each with what came and what should: {failed:#?}");
}

#[test]
fn one_shot() {
    every_case("one shot", |redactor, input, check| check(redactor.redact(input).into_owned()));
}

#[test]
fn every_cut_in_two() {
    every_case("cut in two", |redactor, input, check| {
        for cut in 0..=input.len() {
            let mut stream = redactor.stream(Vec::new());
            stream.push(&input[..cut]);
            stream.push(&input[cut..]);
            check(stream.finish());
        }
    });
}

#[test]
fn byte_by_byte() {
    every_case("byte by byte", |redactor, input, check| {
        let mut stream = redactor.stream(Vec::new());
        input.iter().for_each(|byte| stream.push(&[*byte]));
        check(stream.finish());
    });
}

#[test]
fn findings_cover_what_is_replaced() {
    every_case(FINDINGS, |redactor, input, check| {
        let (mut out, mut at) = (Vec::new(), 0);
        for finding in redactor.find(input) {
            out.extend_from_slice(&input[at..finding.span().start() as usize]);
            out.push(b'#');
            at = finding.span().end() as usize;
        }
        out.extend_from_slice(&input[at..]);
        check(out);
    });
}

#[test]
fn readers() {
    every_case("reader", |redactor, input, check| {
        let mut out = Vec::new();
        Reader::new(redactor, OneByOne(input)).read_to_end(&mut out).unwrap();
        check(out);
    });
}

#[test]
fn writers_with_a_flush_after_every_byte() {
    every_case("writer", |redactor, input, check| {
        let mut writer = Writer::new(redactor, Vec::new());
        for byte in input {
            writer.write_all(&[*byte]).unwrap();
            writer.flush().unwrap();
        }
        check(writer.finish().unwrap());
    });
}

#[test]
fn asynchronous_readers_and_writers() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    every_case("asynchronous", |redactor, input, check| {
        let mut out = Vec::new();
        runtime.block_on(AsyncReader::new(redactor, input).read_to_end(&mut out)).unwrap();
        check(out);
        let mut writer = AsyncWriter::new(redactor, Vec::new());
        runtime.block_on(async {
            for byte in input {
                writer.write_all(&[*byte]).await.unwrap();
            }
            writer.shutdown().await.unwrap();
        });
        check(writer.into_inner());
    });
}

#[test]
fn codecs_and_streams_of_bytes() {
    use bytes::{Bytes, BytesMut};
    use keepmum::{Decoder, Encoded, Encoder, RedactedStream};
    use tokio_util::codec::{Decoder as _, Encoder as _};
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    every_case("codec", |redactor, input, check| {
        let mut decoder = Decoder::new(redactor);
        let (mut out, mut source) = (Vec::new(), BytesMut::new());
        for byte in input {
            source.extend_from_slice(&[*byte]);
            out.extend(decoder.decode(&mut source).unwrap().into_iter().flatten());
        }
        while let Some(rest) = decoder.decode_eof(&mut source).unwrap() {
            out.extend(rest);
        }
        check(out);
        let (mut encoder, mut out) = (Encoder::new(redactor), BytesMut::new());
        for byte in input {
            encoder.encode(Encoded::Chunk(Bytes::copy_from_slice(&[*byte])), &mut out).unwrap();
        }
        encoder.encode(Encoded::End, &mut out).unwrap();
        check(out.to_vec());
        let chunks: Vec<_> =
            input.chunks(3).map(|chunk| Ok::<_, ()>(Bytes::copy_from_slice(chunk))).collect();
        let mut stream = RedactedStream::new(redactor, Chunks(chunks.into_iter()));
        let mut out = Vec::new();
        runtime.block_on(async {
            while let Some(bytes) = std::future::poll_fn(|cx| {
                futures_core::Stream::poll_next(std::pin::Pin::new(&mut stream), cx)
            })
            .await
            {
                out.extend(bytes.unwrap());
            }
        });
        check(out);
    });
}

/// A reader of single bytes.
struct OneByOne<'a>(&'a [u8]);

impl Read for OneByOne<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(1).min(out.len());
        Read::read(&mut self.0, &mut out[..count])
    }
}

/// A stream of chunks that are at hand.
struct Chunks<I>(I);

impl<I: Iterator + Unpin> futures_core::Stream for Chunks<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}
