//! Syslog between scripted clients and upstreams.

use std::net::SocketAddr;
use std::time::Duration;

use keepmum::rule::template::expand;
use keepmum::serve::{Framing, Protocol, Serve, ServeBuilder, ServeLimits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::{sleep, timeout};

use crate::connections::{any, over};
use crate::harness::{REDACTED, Running, SECRET, guard, within};

fn to(upstream: SocketAddr) -> ServeBuilder {
    over(Protocol::Syslog, &format!("tcp://{upstream}"))
}

/// A client and what it talks to, with the stage between them.
async fn between(
    builder: impl FnOnce(SocketAddr) -> ServeBuilder,
) -> (Running, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stage = Running::start(builder(listener.local_addr().unwrap())).await;
    let client = TcpStream::connect(stage.address).await.unwrap();
    let (upstream, _) = within(listener.accept()).await.unwrap();
    (stage, client, upstream)
}

/// What comes when the client writes `input` and ends.
async fn passed(input: &[u8]) -> String {
    let (_stage, mut client, mut upstream) = between(to).await;
    client.write_all(input).await.unwrap();
    client.shutdown().await.unwrap();
    rest(&mut upstream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let _ = within(stream.read_to_end(&mut all)).await;
    String::from_utf8(all).unwrap()
}

async fn arrives(stream: &mut TcpStream, expected: &str) {
    let mut read = vec![0; expected.len()];
    within(stream.read_exact(&mut read)).await.unwrap();
    assert_eq!(String::from_utf8(read).unwrap(), expected);
}

fn counted(message: &str) -> String {
    format!("{} {message}", message.len())
}

#[tokio::test]
async fn messages_keep_their_framing_and_get_their_new_length() {
    let messages = |secret: &str| {
        [
            format!("<13>1 - host app - - - pw {secret}"),
            "<13>Nov 28 21:00:00 host app: clean".to_owned(),
            format!("<13>app: {{\"pw\":\"{secret}\",\"n\":1.0}}"),
        ]
    };
    let spelled = SECRET.replace('o', "\\u006f");
    let came =
        [messages(SECRET)[0].clone(), messages(SECRET)[1].clone(), messages(&spelled)[2].clone()];
    let lines = |all: [String; 3]| all.map(|one| one + "\n").concat();
    assert_eq!(passed(lines(came.clone()).as_bytes()).await, lines(messages(REDACTED)));
    let nul = |all: [String; 3]| all.map(|one| one + "\0").concat();
    assert_eq!(passed(nul(came.clone()).as_bytes()).await, nul(messages(REDACTED)));
    let octets = |all: [String; 3]| all.map(|one| counted(&one)).concat();
    assert_eq!(passed(octets(came).as_bytes()).await, octets(messages(REDACTED)));
}

#[tokio::test]
async fn lines_of_a_connection_are_one_text() {
    let key =
        expand("{dash:5}BEGIN PRIVATE KEY{dash:5}\n{base64:64}\n{base64:20}==", 1).unwrap().text;
    let input = format!("<13>app: {key}\n<13>app: next\n<13>app: no end");
    // Each of its lines is one still.
    let gone = ["[REDACTED:private-key-pem]"; 3].join("\n");
    let expected = format!("<13>app: {gone}\n<13>app: next\n<13>app: no end");
    assert_eq!(passed(input.as_bytes()).await, expected);
    // Of a message that says how long it is, its own text alone.
    let input = counted(&format!("<13>app: {key}")) + &counted("<13>app: next");
    let expected = counted(&format!("<13>app: {gone}")) + &counted("<13>app: next");
    assert_eq!(passed(input.as_bytes()).await, expected);
}

#[tokio::test]
async fn silence_does_not_end_a_line_that_may_begin_a_secret() {
    let key =
        expand("{dash:5}BEGIN PRIVATE KEY{dash:5}\n{base64:64}\n{base64:20}==", 1).unwrap().text;
    let (begins, rest) = key.split_once('\n').unwrap();
    let (_stage, mut client, mut upstream) = between(to).await;
    client.write_all(format!("<13>app: {begins}\n").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(1500)).await;
    client.write_all(format!("{rest}\n<13>app: next\n").as_bytes()).await.unwrap();
    let gone = ["[REDACTED:private-key-pem]"; 3].join("\n");
    arrives(&mut upstream, &format!("<13>app: {gone}\n<13>app: next\n")).await;
    // Others wait for nothing.
    client.write_all(b"<13>app: clean\n").await.unwrap();
    arrives(&mut upstream, "<13>app: clean\n").await;
}

/// One that is long holds what others may need.
#[tokio::test]
async fn but_a_long_one_waits_for_so_long_only() {
    let mut limits = ServeLimits::default();
    limits.body_time = Duration::from_millis(300);
    let (_stage, mut client, mut upstream) = between(|to_| to(to_).limits(limits)).await;
    let line = format!("<13>app: {} -----BEGIN PRIVATE KEY-----\n", "x ".repeat(50_000));
    client.write_all(line.as_bytes()).await.unwrap();
    assert!(rest(&mut upstream).await == line);
}

#[tokio::test]
async fn messages_in_single_bytes_are_messages() {
    for input in [format!("<13>app: {SECRET}\n<13>b\n"), counted(&format!("<13>app: {SECRET}"))] {
        let (_stage, mut client, mut upstream) = between(to).await;
        client.set_nodelay(true).unwrap();
        for byte in input.as_bytes() {
            client.write_all(&[*byte]).await.unwrap();
        }
        client.shutdown().await.unwrap();
        let out = rest(&mut upstream).await;
        assert!(out.contains(REDACTED) && !out.contains("horse"), "{out}");
    }
}

#[tokio::test]
async fn what_is_no_syslog_ends_the_connection_and_what_came_before_arrives() {
    let mut limits = ServeLimits::default();
    limits.longest = 100;
    for (good, bad) in [
        ("", "hello".to_owned()),
        ("", "\u{78}\u{1}".to_owned()),
        ("9 <13>clean", "x <13>".to_owned()),
        ("9 <13>clean", format!("{} <13>", "1".repeat(30))),
        ("9 <13>clean", "101 <13>".to_owned()),
        ("9 <13>clean", "50 <13>cut off".to_owned()),
        ("<13>clean\n", "<13>".repeat(30)),
        ("<13>clean\n", "zx\u{1}rest\n".to_owned()),
    ] {
        let (_stage, mut client, mut upstream) = between(|to_| to(to_).limits(limits)).await;
        client.write_all(format!("{good}{bad}").as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        assert_eq!(rest(&mut upstream).await, good, "{bad}");
    }
}

#[tokio::test]
async fn an_upstream_that_is_away_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let stage = Running::start(to(address)).await;
    let mut client = TcpStream::connect(stage.address).await.unwrap();
    client.write_all(format!("<13>{SECRET}\n").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(300)).await;
    let listener = TcpListener::bind(address).await.unwrap();
    let (mut upstream, _) = within(listener.accept()).await.unwrap();
    arrives(&mut upstream, &format!("<13>{REDACTED}\n")).await;
    // One that goes is made again, and what comes then arrives there.
    drop(upstream);
    client.write_all(b"<13>second\n").await.unwrap();
    let (mut upstream, _) = within(listener.accept()).await.unwrap();
    arrives(&mut upstream, "<13>second\n").await;
}

#[tokio::test]
async fn a_message_that_was_cut_is_written_again_as_a_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stage = Running::start(to(listener.local_addr().unwrap())).await;
    let mut client = TcpStream::connect(stage.address).await.unwrap();
    let (first, _) = within(listener.accept()).await.unwrap();
    // More than the system holds for the first upstream, which reads nothing and goes.
    let long = counted(&format!("<13>{}", "x".repeat(24 << 20)));
    let last = counted("<13>last");
    let sent = tokio::spawn(async move {
        client.write_all(long.as_bytes()).await.unwrap();
        client.write_all(last.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
    });
    sleep(Duration::from_millis(500)).await;
    drop(first);
    let (mut second, _) = within(listener.accept()).await.unwrap();
    let arrived = rest(&mut second).await;
    within(sent).await.unwrap();
    let expected = counted(&format!("<13>{}", "x".repeat(24 << 20))) + &counted("<13>last");
    assert!(arrived == expected, "{} of {} bytes", arrived.len(), expected.len());
}

#[tokio::test]
async fn what_the_upstream_does_not_take_is_not_read() {
    let (_stage, mut client, _upstream) = between(to).await;
    let one = format!("<13>{}\n", "x".repeat(10_000));
    let mut written = 0;
    while let Ok(count) =
        timeout(Duration::from_millis(500), client.write(&one.as_bytes()[written % one.len()..]))
            .await
    {
        written += count.unwrap();
        assert!(written < 64 << 20, "nobody holds it back");
    }
}

#[tokio::test]
async fn at_the_end_what_came_is_sent() {
    let (mut stage, mut client, mut upstream) = between(to).await;
    client.write_all(format!("<13>{SECRET}\n<13>half").as_bytes()).await.unwrap();
    arrives(&mut upstream, &format!("<13>{REDACTED}\n")).await;
    client.write_all(b" a line\n<13>app: -----BEGIN PRIVATE KEY-----\n").await.unwrap();
    arrives(&mut upstream, "<13>half a line\n").await;
    // This one is held until the text ends.
    stage.stop();
    assert_eq!(rest(&mut upstream).await, "<13>app: -----BEGIN PRIVATE KEY-----\n");
    stage.ended().await;
}

/// A socket, and a stage whose clients send datagrams.
async fn from_datagrams(upstream: &str, framing: Option<Framing>) -> (Running, UdpSocket) {
    let mut stage = any(Protocol::Syslog, upstream).datagrams();
    if let Some(framing) = framing {
        stage = stage.framing(framing);
    }
    let builder = Serve::builder(guard()).stage(stage).status("127.0.0.1:0".parse().unwrap());
    let stage = Running::start(builder).await;
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    client.connect(stage.address).await.unwrap();
    (stage, client)
}

#[tokio::test]
async fn datagrams_stay_datagrams() {
    let upstream = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = format!("udp://{}", upstream.local_addr().unwrap());
    let (stage, client) = from_datagrams(&to, None).await;
    let mut buffer = vec![0; 1 << 16];
    for message in [
        format!("<13>app: {SECRET}"),
        "<13>two\nlines".to_owned(),
        "no priority".to_owned(),
        format!("<13>{{\"a\":\"{}\"}}", SECRET.replace('o', "\\u006f")),
    ] {
        client.send(message.as_bytes()).await.unwrap();
        let len = within(upstream.recv(&mut buffer)).await.unwrap();
        let expected =
            message.replace(SECRET, REDACTED).replace(&SECRET.replace('o', "\\u006f"), REDACTED);
        assert_eq!(std::str::from_utf8(&buffer[..len]).unwrap(), expected);
    }
    // One that would grow too long is not cut, and one that is compressed is not passed.
    let long = format!("<13>{}", "password=hUnt2rXy ".repeat(3635));
    assert!((65_000..65_507).contains(&long.len()));
    client.send(long.as_bytes()).await.unwrap();
    client.send(b"z\x78\x9crest").await.unwrap();
    client.send(b"z\x18\xd3rest").await.unwrap();
    client.send(b"<13>next").await.unwrap();
    let len = within(upstream.recv(&mut buffer)).await.unwrap();
    assert_eq!(&buffer[..len], b"<13>next");
    let requests = |outcome: &str| {
        format!(
            "keepmum_serve_requests_total{{stage=\"syslog:udp://127.0.0.1:0\",outcome=\"{outcome}\"}}"
        )
    };
    assert_eq!(stage.figure(&requests("passed")).await, 5);
    assert_eq!(stage.figure(&requests("refused")).await, 3);
}

#[tokio::test]
async fn datagrams_become_frames() {
    let came = ["<13>one\n".to_owned(), format!("<13>{SECRET}\nlines\n"), "<13>three".to_owned()];
    let octets = came.iter().map(|one| counted(&one.replace(SECRET, REDACTED))).collect::<String>();
    let lines = format!("<13>one\n<13>{REDACTED} lines\n<13>three\n");
    for (framing, expected) in
        [(None, &octets), (Some(Framing::OctetCounted), &octets), (Some(Framing::Lf), &lines)]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = format!("tcp://{}", listener.local_addr().unwrap());
        let (_stage, client) = from_datagrams(&to, framing).await;
        for message in &came {
            client.send(message.as_bytes()).await.unwrap();
        }
        let (mut upstream, _) = within(listener.accept()).await.unwrap();
        arrives(&mut upstream, expected).await;
    }
}

/// What stands on one line there may be a secret that stood on two.
#[tokio::test]
async fn no_line_that_a_datagram_becomes_is_a_secret() {
    let key =
        expand("{dash:5}BEGIN PRIVATE KEY{dash:5}\n{base64:64}\n{base64:20}==", 1).unwrap().text;
    let gone = ["[REDACTED:private-key-pem]"; 3].join(" ");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("tcp://{}", listener.local_addr().unwrap());
    let (_stage, client) = from_datagrams(&to, Some(Framing::Lf)).await;
    for (message, expected) in [
        (SECRET.replacen(' ', "\n", 1), REDACTED),
        (SECRET.replace(' ', "\0"), REDACTED),
        // One that is known by its lines is none without them.
        (key, &gone),
    ] {
        client.send(format!("<13>app: {message}\n").as_bytes()).await.unwrap();
        client.send(format!("<13>{expected}").as_bytes()).await.unwrap();
    }
    let (mut upstream, _) = within(listener.accept()).await.unwrap();
    for expected in [REDACTED, REDACTED, &gone] {
        arrives(&mut upstream, &format!("<13>app: {expected}\n<13>{expected}\n")).await;
    }
}

#[tokio::test]
async fn frames_become_datagrams() {
    let upstream = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = format!("udp://{}", upstream.local_addr().unwrap());
    let mut buffer = vec![0; 1 << 16];
    for input in
        [format!("<13>{SECRET}\n\n<14>b\n"), counted(&format!("<13>{SECRET}")) + &counted("<14>b")]
    {
        let stage = Running::start(over(Protocol::Syslog, &to)).await;
        let mut client = TcpStream::connect(stage.address).await.unwrap();
        client.write_all(input.as_bytes()).await.unwrap();
        for expected in [format!("<13>{REDACTED}"), "<14>b".to_owned()] {
            let len = within(upstream.recv(&mut buffer)).await.unwrap();
            assert_eq!(std::str::from_utf8(&buffer[..len]).unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn datagrams_for_nobody_are_lost_and_counted() {
    let upstream = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = upstream.local_addr().unwrap();
    drop(upstream);
    let (stage, client) = from_datagrams(&format!("udp://{address}"), None).await;
    let failed =
        "keepmum_serve_requests_total{stage=\"syslog:udp://127.0.0.1:0\",outcome=\"failed\"}";
    // The system tells with the next one that nobody took the last.
    within(async {
        while stage.figure(failed).await == 0 {
            client.send(b"<13>for nobody").await.unwrap();
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    // Nobody keeps what was lost, and what is sent to somebody arrives.
    let upstream = UdpSocket::bind(address).await.unwrap();
    client.send(b"<13>for somebody").await.unwrap();
    let mut buffer = vec![0; 1 << 16];
    let len = within(upstream.recv(&mut buffer)).await.unwrap();
    assert_eq!(&buffer[..len], b"<13>for somebody");
}
