//! What becomes of a request.

use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use bytes::Bytes;
use hyper::body::Frame;
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use keepmum::proxy::Proxy;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{
    Running, SECRET, Upstream, client, leading, pre_send, raw, redacted, scripted, text, to, whole,
    within,
};

/// Odd spacing, numbers and escapes: nothing of it may be written anew.
const CLEAN: &str = "{ \"model\":\"m\",\r\n\t\"n\": 1.0,\"e\":1e3,\"messages\" : [{\"role\":\"user\",\"content\":\"a\\/b \\u0041\"}]}\n";

fn dirty() -> String {
    CLEAN.replace("a\\/b", SECRET)
}

#[tokio::test]
async fn a_clean_request_arrives_as_it_was() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    let request = gateway
        .post("/anthropic/v1/messages?beta=true")
        .header("x-api-key", "its own")
        .header(AUTHORIZATION, "Bearer its own")
        .header("x-odd", "  two  spaces ")
        .header("connection", "x-hop")
        .header("x-hop", "gone")
        .header("te", "deflate, trailers")
        .header("proxy-authorization", "gone");
    let reply = within(client().request(request.body(whole(CLEAN)).unwrap())).await.unwrap();
    assert_eq!(text(reply).await, (200, "{\"ok\":true}".to_owned()));
    let seen = upstream.only();
    assert_eq!(seen.body, CLEAN);
    assert_eq!(
        (seen.method.as_str(), seen.uri.to_string().as_str()),
        ("POST", "/v1/messages?beta=true")
    );
    let header = |name: &str| seen.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("x-api-key"), Some("its own"));
    assert_eq!(header("authorization"), Some("Bearer its own"));
    assert_eq!(header("x-odd").map(str::trim), Some("two  spaces"));
    assert_eq!(header("host"), Some(upstream.address.to_string().as_str()));
    assert_eq!(header("te"), Some("trailers"));
    assert_eq!(header("content-length"), Some(CLEAN.len().to_string().as_str()));
    for gone in ["connection", "x-hop", "proxy-authorization", "transfer-encoding"] {
        assert_eq!(header(gone), None, "{gone}");
    }
}

#[tokio::test]
async fn a_secret_stays_here() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    for path in [
        "/anthropic/v1/messages",
        "/openai/v1/chat/completions",
        "/openai/v1/responses",
        "/gemini/v1beta/models/m:generateContent",
        "/ollama/api/chat",
    ] {
        assert_eq!(gateway.send(path, dirty()).await.0, 200, "{path}");
    }
    for seen in upstream.seen() {
        redacted(&seen.body);
        assert_eq!(seen.headers[CONTENT_LENGTH], seen.body.len().to_string());
        let _: Value = serde_json::from_slice(&seen.body).unwrap();
    }
    assert_eq!(upstream.seen().len(), 5);
}

#[tokio::test]
async fn a_refused_request_is_never_sent() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    let (status, body) = gateway.send("/anthropic/v1/messages", "{\"a\": ").await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["type"]), (400, &"error".into()));
    assert_eq!(body["error"]["type"], "invalid_request_error");
    let (status, body) = gateway.send("/openai/v1/chat/completions", "{\"a\": ").await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["error"]["code"]), (400, &"keepmum_refused".into()));
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn both_paths_of_openai_lead_to_one_address() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    for path in ["/openai/v1/chat/completions", "/openai/chat/completions"] {
        assert_eq!(gateway.send(path, CLEAN).await.0, 200);
    }
    for seen in upstream.seen() {
        assert_eq!(seen.uri, "/v1/chat/completions");
    }
    assert_eq!(gateway.send("/nowhere/v1", CLEAN).await.0, 404);
    assert_eq!(gateway.send("/openaix/v1", CLEAN).await.0, 404);
    assert_eq!(upstream.seen().len(), 2);
}

async fn compressed(coding: &str, body: &[u8]) -> Vec<u8> {
    macro_rules! with {
        ($encoder:ident) => {{
            let mut encoder = $encoder::new(Vec::new());
            encoder.write_all(body).await.unwrap();
            encoder.shutdown().await.unwrap();
            encoder.into_inner()
        }};
    }
    match coding {
        "gzip" => with!(GzipEncoder),
        "deflate" => with!(ZlibEncoder),
        "br" => with!(BrotliEncoder),
        "zstd" => with!(ZstdEncoder),
        _ => body.to_vec(),
    }
}

