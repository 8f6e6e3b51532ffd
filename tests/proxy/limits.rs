//! How much, how long, and how it ends.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use hyper::{Request, Response};
use keepmum::proxy::ProxyLimits;
use tokio::net::TcpStream;

use crate::harness::{Running, Upstream, client, raw, rest, scripted, to, whole, within};

const PATH: &str = "/anthropic/v1/messages";

fn limits(set: impl FnOnce(&mut ProxyLimits)) -> ProxyLimits {
    let mut limits = ProxyLimits::default();
    set(&mut limits);
    limits
}

/// An upstream whose replies begin, and go on when the test ends.
async fn endless() -> Upstream {
    Upstream::new(|_| {
        let (sender, body) = scripted();
        tokio::spawn(async move {
            let _ = sender.send(Frame::data(Bytes::from_static(b"begun"))).await;
            sender.closed().await;
        });
        Response::new(body)
    })
    .await
}

#[tokio::test]
async fn one_request_too_many_is_told_so() {
    let upstream = endless().await;
    let limits = limits(|limits| limits.requests = 2);
    let gateway = Running::start(to(&upstream).limits(limits)).await;
    let ask = async || {
        let request = gateway.post(PATH).body(whole("{}")).unwrap();
        within(client().request(request)).await.unwrap()
    };
    let (first, _second) = (ask().await, ask().await);
    let third = ask().await;
    assert_eq!(third.status(), 503);
    let body = within(third.into_body().collect()).await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("overloaded_error"));
    // A place is free once its reply is over, or nobody wants it any more.
    drop(first);
    within(async {
        while ask().await.status() != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn heads_are_limited() {
    let limits = limits(|limits| {
        limits.header = 8192;
        limits.header_time = Duration::from_millis(200);
    });
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream).limits(limits)).await;
    let long =
        format!("GET {PATH} HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "a".repeat(10000));
    assert!(
        rest(&mut raw(gateway.address, long.as_bytes()).await).await.starts_with("HTTP/1.1 431")
    );
    // Nothing, a beginning that may be either version, half a head: each is waited for, and then no more.
    for begun in ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nhost: loc"] {
        let mut stream = raw(gateway.address, begun.as_bytes()).await;
        let said = rest(&mut stream).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{begun:?}: {said}");
    }
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = limits(|limits| limits.body_time = Duration::from_millis(200));
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream).limits(limits)).await;
    let (sender, body) = scripted();
    let request = gateway.post(PATH).body(body).unwrap();
    let reply = within(client().request(request)).await.unwrap();
    assert_eq!(reply.status(), 408);
    drop(sender);
    let cut = format!("POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{{}}");
    drop(raw(gateway.address, cut.as_bytes()).await);
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn requests_under_way_come_to_their_end() {
    let (sender, body) = scripted();
    let body = std::sync::Mutex::new(Some(body));
    let upstream =
        Upstream::new(move |_| Response::new(body.lock().unwrap().take().unwrap())).await;
    let mut gateway = Running::start(to(&upstream)).await;
    let reply = client().request(gateway.post(PATH).body(whole("{}")).unwrap());
    let reply = within(reply).await.unwrap();
    gateway.stop();
    // Nobody is let in any more.
    within(async {
        while TcpStream::connect(gateway.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for _ in 0..3 {
        within(sender.send(Frame::data(Bytes::from_static(b"{}")))).await.unwrap();
    }
    drop(sender);
    assert_eq!(within(reply.into_body().collect()).await.unwrap().to_bytes(), "{}{}{}");
    gateway.ended().await;
}

#[tokio::test]
async fn but_only_for_so_long() {
    let limits = limits(|limits| limits.drain_time = Duration::from_millis(200));
    let upstream = endless().await;
    let mut gateway = Running::start(to(&upstream).limits(limits)).await;
    let reply = client().request(gateway.post(PATH).body(whole("{}")).unwrap());
    let reply = within(reply).await.unwrap();
    gateway.stop();
    gateway.ended().await;
    assert!(
        within(reply.into_body().collect()).await.is_err(),
        "a reply that was cut off looks complete"
    );
}

#[tokio::test]
async fn own_pages_are_only_read() {
    let gateway = Running::start(to(&Upstream::good().await)).await;
    for path in ["/", "/status.json", "/metrics", "/healthz"] {
        let request = Request::post(gateway.uri(path)).body(whole("")).unwrap();
        assert_eq!(within(client().request(request)).await.unwrap().status(), 405);
    }
}
