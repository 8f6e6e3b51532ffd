//! Spellings and encodings: how much of an encoded secret is covered, whatever stands around it, and that spelled secrets
//! equal an oracle of their own.

use std::collections::BTreeMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use keepmum::{Redactor, Replacement, Secret};
use proptest::prelude::*;
use regex::bytes::Regex;

use crate::oracle;

const MARK: &str = "<#>";

fn redactor(secrets: &[Vec<u8>]) -> Redactor {
    let builder = Redactor::builder().replacement(Replacement::Fixed(MARK.into()));
    let named = secrets.iter().enumerate();
    let builder = named.fold(builder, |builder, (at, value)| {
        builder.known(Secret::new(&format!("s{at}"), value.clone()).forced()).unwrap()
    });
    builder.build().unwrap()
}

/// How a whole text is encoded.
pub(crate) type Encoder = fn(&[u8]) -> Vec<u8>;

/// Every encoder that writes a text as a whole, and how many of the characters that stand for a secret of `n` bytes may
/// stay at most: those that hold bits of other bytes too.
pub(crate) const ENCODERS: &[(&str, Encoder, usize)] = &[
    ("base64", |text| STANDARD.encode(text).into_bytes(), 2),
    ("base64, no padding", |text| STANDARD_NO_PAD.encode(text).into_bytes(), 2),
    ("base64 for URLs", |text| URL_SAFE.encode(text).into_bytes(), 2),
    ("base64 for URLs, no padding", |text| URL_SAFE_NO_PAD.encode(text).into_bytes(), 2),
    ("base64 at 64 columns", |text| wrapped(text, 64, "\n"), 2),
    ("base64 at 76 columns, CRLF", |text| wrapped(text, 76, "\r\n"), 2),
    ("base64 at 76 columns in JSON", |text| wrapped(text, 76, "\\n"), 2),
    ("base64 at 64 columns in JSON, CRLF", |text| wrapped(text, 64, "\\r\\n"), 2),
    ("base64 at 64 columns in YAML", |text| wrapped(text, 64, "\n    "), 2),
    ("hex", |text| hex(text, "", |byte| format!("{byte:02x}")), 0),
    ("hex, upper case", |text| hex(text, "", |byte| format!("{byte:02X}")), 0),
    ("hex with colons", |text| hex(text, ":", |byte| format!("{byte:02x}")), 0),
    ("hex with colons, upper case", |text| hex(text, ":", |byte| format!("{byte:02X}")), 0),
    ("hex as escapes", |text| hex(text, "", |byte| format!("\\x{byte:02x}")), 0),
    ("percent", percent, 0),
    ("percent, every byte", |text| hex(text, "", |byte| format!("%{byte:02X}")), 0),
    ("percent, twice", |text| percent(&percent(text)), 0),
    ("form", |text| form_urlencoded::byte_serialize(text).collect::<String>().into_bytes(), 0),
    ("JSON", json, 0),
    ("JSON in JSON", |text| json(&json(text)), 0),
    ("Rust", |text| format!("{:?}", String::from_utf8_lossy(text)).into_bytes(), 0),
    ("Rust in JSON", |text| json(format!("{:?}", String::from_utf8_lossy(text)).as_bytes()), 0),
    (
        "HTML",
        |text| {
            html_escape::encode_quoted_attribute(&String::from_utf8_lossy(text))
                .into_owned()
                .into_bytes()
        },
        0,
    ),
    (
        "UTF-16",
        |text| String::from_utf8_lossy(text).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        0,
    ),
];

fn wrapped(text: &[u8], columns: usize, end: &str) -> Vec<u8> {
    let lines: Vec<String> = STANDARD
        .encode(text)
        .as_bytes()
        .chunks(columns)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    lines.join(end).into_bytes()
}

fn hex(text: &[u8], between: &str, digits: fn(u8) -> String) -> Vec<u8> {
    text.iter().map(|&byte| digits(byte)).collect::<Vec<_>>().join(between).into_bytes()
}

fn percent(text: &[u8]) -> Vec<u8> {
    percent_encoding::percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .into_bytes()
}

fn json(text: &[u8]) -> Vec<u8> {
    serde_json::to_vec(&String::from_utf8_lossy(text)).unwrap()
}

