//! A connection to an upstream that is made again when it breaks.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf};
use tokio::time::{sleep, timeout};

use super::counts::Outcome;
use super::lane::Lane;
use crate::net::Dialled;

/// The first and the longest pause between two tries.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// How long an upstream may take to see that a connection is over.
const LINGER: Duration = Duration::from_secs(1);

/// One way to write messages to an upstream that acknowledges nothing.
pub(super) struct Link {
    lane: Arc<Lane>,
    stream: Option<Dialled>,
}

/// Messages as they are written, one after the other, and where each ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) ends: Vec<usize>,
}

impl Written {
    /// Says that a message ends here.
    pub(super) fn end(&mut self) {
        self.ends.push(self.bytes.len());
    }

    /// Each message.
    pub(super) fn messages(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }

    /// Where the message begins that the byte at `at` belongs to.
    fn start_of(&self, at: usize) -> usize {
        let before = self.ends.partition_point(|&end| end <= at);
        before.checked_sub(1).map_or(0, |last| self.ends[last])
    }
}

impl Link {
    pub(super) fn new(lane: &Arc<Lane>) -> Self {
        Self { lane: Arc::clone(lane), stream: None }
    }

    /// Writes all of `written`. A message that the old connection had not taken as a whole when it broke is written again, on
    /// the new one; this waits until there is one.
    pub(super) async fn write(&mut self, written: &Written) {
        let mut at = 0;
        while at < written.bytes.len() {
            let stream = self.ready().await;
            if write(stream, &written.bytes, &mut at).await.is_err() {
                self.broke();
                // All of it taken, but not flushed: the last one is still in our own hands.
                at = written.start_of(at.min(written.bytes.len() - 1));
            }
        }
    }

    /// The connection, made if there is none or the upstream has ended the last one.
    pub(super) async fn ready(&mut self) -> &mut Dialled {
        if let Some(stream) = &mut self.stream
            && has_ended(stream).await
        {
            self.broke();
        }
        let mut pause = FIRST;
        while self.stream.is_none() {
            self.stream = self.lane.upstream.dial().await.ok();
            if self.stream.is_none() {
                self.broke();
                // Many that wait for one upstream do not come back at once.
                sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
                pause = (pause * 2).min(LONGEST);
            }
        }
        self.stream.as_mut().expect("it was made")
    }

    fn broke(&mut self) {
        self.stream = None;
        self.lane.counts.ended(Outcome::Failed);
        self.lane.teller.tell(&self.lane.name, "the upstream is away; it is waited for");
    }

    /// Ends the connection in order.
    pub(super) async fn end(mut self) {
        if let Some(stream) = &mut self.stream {
            let _ = stream.shutdown().await;
            // A connection that is closed with something unread is reset, and what the upstream has not read yet with it.
            let ended = std::future::poll_fn(|context| poll_end(stream, context));
            let _ = timeout(LINGER, ended).await;
        }
    }
}

async fn write(stream: &mut Dialled, bytes: &[u8], at: &mut usize) -> io::Result<()> {
    while *at < bytes.len() {
        match stream.write(&bytes[*at..]).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => *at += count,
        }
    }
    stream.flush().await
}

/// Whether the upstream has ended the connection by now.
async fn has_ended(stream: &mut Dialled) -> bool {
    std::future::poll_fn(|context| Poll::Ready(poll_end(stream, context).is_ready())).await
}

/// Reads up to the end of the connection. What the upstream says is for nobody.
fn poll_end(stream: &mut Dialled, context: &mut Context<'_>) -> Poll<()> {
    let mut said = [0; 512];
    loop {
        let mut buffer = ReadBuf::new(&mut said);
        match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
            Poll::Ready(_) => return Poll::Ready(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_was_cut_begins_where_the_one_before_ends() {
        let written = Written { bytes: vec![0; 9], ends: vec![3, 5, 9] };
        let starts: Vec<_> = (0..9).map(|at| written.start_of(at)).collect();
        assert_eq!(starts, [0, 0, 0, 3, 3, 5, 5, 5, 5]);
    }
}
