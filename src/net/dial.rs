//! Connections to upstreams that are no requests of HTTP.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// A connection to an upstream, with or without TLS.
pub(crate) type Dialled = Either<TcpStream, TlsStream<TcpStream>>;

/// Connects to `port` of `host`, in at most `time` with the handshake of TLS.
///
/// # Errors
///
/// It cannot be reached, or is not who it should be.
pub(crate) async fn dial(
    host: &str,
    port: u16,
    tls: Option<ClientConfig>,
    time: Duration,
) -> io::Result<Dialled> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let connected = async {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let Some(config) = tls else { return Ok(Either::Left(stream)) };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        Ok(Either::Right(stream))
    };
    timeout(time, connected).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
