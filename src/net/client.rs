//! Requests to upstreams.

use std::time::Duration;

use bytes::Buf;
use hyper::body::Body;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

/// How long a connection that nobody uses is kept.
const KEPT: Duration = Duration::from_secs(60);

/// Sends requests, over connections that are kept for the next one.
pub(crate) type Pool<B> = Client<TimeoutConnector<HttpsConnector<HttpConnector>>, B>;

/// Which versions of HTTP an upstream is asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// HTTP/1.1, or HTTP/2 where TLS settles on it.
    Either,
    /// HTTP/2 alone, also without TLS.
    #[cfg(feature = "serve")]
    Http2,
}

/// Connecting, with TLS, takes `connect_time` at most.
pub(crate) fn pool<B>(tls: ClientConfig, speaks: Speaks, connect_time: Duration) -> Pool<B>
where
    B: Body + Send,
    B::Data: Buf + Send,
{
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(KEPT);
    let https = match speaks {
        Speaks::Either => https.enable_all_versions().wrap_connector(http),
        #[cfg(feature = "serve")]
        Speaks::Http2 => {
            builder.http2_only(true);
            https.enable_http2().wrap_connector(http)
        }
    };
    let mut connector = TimeoutConnector::new(https);
    connector.set_connect_timeout(Some(connect_time));
    builder.build(connector)
}

/// Whether a request failed because connecting took too long.
#[cfg(feature = "proxy")]
pub(crate) fn is_timeout(error: &hyper_util::client::legacy::Error) -> bool {
    use std::error::Error as _;
    use std::io;

    let first = error.source();
    std::iter::successors(first, |&error| error.source()).any(|error| {
        error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    })
}
