//! What the system says about the memory of a running keepmum.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

/// How often `value` stands in the memory of a process; none if it cannot be read.
fn copies(pid: u32, value: &str) -> Option<usize> {
    let memory = fs::File::open(format!("/proc/{pid}/mem")).ok()?;
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let mut count = 0;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let (from, to) =
            (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut bytes = vec![0; (to - from) as usize];
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            count += memchr::memmem::find_iter(&bytes, value).count();
        }
    }
    Some(count)
}

/// Of a value that a program was started with there is what the redactor compares with, and what its last line left as
/// context: no copy of the environment, of the file, or of what was read.
#[test]
fn a_started_program_s_values_are_in_the_redactor_alone() {
    let folder = TempDir::new().unwrap();
    let value = format!("correct-horse-{}", std::process::id());
    fs::write(folder.path().join("app.env"), format!("A={value}\nB=file:pw\n")).unwrap();
    fs::write(folder.path().join("pw"), &value).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_keepmum"))
        .args(["run", "--no-config", "--env-file=app.env", "--idle-release=1", "--"])
        .args(["sh", "-c", "echo $A $B; read -r line"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "[REDACTED:A] [REDACTED:A]\n");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match copies(child.id(), &value) {
            // One in the index; two at most in the context.
            Some(1..=3) => break,
            Some(count) => assert!(Instant::now() < deadline && count > 0, "{count} copies"),
            None => {
                break drop(writeln!(
                    std::io::stderr(),
                    "skipped: memory of others cannot be read"
                ));
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(child.stdin.take());
    assert!(child.wait().unwrap().code().is_some());
}
