//! Sources of secrets: what they give, what they are called, how they are declared.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use keepmum::source::{
    Command, Declared, EnvFile, Environment, Fields, Files, Format, OnePassword, Scope, Source,
    SourceError, in_scope,
};
use keepmum::{Redactor, Secret};
use tempfile::TempDir;

/// Plain words; built from two, so that a search for it finds no test.
pub(crate) const VALUE: &str = concat!("correct-horse", "-battery-7");

/// The source of an entry as it stands in `keepmum.toml`.
pub(crate) fn declared(toml: &str) -> Declared {
    toml::from_str(toml).unwrap_or_else(|error| panic!("{toml}: {}", error.message()))
}

/// Writes a program. By another process: a file that this one has open for writing cannot be run, and any thread that
/// starts a program holds it open for a moment.
pub(crate) fn script(path: &Path, text: &str) {
    let mut shell = Process::new("sh");
    shell.args(["-c", "cat > \"$0\" && chmod +x \"$0\""]).arg(path).stdin(Stdio::piped());
    let mut writer = shell.spawn().unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
}

fn refused(toml: &str) -> String {
    toml::from_str::<Declared>(toml).expect_err(toml).message().to_owned()
}

fn names(source: &mut dyn Source) -> Vec<String> {
    let fetched = source.fetch().unwrap();
    fetched.secrets.iter().map(|secret| secret.name().to_owned()).collect()
}

/// What a redactor that knows what `source` gives makes of `input`.
fn redacted(source: &mut dyn Source, input: &str) -> String {
    redacted_by(source.fetch().unwrap().secrets, input)
}

fn redacted_by(secrets: Vec<Secret>, input: &str) -> String {
    let builder = secrets.into_iter().try_fold(Redactor::builder(), |all, one| all.known(one));
    builder.unwrap().build().unwrap().redact_str(input).into_owned()
}

#[test]
fn an_entry_tells_name_scope_and_times() {
    let entry = declared(
        "kind = 'file'\nname = 'tls'\npath = 'key'\nenvironment = ['staging', 'production']\n\
         optional = true\nrefresh = '1h 30m'\noverlap = '2days'",
    );
    assert_eq!((entry.kind(), entry.name(), entry.is_optional()), ("file", "tls", true));
    assert_eq!(entry.refresh(), Some(Duration::from_secs(5400)));
    assert_eq!(entry.overlap(), Some(Duration::from_secs(2 * 86_400)));
    let own = vec!["staging".to_owned(), "production".to_owned()];
    assert_eq!(entry.scope(), &Scope::Environments(own));
    let plain = declared("kind = 'environment'\nname = 'env'");
    assert_eq!((plain.scope(), plain.is_optional()), (&Scope::Everywhere, false));
    assert_eq!((plain.refresh(), plain.overlap()), (None, None));
}

#[test]
fn an_entry_that_means_nothing_is_refused() {
    for (toml, why) in [
        ("name = 'a'", "missing field `kind`"),
        ("kind = 'file'\npath = 'x'", "missing field `name`"),
        ("kind = 'file'\nname = 'a'", "missing field `path`"),
        ("kind = 'fil'\nname = 'a'", "kind: use environment"),
        ("kind = 'command'\nname = 'a'\nargv = []\nformat = 'json'", "argv: name a program"),
        ("kind = 'command'\nname = 'a'\nargv = ['x']\nformat = 'yaml'", "unknown variant"),
        ("kind = '1password'\nname = 'a'", "give a vault, an item or references"),
        (
            "kind = '1password'\nname = 'a'\nvault = 'v'\nreferences = ['op://a/b/c']",
            "give a vault",
        ),
        ("kind = '1password'\nname = 'a'\nreferences = ['a/b/c']", "op://"),
        ("kind = 'file'\nname = 'a b'\npath = 'x'", "name: use"),
        ("kind = 'file'\nname = 'a'\npath = 'x'\nenvironment = []", "it names none"),
        ("kind = 'file'\nname = 'a'\npath = 'x'\nenvironment = 5", "environment: write a name"),
        ("kind = 'file'\nname = 'a'\npath = 'x'\nrefresh = '5'", "write a duration"),
        ("kind = 'file'\nname = 'a'\npath = 'x'\nrefresh = '0s'", "write a duration"),
        ("kind = 'file'\nname = 'a'\npth = 'x'", "unknown field `pth`, expected `path`, `kind`"),
        ("kind = 'file'\nname = 'a'\npath = 'x'\noptionl = true", "`optional`"),
    ] {
        let said = refused(toml);
        assert!(said.contains(why), "{toml}: {said}");
    }
}

