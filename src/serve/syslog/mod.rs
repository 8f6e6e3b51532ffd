//! Syslog, passed through: over TCP and TLS in either framing, and over UDP.
//!
//! ```text
//!   client ▸ messages ▸ look: text, and JSON within it ▸ frames with their new lengths ▸ upstream
//! ```
//!
//! Nothing is acknowledged in syslog. What a client has written is read while the upstream takes it, and no further; what the
//! system had taken from the stage when the upstream died is lost, as it is without a stage.

mod form;
mod frames;
mod text;
mod way;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, split};
use tokio::net::UdpSocket;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::fault::Fault;
use super::incoming::Incoming;
use super::lane::Lane;
use super::link::Written;
use crate::net::Stream;
use crate::{Finding, Redactor};
use form::Form;
pub use frames::Framing;
use frames::{Frames, legible};
use text::Lines;
use way::Way;

/// Bytes of messages that are looked through and written at once, if so many have come.
const BATCH: usize = 64 << 10;

/// How long receiving rests after an error.
const REST: Duration = Duration::from_millis(50);

/// Bytes that a datagram can have.
const DATAGRAM: usize = 65_535;

/// Passes one connection of a client through, until it ends.
pub(super) async fn pass(
    lane: &Arc<Lane>,
    client: Stream,
    draining: &CancellationToken,
) -> Result<(), Fault> {
    let (from, _to) = split(client);
    let mut incoming = Incoming::new(from, Frames::new(lane.limits.longest), lane);
    let mut way = Way::new(lane);
    // Nothing is read that could not go on.
    way.ready().await;
    let mut lines = None;
    loop {
        let came = tokio::select! {
            biased;
            () = draining.cancelled() => Ok(whole(&mut incoming, None)),
            came = next(&mut incoming) => came,
        };
        // What came before the fault goes on.
        let (came, fault) = match came {
            Ok(came) => (came, None),
            Err(fault) => (Vec::new(), Some(fault)),
        };
        let last = came.is_empty();
        let framing = incoming.decoder().framing().unwrap_or(Framing::OctetCounted);
        let looked = Batch { framing, form: way.form(framing), came, lines };
        let written;
        (written, lines) = looked.run(lane).await?;
        way.write(lane, &written).await;
        incoming.keep(lines.as_mut().map_or(0, |lines| lines.len()));
        if last {
            way.end().await;
            return fault.map_or(Ok(()), Err);
        }
    }
}

/// What comes next; nothing at the end. However long that takes: what is held may be the beginning of a secret, and silence does
/// not end one.
async fn next<R: AsyncRead + Unpin>(
    incoming: &mut Incoming<R, Frames>,
) -> Result<Vec<Bytes>, Fault> {
    let first = incoming.next().await?;
    Ok(first.map_or_else(Vec::new, |first| whole(incoming, Some(first))))
}

/// What has come as a whole behind `first`. What is wrong there shows when it is next.
fn whole<R: AsyncRead + Unpin>(
    incoming: &mut Incoming<R, Frames>,
    first: Option<Bytes>,
) -> Vec<Bytes> {
    let mut messages = Vec::from_iter(first);
    let mut bytes: usize = messages.iter().map(Bytes::len).sum();
    while bytes < BATCH
        && let Ok(Some(message)) = incoming.ready()
    {
        bytes += message.len();
        messages.push(message);
    }
    messages
}

/// Messages of a connection, and what is held of the lines before them.
struct Batch {
    framing: Framing,
    form: Form,
    came: Vec<Bytes>,
    lines: Option<Box<Lines>>,
}

impl Batch {
    async fn run(self, lane: &Arc<Lane>) -> Result<(Written, Option<Box<Lines>>), Fault> {
        let bytes = self.came.iter().map(Bytes::len).sum();
        lane.looked_through(bytes, move |redactor, found| match self.framing {
            Framing::OctetCounted => Ok((self.counted(redactor, found)?, None)),
            Framing::Lf => self.lines(redactor, found),
        })
        .await
    }

    fn counted(
        self,
        redactor: &Redactor,
        found: &mut dyn FnMut(&Finding),
    ) -> Result<Written, Fault> {
        let mut written = Written::default();
        for message in &self.came {
            self.form.put(&text::redacted(redactor, message, found)?, &mut written);
        }
        Ok(written)
    }

    fn lines(
        self,
        redactor: &Redactor,
        found: &mut dyn FnMut(&Finding),
    ) -> Result<(Written, Option<Box<Lines>>), Fault> {
        let mut lines = self.lines.unwrap_or_else(|| Box::new(Lines::new(redactor)));
        for line in &self.came {
            lines.push(redactor, line)?;
        }
        let mut written = Written::default();
        if self.came.is_empty() {
            self.form.put_lines(&lines.finish(found)?, &mut written);
            return Ok((written, None));
        }
        self.form.put_lines(&lines.take(found), &mut written);
        Ok((written, Some(lines)))
    }
}

/// Passes datagrams through, until `over`. What is being written then has the drain time.
pub(super) async fn datagrams(lane: &Arc<Lane>, socket: UdpSocket, over: &CancellationToken) {
    let ended = async {
        over.cancelled().await;
        sleep(lane.limits.drain_time).await;
    };
    tokio::select! {
        () = ended => {}
        () = each(lane, &socket, over) => {}
    }
}

/// A datagram without secrets, as it is written. As one line it is another text than with its line ends, and a secret may stand
/// in either: both are looked through.
fn alone(
    form: Form,
    redactor: &Redactor,
    message: &[u8],
    found: &mut dyn FnMut(&Finding),
) -> Result<Vec<u8>, Fault> {
    let redacted = text::redacted(redactor, message, found)?;
    match form.flat(&redacted) {
        Cow::Borrowed(_) => Ok(redacted),
        Cow::Owned(flat) => text::redacted(redactor, &flat, found),
    }
}

async fn each(lane: &Arc<Lane>, socket: &UdpSocket, over: &CancellationToken) {
    let mut way = Way::new(lane);
    let form = way.form(lane.stage.framing.unwrap_or_default());
    let mut buffer = vec![0; DATAGRAM];
    loop {
        let received = tokio::select! {
            biased;
            () = over.cancelled() => break,
            received = socket.recv_from(&mut buffer) => received,
        };
        let Ok((len, _)) = received else {
            // An error of a socket that only receives is of no datagram.
            sleep(REST).await;
            continue;
        };
        let message = Bytes::copy_from_slice(&buffer[..len]);
        let looked = lane.looked_through(len, move |redactor, found| {
            let mut written = Written::default();
            legible(&message)?;
            form.put(&alone(form, redactor, &message, found)?, &mut written);
            Ok(written)
        });
        match looked.await {
            Ok(written) => way.write(lane, &written).await,
            Err(fault) => lane.counts.ended(fault.outcome()),
        }
    }
    way.end().await;
}
