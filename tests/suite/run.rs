//! `keepmum run`: a program with its secrets, and what it prints.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};

use pty_process::blocking::{Command as OnTerminal, Pty, open};
use tempfile::TempDir;

use crate::cli::text;

const VALUE: &str = "correct-horse-battery-7";

/// `keepmum run ARGS`, in `folder`.
fn keepmum(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args(["run", "--no-config"]).args(args).current_dir(folder.path());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A folder with a file `pw` that holds [`VALUE`].
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("pw"), format!("{VALUE}\n")).unwrap();
    folder
}

/// Runs `script` in a shell whose variable DB is [`VALUE`], by a reference.
fn shell(folder: &TempDir, options: &[&str], script: &str) -> Output {
    shell_command(folder, options, script).output().unwrap()
}

fn shell_command(folder: &TempDir, options: &[&str], script: &str) -> Command {
    let mut command = keepmum(folder, &[options, &["--", "sh", "-c", script]].concat());
    command.env("DB", "file:pw");
    command
}

fn shown(output: &Output) -> (String, String, Option<i32>) {
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

fn send(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
}

#[test]
fn both_outputs_are_redacted_each_for_itself() {
    let script = "echo \"out $DB\"; echo \"err $DB\" >&2; [ $DB = correct-horse-battery-7 ]";
    let output = shell(&folder(), &[], script);
    let expected = ("out [REDACTED:DB]\n".into(), "err [REDACTED:DB]\n".into(), Some(0));
    assert_eq!(shown(&output), expected);
}

/// Half a secret on each output is no secret, and an order between them is not made up.
#[test]
fn a_secret_is_found_across_writes_and_not_across_outputs() {
    let halves = format!("printf {}; sleep 0.05; printf {}; ", &VALUE[..12], &VALUE[12..]);
    let output = shell(&folder(), &["--idle-release=off"], &halves);
    assert_eq!(text(&output.stdout), "[REDACTED:DB]");
    let apart = format!("printf {}; printf {} >&2", &VALUE[..6], &VALUE[6..12]);
    let output = shell(&folder(), &["--only-known"], &apart);
    assert_eq!(shown(&output), (VALUE[..6].into(), VALUE[6..12].into(), Some(0)));
}

#[test]
fn the_exit_status_is_the_program_s() {
    let folder = folder();
    let code = |script: &str| shell(&folder, &[], script).status.code();
    assert_eq!(code("exit 0"), Some(0));
    assert_eq!(code("exit 41"), Some(41));
    assert_eq!(code("kill -KILL $$"), Some(137));
    assert_eq!(code("kill -TERM $$"), Some(143));
    assert_eq!(shell(&folder, &["--pty"], "exit 41").status.code(), Some(41));
    assert_eq!(shell(&folder, &["--pty"], "kill -KILL $$").status.code(), Some(137));
}

#[test]
fn what_cannot_be_started_ends_as_in_a_shell() {
    let folder = folder();
    for pty in [&[][..], &["--pty"]] {
        let code = |program: &str| {
            let output = keepmum(&folder, &[pty, &["--", program]].concat()).output().unwrap();
            assert!(text(&output.stderr).contains(program), "{}", text(&output.stderr));
            output.status.code()
        };
        assert_eq!((code("no-such-program"), code("./pw")), (Some(127), Some(126)));
    }
    assert_eq!(keepmum(&folder, &[]).output().unwrap().status.code(), Some(2));
}

#[test]
fn signals_are_passed_on() {
    let folder = folder();
    for pty in [&[][..], &["--pty"]] {
        for signal in ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2"] {
            let script = format!(
                "trap 'echo got-{signal}; exit 5' {signal}; echo ready; while :; do sleep 0.05; done"
            );
            let mut child = shell_command(&folder, pty, &script).spawn().unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            assert_eq!(lines.next().unwrap().unwrap().trim_end(), "ready");
            send(&child, signal);
            // On its own terminal all of the group gets it, and the shell tells how `sleep` ended.
            let got = lines.any(|line| line.unwrap().trim_end() == format!("got-{signal}"));
            assert!(got, "{signal}");
            assert_eq!(child.wait().unwrap().code(), Some(5), "{signal}");
        }
    }
}

