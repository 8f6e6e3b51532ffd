//! Sealed sets: they redact as the plain set does, hold no secret, and are refused when they are not what was written.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keepmum::{Limits, Redactor, SealedKey, SealedSet, Secret};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::cli::{run, text};
use crate::spelled::{ENCODERS, covered, spelling, streamed};

fn key() -> SealedKey {
    SealedKey::new(std::array::from_fn(|at| at as u8 ^ 0x5a))
}

/// A value that nobody can guess, made of parts so that no file holds it.
fn value() -> String {
    ["Tr0ub4dor", "/3+correct", "&horse"].concat()
}

fn secrets(values: &[String]) -> Vec<Secret> {
    let named = values.iter().enumerate();
    named.map(|(at, value)| Secret::new(&format!("s{at}"), value.as_str())).collect()
}

fn plain(values: &[String]) -> Redactor {
    let builder = secrets(values).into_iter().try_fold(Redactor::builder(), |b, s| b.known(s));
    builder.unwrap().build().unwrap()
}

fn sealed(values: &[String]) -> Redactor {
    let (set, refused) = SealedSet::seal(&secrets(values), &key());
    assert!(refused.is_empty(), "{refused:?}");
    let set = SealedSet::from_json(&set.to_json()).unwrap();
    Redactor::builder().sealed(set, &key()).unwrap().build().unwrap()
}

/// What stands behind an input so that all of it is decided: more than the longest form.
fn decided(input: &[u8]) -> Vec<u8> {
    [input, &[b'.'; 400]].concat()
}

fn found(redactor: &Redactor, input: &[u8]) -> Vec<(String, u64, u64)> {
    let found = redactor.find(input);
    found.iter().map(|f| (f.name().to_owned(), f.span().start(), f.span().end())).collect()
}

/// Values with marks in them that spellings escape, and texts in them that look like escapes.
fn strong() -> impl Strategy<Value = String> {
    let mixed = "[ab%&\\\\]{0,6}|%41|\\\\n|\\\\x61|&amp;|";
    (
        "[a-zA-Z0-9]{0,9}",
        mixed,
        "[a-zA-Z0-9@&%/\\\\\"'<>$ +=~?.-]{24,34}",
        mixed,
        "[a-zA-Z0-9]{1,5}",
    )
        .prop_map(|(a, b, c, d, e)| [a, b, c, d, e].concat().trim().to_owned())
        .prop_filter("strong enough to be sealed", |value| {
            SealedSet::seal(&[Secret::new("s", value.as_str())], &key()).1.is_empty()
        })
}

/// A part of an input, made of a secret: as it is, cut, encoded, spelled, coloured; or something else.
#[derive(Clone, Debug)]
enum Piece {
    Whole,
    Part(usize, usize),
    Encoded(usize),
    Spelled(usize, Vec<usize>),
    Coloured(usize),
    Other(String),
}