async fn send_coded(gateway: &Running, coding: &str, body: Vec<u8>) -> (u16, String) {
    let request = gateway.post("/anthropic/v1/messages").header(CONTENT_ENCODING, coding);
    text(within(client().request(request.body(whole(body)).unwrap())).await.unwrap()).await
}

#[tokio::test]
async fn compressed_bodies_are_looked_into() {
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let upstream = Upstream::good().await;
        let gateway = Running::start(to(&upstream)).await;
        let clean = compressed(coding, CLEAN.as_bytes()).await;
        assert_eq!(send_coded(&gateway, coding, clean.clone()).await.0, 200, "{coding}");
        let seen = upstream.only();
        assert_eq!(
            (&seen.body[..], &seen.headers[CONTENT_ENCODING]),
            (&clean[..], &coding.parse().unwrap())
        );
        let dirty = compressed(coding, dirty().as_bytes()).await;
        assert_eq!(send_coded(&gateway, coding, dirty).await.0, 200, "{coding}");
        let seen = upstream.seen().remove(1);
        redacted(&seen.body);
        assert_eq!(seen.headers.get(CONTENT_ENCODING), None);
    }
}

#[tokio::test]
async fn what_cannot_be_decoded_is_refused() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let good = compressed(coding, CLEAN.as_bytes()).await;
        let cut = good[..good.len() - 3].to_vec();
        assert_eq!(send_coded(&gateway, coding, cut).await.0, 415, "{coding}, cut");
        let more = [&good[..], SECRET.as_bytes()].concat();
        assert_eq!(
            send_coded(&gateway, coding, more).await.0,
            415,
            "{coding}, more behind its end"
        );
        assert_eq!(send_coded(&gateway, coding, CLEAN.into()).await.0, 415, "{coding}, none");
    }
    for coding in ["compress", "gzip, gzip", "zebra"] {
        assert_eq!(send_coded(&gateway, coding, CLEAN.into()).await.0, 415, "{coding}");
    }
    assert!(upstream.seen().is_empty());
}

/// The upstream may read it otherwise than the gateway.
#[tokio::test]
async fn what_is_not_clearly_one_thing_is_refused() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    let post = || Request::post(gateway.uri("/anthropic/v1/messages"));
    let wide = dirty().encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let gzip = compressed("gzip", dirty().as_bytes()).await;
    for (kinds, body) in [
        (&["application/json", "image/png"][..], CLEAN.into()),
        (&["text/plain; charset=utf-16"], CLEAN.into()),
        (&["text/plain; charset =utf-16"], CLEAN.into()),
        (&["text/plain"], wide.clone()),
        (&["application/x-www-form-urlencoded"], wide),
        (&["text/plain"], gzip),
    ] {
        let request = kinds.iter().fold(post(), |all, kind| all.header(CONTENT_TYPE, *kind));
        let reply = within(client().request(request.body(whole(body)).unwrap())).await.unwrap();
        assert_eq!(reply.status(), 415, "{kinds:?}");
    }
    let head = "POST /anthropic/v1/messages HTTP/1.1\r\nhost: localhost\r\n";
    let chunked = "transfer-encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let mut stream = raw(gateway.address, format!("{head}{chunked}").as_bytes()).await;
    let mut said = [0; 12];
    within(stream.read_exact(&mut said)).await.unwrap();
    assert_eq!(&said, b"HTTP/1.1 415");
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn the_decoded_length_counts() {
    let upstream = Upstream::good().await;
    let pre_send = pre_send().longest(1 << 20).build().unwrap();
    let gateway = Running::start(leading(Proxy::builder(pre_send), &upstream)).await;
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let bomb = compressed(coding, &vec![b' '; 64 << 20]).await;
        assert!(bomb.len() < 1 << 20);
        let (status, body) = send_coded(&gateway, coding, bomb).await;
        assert_eq!(status, 413, "{coding}: {body}");
        assert!(body.contains("request_too_large"), "{body}");
    }
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn too_long_bodies_are_refused_told_or_not() {
    let upstream = Upstream::good().await;
    let pre_send = pre_send().longest(1000).build().unwrap();
    let gateway = Running::start(leading(Proxy::builder(pre_send), &upstream)).await;
    let long = format!("[\"{}\"]", "a".repeat(1000));
    assert_eq!(gateway.send("/openai/v1/responses", long.clone()).await.0, 413);
    let (sender, body) = scripted();
    let request = gateway.post("/openai/v1/responses").body(body).unwrap();
    let sent = tokio::spawn(async move { sender.send(Frame::data(long.into())).await });
    let reply = within(client().request(request)).await.unwrap();
    assert_eq!(reply.status(), 413);
    let _ = within(sent).await;
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn a_body_in_chunks_arrives_whole() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    let (sender, body) = scripted();
    let request = gateway.post("/anthropic/v1/messages").body(body).unwrap();
    let reply = tokio::spawn(client().request(request));
    for byte in dirty().into_bytes() {
        within(sender.send(Frame::data(Bytes::from(vec![byte])))).await.unwrap();
    }
    assert!(upstream.seen().is_empty(), "a request was sent before it was whole");
    drop(sender);
    assert_eq!(within(reply).await.unwrap().unwrap().status(), 200);
    redacted(&upstream.only().body);
}

