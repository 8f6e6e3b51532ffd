//! Messages as a client writes them.

use std::time::Duration;

use bytes::{BufMut as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::{Instant, timeout_at};
use tokio_util::codec::Decoder;

use super::budget::{FREE, Held};
use super::fault::Fault;
use super::lane::Lane;

/// Bytes of a read, at most.
const CHUNK: usize = 16 << 10;

/// One side of a connection, cut into messages. Nothing is read from it while nobody asks for the next one, nor while the stage
/// holds too much of others.
///
/// Invariant: while `late` is none, at most [`FREE`] bytes are here.
pub(super) struct Incoming<R, D> {
    from: R,
    decoder: D,
    buffer: BytesMut,
    /// Bytes that were given, and cannot be written before more has come.
    kept: usize,
    /// For what is in the buffer, kept, or given and not done with.
    held: Held,
    /// How long a message may take that has begun.
    time: Duration,
    late: Option<Instant>,
    ended: bool,
}

impl<R: AsyncRead + Unpin, D: Decoder<Error = Fault>> Incoming<R, D> {
    pub(super) fn new(from: R, decoder: D, lane: &Lane) -> Self {
        Self {
            from,
            decoder,
            buffer: BytesMut::new(),
            kept: 0,
            held: lane.budget.nothing(),
            time: lane.limits.body_time,
            late: None,
            ended: false,
        }
    }

    /// The next message; none at the end. Whoever asks is done with the one before. Dropped before it is done, it loses nothing.
    pub(super) async fn next(&mut self) -> Result<Option<D::Item>, Fault> {
        if self.held.shrink(self.here()) {
            // The room of a long message goes with it.
            self.buffer = BytesMut::from(&self.buffer[..]);
        }
        loop {
            if let Some(message) = self.ready()? {
                return Ok(Some(message));
            }
            if self.ended {
                return Ok(None);
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<(), Fault> {
        let here = self.here();
        if let Some(late) = &mut self.late {
            self.held.grow(here, late).await?;
        }
        // Room is made for what comes, not for what a head promises.
        self.buffer.reserve(CHUNK);
        let mut room = (&mut self.buffer).limit(CHUNK);
        let read = self.from.read_buf(&mut room);
        let read = match self.late {
            None => read.await?,
            Some(late) => timeout_at(late, read).await.map_err(|_| Fault::TooSlow)??,
        };
        self.ended = read == 0;
        if !self.buffer.is_empty() {
            self.begun();
        }
        Ok(())
    }

    /// Bytes that cannot go yet.
    fn here(&self) -> usize {
        self.buffer.len() + self.kept
    }

    fn begun(&mut self) {
        self.late.get_or_insert_with(|| Instant::now() + self.time);
    }

    /// Says that so many bytes of what was given wait for what comes next. Few may wait as long as that takes.
    pub(super) fn keep(&mut self, bytes: usize) {
        self.kept = bytes;
        if bytes > FREE {
            self.begun();
        }
    }

    /// The next message, if all of it has been read.
    pub(super) fn ready(&mut self) -> Result<Option<D::Item>, Fault> {
        let message = match self.ended {
            false => self.decoder.decode(&mut self.buffer)?,
            true => self.decoder.decode_eof(&mut self.buffer)?,
        };
        if message.is_some() {
            self.late = (!self.buffer.is_empty()).then(|| Instant::now() + self.time);
        }
        Ok(message)
    }

    /// What cuts the messages.
    pub(super) fn decoder(&self) -> &D {
        &self.decoder
    }
}
