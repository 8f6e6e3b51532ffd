//! What becomes of a reply.

use std::sync::Arc;
use std::time::Duration;

use async_compression::tokio::write::GzipEncoder;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::{HeaderMap, Request, Response};
use keepmum::prompt::RestoreRule;
use keepmum::proxy::{Proxy, ProxyLimits};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::harness::{
    Running, SECRET, Then, Upstream, client, leading, pre_send, raw, scripted, to, whole, within,
};

const PATH: &str = "/anthropic/v1/messages";
const EVENT: &[u8] = b"event: ping\ndata: {\"type\": \"ping\"}\n\n";

async fn ask(gateway: &Running) -> Response<Incoming> {
    within(client().request(gateway.post(PATH).body(whole("{}")).unwrap())).await.unwrap()
}

/// An upstream that streams what is sent to it, one reply.
async fn streaming(
    headers: &'static [(&'static str, &'static str)],
) -> (Upstream, mpsc::Sender<Frame<Bytes>>) {
    let (sender, body) = scripted();
    let body = std::sync::Mutex::new(Some(body));
    let upstream = Upstream::new(move |_| {
        let response = headers
            .iter()
            .fold(Response::builder(), |response, (name, value)| response.header(*name, *value));
        response.body(body.lock().unwrap().take().unwrap()).unwrap()
    });
    (upstream.await, sender)
}

async fn frame(reply: &mut Response<Incoming>) -> Option<Frame<Bytes>> {
    within(reply.body_mut().frame()).await.map(Result::unwrap)
}

fn may_restore() -> keepmum::prompt::PreSend {
    let rule = RestoreRule {
        secret: "*".to_owned(),
        tool: "fetch".to_owned(),
        host: Some("*.example".to_owned()),
        argument: "url".to_owned(),
    };
    let known = keepmum::Secret::new("db-password", SECRET);
    pre_send().restore(rule).restorable(vec![known]).build().unwrap()
}

#[tokio::test]
async fn a_reply_comes_as_it_is_written() {
    let (upstream, sender) =
        streaming(&[("content-type", "text/event-stream"), ("x-request-id", "7")]).await;
    let gateway = Running::start(to(&upstream)).await;
    let mut reply = ask(&gateway).await;
    assert_eq!(reply.headers()["x-request-id"], "7");
    for _ in 0..3 {
        // Each is read before the next is written.
        within(sender.send(Frame::data(Bytes::from_static(EVENT)))).await.unwrap();
        assert_eq!(frame(&mut reply).await.unwrap().into_data().unwrap(), EVENT);
    }
    drop(sender);
    assert!(frame(&mut reply).await.is_none());
}

#[tokio::test]
async fn so_does_one_in_which_something_may_be_restored() {
    let (upstream, sender) =
        streaming(&[("content-type", "text/event-stream"), ("content-encoding", "gzip")]).await;
    let gateway = Running::start(leading(Proxy::builder(may_restore()), &upstream)).await;
    let mut reply = ask(&gateway).await;
    assert!(!reply.headers().contains_key(CONTENT_ENCODING));
    let mut encoder = GzipEncoder::new(Vec::new());
    let mut written = 0;
    for _ in 0..3 {
        encoder.write_all(EVENT).await.unwrap();
        encoder.flush().await.unwrap();
        let new = encoder.get_ref()[written..].to_vec();
        written += new.len();
        within(sender.send(Frame::data(new.into()))).await.unwrap();
        let data = frame(&mut reply).await.unwrap().into_data().unwrap();
        assert_eq!(data, EVENT);
    }
    encoder.shutdown().await.unwrap();
    let new = encoder.get_ref()[written..].to_vec();
    within(sender.send(Frame::data(new.into()))).await.unwrap();
    drop(sender);
    while frame(&mut reply).await.is_some() {}
}