#[tokio::test]
async fn http_2_without_tls_is_spoken() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    for _ in 0..3 {
        let request = gateway.post("/anthropic/v1/messages").body(whole(dirty())).unwrap();
        let reply: Response<_> = within(client.request(request)).await.unwrap();
        assert_eq!(reply.version(), hyper::Version::HTTP_2);
        assert_eq!(text(reply).await.0, 200);
    }
    upstream.seen().iter().for_each(|seen| redacted(&seen.body));
}

#[tokio::test]
async fn a_secret_in_the_query_is_refused() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    let plus = SECRET.replace(' ', "+");
    let percent = SECRET.replace(' ', "%20").replace('c', "%63");
    for query in
        [format!("q={plus}"), format!("a=b&q={percent}"), format!("{percent}=1"), plus.clone()]
    {
        let path = format!("/gemini/v1beta/models/m:generateContent?{query}");
        assert_eq!(gateway.send(&path, CLEAN).await.0, 400, "{query}");
    }
    assert!(upstream.seen().is_empty());
    for query in [
        "alt=sse".to_owned(),
        format!("alt=sse&key={plus}"),
        format!("token={percent}"),
        String::new(),
    ] {
        let path = format!("/gemini/v1beta/models/m:generateContent?{query}");
        assert_eq!(gateway.send(&path, CLEAN).await.0, 200, "{query}");
        assert_eq!(upstream.seen().last().unwrap().uri.query(), Some(query.as_str()));
    }
}

#[tokio::test]
async fn upgrades_are_refused() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    let request = Request::get(gateway.uri("/openai/v1/responses"))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .body(whole(""))
        .unwrap();
    let reply = within(client().request(request)).await.unwrap();
    assert_eq!(reply.status(), 501);
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn json_that_is_called_a_form_is_json() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    for kind in [Some("application/x-www-form-urlencoded"), None] {
        let mut request = Request::post(gateway.uri("/ollama/api/generate"));
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let reply = within(client().request(request.body(whole(dirty())).unwrap())).await.unwrap();
        assert_eq!(reply.status(), 200);
    }
    upstream.seen().iter().for_each(|seen| redacted(&seen.body));
}

#[tokio::test]
async fn what_cannot_be_accounted_for_is_not_sent() {
    let upstream = Upstream::good().await;
    for panics in [true, false] {
        let account = move |_: keepmum::Surface, _: &str, _: &keepmum::prompt::Report| {
            assert!(!panics, "an account that panics");
            Err("the disk is full".into())
        };
        let gateway =
            Running::start(to(&upstream).accounted_by(std::sync::Arc::new(account))).await;
        let (status, body) = gateway.send("/anthropic/v1/messages", dirty()).await;
        assert_eq!(status, 500);
        assert!(body.contains("api_error") && !body.contains("disk"), "{body}");
        assert_eq!(gateway.send("/anthropic/v1/messages", CLEAN).await.0, 200);
    }
    upstream.seen().iter().for_each(|seen| assert_eq!(seen.body, CLEAN));
}
