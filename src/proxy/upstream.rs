//! Requests to where routes lead.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::aws_lc_rs;
use tokio::time::timeout;

use super::error::ProxyError;
use super::fault::Fault;
use super::limits::ProxyLimits;

/// How long a connection that nobody uses is kept.
const KEPT: Duration = Duration::from_secs(60);

/// Sends requests, over connections that are kept for the next one.
#[derive(Clone)]
pub(super) struct Upstream {
    client: Client<TimeoutConnector<HttpsConnector<HttpConnector>>, Full<Bytes>>,
    idle: Duration,
}

impl Upstream {
    /// With the certificates that the machine trusts, or those of the file that `SSL_CERT_FILE` names.
    pub(super) fn new(limits: &ProxyLimits) -> Result<Self, ProxyError> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(Arc::new(aws_lc_rs::default_provider()))
            .map_err(|error| ProxyError::new(format_args!("certificates of authorities: {error}")))?
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(http);
        let mut connector = TimeoutConnector::new(https);
        connector.set_connect_timeout(Some(limits.connect_time));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT)
            .build(connector);
        Ok(Self { client, idle: limits.idle_time })
    }

    /// Sends `request`; the reply's headers have come when this is done.
    pub(super) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Fault> {
        match timeout(self.idle, self.client.request(request)).await {
            Err(_) => Err(Fault::new(StatusCode::GATEWAY_TIMEOUT, "the upstream is silent")),
            Ok(Ok(reply)) if reply.status() == StatusCode::SWITCHING_PROTOCOLS => Err(broken()),
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) if is_timeout(&error) => Err(Fault::new(
                StatusCode::GATEWAY_TIMEOUT,
                "the upstream cannot be reached in time",
            )),
            Ok(Err(error)) if error.is_connect() => {
                Err(Fault::new(StatusCode::BAD_GATEWAY, "the upstream cannot be reached"))
            }
            Ok(Err(_)) => Err(broken()),
        }
    }
}

fn broken() -> Fault {
    Fault::new(StatusCode::BAD_GATEWAY, "the upstream broke off before its reply")
}

fn is_timeout(error: &hyper_util::client::legacy::Error) -> bool {
    let first = error.source();
    std::iter::successors(first, |&error| error.source()).any(|error| {
        error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    })
}
