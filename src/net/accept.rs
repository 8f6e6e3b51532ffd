//! Connections of clients, whatever is spoken on them.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

/// How long accepting rests after an error, such as too many open files.
const REST: Duration = Duration::from_millis(50);

/// A connection, with or without TLS.
pub(crate) type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// How connections are taken.
#[derive(Clone)]
pub(crate) struct Accept {
    pub(crate) tls: Option<TlsAcceptor>,
    /// How long a handshake of TLS may take.
    pub(crate) handshake_time: Duration,
    /// How long connections are waited for at the end.
    pub(crate) drain_time: Duration,
    /// Connections at once; further ones wait in the system's queue.
    pub(crate) connections: usize,
}

impl Accept {
    /// Gives every connection of `listener` to `speak`, until `shutdown` is done. Then nobody is let in, the token of each
    /// connection is cancelled, and those that have not ended after the drain time are cut off.
    pub(crate) async fn run<F>(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
        speak: impl Fn(Stream, CancellationToken) -> F + Clone + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let draining = CancellationToken::new();
        let places = Arc::new(Semaphore::new(self.connections.min(Semaphore::MAX_PERMITS)));
        let mut shutdown = pin!(shutdown);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                (stream, place) = next(&listener, &places) => {
                    let (tls, speak) = (self.tls.clone(), speak.clone());
                    let (time, draining) = (self.handshake_time, draining.clone());
                    connections.spawn(async move {
                        if let Some(stream) = shaken(stream, tls, time).await {
                            speak(stream, draining).await;
                        }
                        drop(place);
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
        // Whoever comes now is told at once that nobody is here.
        drop(listener);
        draining.cancel();
        let ended = async { while connections.join_next().await.is_some() {} };
        let _ = timeout(self.drain_time, ended).await;
        connections.shutdown().await;
    }
}

async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, tokio::sync::OwnedSemaphorePermit) {
    let place = Arc::clone(places).acquire_owned().await.expect("nobody closes it");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(_) => sleep(REST).await,
        }
    }
}

/// The stream behind the handshake. One that fails or takes too long ends the connection.
async fn shaken(stream: TcpStream, tls: Option<TlsAcceptor>, time: Duration) -> Option<Stream> {
    let _ = stream.set_nodelay(true);
    match tls {
        None => Some(Either::Left(stream)),
        Some(acceptor) => {
            timeout(time, acceptor.accept(stream)).await.ok()?.ok().map(Either::Right)
        }
    }
}
