//! The audit log: what is written stays, and what is changed shows.

use std::fs;
use std::io::Write;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use keepmum::Origin;
use keepmum::audit::{AuditError, Head, Log, Options, Outcome, Row, Verified, verify};
use tempfile::TempDir;

use crate::cli::text;

fn row(generation: u64) -> Row {
    Row::Retrieval {
        source: "vault".to_owned(),
        secret: Some("db-password".to_owned()),
        outcome: Outcome::Read,
        generation: Some(generation),
    }
}

/// A log of `rows` rows, opened anew for each.
fn written(rows: u64, options: Options) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    for generation in 1..=rows {
        Log::open(&path, options).unwrap().record(&row(generation)).unwrap();
    }
    (folder, path)
}

fn small(max_size: u64, keep: u16) -> Options {
    Options { max_size, keep: NonZeroU16::new(keep).unwrap() }
}

fn check(path: &Path) -> Result<Verified, AuditError> {
    verify(&[path], None)
}

/// Writes `lines` in place of the log's and tells what is said of it.
fn tampered(path: &Path, lines: &[&str]) -> String {
    fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let error = check(path).unwrap_err();
    assert!(error.is_damaged(), "{error}");
    error.to_string()
}

#[test]
fn the_chain_goes_on_after_a_restart() {
    let (_folder, path) = written(5, Options::default());
    let verified = check(&path).unwrap();
    assert_eq!((verified.first(), verified.rows()), (1, 5));
    let text = fs::read_to_string(&path).unwrap();
    let rows: Vec<Row> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows, (1..=5).map(row).collect::<Vec<_>>());
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["event"], "retrieval");
    assert!(first["time"].as_str().unwrap().ends_with('Z'), "{first}");
}

#[test]
fn whatever_is_changed_is_named_by_its_line() {
    let (_folder, path) = written(5, Options::default());
    let text = fs::read_to_string(&path).unwrap();
    let [a, b, c, d, e] = text.lines().collect::<Vec<_>>()[..] else { panic!("five rows") };
    let edited = c.replace("db-password", "db-passwort");
    let said = tampered(&path, &[a, b, &edited, d, e]);
    assert!(
        said.ends_with(":3: the row was changed: its hash is not that of its content"),
        "{said}"
    );
    for (lines, line) in [
        (&[a, b, d, e][..], ":3:"),
        (&[a, c, b, d, e], ":2:"),
        (&[a, b, b, c, d, e], ":3:"),
        (&[a, b, c, d, e, c], ":6:"),
        (&[a, b, "", c, d, e], ":3:"),
        (&[a, b, &c[..c.len() / 2], d, e], ":3:"),
        (&["{}", a, b, c, d, e], ":1:"),
    ] {
        let said = tampered(&path, lines);
        assert!(said.contains(line), "{said}");
    }
    fs::write(&path, text.trim_end()).unwrap();
    assert!(check(&path).unwrap_err().to_string().ends_with(":5: the row is not whole"));
}

/// An end that was cut off leaves a good chain: only who remembers the head knows.
#[test]
fn a_cut_end_shows_against_a_remembered_head_only() {
    let (_folder, path) = written(5, Options::default());
    let head = check(&path).unwrap().head();
    let text = fs::read_to_string(&path).unwrap();
    let cut: String = text.lines().take(3).map(|line| format!("{line}\n")).collect();
    fs::write(&path, &cut).unwrap();
    assert_eq!(check(&path).unwrap().rows(), 3);
    let said = verify(&[&path], Some(head)).unwrap_err().to_string();
    assert!(said.contains("ends at row 3") && said.contains("cut off"), "{said}");
    for generation in 4..=9 {
        Log::open(&path, Options::default()).unwrap().record(&row(generation)).unwrap();
    }
    let said = verify(&[&path], Some(head)).unwrap_err().to_string();
    assert!(said.contains(":5:") && said.contains("written anew"), "{said}");
    assert!(verify(&[&path], Some(Head::default())).is_ok());
}