#[test]
fn a_kind_of_another_build_is_told_apart_from_an_unknown_one() {
    for kind in ["vault", "aws", "gcp"] {
        let entry = format!("kind = '{kind}'\nname = 'a'");
        if let Err(error) = toml::from_str::<Declared>(&entry) {
            let said = error.message();
            assert!(!said.contains("use environment"), "{said}");
        }
    }
}

fn scoped(environment: &str) -> Declared {
    Declared::env_file("x").named("one").belonging_to([environment])
}

#[test]
fn a_process_gets_the_sources_of_its_environment_alone() {
    let all = vec![scoped("dev"), scoped("production"), Declared::env_file("y").named("two")];
    let own = in_scope(all.clone(), Some("production")).unwrap();
    assert_eq!(own.len(), 2);
    assert!(own.iter().all(|source| source.scope().admits(Some("production"))));
    let unnamed = in_scope(all.clone(), None).unwrap_err();
    assert!(unnamed.is_denied() && unnamed.to_string().contains("dev, production"), "{unnamed}");
    let mistyped = in_scope(all, Some("prodution")).unwrap_err();
    assert!(mistyped.is_missing() && mistyped.to_string().contains("production"), "{mistyped}");
    assert_eq!(in_scope(vec![Declared::env_file("y")], None).unwrap().len(), 1);
}

#[test]
fn two_sources_of_one_environment_have_two_names() {
    let twice = in_scope(vec![scoped("dev"), scoped("dev")], Some("dev")).unwrap_err();
    assert!(twice.is_malformed() && twice.to_string().contains("`one`"), "{twice}");
    let unnamed = vec![Declared::env_file("x"), Declared::env_file("y")];
    assert_eq!(in_scope(unnamed, None).unwrap().len(), 2);
}

#[test]
fn secrets_are_called_by_source_and_path() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(".env"), format!("DB_PASSWORD={VALUE}\n")).unwrap();
    let entry = "kind = 'env-file'\nname = 'prod'\npath = '.env'";
    let mut source = declared(entry).relative_to(folder.path()).open().unwrap();
    assert_eq!(source.name(), "prod");
    assert_eq!(redacted(&mut *source, VALUE), "[REDACTED:prod.DB_PASSWORD]");
    let mut bare = EnvFile::new(folder.path().join(".env"));
    assert_eq!(names(&mut bare), ["DB_PASSWORD"]);
}

#[test]
fn variables_are_chosen_by_globs_over_the_whole_name() {
    let mut source = Environment::new(["CARGO_PKG_NAM?", "CARGO_PKG_VERS"]).unwrap().named("env");
    assert_eq!(names(&mut source), ["env.CARGO_PKG_NAME"]);
    assert!(Environment::new(["a[b"]).unwrap_err().is_malformed());
}

/// A folder as Kubernetes mounts it, with the files of its first version.
fn mount(folder: &Path, files: &[(&str, &str)]) {
    version(folder, 0, files);
    for (name, _) in files {
        symlink(Path::new("..data").join(name), folder.join(name)).unwrap();
    }
}

/// Swaps a mount to its next version and removes the one before.
fn version(folder: &Path, number: usize, files: &[(&str, &str)]) {
    let own = folder.join(format!("..v{number}"));
    fs::create_dir(&own).unwrap();
    files.iter().for_each(|(name, value)| fs::write(own.join(name), value).unwrap());
    let link = folder.join("..data_tmp");
    symlink(own.file_name().unwrap(), &link).unwrap();
    fs::rename(&link, folder.join("..data")).unwrap();
    if let Some(before) = number.checked_sub(1) {
        fs::remove_dir_all(folder.join(format!("..v{before}"))).unwrap();
    }
}

#[test]
fn a_mount_is_read_through_its_links_and_followed_through_a_swap() {
    let folder = TempDir::new().unwrap();
    mount(folder.path(), &[("user", "correct-horse-0"), ("password", "battery-staple-0")]);
    let mut source = Files::new(folder.path()).named("app");
    assert_eq!(names(&mut source), ["app.password", "app.user"]);
    version(folder.path(), 1, &[("user", "correct-horse-1"), ("password", "battery-staple-1")]);
    let line = "correct-horse-0 correct-horse-1 battery-staple-1";
    assert_eq!(
        redacted(&mut source, line),
        "correct-horse-0 [REDACTED:app.user] [REDACTED:app.password]"
    );
    assert_eq!(source.watched(), [folder.path()]);
}

