//! Tests that change the whole process run in one of their own.

use std::process::Command;

/// Runs the test of that name by itself, where [`is_alone`] is true; what it prints on standard error, and whether it
/// passes.
pub(crate) fn alone(test: &str, backtrace: &str) -> (String, bool) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env("ALONE", "1");
    let out = command.env("RUST_BACKTRACE", backtrace).output().unwrap();
    (String::from_utf8(out.stderr).unwrap(), out.status.success())
}

pub(crate) fn is_alone() -> bool {
    std::env::var_os("ALONE").is_some()
}