#[test]
fn full_files_are_numbered_and_the_chain_goes_through_them() {
    let (folder, path) = written(20, small(1000, 3));
    let names = ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2", "audit.jsonl.3"];
    let mut found: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    found.sort();
    assert_eq!(found, names);
    let files = names.map(|name| folder.path().join(name));
    assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() <= 1000));
    let verified = verify(&files, None).unwrap();
    assert_eq!((verified.head().number(), verified.first() > 1), (20, true));
    assert!(verify(&files, Some(verified.head())).is_ok());
    let hole = verify(&[&files[0], &files[2]], None).unwrap_err();
    assert!(hole.to_string().contains("audit.jsonl:1: the row does not follow"), "{hole}");
    fs::remove_file(&path).unwrap();
    Log::open(&path, Options::default()).unwrap().record(&row(21)).unwrap();
    // Without its youngest file the chain goes on from the one before, as if the end had been cut off.
    assert!(verify(&files, None).is_ok());
    assert!(verify(&files, Some(verified.head())).is_err());
}

#[test]
fn rows_of_one_call_are_split_over_files() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    let log = Log::open(&path, small(1000, 9)).unwrap();
    log.record_all(&(1..=9).map(row).collect::<Vec<_>>()).unwrap();
    let files: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 2);
    assert_eq!(verify(&files, Some(log.head())).unwrap().rows(), 9);
}

/// A crash between giving a full file its number and beginning the next leaves one file with two names.
#[test]
fn an_interrupted_rotation_is_resumed() {
    let (folder, path) = written(3, Options::default());
    fs::hard_link(&path, folder.path().join("audit.jsonl.1")).unwrap();
    fs::write(folder.path().join("audit.jsonl.new"), "").unwrap();
    for generation in 4..=9 {
        Log::open(&path, small(1500, 5)).unwrap().record(&row(generation)).unwrap();
    }
    let files: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(verify(&files, None).unwrap().rows(), 9);
}

#[test]
fn a_second_writer_is_refused_also_after_a_rotation() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    let log = Log::open(&path, small(300, 2)).unwrap();
    for generation in 0..4 {
        assert!(Log::open(&path, Options::default()).unwrap_err().is_busy());
        log.record(&row(generation)).unwrap();
    }
    drop(log);
    assert!(Log::open(&path, Options::default()).is_ok());
}

#[test]
fn a_torn_row_is_cut_off_and_told() {
    let (_folder, path) = written(3, Options::default());
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("{\"number\":4,\"time");
    fs::write(&path, &text).unwrap();
    Log::open(&path, Options::default()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let last: Row = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last, Row::Recovered { bytes: 17 });
    assert_eq!(check(&path).unwrap().rows(), 4);
}

#[test]
fn a_changed_last_row_is_not_built_upon() {
    let (_folder, path) = written(3, Options::default());
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"generation\":3", "\"generation\":4")).unwrap();
    let error = Log::open(&path, Options::default()).unwrap_err();
    assert!(error.is_damaged() && error.to_string().contains("the row was changed"), "{error}");
}

#[test]
fn nothing_is_written_after_a_row_that_could_not_be() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    let log = Log::open(&path, small(300, 1)).unwrap();
    log.record(&row(1)).unwrap();
    // A folder in the way of the full file: the rotation fails, whoever runs this.
    fs::create_dir_all(folder.path().join("audit.jsonl.1/in")).unwrap();
    assert!(log.record(&row(2)).unwrap_err().is_io());
    fs::remove_dir_all(folder.path().join("audit.jsonl.1")).unwrap();
    let said = log.record(&row(3)).unwrap_err().to_string();
    assert!(said.contains("an earlier row"), "{said}");
    drop(log);
    assert_eq!(check(&path).unwrap().rows(), 1);
    Log::open(&path, Options::default()).unwrap().record(&row(4)).unwrap();
    assert_eq!(check(&path).unwrap().rows(), 2);
}

#[test]
fn what_is_no_file_is_refused() {
    assert!(Log::open("/dev/null", Options::default()).unwrap_err().is_io());
    let folder = TempDir::new().unwrap();
    assert!(Log::open(folder.path(), Options::default()).unwrap_err().is_io());
    assert!(verify(&[folder.path().join("missing")], None).unwrap_err().is_io());
}

