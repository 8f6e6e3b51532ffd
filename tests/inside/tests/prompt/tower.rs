//! A client that is a service of `tower`.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Channel, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use keepmum::Secret;
use keepmum::prompt::{
    Api, Hosts, OrWhole, PreSend, PreSendLayer, PreSendService, Refused, RestoreRule, Why,
};
use serde_json::Value;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::guard::{
    CLEAN, PASSWORD, PATH, REFUSED, at_most, builder, guard, panics, reference, says,
};
use crate::packed::{CODINGS, packed, unreadable};
use crate::server::Server;

fn layer(guard: PreSend) -> PreSendLayer {
    PreSendLayer::new(guard).hosts(Hosts::providers().and("127.0.0.1"))
}

/// Sends with the client of hyper.
async fn send<B>(guard: PreSend, request: Request<B>) -> (StatusCode, Value)
where
    B: Body<Data = Bytes, Error: std::error::Error + Send + Sync> + Send + Unpin + 'static,
{
    let client = Client::builder(TokioExecutor::new()).build_http::<OrWhole<B>>();
    let response = layer(guard).layer(client).oneshot(request).await.unwrap();
    let (status, kind) = (response.status(), response.headers()["content-type"].clone());
    assert_eq!(kind, "application/json");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn not_called(_: Request<OrWhole<Full<Bytes>>>) -> Result<Response<Full<Bytes>>, Infallible> {
    panic!("it is called")
}

fn post(server: &Server, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let request = Request::post(server.url(PATH)).header("content-type", "application/json");
    request.body(Full::new(body.into())).unwrap()
}

#[tokio::test]
async fn clean_bytes_arrive_as_they_were_sent() {
    let server = Server::start().await;
    let mut request = post(&server, CLEAN);
    request.headers_mut().insert("x-of-its-own", "a b".parse().unwrap());
    assert_eq!(send(guard(), request).await.0, 200);
    let seen = server.only();
    assert_eq!(seen.text(), CLEAN);
    assert_eq!(seen.path, PATH);
    assert_eq!(seen.header("x-of-its-own"), Some("a b"));
    assert_eq!(seen.header("content-length"), Some(CLEAN.len().to_string().as_str()));
    assert_eq!(seen.header("accept-encoding"), None);
}

#[tokio::test]
async fn a_request_without_a_body_passes() {
    let server = Server::start().await;
    let request = Request::get(server.url("/v1/models")).body(Full::default()).unwrap();
    assert_eq!(send(guard(), request).await.0, 200);
    assert_eq!(server.only().body, "");
}

#[tokio::test]
async fn a_secret_does_not_arrive() {
    let server = Server::start().await;
    let mut request = post(&server, says(PASSWORD));
    for name in ["content-md5", "content-digest"] {
        request.headers_mut().insert(name, "of what it was".parse().unwrap());
    }
    assert_eq!(send(guard(), request).await.0, 200);
    let (seen, expected) = (server.only(), says(&reference()));
    assert_eq!(seen.text(), expected);
    assert_eq!(seen.header("content-length"), Some(expected.len().to_string().as_str()));
    assert_eq!((seen.header("content-md5"), seen.header("content-digest")), (None, None));
}

#[tokio::test]
async fn what_must_not_be_sent_is_not() {
    let server = Server::start().await;
    let (status, told) = send(guard(), post(&server, REFUSED)).await;
    assert_eq!(status, 400);
    assert_eq!(told["error"]["type"], "invalid_request_error");
    assert_eq!(told["error"]["code"], "keepmum_refused");
    assert!(!told.to_string().contains(PASSWORD));
    let (status, _) = send(guard(), post(&server, "{ no JSON")).await;
    assert_eq!(status, 400);
    let mut upgrade = post(&server, "{}");
    upgrade.headers_mut().insert("upgrade", "websocket".parse().unwrap());
    assert_eq!(send(guard(), upgrade).await.0, 415);
    server.saw_nothing();
}

#[tokio::test]
async fn the_reason_stands_beside_the_response() {
    let client = service_fn(not_called);
    let request = Request::post("https://api.anthropic.com/v1/messages").body(REFUSED.into());
    let client = PreSendLayer::new(guard()).layer(client);
    let response = client.oneshot(request.unwrap()).await.unwrap();
    let refused = response.extensions().get::<Refused>().unwrap();
    assert!(matches!(refused.why(), Why::Fixed { place, .. } if place == "model"));
    let told: Value =
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!(told["type"], "error");
}

#[tokio::test]
async fn a_body_that_streams_is_sent_when_it_is_whole() {
    let server = Server::start().await;
    let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
    let request = Request::post(server.url(PATH)).header("content-type", "application/json");
    let sent = tokio::spawn(send(guard(), request.body(body).unwrap()));
    let body = says(PASSWORD);
    for piece in body.as_bytes().chunks(7) {
        sender.send_data(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    server.saw_nothing();
    sender.send_trailers(HeaderMap::new()).await.unwrap();
    drop(sender);
    assert_eq!(sent.await.unwrap().0, 200);
    assert_eq!(server.only().text(), says(&reference()));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_sent() {
    let server = Server::start().await;
    let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
    let request = Request::post(server.url(PATH)).body(body).unwrap();
    let sent = tokio::spawn(send(guard(), request));
    sender.send_data(Bytes::from_static(b"{")).await.unwrap();
    sender.abort(std::io::Error::other("gone"));
    assert_eq!(sent.await.unwrap().0, 415);
    server.saw_nothing();
}

#[tokio::test]
async fn compressed_bodies_are_looked_into() {
    for coding in CODINGS {
        for (plain, expected) in
            [(CLEAN.to_owned(), None), (says(PASSWORD), Some(says(&reference())))]
        {
            let server = Server::start().await;
            let sent = packed(coding, plain.as_bytes()).await;
            let mut request = post(&server, sent.clone());
            request.headers_mut().insert("content-encoding", coding.parse().unwrap());
            assert_eq!(send(guard(), request).await.0, 200, "{coding}");
            let seen = server.only();
            let coding = expected.is_none().then_some(coding);
            assert_eq!(seen.header("content-encoding"), coding);
            assert_eq!(seen.body, expected.map_or(sent, String::into_bytes));
        }
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_decoded_are_not_sent() {
    let most = 100_000;
    let server = Server::start().await;
    for (coding, body, status) in unreadable(most).await {
        let mut request = post(&server, body);
        request.headers_mut().insert("content-encoding", coding.parse().unwrap());
        assert_eq!(send(at_most(most), request).await.0, status, "{coding}");
    }
    server.saw_nothing();
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_sent() {
    let server = Server::start().await;
    let body = says("a long text");
    let (status, told) = send(at_most(body.len() - 1), post(&server, body.clone())).await;
    assert_eq!((status.as_u16(), &told["error"]["code"]), (413, &"keepmum_refused".into()));
    // Of one that streams, nobody knows how long it gets.
    let (mut sender, streams) = Channel::<Bytes, std::io::Error>::new(1);
    let request = Request::post(server.url(PATH)).body(streams).unwrap();
    let sent = tokio::spawn(send(at_most(9), request));
    while sender.send_data(Bytes::from_static(b"1234")).await.is_ok() {}
    assert_eq!(sent.await.unwrap().0, 413);
    server.saw_nothing();
    assert_eq!(send(at_most(body.len()), post(&server, body)).await.0, 200);
}

#[tokio::test]
async fn a_panic_sends_nothing() {
    let server = Server::start().await;
    let (status, told) = send(panics(), post(&server, says(PASSWORD))).await;
    assert_eq!(status, 415);
    assert!(!told.to_string().contains(PASSWORD));
    server.saw_nothing();
}

#[tokio::test]
async fn other_hosts_get_what_was_sent_as_it_comes() {
    // The client gives a frame back as soon as it has one: nothing waits for the end.
    let client = service_fn(async |request: Request<OrWhole<Channel<Bytes>>>| {
        Ok::<_, Infallible>(Response::new(request.into_body()))
    });
    let (mut sender, body) = Channel::<Bytes>::new(1);
    let request = Request::post(format!("https://example.com{PATH}")).body(body).unwrap();
    let mut reply =
        PreSendLayer::new(guard()).layer(client).oneshot(request).await.unwrap().into_body();
    for piece in [PASSWORD, "{ no JSON", PASSWORD] {
        sender.send_data(piece.into()).await.unwrap();
        assert_eq!(reply.frame().await.unwrap().unwrap().into_data().unwrap(), piece);
    }
    let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "1".parse().unwrap())]);
    sender.send_trailers(trailers.clone()).await.unwrap();
    assert_eq!(reply.frame().await.unwrap().unwrap().into_trailers().unwrap(), trailers);
    drop(sender);
    assert!(reply.frame().await.is_none());
}

#[tokio::test]
async fn everything_is_looked_through_if_it_is_asked_for() {
    let client = service_fn(async |request: Request<OrWhole<Full<Bytes>>>| {
        Ok::<_, Infallible>(Response::new(request.into_body()))
    });
    let layer = PreSendLayer::new(guard()).hosts(Hosts::everything());
    for (kind, body) in [
        ("application/json", r#"{"anything": ["correct horse battery"]}"#),
        ("text/plain", "it is correct horse battery"),
        ("application/x-www-form-urlencoded", "a=correct+horse+battery&b=1"),
    ] {
        let request = Request::put("https://example.com/").header("content-type", kind);
        let request = request.body(Full::from(body)).unwrap();
        let reply = layer.layer(client).oneshot(request).await.unwrap().into_body();
        let reply = String::from_utf8(reply.collect().await.unwrap().to_bytes().into()).unwrap();
        let expected =
            body.replace(PASSWORD, &reference()).replace("correct+horse+battery", &reference());
        assert_eq!(reply, expected);
    }
}

#[tokio::test]
async fn a_request_is_known_by_its_header_or_its_path_if_its_address_has_no_host() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let remember = sent.clone();
    let client = service_fn(move |request: Request<OrWhole<Full<Bytes>>>| {
        let remember = remember.clone();
        async move {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            remember.lock().unwrap().push(body);
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        }
    });
    let client = PreSendLayer::new(guard()).layer(client);
    for request in [
        Request::post(PATH).header("host", "api.openai.com:443"),
        Request::post(PATH),
        Request::post("http://127.0.0.1:1/proxied").header("host", "api.openai.com"),
    ] {
        let request = request.body(Full::from(says(PASSWORD))).unwrap();
        client.clone().oneshot(request).await.unwrap();
    }
    assert_eq!(*sent.lock().unwrap(), vec![says(&reference()); 3]);
}

#[tokio::test]
async fn a_tunnel_is_refused() {
    let client = service_fn(not_called);
    let request = Request::builder().method(Method::CONNECT).uri("api.openai.com:443");
    let client = PreSendLayer::new(guard()).layer(client);
    let response = client.oneshot(request.body(Full::default()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 415);
}

/// One that may restore something, so that replies are read.
fn restores() -> PreSend {
    let rule = RestoreRule {
        secret: "password".into(),
        tool: "log_in".into(),
        host: None,
        argument: "url".into(),
    };
    builder().restorable(vec![Secret::new("password", PASSWORD)]).restore(rule).build().unwrap()
}

const KIND: &str = "text/event-stream";

fn event(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
}

#[tokio::test]
async fn events_arrive_before_the_last_one_is_made() {
    for guard in [guard(), restores()] {
        let (mut sender, events) = Channel::<Bytes>::new(1);
        let events = Mutex::new(Some(events));
        let server = Server::answering(move |_| {
            let events = events.lock().unwrap().take().unwrap();
            Response::builder().header("content-type", KIND).body(events.boxed()).unwrap()
        })
        .await;
        let client = Client::builder(TokioExecutor::new()).build_http::<OrWhole<Full<Bytes>>>();
        let client = layer(guard.clone()).layer(client);
        let mut reply = client.oneshot(post(&server, CLEAN)).await.unwrap().into_body();
        for event in [event("one"), event("two"), "data: [DONE]\n\n".to_owned()] {
            sender.send_data(event.clone().into()).await.unwrap();
            let mut arrived = Vec::new();
            while arrived.len() < event.len() {
                arrived.extend(reply.frame().await.unwrap().unwrap().into_data().unwrap());
            }
            assert_eq!(String::from_utf8(arrived).unwrap(), event);
        }
        drop(sender);
        assert!(reply.frame().await.is_none());
        let asked = guard.reply(Api::OpenAiChat, KIND).map(|_| "identity");
        assert_eq!(server.only().header("accept-encoding"), asked);
    }
}

/// A reply whose frames are counted when they are asked for.
struct Counted {
    asked: Arc<AtomicUsize>,
    frames: Vec<Frame<Bytes>>,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        // A body must not be asked again after its end.
        Poll::Ready(Some(Ok(self.frames.remove(0))))
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }
}

#[tokio::test]
async fn replies_are_read_as_fast_as_they_are_asked_for() {
    for guard in [guard(), restores()] {
        let counter = Arc::new(AtomicUsize::new(0));
        let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "1".parse().unwrap())]);
        let (sent, asked) = (trailers.clone(), counter.clone());
        let client = service_fn(move |_: Request<OrWhole<Full<Bytes>>>| {
            let mut frames: Vec<_> =
                ["one", "two", "three"].map(|text| Frame::data(event(text).into())).into();
            frames.push(Frame::trailers(sent.clone()));
            let body = Counted { asked: asked.clone(), frames };
            let response = Response::builder().header("content-type", KIND);
            async { Ok::<_, Infallible>(response.body(body).unwrap()) }
        });
        let request = Request::post(format!("https://api.openai.com{PATH}"));
        let client = PreSendLayer::new(guard).layer(client);
        let reply = client.oneshot(request.body(CLEAN.into()).unwrap()).await.unwrap();
        let mut reply: OrWhole<_> = reply.into_body();
        assert_eq!(counter.load(Ordering::Relaxed), 0);
        for (frames, text) in [(1, "one"), (2, "two"), (3, "three")] {
            let frame = reply.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(frame, event(text));
            assert_eq!(counter.load(Ordering::Relaxed), frames);
        }
        let last = reply.frame().await.unwrap().unwrap();
        assert_eq!(last.into_trailers().unwrap(), trailers);
        assert!(reply.is_end_stream());
    }
}

#[tokio::test]
async fn the_client_that_is_ready_is_the_one_that_is_called() {
    #[derive(Default)]
    struct Once(bool);

    impl Clone for Once {
        fn clone(&self) -> Self {
            Self(false)
        }
    }

    impl Service<Request<OrWhole<Full<Bytes>>>> for Once {
        type Response = Response<Full<Bytes>>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.0 = true;
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<OrWhole<Full<Bytes>>>) -> Self::Future {
            assert!(std::mem::take(&mut self.0), "called before it was ready");
            std::future::ready(Ok(Response::default()))
        }
    }

    let mut client: PreSendService<Once> = PreSendLayer::new(guard()).layer(Once::default());
    for host in ["api.openai.com", "example.com"] {
        for _ in 0..2 {
            let request = Request::post(format!("https://{host}{PATH}")).body(CLEAN.into());
            client.ready().await.unwrap().call(request.unwrap()).await.unwrap();
        }
    }
}
