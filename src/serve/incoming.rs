//! Messages as a client writes them.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::{Instant, timeout_at};
use tokio_util::codec::Decoder;

use super::fault::Fault;

/// Bytes of a read, at least.
const CHUNK: usize = 16 << 10;

/// One side of a connection, cut into messages. Nothing is read from it while nobody asks for the next one.
pub(super) struct Incoming<R, D> {
    from: R,
    decoder: D,
    buffer: BytesMut,
    /// How long a message may take that has begun.
    time: Duration,
    late: Option<Instant>,
    ended: bool,
}

impl<R: AsyncRead + Unpin, D: Decoder<Error = Fault>> Incoming<R, D> {
    pub(super) fn new(from: R, decoder: D, time: Duration) -> Self {
        Self { from, decoder, buffer: BytesMut::new(), time, late: None, ended: false }
    }

    /// The next message; none at the end. Dropped before it is done, it loses nothing.
    pub(super) async fn next(&mut self) -> Result<Option<D::Item>, Fault> {
        loop {
            if let Some(message) = self.ready()? {
                return Ok(Some(message));
            }
            if self.ended {
                return Ok(None);
            }
            self.buffer.reserve(CHUNK);
            let read = self.from.read_buf(&mut self.buffer);
            let read = match self.late {
                None => read.await?,
                Some(late) => timeout_at(late, read).await.map_err(|_| Fault::TooSlow)??,
            };
            self.ended = read == 0;
            if !self.buffer.is_empty() && self.late.is_none() {
                self.late = Some(Instant::now() + self.time);
            }
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