#[test]
fn a_signal_that_is_ignored_stays_so() {
    let folder = folder();
    let inside = "trap '' HUP; exec \"$0\" run --no-config -- sh -c 'kill -HUP $$; echo alive'";
    let mut command = Command::new("sh");
    command.args(["-c", inside, env!("CARGO_BIN_EXE_keepmum")]).current_dir(folder.path());
    assert_eq!(text(&command.output().unwrap().stdout), "alive\n");
}

#[test]
fn variables_come_from_files_and_references_are_resolved() {
    let folder = folder();
    let file = "PLAIN=battery-staple-plain\nREFERRED=file:pw\nDB='over it'\nKEPT=file:pw\n";
    fs::write(folder.path().join("app.env"), file).unwrap();
    let script = "echo $PLAIN $REFERRED $DB $OWN; [ $PLAIN = battery-staple-plain ] && \
                  [ $REFERRED = correct-horse-battery-7 ] && [ \"$KEPT\" = file:pw ]";
    let mut command = shell_command(&folder, &["--env-file=app.env", "--as-is=KEPT"], script);
    let output = command.env("OWN", "as it was").output().unwrap();
    let expected = "[REDACTED:PLAIN] [REDACTED:REFERRED] [REDACTED:DB] as it was\n";
    assert_eq!(shown(&output), (expected.into(), String::new(), Some(0)));
}

#[test]
fn a_reference_that_cannot_be_resolved_starts_nothing() {
    let folder = folder();
    fs::write(folder.path().join("zero"), b"\0").unwrap();
    for (reference, said) in [
        ("file:missing", "missing: No such file"),
        ("file:zero", "zero byte"),
        ("file:.", "directory"),
        ("op://a/b/c", "op"),
    ] {
        let mut command = keepmum(&folder, &["--", "touch", "started"]);
        // Without a path there is no `op`.
        let output = command.env("SOME_KEY", reference).env("PATH", "/none").output().unwrap();
        let (_, message, code) = shown(&output);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains("variable `SOME_KEY`") && message.contains(said), "{message}");
        assert!(!folder.path().join("started").exists());
    }
}

#[cfg(not(all(feature = "vault", feature = "aws", feature = "gcp")))]
#[test]
fn a_scheme_that_is_not_built_in_is_named() {
    for (reference, feature) in [
        #[cfg(not(feature = "vault"))]
        ("vault:secret/app#pw", "vault"),
        #[cfg(not(feature = "aws"))]
        ("aws:app#pw", "aws"),
        #[cfg(not(feature = "gcp"))]
        ("gcp:app", "gcp"),
    ] {
        let output = keepmum(&folder(), &["--", "true"]).env("KEY", reference).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = text(&output.stderr);
        assert!(said.contains(&format!("built without feature `{feature}`")), "{said}");
        assert!(said.contains(reference), "{said}");
    }
}

/// A stand-in for 1Password's program, which answers as it does and notes how it was asked.
#[test]
fn one_password_is_asked_once_for_each_reference() {
    let folder = folder();
    let op = "#!/bin/sh\necho \"$@\" >> asked\ncase \"$2\" in\n\
              op://app/db/password) printf correct-horse-battery-7;;\n*) exit 1;;\nesac\n";
    let path = folder.path().join("op");
    fs::write(&path, op).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let own = std::env::var("PATH").unwrap();
    let command = |reference: &str| {
        let mut command = keepmum(&folder, &["--", "sh", "-c", "echo $A $B; touch started"]);
        command.env("A", reference).env("B", reference);
        command.env("PATH", format!("{}:{own}", folder.path().display()));
        command.output().unwrap()
    };
    let refused = command("op://app/db/other");
    assert_eq!(refused.status.code(), Some(2));
    assert!(!folder.path().join("started").exists());
    let output = command("op://app/db/password");
    let (out, err, code) = shown(&output);
    assert!(out == "[REDACTED:A] [REDACTED:A]\n" || out == "[REDACTED:B] [REDACTED:B]\n", "{out}");
    assert_eq!((err.as_str(), code), ("", Some(0)));
    let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
    assert_eq!(asked.lines().last(), Some("read op://app/db/password --no-newline"));
    assert_eq!(asked.lines().count(), 2);
}

