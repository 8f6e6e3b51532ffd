//! A set of secrets that changes while streams run.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use keepmum::audit::{Log, Options, Outcome, Row};
use keepmum::source::{Fetched, Source, SourceError};
use keepmum::store::{Event, Policy, SecretStore, StoreBuilder};
use keepmum::{Redactor, Secret};

const OLD: &str = "correct horse battery";
const NEW: &str = "staple battery horse";

/// Far more than anything takes; a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A source that gives what it is told to.
#[derive(Clone, Default)]
struct Vault {
    // None: down.
    holds: Arc<Mutex<Option<Vec<Secret>>>>,
    asked: Arc<AtomicUsize>,
}

impl Vault {
    fn with(values: &[&str]) -> Self {
        let vault = Self::default();
        vault.put(values);
        vault
    }

    fn put(&self, values: &[&str]) {
        let secrets = values.iter().map(|value| Secret::new("pw", *value)).collect();
        *self.holds.lock().unwrap() = Some(secrets);
    }

    fn break_down(&self) {
        *self.holds.lock().unwrap() = None;
    }
}

impl Source for Vault {
    fn name(&self) -> &str {
        "vault"
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let holds = self.holds.lock().unwrap().clone();
        holds.map(Fetched::new).ok_or_else(|| SourceError::unavailable("vault", "no answer"))
    }
}

/// A folder of files, each with one secret.
struct Mount(PathBuf);

impl Source for Mount {
    fn name(&self) -> &str {
        "mount"
    }

    fn fetch(&mut self) -> Result<Fetched, SourceError> {
        let failed = |error| SourceError::unavailable("mount", error);
        let mut secrets = Vec::new();
        for entry in std::fs::read_dir(&self.0).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_file() {
                secrets.push(Secret::new("pw", std::fs::read(path).map_err(failed)?));
            }
        }
        Ok(Fetched::new(secrets))
    }

    fn watched(&self) -> Vec<PathBuf> {
        vec![self.0.clone()]
    }
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Event>>>);

impl Heard {
    fn count(&self, which: impl Fn(&Event) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|event| which(event)).count()
    }

    fn printed(&self) -> String {
        let events = self.0.lock().unwrap();
        events.iter().map(|event| format!("{event:?} {event}\n")).collect()
    }
}

fn builder() -> (StoreBuilder, Heard) {
    let heard = Heard::default();
    let observer = heard.clone();
    let redactor = Redactor::builder().build().unwrap();
    let builder = SecretStore::builder(redactor)
        .observer(move |event| observer.0.lock().unwrap().push(event.clone()));
    (builder, heard)
}

fn open(source: impl Source + 'static, policy: Policy) -> (SecretStore, Heard) {
    let (builder, heard) = builder();
    (builder.source(Box::new(source), policy).open().unwrap(), heard)
}

fn covers(store: &SecretStore, value: &str) -> bool {
    store.redactor().redact_str(value) == "[REDACTED:pw]"
}

/// Scenario 63.
#[test]
fn what_is_held_when_a_secret_is_added_is_looked_through_again() {
    let store = builder().0.secrets(vec![Secret::new("one", OLD)]).open().unwrap();
    let mut stream = store.stream(Vec::new());
    stream.push(b"a staple, a correct hor");
    assert_eq!(stream.held(), "correct hor".len());
    store.add(Secret::new("two", "correct hornet")).unwrap();
    stream.push(b"net, a correct hornet");
    // Its first bytes have left: what is left of it does not.
    store.add(Secret::new("three", "net, and more")).unwrap();
    stream.push(b"s, hornet");
    store.add(Secret::new("four", "a hornet")).unwrap();
    let out = String::from_utf8(stream.finish()).unwrap();
    assert_eq!(out, "a staple, a [REDACTED:two], a [REDACTED:two]s, hornet");
}

/// Scenario 64.
#[test]
fn a_set_that_is_empty_at_first_is_added_to() {
    let store = builder().0.open().unwrap();
    let mut stream = store.stream(Vec::new());
    stream.push(OLD.as_bytes());
    store.add(Secret::new("pw", OLD)).unwrap();
    stream.push(OLD.as_bytes());
    assert_eq!(stream.finish(), format!("{OLD}[REDACTED:pw]").into_bytes());
    assert_eq!(store.counts().generation(), 2);
}

