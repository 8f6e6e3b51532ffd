//! Connections of clients.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::builder::Inner;
use super::request::answer;

/// Streams that an HTTP/2 connection may have at once.
const STREAMS: u32 = 512;

/// How long accepting rests after an error, such as too many open files.
const REST: Duration = Duration::from_millis(50);

/// Takes connections from `listener` until `shutdown` is done, then waits for requests that are under way.
pub(super) async fn serve(
    inner: Arc<Inner>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let connection = connection(Arc::clone(&inner), stream, graceful.watcher());
                    connections.spawn(connection);
                }
                Err(_) => sleep(REST).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    // Whoever comes now is told at once that nobody is here.
    drop(listener);
    let _ = timeout(inner.limits.drain_time, graceful.shutdown()).await;
    connections.shutdown().await;
}

async fn connection(inner: Arc<Inner>, stream: TcpStream, watcher: Watcher) {
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = inner.tls.clone() else { return speak(inner, stream, watcher).await };
    // A handshake that fails or takes too long ends the connection.
    if let Ok(Ok(stream)) = timeout(inner.limits.header_time, acceptor.accept(stream)).await {
        speak(inner, stream, watcher).await;
    }
}

/// Answers the requests of one connection. One that does not begin to ask in time is ended: the server itself minds the time
/// only once it knows which version is spoken.
async fn speak<S>(inner: Arc<Inner>, stream: S, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (limits, begun) = (inner.limits, Arc::new(Notify::new()));
    let asked = Arc::clone(&begun);
    let service = service_fn(move |request| {
        asked.notify_one();
        let inner = Arc::clone(&inner);
        async move { Ok::<_, io::Error>(answer(inner, request).await) }
    });
    let server = server(limits.header, limits.header_time);
    let connection = server.serve_connection(TokioIo::new(stream), service).into_owned();
    let mut connection = pin!(watcher.watch(connection));
    tokio::select! {
        _ = &mut connection => return,
        () = begun.notified() => {}
        () = sleep(limits.header_time) => return,
    }
    // How it ends is the client's business.
    let _ = connection.await;
}

fn server(header: usize, time: Duration) -> Builder<TokioExecutor> {
    let mut server = Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(time)
        .max_buf_size(header.max(8192));
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(header).unwrap_or(u32::MAX));
    server
}
