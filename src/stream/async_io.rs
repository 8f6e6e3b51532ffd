//! Asynchronous readers and writers that redact. They start no task and no timer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::adapter::Buffered;
use crate::Redactor;

/// Size of the reads from the inner reader.
const CHUNK: usize = 64 << 10;
/// Redacted bytes that may wait for a slow inner writer before `poll_write` waits too.
const WAITING: usize = 256 << 10;

/// Redacts what is read through it; the asynchronous twin of [`Reader`](crate::Reader).
///
/// ```
/// use keepmum::{AsyncReader, Redactor};
/// use tokio::io::AsyncReadExt;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let redactor = Redactor::builder().secret("db", "correct horse")?.build()?;
/// let mut out = Vec::new();
/// AsyncReader::new(&redactor, &b"pw: correct horse"[..]).read_to_end(&mut out).await?;
/// assert_eq!(out, b"pw: [REDACTED:db]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct AsyncReader<R> {
    inner: R,
    buffered: Buffered,
    chunk: Vec<u8>,
}

impl<R: AsyncRead + Unpin> AsyncReader<R> {
    /// A reader of `inner`'s bytes, redacted.
    pub fn new(redactor: &Redactor, inner: R) -> Self {
        Self { inner, buffered: Buffered::new(redactor), chunk: vec![0; CHUNK] }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for AsyncReader<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.buffered.is_empty() && !this.buffered.is_finished() && out.remaining() > 0 {
            let mut chunk = ReadBuf::new(&mut this.chunk);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut chunk))?;
            match chunk.filled() {
                [] => this.buffered.finish(),
                bytes => this.buffered.push(bytes),
            }
        }
        let count = this.buffered.ready().len().min(out.remaining());
        out.put_slice(&this.buffered.ready()[..count]);
        this.buffered.consume(count);
        Poll::Ready(Ok(()))
    }
}

/// Redacts what is written through it; the asynchronous twin of [`Writer`](crate::Writer).
///
/// `flush` passes on what is decided and keeps what is not. `shutdown` ends the stream, writes what was held, and shuts
/// the inner writer down. Dropping the writer without it drops what was held.
#[derive(Debug)]
pub struct AsyncWriter<W> {
    inner: W,
    buffered: Buffered,
}

impl<W: AsyncWrite + Unpin> AsyncWriter<W> {
    /// A writer whose redacted bytes go to `inner`.
    pub fn new(redactor: &Redactor, inner: W) -> Self {
        Self { inner, buffered: Buffered::new(redactor) }
    }

    /// The inner writer.
    pub fn into_inner(self) -> W {
        self.inner
    }

    /// Writes until at most `left` redacted bytes wait.
    fn poll_drain(&mut self, cx: &mut Context<'_>, left: usize) -> Poll<io::Result<()>> {
        while self.buffered.ready().len() > left {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, self.buffered.ready()))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.buffered.consume(count),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for AsyncWriter<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx, WAITING))?;
        let bytes = &bytes[..bytes.len().min(CHUNK)];
        this.buffered.push(bytes);
        // The bytes were taken: a writer that is not ready, or fails, says so at the next call.
        let _ = this.poll_drain(cx, 0);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx, 0))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.buffered.is_finished() {
            this.buffered.finish();
        }
        ready!(this.poll_drain(cx, 0))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}
