//! Tests that change the whole process run in one of their own.

use std::process::Command;

/// What a test did by itself.
pub(crate) struct Done {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) passed: bool,
}

/// Runs the test of that name by itself, where [`is_alone`] is true, with these variables.
pub(crate) fn alone(test: &str, variables: &[(&str, &str)]) -> Done {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env("ALONE", "1").env("RUST_BACKTRACE", "0");
    let out = command.envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { stdout: text(out.stdout), stderr: text(out.stderr), passed: out.status.success() }
}

pub(crate) fn is_alone() -> bool {
    std::env::var_os("ALONE").is_some()
}
