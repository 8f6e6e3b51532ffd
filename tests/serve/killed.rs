//! Stages of connections as a program: what is killed loses nothing that was not acknowledged, and what is stalled holds little.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::connections::Program;
use crate::forward::{Receiver, chunk, message, packed, value};
use crate::harness::{SECRET, within};

/// Sends every chunk until it is acknowledged, over as many connections as that takes, as Fluentd and Fluent Bit do.
async fn sends(address: SocketAddr, chunks: usize) {
    let mut connection: Option<TcpStream> = None;
    for number in 0..chunks {
        let name = format!("c{number}");
        let bytes = packed(&[message(&name, &format!("{number} {SECRET}"))]);
        loop {
            if connection.is_none() {
                connection = TcpStream::connect(address).await.ok();
            }
            if let Some(stream) = &mut connection
                && stream.write_all(&bytes).await.is_ok()
                && let Ok(Ok(said)) = timeout(Duration::from_secs(5), value(stream)).await
                && said.as_map().unwrap()[0].1.as_str() == Some(&name)
            {
                break;
            }
            connection = None;
            sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn a_stage_that_is_killed_loses_no_chunk() {
    const CHUNKS: usize = 300;
    let receiver = Receiver::new().await;
    let upstream = format!("tcp://{}", receiver.address);
    let start = |listen: &str| Program::start("forward", listen, &upstream, &[]);
    let mut program = start("127.0.0.1:0");
    let address = program.address;
    let sender = tokio::spawn(sends(address, CHUNKS));
    for killed in 1..=4 {
        within(async {
            while receiver.seen().len() < killed * CHUNKS / 5 {
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
        program.kill();
        program = start(&address.to_string());
    }
    within(sender).await.unwrap();
    let seen = receiver.seen();
    let names: BTreeSet<_> = seen.iter().filter_map(chunk).collect();
    assert_eq!(names.len(), CHUNKS);
    for message in &seen {
        let bytes = packed(std::slice::from_ref(message));
        assert!(memchr::memmem::find(&bytes, SECRET.as_bytes()).is_none());
        assert!(memchr::memmem::find(&bytes, b"[REDACTED:db-password]").is_some());
    }
}

#[tokio::test]
async fn an_upstream_that_dies_before_it_acknowledges_loses_no_chunk() {
    const CHUNKS: usize = 40;
    let receiver = Receiver::ending(|count| count % 7 == 0).await;
    let upstream = format!("tcp://{}", receiver.address);
    let program = Program::start("forward", "127.0.0.1:0", &upstream, &[]);
    within(sends(program.address, CHUNKS)).await;
    let names: Vec<_> = receiver.seen().iter().filter_map(chunk).collect();
    assert_eq!(BTreeSet::from_iter(&names).len(), CHUNKS);
    assert!(names.len() > CHUNKS, "none was sent again");
}

#[tokio::test]
async fn an_upstream_that_takes_nothing_costs_little() {
    for (protocol, one) in [
        ("forward", packed(&[message("c", &"x".repeat(100_000))])),
        ("syslog", format!("<13>app: {}\n", "x".repeat(4000)).into_bytes()),
    ] {
        // It accepts, and reads nothing.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = format!("tcp://{}", listener.local_addr().unwrap());
        let program = Program::start(protocol, "127.0.0.1:0", &upstream, &["--longest=1M"]);
        let before = program.resident();
        let mut senders = Vec::new();
        for _ in 0..32 {
            let mut client = TcpStream::connect(program.address).await.unwrap();
            let one = one.clone();
            senders.push(tokio::spawn(async move {
                // Until it is held back.
                let all = async { while client.write_all(&one).await.is_ok() {} };
                timeout(Duration::from_secs(3), all).await.is_err()
            }));
        }
        for sender in senders {
            assert!(within(sender).await.unwrap(), "nobody held it back");
        }
        let grown = program.resident().saturating_sub(before);
        // So many connections with a message each, and what is read ahead of it.
        assert!(grown < 32 << 20, "{protocol}: {grown} bytes");
    }
}

/// Half a message on each of many connections: the stage holds as much of them as its limits say, and others pass.
#[tokio::test]
async fn messages_that_do_not_end_cost_no_more_than_may_be() {
    const LONG: usize = 1 << 20;
    let half = packed(&[message("c", &"x".repeat(LONG - 200))])[..LONG - 1000].to_vec();
    for (protocol, half, one) in [
        ("forward", half, packed(&[message("c", "clean")])),
        (
            "syslog",
            format!("<13>{}", "x".repeat(LONG - 1000)).into_bytes(),
            b"<13>app: clean\n".to_vec(),
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = format!("tcp://{}", listener.local_addr().unwrap());
        let options = ["--longest=1M", "--requests=2"];
        let program = Program::start(protocol, "127.0.0.1:0", &upstream, &options);
        let before = program.resident();
        let (mut senders, mut upstreams) = (Vec::new(), Vec::new());
        for _ in 0..64 {
            let mut client = TcpStream::connect(program.address).await.unwrap();
            upstreams.push(within(listener.accept()).await.unwrap());
            let half = half.clone();
            senders.push(tokio::spawn(async move {
                let _ = timeout(Duration::from_secs(2), client.write_all(&half)).await;
                client
            }));
        }
        let mut clients = Vec::new();
        for sender in senders {
            clients.push(within(sender).await.unwrap());
        }
        let grown = program.resident().saturating_sub(before);
        // Twice the longest, once more, and 80 KiB of each connection; not 64 times.
        assert!(grown < 20 << 20, "{protocol}: {grown} bytes");
        let mut client = TcpStream::connect(program.address).await.unwrap();
        client.write_all(&one).await.unwrap();
        let (mut upstream, _) = within(listener.accept()).await.unwrap();
        let mut read = vec![0; one.len()];
        within(upstream.read_exact(&mut read)).await.unwrap();
        assert_eq!(read, one);
    }
}