#[test]
fn no_reading_of_a_mount_is_half_old_and_half_new() {
    let folder = TempDir::new().unwrap();
    let files = |number: usize| match number % 2 {
        0 => [("a", "correct-horse-even"), ("b", "battery-staple-even")],
        _ => [("a", "correct-horse-uneven"), ("b", "battery-staple-uneven")],
    };
    mount(folder.path(), &files(0));
    let mut source = Files::new(folder.path());
    let done = AtomicBool::new(false);
    let line = "correct-horse-even battery-staple-even correct-horse-uneven battery-staple-uneven";
    let even = "[REDACTED:a] [REDACTED:b] correct-horse-uneven battery-staple-uneven";
    let uneven = "correct-horse-even battery-staple-even [REDACTED:a] [REDACTED:b]";
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (1..400).for_each(|number| version(folder.path(), number, &files(number)));
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            match source.fetch() {
                Ok(fetched) => {
                    let seen = redacted_by(fetched.secrets, line);
                    assert!(seen == even || seen == uneven, "{seen}");
                }
                Err(error) => assert!(error.is_unavailable(), "{error}"),
            }
        }
    });
    assert_eq!(redacted(&mut source, line), uneven);
}

#[test]
fn folders_in_a_folder_are_read_and_hidden_files_are_not() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("db")).unwrap();
    fs::write(folder.path().join("db/password"), VALUE).unwrap();
    fs::write(folder.path().join(".hidden"), VALUE).unwrap();
    symlink("nowhere", folder.path().join("gone")).unwrap();
    let mut source = Files::new(folder.path());
    assert_eq!(names(&mut source), ["db.password"]);
    assert_eq!(names(&mut Files::new(folder.path().join("db/password"))), ["password"]);
    let mut gone = Files::new(folder.path().join("gone"));
    let error = gone.fetch().unwrap_err();
    assert!(error.is_missing() && error.to_string().contains("gone"), "{error}");
}

#[test]
fn a_circle_of_folders_ends() {
    let folder = TempDir::new().unwrap();
    symlink(".", folder.path().join("circle")).unwrap();
    assert!(Files::new(folder.path()).fetch().unwrap_err().is_malformed());
}

