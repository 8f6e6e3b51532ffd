//! What becomes of a request over HTTP.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use hyper::{Request, Response};
use keepmum::serve::{Compression, Protocol, Serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{
    REDACTED, Running, SECRET, Upstream, client, guard, reply, stage, text, to, whole, within,
};

fn lines() -> String {
    format!("{{\"n\":1.0,\"message\":\"pw {SECRET}\"}}\n{{\"clean\" : true}}\n")
}

pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(body: &[u8]) -> String {
    let mut plain = String::new();
    flate2::read::GzDecoder::new(body).read_to_string(&mut plain).unwrap();
    plain
}

#[tokio::test]
async fn lines_of_json_pass_without_secrets_and_all_else_as_it_was() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    let sent = stage.send("application/x-ndjson", lines()).await;
    assert_eq!(sent, (200, "good".to_owned()));
    let seen = upstream.only();
    assert_eq!(seen.text(), lines().replace(SECRET, REDACTED));
    assert_eq!(seen.uri.path_and_query().unwrap(), "/in?key=k");
    assert_eq!(seen.headers["content-length"], seen.body.len().to_string().as_str());
}

#[tokio::test]
async fn arrays_text_and_spelled_secrets_too() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    let spelled = SECRET.replace('o', "\\u006f");
    for (kind, body) in [
        ("application/json", format!("[{{\"a\":\"{spelled}\"}},{{\"b\":2}}]")),
        ("text/plain; charset=utf-8", format!("no json: {SECRET}, \"half\n")),
    ] {
        assert_eq!(stage.send(kind, body.clone()).await.0, 200);
        let seen = upstream.seen().pop().unwrap();
        let expected = body.replace(SECRET, REDACTED).replace(&spelled, REDACTED);
        assert_eq!(seen.text(), expected);
    }
}

#[tokio::test]
async fn message_pack_too() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    // {"n": 7, "pw": the secret}
    let document = |pw: &str| {
        let length = 0xa0 | u8::try_from(pw.len()).unwrap();
        [&b"\x82\xa1n\x07\xa2pw"[..], &[length], pw.as_bytes()].concat()
    };
    assert_eq!(stage.send("application/msgpack", document(SECRET)).await.0, 200);
    assert_eq!(upstream.only().body, document(REDACTED));
    assert_eq!(stage.send("application/x-msgpack", document(SECRET)[..9].to_vec()).await.0, 400);
}

#[tokio::test]
async fn compressed_bodies_go_on_compressed() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    let request = |body: Vec<u8>| {
        let request = Request::post(format!("http://{}/", stage.address));
        request.header("content-encoding", "gzip").body(whole(body)).unwrap()
    };
    let clean = gzip(b"{\"clean\":true}");
    for body in [gzip(lines().as_bytes()), clean.clone()] {
        assert_eq!(within(client().request(request(body))).await.unwrap().status(), 200);
    }
    let seen = upstream.seen();
    assert!(seen.iter().all(|one| one.headers["content-encoding"] == "gzip"));
    assert_eq!(gunzip(&seen[0].body), lines().replace(SECRET, REDACTED));
    assert_eq!(seen[1].body, clean);
}