/// Where in the encoding the characters stand that change with the secret: what differs between two encodings of texts
/// that differ in every byte of the secret.
fn changing(encode: Encoder, before: &str, secret: &str, after: &str) -> (Vec<u8>, Range<usize>) {
    let text = |secret: &str| encode(format!("{before}{secret}{after}").as_bytes());
    // Letters become other letters, so every escape stays where it is.
    let other: String = secret
        .chars()
        .map(|c| match c {
            'a'..='y' | 'A'..='Y' | '0'..='8' => char::from(c as u8 + 1),
            'z' => 'a',
            'Z' => 'A',
            '9' => '0',
            c => c,
        })
        .collect();
    let (ours, theirs) = (text(secret), text(&other));
    let differs: Vec<usize> =
        (0..ours.len()).filter(|&at| ours.get(at) != theirs.get(at)).collect();
    let range = differs.first().copied().unwrap_or(0)..differs.last().map_or(0, |last| last + 1);
    (ours, range)
}

pub(crate) fn covered(redactor: &Redactor, text: &[u8]) -> Vec<bool> {
    let mut covered = vec![false; text.len()];
    for finding in redactor.find(text) {
        covered[finding.span().start() as usize..finding.span().end() as usize].fill(true);
    }
    covered
}

/// Values as passwords are: letters and marks, and a letter at both ends so that its place can be told.
fn password() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9][a-zA-Z0-9@&%/\\\\\"'<>$ +=~?.-]{6,40}[a-zA-Z0-9]"
}

fn surroundings() -> impl Strategy<Value = String> {
    "[a-z0-9:@&\"/ =]{0,70}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn encoders_leave_only_the_letters_that_others_share(
        secret in password(),
        before in surroundings(),
        after in surroundings(),
        lengths in proptest::collection::vec(1..90_usize, 1..6),
    ) {
        let redactor = redactor(&[secret.clone().into_bytes()]);
        for (name, encode, shared) in ENCODERS {
            let (text, range) = changing(*encode, &before, &secret, &after);
            let covered = covered(&redactor, &text);
            let left = range.clone().filter(|&at| !covered[at]).count();
            prop_assert!(left <= *shared, "{}: {} of {:?} in {:?}", name, left, range, String::from_utf8_lossy(&text));
            let whole = redactor.redact(&text).into_owned();
            prop_assert_eq!(streamed(&redactor, &text, &lengths), whole, "{}", name);
        }
    }

    #[test]
    fn any_valid_spelling_of_each_character(
        secret in password(),
        how in 0..4_usize,
        choices in proptest::collection::vec(0..8_usize, 42),
        lengths in proptest::collection::vec(1..9_usize, 1..6),
    ) {
        let spelled: Vec<u8> =
            secret.bytes().zip(&choices).flat_map(|(byte, &choice)| spelling(how, byte, choice)).collect();
        let text = [b"<", &spelled[..], b">"].concat();
        let redactor = redactor(&[secret.into_bytes()]);
        let expected = format!("<{MARK}>").into_bytes();
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let was = shown(&text);
        prop_assert_eq!(shown(&redactor.redact(&text)), shown(&expected), "{}", was);
        prop_assert_eq!(shown(&streamed(&redactor, &text, &lengths)), shown(&expected), "{}", was);
    }

    #[test]
    fn spelled_secrets_equal_the_oracle_however_the_input_is_cut(
        parts in proptest::collection::vec(part(), 0..12),
        secrets in proptest::collection::vec("[ab%&\\\\]{4,14}", 1..4),
        lengths in proptest::collection::vec(1..9_usize, 1..6),
    ) {
        let secrets: Vec<Vec<u8>> = secrets.into_iter().map(String::into_bytes).collect();
        let mut input: Vec<u8> = parts.iter().flat_map(|part| part.written(&secrets)).collect();
        // What an escape that the end of the input cuts off stands for twice over is nobody's to say.
        input.push(b' ');
        let redactor = redactor(&secrets);
        let forms: Vec<Vec<u8>> = secrets.iter().flat_map(|secret| in_a_batch_file(secret)).collect();
        let known: Vec<&[u8]> = forms.iter().map(Vec::as_slice).collect();
        let mut ranges = oracle::ranges(&input, &known, &[], 8);
        known.iter().for_each(|secret| ranges.extend(spelled_ranges(&input, secret)));
        let expected = oracle::redact(&input, ranges, MARK.as_bytes());
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        prop_assert_eq!(shown(&redactor.redact(&input)), shown(&expected), "one-shot");
        prop_assert_eq!(shown(&streamed(&redactor, &input, &lengths)), shown(&expected), "chunks");
        prop_assert_eq!(shown(&streamed(&redactor, &input, &[1])), shown(&expected), "byte by byte");
        let adopted = adopting(&redactor, &secrets, &input, &lengths);
        prop_assert_eq!(shown(&adopted), shown(&expected), "going over to the same set");
    }

    #[test]
    fn colours_inside_a_secret_stay_and_hide_nothing(
        // No final byte of a colour code, or it might be the secret's first.
        secret in "[a-l0-9]{8,30}",
        colours in proptest::collection::vec((any::<proptest::sample::Index>(), "\x1b\\[[0-9;]{0,6}[mK]"), 1..6),
        lengths in proptest::collection::vec(1..9_usize, 1..6),
    ) {
        let mut before: Vec<Vec<&str>> = vec![Vec::new(); secret.len()];
        colours.iter().for_each(|(at, colour)| before[at.index(secret.len())].push(colour));
        let inside: String = before[1..].iter().flatten().copied().collect();
        let parts = secret.chars().zip(&before).map(|(char, colours)| colours.concat() + &char.to_string());
        let text = format!("<{}\x1b[0m>", parts.collect::<String>());
        let expected = format!("<{}{MARK}{inside}\x1b[0m>", before[0].concat());
        let redactor = redactor(&[secret.clone().into_bytes()]);
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        prop_assert_eq!(&shown(&redactor.redact(text.as_bytes())), &expected);
        prop_assert_eq!(&shown(&streamed(&redactor, text.as_bytes(), &lengths)), &expected);
        prop_assert_eq!(shown(&streamed(&redactor, text.as_bytes(), &[1])), expected);
    }
}

