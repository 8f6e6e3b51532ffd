//! Stages of connections.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use keepmum::serve::{Protocol, Serve, ServeBuilder, Stage};
use tempfile::TempDir;

use crate::harness::{SECRET, guard};

/// A stage on any port that leads to `upstream`.
pub(crate) fn any(protocol: Protocol, upstream: &str) -> Stage {
    Stage::new(protocol, SocketAddr::from(([127, 0, 0, 1], 0)), upstream).unwrap()
}

/// The same, as the only one.
pub(crate) fn over(protocol: Protocol, upstream: &str) -> ServeBuilder {
    Serve::builder(guard()).stage(any(protocol, upstream))
}

/// The program with one stage, and no configuration of whoever runs the tests.
pub(crate) struct Program {
    child: Child,
    folder: TempDir,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// `listen` with port 0 takes any.
    pub(crate) fn start(protocol: &str, listen: &str, upstream: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("db-password"), SECRET).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
        command.current_dir(folder.path()).env("HOME", folder.path());
        command.env("XDG_CONFIG_HOME", folder.path().join("config"));
        command.args(["serve", "--secrets-file=db-password"]).args(options);
        command.arg(format!("{protocol}:{listen}={upstream}")).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended");
            let Some((_, said)) = line.split_once("listening on ") else { continue };
            break said.split(',').next().unwrap().trim_start_matches("udp://").parse().unwrap();
        };
        // Nobody waits for what else it says.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { child, folder, address }
    }

    /// Bytes of memory that it has in use.
    pub(crate) fn resident(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let _ = &self.folder;
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
