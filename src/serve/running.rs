//! Listeners, and what runs on their connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::builder::{Inner, Serve};
use super::error::ServeError;
use super::lane::Lane;
use super::stage::{Over, Protocol};
use super::{forward, grpc, http, otlp, status, syslog};
use crate::net::{Accept, Server, Stream};

/// Bytes of a request that waits for its place, over HTTP/2. With 64 KiB, a sender that does not set `TCP_NODELAY` waits for an
/// acknowledgement at each of them: 1.5 MB/s a connection, by `benches/serve`.
const WINDOW: u32 = 512 << 10;

/// Requests of an HTTP/2 connection at once, also of those that wait. Clients send a hundred before they have read how many they
/// may, and what is beyond would be refused.
const STREAMS: u32 = 128;

/// Connections of those who look at the status.
const WATCHERS: usize = 64;

/// Stages whose listeners are there.
#[derive(Debug)]
pub struct Bound {
    serve: Serve,
    listeners: Vec<Listener>,
    status: Option<TcpListener>,
}

/// What a stage listens on.
#[derive(Debug)]
enum Listener {
    Connections(TcpListener),
    Datagrams(UdpSocket),
}

impl Listener {
    async fn new(lane: &Lane) -> Result<Self, ServeError> {
        let address = lane.stage.listen;
        match lane.stage.over {
            Over::Connections => listen(address).await.map(Self::Connections),
            Over::Datagrams => {
                let socket = UdpSocket::bind(address).await;
                socket.map(Self::Datagrams).map_err(|error| taken(address, &error))
            }
        }
    }

    fn address(&self) -> Result<SocketAddr, ServeError> {
        match self {
            Self::Connections(listener) => address(listener),
            Self::Datagrams(socket) => socket.local_addr().map_err(ServeError::new),
        }
    }
}

impl Serve {
    /// Takes the addresses of all stages, and of the status.
    ///
    /// # Errors
    ///
    /// One of them cannot be listened on.
    pub async fn bind(&self) -> Result<Bound, ServeError> {
        let mut listeners = Vec::new();
        for lane in &self.0.lanes {
            listeners.push(Listener::new(lane).await?);
        }
        let status = match self.0.status {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        Ok(Bound { serve: self.clone(), listeners, status })
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| taken(address, &error))
}

fn taken(address: SocketAddr, error: &io::Error) -> ServeError {
    ServeError::new(format_args!("{address}: {error}"))
}

impl Bound {
    /// Where each stage listens, in the order in which they were given.
    ///
    /// # Errors
    ///
    /// The system does not tell.
    pub fn addresses(&self) -> Result<Vec<SocketAddr>, ServeError> {
        self.listeners.iter().map(Listener::address).collect()
    }

    /// Where the status is shown.
    ///
    /// # Errors
    ///
    /// The system does not tell.
    pub fn status(&self) -> Result<Option<SocketAddr>, ServeError> {
        self.status.as_ref().map(address).transpose()
    }

    /// Serves until `shutdown` is done, then takes no more connections, lets requests that are under way come to their end,
    /// for [`ServeLimits::drain_time`](super::ServeLimits::drain_time) at most, and cuts off the rest: their senders were not
    /// told that they arrived, and send them again.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let inner = self.serve.0;
        let over = CancellationToken::new();
        let mut all = JoinSet::new();
        for (lane, listener) in inner.lanes.iter().zip(self.listeners) {
            let lane = Arc::clone(lane);
            let over = over.clone();
            all.spawn(async move {
                match listener {
                    Listener::Connections(listener) => {
                        run(&lane, listener, over.cancelled_owned()).await;
                    }
                    Listener::Datagrams(socket) => syslog::datagrams(&lane, socket, &over).await,
                }
            });
        }
        if let Some(listener) = self.status {
            let (inner, over) = (Arc::clone(&inner), over.clone().cancelled_owned());
            all.spawn(async move { show(inner, listener, over).await });
        }
        shutdown.await;
        over.cancel();
        while all.join_next().await.is_some() {}
    }
}

fn address(listener: &TcpListener) -> Result<SocketAddr, ServeError> {
    listener.local_addr().map_err(ServeError::new)
}

/// One stage, until it is over.
async fn run(lane: &Arc<Lane>, listener: TcpListener, over: impl Future<Output = ()>) {
    let limits = lane.limits;
    let accept = Accept {
        tls: lane.tls.clone(),
        handshake_time: limits.header_time,
        drain_time: limits.drain_time,
        connections: limits.connections,
    };
    let lane = Arc::clone(lane);
    let speak = move |stream, draining| speak(Arc::clone(&lane), stream, draining);
    accept.run(listener, over, speak).await;
}

/// One connection of a stage.
async fn speak(lane: Arc<Lane>, stream: Stream, draining: CancellationToken) {
    let limits = lane.limits;
    let server = Server {
        header: limits.header,
        header_time: limits.header_time,
        streams: STREAMS,
        window: Some(WINDOW),
    };
    match lane.stage.protocol {
        Protocol::Http => {
            let answer = move |request| http::answer(Arc::clone(&lane), request);
            server.speak(stream, draining, answer).await;
        }
        Protocol::Vector => {
            let answer = move |request| grpc::answer(Arc::clone(&lane), request);
            server.speak(stream, draining, answer).await;
        }
        Protocol::Otlp => {
            let answer = move |request| otlp::answer(Arc::clone(&lane), request);
            server.speak(stream, draining, answer).await;
        }
        Protocol::Forward => lane.ended(forward::pass(&lane, stream, &draining).await),
        Protocol::Syslog => lane.ended(syslog::pass(&lane, stream, &draining).await),
    }
}

/// The status, until all is over.
async fn show(inner: Arc<Inner>, listener: TcpListener, over: impl Future<Output = ()>) {
    let limits = inner.limits;
    let accept = Accept {
        tls: None,
        handshake_time: limits.header_time,
        drain_time: Duration::ZERO,
        connections: WATCHERS,
    };
    let server = Server {
        header: limits.header,
        header_time: limits.header_time,
        streams: u32::from(u8::MAX),
        window: None,
    };
    let speak = move |stream, draining| {
        let inner = Arc::clone(&inner);
        let answer = move |request| {
            let answered = status::answer(&inner, &request);
            std::future::ready(answered)
        };
        server.speak(stream, draining, answer)
    };
    accept.run(listener, over, speak).await;
}
