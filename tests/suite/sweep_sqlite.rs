//! Databases of SQLite, from outside. Scenario M2.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use keepmum::rule::template::expand;
use keepmum::sweep::{Apply, Sweeper};
use keepmum::{Redactor, ReferenceKey};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::text;
use crate::sweep::{Watch, until};

const VALUE: &str = "correct-horse-battery-7";

fn sweep(folder: &TempDir, args: &[&str]) -> Output {
    sweep_at(folder, &folder.path().join("history.db"), args)
}

/// Sweeps the database of a folder by a path of its own.
fn sweep_at(folder: &TempDir, path: &Path, args: &[&str]) -> Output {
    let env = folder.path().join("demo.env");
    fs::write(&env, format!("DB_PASSWORD={VALUE}\n")).unwrap();
    let then = FileTimes::new().set_modified(SystemTime::now() - Duration::from_secs(3600));
    File::options().write(true).open(path).unwrap().set_times(then).unwrap();
    let mut keepmum = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    keepmum.args(["sweep", "--no-config", "--named", "--env-file"]).arg(&env).args(args).arg(path);
    keepmum.env_clear().env("XDG_STATE_HOME", folder.path().join("state")).output().unwrap()
}

fn database(statements: &str) -> (TempDir, Connection) {
    let folder = TempDir::new().unwrap();
    let connection = Connection::open(folder.path().join("history.db")).unwrap();
    connection.execute_batch(&statements.replace("HIDDEN", VALUE)).unwrap();
    (folder, connection)
}

fn bytes_hold(folder: &TempDir, value: &str) -> bool {
    let files = fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.path());
    let mut of = files.filter(|path| path.to_string_lossy().contains("history.db"));
    let holds = |path: &Path| {
        memchr::memmem::find(&fs::read(path).unwrap_or_default(), value.as_bytes()).is_some()
    };
    of.any(|path| holds(&path))
}

fn one(connection: &Connection, query: &str) -> String {
    connection.query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn m2_a_database_with_a_log_is_swept_to_its_last_byte() {
    let (folder, writer) = database(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
         CREATE TABLE messages(id TEXT PRIMARY KEY, content TEXT, made TEXT AS (upper(content)));
         CREATE TABLE pairs(a TEXT, b BLOB, PRIMARY KEY (a)) WITHOUT ROWID;
         CREATE TABLE gone(x);
         INSERT INTO messages(id, content) VALUES ('1', 'pw HIDDEN'), ('2', 'nothing'),
             ('3', '{ \"deep\" : \"{\\\"pw\\\":\\\"HIDDEN\\\"}\" }');
         INSERT INTO pairs VALUES ('k', CAST('HIDDEN' AS BLOB));
         INSERT INTO gone VALUES ('HIDDEN'); DELETE FROM gone;",
    );
    // As a program leaves it that was killed: with its log.
    let folder = {
        let killed = TempDir::new().unwrap();
        for name in ["history.db", "history.db-wal"] {
            fs::copy(folder.path().join(name), killed.path().join(name)).unwrap();
        }
        drop(writer);
        killed
    };
    assert!(bytes_hold(&folder, VALUE));
    let dry = sweep(&folder, &["--dry-run"]);
    assert_eq!(dry.status.code(), Some(1), "{}", text(&dry.stderr));
    assert!(text(&dry.stdout).contains("-messages.content: DB_PASSWORD"));
    assert!(bytes_hold(&folder, VALUE));
    let output = sweep(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!bytes_hold(&folder, VALUE));
    let after = Connection::open(folder.path().join("history.db")).unwrap();
    assert_eq!(
        one(&after, "SELECT content FROM messages WHERE id = '1'"),
        "pw [REDACTED:DB_PASSWORD]"
    );
    assert_eq!(
        one(&after, "SELECT content FROM messages WHERE id = '3'"),
        r#"{ "deep" : "{\"pw\":\"[REDACTED:DB_PASSWORD]\"}" }"#
    );
    assert_eq!(
        one(&after, "SELECT typeof(b) || CAST(b AS TEXT) FROM pairs"),
        "blob[REDACTED:DB_PASSWORD]"
    );
    assert_eq!(one(&after, "PRAGMA integrity_check"), "ok");
    drop(after);
    let again = sweep(&folder, &[]);
    assert!(text(&again.stderr).contains("0 secrets replaced"), "{}", text(&again.stderr));
}

#[test]
fn what_was_deleted_long_ago_goes_too() {
    let (folder, writer) = database(
        "PRAGMA secure_delete = OFF; CREATE TABLE gone(x); INSERT INTO gone VALUES ('HIDDEN'), ('b'); DELETE FROM gone;",
    );
    drop(writer);
    assert!(bytes_hold(&folder, VALUE));
    assert_eq!(sweep(&folder, &["--dry-run"]).status.code(), Some(1));
    let output = sweep(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).ends_with("history.db: 1 of freed pages\n"));
    assert!(!bytes_hold(&folder, VALUE));
}

