//! moto, which stands for AWS, and boto3, AWS's own client, which fills it.

use std::path::PathBuf;
use std::process::Command;

use super::python::{programs, said};
use super::server::Server;

pub(crate) struct Moto {
    server: Server,
    python: PathBuf,
}

/// What every script begins with.
const CLIENT: &str = "import os, boto3\nclient = boto3.client('secretsmanager')\n";

impl Moto {
    /// None where it cannot be had.
    pub(crate) fn start() -> Option<Self> {
        let programs = programs()?;
        let server = Server::start(|port| {
            let mut command = Command::new(programs.join("moto_server"));
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            command
        });
        Some(Self { server, python: programs.join("python") })
    }

    /// The variables of one who uses it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.server.port)),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_DEFAULT_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "testing".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "testing".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// Runs a script with a `client` of boto3.
    pub(crate) fn run(&self, script: &str, values: &[(&str, &str)]) {
        let mut command = Command::new(&self.python);
        command.envs(self.environment()).envs(values.iter().copied());
        let output = command.args(["-c", &format!("{CLIENT}{script}")]).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
}
