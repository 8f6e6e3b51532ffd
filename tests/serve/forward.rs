//! The Forward protocol between scripted clients and upstreams.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keepmum::serve::{Protocol, Serve, ServeBuilder, ServeLimits};
use keepmum::{Finding, Guard, Observer, Redactor, Surface};
use rmpv::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::connections::{any, over};
use crate::harness::{REDACTED, Running, SECRET, guard, until, within};

/// Values as bytes.
pub(crate) fn packed(values: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::new();
    values.iter().for_each(|value| rmpv::encode::write_value(&mut bytes, value).unwrap());
    bytes
}

/// A record with something in it.
fn record(says: &str) -> Value {
    Value::Map(vec![("log".into(), says.into()), ("n".into(), 7.into())])
}

/// A message in the way that most clients send one.
pub(crate) fn message(chunk: &str, says: &str) -> Value {
    let entries = packed(&[
        Value::Array(vec![1.into(), record("clean")]),
        Value::Array(vec![2.into(), record(says)]),
    ]);
    let options = vec![("chunk".into(), chunk.into()), ("size".into(), 2.into())];
    Value::Array(vec!["app".into(), Value::Binary(entries), Value::Map(options)])
}

/// Reads one value.
pub(crate) async fn value(stream: &mut TcpStream) -> std::io::Result<Value> {
    let mut bytes = Vec::new();
    loop {
        let mut rest = &bytes[..];
        if let Ok(value) = rmpv::decode::read_value(&mut rest) {
            assert!(rest.is_empty(), "one value at a time");
            return Ok(value);
        }
        bytes.push(stream.read_u8().await?);
    }
}

/// The name of a chunk.
pub(crate) fn chunk(message: &Value) -> Option<String> {
    let options = message.as_array()?.last()?.as_map()?;
    let chunk = options.iter().find(|(key, _)| key.as_str() == Some("chunk"))?;
    Some(chunk.1.as_str()?.to_owned())
}

fn ack(chunk: &str) -> Vec<u8> {
    packed(&[Value::Map(vec![("ack".into(), chunk.into())])])
}

/// An upstream that acknowledges what it gets.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: std::net::SocketAddr,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    pub(crate) async fn new() -> Self {
        Self::ending(|_| false).await
    }

    /// One that ends the connection instead of the acknowledgement of a message of which `ends` says so.
    pub(crate) async fn ending(ends: fn(usize) -> bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let seen = Arc::clone(&receiver.seen);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    while let Ok(message) = value(&mut stream).await {
                        let count = {
                            let mut seen = seen.lock().unwrap();
                            seen.push(message.clone());
                            seen.len()
                        };
                        if ends(count) {
                            return;
                        }
                        if let Some(chunk) = chunk(&message) {
                            let _ = stream.write_all(&ack(&chunk)).await;
                        }
                    }
                });
            }
        });
        receiver
    }

    pub(crate) fn seen(&self) -> Vec<Value> {
        self.seen.lock().unwrap().clone()
    }
}

fn to(upstream: std::net::SocketAddr) -> ServeBuilder {
    over(Protocol::Forward, &format!("tcp://{upstream}"))
}

/// A client and what it talks to, with the stage between them.
async fn between(
    builder: impl FnOnce(std::net::SocketAddr) -> ServeBuilder,
) -> (Running, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stage = Running::start(builder(listener.local_addr().unwrap())).await;
    let client = TcpStream::connect(stage.address).await.unwrap();
    let (upstream, _) = within(listener.accept()).await.unwrap();
    (stage, client, upstream)
}

/// Whether the other side has ended the connection, having said nothing.
async fn is_closed(stream: &mut TcpStream) {
    let mut said = Vec::new();
    let _ = within(stream.read_to_end(&mut said)).await;
    assert_eq!(said, b"");
}

#[tokio::test]
async fn events_arrive_without_secrets_and_their_acknowledgements_come_back() {
    let receiver = Receiver::new().await;
    let stage = Running::start(to(receiver.address)).await;
    let mut client = TcpStream::connect(stage.address).await.unwrap();
    for (name, says) in [("c1", "clean"), ("c2", SECRET), ("c3", "clean")] {
        client.write_all(&packed(&[message(name, says)])).await.unwrap();
        let acknowledged = within(value(&mut client)).await.unwrap();
        assert_eq!(packed(&[acknowledged]), ack(name));
    }
    let expected = [("c1", "clean"), ("c2", REDACTED), ("c3", "clean")];
    assert_eq!(receiver.seen(), expected.map(|(name, says)| message(name, says)));
}