#[test]
fn indexes_of_words_forget_and_find_the_new_ones() {
    let (folder, writer) = database(
        "CREATE VIRTUAL TABLE own USING fts5(body);
         INSERT INTO own VALUES ('the HIDDEN of it');
         CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);
         INSERT INTO notes VALUES (1, 'and HIDDEN');
         CREATE VIRTUAL TABLE over USING fts5(body, content='notes', content_rowid='id');
         INSERT INTO over(over) VALUES ('rebuild');",
    );
    drop(writer);
    let output = sweep(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let after = Connection::open(folder.path().join("history.db")).unwrap();
    for table in ["own", "over"] {
        let count = |word: &str| {
            one(
                &after,
                &format!("SELECT CAST(count(*) AS TEXT) FROM {table} WHERE {table} MATCH '{word}'"),
            )
        };
        assert_eq!(
            (count("battery"), count("redacted")),
            ("0".to_owned(), "1".to_owned()),
            "{table}"
        );
    }
}

#[test]
fn triggers_do_not_run() {
    let (folder, writer) = database(
        "CREATE TABLE t(x TEXT); CREATE TABLE kept(old TEXT);
         INSERT INTO t VALUES ('HIDDEN');
         CREATE TRIGGER keep AFTER UPDATE ON t BEGIN INSERT INTO kept VALUES (old.x); END;",
    );
    drop(writer);
    assert_eq!(sweep(&folder, &[]).status.code(), Some(0));
    let after = Connection::open(folder.path().join("history.db")).unwrap();
    assert_eq!(one(&after, "SELECT CAST(count(*) AS TEXT) FROM kept"), "0");
}

#[test]
fn what_cannot_be_changed_is_told_of() {
    let (folder, writer) = database(
        "CREATE TABLE t(x TEXT CHECK (length(x) = 23)); INSERT INTO t VALUES ('HIDDEN');
         CREATE TABLE u(x BLOB); INSERT INTO u VALUES (CAST('HIDDEN' AS BLOB) || x'00FF');",
    );
    drop(writer);
    let output = sweep(&folder, &[]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let told = text(&output.stderr);
    assert!(told.contains("table t: a row cannot be changed"), "{told}");
    assert!(!told.contains(VALUE));
    let rows = sweep(&folder, &["--format=json", "--dry-run"]);
    let lines = text(&rows.stdout);
    let row = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert!(row.into_iter().any(|row| row["treatment"] == "fixed" && row["rule"] == "DB_PASSWORD"));
}

#[test]
fn a_database_in_use_is_refused() {
    let (folder, writer) = database("CREATE TABLE t(x TEXT); INSERT INTO t VALUES ('HIDDEN');");
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let output = sweep(&folder, &[]);
    assert_eq!(output.status.code(), Some(3));
    writer.execute_batch("ROLLBACK").unwrap();
    assert_eq!(one(&writer, "SELECT x FROM t"), VALUE);
}

/// Whether this process has a lock of SQLite's on a file; none if the system does not tell.
fn has_lock(path: &Path) -> Option<bool> {
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let (own, end) =
        (std::process::id().to_string(), format!(":{}", fs::metadata(path).ok()?.ino()));
    let is = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.contains(&"POSIX")
            && words.contains(&&*own)
            && words.iter().any(|word| word.ends_with(&end))
    };
    Some(locks.lines().any(is))
}