/// Scenario 65.
#[test]
fn both_values_are_covered_after_a_rotation_and_the_old_one_is_let_go_on_purpose() {
    let vault = Vault::with(&[OLD]);
    let (store, heard) = open(vault.clone(), Policy::new());
    let mut stream = store.stream(Vec::new());
    stream.push(format!("{OLD} {}", &NEW[..6]).as_bytes());
    vault.put(&[NEW]);
    store.refresh_now();
    eventually("a new generation", || store.counts().generation() == 2);
    assert!(covers(&store, OLD) && covers(&store, NEW));
    stream.push(format!("{NEW} {OLD}").as_bytes());
    assert_eq!(stream.generation(), 2);
    let out = String::from_utf8(stream.finish()).unwrap();
    assert_eq!(out, format!("[REDACTED:pw] {}[REDACTED:pw] [REDACTED:pw]", &NEW[..6]));
    assert_eq!(heard.count(|event| matches!(event, Event::Expired { .. })), 0);

    let (store, heard) = open(vault.clone(), Policy::new().overlap(Duration::ZERO));
    vault.put(&[OLD]);
    store.refresh_now();
    eventually("the old value is let go", || !covers(&store, NEW));
    let expired = |event: &Event| matches!(event, Event::Expired { secret, .. } if secret == "pw");
    eventually("an event", || heard.count(expired) == 1);
    assert!(covers(&store, OLD));
}

/// Scenario 66: every set holds both halves of a pair, and what was added is covered by whoever pushes later.
#[test]
fn sixteen_writers_see_whole_sets_and_no_gap() {
    const SWAPS: usize = 60;
    let pair = |at: usize| [format!("left half {at:04}"), format!("right half {at:04}")];
    let first = pair(0);
    let vault = Vault::with(&first.each_ref().map(String::as_str));
    let (store, _) = open(vault.clone(), Policy::new());
    let (added, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut stream = store.stream(Vec::new());
                while !done.load(Ordering::SeqCst) {
                    let known = added.load(Ordering::SeqCst);
                    stream.push(format!("by hand {known:04} ").as_bytes());
                    let out = std::mem::take(stream.sink());
                    assert!(known == 0 || out == b"[REDACTED:pw] ", "number {known} passed");
                    let redactor = store.redactor();
                    for at in 0..SWAPS {
                        let covered =
                            pair(at).map(|half| redactor.redact_str(&half) == "[REDACTED:pw]");
                        assert_eq!(covered[0], covered[1], "pair {at} is torn");
                    }
                }
            });
        }
        for at in 1..SWAPS {
            let before = store.counts().generation();
            vault.put(&pair(at).each_ref().map(String::as_str));
            store.refresh_now();
            store.add(Secret::new("pw", format!("by hand {at:04}"))).unwrap();
            added.store(at, Ordering::SeqCst);
            eventually("both are in force", || store.counts().generation() >= before + 2);
        }
        done.store(true, Ordering::SeqCst);
    });
    assert!((0..SWAPS).flat_map(pair).all(|half| covers(&store, &half)));
}

/// Scenario 67.
#[test]
fn nothing_that_a_store_prints_holds_a_value() {
    let vault = Vault::with(&[OLD]);
    let (builder, heard) = builder();
    let mut printed = format!("{builder:?}");
    let store = builder
        .secrets(vec![Secret::new("fixed", "a fixed value of its own")])
        .source(Box::new(vault.clone()), Policy::new().overlap(Duration::ZERO))
        .open()
        .unwrap();
    let stream = store.stream(Vec::<u8>::new());
    store.add(Secret::new("added", "an added value of its own")).unwrap();
    vault.put(&[NEW]);
    store.refresh_now();
    let expired = |event: &Event| matches!(event, Event::Expired { .. });
    eventually("the old value is let go", || heard.count(expired) == 1);
    vault.put(&[&"longer than the limit ".repeat(100_000)]);
    store.refresh_now();
    let failed = |event: &Event| matches!(event, Event::Failed { .. });
    eventually("it is refused", || heard.count(failed) == 1);
    printed +=
        &format!("{store:?} {stream:?} {:?} {}", store.follow(Vec::<u8>::new()), heard.printed());
    for value in [OLD, NEW, "a fixed value", "an added value", "longer than the limit "] {
        assert!(!printed.contains(value), "{value} stands in {printed}");
    }
}

#[test]
fn a_required_source_that_is_down_refuses_the_start() {
    let (builder, _) = builder();
    let refused = builder
        .source(Box::new(Vault::with(&[OLD])), Policy::new())
        .source(Box::new(Vault::default()), Policy::new())
        .open()
        .unwrap_err();
    assert!(refused.is_source());
    assert_eq!(refused.to_string(), "source `vault`: no answer");
}