#[test]
fn programs_print_json_dotenv_or_a_value() {
    let json = format!(r#"{{"db": {{"password": "{VALUE}", "pin": 7391846250}}, "debug": true}}"#);
    let mut source = Command::new("printf", ["%s", &json], Format::Json).named("sops");
    assert_eq!(names(&mut source), ["sops.db.password", "sops.db.pin"]);
    assert_eq!(redacted(&mut source, "7391846250"), "[REDACTED:sops.db.pin]");
    let mut source = Command::new("printf", ["A='%s'\\n", VALUE], Format::Dotenv);
    assert_eq!(redacted(&mut source, VALUE), "[REDACTED:A]");
    let mut source = Command::new("echo", [VALUE], Format::Value).named("token");
    assert_eq!(redacted(&mut source, VALUE), "[REDACTED:token]");
}

#[test]
fn a_program_of_an_entry_is_found_beside_the_file() {
    let folder = TempDir::new().unwrap();
    script(&folder.path().join("print"), &format!("#!/bin/sh\necho {VALUE}\n"));
    let entry =
        "kind = 'command'\nname = 'own'\nargv = ['./print']\nformat = 'value'\ntimeout = '1m'";
    let mut source = declared(entry).relative_to(folder.path()).open().unwrap();
    assert_eq!(redacted(&mut *source, VALUE), "[REDACTED:own]");
}

/// The error of a shell's command, with a time-out and a limit.
fn failure(command: &str, timeout: Duration, limit: usize) -> SourceError {
    let mut source = Command::new("sh", ["-c", command], Format::Value);
    source = source.timeout(timeout).limit(limit).named("shell");
    let error = source.fetch().unwrap_err();
    assert!(error.to_string().contains("`shell`"), "{error}");
    error
}

const LONG: Duration = Duration::from_secs(120);

#[test]
fn a_failing_program_tells_its_status_and_nothing_that_it_said() {
    let error = failure(&format!("echo {VALUE}; echo {VALUE} >&2; exit 3"), LONG, 1000);
    let said = error.to_string();
    assert!(error.is_unavailable() && said.contains("exit status: 3"), "{said}");
    assert!(!said.contains("horse") && !format!("{error:?}").contains("horse"), "{said}");
    let source = Command::new("sh", ["-c", VALUE], Format::Value);
    assert!(!format!("{source:?}").contains("horse"), "{source:?}");
    let entry = format!("kind = 'command'\nname = 'a'\nargv = ['x', '{VALUE}']\nformat = 'json'");
    assert!(!format!("{:?}", declared(&entry)).contains("horse"));
    assert!(failure("exit 0", LONG, 1000).is_missing());
    let mut gone = Command::new("no-such-program-here", ["x"], Format::Json);
    assert!(gone.fetch().unwrap_err().is_missing());
}

#[test]
fn a_program_reads_an_empty_input() {
    assert!(failure("cat", LONG, 1000).is_missing());
}

#[test]
fn a_late_program_is_ended() {
    let started = Instant::now();
    let error = failure("sleep 600", Duration::from_millis(100), 1000);
    assert!(error.is_unavailable() && error.to_string().contains("100ms"), "{error}");
    let error = failure("exec >&-; sleep 600", Duration::from_millis(100), 1000);
    assert!(error.is_unavailable(), "{error}");
    assert!(started.elapsed() < Duration::from_secs(300));
}

#[test]
fn a_program_that_prints_too_much_is_ended_with_what_it_has_started() {
    let folder = TempDir::new().unwrap();
    let pid = folder.path().join("pid");
    let command =
        format!("sleep 600 & echo $! > '{}'; while :; do echo {VALUE}; done", pid.display());
    let error = failure(&command, LONG, 100_000);
    assert!(error.is_malformed() && !error.to_string().contains("horse"), "{error}");
    let child: PathBuf =
        ["/proc", fs::read_to_string(&pid).unwrap().trim(), "stat"].iter().collect();
    // Who adopts it may take its time to bury it.
    let gone = || fs::read_to_string(&child).map_or(true, |stat| stat.contains(") Z "));
    let deadline = Instant::now() + LONG;
    while !gone() {
        assert!(Instant::now() < deadline, "it still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn text_that_is_not_of_the_format_is_not_quoted() {
    for format in [Format::Json, Format::Dotenv] {
        let mut source = Command::new("printf", ["GOOD=a\\n%s = = '", VALUE], format);
        let error = source.fetch().unwrap_err();
        assert!(error.is_malformed() && !error.to_string().contains("horse"), "{error}");
    }
}

/// A stand-in for `op`, true to its protocol: a vault with two items, one of which has fields of every kind. It writes
/// what it was asked into `asked`.
pub(crate) const OP: &str = r#"#!/bin/sh
echo "$*" >> "$(dirname "$0")/asked"
reveal=no
for argument in "$@"; do [ "$argument" = --reveal ] && reveal=yes; done
fail() { echo "[ERROR] 2026/01/02 03:04:05 $1, it was battery-staple" >&2; exit 1; }
case "$1 $2" in
"item list")
  [ "$3 $4 $5 $6" = "--vault production --format json" ] || fail "\"$4\" isn't a vault"
  echo '[{"id":"aaaa","title":"db","vault":{"id":"v1","name":"production"},"category":"LOGIN"},
         {"id":"bbbb","title":"deploy key","vault":{"id":"v1","name":"production"},"category":"SSH_KEY"}]'
  ;;
"item get")
  [ "$4 $5" = "--format json" ] || fail "format"
  case "$3" in
  aaaa|db) echo '{"id":"aaaa","title":"db","category":"LOGIN","sections":[{"id":"s1","label":"replica"}],"fields":[
    {"id":"username","type":"STRING","purpose":"USERNAME","label":"username","value":"wendy-of-the-app"},
    {"id":"password","type":"CONCEALED","purpose":"PASSWORD","label":"password","value":"correct-horse-db",
     "password_details":{"strength":"TERRIBLE"},"reference":"op://production/db/password"},
    {"id":"notesPlain","type":"STRING","purpose":"NOTES","label":"notesPlain"},
    {"id":"f1","section":{"id":"s1","label":"replica"},"type":"CONCEALED","label":"password","value":"correct-horse-replica"},
    {"id":"TOTP_f2","type":"OTP","label":"one-time password","totp":"000000",
     "value":"otpauth://totp/db?secret=BATTERYSTAPLE&issuer=db"}]}' ;;
  bbbb) echo '{"id":"bbbb","title":"deploy key","category":"SSH_KEY","fields":[
    {"id":"private_key","type":"SSHKEY","label":"private key","value":"battery-staple-pkcs8",
     "ssh_formats":{"openssh":{"reference":"x","value":"battery-staple-openssh"}}},
    {"id":"public_key","type":"STRING","label":"public key","value":"ssh-ed25519 plain"}]}' ;;
  hidden)
    value="[use 'op item get hidden --reveal' to reveal]"
    [ $reveal = yes ] && value=correct-horse-hidden
    echo "{\"id\":\"hidden\",\"title\":\"hidden\",\"fields\":[{\"id\":\"password\",\"type\":\"CONCEALED\",\"label\":\"password\",\"value\":\"$value\"}]}" ;;
  *) fail "\"$3\" isn't an item" ;;
  esac ;;