/// A value and its one other form that the inputs can hold: a batch file doubles percent signs.
fn in_a_batch_file(secret: &[u8]) -> [Vec<u8>; 2] {
    let doubled = secret.iter().flat_map(|&byte| vec![byte; 1 + usize::from(byte == b'%')]);
    [secret.to_vec(), doubled.collect()]
}

/// A part of an input for the oracle.
#[derive(Clone, Debug)]
enum Part {
    Piece(&'static [u8]),
    /// A secret or its end, spelled: which, from where, how, and the choice for each byte.
    Secret {
        which: usize,
        from: usize,
        how: usize,
        choices: Vec<usize>,
    },
}

impl Part {
    fn written(&self, secrets: &[Vec<u8>]) -> Vec<u8> {
        match self {
            Part::Piece(piece) => piece.to_vec(),
            Part::Secret { which, from, how, choices } => {
                let secret = &secrets[which % secrets.len()];
                let bytes = secret[*from..].iter().zip(choices);
                bytes.flat_map(|(&byte, &choice)| spelling(*how, byte, choice)).collect()
            }
        }
    }
}

fn part() -> impl Strategy<Value = Part> {
    // Of the choices those that the oracle's grammars know.
    let how = prop_oneof![
        (Just(0), proptest::collection::vec(proptest::sample::select(&[0, 2, 4, 7, 7][..]), 14)),
        (Just(1), proptest::collection::vec(proptest::sample::select(&[0, 7, 7][..]), 14)),
        (Just(2), proptest::collection::vec(proptest::sample::select(&[0, 1, 7, 7][..]), 14)),
        (Just(3), proptest::collection::vec(proptest::sample::select(&[0, 7][..]), 14)),
    ];
    let from = prop_oneof![4 => Just(0_usize), 1 => 0..4_usize];
    let secret = (0..3_usize, from, how).prop_map(|(which, from, (how, choices))| Part::Secret {
        which,
        from,
        how,
        choices,
    });
    prop_oneof![proptest::sample::select(PIECES).prop_map(Part::Piece), secret]
}

/// As [`streamed`], going over to the same secrets after every chunk.
fn adopting(redactor: &Redactor, secrets: &[Vec<u8>], input: &[u8], lengths: &[usize]) -> Vec<u8> {
    let named = secrets.iter().enumerate();
    let named = named.map(|(at, value)| Secret::new(&format!("s{at}"), value.clone()).forced());
    let again = redactor.with_secrets(named.collect()).unwrap();
    let mut stream = redactor.stream(Vec::new());
    let (mut rest, mut lengths) = (input, lengths.iter().cycle());
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(rest.len().min(*lengths.next().unwrap()));
        stream.push(chunk);
        stream.adopt(&again).unwrap();
        rest = behind;
    }
    stream.finish()
}