#[tokio::test]
async fn a_message_in_single_bytes_is_one() {
    let receiver = Receiver::new().await;
    let stage = Running::start(to(receiver.address)).await;
    let mut client = TcpStream::connect(stage.address).await.unwrap();
    client.set_nodelay(true).unwrap();
    for byte in packed(&[message("c", SECRET), Value::Nil]) {
        client.write_all(&[byte]).await.unwrap();
        client.flush().await.unwrap();
    }
    within(value(&mut client)).await.unwrap();
    until(|| receiver.seen().len() == 2).await;
    assert_eq!(receiver.seen(), [message("c", REDACTED), Value::Nil]);
}

#[tokio::test]
async fn the_handshake_is_between_the_two_of_them() {
    let (_stage, mut client, mut upstream) = between(to).await;
    let helo = Value::Array(vec!["HELO".into(), Value::Map(vec![("nonce".into(), "n".into())])]);
    let six = ["PING", SECRET, "salt", "digest", "", ""].map(Value::from).to_vec();
    let ping = Value::Array(six);
    let pong = Value::Array(vec!["PONG".into(), true.into(), "".into(), "host".into(), "d".into()]);
    upstream.write_all(&packed(std::slice::from_ref(&helo))).await.unwrap();
    assert_eq!(within(value(&mut client)).await.unwrap(), helo);
    client.write_all(&packed(std::slice::from_ref(&ping))).await.unwrap();
    // Names and digests: nobody looks into them.
    assert_eq!(within(value(&mut upstream)).await.unwrap(), ping);
    upstream.write_all(&packed(std::slice::from_ref(&pong))).await.unwrap();
    assert_eq!(within(value(&mut client)).await.unwrap(), pong);
    client.write_all(&packed(&[message("c", SECRET)])).await.unwrap();
    assert_eq!(within(value(&mut upstream)).await.unwrap(), message("c", REDACTED));
    // And not a second time.
    client.write_all(&packed(&[ping])).await.unwrap();
    is_closed(&mut upstream).await;
}

#[tokio::test]
async fn who_was_not_asked_has_no_answer() {
    let (_stage, mut client, mut upstream) = between(to).await;
    let ping = Value::Array(["PING", SECRET, "", "", "", ""].map(Value::from).to_vec());
    client.write_all(&packed(&[ping])).await.unwrap();
    is_closed(&mut upstream).await;
    is_closed(&mut client).await;
}

#[tokio::test]
async fn nothing_leaves_of_what_is_damaged() {
    let good = packed(&[message("c", "clean")]);
    let entries = [packed(&[record(SECRET)]), vec![0xC1]].concat();
    let torn = Value::Array(vec!["app".into(), Value::Binary(entries)]);
    let deep = [vec![0x92, 0xA1, b't'], vec![0x91; 2000], vec![0xC0]].concat();
    for bad in [
        packed(&[torn]),
        deep,
        format!("[\"app\",1,{{\"log\":\"{SECRET}\"}}]").into_bytes(),
        packed(&[record(SECRET)]),
        packed(&[Value::from(SECRET)]),
        vec![0x93, 0xA1, b't', 0xDD, 0xFF, 0xFF, 0xFF, 0xFF],
    ] {
        let (_stage, mut client, mut upstream) = between(to).await;
        client.write_all(&good).await.unwrap();
        assert_eq!(within(value(&mut upstream)).await.unwrap(), message("c", "clean"));
        client.write_all(&bad).await.unwrap();
        is_closed(&mut upstream).await;
        is_closed(&mut client).await;
    }
}

#[tokio::test]
async fn nothing_leaves_of_what_lacks_its_end() {
    let whole = packed(&[message("c", SECRET)]);
    for len in [1, 2, whole.len() / 2, whole.len() - 1] {
        let (_stage, mut client, mut upstream) = between(to).await;
        client.write_all(&whole[..len]).await.unwrap();
        client.shutdown().await.unwrap();
        is_closed(&mut upstream).await;
    }
}

#[tokio::test]
async fn what_is_too_long_or_too_slow_is_refused() {
    let mut limits = ServeLimits::default();
    limits.longest = 1000;
    limits.body_time = Duration::from_millis(100);
    let limited = |upstream| to(upstream).limits(limits);
    let (_stage, mut client, mut upstream) = between(limited).await;
    let _ = client.write_all(&packed(&[message("c", &"x".repeat(1000))])).await;
    is_closed(&mut upstream).await;
    let (_stage, mut client, mut upstream) = between(limited).await;
    // Silence is not slow; a message that has begun is.
    tokio::time::sleep(Duration::from_millis(300)).await;
    client.write_all(&packed(&[message("c", "clean")])).await.unwrap();
    within(value(&mut upstream)).await.unwrap();
    client.write_all(b"\x92").await.unwrap();
    is_closed(&mut upstream).await;
    is_closed(&mut client).await;
}