#[test]
fn a_look_at_the_bytes_takes_no_lock_away() {
    let (folder, writer) = database(
        "PRAGMA journal_mode = WAL; PRAGMA secure_delete = OFF;
         CREATE TABLE gone(x); INSERT INTO gone VALUES ('HIDDEN'), ('b'); DELETE FROM gone;",
    );
    drop(writer);
    let path = folder.path().join("history.db");
    let redactor = Redactor::builder().secret("db", VALUE).unwrap().build().unwrap();
    let sweeper = Sweeper::new(redactor, ReferenceKey::new(b"key"));
    let mut seen = Vec::new();
    // Told between the look and the writing: a log without a lock on it may be taken away by whoever closes the file.
    let mut see = |row: &keepmum::sweep::Row| seen.push((row.place.clone(), has_lock(&path)));
    let swept = sweeper.database(&path, Apply::Yes, &mut see).unwrap();
    assert_eq!(swept.changed, 1);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].0, "freed pages");
    assert_ne!(seen[0].1, Some(false));
    assert!(!bytes_hold(&folder, VALUE));
}

#[test]
fn an_index_over_rows_without_ids_of_their_own_leads_to_them_still() {
    let (folder, writer) = database(
        "CREATE TABLE notes(body TEXT);
         INSERT INTO notes VALUES ('first'), ('the HIDDEN of it'), ('third');
         DELETE FROM notes WHERE body = 'first';
         CREATE VIRTUAL TABLE over USING fts5(body, content='notes');
         INSERT INTO over(over) VALUES ('rebuild');",
    );
    drop(writer);
    let output = sweep(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let after = Connection::open(folder.path().join("history.db")).unwrap();
    for (word, body) in [("redacted", "the [REDACTED:DB_PASSWORD] of it"), ("third", "third")] {
        let query = format!("SELECT body FROM over WHERE over MATCH '{word}'");
        assert_eq!(one(&after, &query), body);
    }
}

#[test]
fn a_blob_that_counts_its_bytes_stays() {
    let (folder, writer) = database("CREATE TABLE t(x BLOB);");
    let counted = format!("\n(a password of it {VALUE}");
    assert_eq!(counted.len() - 2, usize::from(b'('), "a message of protobuf");
    let others = [
        format!("\u{1}{VALUE}"),
        format!("\n{{\"a\":\"{VALUE}\"}}"),
        format!("two\nlines {VALUE}"),
    ];
    for blob in [counted].iter().chain(&others) {
        writer.execute("INSERT INTO t VALUES (?)", [blob.as_bytes()]).unwrap();
    }
    let blobs = |connection: &Connection| {
        let mut statement = connection.prepare("SELECT x FROM t ORDER BY rowid").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<Vec<Vec<u8>>, _>>().unwrap()
    };
    let before = blobs(&writer);
    drop(writer);
    let output = sweep(&folder, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).matches("fixed in t.x: bytes that are no text").count(), 2);
    let after = blobs(&Connection::open(folder.path().join("history.db")).unwrap());
    assert_eq!(after[..2], before[..2]);
    assert_eq!(after[2], b"\n{\"a\":\"[REDACTED:DB_PASSWORD]\"}");
    assert_eq!(after[3], b"two\nlines [REDACTED:DB_PASSWORD]");
}

#[test]
fn rows_that_cannot_be_changed_hold_no_other_up() {
    let (folder, writer) = database(
        "CREATE TABLE t(x TEXT CHECK (x NOT LIKE 'fixed%REDACTED%'));
         INSERT INTO t VALUES ('fixed HIDDEN'), ('free HIDDEN'), ('fixed, too: HIDDEN'), ('last HIDDEN');",
    );
    drop(writer);
    let output = sweep(&folder, &[]);
    assert_eq!(output.status.code(), Some(3));
    let told = text(&output.stderr);
    assert!(told.contains("table t: 2 rows cannot be changed"), "{told}");
    assert!(!told.contains("something is left in bytes"), "{told}");
    let after = Connection::open(folder.path().join("history.db")).unwrap();
    let count = "SELECT CAST(count(*) AS TEXT) FROM t WHERE x LIKE '%[REDACTED:DB_PASSWORD]'";
    assert_eq!(one(&after, count), "2");
}

