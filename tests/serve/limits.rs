//! How much and how long.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::Request;
use keepmum::serve::{Protocol, ServeLimits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;
use tonic::codec::CompressionEncoding;

use crate::grpc::{Sender, Upstream as Calls};
use crate::harness::{Running, SECRET, Upstream, client, to, whole, within};
use crate::vector::{PUSH, Push, event, push};

fn limits(change: impl FnOnce(&mut ServeLimits)) -> ServeLimits {
    let mut limits = ServeLimits::default();
    change(&mut limits);
    limits
}

#[tokio::test]
async fn what_is_too_long_stays_compressed_or_not() {
    let limits = limits(|limits| limits.longest = 1000);
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address).limits(limits)).await;
    assert_eq!(stage.send("text/plain", "x".repeat(1001)).await.0, 413);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&[b'x'; 1 << 20]).unwrap();
    let request = Request::post(format!("http://{}/", stage.address))
        .header("content-encoding", "gzip")
        .body(whole(encoder.finish().unwrap()))
        .unwrap();
    assert_eq!(within(client().request(request)).await.unwrap().status(), 413);
    assert!(upstream.seen().is_empty());
    assert_eq!(stage.send("text/plain", "x".repeat(1000)).await.0, 200);
}

/// Vector sends again after `RESOURCE_EXHAUSTED`, a collector after `OUT_OF_RANGE`.
#[tokio::test]
async fn calls_too_and_each_sender_is_told_in_the_way_that_it_does_not_repeat() {
    let limits = limits(|limits| limits.longest = 1000);
    let upstream = Calls::<Push>::good().await;
    let otlp = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    for (protocol, path, code) in [
        (Protocol::Vector, PUSH, Code::OutOfRange),
        (Protocol::Otlp, otlp, Code::ResourceExhausted),
    ] {
        let stage = Running::start(to(protocol, upstream.address).limits(limits)).await;
        let plain = Sender::to(stage.address);
        for sender in [plain.clone(), plain.compressing(CompressionEncoding::Gzip)] {
            let long = push([event(1, &SECRET.repeat(1000))]);
            let status = sender.call::<_, ()>(path, long).await.unwrap_err();
            assert_eq!(status.code(), code, "{status}");
        }
    }
    assert!(upstream.calls().is_empty());
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = limits(|limits| limits.body_time = Duration::from_millis(200));
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address).limits(limits)).await;
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
    let mut said = vec![0; 12];
    within(stream.read_exact(&mut said)).await.unwrap();
    assert_eq!(said, b"HTTP/1.1 503");
    assert!(upstream.seen().is_empty());
}

/// A head of a request, and less of its body than it says.
async fn half(address: std::net::SocketAddr, head: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("POST {head}\r\nhost: h\r\n\r\n").as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    stream
}

#[tokio::test]
async fn whose_body_does_not_come_holds_nobody_up() {
    let limits = limits(|limits| limits.requests = 1);
    let (http, calls) = (Upstream::good().await, Calls::<Push>::good().await);
    let stage = Running::start(to(Protocol::Http, http.address).limits(limits)).await;
    let head = "/ HTTP/1.1\r\ncontent-length: 900000";
    let _slow = [
        half(stage.address, head, b"half").await,
        half(stage.address, head, &[b'x'; 300_000]).await,
    ];
    assert_eq!(stage.send("text/plain", "x".repeat(500_000)).await.0, 200);
    let stage = Running::start(to(Protocol::Vector, calls.address).limits(limits)).await;
    let head =
        format!("{PUSH} HTTP/1.1\r\ncontent-type: application/grpc\r\ncontent-length: 900000");
    let _slow = [
        half(stage.address, &head, b"half").await,
        half(stage.address, &head, &[b'x'; 300_000]).await,
    ];
    let long = push([event(1, &SECRET.repeat(10_000))]);
    Sender::to(stage.address).call::<_, ()>(PUSH, long).await.unwrap();
}

/// All of what a stage may hold is held by bodies that have not come to their end: one of them may hold more.
#[tokio::test]
async fn bodies_that_wait_for_each_other_arrive() {
    const LONG: usize = 1 << 20;
    let limits = limits(|limits| (limits.longest, limits.requests) = (LONG, 1));
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address).limits(limits)).await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let address = stage.address;
        all.spawn(async move {
            let head = format!("/ HTTP/1.1\r\ncontent-length: {LONG}");
            let mut stream = half(address, &head, &[b'x'; LONG / 2]).await;
            stream.write_all(&[b'x'; LONG / 2]).await.unwrap();
            let mut said = vec![0; 12];
            stream.read_exact(&mut said).await.unwrap();
            assert_eq!(said, b"HTTP/1.1 200");
        });
    }
    while let Some(sent) = within(all.join_next()).await {
        sent.unwrap();
    }
    assert_eq!(upstream.seen().len(), 8);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_one_that_ends() {
    let limits = limits(|limits| limits.connections = 1);
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address).limits(limits)).await;
    let request = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\nx";
    let mut first = TcpStream::connect(stage.address).await.unwrap();
    first.write_all(request).await.unwrap();
    within(first.read_exact(&mut [0; 12])).await.unwrap();
    let mut second = TcpStream::connect(stage.address).await.unwrap();
    second.write_all(request).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(100), second.read_u8()).await;
    assert!(early.is_err(), "it was let in");
    drop(first);
    within(second.read_u8()).await.unwrap();
    assert_eq!(upstream.seen().len(), 2);
}

#[tokio::test]
async fn whatever_panics_nothing_leaves() {
    let (http, calls) = (Upstream::good().await, Calls::<Push>::good().await);
    let panics =
        Arc::new(|_: keepmum::Surface, _: &str, _: &[keepmum::Finding]| -> Result<(), Box<_>> {
            panic!("correct horse")
        });
    let stage = to(Protocol::Http, http.address).accounted_by(panics.clone());
    let (status, said) = Running::start(stage).await.send("text/plain", SECRET).await;
    assert_eq!(status, 500);
    assert!(!said.contains("horse"), "{said}");
    let stage = Running::start(to(Protocol::Vector, calls.address).accounted_by(panics)).await;
    let sender = Sender::to(stage.address);
    let status = sender.call::<_, ()>(PUSH, push([event(1, SECRET)])).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(!status.message().contains("horse"), "{status}");
    assert!(http.seen().is_empty() && calls.calls().is_empty());
}

#[tokio::test]
async fn what_cannot_be_accounted_for_stays_and_is_sent_again() {
    let upstream = Upstream::good().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let builder = to(Protocol::Http, upstream.address).accounted_by(Arc::new(
        move |surface: keepmum::Surface, stage: &str, found: &[keepmum::Finding]| {
            assert_eq!((surface.as_str(), stage, found.len()), ("http", "http:127.0.0.1:0", 1));
            counted.fetch_add(1, Ordering::SeqCst);
            Err("the disk is full".into())
        },
    ));
    let stage = Running::start(builder).await;
    assert_eq!(stage.send("text/plain", SECRET).await.0, 503);
    assert!(upstream.seen().is_empty());
    // Where nothing is found there is nothing to account for.
    assert_eq!(stage.send("text/plain", "clean").await.0, 200);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