#[tokio::test]
async fn without_an_upstream_a_client_is_sent_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = listener.local_addr().unwrap();
    drop(listener);
    let stage = Running::start(to(upstream)).await;
    is_closed(&mut TcpStream::connect(stage.address).await.unwrap()).await;
}

#[tokio::test]
async fn an_upstream_that_ends_ends_the_client() {
    let (_stage, mut client, upstream) = between(to).await;
    drop(upstream);
    is_closed(&mut client).await;
}

#[tokio::test]
async fn what_the_upstream_does_not_take_is_not_read() {
    let (_stage, mut client, mut upstream) = between(to).await;
    let one = packed(&[message("c", &"x".repeat(60_000))]);
    let mut written = 0;
    // As much as the system holds on both connections, and a message.
    while let Ok(count) =
        tokio::time::timeout(Duration::from_millis(500), client.write(&one[written % one.len()..]))
            .await
    {
        written += count.unwrap();
        assert!(written < 64 << 20, "nobody holds it back");
    }
    // It all comes once it is taken.
    let mut read = 0;
    let mut buffer = vec![0; 1 << 16];
    while read < written / one.len() * one.len() {
        read += within(upstream.read(&mut buffer)).await.unwrap();
    }
}

#[tokio::test]
async fn at_the_end_what_came_is_sent_and_acknowledged() {
    let (mut stage, mut client, mut upstream) = between(to).await;
    client.write_all(&packed(&[message("c", SECRET)])).await.unwrap();
    assert_eq!(within(value(&mut upstream)).await.unwrap(), message("c", REDACTED));
    stage.stop();
    // Nothing else will come.
    is_closed(&mut upstream).await;
    upstream.write_all(&ack("c")).await.unwrap();
    drop(upstream);
    let acknowledged = within(value(&mut client)).await.unwrap();
    assert_eq!(packed(&[acknowledged]), ack("c"));
    stage.ended().await;
}

/// An observer that cannot take it.
struct Panics;

impl Observer for Panics {
    fn scanned(&self, _: Surface, _: u64, _: Duration) {}

    fn redacted(&self, _: Surface, _: &Finding) {
        panic!("no");
    }
}

#[tokio::test]
async fn a_panic_sends_nothing() {
    let redactor = Redactor::builder().secret("db-password", SECRET).unwrap().build().unwrap();
    let guard = Guard::from(redactor).observed_by(Arc::new(Panics));
    let panicking = |upstream| {
        let stage = any(Protocol::Forward, &format!("tcp://{upstream}"));
        Serve::builder(guard).stage(stage)
    };
    let (stage, mut client, mut upstream) = between(panicking).await;
    client.write_all(&packed(&[message("c", SECRET)])).await.unwrap();
    is_closed(&mut upstream).await;
    is_closed(&mut client).await;
    // The stage lives.
    assert!(TcpStream::connect(stage.address).await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_accounted_for_is_not_sent() {
    let refusing = |upstream| {
        to(upstream).accounted_by(Arc::new(|surface: Surface, _: &str, found: &[Finding]| {
            assert_eq!((surface.as_str(), found.len()), ("forward", 1));
            Err("no".into())
        }))
    };
    let (_stage, mut client, mut upstream) = between(refusing).await;
    client.write_all(&packed(&[message("c", "clean")])).await.unwrap();
    assert_eq!(within(value(&mut upstream)).await.unwrap(), message("c", "clean"));
    client.write_all(&packed(&[message("c", SECRET)])).await.unwrap();
    is_closed(&mut upstream).await;
}

#[tokio::test]
async fn messages_are_counted() {
    let receiver = Receiver::new().await;
    let stage = any(Protocol::Forward, &format!("tcp://{}", receiver.address));
    let builder = Serve::builder(guard()).stage(stage).status("127.0.0.1:0".parse().unwrap());
    let stage = Running::start(builder).await;
    let mut client = TcpStream::connect(stage.address).await.unwrap();
    for name in ["a", "b"] {
        client.write_all(&packed(&[message(name, SECRET)])).await.unwrap();
        within(value(&mut client)).await.unwrap();
    }
    client.write_all(&packed(&[record(SECRET)])).await.unwrap();
    is_closed(&mut client).await;
    let name = "stage=\"forward:127.0.0.1:0\"";
    for (line, figure) in [
        (format!("keepmum_serve_requests_total{{{name},outcome=\"passed\"}}"), 2),
        (format!("keepmum_serve_requests_total{{{name},outcome=\"refused\"}}"), 1),
        (format!("keepmum_serve_redactions_total{{{name}}}"), 2),
    ] {
        assert_eq!(stage.figure(&line).await, figure, "{line}");
    }
}
