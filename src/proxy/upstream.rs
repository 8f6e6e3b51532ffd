//! Requests to where routes lead.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use tokio::time::timeout;

use super::error::ProxyError;
use super::fault::Fault;
use super::limits::ProxyLimits;
use crate::net::{Pool, Speaks, is_timeout, pool, tls};

/// Sends requests, over connections that are kept for the next one.
#[derive(Clone)]
pub(super) struct Upstream {
    client: Pool<Full<Bytes>>,
    idle: Duration,
}

impl Upstream {
    /// With the certificates that the machine trusts, or those of the file that `SSL_CERT_FILE` names.
    pub(super) fn new(limits: &ProxyLimits) -> Result<Self, ProxyError> {
        let client =
            pool(tls::client(tls::Trust::Machine, None)?, Speaks::Either, limits.connect_time);
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
