//! Stages of `keepmum serve` under load: what a stage takes of a core, what a hop through it costs, and whether its memory grows.
//!
//! `cargo bench --features full --bench serve -- [--smoke] [--only=http,vector,…] [--soak=EVENTS]`. Events are of about a
//! kilobyte, a thousand a request. Clean events and some of which every fiftieth holds a known secret go straight to a sink and
//! through a stage to it, in turn; figures are medians of the rounds. `--soak` sends so many events through each stage and
//! prints its memory on the way.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

mod events;
mod load;
mod protocol;
mod stage;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use keepmum::rule::template::expand;
use tokio::runtime::Runtime;

use events::BATCH;
use protocol::Protocol;
use stage::Stage;

/// Clients at once: as many as are needed to keep a stage busy on two cores.
const CLIENTS: usize = 4;

fn main() {
    let options: Vec<String> = std::env::args().collect();
    let value = |name: &str| options.iter().find_map(|option| option.strip_prefix(name));
    let smoke = options.iter().any(|option| option == "--smoke");
    let only = value("--only=");
    let chosen = |protocol: &Protocol| {
        only.is_none_or(|only| only.split(',').any(|one| one == protocol.name()))
    };
    let secret = expand("correct-horse-{alnum:24}", 7).unwrap().text;
    let runtime = Runtime::new().unwrap();
    let protocols = Protocol::ALL.into_iter().filter(chosen);
    if let Some(events) = value("--soak=") {
        let events = events.parse().expect("a number of events");
        protocols.for_each(|protocol| runtime.block_on(soak(protocol, &secret, events)));
        return;
    }
    let (rounds, time) = if smoke { (1, 300) } else { (5, 2000) };
    println!(
        "| protocol | events | straight MB/s | through MB/s | events/s | MB per CPU second of the stage | memory MiB |"
    );
    println!("|---|---|---|---|---|---|---|");
    for protocol in protocols {
        for (kind, one_in) in [("clean", usize::MAX), ("1 in 50", 50)] {
            let load =
                Load { protocol, secret: &secret, one_in, time: Duration::from_millis(time) };
            println!("| {} | {kind} | {} |", protocol.name(), runtime.block_on(load.run(rounds)));
        }
    }
}

struct Load<'a> {
    protocol: Protocol,
    secret: &'a str,
    /// Every so-manieth event holds the secret.
    one_in: usize,
    time: Duration,
}

impl Load<'_> {
    async fn run(&self, rounds: usize) -> String {
        let batch = Bytes::from(self.protocol.batch(&events::events(self.secret, self.one_in)));
        let (port, _) = load::sink(self.protocol.travel()).await.unwrap();
        let stage = Stage::start(self.protocol, port, self.secret).unwrap();
        let (mut straight, mut through, mut cost) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            straight.push(self.rate(([127, 0, 0, 1], port).into(), &batch).await.0);
            let before = stage.cpu();
            let (rate, bytes) = self.rate(stage.address, &batch).await;
            through.push(rate);
            cost.push(bytes / (stage.cpu() - before).as_secs_f64().max(0.01) / 1e6);
        }
        let through = median(through);
        let events = through * 1e6 / batch.len() as f64 * BATCH as f64;
        let memory = stage.memory().1 as f64 / 1024.0;
        let (straight, cost) = (median(straight), median(cost));
        format!("{straight:.0} | {through:.0} | {events:.0} | {cost:.0} | {memory:.0}")
    }

    /// MB/s, and bytes.
    async fn rate(&self, to: SocketAddr, batch: &Bytes) -> (f64, f64) {
        let started = Instant::now();
        let end = started + self.time;
        let sent = batches(self.protocol, to, batch, end).await;
        let bytes = sent as f64 * batch.len() as f64;
        (bytes / started.elapsed().as_secs_f64() / 1e6, bytes)
    }
}

async fn batches(protocol: Protocol, to: SocketAddr, batch: &Bytes, end: Instant) -> u64 {
    let travel = protocol.travel();
    let clients = (0..CLIENTS).map(|_| tokio::spawn(load::send(travel, to, batch.clone(), end)));
    let mut sent = 0;
    for client in clients.collect::<Vec<_>>() {
        sent += client.await.unwrap();
    }
    sent
}

/// Sends `events` events and prints the memory at each tenth of them.
async fn soak(protocol: Protocol, secret: &str, events: u64) {
    let batch = Bytes::from(protocol.batch(&events::events(secret, 50)));
    let (port, _) = load::sink(protocol.travel()).await.unwrap();
    let stage = Stage::start(protocol, port, secret).unwrap();
    let (mut sent, mut at_tenth) = (0, Vec::new());
    for tenth in 1..=10 {
        while sent < events / 10 * tenth {
            let end = Instant::now() + Duration::from_millis(500);
            sent += batches(protocol, stage.address, &batch, end).await * BATCH as u64;
        }
        at_tenth.push(stage.memory().0);
    }
    let told = at_tenth.iter().map(|kib| format!("{:.0}", *kib as f64 / 1024.0));
    println!(
        "{}: {sent} events, MiB at each tenth: {}",
        protocol.name(),
        told.collect::<Vec<_>>().join(" ")
    );
    // The first tenths fill pools and caches; from there on it stays.
    let (early, late) = (at_tenth[2], at_tenth[9]);
    assert!(
        late <= early + early / 4 + (8 << 10),
        "{}: memory grows from {early} to {late} KiB",
        protocol.name()
    );
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