#[tokio::test]
async fn a_tool_gets_its_value_and_the_page_counts_it() {
    let key = keepmum::ReferenceKey::new(b"thirty-two bytes that nobody has");
    let reference = key.reference("db-password", SECRET.as_bytes());
    let call = |tool: &str, value: &str| serde_json::json!({"type": "tool_use", "id": "t", "name": tool, "input": {"url": "https://a.example/", "key": value}});
    let written = reference.as_str();
    let damaged = written.to_lowercase().replace("secretref_", "SECRETREF_");
    let whole = serde_json::json!({"type": "message", "content": [call("fetch", written), call("other", written), call("fetch", &damaged)]});
    let (upstream, sender) = streaming(&[("content-type", "application/json")]).await;
    let gateway = Running::start(leading(Proxy::builder(may_restore()), &upstream)).await;
    let mut reply = ask(&gateway).await;
    within(sender.send(Frame::data(whole.to_string().into()))).await.unwrap();
    drop(sender);
    let mut out = Vec::new();
    while let Some(frame) = frame(&mut reply).await {
        out.extend_from_slice(&frame.into_data().unwrap());
    }
    let out: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(out["content"][0]["input"]["key"], SECRET);
    assert_eq!(out["content"][1]["input"]["key"], written);
    assert_eq!(out["content"][2]["input"]["key"], damaged.as_str());
    let (_, text) = gateway.get("/status.json").await;
    let status: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status["restored"], 1);
    let (_, metrics) = gateway.get("/metrics").await;
    assert!(metrics.contains("keepmum_proxy_restored_total 1\n"), "{metrics}");
}

#[tokio::test]
async fn the_upstream_is_asked_for_what_can_be_read() {
    let upstream = Upstream::good().await;
    for (pre_send, asked) in [(pre_send().build().unwrap(), "br"), (may_restore(), "identity")] {
        let gateway = Running::start(leading(Proxy::builder(pre_send), &upstream)).await;
        let request = gateway.post(PATH).header("accept-encoding", "br").body(whole("{}")).unwrap();
        within(client().request(request)).await.unwrap();
        assert_eq!(upstream.seen().last().unwrap().headers["accept-encoding"], asked);
    }
}

#[tokio::test]
async fn trailers_come_too() {
    let (upstream, sender) = streaming(&[("trailer", "x-sum")]).await;
    let gateway = Running::start(to(&upstream)).await;
    let mut stream = raw(
        gateway.address,
        format!(
            "GET {PATH} HTTP/1.1\r\nhost: localhost\r\nte: trailers\r\nconnection: close\r\n\r\n"
        )
        .as_bytes(),
    )
    .await;
    within(sender.send(Frame::data(Bytes::from_static(EVENT)))).await.unwrap();
    let trailers: HeaderMap =
        [("x-sum".parse().unwrap(), "42".parse().unwrap())].into_iter().collect();
    within(sender.send(Frame::trailers(trailers))).await.unwrap();
    drop(sender);
    let reply = crate::harness::rest(&mut stream).await;
    assert!(reply.contains("data: ") && reply.contains("x-sum: 42"), "{reply}");
}

#[tokio::test]
async fn compressed_replies_pass_as_they_are() {
    let upstream = Upstream::new(|_| {
        let reply = Response::builder()
            .header(CONTENT_ENCODING, "zebra")
            .header(CONTENT_TYPE, "application/json");
        reply.status(429).header("retry-after", "7").body(whole(&b"\x00\xff"[..])).unwrap()
    })
    .await;
    for pre_send in [pre_send().build().unwrap(), may_restore()] {
        let gateway = Running::start(leading(Proxy::builder(pre_send), &upstream)).await;
        let reply = ask(&gateway).await;
        assert_eq!(
            (reply.status().as_u16(), &reply.headers()["retry-after"]),
            (429, &"7".parse().unwrap())
        );
        assert_eq!(reply.headers()[CONTENT_ENCODING], "zebra");
        assert_eq!(reply.headers()[CONTENT_LENGTH], "2");
        assert_eq!(within(reply.into_body().collect()).await.unwrap().to_bytes(), &b"\x00\xff"[..]);
    }
}