#[test]
fn threads_share_a_log() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    let log = Log::open(&path, small(2000, 99)).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let log = &log;
            scope.spawn(move || (0..10).for_each(|at| log.record(&row(thread * 10 + at)).unwrap()));
        }
    });
    let files: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(verify(&files, Some(log.head())).unwrap().rows(), 40);
}

const VALUE: &str = "correct-horse-battery-7";

/// `keepmum ARGS` in `folder`, with an env file `app.env` there.
fn program(folder: &TempDir, args: &[&str], input: &str) -> Output {
    fs::write(folder.path().join("app.env"), format!("DB={VALUE}\nPIN=12\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args(args).current_dir(folder.path());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that stops early reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn rows(path: &Path) -> Vec<Row> {
    let text = fs::read_to_string(path).unwrap();
    assert!(!text.contains("horse"), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_filter_accounts_for_what_it_read_and_redacted() {
    let folder = TempDir::new().unwrap();
    let args = ["--no-config", "--env-file=app.env", "--audit=a.jsonl"];
    let input = format!("a {VALUE} {VALUE}\n");
    let output = program(&folder, &args, &input);
    assert_eq!(text(&output.stdout), "a [REDACTED:DB] [REDACTED:DB]\n");
    let path = folder.path().join("a.jsonl");
    let retrieved = |secret: &str, outcome| Row::Retrieval {
        source: "app.env".to_owned(),
        secret: Some(secret.to_owned()),
        outcome,
        generation: Some(1),
    };
    let redacted = Row::Redaction {
        surface: "filter".to_owned(),
        input: Some("standard input".to_owned()),
        origin: Origin::Secret,
        name: "DB".to_owned(),
        fingerprint: None,
        offset: 2,
        count: 2,
    };
    let expected = [retrieved("DB", Outcome::Read), retrieved("PIN", Outcome::Refused), redacted];
    assert_eq!(rows(&path), expected);
    assert!(program(&folder, &args, &input).status.success());
    assert_eq!(check(&path).unwrap().rows(), 6);
}

#[test]
fn a_running_program_is_accounted_for_by_output() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("keepmum.toml"), "audit = 'a.jsonl'\naudit-max-size = '1M'\n")
        .unwrap();
    fs::write(folder.path().join("refers.env"), "KEY=file:pw\n").unwrap();
    fs::write(folder.path().join("pw"), VALUE).unwrap();
    let script = "echo $KEY; echo \" $KEY\" >&2";
    let output = program(&folder, &["run", "--env-file=refers.env", "--", "sh", "-c", script], "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let rows = rows(&folder.path().join("a.jsonl"));
    let resolved = |row: &Row| matches!(row, Row::Retrieval { source, secret: Some(secret), .. } if source == "file" && secret == "KEY");
    assert!(rows.iter().any(resolved), "{rows:?}");
    for (output, at) in [("stdout", 0), ("stderr", 1)] {
        let told = |row: &Row| matches!(row, Row::Redaction { surface, input: Some(input), offset, .. } if surface == "run" && input == output && *offset == at);
        assert!(rows.iter().any(told), "{output}: {rows:?}");
    }
}

#[test]
fn a_source_that_failed_is_accounted_for() {
    let folder = TempDir::new().unwrap();
    let args = ["--no-config", "--secrets-file=x=missing", "--audit=a.jsonl"];
    assert_eq!(program(&folder, &args, "").status.code(), Some(2));
    let failed =
        |row: &Row| matches!(row, Row::Retrieval { outcome: Outcome::Missing, secret: None, .. });
    assert!(rows(&folder.path().join("a.jsonl")).iter().any(failed));
    let args = ["run", "--no-config", "--audit=b.jsonl", "--", "true"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args(args).current_dir(folder.path()).env("KEY", "file:missing");
    assert_eq!(command.output().unwrap().status.code(), Some(2));
    assert!(rows(&folder.path().join("b.jsonl")).iter().any(failed));
}

/// A file that may not grow stands for a full disk: it fails for root as well.
#[test]
fn what_cannot_be_accounted_for_stops_unless_told_otherwise() {
    let folder = TempDir::new().unwrap();
    let limited = |args: &str| {
        let line =
            format!("trap '' XFSZ; ulimit -f 1; exec {} {args}", env!("CARGO_BIN_EXE_keepmum"));
        let input: String = (0..20_000).map(|at| format!("{at} {VALUE}\n")).collect();
        fs::write(folder.path().join("input"), input).unwrap();
        fs::write(folder.path().join("app.env"), format!("DB={VALUE}\n")).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", &line]).current_dir(folder.path()).output().unwrap()
    };
    let filter = "--no-config --env-file=app.env --audit=a.jsonl";
    let stopped = limited(&format!("{filter} input"));
    let said = text(&stopped.stderr);
    assert_eq!(stopped.status.code(), Some(3), "{said}");
    assert!(said.contains("audit log: a.jsonl: File too large"), "{said}");
    assert!(!text(&stopped.stdout).contains("19999"));
    assert!(check(&folder.path().join("a.jsonl")).unwrap().rows() > 0);

    let optional = limited(&format!("{filter} --audit-optional input"));
    let said = text(&optional.stderr);
    assert_eq!(optional.status.code(), Some(0), "{said}");
    assert_eq!(said.matches("going on without it").count(), 1, "{said}");
    assert!(text(&optional.stdout).ends_with("19999 [REDACTED:DB]\n"));

    let run = "run --no-config --env-file=app.env --audit=b.jsonl -- sh -c 'trap \"\" PIPE; while :; do echo $DB; sleep 0.01; done'";
    let stopped = limited(run);
    assert_eq!(stopped.status.code(), Some(3), "{}", text(&stopped.stderr));
    assert!(!text(&stopped.stdout).contains("horse"));
}

#[test]
fn a_log_that_another_process_writes_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.jsonl");
    let log = Log::open(&path, Options::default()).unwrap();
    let args = ["--no-config", "--env-file=app.env", "--audit=a.jsonl"];
    let output = program(&folder, &args, "");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("another process writes"), "{}", text(&output.stderr));
    drop(log);
    assert!(program(&folder, &args, "").status.success());
    // What only looks does not open it.
    let _log = Log::open(&path, Options::default()).unwrap();
    fs::write(folder.path().join("keepmum.toml"), "audit = 'a.jsonl'\n").unwrap();
    assert!(program(&folder, &["config", "check"], "").status.success());
    assert!(program(&folder, &["scan", "app.env"], "").status.code() != Some(3));
}

#[test]
fn verify_tells_the_head_and_the_first_bad_line() {
    let (folder, path) = written(5, Options::default());
    let verify = |args: &[&str]| program(&folder, &[&["audit", "verify"], args].concat(), "");
    let good = verify(&["audit.jsonl"]);
    let said = text(&good.stdout);
    assert!(said.starts_with("good: rows 1 to 5 follow one another\n"), "{said}");
    assert!(said.contains("cut off shows only against a remembered head"), "{said}");
    let head = said.lines().last().unwrap().strip_prefix("head: ").unwrap().to_owned();
    let text_before = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text_before.lines().take(4).map(|line| format!("{line}\n")).collect::<String>(),
    )
    .unwrap();
    assert_eq!(verify(&["audit.jsonl"]).status.code(), Some(0));
    let cut = verify(&["--head", &head, "audit.jsonl"]);
    assert_eq!(cut.status.code(), Some(1));
    assert!(text(&cut.stdout).contains("the end was cut off"), "{}", text(&cut.stdout));
    fs::write(&path, text_before.replace("\"generation\":2", "\"generation\":7")).unwrap();
    let bad = verify(&["audit.jsonl"]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(
        text(&bad.stdout).starts_with("bad: audit.jsonl:2: the row was changed"),
        "{}",
        text(&bad.stdout)
    );
    assert_eq!(verify(&["missing"]).status.code(), Some(3));
    assert_eq!(verify(&["--head", "5:12", "audit.jsonl"]).status.code(), Some(2));
}
