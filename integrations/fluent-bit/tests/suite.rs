//! The plugin as its file, in a host that does with it what Fluent Bit does.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rmpv::Value;

const SECRET: &str = "correct horse battery";
const GONE: &str = "[REDACTED:pass]";

/// Where things are built.
fn folder() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().to_owned()
}

/// The plugin, under the name that Fluent Bit asks for. Cargo builds no library of C for a test by itself.
fn plugin() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package=keepmum-fluent-bit", "--target-dir"]);
        cargo.arg(folder().parent().unwrap());
        if folder().ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap().success());
        folder().join("flb-filter_keepmum.so")
    })
}

fn host() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let host = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/host.c");
        let mut cc = Command::new("cc");
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-rdynamic", "-o"]);
        let done = cc.arg(&host).arg(source).arg("-ldl").output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        host
    })
}

/// What the host says, and what it logs.
struct Done {
    says: String,
    logs: String,
    out: Option<Vec<u8>>,
}

fn run(tag: &str, chunk: &[u8], options: &[&str]) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    fs::write(&input, chunk).unwrap();
    fs::write(folder.path().join("pass"), SECRET).unwrap();
    fs::write(
        folder.path().join("keepmum.toml"),
        "[[source]]\nkind = 'file'\nname = 'pass'\npath = 'pass'\n",
    )
    .unwrap();
    fs::write(folder.path().join("wrong.toml"), "\nsecrets-fil = ['pass']\n").unwrap();
    let mut command = Command::new(host());
    command.arg(plugin()).arg(tag).arg(&input).arg(&output).args(options);
    let done = command.current_dir(folder.path()).output().unwrap();
    let logs = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{}: {logs}", done.status);
    assert!(!logs.contains(SECRET));
    let says = String::from_utf8(done.stdout).unwrap().trim().to_owned();
    Done { says, logs, out: fs::read(output).ok() }
}

/// With the configuration that knows the secret.
fn filter(chunk: &[u8], more: &[&str]) -> Done {
    run("app", chunk, &[&["Config=keepmum.toml"], more].concat())
}

fn encode(values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    values.iter().for_each(|value| rmpv::encode::write_value(&mut out, value).unwrap());
    out
}

fn map(pairs: &[(&str, Value)]) -> Value {
    Value::Map(pairs.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect())
}

fn time() -> Value {
    Value::Ext(0, vec![0x65, 0, 0, 0, 0, 0, 0, 1])
}

/// A chunk with `text` in every place that an event has: attributes of a group, metadata, bodies of both forms.
fn chunk(text: &str) -> Vec<u8> {
    let nested = map(&[
        ("list", Value::Array(vec![text.into(), Value::Binary(text.into()), Value::Nil])),
        (text, 1.into()),
        ("numbers", Value::Array(vec![u64::MAX.into(), i64::MIN.into(), 0.5.into(), true.into()])),
        ("ext", Value::Ext(5, vec![0, 255])),
    ]);
    let group = |at: i64, body| {
        Value::Array(vec![
            Value::Array(vec![Value::from(at), map(&[("resource", text.into())])]),
            body,
        ])
    };
    encode(&[
        group(-1, map(&[("scope", text.into())])),
        Value::Array(vec![
            Value::Array(vec![time(), map(&[("attribute", text.into())])]),
            nested.clone(),
        ]),
        group(-2, map(&[])),
        Value::Array(vec![time(), nested]),
    ])
}

#[test]
fn secrets_are_gone_wherever_an_event_has_text_and_all_else_stays() {
    let done = filter(&chunk(&format!("a {SECRET} b")), &[]);
    assert!(done.out.unwrap() == chunk(&format!("a {GONE} b")));
    assert!(done.says.starts_with("modified ") && done.logs.is_empty(), "{}", done.logs);
}

#[test]
fn a_clean_chunk_is_not_touched() {
    assert_eq!(filter(&chunk("clean"), &[]).says, "untouched");
    assert_eq!(filter(b"", &[]).says, "untouched");
}

#[test]
fn a_damaged_chunk_is_dropped_and_says_why() {
    let mut damaged = chunk(SECRET);
    damaged.pop();
    for chunk in [&damaged[..], b"\xc1", &[0x91; 5000]] {
        let done = filter(chunk, &[]);
        assert_eq!(done.says, "modified 0");
        assert!(
            done.logs.starts_with("error: [filter:keepmum] dropped a chunk of "),
            "{}",
            done.logs
        );
        assert!(done.logs.contains(" bytes: no MessagePack at byte "), "{}", done.logs);
    }
}

#[test]
fn options_that_are_wrong_stop_the_start_and_are_named() {
    for (options, error) in [
        (&[][..], "option `config` is missing"),
        (&["Confg=keepmum.toml"], "there is no option `confg`; did you mean `config`?"),
        (&["Config=keepmum.toml", "Hides=pin"], "there is no option `hides`; did you mean `hide`?"),
        (&["Config=wrong.toml"], "option `config`: wrong.toml:2: unknown key `secrets-fil`"),
        (&["Config=none.toml"], "option `config`: "),
        (&["Config=keepmum.toml", "Hide=a,,b"], "option `hide` has an item that names nothing"),
        (&["Config=keepmum.toml", "Skip="], "option `skip` has an item that names nothing"),
        (&["Config=keepmum.toml", "Tags=a[b"], "option `tags`: "),
    ] {
        let done = run("app", &chunk("clean"), options);
        assert_eq!(done.says, "refused", "{options:?}");
        let expected = format!("error: [filter:keepmum] {error}");
        assert!(done.logs.starts_with(&expected), "{options:?}: {}", done.logs);
    }
}

#[test]
fn fields_are_hidden_and_skipped_by_their_names() {
    let record = |pin: &str, raw: &str| {
        let body = map(&[("session-id", pin.into()), ("raw", map(&[("text", raw.into())]))]);
        encode(&[Value::Array(vec![time(), body])])
    };
    let done = filter(&record("x", SECRET), &["Hide=session id", "Skip=raw, other"]);
    assert!(done.out.unwrap() == record("[REDACTED:field]", SECRET));
    let done = filter(&record("x", SECRET), &["Hide=default"]);
    assert!(done.out.unwrap() == record("x", GONE));
}

#[test]
fn tags_say_what_is_looked_through() {
    let chunk = chunk(SECRET);
    for (tag, says) in [("app.web", "modified"), ("db", "modified"), ("other", "untouched")] {
        let done = run(tag, &chunk, &["Config=keepmum.toml", "Tags=app.*, db"]);
        assert!(done.says.starts_with(says), "{tag}: {}", done.says);
    }
}
