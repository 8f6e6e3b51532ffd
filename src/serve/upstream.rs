//! Requests to where a stage leads.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Collected, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use rustls::ClientConfig;
use tokio::net::{UdpSocket, lookup_host};
use tokio::time::timeout;

use super::error::ServeError;
use super::fault::Fault;
use super::limits::ServeLimits;
use super::stage::Stage;
use crate::net::tls::{self, Trust};
use crate::net::{Dialled, Pool, Speaks, dial, pool};

/// An upstream, and the connections to it that are kept.
pub(super) struct Upstream {
    base: Uri,
    /// None: plain.
    tls: Option<ClientConfig>,
    http: Pool<Full<Bytes>>,
    grpc: Pool<tonic::body::Body>,
    limits: ServeLimits,
}

impl Upstream {
    pub(super) fn new(stage: &Stage, limits: &ServeLimits) -> Result<Self, ServeError> {
        let secures = stage.secures_upstream();
        let identity = stage.upstream_tls.as_ref().map(|(chain, key)| (&**chain, &**key));
        let trust = match &stage.upstream_ca {
            Some(path) => Trust::File(path),
            None if secures => Trust::Machine,
            None => Trust::Nobody,
        };
        let config = tls::client(trust, identity)?;
        Ok(Self {
            base: stage.upstream.clone(),
            http: pool(config.clone(), Speaks::Either, limits.connect_time),
            grpc: pool(config.clone(), Speaks::Http2, limits.connect_time),
            tls: secures.then_some(config),
            limits: *limits,
        })
    }

    pub(super) fn base(&self) -> &Uri {
        &self.base
    }

    pub(super) fn grpc(&self) -> &Pool<tonic::body::Body> {
        &self.grpc
    }

    /// Connects once, without a request.
    pub(super) async fn dial(&self) -> io::Result<Dialled> {
        let usual = if self.tls.is_some() { 443 } else { 80 };
        let port = self.base.port_u16().unwrap_or(usual);
        let host = self.base.host().unwrap_or("");
        dial(host, port, self.tls.clone(), self.limits.connect_time).await
    }

    /// A socket whose datagrams go to the upstream.
    pub(super) async fn socket(&self) -> io::Result<UdpSocket> {
        let host = self.base.host().unwrap_or("").trim_matches(['[', ']']);
        let to = lookup_host((host, self.base.port_u16().unwrap_or(0))).await?.next();
        let to = to.ok_or(io::ErrorKind::AddrNotAvailable)?;
        let any = match to.ip() {
            IpAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
        };
        let socket = UdpSocket::bind((any, 0)).await?;
        socket.connect(to).await?;
        Ok(socket)
    }

    /// The address of a request for `target`, behind the path of the upstream's own.
    pub(super) fn target(&self, target: &Uri) -> Option<Uri> {
        let mut parts = self.base.clone().into_parts();
        let behind = target.path_and_query().map_or("/", |behind| behind.as_str());
        let base = self.base.path().trim_end_matches('/');
        parts.path_and_query = Some(format!("{base}{behind}").parse().ok()?);
        Uri::from_parts(parts).ok()
    }

    /// Sends `request`; its whole reply. None of it is left to wait for.
    pub(super) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, Fault> {
        let connection = capture_connection(&mut request);
        let replied = async {
            let reply = self.http.request(request).await.map_err(|error| failed(&error))?;
            if reply.status() == StatusCode::SWITCHING_PROTOCOLS {
                return Err(Fault::Broken);
            }
            whole(reply, self.limits.longest).await
        };
        self.in_time(replied, || Some(connection)).await
    }

    /// A reply that takes longer is none. The connection that it should have come on may lead to nobody any more: it is given
    /// to no further request.
    pub(super) async fn in_time<T>(
        &self,
        reply: impl Future<Output = Result<T, Fault>>,
        connection: impl FnOnce() -> Option<CaptureConnection>,
    ) -> Result<T, Fault> {
        if let Ok(replied) = timeout(self.limits.reply_time, reply).await {
            return replied;
        }
        if let Some(connection) = connection()
            && let Some(connected) = connection.connection_metadata().as_ref()
        {
            connected.poison();
        }
        Err(Fault::Silent)
    }
}

/// Why a request got no reply.
pub(super) fn failed(error: &hyper_util::client::legacy::Error) -> Fault {
    if error.is_connect() { Fault::Unreachable } else { Fault::Broken }
}

async fn whole(reply: Response<Incoming>, most: usize) -> Result<Response<Bytes>, Fault> {
    let (parts, body) = reply.into_parts();
    Ok(Response::from_parts(parts, collected(body, most).await?.to_bytes()))
}

/// The body of a reply, with its trailers.
pub(super) async fn collected(body: Incoming, most: usize) -> Result<Collected<Bytes>, Fault> {
    Limited::new(body, most).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { Fault::LongReply } else { Fault::Broken }
    })
}
