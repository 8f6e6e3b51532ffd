//! Clients and sinks.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::protocol::{Target, Travel, Version};

/// Takes whatever comes, and says so; gives its port and how many bytes came.
pub(crate) async fn sink(travel: Travel) -> io::Result<(u16, Arc<AtomicU64>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            match travel {
                Travel::Requests(_) => drop(tokio::spawn(answered(stream, Arc::clone(&count)))),
                Travel::Bytes => drop(tokio::spawn(swallowed(stream, Arc::clone(&count)))),
            }
        }
    });
    Ok((port, taken))
}

async fn answered(stream: TcpStream, taken: Arc<AtomicU64>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let taken = Arc::clone(&taken);
        async move {
            let (parts, mut body) = request.into_parts();
            while let Some(Ok(frame)) = body.frame().await {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                taken.fetch_add(bytes as u64, Ordering::Relaxed);
            }
            let grpc = parts.headers.get(CONTENT_TYPE).is_some_and(|it| it == "application/grpc");
            Ok::<_, Infallible>(if grpc {
                granted()
            } else {
                Response::new(Full::default().boxed())
            })
        }
    });
    let mut server = Builder::new(TokioExecutor::new());
    server.http2().initial_stream_window_size(4 << 20).initial_connection_window_size(8 << 20);
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

type Reply = Response<BoxBody<Bytes, Infallible>>;

/// An empty message and status 0.
fn granted() -> Reply {
    let status = (HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"));
    let trailers = std::future::ready(Some(Ok(HeaderMap::from_iter([status]))));
    let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(trailers);
    let mut response = Response::new(body.boxed());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// Reads to the end, then ends too.
async fn swallowed(mut stream: TcpStream, taken: Arc<AtomicU64>) {
    let mut buffer = vec![0; 256 << 10];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        taken.fetch_add(read as u64, Ordering::Relaxed);
    }
}

/// Sends `batch` over and over to `address` until `end`; gives how many times it arrived.
pub(crate) async fn send(travel: Travel, address: SocketAddr, batch: Bytes, end: Instant) -> u64 {
    match travel {
        Travel::Requests(target) => requests(target, address, batch, end).await,
        Travel::Bytes => written(address, batch, end).await,
    }
    .expect("the bench's own peers answer")
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

async fn requests(
    target: &Target,
    address: SocketAddr,
    batch: Bytes,
    end: Instant,
) -> Result<u64, Failed> {
    // As clients of gRPC do.
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new())
        .http2_only(target.version == Version::Http2)
        .http2_initial_stream_window_size(4 << 20)
        .build::<_, Full<Bytes>>(connector);
    let mut sent = 0;
    while Instant::now() < end {
        let request = Request::post(format!("http://{address}{}", target.path))
            .header(CONTENT_TYPE, target.media_type)
            .header("te", "trailers")
            .body(Full::new(batch.clone()))?;
        let reply = client.request(request).await?;
        let (parts, body) = reply.into_parts();
        let trailers = body.collect().await?.trailers().cloned().unwrap_or_default();
        let status = trailers.get("grpc-status").or(parts.headers.get("grpc-status"));
        if !parts.status.is_success() || status.is_some_and(|status| status != "0") {
            return Err(format!("refused: {} {status:?}", parts.status).into());
        }
        sent += 1;
    }
    Ok(sent)
}

async fn written(address: SocketAddr, batch: Bytes, end: Instant) -> Result<u64, Failed> {
    let mut stream = TcpStream::connect(address).await?;
    let mut sent = 0;
    while Instant::now() < end {
        stream.write_all(&batch).await?;
        sent += 1;
    }
    stream.shutdown().await?;
    // The end of the other side says that all of it has arrived.
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(sent)
}
