//! Files at rest: `keepmum sweep` and `keepmum watch`. Scenarios by their numbers.

use std::fs::{self, File, FileTimes};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use keepmum::prompt::{Api, PreSend};
use keepmum::rule::template::expand;
use keepmum::sweep::{Change, Kind, Left, Sweeper, Visit};
use keepmum::{Redactor, ReferenceKey};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::text;

const VALUE: &str = "correct-horse-battery-7";

/// A folder with files to sweep, a state folder, and an env file that names [`VALUE`].
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        fs::create_dir(place.path("files")).unwrap();
        fs::write(place.path("demo.env"), format!("DB_PASSWORD={VALUE}\n")).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file that nobody has touched for an hour.
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path("files").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        age(&path);
        path
    }

    fn command(&self, command: &str, args: &[&str]) -> Command {
        let mut keepmum = Command::new(env!("CARGO_BIN_EXE_keepmum"));
        keepmum.args([command, "--no-config", "--env-file"]).arg(self.path("demo.env")).args(args);
        keepmum
            .env_clear()
            .env("HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("state"));
        keepmum.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        keepmum
    }

    fn sweep(&self, args: &[&str]) -> Output {
        self.command("sweep", args).arg(self.path("files")).output().unwrap()
    }

    fn journal(&self) -> PathBuf {
        let entries = fs::read_dir(self.path("state/keepmum/sweeps")).unwrap();
        entries.map(|entry| entry.unwrap().path()).next().unwrap()
    }
}