#[test]
fn much_on_both_outputs_at_once_passes() {
    let line = "a line without anything in it";
    let script =
        format!("yes '{line}' | head -n 300000 & yes \"$DB\" | head -n 100000 >&2 & wait; exit 3");
    let (out, err, code) = shown(&shell(&folder(), &[], &script));
    assert!(out == format!("{line}\n").repeat(300_000), "{} bytes", out.len());
    assert!(err == "[REDACTED:DB]\n".repeat(100_000), "{} bytes", err.len());
    assert_eq!(code, Some(3));
}

#[test]
fn a_beginning_is_shown_after_silence() {
    let folder = folder();
    let script = format!("printf {}; read -r line; echo $line", &VALUE[..4]);
    let mut command = shell_command(&folder, &["--idle-release=10"], &script);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut shown = [0; 4];
    child.stdout.as_mut().unwrap().read_exact(&mut shown).unwrap();
    assert_eq!(text(&shown), &VALUE[..4]);
    child.stdin.take().unwrap().write_all(b"typed\n").unwrap();
    assert_eq!(text(&child.wait_with_output().unwrap().stdout), "typed\n");
}

/// Who is left behind with the outputs open does not keep keepmum.
#[test]
fn a_child_of_the_program_that_stays_is_not_waited_for() {
    for pty in [&["--linger=50"][..], &["--linger=50", "--pty"]] {
        let script = "trap '' HUP; sleep 600 & echo $!; echo \"last $DB\"";
        let (out, _, code) = shown(&shell(&folder(), pty, script));
        let (pid, rest) = out.split_once('\n').unwrap();
        let _ = Command::new("kill").arg(pid.trim()).stderr(Stdio::null()).status();
        assert_eq!((rest.trim_end(), code), ("last [REDACTED:DB]", Some(0)));
    }
}

#[test]
fn an_output_that_nobody_reads_ends_the_program() {
    let folder = folder();
    let mut child = shell_command(&folder, &[], "exec yes").spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 4]).unwrap();
    drop(stdout);
    assert_eq!(child.wait().unwrap().code(), Some(141));
}

#[test]
fn a_full_disk_is_told_and_the_program_is_not_left_waiting() {
    let folder = folder();
    for pty in [&[][..], &["--pty"]] {
        let mut command = shell_command(&folder, pty, "yes \"$DB\"; exit 0");
        command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        let (_, err, code) = shown(&command.output().unwrap());
        assert_eq!(code, Some(3), "{err}");
        assert!(err.contains("No space left") && !err.contains("horse"), "{err}");
    }
}

#[test]
fn a_report_names_the_output() {
    let folder = folder();
    let output = shell(&folder, &["--report=found", "--stats"], "echo \"\n$DB\" >&2; echo $DB");
    assert!(text(&output.stderr).contains("2 redactions"), "{}", text(&output.stderr));
    let rows = fs::read_to_string(folder.path().join("found")).unwrap();
    let mut places: Vec<(String, u64)> = rows
        .lines()
        .map(|row| {
            let row: serde_json::Value = serde_json::from_str(row).unwrap();
            (row["file"].as_str().unwrap().to_owned(), row["line"].as_u64().unwrap())
        })
        .collect();
    places.sort();
    assert_eq!(places, [("stderr".to_owned(), 2), ("stdout".to_owned(), 1)]);
}

#[test]
fn the_program_s_limit_on_core_files_is_the_caller_s() {
    let inside = "ulimit -Sc 3; exec \"$0\" run --no-config -- sh -c 'ulimit -Sc'";
    let output =
        Command::new("sh").args(["-c", inside, env!("CARGO_BIN_EXE_keepmum")]).output().unwrap();
    // Where the hard limit is lower there is nothing to hand on.
    if text(&output.stderr).is_empty() {
        assert_eq!(text(&output.stdout), "3\n");
    }
}

#[test]
fn a_terminal_of_its_own_keeps_colours() {
    let script =
        "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && stty size && printf '\\033[31m%s\\033[0m' $DB";
    let (out, err, code) = shown(&shell(&folder(), &["--pty"], script));
    assert_eq!((err.as_str(), code), ("", Some(0)));
    assert!(out.ends_with("24 80\r\n\x1b[31m[REDACTED:DB]\x1b[0m"), "{out:?}");
}

