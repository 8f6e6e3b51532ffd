//! A client made with `reqwest-middleware`.

use std::sync::Mutex;

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Channel};
use keepmum::prompt::{Hosts, PreSend, PreSendMiddleware, Refused};
use reqwest::Body;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde_json::Value;

use crate::guard::{CLEAN, PASSWORD, PATH, REFUSED, at_most, guard, panics, reference, says};
use crate::packed::{CODINGS, packed, unreadable};
use crate::server::Server;

fn client(guard: PreSend) -> ClientWithMiddleware {
    client_of(guard, Hosts::providers().and("127.0.0.1"))
}

fn client_of(guard: PreSend, hosts: Hosts) -> ClientWithMiddleware {
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    ClientBuilder::new(plain).with(PreSendMiddleware::new(guard).hosts(hosts)).build()
}

async fn send(guard: PreSend, server: &Server, body: impl Into<Body>) -> reqwest::Response {
    let request = client(guard).post(server.url(PATH)).header("content-type", "application/json");
    request.body(body).send().await.unwrap()
}

async fn send_coded(guard: PreSend, server: &Server, coding: &str, body: Vec<u8>) -> u16 {
    let request = client(guard).post(server.url(PATH)).header("content-type", "application/json");
    let sent = request.header("content-encoding", coding).body(body).send().await;
    sent.unwrap().status().as_u16()
}

async fn json(response: reqwest::Response) -> Value {
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn clean_bytes_arrive_as_they_were_sent() {
    let server = Server::start().await;
    assert_eq!(send(guard(), &server, CLEAN).await.status(), 200);
    let seen = server.only();
    assert_eq!(seen.text(), CLEAN);
    assert_eq!(seen.header("content-length"), Some(CLEAN.len().to_string().as_str()));
}

#[tokio::test]
async fn a_request_without_a_body_passes() {
    let server = Server::start().await;
    let response = client(guard()).get(server.url("/v1/models")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(server.only().header("content-length"), None);
}

#[tokio::test]
async fn a_secret_does_not_arrive() {
    let server = Server::start().await;
    assert_eq!(json(send(guard(), &server, says(PASSWORD)).await).await, serde_json::json!({}));
    let (seen, expected) = (server.only(), says(&reference()));
    assert_eq!(seen.text(), expected);
    assert_eq!(seen.header("content-length"), Some(expected.len().to_string().as_str()));
}

#[tokio::test]
async fn what_must_not_be_sent_is_not() {
    let server = Server::start().await;
    let response = send(guard(), &server, REFUSED).await;
    assert_eq!(response.url().as_str(), server.url(PATH));
    assert_eq!(response.extensions().get::<Refused>().unwrap().status(), 400);
    let error = response.error_for_status_ref().unwrap_err();
    assert_eq!(error.status().unwrap(), 400);
    let told = json(response).await;
    assert_eq!(told["error"]["code"], "keepmum_refused");
    assert!(!told.to_string().contains(PASSWORD));
    server.saw_nothing();
}

#[tokio::test]
async fn a_body_that_streams_is_sent_when_it_is_whole() {
    let server = Server::start().await;
    let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
    let sent = tokio::spawn({
        let server = server.clone();
        async move { send(guard(), &server, Body::wrap(body)).await.status() }
    });
    let body = says(PASSWORD);
    for piece in body.as_bytes().chunks(5) {
        sender.send_data(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    server.saw_nothing();
    drop(sender);
    assert_eq!(sent.await.unwrap(), 200);
    let expected = says(&reference());
    assert_eq!(server.only().text(), expected);
    assert_eq!(server.only().header("content-length"), Some(expected.len().to_string().as_str()));
}

#[tokio::test]
async fn compressed_bodies_are_looked_into() {
    for coding in CODINGS {
        let (server, sent) = (Server::start().await, packed(coding, CLEAN.as_bytes()).await);
        assert_eq!(send_coded(guard(), &server, coding, sent.clone()).await, 200);
        assert_eq!(server.only().body, sent);
        assert_eq!(server.only().header("content-encoding"), Some(coding));
        let (server, sent) =
            (Server::start().await, packed(coding, says(PASSWORD).as_bytes()).await);
        assert_eq!(send_coded(guard(), &server, coding, sent).await, 200);
        assert_eq!(server.only().text(), says(&reference()));
        assert_eq!(server.only().header("content-encoding"), None);
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_looked_into_are_not_sent() {
    let (server, most) = (Server::start().await, 100_000);
    for (coding, body, status) in unreadable(most).await {
        assert_eq!(send_coded(at_most(most), &server, coding, body).await, status, "{coding}");
    }
    assert_eq!(send(at_most(9), &server, "{\"a\": 1234}").await.status(), 413);
    assert_eq!(send(panics(), &server, says(PASSWORD)).await.status(), 415);
    server.saw_nothing();
}

#[tokio::test]
async fn other_hosts_get_what_was_sent() {
    let server = Server::start().await;
    let client = client_of(guard(), Hosts::providers());
    let response = client.post(server.url(PATH)).body(says(PASSWORD)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(server.only().text(), says(PASSWORD));
}

#[tokio::test]
async fn events_arrive_before_the_last_one_is_made() {
    let (mut sender, events) = Channel::<Bytes>::new(1);
    let events = Mutex::new(Some(events));
    let server = Server::answering(move |_| {
        let events = events.lock().unwrap().take().unwrap().boxed();
        Response::builder().header("content-type", "text/event-stream").body(events).unwrap()
    })
    .await;
    let mut response = send(guard(), &server, CLEAN).await;
    for event in ["data: 1\n\n", "data: 2\n\n", "data: [DONE]\n\n"] {
        sender.send_data(event.into()).await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), event);
    }
    drop(sender);
    assert_eq!(response.chunk().await.unwrap(), None);
}