impl Piece {
    fn text(&self, secret: &str) -> Vec<u8> {
        let bytes = secret.as_bytes();
        match self {
            Piece::Whole => bytes.to_vec(),
            Piece::Part(from, to) => {
                let (from, to) = (from % bytes.len(), to % bytes.len());
                bytes[from.min(to)..from.max(to)].to_vec()
            }
            Piece::Encoded(which) => (ENCODERS[which % ENCODERS.len()].1)(bytes),
            Piece::Spelled(how, choices) => bytes
                .iter()
                .zip(choices.iter().cycle())
                .flat_map(|(&byte, &choice)| match choice {
                    8.. => vec![byte],
                    choice => spelling(*how, byte, choice),
                })
                .collect(),
            Piece::Coloured(at) => {
                let (before, after) = bytes.split_at(at % bytes.len());
                [before, b"\x1b[1;31m", after].concat()
            }
            Piece::Other(text) => text.clone().into_bytes(),
        }
    }
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        2 => Just(Piece::Whole),
        2 => (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Piece::Part(from, to)),
        2 => any::<usize>().prop_map(Piece::Encoded),
        4 => (0..4_usize, proptest::collection::vec(0..12_usize, 1..40))
            .prop_map(|(how, choices)| Piece::Spelled(how, choices)),
        1 => any::<usize>().prop_map(Piece::Coloured),
        3 => "[a-zA-Z0-9 %&\\\\\n\r]{0,12}|\x1b\\[0m|%25|\\\\u00|&am".prop_map(Piece::Other),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sealed_set_redacts_exactly_as_the_plain_one(
        values in proptest::collection::vec(strong(), 1..4),
        pieces in proptest::collection::vec((any::<usize>(), piece()), 0..10),
        lengths in proptest::collection::vec(1..90_usize, 1..6),
    ) {
        let (plain, sealed) = (plain(&values), sealed(&values));
        let parts = pieces.iter().map(|(which, piece)| piece.text(&values[which % values.len()]));
        let input = parts.collect::<Vec<_>>().concat();
        let whole = decided(&input);
        let expected = plain.redact(&whole).into_owned();
        prop_assert_eq!(found(&sealed, &whole), found(&plain, &whole), "{}", text(&input));
        prop_assert_eq!(text(&sealed.redact(&whole)), text(&expected), "one-shot");
        prop_assert_eq!(text(&streamed(&sealed, &whole, &lengths)), text(&expected), "chunks");
        prop_assert_eq!(text(&streamed(&sealed, &whole, &[1])), text(&expected), "byte by byte");
        // At the end what could be a secret goes with it, which nobody can tell without the rest.
        let (less, more) = (covered(&plain, &input), covered(&sealed, &input));
        let last = sealed.find(&input).pop().filter(|last| last.span().end() == input.len() as u64);
        let open = last.map_or(input.len(), |last| last.span().start() as usize);
        prop_assert!((0..input.len()).all(|at| !less[at] || more[at]), "{}", text(&input));
        prop_assert!((0..open).all(|at| less[at] || !more[at]), "{}", text(&input));
        let cut = text(&sealed.redact(&input));
        prop_assert_eq!(text(&streamed(&sealed, &input, &lengths)), &*cut, "chunks");
        prop_assert_eq!(text(&streamed(&sealed, &input, &[1])), &*cut, "byte by byte");
    }
}

