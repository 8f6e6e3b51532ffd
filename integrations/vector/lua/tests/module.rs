//! The module in the Lua that Debian ships. `module.lua` says what has to hold.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::Path;
use std::process::Command;

#[test]
fn lua_requires_and_uses_it() {
    if Command::new("lua5.4").arg("-v").output().is_err() {
        return eprint("skipped: there is no lua5.4");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(built(), folder.path().join("keepmum.so")).unwrap();
    let done = Command::new("lua5.4")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/module.lua"))
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.stdout, b"good\n");
}

fn eprint(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The module, built as this test is: cargo builds none for a test by itself.
fn built() -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package=keepmum-lua"]);
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    cargo.arg("--target-dir").arg(folder.parent().unwrap());
    let done = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(done.unwrap().success());
    folder.join("libkeepmum_lua.so")
}
