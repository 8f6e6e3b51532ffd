//! Upstreams that are away, slow, or go away.

use std::time::{Duration, Instant};

use hyper::Request;
use keepmum::serve::{Protocol, Serve, ServeLimits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tonic::{Code, Response};

use crate::grpc::{Sender, Upstream as Calls};
use crate::harness::{
    Running, SECRET, Upstream, client, guard, reply, stage, to, until, whole, within,
};
use crate::vector::{PUSH, Push, event, push};

fn limits(change: impl FnOnce(&mut ServeLimits)) -> ServeLimits {
    let mut limits = ServeLimits::default();
    change(&mut limits);
    limits
}

/// A port where nobody is.
async fn nobody() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// An upstream that reads something, writes `bytes`, and closes or stays.
async fn raw(bytes: &'static [u8], stays: bool) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 65536]).await;
                let _ = stream.write_all(bytes).await;
                if stays {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn what_is_away_is_told_so_that_it_is_sent_again() {
    let limits = limits(|limits| limits.reply_time = Duration::from_millis(300));
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
    for (upstream, status) in [
        (nobody().await, 502),
        (raw(b"", false).await, 502),
        (raw(cut, false).await, 502),
        (raw(b"", true).await, 504),
        (raw(cut, true).await, 504),
    ] {
        let stage = Running::start(to(Protocol::Http, upstream).limits(limits)).await;
        let (got, said) = stage.send("text/plain", SECRET).await;
        assert_eq!(got, status, "{said}");
    }
}

#[tokio::test]
async fn calls_too() {
    let limits = limits(|limits| limits.reply_time = Duration::from_millis(300));
    for (upstream, code) in [
        (nobody().await, Code::Unavailable),
        (raw(b"", false).await, Code::Unavailable),
        (raw(b"HTTP/1.1 200 OK\r\n\r\n", false).await, Code::Unavailable),
        (raw(b"", true).await, Code::DeadlineExceeded),
    ] {
        let stage = Running::start(to(Protocol::Vector, upstream).limits(limits)).await;
        let sender = Sender::to(stage.address);
        let sent = sender.call::<_, ()>(PUSH, push([event(1, SECRET)]));
        assert_eq!(sent.await.unwrap_err().code(), code);
    }
}

/// Over HTTP/2 a reply that was given up can end like one that is whole.
#[tokio::test]
async fn a_reply_without_a_status_is_none() {
    for body in [&b""[..], b"\0\0\0\0\0"] {
        let upstream = Upstream::new(move |_| async move {
            let reply = hyper::Response::builder().header("content-type", "application/grpc");
            reply.body(whole(body)).unwrap()
        })
        .await;
        let builder = to(Protocol::Vector, upstream.address);
        let stage = Running::start(builder.status("127.0.0.1:0".parse().unwrap())).await;
        let sent = Sender::to(stage.address).call::<_, ()>(PUSH, push([event(1, SECRET)])).await;
        assert_eq!(sent.unwrap_err().code(), Code::Unavailable);
        let failed =
            "keepmum_serve_requests_total{stage=\"vector:127.0.0.1:0\",outcome=\"failed\"}";
        assert_eq!(stage.figure(failed).await, 1);
    }
}

#[tokio::test]
async fn an_upstream_that_comes_back_is_found_again() {
    let address = nobody().await;
    let stage = Running::start(to(Protocol::Vector, address)).await;
    let sender = Sender::to(stage.address);
    let one = || push([event(1, SECRET)]);
    assert_eq!(sender.call::<_, ()>(PUSH, one()).await.unwrap_err().code(), Code::Unavailable);
    let listener = TcpListener::bind(address).await.unwrap();
    let upstream = Calls::<Push>::on(listener, |_| async { Ok(Response::new(())) }).await;
    sender.call::<_, ()>(PUSH, one()).await.unwrap();
    assert_eq!(upstream.calls().len(), 1);
}

/// A connection that leads to nobody any more, as after a partition, is not asked again.
#[tokio::test]
async fn a_connection_that_is_silent_is_given_up() {
    let silent = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let upstream = Calls::<Push>::new({
        let silent = std::sync::Arc::clone(&silent);
        move |_| {
            let first = silent.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            async move {
                if first {
                    std::future::pending::<()>().await;
                }
                Ok(Response::new(()))
            }
        }
    })
    .await;
    let limits = limits(|limits| limits.reply_time = Duration::from_millis(300));
    let stage = Running::start(to(Protocol::Vector, upstream.address).limits(limits)).await;
    let sender = Sender::to(stage.address);
    let one = || push([event(1, SECRET)]);
    let status = sender.call::<_, ()>(PUSH, one()).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    sender.call::<_, ()>(PUSH, one()).await.unwrap();
    assert_eq!(upstream.connections(), 2);
}

#[tokio::test]
async fn an_upstream_that_takes_its_time_has_it() {
    let upstream = Upstream::new(|_| async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        reply(200, "")
    })
    .await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    let began = Instant::now();
    assert_eq!(stage.send("text/plain", "x").await.0, 200);
    assert!(began.elapsed() >= Duration::from_millis(300));
}

/// Further requests wait, on one connection and on many, and none is refused: all of them arrive.
#[tokio::test]
async fn no_more_are_under_way_than_may_be_and_the_rest_wait() {
    let (now, most) =
        (std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::new((now, most));
    let seen = std::sync::Arc::clone(&counted);
    let upstream = Calls::<Push>::new(move |_| {
        let counted = std::sync::Arc::clone(&counted);
        async move {
            let (now, most) = &*counted;
            let others = now.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            most.fetch_max(others + 1, std::sync::atomic::Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            now.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            Ok(Response::new(()))
        }
    })
    .await;
    let limits = limits(|limits| limits.requests = 3);
    let stage = Running::start(to(Protocol::Vector, upstream.address).limits(limits)).await;
    let long = SECRET.repeat(20_000);
    let senders = [Sender::to(stage.address), Sender::to(stage.address)];
    let mut all = tokio::task::JoinSet::new();
    for number in 0..30 {
        let (sender, long) = (senders[number % 2].clone(), long.clone());
        let message = push([event(number as i64, &long)]);
        all.spawn(async move { sender.call::<_, ()>(PUSH, message).await });
    }
    while let Some(sent) = within(all.join_next()).await {
        sent.unwrap().unwrap();
    }
    assert_eq!(upstream.calls().len(), 30);
    assert!(seen.1.load(std::sync::atomic::Ordering::SeqCst) <= 3);
}

#[tokio::test]
async fn a_stage_that_ends_lets_requests_come_to_their_end() {
    let (release, released) = tokio::sync::watch::channel(false);
    let upstream = Upstream::new(move |_| {
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await.unwrap();
            reply(200, "late")
        }
    })
    .await;
    let mut stage = Running::start(to(Protocol::Http, upstream.address)).await;
    let request = Request::post(format!("http://{}/", stage.address)).body(whole("x")).unwrap();
    let sent = tokio::spawn(client().request(request));
    until(|| !upstream.seen().is_empty()).await;
    stage.stop();
    within(async {
        while tokio::net::TcpStream::connect(stage.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    release.send(true).unwrap();
    assert_eq!(within(sent).await.unwrap().unwrap().status(), 200);
    stage.ended().await;
}

#[tokio::test]
async fn but_only_for_so_long() {
    let limits = limits(|limits| limits.drain_time = Duration::from_millis(200));
    let upstream = raw(b"", true).await;
    let mut stage = Running::start(to(Protocol::Http, upstream).limits(limits)).await;
    let request = Request::post(format!("http://{}/", stage.address)).body(whole("x")).unwrap();
    let sent = tokio::spawn(client().request(request));
    tokio::time::sleep(Duration::from_millis(100)).await;
    stage.stop();
    stage.ended().await;
    assert!(within(sent).await.unwrap().is_err(), "a request that was cut off looks answered");
}

#[tokio::test]
async fn every_upstream_is_asked_for_by_a_check() {
    let (good, bad) = (Upstream::good().await.address, nobody().await);
    let serve = Serve::builder(guard());
    let serve = serve.stage(stage(Protocol::Http, good)).stage(stage(Protocol::Vector, bad));
    let checked = serve.build().unwrap().check().await;
    assert_eq!(checked.len(), 2);
    assert_eq!(checked[0].problem, None);
    assert!(checked[1].problem.as_ref().unwrap().contains(&bad.to_string()));
}