#[tokio::test]
async fn the_answer_to_a_head_has_a_length_and_no_body() {
    let upstream = Upstream::new(|_| {
        Response::builder().header(CONTENT_LENGTH, "1234").body(whole("")).unwrap()
    })
    .await;
    let gateway = Running::start(to(&upstream)).await;
    let request = Request::head(gateway.uri("/openai/models")).body(whole("")).unwrap();
    let reply = within(client().request(request)).await.unwrap();
    assert_eq!(
        (reply.status().as_u16(), &reply.headers()[CONTENT_LENGTH]),
        (200, &"1234".parse().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_streams_at_once_do_not_mix() {
    const STREAMS: usize = 200;
    let upstream = Upstream::new(|seen| {
        let (sender, body) = scripted();
        let word = seen.body.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                if sender.send(Frame::data(word.clone())).await.is_err() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        });
        Response::new(body)
    })
    .await;
    let gateway = Arc::new(Running::start(to(&upstream)).await);
    let mut all = JoinSet::new();
    for number in 0..STREAMS {
        let (gateway, word) = (Arc::clone(&gateway), format!("[{number}]"));
        all.spawn(async move {
            assert_eq!(gateway.send(PATH, word.clone()).await, (200, word.repeat(20)));
        });
    }
    all.join_all().await;
}

fn short() -> ProxyLimits {
    let mut limits = ProxyLimits::default();
    limits.idle_time = Duration::from_millis(200);
    limits.connect_time = Duration::from_secs(5);
    limits
}

/// A gateway to an upstream that writes `bytes`.
async fn before_raw(bytes: &'static [u8], then: Then) -> Running {
    let upstream = Upstream::raw(bytes, then).await;
    Running::start(to(&upstream).limits(short())).await
}

#[tokio::test]
async fn what_breaks_before_the_headers_is_an_error_of_the_gateway() {
    for (bytes, then, expected) in [
        (&b""[..], Then::Closes, 502),
        (b"HTTP/1.1 200 OK\r\nconten", Then::Closes, 502),
        (b"SSH-2.0-zebra\r\n", Then::Closes, 502),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
            Then::Hangs,
            502,
        ),
        (b"", Then::Hangs, 504),
        (b"HTTP/1.1 200 OK\r\n", Then::Hangs, 504),
    ] {
        let (status, body) = before_raw(bytes, then).await.send(PATH, "{}").await;
        assert_eq!(status, expected, "{bytes:?}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["type"], "error", "{body}");
    }
}

#[tokio::test]
async fn what_breaks_later_breaks_for_the_client() {
    for (bytes, then) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"[..], Then::Closes),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort", Then::Hangs),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n", Then::Closes),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n", Then::Hangs),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzebra", Then::Hangs),
    ] {
        let gateway = before_raw(bytes, then).await;
        let request = gateway.post(PATH).body(whole("{}")).unwrap();
        // What breaks at once may break before the headers were on their way.
        let Ok(reply) = within(client().request(request)).await else { continue };
        let body = within(reply.into_body().collect()).await;
        assert!(body.is_err(), "it looks complete: {:?}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn what_is_written_beyond_the_length_is_nobodys() {
    let more = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nzebra";
    let upstream = Upstream::raw(more, Then::Hangs).await;
    let gateway = Running::start(to(&upstream).limits(short())).await;
    for _ in 0..3 {
        let (status, body) = gateway.send(PATH, "{}").await;
        assert!(!body.contains("zebra"), "{status} {body}");
    }
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_told() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let builder = Proxy::builder(pre_send().build().unwrap());
    let gateway =
        Running::start(builder.upstream("gemini", &format!("http://{gone}")).unwrap()).await;
    let (status, body) = gateway.send("/gemini/v1beta/models/m:generateContent", "{}").await;
    assert_eq!(status, 502);
    assert!(body.contains("UNAVAILABLE"), "{body}");
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_request_along() {
    let (upstream, sender) = streaming(&[]).await;
    let gateway = Running::start(to(&upstream)).await;
    let client = client();
    let request = gateway.post(PATH).body(whole("{}")).unwrap();
    let mut reply = within(client.request(request)).await.unwrap();
    within(sender.send(Frame::data(Bytes::from_static(EVENT)))).await.unwrap();
    frame(&mut reply).await.unwrap();
    drop((reply, client));
    // Sending ends once nobody takes it.
    within(async { while sender.send(Frame::data(Bytes::from_static(EVENT))).await.is_ok() {} })
        .await;
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_the_upstream_back() {
    let (upstream, sender) = streaming(&[]).await;
    let gateway = Running::start(to(&upstream)).await;
    let reply = ask(&gateway).await;
    let piece = Bytes::from(vec![b'x'; 1 << 20]);
    let mut sent = 0_u64;
    // What fits in the sockets on the way is taken, and no more.
    while let Ok(taken) =
        tokio::time::timeout(Duration::from_millis(500), sender.send(Frame::data(piece.clone())))
            .await
    {
        taken.unwrap();
        sent += piece.len() as u64;
        assert!(sent < 256 << 20, "nothing holds it back");
    }
    drop(sender);
    let whole = within(reply.into_body().collect()).await.unwrap().to_bytes();
    assert_eq!(whole.len() as u64, sent);
}
