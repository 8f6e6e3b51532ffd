//! The Forward protocol of Fluentd and Fluent Bit, passed through.
//!
//! ```text
//!   client ▸ one message ▸ take apart, decompress ▸ look ▸ put together ▸ upstream
//!   client ◂ greeting, acknowledgements, as they come ◂──────────────────────┘
//! ```
//!
//! A client's connection has one of its own to the upstream, made first. What the upstream says goes back as it is, so the
//! handshake is between the two of them, and an acknowledgement is the upstream's.

mod frames;
mod greeting;
mod head;
mod message;
mod rewrite;

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::counts::Outcome;
use super::fault::Fault;
use super::incoming::Incoming;
use super::lane::Lane;
use crate::net::Stream;
use crate::structured::MessagePack;
use crate::{Finding, Redactor};
use frames::Frames;
use greeting::Greeting;
use message::{Message, NOT_FORWARD};
use rewrite::{Look, rewritten};

/// Bytes of what the upstream says that are passed back at once.
const CHUNK: usize = 8 << 10;

/// Passes one connection of a client through, until one side ends it.
pub(super) async fn pass(
    lane: &Arc<Lane>,
    client: Stream,
    draining: &CancellationToken,
) -> Result<(), Fault> {
    let upstream = lane.upstream.dial().await.map_err(|_| Fault::Unreachable)?;
    let ((from_client, to_client), (from_upstream, to_upstream)) = (split(client), split(upstream));
    let greeted = AtomicBool::new(false);
    let mut back = pin!(back(from_upstream, to_client, &greeted));
    let forth = Forth { lane, greeted: &greeted, draining };
    tokio::select! {
        biased;
        sent = forth.run(from_client, to_upstream) => sent?,
        // Whatever it was sent last, it acknowledges nothing any more.
        ended = &mut back => return ended,
    }
    // All was sent. What it has not acknowledged yet it may still.
    timeout(lane.limits.reply_time, back).await.unwrap_or(Err(Fault::Silent))
}

/// The way from a client to the upstream.
struct Forth<'a> {
    lane: &'a Arc<Lane>,
    greeted: &'a AtomicBool,
    draining: &'a CancellationToken,
}

impl Forth<'_> {
    async fn run(
        &self,
        from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> Result<(), Fault> {
        let limits = self.lane.limits;
        let mut incoming = Incoming::new(from, Frames::new(limits.longest), self.lane);
        let mut first = true;
        while let Some(message) = self.next(&mut incoming).await? {
            let message = match Message::read(&message)? {
                Message::Ping if first && self.greeted.load(Ordering::Acquire) => message,
                Message::Ping => return Err(NOT_FORWARD),
                Message::Heartbeat => message,
                Message::Event(_) => self.redacted(message).await?,
            };
            first = false;
            to.write_all(&message).await.map_err(|_| Fault::Broken)?;
            to.flush().await.map_err(|_| Fault::Broken)?;
            self.lane.counts.ended(Outcome::Passed);
        }
        // How it ends is the upstream's business now.
        let _ = to.shutdown().await;
        Ok(())
    }

    /// The next message. At the end of the stage only those that have come as a whole.
    async fn next<R: AsyncRead + Unpin>(
        &self,
        incoming: &mut Incoming<R, Frames>,
    ) -> Result<Option<Bytes>, Fault> {
        tokio::select! {
            biased;
            () = self.draining.cancelled() => incoming.ready(),
            next = incoming.next() => next,
        }
    }

    async fn redacted(&self, message: Bytes) -> Result<Bytes, Fault> {
        let longest = self.lane.limits.longest;
        let len = message.len();
        let work = move |redactor: &Redactor, found: &mut dyn FnMut(&Finding)| {
            let mut looking = Looking { redactor, found };
            Ok(match rewritten(&message, longest, &mut looking)? {
                Cow::Borrowed(_) => message,
                Cow::Owned(new) => new.into(),
            })
        };
        self.lane.looked_through(len, work).await
    }
}

/// Looks through values of MessagePack with the set in force.
struct Looking<'a> {
    redactor: &'a Redactor,
    found: &'a mut dyn FnMut(&Finding),
}

impl Look for Looking<'_> {
    fn look<'v>(&mut self, values: &'v [u8]) -> Result<Cow<'v, [u8]>, Fault> {
        let redacted = MessagePack::new().redact(self.redactor, values, self.found);
        redacted.map_err(|_| Fault::Malformed("damaged MessagePack"))
    }
}

/// Passes back what the upstream says, and notes whether it begins with a greeting.
async fn back(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    greeted: &AtomicBool,
) -> Result<(), Fault> {
    let (mut greeting, mut said) = (Greeting::default(), vec![0; CHUNK]);
    loop {
        let read = from.read(&mut said).await.map_err(|_| Fault::Broken)?;
        if read == 0 {
            let _ = to.shutdown().await;
            return Ok(());
        }
        if greeting.begins_with(&said[..read]) {
            // Before its client hears of it, and answers.
            greeted.store(true, Ordering::Release);
        }
        to.write_all(&said[..read]).await?;
        to.flush().await?;
    }
}
