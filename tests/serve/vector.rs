//! What becomes of a call of Vector.

use std::collections::HashMap;
use std::time::Duration;

use keepmum::serve::{Compression, Protocol, Serve};
use prost::Message;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataValue;
use tonic::{Code, Response, Status};

use crate::grpc::{Sender, Upstream, raw};
use crate::harness::{REDACTED, Running, SECRET, guard, stage, to, until};
use crate::http::gzip;

pub(crate) const PUSH: &str = "/vector.Vector/PushEvents";

/// `vector.PushEventsRequest` as a newer version may have it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Push {
    #[prost(message, repeated, tag = "1")]
    pub(crate) events: Vec<Event>,
    #[prost(string, tag = "77")]
    newer: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Event {
    #[prost(message, tag = "1")]
    log: Option<Log>,
    #[prost(uint64, tag = "99")]
    newer: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Log {
    #[prost(message, tag = "2")]
    value: Option<Value>,
    #[prost(message, tag = "9")]
    newer: Option<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(oneof = "Kind", tags = "1, 4, 7")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(bytes, tag = "1")]
    Bytes(Vec<u8>),
    #[prost(int64, tag = "4")]
    Integer(i64),
    #[prost(message, tag = "7")]
    Map(Fields),
}

#[derive(Clone, PartialEq, Message)]
struct Fields {
    #[prost(map = "string, message", tag = "1")]
    fields: HashMap<String, Value>,
}

/// `vector.HealthCheckResponse`.
#[derive(Clone, PartialEq, Message)]
struct Health {
    #[prost(int32, tag = "1")]
    status: i32,
}

fn text(text: &str) -> Value {
    Value { kind: Some(Kind::Bytes(text.as_bytes().to_vec())) }
}

/// An event with a number and a text, and what a newer version adds.
pub(crate) fn event(number: i64, message: &str) -> Event {
    let number = Value { kind: Some(Kind::Integer(number)) };
    let fields = [("number".to_owned(), number), ("message".to_owned(), text(message))];
    let map = Value { kind: Some(Kind::Map(Fields { fields: fields.into() })) };
    Event { log: Some(Log { value: Some(map), newer: Some(text("of tomorrow")) }), newer: u64::MAX }
}

impl Event {
    /// Its number and its text.
    pub(crate) fn parts(&self) -> (i64, String) {
        let value = self.log.as_ref().unwrap().value.as_ref().unwrap();
        let Some(Kind::Map(map)) = &value.kind else { panic!("no map") };
        let Some(Kind::Integer(number)) = map.fields["number"].kind else { panic!("no number") };
        let Some(Kind::Bytes(text)) = &map.fields["message"].kind else { panic!("no text") };
        (number, String::from_utf8(text.clone()).unwrap())
    }
}

pub(crate) fn push(events: impl IntoIterator<Item = Event>) -> Push {
    Push { events: events.into_iter().collect(), newer: "as it is".to_owned() }
}

fn dirty() -> Push {
    push([event(1, &format!("pw {SECRET}")), event(2, "clean")])
}

fn clean() -> Push {
    push([event(1, &format!("pw {REDACTED}")), event(2, "clean")])
}

#[tokio::test]
async fn events_pass_without_secrets_and_with_what_is_not_known_here() {
    for encoding in [None, Some(CompressionEncoding::Gzip), Some(CompressionEncoding::Zstd)] {
        let upstream = Upstream::<Push>::good().await;
        let stage = Running::start(to(Protocol::Vector, upstream.address)).await;
        let sender = Sender::to(stage.address);
        let sender = encoding.iter().fold(sender, |all, encoding| all.compressing(*encoding));
        sender.call::<_, ()>(PUSH, dirty()).await.unwrap();
        let call = upstream.only();
        assert_eq!(call.path, PUSH);
        assert_eq!(call.message, clean());
        let told = call.metadata.get("grpc-encoding").map(|told| told.to_str().unwrap().to_owned());
        assert_eq!(told, encoding.map(|encoding| encoding.to_string()));
    }
}

