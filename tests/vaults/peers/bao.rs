//! OpenBao, which speaks HashiCorp Vault's protocol, in its development mode.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::python::{programs, said};
use super::server::{Server, until};

pub(crate) struct Bao {
    server: Server,
    scheme: Scheme,
    program: PathBuf,
    home: TempDir,
}

#[derive(Clone, Copy)]
enum Scheme {
    Http,
    Https,
}

/// Of the server that one test starts; nothing else takes it.
const ROOT: &str = "root-of-this-test";

impl Bao {
    /// None where it cannot be had.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(Scheme::Http)
    }

    /// With a certificate of an authority of its own.
    pub(crate) fn start_tls() -> Option<Self> {
        Self::start_with(Scheme::Https)
    }

    fn start_with(scheme: Scheme) -> Option<Self> {
        let program = programs()?.join("bao");
        let home = TempDir::new().unwrap();
        let server = Server::start(|port| {
            let mut command = Command::new(&program);
            command.env_clear().env("HOME", home.path());
            command.args(["server", "-dev-no-store-token"]);
            match scheme {
                Scheme::Http => command.arg("-dev"),
                Scheme::Https => command.arg("-dev-tls").arg("-dev-tls-cert-dir").arg(home.path()),
            };
            command.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
            command.arg(format!("-dev-root-token-id={ROOT}"));
            command
        });
        let bao = Self { server, scheme, program, home };
        fs::write(bao.root_file(), ROOT).unwrap();
        // It listens before its first mounts are there.
        until(|| {
            bao.command(&["kv", "put", "secret/first", "value=1"])
                .output()
                .unwrap()
                .status
                .success()
        });
        Some(bao)
    }

    pub(crate) fn address(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        format!("{scheme}://127.0.0.1:{}", self.server.port)
    }

    /// The certificate of its authority.
    pub(crate) fn authority(&self) -> PathBuf {
        self.file("vault-ca.pem")
    }

    /// The file that holds the token which may do everything.
    pub(crate) fn root_file(&self) -> PathBuf {
        self.file("root")
    }

    /// A file of the test's own.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("HOME", self.home.path()).env("BAO_ADDR", self.address());
        if let Scheme::Https = self.scheme {
            command.env("BAO_CACERT", self.authority());
        }
        command.env("BAO_TOKEN", ROOT).args(args);
        command
    }

    /// Does `bao ARGS`, and gives what it prints.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "bao {}: {}", args[0], said(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Writes `policy`, and the token of one who has nothing else into a file.
    pub(crate) fn token_for(&self, policy: &str) -> PathBuf {
        self.policy("reader", policy);
        let token = self.run(&["token", "create", "-policy=reader", "-field=token"]);
        write(self.file("token"), &token)
    }

    pub(crate) fn policy(&self, name: &str, policy: &str) {
        let file = write(self.file("policy.hcl"), policy);
        self.run(&["policy", "write", name, &file.display().to_string()]);
    }

    pub(crate) fn stop(&mut self) {
        self.server.stop();
    }
}

fn write(path: PathBuf, text: &str) -> PathBuf {
    fs::write(&path, text).unwrap();
    path
}

/// As TOML writes it.
pub(crate) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}