"read op://production/db/password") [ "$3" = --no-newline ] || fail "newline"; printf correct-horse-db ;;
*) fail "could not read secret" ;;
esac
"#;

fn op() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("op");
    script(&program, OP);
    (folder, program)
}

#[test]
fn a_vault_of_1password_gives_its_concealed_fields() {
    let (folder, program) = op();
    let mut source = OnePassword::vault("production").program(&program).timeout(LONG).named("op");
    let expected = [
        "op.db.password",
        "op.db.replica.password",
        "op.db.one-time-password",
        "op.db.one-time-password.key",
        "op.deploy-key.private-key",
        "op.deploy-key.private-key.openssh",
    ];
    assert_eq!(names(&mut source), expected);
    let line = "correct-horse-replica BATTERYSTAPLE battery-staple-openssh wendy-of-the-app";
    assert_eq!(
        redacted(&mut source, line),
        "[REDACTED:op.db.replica.password] [REDACTED:op.db.one-time-password.key] \
         [REDACTED:op.deploy-key.private-key.openssh] wendy-of-the-app"
    );
    let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
    let asked: Vec<&str> = asked.lines().take(3).collect();
    assert_eq!(
        asked,
        [
            "item list --vault production --format json",
            "item get aaaa --format json --vault production",
            "item get bbbb --format json --vault production",
        ]
    );
}

#[test]
fn an_item_of_1password_gives_all_fields_if_that_is_asked_for() {
    let (folder, _program) = op();
    let entry = "kind = '1password'\nname = 'op'\nitem = 'db'\nfields = 'all'\naccount = 'team'\nprogram = './op'";
    let mut source = declared(entry).relative_to(folder.path()).open().unwrap();
    assert_eq!(redacted(&mut *source, "wendy-of-the-app"), "[REDACTED:op.db.username]");
    let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
    assert_eq!(asked, "item get db --format json --account team\n");
}

#[test]
fn references_of_1password_are_read() {
    let (_folder, program) = op();
    let references = OnePassword::references(["op://production/db/password"]).unwrap();
    let mut source = references.program(&program).fields(Fields::All);
    assert_eq!(redacted(&mut source, "correct-horse-db"), "[REDACTED:production.db.password]");
}

#[test]
fn a_concealed_value_of_1password_is_asked_for_again() {
    let (folder, program) = op();
    let mut source = OnePassword::item("hidden", None).program(&program);
    assert_eq!(redacted(&mut source, "correct-horse-hidden"), "[REDACTED:hidden.password]");
    let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
    assert_eq!(asked, "item get hidden --format json\nitem get hidden --format json --reveal\n");
}

#[test]
fn what_1password_refuses_is_told_without_what_it_said() {
    let (_folder, program) = op();
    let references = OnePassword::references(["op://production/db/gone"]).unwrap();
    for source in [OnePassword::vault("gone"), OnePassword::item("gone", None), references] {
        let error = source.program(&program).fetch().unwrap_err();
        let said = error.to_string();
        assert!(error.is_unavailable() && said.contains("`op` failed: exit status: 1"), "{said}");
        assert!(!said.contains("staple"), "{said}");
    }
    let dash = OnePassword::item("--help", None).program(&program).fetch().unwrap_err();
    assert!(dash.is_malformed(), "{dash}");
}

#[test]
fn the_examples_of_the_manual_are_good() {
    #[derive(serde::Deserialize)]
    struct Entries {
        source: Vec<Declared>,
    }
    let manual = fs::read_to_string("docs/sources.md").unwrap();
    let examples: Vec<&str> = manual.split("```toml\n").skip(1).collect();
    for example in &examples {
        let example = example.split("```").next().unwrap();
        match toml::from_str::<Entries>(example) {
            Ok(entries) => {
                let own = entries.source.iter().map(Declared::open);
                own.for_each(|opened| assert!(opened.is_ok(), "{example}"));
            }
            Err(error) => {
                assert!(error.message().contains("not built in"), "{example}: {error}");
            }
        }
    }
    assert!(examples.len() >= 6);
}
