//! The audit log: what is written stays, and what is changed shows.

use std::fs;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use keepmum::audit::{AuditError, Head, Log, Options, Outcome, Row, Verified, verify};
use tempfile::TempDir;

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