fn age(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(3600);
    let times = FileTimes::new().set_modified(then).set_accessed(then);
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn token(seed: u64) -> String {
    expand("ghp_{alnum:36}", seed).unwrap().text
}

/// A session as Claude Code writes it: depths 1 to 3, a signed block, ids.
fn session() -> Vec<String> {
    let id = |n: u32| format!("{n:08x}-1111-4222-8333-444455556666");
    let line = |n: u32, message: Value| {
        let parent = n.checked_sub(1).map(id);
        json!({
            "parentUuid": parent, "sessionId": id(99), "type": "assistant", "uuid": id(n), "message": message,
        })
    };
    let inner = json!({"env": {"DB_PASSWORD": VALUE}}).to_string();
    let twice = json!({"output": inner}).to_string();
    let tool = |input: Value| {
        json!({"role": "assistant", "id": "msg_01AbCd", "content": [
            {"type": "tool_use", "id": "toolu_01XyZ", "name": "Bash", "input": input}]})
    };
    vec![
        line(0, json!({"role": "user", "content": "hello"})).to_string(),
        line(1, json!({"role": "user", "content": format!("the password is {VALUE}")})).to_string(),
        line(2, tool(json!({"command": format!("psql <<< \"{VALUE}\"\n"), "id": VALUE}))).to_string(),
        line(3, json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01XyZ", "content": inner}]}))
            .to_string(),
        line(4, json!({"role": "user", "content": [{"type": "tool_result", "content": twice}]})).to_string(),
        line(5, json!({"role": "assistant", "content": [
            {"type": "thinking", "thinking": format!("it was {VALUE}"), "signature": "c2lnbmF0dXJl"},
            {"type": "text", "text": format!("use {VALUE}")}]}))
        .to_string(),
        "{ \"odd\" :  1.0e3,\t\"spacing\":\"\\u0041\" }".to_owned(),
        format!("no JSON, and {VALUE}"),
    ]
}

/// Scenario M1.
#[test]
fn m1_a_session_is_swept_and_can_be_resumed() {
    let place = Place::new();
    let before = session();
    let path = place.file("projects/-home-a/s.jsonl", before.join("\n") + "\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let was = fs::metadata(&path).unwrap();
    let output = place.sweep(&[]);
    // What is signed stays, so something is there still.
    assert_eq!(code(&output), Some(1), "{}", text(&output.stderr));
    // Reading it is told of in its times.
    let now = fs::metadata(&path).unwrap();
    assert_eq!(now.permissions().mode(), was.permissions().mode());
    assert_eq!((now.mtime(), now.atime()), (was.mtime(), was.atime()));
    let after = fs::read_to_string(&path).unwrap();
    let after: Vec<&str> = after.lines().collect();
    assert_eq!(after.len(), before.len());
    assert_eq!((after[0], after[6]), (&*before[0], &*before[6]));
    for (at, line) in after.iter().enumerate().take(7) {
        let value: Value = serde_json::from_str(line).unwrap();
        let old: Value = serde_json::from_str(&before[at]).unwrap();
        assert_eq!((&value["uuid"], &value["parentUuid"]), (&old["uuid"], &old["parentUuid"]));
        assert_eq!(line.contains(VALUE), at == 5, "line {at}");
    }
    assert!(!after[7].contains(VALUE));
    let signed: Value = serde_json::from_str(after[5]).unwrap();
    let content = &signed["message"]["content"];
    assert_eq!(content[0]["thinking"], format!("it was {VALUE}"));
    assert_eq!(content[0]["signature"], "c2lnbmF0dXJl");
    assert!(content[1]["text"].as_str().unwrap().starts_with("use SECRETREF_db_password_"));
    // A key of a tool's input is somebody's data, whatever it is called.
    let tool: Value = serde_json::from_str(after[2]).unwrap();
    let tool = &tool["message"]["content"][0];
    assert!(tool["input"]["id"].as_str().unwrap().starts_with("SECRETREF_"));
    assert_eq!(tool["id"], "toolu_01XyZ");
    let told = text(&output.stdout);
    assert!(told.contains(":6: DB_PASSWORD stays, fixed in message.content[0].thinking"), "{told}");
}

#[test]
fn a_second_sweep_changes_nothing() {
    let place = Place::new();
    let path = place.file("s.jsonl", session().join("\n"));
    place.sweep(&[]);
    let once = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().ino());
    let output = place.sweep(&[]);
    assert_eq!((fs::read(&path).unwrap(), fs::metadata(&path).unwrap().ino()), once);
    assert!(text(&output.stderr).contains("0 secrets replaced in 0 of 1 file"));
}

#[test]
fn a_key_of_many_lines_leaves_its_line_ends() {
    let place = Place::new();
    let mark = |word: &str| format!("{0}{word} PRIVATE KEY{0}", "-".repeat(5));
    let body = expand("{alnum:64}", 3).unwrap().text;
    let key = [mark("BEGIN"), body.clone(), body, mark("END")];
    for end in ["\n", "\r\n"] {
        let path = place.file("MEMORY.md", ["# Notes", &key.join(end), "last", ""].join(end));
        assert_eq!(code(&place.sweep(&["--named"])), Some(0));
        let ends = end.repeat(4);
        let expected = format!("# Notes{end}[REDACTED:private-key-pem]{ends}last{end}");
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    }
}

#[test]
fn a_document_over_many_lines_is_one() {
    let place = Place::new();
    let document = json!({"messages": [{"type": "user", "content": format!("a \"{VALUE}\"")}]});
    let pretty = serde_json::to_string_pretty(&document).unwrap();
    let path = place.file("chat.json", &pretty);
    assert_eq!(code(&place.sweep(&["--named"])), Some(0));
    let expected = pretty.replace(VALUE, "[REDACTED:DB_PASSWORD]");
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
}

#[test]
fn a_dry_run_shows_a_diff_without_values_and_changes_nothing() {
    let place = Place::new();
    let lines = format!("one\ntwo {VALUE} three\nfour\n");
    let path = place.file("notes.md", &lines);
    let output = place.sweep(&["--dry-run", "--named"]);
    assert_eq!(code(&output), Some(1));
    let told = text(&output.stdout);
    let diff = "@@ -2,1 +2,1 @@\n-two **** three\n+two [REDACTED:DB_PASSWORD] three\n";
    assert!(told.ends_with(diff), "{told}");
    assert_eq!(fs::read_to_string(&path).unwrap(), lines);
    assert!(!place.path("state/keepmum/sweeps").exists());
    let rows = place.sweep(&["--dry-run", "--format=json"]);
    let row: Value = serde_json::from_slice(&rows.stdout).unwrap();
    assert_eq!((&row["line"], &row["rule"]), (&json!(2), &json!("DB_PASSWORD")));
}

/// Scenario M2: who has a file open for writing keeps it.
#[test]
fn m2_a_file_that_another_process_writes_to_is_refused() {
    let place = Place::new();
    let path = place.file("s.jsonl", format!("{VALUE}\n"));
    let mut open = File::options().append(true).open(&path).unwrap();
    for args in [&[][..], &["--force"]] {
        let output = place.sweep(args);
        assert_eq!(code(&output), Some(3));
        assert!(text(&output.stderr).contains("has it open for writing"));
    }
    open.write_all(b"more\n").unwrap();
    drop(open);
    age(&path);
    assert_eq!(code(&place.sweep(&[])), Some(0));
    assert!(fs::read_to_string(&path).unwrap().ends_with("\nmore\n"));
}

/// Scenario M2: a program that opens, appends and closes loses no line.
#[test]
fn m2_a_concurrent_appender_loses_no_line() {
    let place = Place::new();
    let path = place.file("s.jsonl", "");
    let appender = {
        let path = path.clone();
        std::thread::spawn(move || {
            for n in 0..400 {
                let line = format!("{{\"n\":{n},\"text\":\"pw {VALUE}\"}}\n");
                let mut file = File::options().append(true).open(&path).unwrap();
                file.write_all(line.as_bytes()).unwrap();
                drop(file);
                std::thread::sleep(Duration::from_millis(2));
            }
        })
    };
    while !appender.is_finished() {
        place.sweep(&["--force"]);
    }
    appender.join().unwrap();
    age(&path);
    assert_eq!(code(&place.sweep(&[])), Some(0));
    let after = fs::read_to_string(&path).unwrap();
    let mut seen: Vec<u64> = after
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["n"].as_u64().unwrap())
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..400).collect::<Vec<_>>());
    assert!(!after.contains(VALUE));
}