#[test]
fn values_of_several_lines_and_documents_are_found_by_their_strong_parts() {
    let line = |at: usize| {
        (0..48).map(|i| char::from(b'0' + (i * i * 7 + i * at + at) as u8 % 75)).collect::<String>()
    };
    let block = format!("-----BEGIN X-----\n{}\n{}\nshortend\n-----END X-----", line(3), line(11));
    let document = format!(r#"{{"user":"somebody","key":"{}"}}"#, value());
    let secrets = [Secret::new("block", block.as_str()), Secret::new("document", document)];
    let (set, refused) = SealedSet::seal(&secrets, &key());
    let said: Vec<String> = refused.iter().map(ToString::to_string).collect();
    assert!(refused.iter().all(|refusal| !refusal.is_whole()) && said.len() == 2, "{said:?}");
    let sealed = Redactor::builder().sealed(set, &key()).unwrap().build().unwrap();
    let input = format!("a {} b {} c shortend d somebody e {block}", line(11), value());
    let expected =
        "a [REDACTED:block] b [REDACTED:document] c shortend d somebody e [REDACTED:block]";
    assert_eq!(sealed.redact_str(&input), expected);
    let escaped = serde_json::to_string(&block).unwrap();
    // Something behind it: at the end of the input what may be a longer form goes too.
    let escaped = escaped + &" and more".repeat(20);
    let expected = format!("\"[REDACTED:block]\"{}", " and more".repeat(20));
    assert_eq!(sealed.redact_str(&escaped), expected);
}

#[test]
fn what_can_be_guessed_is_refused_by_name() {
    let long = value().repeat(400);
    let refused = [
        ("short", "Tr0ub4dor/3"),
        ("plain", "correct horse battery"),
        ("repeated", "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc"),
        ("address", "postgres://application:horse@db.example.com:5432/prod"),
        ("document", r#"{"type":"some kind","user":"application","password":"correct horse"}"#),
        ("empty", "  "),
        ("long", &long),
    ];
    let secrets = refused.map(|(name, value)| Secret::new(name, value));
    let (set, said) = SealedSet::seal(&secrets, &key());
    assert_eq!(set.names().count(), 0);
    assert!(said.iter().all(keepmum::Refusal::is_whole));
    assert!(said.iter().map(keepmum::Refusal::name).eq(refused.map(|(name, _)| name)));
    let printed =
        format!("{set:?} {said:?} {}", said.iter().map(ToString::to_string).collect::<String>());
    assert!(["horse", "Tr0", "abcabc"].iter().all(|part| !printed.contains(part)), "{printed}");
}

#[test]
fn a_mangled_file_is_an_error_and_another_key_too() {
    let (set, _) = SealedSet::seal(&secrets(&[value()]), &key());
    let json = set.to_json();
    assert_eq!(SealedSet::from_json(&json).unwrap(), set);
    let opens = |json: &str, key: &SealedKey| {
        SealedSet::from_json(json).and_then(|set| Redactor::builder().sealed(set, key))
    };
    let error = opens(&json, &SealedKey::new([1; 32])).unwrap_err().to_string();
    assert!(error.contains("another key"), "{error}");
    for at in 0..json.len() {
        for with in ["", "0", "f", "\"", "]", ",", "x", "-"] {
            let mangled = [&json[..at], with, &json[at + 1..]].concat();
            let same = SealedSet::from_json(&mangled).is_ok_and(|read| read == set);
            assert!(same || opens(&mangled, &key()).is_err(), "{at} {with}");
        }
    }
    for wrong in
        ["", "{}", "null", &json.replacen(":1,", ":2,", 1), &json.replace("s0", "s\u{1b}0")]
    {
        assert!(SealedSet::from_json(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_file_shows_no_byte_of_a_secret() {
    let (set, _) = SealedSet::seal(&secrets(&[value()]), &key());
    let printed = format!("{} {set:?} {:?}", set.to_json(), key());
    let shown = |part: &[u8]| memchr::memmem::find(printed.as_bytes(), part).is_some();
    assert!(!value().as_bytes().windows(4).any(shown));
    assert!(!printed.contains(&*key().to_hex()));
}

#[test]
fn seven_bytes_are_held_and_shown_in_silence() {
    let mut stream = sealed(&[value()]).stream(Vec::new());
    stream.push(b"Enter a value: ");
    assert_eq!((stream.held(), stream.sink().as_slice()), (7, &b"Enter a "[..]));
    stream.release();
    assert_eq!(stream.sink(), b"Enter a value: ");
    stream.push(value().as_bytes());
    stream.release();
    assert_eq!(stream.finish(), b"Enter a value: [REDACTED:s0]");
}

#[test]
fn a_beginning_is_held_in_silence_and_redacted_at_the_end() {
    let mut stream = sealed(&[value()]).stream(Vec::new());
    stream.push(b"pw: ");
    stream.push(&value().as_bytes()[..8]);
    stream.release();
    assert_eq!(stream.sink(), b"pw: ");
    assert_eq!(stream.finish(), b"pw: [REDACTED:s0]");
}

#[test]
fn other_known_secrets_come_and_go_and_the_sealed_stay() {
    let other = "correct horse battery";
    let first = sealed(&[value()]);
    let second = first.with_secrets(vec![Secret::new("other", other)]).unwrap();
    let input = format!("{} {other}.", value());
    assert_eq!(first.redact_str(&input), format!("[REDACTED:s0] {other}."));
    assert_eq!(second.redact_str(&input), "[REDACTED:s0] [REDACTED:other].");
    let mut stream = first.stream(Vec::new());
    stream.push(&input.as_bytes()[..10]);
    stream.adopt(&second).unwrap();
    stream.push(&input.as_bytes()[10..]);
    assert_eq!(stream.finish(), b"[REDACTED:s0] [REDACTED:other].");
}

/// Crossing the limit takes out what is held; the rest of the secret is still found.
#[test]
fn a_secret_longer_than_what_may_be_held_shows_nothing_of_itself() {
    let (set, _) = SealedSet::seal(&secrets(&[value()]), &key());
    let limits = Limits { held: 16, ..Limits::default() };
    let builder = Redactor::builder().limits(limits).sealed(set, &key()).unwrap();
    let mut stream = builder.build().unwrap().stream(Vec::new());
    value().as_bytes().chunks(3).for_each(|chunk| stream.push(chunk));
    stream.push(b" and on it goes for some time");
    let out = text(&stream.finish());
    assert!(out.ends_with(" and on it goes for some time"), "{out}");
    assert!(!value().as_bytes().windows(3).any(|part| out.contains(&text(part))), "{out}");
}

#[test]
fn a_replacement_that_prints_a_sealed_secret_is_refused() {
    let (set, _) = SealedSet::seal(&secrets(&[value()]), &key());
    let builder = Redactor::builder().sealed(set, &key()).unwrap();
    let text = format!("<{}>", value());
    assert!(
        builder
            .replacement(keepmum::Replacement::Fixed(text))
            .build()
            .unwrap_err()
            .is_replacement()
    );
}

/// A folder with an env file, and what `enroll` made of it.
fn enrolled() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("demo.env"), format!("DB_PASSWORD='{}'\n", value())).unwrap();
    let output = run(enroll(&folder, &["--new-key"]), b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    folder
}

fn command(folder: &TempDir, first: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args([first, "--no-config"]).env_clear().current_dir(folder.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn enroll(folder: &TempDir, more: &[&str]) -> Command {
    let mut command = command(folder, "enroll");
    command.args(["--env-file=demo.env", "--key-file=key", "-o", "set.json"]).args(more);
    command
}

fn filter(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = command(folder, "--only-known");
    command.args(args);
    command
}

const SEALED: &[&str] = &["--sealed=set.json", "--sealed-key-file=key"];

#[test]
fn what_was_enrolled_is_redacted_by_a_program_that_does_not_know_it() {
    let folder = enrolled();
    fs::remove_file(folder.path().join("demo.env")).unwrap();
    let input = format!("pw {} {}\n", value(), STANDARD.encode(format!("u:{}", value())));
    let output = run(filter(&folder, SEALED), input.as_bytes());
    // What is left of the base64 are the letters that other bytes share.
    let out = text(&output.stdout);
    assert!(out.starts_with("pw [REDACTED:DB_PASSWORD] dTp[REDACTED:DB_PASSWORD]"), "{out}");
    let settings = "sealed = ['set.json']\nsealed-key-file = 'key'\nonly-known = true\n";
    let config = folder.path().join("keepmum.toml");
    fs::write(&config, settings).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args(["config", "check"]).arg(&config).env_clear();
    let said = text(&command.output().unwrap().stdout);
    assert!(said.contains("sealed secrets: 1\n"), "{said}");
}

#[test]
fn enroll_says_what_it_sealed_and_what_it_refused() {
    let folder = enrolled();
    let lines = format!("A='{}'\nWEAK=correct-horse\n", value());
    fs::write(folder.path().join("demo.env"), lines).unwrap();
    let output = run(enroll(&folder, &[]), b"");
    assert_eq!(output.status.code(), Some(1));
    let (said, warned) = (text(&output.stdout), text(&output.stderr));
    assert!(said.starts_with("A: ") && said.contains("set.json: 1 secrets"), "{said}");
    assert!(
        warned.contains("secret `WEAK` is not sealed") && !warned.contains("horse"),
        "{warned}"
    );
    let again = run(enroll(&folder, &["--new-key"]), b"");
    assert_eq!(again.status.code(), Some(3));
    assert!(text(&again.stderr).contains("key: "), "{}", text(&again.stderr));
    fs::write(folder.path().join("demo.env"), "WEAK=correct-horse\n").unwrap();
    let none = run(enroll(&folder, &[]), b"");
    assert_eq!(none.status.code(), Some(2), "{}", text(&none.stderr));
}

#[cfg(unix)]
#[test]
fn a_new_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = enrolled();
    let mode = fs::metadata(folder.path().join("key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_is_wrong_with_a_set_or_a_key_is_said_with_its_file() {
    let folder = enrolled();
    fs::write(folder.path().join("other"), SealedKey::new([1; 32]).to_hex().as_bytes()).unwrap();
    fs::write(folder.path().join("broken"), "{\"keepmum-sealed\":1").unwrap();
    for (args, part) in [
        (
            ["--sealed=set.json", "--sealed-key-file=other"],
            "set.json: sealed set: it was sealed under another key",
        ),
        (["--sealed=broken", "--sealed-key-file=key"], "broken: sealed set: no sealed set: line 1"),
        (["--sealed=set.json", "--sealed-key-file=set.json"], "set.json: sealed set: a key is 64"),
        (["--sealed=none", "--sealed-key-file=key"], "none: "),
        (["--sealed=set.json", "--stats"], "--sealed needs --sealed-key-file"),
    ] {
        let output = run(filter(&folder, &args), b"");
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(part), "{said}");
    }
}

/// Starts a filter and waits until it has passed a line on: it has read everything that it reads at its start.
fn running(folder: &TempDir, args: &[&str]) -> Child {
    let mut child = filter(folder, args).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"ready\n").unwrap();
    let mut shown = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut shown).unwrap();
    assert_eq!(&shown, b"ready\n");
    child
}

/// Whether one of `needles` stands in the memory of `child`; None if that cannot be read.
fn remembers(child: &Child, needles: &[Vec<u8>]) -> Option<bool> {
    let maps = fs::read_to_string(format!("/proc/{}/maps", child.id())).ok()?;
    let mut memory = fs::File::open(format!("/proc/{}/mem", child.id())).ok()?;
    let mut read = 0;
    for map in maps.lines() {
        let mut words = map.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
        let (from, to) = range.split_once('-')?;
        let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
        if !rights.starts_with('r') || map.contains("[v") {
            continue;
        }
        let mut bytes = vec![0; (to - from) as usize];
        if memory.seek(SeekFrom::Start(from)).and_then(|_| memory.read_exact(&mut bytes)).is_ok() {
            read += bytes.len();
            if needles.iter().any(|needle| memchr::memmem::find(&bytes, needle).is_some()) {
                return Some(true);
            }
        }
    }
    (read > 1 << 20).then_some(false)
}

/// Of the secret the program with a sealed set holds nothing, in no encoding that it looks for. What it reads is another
/// matter: a secret that came passes through buffers, as `docs/sealed.md` says.
#[expect(clippy::print_stdout, reason = "a test that cannot run says so")]
#[test]
fn no_secret_stands_in_the_memory_of_a_program_with_a_sealed_set() {
    let folder = enrolled();
    let base64 = STANDARD.encode(value()).into_bytes()[..20].to_vec();
    let hex = value().bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes();
    let half = value().into_bytes()[8..].to_vec();
    let needles = [value().into_bytes(), base64, hex, half];
    let mut plain = running(&folder, &["--env-file=demo.env"]);
    fs::remove_file(folder.path().join("demo.env")).unwrap();
    let mut sealed = running(&folder, SEALED);
    let seen = (remembers(&plain, &needles), remembers(&sealed, &needles));
    let mut stdin = sealed.stdin.take().unwrap();
    stdin.write_all(format!("{}\n", value()).as_bytes()).unwrap();
    drop((stdin, plain.stdin.take()));
    assert_eq!(text(&sealed.wait_with_output().unwrap().stdout), "[REDACTED:DB_PASSWORD]\n");
    assert!(plain.wait().unwrap().success());
    match seen {
        (Some(plain), Some(sealed)) => assert_eq!((plain, sealed), (true, false)),
        _ => println!("skipped: the memory of another process cannot be read here"),
    }
}