#[test]
fn an_optional_source_is_waited_for() {
    let vault = Vault::default();
    let (store, heard) = open(vault.clone(), Policy::new().optional());
    assert_eq!((store.counts().generation(), store.counts().failing()), (1, 1));
    assert_eq!(heard.count(Event::is_warning), 1);
    vault.put(&[OLD]);
    eventually("it is asked again", || covers(&store, OLD));
    eventually("it counts as well", || store.counts().failing() == 0);
}

#[test]
fn a_failure_later_keeps_the_set_and_is_counted() {
    let vault = Vault::with(&[OLD]);
    let (store, heard) = open(vault.clone(), Policy::new().overlap(Duration::ZERO));
    vault.break_down();
    store.refresh_now();
    eventually("it is retried", || vault.asked.load(Ordering::SeqCst) >= 3);
    assert!(covers(&store, OLD) && store.counts().failures() >= 1);
    assert!(store.counts().failing() == 1 && heard.count(Event::is_warning) >= 1);
    vault.put(&[NEW]);
    eventually("it recovers", || covers(&store, NEW));
    let recovered = |event: &Event| matches!(event, Event::Recovered { .. });
    eventually("that is told", || heard.count(recovered) == 1);
}

#[test]
fn a_source_is_asked_at_its_interval() {
    let vault = Vault::with(&[OLD]);
    let (store, _) = open(vault.clone(), Policy::new().refresh(Duration::from_millis(100)));
    vault.put(&[NEW]);
    eventually("it is asked by itself", || covers(&store, NEW));
    drop(store);
    let asked = vault.asked.load(Ordering::SeqCst);
    assert_eq!(Arc::strong_count(&vault.asked), 1, "the thread let go of it");
    assert_eq!(vault.asked.load(Ordering::SeqCst), asked);
}

/// A source that panics, or that never answers, harms no other.
#[test]
fn a_source_that_panics_or_hangs_harms_no_other() {
    struct Bad(Arc<AtomicUsize>, &'static str);

    impl Source for Bad {
        fn name(&self) -> &str {
            self.1
        }

        fn fetch(&mut self) -> Result<Fetched, SourceError> {
            match (self.0.fetch_add(1, Ordering::SeqCst), self.1) {
                (0, _) => Ok(Fetched::default()),
                (_, "hangs") => loop {
                    std::thread::park();
                },
                _ => std::panic::panic_any("a source panicked, as the test wants"),
            }
        }
    }

    let (vault, asked) = (Vault::with(&[OLD]), Arc::new(AtomicUsize::new(0)));
    let (builder, heard) = builder();
    let store = builder
        .source(Box::new(Bad(Arc::clone(&asked), "panics")), Policy::new())
        .source(Box::new(Bad(Arc::default(), "hangs")), Policy::new())
        .source(Box::new(vault.clone()), Policy::new())
        .open()
        .unwrap();
    vault.put(&[NEW]);
    store.refresh_now();
    eventually("the others are asked", || covers(&store, NEW));
    eventually("the panic is told", || heard.printed().contains("source `panics`: it panicked"));
}

/// Scenario 65, the part for those who ask later.
#[test]
fn an_audit_log_tells_what_was_read_replaced_and_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let log = Arc::new(Log::open(&path, Options::default()).unwrap());
    let (vault, audit) = (Vault::with(&[OLD, "admin"]), Arc::clone(&log));
    let store = SecretStore::builder(Redactor::builder().build().unwrap())
        .source(Box::new(vault.clone()), Policy::new().overlap(Duration::ZERO))
        .observer(move |event| event.record(&audit).unwrap())
        .open()
        .unwrap();
    vault.put(&[NEW]);
    store.refresh_now();
    // Two retrievals at the start and one later, a rotation, and the end of both old values.
    eventually("all is told", || log.head().number() >= 6);
    vault.break_down();
    store.refresh_now();
    eventually("the failure is told", || log.head().number() >= 7);
    let text = std::fs::read_to_string(&path).unwrap();
    let rows: Vec<Row> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let retrieval = |secret: Option<&str>, outcome, generation| Row::Retrieval {
        source: "vault".to_owned(),
        secret: secret.map(str::to_owned),
        outcome,
        generation,
    };
    assert_eq!(rows[0], retrieval(Some("pw"), Outcome::Read, Some(1)));
    assert_eq!(rows[1], retrieval(Some("pw"), Outcome::Refused, None));
    assert_eq!(rows[2], Row::Rotation { secret: "pw".to_owned(), generation: 2 });
    assert!(rows.contains(&retrieval(Some("pw"), Outcome::Read, Some(2))));
    assert!(rows.contains(&Row::Expired { secret: "pw".to_owned(), generation: 1 }));
    assert!(rows.contains(&retrieval(None, Outcome::Unavailable, None)));
    assert!(!text.contains(OLD) && !text.contains(NEW));
}