pub(crate) fn streamed(redactor: &Redactor, input: &[u8], lengths: &[usize]) -> Vec<u8> {
    let mut stream = redactor.stream(Vec::new());
    let (mut rest, mut lengths) = (input, lengths.iter().cycle());
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(rest.len().min(*lengths.next().unwrap()));
        stream.push(chunk);
        rest = behind;
    }
    stream.finish()
}

/// One of the ways in which a writer may spell a byte.
pub(crate) fn spelling(how: usize, byte: u8, choice: usize) -> Vec<u8> {
    let char = char::from(byte);
    let special = b"\\\"%&'<>".contains(&byte);
    let text = match (how, choice) {
        (0, 0) => format!("\\u{byte:04x}"),
        (0, 1) => format!("\\u{byte:04X}"),
        (0, 2) => format!("\\x{byte:02x}"),
        (0, 3) => format!("\\u{{{byte:x}}}"),
        (0, 4) => format!("\\{byte:03o}"),
        (0, _) if special => format!("\\{char}"),
        (1, 0 | 1) => format!("%{byte:02x}"),
        (1, 2) => format!("%{byte:02X}"),
        (1, _) if special => format!("%{byte:02X}"),
        (2, 0) => format!("&#{byte};"),
        (2, 1) => format!("&#x{byte:x};"),
        (2, 2) => format!("&#X{byte:04X};"),
        (2, _) if special => format!("&#{byte};"),
        (3, 0) => format!("%25{byte:02x}"),
        (3, 1) => format!("%25{byte:02X}"),
        (3, _) if special => format!("%25{byte:02X}"),
        _ => char.to_string(),
    };
    text.into_bytes()
}

/// Parts of inputs for the oracle: letters, marks, and escapes for them, whole and broken.
const PIECES: &[&[u8]] = &[
    b"a",
    b"b",
    b"ab",
    b"%",
    b"&",
    b"\\",
    b"\\\\",
    b"%61",
    b"%62",
    b"%25",
    b"%2561",
    b"%256",
    b"\\x61",
    b"\\u0062",
    b"\\\\u0061",
    b"\\u006",
    b"&amp;",
    b"&#97;",
    b"&#x62;",
    b"&amp;#97;",
    b"&am",
    b"\x08",
    b"aa",
    b"\\141",
    b" ",
];

/// Every range that decodes to `secret` from its first byte on, under one of the spellings.
fn spelled_ranges(input: &[u8], secret: &[u8]) -> Vec<Range<usize>> {
    let grammars: BTreeMap<&str, Regex> = [
        ("backslash", r#"^\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-3][0-7]{2}|[abfnrtv]|[\\%& ])"#),
        ("percent", "^%[0-9a-fA-F]{2}"),
        ("entity", "^&(?:amp|#[0-9]{1,8}|#x[0-9a-fA-F]{1,8});"),
        ("control", "^(?:\x1b\\[[0-9]*m|\x1b[0-9A-Z\\\\^-~]|\x08(?s:.))"),
    ]
    .into_iter()
    .map(|(name, pattern)| (name, Regex::new(&format!("(?-u){pattern}")).unwrap()))
    .collect();
    let mut all = Vec::new();
    for start in 0..input.len() {
        for (name, grammar) in &grammars {
            let plain: Vec<(u8, usize)> =
                (start..input.len()).map(|at| (input[at], at + 1)).collect();
            let once = decoded(name, grammar, &plain);
            let twice = decoded(name, grammar, &once);
            for view in [&once, &twice] {
                let is_it = view.len() >= secret.len()
                    && view.iter().zip(secret).all(|((byte, _), own)| byte == own);
                if let Some((_, end)) = view.get(secret.len() - 1).filter(|_| is_it)
                    && (secret.len() >= 8 || alone(input, start, *end))
                {
                    all.push(start..*end);
                }
            }
        }
    }
    all
}

/// The bytes of a view, each with where it ends in the input, read once more.
fn decoded(name: &str, grammar: &Regex, view: &[(u8, usize)]) -> Vec<(u8, usize)> {
    let bytes: Vec<u8> = view.iter().map(|(byte, _)| *byte).collect();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        match grammar.find(&bytes[at..]) {
            Some(found) => {
                let escape = &bytes[at..at + found.end()];
                at += found.end();
                out.extend(meaning(name, escape).map(|byte| (byte, view[at - 1].1)));
            }
            None => {
                out.push(view[at]);
                at += 1;
            }
        }
    }
    out
}