#[test]
fn what_a_rule_is_sure_of_goes_from_freed_pages_and_so_does_a_journal() {
    let token = expand("ghp_{alnum:36}", 5).unwrap().text;
    let (folder, writer) = database(&format!(
        "PRAGMA secure_delete = OFF; CREATE TABLE gone(x); INSERT INTO gone VALUES ('{token}'), ('b'); DELETE FROM gone;"
    ));
    drop(writer);
    assert!(bytes_hold(&folder, &token));
    assert_eq!(sweep(&folder, &[]).status.code(), Some(0));
    assert!(!bytes_hold(&folder, &token));
    // As programs leave it that keep their journals: without a head.
    let journal = folder.path().join("history.db-journal");
    fs::write(&journal, [&[0; 512][..], VALUE.as_bytes()].concat()).unwrap();
    let output = sweep(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!bytes_hold(&folder, VALUE));
}

#[test]
fn what_stays_somewhere_hides_nothing_else() {
    let (folder, writer) = database(
        "CREATE TABLE u(x BLOB); INSERT INTO u VALUES (CAST('HIDDEN' AS BLOB) || x'00FF');
         PRAGMA secure_delete = OFF; CREATE TABLE gone(x);",
    );
    let token = expand("ghp_{alnum:36}", 6).unwrap().text;
    writer
        .execute_batch(&format!("INSERT INTO gone VALUES ('{token}'), ('b'); DELETE FROM gone;"))
        .unwrap();
    drop(writer);
    let output = sweep(&folder, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(!bytes_hold(&folder, &token));
}

#[test]
fn a_folder_behind_a_link_is_no_hindrance_and_a_link_in_a_databases_place_is() {
    let (folder, writer) = database("CREATE TABLE t(x TEXT); INSERT INTO t VALUES ('HIDDEN');");
    drop(writer);
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    let output = sweep_at(&folder, &link.join("history.db"), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!bytes_hold(&folder, VALUE));
    let other = folder.path().join("other.db");
    std::os::unix::fs::symlink(folder.path().join("history.db"), &other).unwrap();
    let redactor = Redactor::builder().secret("db", VALUE).unwrap().build().unwrap();
    let sweeper = Sweeper::new(redactor, ReferenceKey::new(b"key"));
    assert!(sweeper.database(&other, Apply::No, &mut |_| {}).is_err());
}

/// As a program leaves it that was killed, or that writes its log back later.
#[test]
fn watch_sees_what_is_in_a_log_alone() {
    let (source, writer) = database(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(x);
         PRAGMA wal_checkpoint(TRUNCATE);",
    );
    let (folder, env) = (TempDir::new().unwrap(), source.path().join("demo.env"));
    fs::write(&env, format!("DB_PASSWORD={VALUE}\n")).unwrap();
    let copy = |name: &str| fs::copy(source.path().join(name), folder.path().join(name)).unwrap();
    copy("history.db");
    let mut watch = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    watch.args(["watch", "--no-config", "--quiet=100ms", "--env-file"]).arg(&env);
    watch.arg(folder.path()).env_clear().env("XDG_STATE_HOME", source.path().join("state"));
    let _watch = Watch::start(&mut watch);
    // Once two files were swept, one after the other, the database was looked at.
    for name in ["a.md", "b.md"] {
        let path = folder.path().join(name);
        fs::write(&path, VALUE).unwrap();
        until(|| fs::read_to_string(&path).is_ok_and(|text| text != VALUE));
    }
    writer.execute("INSERT INTO t VALUES (?)", [VALUE]).unwrap();
    copy("history.db-wal");
    until(|| !bytes_hold(&folder, VALUE));
    let after = Connection::open(folder.path().join("history.db")).unwrap();
    assert!(one(&after, "SELECT x FROM t").starts_with("SECRETREF_"));
}