/// Scenario M2.
#[test]
fn m2_links_and_read_only_files_are_told_of() {
    let place = Place::new();
    let outside = place.path("outside.md");
    fs::write(&outside, VALUE).unwrap();
    age(&outside);
    symlink(&outside, place.path("files/link.md")).unwrap();
    let twin = place.file("twin.md", VALUE);
    fs::hard_link(&twin, place.path("files/other.md")).unwrap();
    let fixed = place.file("fixed.md", VALUE);
    fs::set_permissions(&fixed, fs::Permissions::from_mode(0o400)).unwrap();
    let output = place.sweep(&[]);
    assert_eq!(code(&output), Some(3));
    let told = text(&output.stderr);
    assert_eq!(told.matches("it has 2 names").count(), 1, "{told}");
    assert!(told.contains("fixed.md: it is read-only"), "{told}");
    for path in [&outside, &twin, &fixed] {
        assert_eq!(fs::read_to_string(path).unwrap(), VALUE);
    }
    // A link that leads out is not followed, also if it is named.
    let link = place.path("files/link.md");
    let output = place.command("sweep", &[]).arg(&link).output().unwrap();
    assert_eq!(code(&output), Some(3));
    assert!(text(&output.stderr).contains("it is a link to"));
    // Within what was named it is, and stays a link.
    let both = [&link, &outside];
    let output = place.command("sweep", &["--named"]).args(both).output().unwrap();
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&outside).unwrap(), "[REDACTED:DB_PASSWORD]");
}

#[test]
fn in_place_keeps_both_names_of_a_file() {
    let place = Place::new();
    let twin = place.file("twin.md", format!("{VALUE} and more\n"));
    let other = place.path("files/other.md");
    fs::hard_link(&twin, &other).unwrap();
    assert_eq!(code(&place.sweep(&["--in-place", "--named"])), Some(0));
    assert_eq!(fs::read_to_string(&other).unwrap(), "[REDACTED:DB_PASSWORD] and more\n");
    assert_eq!(fs::metadata(&twin).unwrap().nlink(), 2);
}

#[test]
fn what_the_secrets_are_read_from_stays() {
    let place = Place::new();
    let pin = place.file("pins/pin", VALUE);
    let source = format!("--secrets-file={}", pin.parent().unwrap().display());
    let output = place.sweep(&[&source]);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    let named = place.command("sweep", &[&source]).arg(&pin).output().unwrap();
    assert_eq!(code(&named), Some(3));
    assert!(text(&named.stderr).contains("secrets are read from it"));
    assert_eq!(fs::read_to_string(&pin).unwrap(), VALUE);
}