mod program {
    use std::fs;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

    use tempfile::TempDir;

    use super::*;
    use crate::cli::text;

    /// The filter with one source that is declared in its configuration.
    struct Filter {
        child: Child,
        input: ChildStdin,
        output: BufReader<ChildStdout>,
    }

    impl Filter {
        /// `keys` of a source that reads `folder/pw`.
        fn start(folder: &TempDir, keys: &str) -> Self {
            Self::start_as(&[], folder, keys, &[])
        }

        /// As a command, and with further arguments.
        fn start_as(command: &[&str], folder: &TempDir, keys: &str, more: &[&str]) -> Self {
            let config = folder.path().join("keepmum.toml");
            let source = format!("[[source]]\nkind = 'file'\nname = 'pw'\npath = 'pw'\n{keys}");
            fs::write(&config, source).unwrap();
            let mut child = Command::new(env!("CARGO_BIN_EXE_keepmum"))
                .args(command)
                .args(["--only-known", "--config"])
                .arg(config)
                .args(more)
                .env_clear()
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let input = child.stdin.take().unwrap();
            let output = BufReader::new(child.stdout.take().unwrap());
            Self { child, input, output }
        }

        /// What becomes of a line.
        fn pass(&mut self, line: &str) -> String {
            writeln!(self.input, "{line}").unwrap();
            let mut passed = String::new();
            self.output.read_line(&mut passed).unwrap();
            passed.trim_end().to_owned()
        }

        fn covers(&mut self, line: &str) -> bool {
            self.pass(line) == "[REDACTED:pw]"
        }

        /// Ends it; gives its exit code and what it said.
        fn end(mut self) -> (Option<i32>, String) {
            drop(self.input);
            let mut said = Vec::new();
            self.child.stderr.take().unwrap().read_to_end(&mut said).unwrap();
            (self.child.wait().unwrap().code(), text(&said))
        }
    }

    #[test]
    fn the_filter_follows_a_file_and_goes_on_covering_the_old_value() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("pw"), OLD).unwrap();
        let mut filter = Filter::start(&folder, "");
        assert!(filter.covers(OLD) && !filter.covers(NEW));
        fs::write(folder.path().join("next"), NEW).unwrap();
        fs::rename(folder.path().join("next"), folder.path().join("pw")).unwrap();
        eventually("the file is read again", || filter.covers(NEW));
        assert!(filter.covers(OLD));
        assert_eq!(filter.end(), (Some(0), String::new()));
    }

    #[test]
    fn what_a_program_prints_is_redacted_with_the_set_in_force() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("pw"), OLD).unwrap();
        let cat = &["--", "/bin/sh", "-c", "while read line; do echo \"$line\"; done"];
        let mut program = Filter::start_as(&["run"], &folder, "", cat);
        assert!(program.covers(OLD) && !program.covers(NEW));
        fs::write(folder.path().join("pw"), NEW).unwrap();
        eventually("the file is read again", || program.covers(NEW));
        assert!(program.covers(OLD));
        assert_eq!(program.end(), (Some(0), String::new()));
    }

    #[test]
    fn a_rotation_is_told_in_the_audit_log() {
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("audit.jsonl");
        fs::write(folder.path().join("pw"), OLD).unwrap();
        let audit = format!("--audit={}", log.display());
        let mut filter = Filter::start_as(&[], &folder, "overlap = '1ms'", &[&audit]);
        assert!(filter.covers(OLD));
        // One step, so that nothing between is read: a file that is written in place is empty for a moment.
        fs::write(folder.path().join("next"), NEW).unwrap();
        fs::rename(folder.path().join("next"), folder.path().join("pw")).unwrap();
        eventually("the old value is let go", || !filter.covers(OLD));
        assert!(filter.covers(NEW));
        filter.end();
        let text = fs::read_to_string(&log).unwrap();
        let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let rows: Vec<Row> = rows.filter(|row| !matches!(row, Row::Redaction { .. })).collect();
        assert!(matches!(&rows[0], Row::Retrieval { generation: Some(1), .. }));
        let rotation = Row::Rotation { secret: "pw".to_owned(), generation: 2 };
        let expired = Row::Expired { secret: "pw".to_owned(), generation: 1 };
        assert!(rows.contains(&rotation) && rows.contains(&expired), "{rows:?}");
        let full = Filter::start_as(&[], &folder, "", &["--audit=/dev/full"]).end();
        assert!(full.0 == Some(3) && full.1.contains("audit log"), "{full:?}");
    }

    /// What is written through another name of the file shows in no folder that is watched.
    #[test]
    fn sighup_reads_every_source_again() {
        let program = "trap '' HUP; while read line; do echo \"$line\"; done";
        let run: (&[_], &[_]) = (&["run"], &["--", "/bin/sh", "-c", program]);
        for (command, more) in [(&[][..], &[][..]), run] {
            let folder = TempDir::new().unwrap();
            let other = TempDir::new_in(folder.path()).unwrap();
            fs::write(other.path().join("pw"), OLD).unwrap();
            fs::hard_link(other.path().join("pw"), folder.path().join("pw")).unwrap();
            let mut filter = Filter::start_as(command, &folder, "", more);
            assert!(filter.covers(OLD));
            fs::write(other.path().join("pw"), NEW).unwrap();
            assert!(!filter.covers(NEW));
            let id = filter.child.id().to_string();
            assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
            eventually("the file is read again", || filter.covers(NEW));
            assert_eq!(filter.end(), (Some(0), String::new()));
        }
    }

    #[test]
    fn a_source_that_goes_away_is_warned_of_and_its_value_stays_covered() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("pw"), OLD).unwrap();
        let mut filter = Filter::start(&folder, "refresh = '100ms'\noverlap = '1ms'");
        assert!(filter.covers(OLD));
        fs::remove_file(folder.path().join("pw")).unwrap();
        let mut said = String::new();
        let mut errors = BufReader::new(filter.child.stderr.take().unwrap());
        errors.read_line(&mut said).unwrap();
        assert!(said.starts_with("keepmum: warning: source `pw`: "), "{said}");
        assert!(said.contains("what it gave before stays covered"), "{said}");
        assert!(filter.covers(OLD));
        fs::write(folder.path().join("pw"), NEW).unwrap();
        eventually("it is back", || filter.covers(NEW));
        eventually("the old value is let go", || !filter.covers(OLD));
    }

    #[test]
    fn a_required_source_refuses_the_start_and_an_optional_one_is_waited_for() {
        let folder = TempDir::new().unwrap();
        let (code, said) = Filter::start(&folder, "").end();
        assert!(code == Some(2) && said.starts_with("keepmum: error: source `pw`: "), "{said}");
        let mut filter = Filter::start(&folder, "optional = true");
        assert_eq!(filter.pass(OLD), OLD);
        fs::write(folder.path().join("pw"), OLD).unwrap();
        eventually("it is read", || filter.covers(OLD));
        let (code, said) = filter.end();
        assert!(code == Some(0) && said.starts_with("keepmum: warning: source `pw`: "), "{said}");
    }
}

