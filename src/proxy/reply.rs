//! Replies, passed on as they come.
//!
//! The client's reading sets the pace: a frame is asked for when the one before has gone. What an upstream breaks off, or is
//! silent about for too long, breaks off for the client too; it never looks complete.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::{HeaderMap, Response};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_util::io::StreamReader;

use super::builder::Inner;
use crate::net::body::Body;
use crate::net::coding::Coding;
use crate::net::headers::without_hops;
use crate::prompt::{Api, Reply};

/// Read at once of a reply in which something may be restored.
const CHUNK: usize = 16 << 10;

/// What a reply needs on its way.
pub(super) struct Way<'a> {
    pub(super) inner: &'a Arc<Inner>,
    pub(super) api: Api,
    /// The place among the requests under way, given back at the reply's end.
    pub(super) permit: OwnedSemaphorePermit,
}

impl Way<'_> {
    /// Passes `reply` on.
    pub(super) fn pass(self, reply: Response<Incoming>) -> Response<Body> {
        let (mut parts, body) = reply.into_parts();
        without_hops(&mut parts.headers);
        let restoring = self.restoring(&parts.headers);
        let idle = self.inner.limits.idle_time;
        let body = match restoring {
            // No length is added that was not there: this may answer a HEAD.
            _ if body.is_end_stream() => {
                Empty::new().map_err(|never| match never {}).boxed_unsync()
            }
            None => as_it_comes(body, idle, self.permit),
            Some((reply, coding)) => {
                parts.headers.remove(CONTENT_LENGTH);
                parts.headers.remove(CONTENT_ENCODING);
                restored(body, coding, reply, (Arc::clone(self.inner), self.permit))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = parts.status;
        *response.headers_mut() = parts.headers;
        response
    }

    /// What restores the reply, and how it is compressed. One that cannot be decoded is passed on as it is: a reference is no
    /// secret.
    fn restoring(&self, headers: &HeaderMap) -> Option<(Reply, Option<Coding>)> {
        let media_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let coding = Coding::of(headers).ok()?;
        Some((self.inner.pre_send.reply(self.api, media_type)?, coding))
    }
}

fn as_it_comes(body: Incoming, idle: Duration, permit: OwnedSemaphorePermit) -> Body {
    let frames = stream::unfold(Some((body, permit)), move |state| async move {
        let (mut body, permit) = state?;
        match next(&mut body, idle).await? {
            Ok(frame) => Some((Ok(frame), Some((body, permit)))),
            Err(error) => Some((Err(error), None)),
        }
    });
    StreamBody::new(frames).boxed_unsync()
}

/// The next frame; none at the end.
async fn next(body: &mut Incoming, idle: Duration) -> Option<io::Result<Frame<Bytes>>> {
    match timeout(idle, body.frame()).await {
        Err(_) => Some(Err(io::ErrorKind::TimedOut.into())),
        Ok(frame) => frame.map(|frame| frame.map_err(io::Error::other)),
    }
}

type Trailers = Arc<Mutex<Option<HeaderMap>>>;

/// A reply that is restored.
struct Restoring {
    reader: Pin<Box<dyn AsyncRead + Send>>,
    /// None once it is over.
    reply: Option<Reply>,
    trailers: Trailers,
    /// Why it broke off, told after what was still held.
    broken: Option<io::Error>,
    buffer: Box<[u8]>,
    inner: Arc<Inner>,
    _permit: OwnedSemaphorePermit,
}

fn restored(
    body: Incoming,
    coding: Option<Coding>,
    reply: Reply,
    (inner, permit): (Arc<Inner>, OwnedSemaphorePermit),
) -> Body {
    let (trailers, idle) = (Trailers::default(), inner.limits.idle_time);
    let bytes = StreamReader::new(Box::pin(data(body, idle, Arc::clone(&trailers))));
    let reader: Pin<Box<dyn AsyncRead + Send>> = match coding {
        None => Box::pin(bytes),
        Some(coding) => Box::pin(coding.reader(bytes)),
    };
    let buffer = vec![0; CHUNK].into_boxed_slice();
    let state = Restoring {
        reader,
        reply: Some(reply),
        trailers,
        broken: None,
        buffer,
        inner,
        _permit: permit,
    };
    let frames = stream::unfold(state, |mut state| async move {
        let frame = state.next().await?;
        Some((frame, state))
    });
    StreamBody::new(frames).boxed_unsync()
}

/// The data of `body`; its trailers are laid into `trailers`.
fn data(
    body: Incoming,
    idle: Duration,
    trailers: Trailers,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let frames = stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        match next(&mut body, idle).await? {
            Ok(frame) => Some((Ok(frame), Some(body))),
            Err(error) => Some((Err(error), None)),
        }
    });
    let data = move |frame: Frame<Bytes>| match frame.into_data() {
        Ok(data) => Some(data),
        Err(frame) => {
            let mut kept = trailers.lock().unwrap_or_else(PoisonError::into_inner);
            *kept = frame.into_trailers().ok();
            None
        }
    };
    // An empty chunk would read as the end.
    let data = frames.map_ok(data).try_filter_map(|data| std::future::ready(Ok(data)));
    data.try_filter(|data| std::future::ready(!data.is_empty())).fuse()
}

impl Restoring {
    /// The next frame to pass on; none at the end.
    async fn next(&mut self) -> Option<io::Result<Frame<Bytes>>> {
        while let Some(mut reply) = self.reply.take() {
            let mut out = Vec::new();
            match self.reader.read(&mut self.buffer).await {
                Ok(0) => self.inner.status.restored(&reply.finish(&mut out)),
                Ok(count) => {
                    reply.push(&self.buffer[..count], &mut out);
                    self.reply = Some(reply);
                }
                Err(error) => {
                    self.inner.status.restored(&reply.finish(&mut out));
                    self.broken = Some(error);
                }
            }
            if !out.is_empty() {
                return Some(Ok(Frame::data(out.into())));
            }
        }
        if let Some(error) = self.broken.take() {
            return Some(Err(error));
        }
        let trailers = self.trailers.lock().unwrap_or_else(PoisonError::into_inner).take();
        trailers.map(|trailers| Ok(Frame::trailers(trailers)))
    }
}