#[test]
fn what_was_changed_lately_waits_and_homes_of_secrets_stay() {
    let place = Place::new();
    let fresh = place.path("files/fresh.md");
    fs::write(&fresh, VALUE).unwrap();
    let home = place.file(".env", format!("DB_PASSWORD={VALUE}\n"));
    let example = place.file(".env.example", format!("DB_PASSWORD={VALUE}\n"));
    let output = place.sweep(&["--named"]);
    assert_eq!(code(&output), Some(3));
    let told = text(&output.stderr);
    assert!(told.contains("fresh.md: it was changed"), "{told}");
    assert!(told.contains("1 left as a home of secrets"), "{told}");
    assert!(fs::read_to_string(&home).unwrap().contains(VALUE));
    assert_eq!(fs::read_to_string(&example).unwrap(), "DB_PASSWORD=[REDACTED:DB_PASSWORD]\n");
    assert_eq!(code(&place.sweep(&["--named", "--force"])), Some(0));
    assert_eq!(fs::read_to_string(&fresh).unwrap(), "[REDACTED:DB_PASSWORD]");
}

/// Scenario M2: holes are filled, and a file much larger than memory is allowed to be is swept.
#[test]
fn m2_a_large_sparse_file_takes_little_memory() {
    let place = Place::new();
    let path = place.file("big.log", format!("begin {VALUE}\n"));
    let size = 600 << 20;
    let file = File::options().write(true).open(&path).unwrap();
    // Text with a hole behind its beginning, which is longer than what tells a binary file.
    std::os::unix::fs::FileExt::write_all_at(&file, &b"x".repeat(9 << 10), 30).unwrap();
    file.set_len(size).unwrap();
    drop(file);
    age(&path);
    // A third of the file, in kilobytes, with the program itself in it.
    let keepmum = env!("CARGO_BIN_EXE_keepmum");
    let script = format!("ulimit -v {}; exec \"$0\" \"$@\"", 200 << 10);
    let mut command = Command::new("sh");
    command.args(["-c", &script, keepmum, "sweep", "--no-config", "--named", "--env-file"]);
    command.arg(place.path("demo.env")).arg(&path).env("XDG_STATE_HOME", place.path("state"));
    let output = command.output().unwrap();
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    let new = fs::metadata(&path).unwrap().len();
    assert_eq!(new, size - VALUE.len() as u64 + "[REDACTED:DB_PASSWORD]".len() as u64);
}

#[test]
fn a_killed_sweep_leaves_the_old_file_or_the_new_one() {
    for _ in 0..3 {
        let place = Place::new();
        let old = format!("pw {VALUE} and so on\n").repeat(400_000);
        let path = place.file("s.log", &old);
        let mut child = place.command("sweep", &["--named"]).arg(&path).spawn().unwrap();
        let begun = || {
            let entries = fs::read_dir(place.path("files")).unwrap().flatten();
            entries.into_iter().any(|one| one.file_name().to_string_lossy().starts_with(".keepmum"))
        };
        while !begun() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let now = fs::read_to_string(&path).unwrap();
        let new = old.replace(VALUE, "[REDACTED:DB_PASSWORD]");
        assert!(now == old || now == new);
    }
}

#[test]
fn a_signal_ends_it_in_order_and_nothing_is_left_beside() {
    let place = Place::new();
    let old = format!("pw {VALUE} and so on\n").repeat(400_000);
    let path = place.file("s.log", &old);
    let mut child = place.command("sweep", &["--named"]).arg(&path).spawn().unwrap();
    let count = || fs::read_dir(place.path("files")).unwrap().count();
    while count() < 2 && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    crate::cli::signal(&child, "TERM");
    let status = child.wait().unwrap();
    assert!(matches!(status.code(), Some(0 | 143)), "{status}");
    assert_eq!(count(), 1);
    let now = fs::read_to_string(&path).unwrap();
    assert!(now == old || !now.contains(VALUE));
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let place = Place::new();
    let old = format!("pw {VALUE} and so on\n").repeat(40_000);
    let path = place.file("s.log", &old);
    let keepmum = env!("CARGO_BIN_EXE_keepmum");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 64; exec \"$0\" \"$@\"", keepmum]);
    command.args(["sweep", "--no-config", "--env-file"]).arg(place.path("demo.env")).arg(&path);
    let output = command.env("XDG_STATE_HOME", place.path("state")).output().unwrap();
    assert_eq!(code(&output), Some(3), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&path).unwrap(), old);
    assert_eq!(fs::read_dir(place.path("files")).unwrap().count(), 1);
}