fn meaning(name: &str, escape: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(escape).unwrap_or("");
    let number = |digits: &str, radix| u8::from_str_radix(digits, radix).ok();
    match name {
        "percent" => number(&text[1..], 16),
        "entity" if text == "&amp;" => Some(b'&'),
        "entity" => match text[2..text.len() - 1].strip_prefix('x') {
            Some(digits) => number(digits, 16),
            None => number(&text[2..text.len() - 1], 10),
        },
        "control" => None,
        _ => match text.as_bytes()[1] {
            b'x' | b'u' => number(&text[2..], 16),
            b'0'..=b'9' => number(&text[1..], 8),
            kind => match b"abfnrtv".iter().position(|&letter| letter == kind) {
                Some(at) => Some(b"\x07\x08\x0c\n\r\t\x0b"[at]),
                None => Some(kind),
            },
        },
    }
}

fn alone(input: &[u8], start: usize, end: usize) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(|&b| b.is_ascii_alphanumeric() || b == b'_');
    // An escape before it is no part of a word; the pieces' escapes are those that the engine knows.
    let before = &input[..start];
    let escape = Regex::new(r"(?-u)(?:\\[nrtbfv0]|%[0-9a-fA-F]{2}|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\x1b\[[ -?]*[a-zA-Z])$").unwrap();
    (!word(before.last()) || escape.is_match(before)) && !word(input.get(end))
}

/// A value that begins again inside itself has many candidates at once, and it is a late one that completes.
#[test]
fn a_spelled_value_that_repeats_itself_is_found_late_in_a_run() {
    let secret = "ab".repeat(600) + "c";
    let spelled =
        |text: &str| text.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<String>();
    let input = spelled(&("ab".repeat(400) + &secret)) + "!";
    let redactor = redactor(&[secret.into_bytes()]);
    let expected = spelled(&"ab".repeat(400)) + MARK + "!";
    assert!(redactor.redact_str(&input) == expected);
    assert!(streamed(&redactor, input.as_bytes(), &[7]) == expected.as_bytes());
}

/// The shares that the manual states, measured over a fixed set of places.
#[test]
#[expect(clippy::print_stdout, reason = "figures for the manual")]
fn shares_of_encoded_characters_that_are_covered() {
    let secret = "Tr0ub4dor/3+correct&horse";
    let redactor = redactor(&[secret.as_bytes().to_vec()]);
    for (name, encode, shared) in ENCODERS {
        let (mut hidden, mut all) = (0, 0);
        for before in 0..80 {
            for after in
                ["", "\n", "@host", "and more text behind it, much more of it than fits one line"]
            {
                let (text, range) = changing(*encode, &"x".repeat(before), secret, after);
                let covered = covered(&redactor, &text);
                all += range.len();
                hidden += range.filter(|&at| covered[at]).count();
            }
        }
        let share = hidden as f64 / all as f64;
        // Two of some 34 letters, where any may stay.
        let least = if *shared == 0 { 1.0 } else { 0.94 };
        assert!(share >= least, "{name}: {share}");
        println!("{name}: {:.1} %", share * 100.0);
    }
}