#[tokio::test]
async fn compression_is_the_stages_choice() {
    let upstream = Upstream::good().await;
    for (compression, coding) in [
        (Compression::None, None),
        (Compression::Gzip, Some("gzip")),
        (Compression::Zstd, Some("zstd")),
    ] {
        let stage = stage(Protocol::Http, upstream.address).compression(compression);
        let stage = Running::start(Serve::builder(guard()).stage(stage)).await;
        for came in [None, Some("gzip")] {
            let request = Request::post(format!("http://{}/", stage.address));
            let request =
                came.iter().fold(request, |all, came| all.header("content-encoding", *came));
            let body = if came.is_some() { gzip(b"[1]") } else { b"[1]".to_vec() };
            let sent = client().request(request.body(whole(body)).unwrap());
            assert_eq!(within(sent).await.unwrap().status(), 200);
            let seen = upstream.seen().pop().unwrap();
            let told = seen.headers.get("content-encoding").map(|told| told.to_str().unwrap());
            assert_eq!(told, coding, "{came:?}");
            match coding {
                None => assert_eq!(seen.text(), "[1]"),
                Some("gzip") => assert_eq!(gunzip(&seen.body), "[1]"),
                // The magic number of zstd.
                Some(_) => assert_eq!(&seen.body[..4], b"\x28\xb5\x2f\xfd"),
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_looked_through_stays() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    for kind in
        ["application/octet-stream", "multipart/form-data; boundary=b", "text/x; charset=utf-16"]
    {
        let (status, said) = stage.send(kind, lines()).await;
        assert_eq!(status, 415);
        assert!(!said.contains(SECRET), "{said}");
    }
    for (coding, status) in [("snappy", 415), ("gzip, gzip", 415), ("gzip", 400), ("zstd", 400)] {
        let request = Request::post(format!("http://{}/", stage.address));
        let request = request.header("content-encoding", coding).body(whole(lines())).unwrap();
        assert_eq!(within(client().request(request)).await.unwrap().status(), status, "{coding}");
    }
    assert!(upstream.seen().is_empty());
}

/// A receiver that guesses would read what was not looked at.
#[tokio::test]
async fn neither_does_what_is_something_else_than_it_says() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    let wide =
        |bytes: fn(u16) -> [u8; 2]| lines().encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let compressed = [gzip(lines().as_bytes()), b"\x28\xb5\x2f\xfdrest".to_vec()];
    let wide = [
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        [b"\xff\xfe".to_vec(), wide(u16::to_le_bytes)].concat(),
        lines().chars().flat_map(|char| u32::from(char).to_be_bytes()).collect(),
    ];
    for kind in ["application/json", "text/plain"] {
        for body in compressed.iter().chain(&wide) {
            assert_eq!(stage.send(kind, body.clone()).await.0, 415, "{kind}: {:?}", &body[..4]);
        }
    }
    for body in compressed {
        assert_eq!(stage.send("application/msgpack", body).await.0, 415);
    }
    assert!(upstream.seen().is_empty());
}

/// A mark in front of it hides no JSON.
#[tokio::test]
async fn json_behind_a_mark_is_json() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    // As text it has no name that tells.
    let body = "\u{feff}{\"p\\u0061ssword\":\"hUnt2rXy\"}\n";
    assert_eq!(stage.send("application/json", body).await.0, 200);
    let seen = upstream.only();
    let seen = seen.text();
    assert!(seen.starts_with("\u{feff}{\"p\\u0061ssword\":\"[REDACTED:"), "{seen}");
}

/// hyper undoes the chunks, and nothing else.
#[tokio::test]
async fn codings_of_the_transfer_are_refused() {
    let upstream = Upstream::good().await;
    for protocol in [Protocol::Http, Protocol::Otlp] {
        let stage = Running::start(to(protocol, upstream.address)).await;
        for coding in ["gzip, chunked", "gzip,chunked"] {
            let mut stream = TcpStream::connect(stage.address).await.unwrap();
            let head = format!(
                "POST /v1/logs HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ntransfer-encoding: {coding}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(b"2\r\n{}\r\n0\r\n\r\n").await.unwrap();
            let mut said = vec![0; 12];
            within(stream.read_exact(&mut said)).await.unwrap();
            assert_eq!(said, b"HTTP/1.1 415");
        }
    }
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn headers_are_the_operators_and_those_of_a_connection_stay() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    let request = Request::post(format!("http://{}/", stage.address))
        .header("authorization", "Bearer for the next hop")
        .header("content-digest", "sha-256=:of-what-came:")
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .body(whole(lines()))
        .unwrap();
    assert_eq!(within(client().request(request)).await.unwrap().status(), 200);
    let seen = upstream.only();
    assert_eq!(seen.headers["authorization"], "Bearer for the next hop");
    assert_eq!(seen.headers["host"], upstream.address.to_string().as_str());
    for gone in ["content-digest", "connection", "x-hop"] {
        assert!(!seen.headers.contains_key(gone), "{gone}");
    }
}

#[tokio::test]
async fn replies_come_back_as_they_are() {
    let upstream = Upstream::new(|seen| async move {
        assert!(seen.body.is_empty() || !seen.text().contains(SECRET));
        Response::builder()
            .status(429)
            .header("retry-after", "7")
            .body(whole(Bytes::from_static(b"later")))
            .unwrap()
    })
    .await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    let request = Request::post(format!("http://{}/", stage.address)).body(whole(lines())).unwrap();
    let replied = within(client().request(request)).await.unwrap();
    assert_eq!(replied.headers()["retry-after"], "7");
    assert_eq!(text(replied).await, (429, "later".to_owned()));
}

#[tokio::test]
async fn whoever_asks_whether_somebody_is_there_asks_the_upstream() {
    let upstream = Upstream::new(|seen| async move {
        reply(if seen.method == hyper::Method::HEAD { 204 } else { 200 }, "")
    })
    .await;
    let base = format!("http://{}/base/", upstream.address);
    let any = "127.0.0.1:0".parse().unwrap();
    let stage = keepmum::serve::Stage::new(Protocol::Http, any, &base).unwrap();
    let stage = Running::start(Serve::builder(guard()).stage(stage)).await;
    let request = Request::head(format!("http://{}/x", stage.address)).body(whole("")).unwrap();
    assert_eq!(within(client().request(request)).await.unwrap().status(), 204);
    assert_eq!(upstream.only().uri.path(), "/base/x");
}

#[tokio::test]
async fn upgrades_are_refused() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Http, upstream.address)).await;
    let request = Request::get(format!("http://{}/", stage.address));
    let request = request.header("connection", "upgrade").header("upgrade", "websocket");
    let replied = within(client().request(request.body(whole("")).unwrap())).await.unwrap();
    assert_eq!(replied.status(), 501);
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn what_was_done_is_counted() {
    let upstream = Upstream::good().await;
    let builder = to(Protocol::Http, upstream.address).status("127.0.0.1:0".parse().unwrap());
    let stage = Running::start(builder).await;
    stage.send("application/json", lines()).await;
    stage.send("image/png", lines()).await;
    let name = "stage=\"http:127.0.0.1:0\"";
    let requests =
        |outcome: &str| format!("keepmum_serve_requests_total{{{name},outcome=\"{outcome}\"}}");
    assert_eq!(stage.figure(&requests("passed")).await, 1);
    assert_eq!(stage.figure(&requests("refused")).await, 1);
    assert_eq!(stage.figure(&format!("keepmum_serve_redactions_total{{{name}}}")).await, 1);
    let bytes = lines().len() as u64;
    assert_eq!(stage.figure(&format!("keepmum_serve_bytes_total{{{name}}}")).await, bytes);
}
