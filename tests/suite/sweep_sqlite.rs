//! Databases of SQLite, from outside. Scenario M2.

use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::text;

const VALUE: &str = "correct-horse-battery-7";

fn sweep(folder: &TempDir, args: &[&str]) -> Output {
    let env = folder.path().join("demo.env");
    fs::write(&env, format!("DB_PASSWORD={VALUE}\n")).unwrap();
    let path = folder.path().join("history.db");
    let then = FileTimes::new().set_modified(SystemTime::now() - Duration::from_secs(3600));
    File::options().write(true).open(&path).unwrap().set_times(then).unwrap();
    let mut keepmum = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    keepmum.args(["sweep", "--no-config", "--named", "--env-file"]).arg(&env).args(args).arg(&path);
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
    let holds =
        |path: &Path| memchr::memmem::find(&fs::read(path).unwrap(), value.as_bytes()).is_some();
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
