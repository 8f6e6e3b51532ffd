//! `keepmum serve`, the program: also killed, and between a sender and an upstream that stands still.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tonic::Response;

use crate::grpc::{Sender, Upstream as Calls};
use crate::harness::{REDACTED, SECRET, Upstream, client, reply, text, whole, within};
use crate::vector::{PUSH, Push, event, push};

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("db-password"), SECRET).unwrap();
    folder
}

/// The program with its secret, and no configuration of whoever runs the tests.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.current_dir(folder).env("XDG_CONFIG_HOME", folder.join("config")).env("HOME", folder);
    command.arg("serve").arg("--secrets-file=db-password").stderr(Stdio::piped());
    command
}

struct Program {
    child: Child,
    /// Where its one stage listens.
    address: SocketAddr,
    lines: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Program {
    #[expect(
        clippy::zombie_processes,
        reason = "a test that fails here ends, and so does what it started"
    )]
    fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        loop {
            let before = said.len();
            assert!(lines.read_line(&mut said).unwrap() > 0, "it ended: {said}");
            if let Some((_, rest)) = said[before..].split_once("listening on ") {
                let address = rest.split(',').next().unwrap().parse().unwrap();
                return Self { child, address, lines, said };
            }
        }
    }

    /// Ends it with a signal; its exit code and what it said.
    fn end(mut self, signal: Signal) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let code = self.child.wait().unwrap().code();
        let mut said = std::mem::take(&mut self.said);
        self.lines.read_to_string(&mut said).unwrap();
        (code, said)
    }

    /// The most memory that it had so far, in MiB.
    fn most_memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() >> 10
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn it_serves_what_configuration_and_arguments_say_and_ends_in_order() {
    let (upstream, folder) = (Upstream::good().await, folder());
    let toml = format!(
        "audit = 'audit.jsonl'\n[serve]\nstages = [\n  {{ protocol = 'http', listen = '127.0.0.1:0', \
         upstream = 'http://{}', compression = 'none' }},\n]\n[serve.limits]\nlongest = '1K'\n",
        upstream.address
    );
    fs::write(folder.path().join("stages.toml"), toml).unwrap();
    let mut command = command(folder.path());
    let program = Program::start(command.args(["--config=stages.toml", "--requests=2"]));
    for (body, status) in [(format!("zebra {SECRET}"), 200), ("zebra".repeat(1000), 413)] {
        let request = hyper::Request::post(format!("http://{}/", program.address));
        let request = request.body(whole(body)).unwrap();
        assert_eq!(within(client().request(request)).await.unwrap().status(), status);
    }
    assert_eq!(upstream.only().text(), format!("zebra {REDACTED}"));
    let stage = "http:127.0.0.1:0";
    let (code, said) = program.end(Signal::TERM);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("leads to http://{}", upstream.address)), "{said}");
    let rows = fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    assert!(rows.contains(stage) && rows.contains("db-password"), "{rows}");
    assert!(!said.contains("zebra") && !rows.contains("zebra") && !rows.contains(SECRET));
}

#[test]
fn a_file_that_was_only_found_says_not_where_logs_go() {
    let folder = folder();
    let stage =
        "[serve]\nstages = [{ protocol = 'http', listen = '127.0.0.1:0', upstream = 'http://h' }]";
    fs::write(folder.path().join("keepmum.toml"), stage).unwrap();
    let out = command(folder.path()).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8(out.stderr).unwrap().contains("name it: --config"));
}

#[tokio::test]
async fn a_check_connects_and_tells() {
    let (upstream, folder) = (Upstream::good().await, folder());
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let stage = |to: SocketAddr| format!("http:127.0.0.1:0=http://{to}");
    for (stages, code) in
        [(vec![stage(upstream.address)], 0), (vec![stage(upstream.address), stage(nobody)], 1)]
    {
        let mut command = command(folder.path());
        let out = command.arg("--check").args(&stages).output().unwrap();
        assert_eq!(out.status.code(), Some(code), "{out:?}");
        assert_eq!(String::from_utf8(out.stdout).unwrap().lines().count(), stages.len());
    }
    assert!(upstream.seen().is_empty());
    for bad in [vec![], vec!["zebra:127.0.0.1:1=http://h"], vec!["http:127.0.0.1:1=zebra"]] {
        let out = command(folder.path()).args(&bad).output().unwrap();
        assert_eq!(out.status.code(), Some(2));
        assert!(!String::from_utf8(out.stderr).unwrap().contains("zebra"));
    }
}