#[test]
fn input_that_is_no_terminal_is_typed_and_ends() {
    let folder = folder();
    for typed in ["first\n", "first\nsecond"] {
        let mut command =
            shell_command(&folder, &["--pty"], "stty -echo; echo ready; cat; echo end");
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.ends_with("ready\r\n") {
            assert!(lines.read_line(&mut line).unwrap() > 0, "{line}");
        }
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, format!("{}end\r\n", typed.replace('\n', "\r\n")));
        assert!(child.wait().unwrap().success());
    }
}

/// A terminal on which `keepmum run` itself runs.
struct Terminal {
    pty: Pty,
    child: Child,
    seen: String,
}

impl Terminal {
    fn start(folder: &TempDir, options: &[&str], script: &str) -> Self {
        let (pty, its_side) = open().unwrap();
        pty.resize(pty_process::Size::new(33, 111)).unwrap();
        let command = OnTerminal::new(env!("CARGO_BIN_EXE_keepmum"))
            .args(["run", "--no-config"])
            .args(options)
            .args(["--", "sh", "-c", script])
            .current_dir(folder.path())
            .env("DB", "file:pw");
        let child = command.spawn(its_side).unwrap();
        Self { pty, child, seen: String::new() }
    }

    /// Reads until `text` was shown.
    fn until(&mut self, text: &str) {
        while !self.seen.contains(text) {
            let mut buffer = [0; 1024];
            let count = self.pty.read(&mut buffer).unwrap_or(0);
            assert!(count > 0, "no `{text}` in {:?}", self.seen);
            self.seen += &String::from_utf8_lossy(&buffer[..count]);
        }
    }

    fn key(&mut self, keys: &[u8]) {
        self.pty.write_all(keys).unwrap();
    }

    fn code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

#[test]
fn size_and_keys_reach_the_program_s_terminal() {
    let folder = folder();
    let script = "trap 'stty size' WINCH; trap 'echo int; exit 9' INT; stty size; echo $DB; \
                  while :; do sleep 0.05; done";
    let mut terminal = Terminal::start(&folder, &["--pty"], script);
    terminal.until("33 111");
    terminal.until("[REDACTED:DB]");
    terminal.pty.resize(pty_process::Size::new(44, 99)).unwrap();
    terminal.until("44 99");
    terminal.key(b"\x03");
    terminal.until("int");
    assert!(!terminal.seen.contains(VALUE));
    assert_eq!(terminal.code(), Some(9));
}

#[test]
fn the_terminal_is_as_before_also_after_a_signal() {
    let folder = folder();
    let keepmum = env!("CARGO_BIN_EXE_keepmum");
    let script = format!(
        "stty -a > before; {keepmum} run --no-config --pty -- true; stty -a > between; \
         {keepmum} run --no-config --pty -- sh -c 'kill -TERM $PPID; sleep 60'; stty -a > after; \
         {keepmum} run --no-config --pty -- no-such-program; stty -a > last; echo finished"
    );
    let mut terminal = Terminal::start(&folder, &["--pty"], &script);
    terminal.until("finished");
    assert_eq!(terminal.code(), Some(0));
    let modes = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(modes("before").contains("icanon"));
    for name in ["between", "after", "last"] {
        assert_eq!(modes(name), modes("before"), "{name}");
    }
}

/// The terminal sends the key's signal to the program as well: passed on it would be a second one.
#[test]
fn a_key_of_a_shared_terminal_is_one_signal() {
    let folder = folder();
    // A signal ends a read as the end of the input does, which comes again and again if nobody is there any more.
    let script = "n=0; tries=0; trap 'n=$((n+1)); echo int' INT; echo ready; \
                  until read -r line; do tries=$((tries+1)); [ $tries -lt 100 ] || exit 9; done; \
                  echo \"count $n\"";
    let mut terminal = Terminal::start(&folder, &[], script);
    terminal.until("ready");
    terminal.key(b"\x03");
    terminal.until("int");
    terminal.key(b"\n");
    terminal.until("count 1");
    assert_eq!(terminal.code(), Some(0));
}
