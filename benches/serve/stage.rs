//! The program as a stage, and what it takes.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::protocol::Protocol;

/// `keepmum serve` with one stage. Ends with this.
pub(crate) struct Stage {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Stage {
    /// Starts it in front of a sink on `port`; `secret` is known to it.
    pub(crate) fn start(protocol: Protocol, port: u16, secret: &str) -> io::Result<Self> {
        let name = protocol.name();
        let stage = format!("{name}:127.0.0.1:0={}", protocol.upstream(port));
        let mut child = Command::new(env!("CARGO_BIN_EXE_keepmum"))
            .args(["serve", "--no-config", "--secrets-from-env=BENCH_SECRET", &stage])
            .env("BENCH_SECRET", secret)
            .stderr(Stdio::piped())
            .spawn()?;
        let errors = child.stderr.take().ok_or_else(|| io::Error::other("no standard error"))?;
        let mut lines = BufReader::new(errors).lines();
        let told = lines.find_map(|line| {
            let line = line.ok()?;
            line.split_whitespace().find_map(|word| word.trim_end_matches(',').parse().ok())
        });
        // Whatever it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let address = told.ok_or_else(|| io::Error::other("it does not tell where it listens"))?;
        Ok(Self { child, address })
    }

    /// Processor time so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat =
            fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let behind = stat.rsplit(") ").next().unwrap_or("");
        let ticks =
            behind.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
        // A tick is a hundredth of a second wherever Linux runs Rust.
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// Resident memory, in KiB: now, and at most so far.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        (field("VmRSS:").unwrap_or(0), field("VmHWM:").unwrap_or(0))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