#[test]
fn the_configurations_of_the_integrations_are_good() {
    let folder = folder();
    for name in ["vector", "opentelemetry"] {
        let file = format!("{}/integrations/{name}/keepmum.toml", env!("CARGO_MANIFEST_DIR"));
        let out = command(folder.path()).args(["--check", "--config", &file]).output().unwrap();
        // Whether somebody listens on their ports is not known here.
        assert!(matches!(out.status.code(), Some(0 | 1)), "{out:?}");
        assert_eq!(String::from_utf8(out.stdout).unwrap().lines().count(), 2);
    }
}

/// A sender that sends again what it was not told to have arrived loses nothing, whenever the stage is killed.
#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_nothing_is_lost_and_nothing_leaves_as_it_is() {
    const EVENTS: i64 = 400;
    let upstream = Calls::<Push>::new(|_| async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(Response::new(()))
    })
    .await;
    let folder = folder();
    let listen = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let stage = format!("vector:{listen}=http://{}", upstream.address);
    let killing = async {
        for _ in 0..6 {
            let program = Program::start(command(folder.path()).arg(&stage));
            tokio::time::sleep(Duration::from_millis(150)).await;
            program.end(Signal::KILL);
        }
        Program::start(command(folder.path()).arg(&stage))
    };
    let sending = tokio::spawn(async move {
        let sender = Sender::to(listen);
        for number in 0..EVENTS {
            let message = push([event(number, &format!("{number} {SECRET}"))]);
            while sender.call::<_, ()>(PUSH, message.clone()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    let program = within(killing).await;
    within(sending).await.unwrap();
    let mut arrived = BTreeMap::<i64, usize>::new();
    for (number, text) in
        upstream.calls().iter().flat_map(|call| &call.message.events).map(|one| one.parts())
    {
        assert_eq!(text, format!("{number} {REDACTED}"));
        *arrived.entry(number).or_default() += 1;
    }
    assert_eq!(arrived.len(), EVENTS as usize);
    assert_eq!(program.end(Signal::TERM).0, Some(0));
}

/// Sixty-four requests of 4 MiB wait for an upstream that does not answer: over HTTP, on many connections; as calls, on one.
#[tokio::test(flavor = "multi_thread")]
async fn before_an_upstream_that_stands_still_memory_is_bounded() {
    const LONG: usize = 4 << 20;
    let folder = folder();
    let (release, released) = tokio::sync::watch::channel(false);
    let answered = released.clone();
    let http = Upstream::new(move |_| {
        let mut released = answered.clone();
        async move {
            released.wait_for(|released| *released).await.unwrap();
            reply(200, "")
        }
    })
    .await;
    let calls = Calls::<Push>::new(move |_| {
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await.unwrap();
            Ok(Response::new(()))
        }
    })
    .await;
    let start = |stage: String| {
        Program::start(command(folder.path()).args([
            "--requests=4",
            "--longest=5M",
            "--only-known",
            &stage,
        ]))
    };
    let over_http = start(format!("http:127.0.0.1:0=http://{}", http.address));
    let over_calls = start(format!("vector:127.0.0.1:0=http://{}", calls.address));
    let long = format!("{SECRET} {}", "x".repeat(LONG));
    let sender = Sender::to(over_calls.address);
    let mut all = tokio::task::JoinSet::new();
    for number in 0..64 {
        let (long, sender) = (long.clone(), sender.clone());
        let request = hyper::Request::post(format!("http://{}/", over_http.address));
        let request = request.body(whole(long.clone())).unwrap();
        all.spawn(async move { text(client().request(request).await.unwrap()).await.0 == 200 });
        let message = push([event(number, &long)]);
        all.spawn(async move { sender.call::<_, ()>(PUSH, message).await.is_ok() });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((http.seen().len(), calls.calls().len()), (4, 4));
    // Each of four holds what came and what goes on, and what is being written or compressed: 5 times its length. Of the others
    // 20 MiB have come, and 5 more, twice as much while they grow. 64 times the length alone would be 256 MiB.
    let most = 60 + 4 * 5 * (LONG >> 20) + 2 * 25;
    for program in [&over_http, &over_calls] {
        assert!(program.most_memory() < most, "{} MiB of {most}", program.most_memory());
    }
    release.send(true).unwrap();
    while let Some(sent) = within(all.join_next()).await {
        assert!(sent.unwrap());
    }
    assert_eq!((http.seen().len(), calls.calls().len()), (64, 64));
}