/// Maps are written in any order.
#[tokio::test]
async fn in_whatever_order_fields_stand() {
    let upstream = Upstream::<Push>::good().await;
    let stage = Running::start(to(Protocol::Vector, upstream.address)).await;
    let sender = Sender::to(stage.address);
    for round in 0..64 {
        let sent = sender.call::<_, ()>(PUSH, dirty()).await;
        assert!(sent.is_ok(), "{round}: {sent:?}");
        assert_eq!(upstream.calls().last().unwrap().message, clean());
    }
}

#[tokio::test]
async fn compression_is_the_stages_choice() {
    for (compression, told) in [
        (Compression::None, None),
        (Compression::Gzip, Some("gzip")),
        (Compression::Zstd, Some("zstd")),
    ] {
        let upstream = Upstream::<Push>::good().await;
        let stage = stage(Protocol::Vector, upstream.address).compression(compression);
        let stage = Running::start(Serve::builder(guard()).stage(stage)).await;
        let sender = Sender::to(stage.address).compressing(CompressionEncoding::Gzip);
        let sent = sender.call::<_, ()>(PUSH, dirty()).await;
        assert!(sent.is_ok(), "{compression:?}: {sent:?}");
        let call = upstream.only();
        assert_eq!(call.message, clean());
        let encoding = call.metadata.get("grpc-encoding");
        assert_eq!(encoding.map(|encoding| encoding.to_str().unwrap()), told);
    }
}

#[tokio::test]
async fn a_sender_is_told_once_the_upstream_has_said_so() {
    let (release, released) = tokio::sync::watch::channel(false);
    let upstream = Upstream::<Push>::new(move |_| {
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await.unwrap();
            Ok(Response::new(()))
        }
    })
    .await;
    let stage = Running::start(to(Protocol::Vector, upstream.address)).await;
    let sender = Sender::to(stage.address);
    let sent = tokio::spawn(async move { sender.call::<_, ()>(PUSH, dirty()).await });
    until(|| upstream.calls().len() == 1).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!sent.is_finished());
    release.send(true).unwrap();
    sent.await.unwrap().unwrap();
}

#[tokio::test]
async fn metadata_passes_both_ways() {
    let upstream = Upstream::<Push>::new(|_| async {
        let mut response = Response::new(());
        response.metadata_mut().insert("x-from", MetadataValue::from_static("upstream"));
        Ok(response)
    })
    .await;
    let stage = Running::start(to(Protocol::Vector, upstream.address)).await;
    let mut request = tonic::Request::new(dirty());
    let token = MetadataValue::from_static("Bearer for the next hop");
    request.metadata_mut().insert("authorization", token);
    let reply = Sender::to(stage.address).request::<_, ()>(PUSH, request).await.unwrap();
    assert_eq!(reply.metadata().get("x-from").unwrap(), "upstream");
    let metadata = upstream.only().metadata;
    assert_eq!(metadata.get("authorization").unwrap(), "Bearer for the next hop");
}

#[tokio::test]
async fn what_the_upstream_refuses_is_told_as_it_says() {
    let upstream = Upstream::<Push>::new(|_| async {
        let details = bytes::Bytes::from_static(b"details");
        let mut status = Status::with_details(Code::ResourceExhausted, "slower", details);
        let pushback = MetadataValue::from_static("250");
        status.metadata_mut().insert("grpc-retry-pushback-ms", pushback);
        Err::<Response<()>, _>(status)
    })
    .await;
    let stage = Running::start(to(Protocol::Vector, upstream.address)).await;
    let status = Sender::to(stage.address).call::<_, ()>(PUSH, dirty()).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, "slower"));
    assert_eq!(status.details(), b"details");
    assert_eq!(status.metadata().get("grpc-retry-pushback-ms").unwrap(), "250");
}

