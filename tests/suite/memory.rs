//! What the system says about the memory of a running keepmum.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::cli::text;

/// A user without rights.
const NOBODY: u32 = 65534;

/// A filter that has begun to work.
fn working(mut command: Command) -> Child {
    command.args(["--no-config", "--only-known"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"prompt: ").unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 8]).unwrap();
    child
}

fn proc(child: &Child, name: &str) -> String {
    fs::read_to_string(format!("/proc/{}/{name}", child.id())).unwrap()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn no_core_file_is_allowed_and_memory_is_locked_where_it_may_be() {
    let mut child = working(Command::new(env!("CARGO_BIN_EXE_keepmum")));
    let limits = proc(&child, "limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    let status = proc(&child, "status");
    let number = |name: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
    let may_lock = u64::from_str_radix(effective.trim(), 16).unwrap() & 1 << 14 != 0;
    assert!(!may_lock || number("VmLck:") > 0, "{status}");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

/// The folder of a process that cannot be dumped, and so not be read by others of the same user, is root's.
#[test]
fn others_of_the_same_user_cannot_read_the_memory() {
    let folder = TempDir::new().unwrap();
    let mut program = env!("CARGO_BIN_EXE_keepmum").to_owned();
    if is_root() {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        program = folder.path().join("keepmum").display().to_string();
        fs::copy(env!("CARGO_BIN_EXE_keepmum"), &program).unwrap();
    }
    let mut command = Command::new(program);
    command.arg("--stats");
    if is_root() {
        command.uid(NOBODY);
    }
    let child = working(command);
    let owner = fs::metadata(format!("/proc/{}/environ", child.id())).unwrap().uid();
    assert_eq!(owner, 0);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let limited = !fs::read_to_string("/proc/self/limits")
        .unwrap()
        .lines()
        .any(|line| line.starts_with("Max locked memory") && line.contains("unlimited"));
    let said = text(&output.stderr);
    assert!(!limited || !is_root() || said.contains("note: memory can be swapped out"), "{said}");
}