mod files {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A mount as an orchestrator makes it: `pw` is a link to `..data/pw`, `..data` one to a folder with a version.
    fn mount(folder: &Path) {
        version(folder, 1, OLD);
        symlink("..data/pw", folder.join("pw")).unwrap();
    }

    /// Swaps in another version, and takes the one before it away.
    fn version(folder: &Path, version: u32, value: &str) {
        let data = format!("..version-{version}");
        fs::create_dir(folder.join(&data)).unwrap();
        fs::write(folder.join(&data).join("pw"), value).unwrap();
        symlink(&data, folder.join("..data-next")).unwrap();
        fs::rename(folder.join("..data-next"), folder.join("..data")).unwrap();
        if version > 1 {
            fs::remove_dir_all(folder.join(format!("..version-{}", version - 1))).unwrap();
        }
    }

    #[test]
    fn a_mount_that_is_swapped_is_read_again_each_time() {
        let folder = tempfile::tempdir().unwrap();
        mount(folder.path());
        let (store, _) = open(Mount(folder.path().to_owned()), Policy::new());
        assert!(covers(&store, OLD));
        for at in 2..5 {
            let value = format!("value of version {at}");
            version(folder.path(), at, &value);
            eventually("the swap is seen", || covers(&store, &value));
        }
        assert!(covers(&store, OLD), "for a day");
    }

    #[test]
    fn a_file_is_seen_when_it_comes_changes_in_place_or_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = open(Mount(folder.path().join("later")), Policy::new().optional());
        fs::create_dir(folder.path().join("later")).unwrap();
        let file = folder.path().join("later/pw");
        fs::write(&file, OLD).unwrap();
        eventually("it came", || covers(&store, OLD));
        fs::write(&file, NEW).unwrap();
        eventually("it changed", || covers(&store, NEW));
        fs::write(folder.path().join("next"), "another battery").unwrap();
        fs::rename(folder.path().join("next"), &file).unwrap();
        eventually("it was replaced", || covers(&store, "another battery"));
    }
}