#[tokio::test]
async fn health_is_the_upstreams() {
    let upstream = Upstream::<()>::new(|_| async { Ok(Response::new(Health { status: 1 })) }).await;
    let stage = Running::start(to(Protocol::Vector, upstream.address)).await;
    for path in ["/vector.Vector/HealthCheck", "/grpc.health.v1.Health/Check"] {
        let health: Health = Sender::to(stage.address).call(path, ()).await.unwrap();
        assert_eq!(health.status, 1, "{path}");
    }
    assert_eq!(upstream.calls().len(), 2);
}

#[tokio::test]
async fn a_question_with_a_secret_in_it_stays() {
    let upstream = Upstream::<()>::good().await;
    let stage = Running::start(to(Protocol::Vector, upstream.address)).await;
    let question = SECRET.to_owned();
    let sender = Sender::to(stage.address);
    let sent = sender.call::<_, ()>("/grpc.health.v1.Health/Check", question);
    assert_eq!(sent.await.unwrap_err().code(), Code::InvalidArgument);
    assert!(upstream.calls().is_empty());
}

#[tokio::test]
async fn other_methods_are_not_passed_on() {
    let upstream = Upstream::<Push>::good().await;
    let stage = Running::start(to(Protocol::Vector, upstream.address)).await;
    let sender = Sender::to(stage.address);
    for path in
        ["/vector.Vector/Other", "/opentelemetry.proto.collector.logs.v1.LogsService/Export", "/"]
    {
        let status = sender.call::<_, ()>(path, dirty()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
    }
    assert_eq!(stage.send("application/json", "{}").await.0, 415);
    assert!(upstream.calls().is_empty());
}

/// Vector does not send again what was answered with these.
#[tokio::test]
async fn what_will_never_be_good_is_told_so() {
    let upstream = Upstream::<Push>::good().await;
    let stage = Running::start(to(Protocol::Vector, upstream.address)).await;
    for (frame, code) in [
        // A field that is longer than its message.
        (&b"\0\0\0\0\x02\x0a\x7f"[..], Code::InvalidArgument),
        // Compressed, it says.
        (b"\x01\0\0\0\x02\x0a\x7f", Code::InvalidArgument),
        // Shorter than it says.
        (b"\0\0\0\0\x09\x0a\x7f", Code::InvalidArgument),
        // Two messages, and none.
        (b"\0\0\0\0\0\0\0\0\0\0", Code::InvalidArgument),
        (b"", Code::InvalidArgument),
        // A gibibyte, it says.
        (b"\0\x40\0\0\0", Code::OutOfRange),
    ] {
        assert_eq!(raw(stage.address, PUSH, frame).await, code, "{frame:?}");
    }
    assert!(upstream.calls().is_empty());
}

/// A part that is not looked at would be acknowledged and lost.
#[tokio::test]
async fn a_message_that_is_compressed_in_parts_arrives_whole() {
    let upstream = Upstream::<Push>::good().await;
    let stage = Running::start(to(Protocol::Vector, upstream.address)).await;
    let plain = dirty().encode_to_vec();
    let (first, second) = plain.split_at(plain.len() / 2);
    let parts = [gzip(first), gzip(second)].concat();
    let framed = |flag: u8, message: &[u8]| {
        let len = u32::try_from(message.len()).unwrap();
        [&[flag], &len.to_be_bytes()[..], message].concat()
    };
    assert_eq!(raw(stage.address, PUSH, framed(1, &parts)).await, Code::Ok);
    assert_eq!(upstream.only().message, clean());
    // Nor is what stands behind the end passed over.
    let behind = [&gzip(&plain)[..], b"more"].concat();
    assert_eq!(raw(stage.address, PUSH, framed(1, &behind)).await, Code::InvalidArgument);
    assert_eq!(raw(stage.address, PUSH, framed(2, &plain)).await, Code::InvalidArgument);
    assert_eq!(upstream.calls().len(), 1);
}