#[test]
fn undo_puts_back_what_is_known_and_tells_of_the_rest() {
    let place = Place::new();
    let quoted = json!({"a": format!("x {VALUE}")}).to_string();
    let lines = format!("{quoted}\nknown {VALUE}\nunknown {}\n", token(1));
    let path = place.file("s.jsonl", &lines);
    assert_eq!(code(&place.sweep(&[])), Some(0));
    let swept = fs::read_to_string(&path).unwrap();
    assert!(!swept.contains(VALUE));
    // What came since does not matter.
    fs::write(&path, swept.clone() + "later\n").unwrap();
    let journal = place.journal();
    assert_eq!(fs::metadata(&journal).unwrap().permissions().mode() & 0o777, 0o600);
    let undo = ["--undo", journal.to_str().unwrap()];
    let output = place.command("sweep", &undo).output().unwrap();
    assert_eq!(code(&output), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("2 values put back, 1 gone for good"));
    let reference = swept.lines().last().unwrap().trim_start_matches("unknown ");
    let expected = lines.replace(&token(1), reference) + "later\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    // Once is enough.
    let output = place.command("sweep", &undo).output().unwrap();
    assert_eq!(code(&output), Some(3));
    assert!(text(&output.stderr).contains("it was changed since"));
}

/// Scenario Q1.
#[test]
fn q1_no_journal_audit_log_or_message_holds_a_part_of_a_value() {
    let place = Place::new();
    let secret = token(7);
    place.file("a.jsonl", session().join("\n"));
    place.file("b.md", format!("{secret}\n{VALUE}\n"));
    let audit = place.path("audit.jsonl");
    let audited = ["--audit", audit.to_str().unwrap()];
    let dry = place.sweep(&["--dry-run"]);
    let output = place.sweep(&audited);
    let told = [dry.stdout, dry.stderr, output.stdout, output.stderr].concat();
    let all = text(&[told, fs::read(&audit).unwrap(), fs::read(place.journal()).unwrap()].concat());
    for value in [VALUE, &secret] {
        for part in value.as_bytes().windows(6) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!all.contains(part), "{part}");
        }
    }
    assert!(all.contains("DB_PASSWORD"));
}

