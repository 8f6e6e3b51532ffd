//! Who may come in.

use hyper::Request;

use crate::harness::{Running, Upstream, client, raw, rest, to, whole, within};

const PATH: &str = "/anthropic/v1/messages";
const TOKEN: &str = "sixteen-letters-or-more";

async fn status(gateway: &Running, path: &str, headers: &[(&str, &str)]) -> u16 {
    let request = headers.iter().fold(Request::get(gateway.uri(path)), |request, (name, value)| {
        request.header(*name, *value)
    });
    let reply = client().request(request.body(whole("")).unwrap());
    within(reply).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_page_cannot_use_the_gateway() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream).allow_host("app.example")).await;
    for path in [PATH, "/", "/status.json", "/metrics", "/healthz"] {
        for headers in [
            &[("host", "evil.example")][..],
            &[("host", "localhost.evil.example:8787")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", "http://localhost:1")],
            &[("sec-fetch-site", "cross-site")],
        ] {
            assert_eq!(status(&gateway, path, headers).await, 403, "{path} {headers:?}");
        }
        let own = gateway.uri("");
        for headers in [
            &[][..],
            &[("host", "app.example")],
            &[("origin", "https://app.example")],
            &[("origin", own.as_str())],
        ] {
            assert_eq!(status(&gateway, path, headers).await, 200, "{path} {headers:?}");
        }
    }
    assert_eq!(upstream.seen().len(), 4);
}

#[tokio::test]
async fn without_its_token_nothing_is_there() {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream).token(TOKEN).unwrap()).await;
    for path in [
        PATH,
        "/",
        "/status.json",
        "/metrics",
        "/wrong-letters-or-more/anthropic/v1/messages",
        "/sixteen-letters-or-more",
    ] {
        assert_eq!(status(&gateway, path, &[]).await, 404, "{path}");
    }
    assert!(upstream.seen().is_empty());
    for path in [PATH, "/", "/status.json", "/metrics"] {
        assert_eq!(status(&gateway, &format!("/{TOKEN}{path}"), &[]).await, 200, "{path}");
    }
    assert_eq!(status(&gateway, "/healthz", &[]).await, 200);
    assert_eq!(upstream.only().uri, "/v1/messages");
}

#[tokio::test]
async fn two_hosts_are_none() {
    let gateway = Running::start(to(&Upstream::good().await)).await;
    for head in [
        "GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example",
        "GET http://evil.example/ HTTP/1.1\r\nhost: localhost",
        "GET / HTTP/1.0",
    ] {
        let mut stream =
            raw(gateway.address, format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).await;
        let reply = rest(&mut stream).await;
        assert!(
            reply.starts_with("HTTP/1.1 403") || reply.starts_with("HTTP/1.0 403"),
            "{head}: {reply}"
        );
    }
}
