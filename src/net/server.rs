//! HTTP on the connections of clients.

use std::error::Error;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Stream;

/// After how long an HTTP/2 client that says nothing is asked whether it is there.
const IDLE: Duration = Duration::from_secs(60);

/// A server's limits, of HTTP/1.1 and HTTP/2.
#[derive(Clone, Copy)]
pub(crate) struct Server {
    /// Bytes of a request's line and headers, at least 8192.
    pub(crate) header: usize,
    /// How long a client may take for them.
    pub(crate) header_time: Duration,
    /// Requests that an HTTP/2 connection may have at once.
    pub(crate) streams: u32,
    /// Bytes that each of them may have sent unread; none: as the library has it, for the connection as a whole too.
    pub(crate) window: Option<u32>,
}

impl Server {
    /// Answers the requests of one connection; once `draining` is cancelled, those that are under way.
    ///
    /// A connection that does not begin to ask in time is ended: the library itself minds the time only once it knows which
    /// version is spoken.
    pub(crate) async fn speak<A, F, B>(self, stream: Stream, draining: CancellationToken, answer: A)
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let begun = Arc::new(Notify::new());
        let asked = Arc::clone(&begun);
        let service = service_fn(move |request| {
            asked.notify_one();
            let answered = answer(request);
            async move { Ok::<_, io::Error>(answered.await) }
        });
        let builder = self.builder();
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let (mut waiting, mut open) = (true, true);
        let too_late = sleep(self.header_time);
        let mut too_late = pin!(too_late);
        loop {
            tokio::select! {
                // How it ends is the client's business.
                _ = &mut connection => return,
                () = begun.notified(), if waiting => waiting = false,
                () = &mut too_late, if waiting => return,
                () = draining.cancelled(), if open => {
                    open = false;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }

    fn builder(self) -> Builder<TokioExecutor> {
        let mut server = Builder::new(TokioExecutor::new());
        server
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_time)
            .max_buf_size(self.header.max(8192));
        let mut http2 = server.http2();
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.streams)
            .max_header_list_size(u32::try_from(self.header).unwrap_or(u32::MAX))
            // A client that has vanished would be kept for ever.
            .keep_alive_interval(Some(IDLE));
        if let Some(window) = self.window {
            // A stream that waits must not use up what another one needs to come to its end.
            http2
                .initial_stream_window_size(window)
                .initial_connection_window_size(window.saturating_mul(self.streams));
        }
        server
    }
}
