//! Compressed bodies of requests.
//!
//! Decoders are read from up to a limit, so that a few bytes that stand for gigabytes cost the limit at most.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _};

use crate::prompt::Why;

const DAMAGED: Why = Why::Unreadable("a compressed body that is damaged");

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    /// `deflate`, which is zlib.
    Zlib,
    Brotli,
    Zstd,
}

impl Coding {
    /// How the body behind `headers` is compressed.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Why> {
        let mut all = headers.get_all(CONTENT_ENCODING).iter();
        let one = all.next().map_or(Ok(""), |one| one.to_str());
        let (Ok(one), None) = (one, all.next()) else { return Err(UNKNOWN) };
        match one.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Zlib),
            "br" => Ok(Self::Brotli),
            "zstd" => Ok(Self::Zstd),
            _ => Err(UNKNOWN),
        }
    }

    /// All of `body`, which may be `most` bytes long. Bytes behind the end of what is compressed are an error: nobody would
    /// look at them.
    pub(super) fn decoded(self, body: &[u8], most: usize) -> Result<Vec<u8>, Why> {
        let (mut rest, mut out) = (body, Vec::new());
        let reader = self.reader(Box::new(&mut rest));
        at_once(reader.take(most as u64 + 1).read_to_end(&mut out))
            .and_then(Result::ok)
            .ok_or(DAMAGED)?;
        if out.len() > most {
            return Err(Why::TooLarge(most as u64));
        }
        if rest.is_empty() { Ok(out) } else { Err(DAMAGED) }
    }

    fn reader<'a>(
        self,
        body: Box<dyn AsyncBufRead + Unpin + 'a>,
    ) -> Box<dyn AsyncRead + Unpin + 'a> {
        match self {
            Self::Identity => Box::new(body),
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
}

const UNKNOWN: Why = Why::Unreadable("a body in an unknown or repeated content encoding");

/// What `future` gives without waiting, as reading from memory does.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}