/// Scenario Q2.
#[test]
fn q2_without_its_secrets_or_its_key_nothing_is_swept() {
    let place = Place::new();
    let path = place.file("a.md", VALUE);
    let missing = place.path("none.env");
    let output = place.sweep(&["--env-file", missing.to_str().unwrap()]);
    assert_eq!(code(&output), Some(2));
    let short = place.path("short.key");
    fs::write(&short, "short").unwrap();
    fs::set_permissions(&short, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(code(&place.sweep(&["--key-file", short.to_str().unwrap()])), Some(2));
    assert_eq!(code(&place.command("sweep", &[]).output().unwrap()), Some(2));
    assert_eq!(fs::read_to_string(&path).unwrap(), VALUE);
}

/// Scenario M4.
#[test]
fn m4_a_secret_has_one_name_in_prompts_and_files() {
    let redactor = Redactor::builder().secret("db", VALUE).unwrap().build().unwrap();
    let of = |key: &[u8]| {
        let guard = PreSend::builder(redactor.clone().into(), ReferenceKey::new(key));
        let body = json!({"messages": [{"role": "user", "content": VALUE}]}).to_string();
        let sent = guard.build().unwrap().redact_body(Api::OpenAiChat, body.as_bytes()).unwrap();
        let sent: Value = serde_json::from_slice(&sent.body).unwrap();
        let prompt = sent["messages"][0]["content"].as_str().unwrap().to_owned();
        let file = swept(&Sweeper::new(redactor.clone(), ReferenceKey::new(key)), VALUE.as_bytes());
        assert_eq!(file, prompt.as_bytes());
        prompt
    };
    assert_ne!(of(b"one workspace's key of 32 bytes."), of(b"another workspace's key."));
}

/// Scenario M3: an editor, and a shell, write to a memory file.
#[test]
fn m3_watch_sweeps_what_grows() {
    let place = Place::new();
    let old = place.file("old.md", format!("{VALUE}\n"));
    let mut watch = place.command("watch", &["--named", "--quiet=100ms"]);
    let mut watch = watch.arg(place.path("files")).spawn().unwrap();
    until(|| clean(&old));
    let memory = place.path("files/memory/MEMORY.md");
    fs::create_dir(memory.parent().unwrap()).unwrap();
    fs::write(&memory, format!("# Memory\n{VALUE}\n")).unwrap();
    until(|| clean(&memory));
    let mut file = File::options().append(true).open(&memory).unwrap();
    writeln!(file, "again {VALUE}").unwrap();
    drop(file);
    until(|| !fs::read_to_string(&memory).unwrap().contains(VALUE));
    let expected = "# Memory\n[REDACTED:DB_PASSWORD]\nagain [REDACTED:DB_PASSWORD]\n";
    assert_eq!(fs::read_to_string(&memory).unwrap(), expected);
    crate::cli::signal(&watch, "TERM");
    assert_eq!(watch.wait().unwrap().code(), Some(143));
}

/// Waits for what comes, for so long that it will not come any more.
#[track_caller]
pub(crate) fn until(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(120), "it does not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A running `keepmum watch`, which ends with the test.
pub(crate) struct Watch(Child);

impl Watch {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut watch = Self(child);
        let mut said = BufReader::new(watch.0.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("watching") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "it has ended");
        }
        // A pipe that nobody reads is full some day.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        watch
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether a file was swept.
fn clean(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.contains("[REDACTED") && !text.contains(VALUE))
}

const WATCH: [&str; 2] = ["--named", "--quiet=100ms"];

#[test]
fn watch_leaves_what_ignore_files_leave_out() {
    let place = Place::new();
    fs::write(place.path("files/.gitignore"), "*.scratch\n").unwrap();
    let _watch = Watch::start(place.command("watch", &WATCH).arg(place.path("files")));
    let ignored = place.path("files/a.scratch");
    fs::write(&ignored, VALUE).unwrap();
    for name in ["b.md", "c.md"] {
        let path = place.path("files").join(name);
        fs::write(&path, VALUE).unwrap();
        until(|| clean(&path));
    }
    assert_eq!(fs::read_to_string(&ignored).unwrap(), VALUE);
    // Until they leave it in.
    fs::write(place.path("files/.gitignore"), "").unwrap();
    until(|| clean(&ignored));
}

#[test]
fn watch_sweeps_a_file_that_was_named_again_and_when_it_comes_again() {
    let place = Place::new();
    let home = place.file(".env", format!("A={VALUE}\n"));
    let _watch = Watch::start(place.command("watch", &WATCH).arg(&home));
    until(|| clean(&home));
    let mut file = File::options().append(true).open(&home).unwrap();
    writeln!(file, "B={VALUE}").unwrap();
    drop(file);
    until(|| clean(&home));
    fs::remove_file(&home).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    fs::write(&home, format!("C={VALUE}\n")).unwrap();
    until(|| clean(&home));
}

#[test]
fn watch_goes_on_in_folders_that_come_late_or_again() {
    let place = Place::new();
    let sessions = place.path("codex/sessions");
    let mut command = place.command("watch", &WATCH);
    command.args(["--agents=codex"]).arg(place.path("files"));
    let _watch = Watch::start(command.env("CODEX_HOME", place.path("codex")));
    fs::create_dir_all(&sessions).unwrap();
    fs::write(sessions.join("a.jsonl"), format!("{{\"a\":\"{VALUE}\"}}\n")).unwrap();
    until(|| clean(&sessions.join("a.jsonl")));
    for _ in 0..2 {
        fs::remove_dir_all(place.path("files")).unwrap();
        fs::create_dir(place.path("files")).unwrap();
        let path = place.path("files/again.md");
        fs::write(&path, VALUE).unwrap();
        until(|| clean(&path));
    }
}

#[test]
fn binary_files_and_utf_16_are_looked_through_and_told_of() {
    let place = Place::new();
    let secret = token(8);
    let binary = [b"\0\x01", VALUE.as_bytes(), b"\0", secret.as_bytes(), b"\0"].concat();
    let utf16: Vec<u8> =
        format!("\u{feff}token = {secret}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (one, two) = (place.file("a.bin", &binary), place.file("b.txt", &utf16));
    place.file("c.bin", b"\0nothing");
    let output = place.sweep(&[]);
    assert_eq!(code(&output), Some(1), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    for name in ["DB_PASSWORD", "github-pat"] {
        assert!(told.contains(&format!("a.bin:1: {name} stays, fixed in bytes that are no text")));
    }
    assert!(told.contains("b.txt:1: github-pat stays, fixed in text in UTF-16"), "{told}");
    assert!(text(&output.stderr).contains("1 binary with nothing in them"));
    assert_eq!((fs::read(one).unwrap(), fs::read(two).unwrap()), (binary, utf16));
}

#[test]
fn only_beside_a_database_a_log_belongs_to_it() {
    let place = Place::new();
    let notes = place.file("my-journal", VALUE);
    place.file("a.db", b"SQLite format 3\0");
    let log = place.file("a.db-wal", VALUE);
    let output = place.command("sweep", &["--named"]).args([&notes, &log]).output().unwrap();
    assert_eq!(code(&output), Some(3));
    let told = text(&output.stderr);
    assert!(told.contains("a.db-wal: it belongs to the database beside it"), "{told}");
    assert!(clean(&notes));
    assert_eq!(fs::read_to_string(&log).unwrap(), VALUE);
}

#[test]
fn what_an_ended_sweep_left_goes() {
    let place = Place::new();
    let left = place.file(".keepmum-sweep-abc", VALUE);
    assert_eq!(code(&place.sweep(&["--dry-run"])), Some(0));
    assert!(left.exists());
    let output = place.sweep(&[]);
    assert_eq!(code(&output), Some(0));
    assert!(text(&output.stderr).contains("1 removed that an ended sweep had left"));
    assert!(!left.exists());
}

#[test]
fn undo_takes_a_journal_that_breaks_off_and_none_that_lacks_something() {
    let place = Place::new();
    let path = place.file("a.md", format!("pw {VALUE}\n"));
    place.sweep(&[]);
    let journal = place.journal();
    let rows = fs::read_to_string(&journal).unwrap();
    let undo = |rows: &str| {
        fs::write(&journal, rows).unwrap();
        place.command("sweep", &["--undo", journal.to_str().unwrap()]).output().unwrap()
    };
    let spans = rows.lines().next().unwrap();
    let output = undo(rows.strip_prefix(spans).unwrap().trim_start());
    assert_eq!(code(&output), Some(3));
    assert!(text(&output.stderr).contains("not all that was changed"));
    let output = undo(&format!("{rows}{{\"spans\":{{\"file\":2,\"spa"));
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("pw {VALUE}\n"));
}

#[test]
fn undo_in_place_keeps_both_names_of_a_file() {
    let place = Place::new();
    let twin = place.file("twin.md", format!("{VALUE} and more\n"));
    let other = place.path("files/other.md");
    fs::hard_link(&twin, &other).unwrap();
    assert_eq!(code(&place.sweep(&["--in-place"])), Some(0));
    let journal = place.journal();
    let undo = |args: &[&str]| {
        let mut command = place.command("sweep", &["--undo", journal.to_str().unwrap()]);
        command.args(args).output().unwrap()
    };
    let output = undo(&[]);
    assert_eq!(code(&output), Some(3));
    assert!(text(&output.stderr).contains("--in-place"));
    assert_eq!(code(&undo(&["--in-place"])), Some(0));
    assert_eq!(fs::read_to_string(&other).unwrap(), format!("{VALUE} and more\n"));
}

#[test]
fn more_of_a_file_is_what_the_file_is() {
    let redactor = Redactor::builder().secret("db", VALUE).unwrap().build().unwrap();
    let sweeper = Sweeper::new(redactor, ReferenceKey::new(b"key")).named();
    for kind in [Kind::Lines, Kind::Text, Kind::Json] {
        let (mut new, more) = (New::default(), format!("\0 and {VALUE}\n"));
        sweeper.sweep_more(kind, &mut more.as_bytes(), &mut new).unwrap();
        assert_eq!(text(&new.0), "\0 and [REDACTED:db]\n");
    }
}

#[test]
fn agents_places_are_listed_and_swept() {
    let place = Place::new();
    let codex = place.path("codex");
    fs::create_dir_all(codex.join("sessions")).unwrap();
    fs::write(codex.join("sessions/r.jsonl"), format!("{{\"a\":\"{VALUE}\"}}\n")).unwrap();
    fs::write(codex.join("auth.json"), VALUE).unwrap();
    age(&codex.join("sessions/r.jsonl"));
    let mut list = place.command("sweep", &["--list"]);
    let output = list.env("CODEX_HOME", &codex).output().unwrap();
    let there = format!("codex\t{}\tthere", codex.join("sessions").display());
    assert!(text(&output.stdout).contains(&there));
    let mut sweep = place.command("sweep", &["--agents=codex", "--named"]);
    assert_eq!(code(&sweep.env("CODEX_HOME", &codex).output().unwrap()), Some(0));
    let after = fs::read_to_string(codex.join("sessions/r.jsonl")).unwrap();
    assert_eq!(after, "{\"a\":\"[REDACTED:DB_PASSWORD]\"}\n");
    assert_eq!(fs::read_to_string(codex.join("auth.json")).unwrap(), VALUE);
    let unknown = place.command("sweep", &["--agents=nobody"]).output().unwrap();
    assert_eq!(code(&unknown), Some(2));
}

#[derive(Default)]
struct New(Vec<u8>, usize);

impl Visit for New {
    fn kept(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn changed(&mut self, change: &Change<'_>) {
        self.0.extend_from_slice(change.with);
    }

    fn left(&mut self, _: &Left<'_>) {
        self.1 += 1;
    }
}

/// Gives a few bytes at once.
struct Slow<'a>(&'a [u8], usize);

impl std::io::Read for Slow<'_> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(room.len()).min(self.0.len());
        room[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn swept(sweeper: &Sweeper, file: &[u8]) -> Vec<u8> {
    let mut new = New::default();
    sweeper.sweep(Path::new("x.jsonl"), &mut &file[..], &mut new).unwrap();
    new.0
}

/// `text` in so many levels of JSON in strings.
fn nested(text: &str, depth: usize) -> String {
    let value = if depth == 0 { json!(text) } else { json!(nested(text, depth - 1)) };
    json!({"k": value, "id": 7}).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn lines_stay_lines_and_documents_documents(
        lines in proptest::collection::vec((0..6_usize, "[ -~\\u{e9}\\n]{0,40}"), 1..40),
        crlf: bool,
    ) {
        let secret = "p\u{e4}ss \"word\"\\with\tall";
        let line = |(kind, text): &(usize, String)| match kind {
            0 => text.replace('\n', " "),
            1 => format!("{} {secret}", text.replace('\n', " ")),
            kind => nested(&format!("{text}{}", if *kind < 5 { secret } else { "" }), kind - 2),
        };
        let ends = if crlf { "\r\n" } else { "\n" };
        let file = lines.iter().map(line).collect::<Vec<_>>().join(ends);
        let redactor = Redactor::builder().builtin_rules().secret("pw", secret).unwrap();
        let sweeper = Sweeper::new(redactor.build().unwrap(), ReferenceKey::new(b"key"));
        let new = swept(&sweeper, file.as_bytes());
        let text = String::from_utf8(new.clone()).unwrap();
        let (before, after): (Vec<_>, Vec<_>) = (file.split('\n').collect(), text.split('\n').collect());
        prop_assert_eq!(before.len(), after.len());
        for (at, (old, new)) in before.iter().zip(&after).enumerate() {
            let parsed = serde_json::from_str::<Value>(old).is_ok();
            prop_assert!(!parsed || serde_json::from_str::<Value>(new).is_ok(), "{}", new);
            let planted = (1..5).contains(&lines[at].0);
            prop_assert_eq!(planted, new.contains("SECRETREF_pw_"), "{}", new);
            prop_assert!(planted || old == new, "{}", new);
        }
        prop_assert_eq!(&swept(&sweeper, &new), &new);
        // However the file is read.
        let mut slow = New::default();
        sweeper.sweep(Path::new("x.jsonl"), &mut Slow(file.as_bytes(), 7), &mut slow).unwrap();
        prop_assert_eq!(slow.0, new);
    }
}
