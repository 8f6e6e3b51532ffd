//! Compressed bodies.
//!
//! Decoders are read from, never pushed into: what they give at once is the reader's buffer, whatever stands in the input, so
//! that a few bytes that stand for gigabytes cost a buffer.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
#[cfg(feature = "serve")]
use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, TRANSFER_ENCODING};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _};

/// The usual quality of brotli is for files that are compressed once and read often.
#[cfg(feature = "serve")]
const BROTLI: async_compression::Level = async_compression::Level::Precise(4);

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    /// `deflate`, which is zlib.
    Zlib,
    Brotli,
    Zstd,
}

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undecoded {
    /// It would be longer than may be.
    TooLong,
    /// It is not what it says.
    Damaged,
}

impl Coding {
    /// How the body behind `headers` is compressed. An error: in a way that is not known here, or several, or on the way.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Unknown> {
        if !is_only_chunked(headers) {
            return Err(Unknown);
        }
        let mut all = headers.get_all(CONTENT_ENCODING).iter();
        let Some(one) = all.next() else { return Ok(None) };
        if all.next().is_some() {
            return Err(Unknown);
        }
        match one.to_str().unwrap_or("?").trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(None),
            "gzip" | "x-gzip" => Ok(Some(Self::Gzip)),
            "deflate" => Ok(Some(Self::Zlib)),
            "br" => Ok(Some(Self::Brotli)),
            "zstd" => Ok(Some(Self::Zstd)),
            _ => Err(Unknown),
        }
    }

    /// Reads `body` decoded.
    pub(crate) fn reader<'a>(
        self,
        body: impl AsyncBufRead + Send + Unpin + 'a,
    ) -> Box<dyn AsyncRead + Send + Unpin + 'a> {
        match self {
            Self::Gzip => {
                let mut decoder = GzipDecoder::new(body);
                decoder.multiple_members(true);
                Box::new(decoder)
            }
            Self::Zlib => Box::new(ZlibDecoder::new(body)),
            Self::Brotli => Box::new(BrotliDecoder::new(body)),
            Self::Zstd => {
                let mut decoder = ZstdDecoder::new(body);
                decoder.multiple_members(true);
                Box::new(decoder)
            }
        }
    }

    /// All of `body` decoded, at most `most` bytes. What stands behind the end is an error: nobody would have looked at it.
    pub(crate) fn decoded(self, body: &[u8], most: usize) -> Result<Vec<u8>, Undecoded> {
        let (mut rest, mut out) = (body, Vec::new());
        #[expect(
            clippy::needless_borrows_for_generic_args,
            reason = "what is left is asked for below"
        )]
        let reader = self.reader(&mut rest);
        let read = at_once(reader.take(most as u64 + 1).read_to_end(&mut out));
        read.ok_or(Undecoded::Damaged)?.map_err(|_| Undecoded::Damaged)?;
        if out.len() > most {
            return Err(Undecoded::TooLong);
        }
        if rest.is_empty() { Ok(out) } else { Err(Undecoded::Damaged) }
    }

    /// `plain` encoded. None if the encoder fails, which from memory it does not.
    #[cfg(feature = "serve")]
    pub(crate) fn encoded(self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut reader: Box<dyn AsyncRead + Send + Unpin + '_> = match self {
            Self::Gzip => Box::new(GzipEncoder::new(plain)),
            Self::Zlib => Box::new(ZlibEncoder::new(plain)),
            Self::Brotli => Box::new(BrotliEncoder::with_quality(plain, BROTLI)),
            Self::Zstd => Box::new(ZstdEncoder::new(plain)),
        };
        at_once(reader.read_to_end(&mut out))?.ok()?;
        Some(out)
    }

    /// Its name in headers.
    #[cfg(feature = "serve")]
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// Whether a body came as it is, or in chunks. Those are put together before anybody here sees it; what else was done to it on
/// the way is not undone.
fn is_only_chunked(headers: &HeaderMap) -> bool {
    let mut all = headers.get_all(TRANSFER_ENCODING).iter();
    let chunked = all.next().is_none_or(|one| one.as_bytes().eq_ignore_ascii_case(b"chunked"));
    chunked && all.next().is_none()
}

/// A coding that is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unknown;

/// What `future` gives without waiting, as reading from memory does.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}
