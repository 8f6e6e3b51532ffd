//! A pair for `tokio_util::codec`: bytes in a frame's buffer become redacted bytes.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec;

use super::adapter::Buffered;
use crate::Redactor;

/// Decodes a stream of bytes into redacted chunks.
#[derive(Debug)]
pub struct Decoder(Buffered);

impl Decoder {
    /// A decoder for one stream.
    pub fn new(redactor: &Redactor) -> Self {
        Self(Buffered::new(redactor))
    }

    fn ready(&mut self) -> Option<Bytes> {
        let ready = Bytes::copy_from_slice(self.0.ready());
        self.0.consume(ready.len());
        (!ready.is_empty()).then_some(ready)
    }
}

impl codec::Decoder for Decoder {
    type Item = Bytes;
    type Error = io::Error;

    fn decode(&mut self, source: &mut BytesMut) -> io::Result<Option<Bytes>> {
        self.0.push(source);
        source.advance(source.len());
        Ok(self.ready())
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> io::Result<Option<Bytes>> {
        self.0.push(source);
        source.advance(source.len());
        self.0.finish();
        Ok(self.ready())
    }
}

/// Encodes chunks into redacted bytes. A codec is not told of the end: send [`End`](Encoded::End) last, or what is held
/// stays inside.
#[derive(Debug)]
pub struct Encoder(Buffered);

/// What an [`Encoder`] takes.
#[derive(Debug)]
pub enum Encoded {
    /// The next chunk.
    Chunk(Bytes),
    /// There is no other: what is held leaves, redacted.
    End,
}

impl Encoder {
    /// An encoder for one stream.
    pub fn new(redactor: &Redactor) -> Self {
        Self(Buffered::new(redactor))
    }
}

impl codec::Encoder<Encoded> for Encoder {
    type Error = io::Error;

    fn encode(&mut self, item: Encoded, out: &mut BytesMut) -> io::Result<()> {
        match item {
            Encoded::Chunk(chunk) => self.0.push(&chunk),
            Encoded::End => self.0.finish(),
        }
        out.extend_from_slice(self.0.ready());
        self.0.consume(self.0.ready().len());
        Ok(())
    }
}
