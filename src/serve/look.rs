//! Looking through a request, closed against whatever happens meanwhile.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use super::fault::Fault;
use super::lane::Lane;
use super::stage::Compression;
use crate::net::coding::{Coding, Undecoded};
use crate::net::media::{is_compressed, is_wide};
use crate::structured::{JsonStream, Malformed, MessagePack, Protobuf};
use crate::{Finding, Observe, Redactor, Sink as _, Surface};

/// Accounts for what was found in a request of a stage, before the request is sent. It is not sent if this fails.
///
/// Called on a thread that may block.
pub type Account = dyn Fn(Surface, &str, &[Finding]) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
    + Send
    + Sync;

impl From<Undecoded> for Fault {
    fn from(why: Undecoded) -> Self {
        match why {
            Undecoded::TooLong => Self::TooLong,
            Undecoded::Damaged => Self::Malformed("the compressed body is damaged"),
        }
    }
}

/// From this length on, bodies are looked through on a thread of their own.
pub(super) const LARGE: usize = 64 << 10;

/// What a body is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Format {
    /// JSON, lines of it, or text.
    Lines,
    /// One document of JSON.
    Json,
    /// Documents of MessagePack.
    MessagePack,
    /// A message.
    Protobuf(Protobuf),
}

/// A body that is to be looked through.
pub(super) struct Look {
    pub(super) lane: Arc<Lane>,
    pub(super) format: Format,
    pub(super) coding: Option<Coding>,
    /// How it is to be compressed then.
    pub(super) compression: Compression,
    pub(super) body: Bytes,
}

/// A body that was looked through.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) body: Bytes,
    pub(super) coding: Option<Coding>,
    /// Whether it says something else than the one that came.
    pub(super) changed: bool,
}

impl Look {
    /// Looks through it, where that keeps nobody else waiting. The place comes back; it is not given up before the work is
    /// done, also if nobody waits for that any more.
    pub(super) async fn run(
        self,
        place: OwnedSemaphorePermit,
    ) -> Result<(Looked, OwnedSemaphorePermit), Fault> {
        let small = self.lane.account.is_none() && self.coding.is_none() && self.body.len() < LARGE;
        if small {
            return closed(|| self.look()).map(|looked| (looked, place));
        }
        let work = move || closed(|| self.look()).map(|looked| (looked, place));
        spawn_blocking(work).await.map_err(|_| Fault::Internal)?
    }

    fn look(self) -> Result<Looked, Fault> {
        let plain = self.decoded()?;
        if is_compressed(&plain) || self.format.is_text() && is_wide(&plain) {
            return Err(Fault::Unsupported(
                "a body that is something else than it says is not passed on",
            ));
        }
        let redacted = self.lane.accounted(plain.len(), |redactor, found| {
            let redacted = self.format.redacted(redactor, &plain, found);
            redacted.map_err(|_| Fault::Malformed("the body is damaged"))
        })?;
        let changed = *redacted != *plain;
        let coding = self.outgoing();
        if !changed && coding == self.coding {
            return Ok(Looked { body: self.body, coding, changed });
        }
        let body = match coding {
            Some(coding) => coding.encoded(&redacted).ok_or(Fault::Internal)?,
            None => redacted.into_owned(),
        };
        Ok(Looked { body: body.into(), coding, changed })
    }

    fn decoded(&self) -> Result<Cow<'_, [u8]>, Fault> {
        let Some(coding) = self.coding else { return Ok(Cow::Borrowed(&self.body)) };
        let decoded = coding.decoded(&self.body, self.lane.limits.longest);
        decoded.map(Cow::Owned).map_err(Fault::from)
    }

    /// How what is sent is compressed.
    fn outgoing(&self) -> Option<Coding> {
        match self.compression {
            Compression::Same => self.coding,
            Compression::None => None,
            Compression::Gzip => Some(Coding::Gzip),
            Compression::Zstd => Some(Coding::Zstd),
        }
    }
}

/// What may stand before text in UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

impl Format {
    /// Whether it takes whatever comes.
    fn is_text(self) -> bool {
        matches!(self, Self::Lines)
    }

    fn redacted<'a>(
        self,
        redactor: &Redactor,
        plain: &'a [u8],
        found: &mut dyn FnMut(&Finding),
    ) -> Result<Cow<'a, [u8]>, Malformed> {
        match self {
            Self::Lines => json(JsonStream::lines, redactor, plain, found),
            Self::Json => json(JsonStream::new, redactor, plain, found),
            Self::MessagePack => MessagePack::new().redact(redactor, plain, found),
            Self::Protobuf(protobuf) => protobuf.redact(redactor, plain, found),
        }
    }
}

type Seen<'a> = Observe<Vec<u8>, &'a mut dyn FnMut(&Finding)>;

fn json<'a, 'b>(
    stream: impl FnOnce(Redactor, Seen<'b>) -> JsonStream<Seen<'b>>,
    redactor: &Redactor,
    plain: &'a [u8],
    found: &'b mut dyn FnMut(&Finding),
) -> Result<Cow<'a, [u8]>, Malformed> {
    let mut sink = Observe::new(Vec::with_capacity(plain.len()), found);
    // Behind a mark JSON is JSON to many that read it.
    let text = plain.strip_prefix(MARK).unwrap_or(plain);
    sink.clean(&plain[..plain.len() - text.len()]);
    let mut stream = stream(redactor.clone(), sink);
    stream.push(text)?;
    Ok(Cow::Owned(stream.finish()?.into_inner()))
}

/// A panic is an error: nothing is sent.
pub(super) fn closed<T>(look: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(look)).unwrap_or(Err(Fault::Internal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_without_what_it_says() {
        let looked: Result<(), _> = closed(|| panic!("correct horse"));
        assert_eq!(looked, Err(Fault::Internal));
    }
}
