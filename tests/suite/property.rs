//! Random inputs over small alphabets, against the oracle.

use keepmum::{Limits, Redactor, Replacement, Secret};
use proptest::prelude::*;

use crate::oracle::{self, OracleRule};

/// Placeholder that no generated input can hold.
const MARK: &str = "<#>";
/// Rules over the letters of the generated inputs: TOML, and the oracle's view of the same.
const RULES: &str = r#"
[[rule]]
id = "tail"
description = "a tail class"
pattern = 'abba[ab]{3,}'
# Spares it the check for long runs of one letter, which the oracle does not know.
block = true
[[rule]]
id = "bounded"
description = "a bounded secret with a look at what follows"
pattern = 'caab[bc]{2,5}a'
[[rule]]
id = "told"
description = "a lead, a secret, a trail"
pattern = 'bcbc[a]{0,2}(?<secret>[bc]{2,4})a'
[[rule]]
id = "block"
description = "begin and end"
pattern = 'ccaa(?:[abc]*?aacc|[ab]*)'
block = true
[[rule]]
id = "run"
description = "a maximal run"
pattern = '[ab]{6,}'
run = true
block = true
[[rule]]
id = "run-but"
description = "a maximal run whose first bytes are judged"
pattern = '[abc]{4,}'
run = true
block = true
except = ["aa|cb"]
[[rule]]
id = "chained"
description = "goes on behind its matches, whether they are accepted or not"
pattern = 'cbca[b]{0,2}(?<secret>[ab]{2,})'
next = '[ c]{1,2}c?(?<secret>[ab]{2,})'
except = ['^bb']
block = true
"#;
/// A rule whose tokens are found in base64 too, and how they look in plain text.
const ENCODED: &str = r#"
[[rule]]
id = "encoded"
description = "a tail class"
pattern = 'a\?>b-[ab]{3,}'
encoded = true
"#;
/// Least length of `run-but`: so many bytes are judged at least.
const LEAST: usize = 4;

fn oracle_rules(judged: usize) -> Vec<OracleRule> {
    vec![
        OracleRule::new("", "abba[ab]{3,}", 0),
        OracleRule::new("", "caab[bc]{2,5}a", 0),
        OracleRule::new("bcbc[a]{0,2}", "[bc]{2,4}a", 1),
        OracleRule::new("", "ccaa(?:[abc]*?aacc|[ab]*)", 0),
        OracleRule::new("", "[ab]{6,}", 0),
        OracleRule::run("[abc]{4,}", "aa|cb", judged.max(LEAST)),
        OracleRule::new("cbca[b]{0,2}", "[ab]{2,}", 0).chained(
            "[ c]{1,2}c?",
            "[ab]{2,}",
            |secret| secret.starts_with(b"bb"),
        ),
    ]
}

fn redactor(secrets: &[Vec<u8>], rules: &str, judged: usize) -> Redactor {
    let limits = Limits { judged, ..Limits::default() };
    let builder = Redactor::builder().limits(limits).replacement(Replacement::Fixed(MARK.into()));
    let builder = named(secrets).into_iter().try_fold(builder, keepmum::RedactorBuilder::known);
    builder.and_then(|b| b.rules_toml("test", rules)).and_then(|b| b.build()).expect("small parts")
}

fn named(secrets: &[Vec<u8>]) -> Vec<Secret> {
    let named = secrets.iter().enumerate();
    named.map(|(at, secret)| Secret::new(&format!("s{at}"), secret.clone()).forced()).collect()
}

/// Redacts `input` in chunks of the given lengths, and checks how much is held.
fn streamed(redactor: &Redactor, input: &[u8], lengths: &[usize]) -> Vec<u8> {
    let mut stream = redactor.stream(Vec::new());
    let (mut at, mut lengths) = (0, lengths.iter().cycle());
    while at < input.len() {
        let end = input.len().min(at + lengths.next().copied().unwrap_or(1).max(1));
        stream.push(&input[at..end]);
        at = end;
    }
    stream.finish()
}

fn letters(max: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(
        prop_oneof![3 => Just(b'a'), 3 => Just(b'b'), 2 => Just(b'c'), 1 => Just(b' ')],
        0..max,
    )
}

/// Values of 4 to 24 letters; many are nested in each other or begin again inside themselves.
fn values() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let letter = prop_oneof![Just(b'a'), Just(b'b')];
    let value = proptest::collection::vec(letter, 4..24);
    let repeated =
        (proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'b')], 1..4), 4..9_usize)
            .prop_map(|(unit, times)| unit.repeat(times));
    proptest::collection::vec(prop_oneof![value, repeated], 0..4)
}

/// Base64 of some bytes with parts of tokens, or a few other letters.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        3 => Just("a?>b-"), 3 => Just("ab"), 2 => Just("aba"), 1 => Just("?"), 1 => Just("xyz")
    ];
    let encoded = proptest::collection::vec(part, 1..12).prop_map(|parts| {
        let template = format!("{{encode}}{}{{/encode}}", parts.concat());
        let text = keepmum::rule::template::expand(&template, 0).expect("a template").text;
        text.trim_end_matches('=').as_bytes().to_vec()
    });
    let other = prop_oneof![Just("="), Just("=="), Just(" "), Just("Q"), Just("YT8")];
    prop_oneof![3 => encoded, 1 => other.prop_map(|other| other.as_bytes().to_vec())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equals_the_oracle_however_the_input_is_cut(
        input in letters(120),
        secrets in values(),
        with_rules in any::<bool>(),
        judged in prop_oneof![Just(1_usize), Just(4), Just(256)],
        lengths in proptest::collection::vec(1..9_usize, 1..6),
    ) {
        // Templates such as `aaaa` are trimmed to themselves; the oracle sees the same bytes.
        let redactor = redactor(&secrets, if with_rules { RULES } else { "" }, judged);
        let known: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
        let rules = if with_rules { oracle_rules(judged) } else { Vec::new() };
        let expected = oracle::redact(&input, oracle::ranges(&input, &known, &rules, 8), MARK.as_bytes());
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        prop_assert_eq!(shown(&redactor.redact(&input)), shown(&expected), "one-shot");
        prop_assert_eq!(shown(&streamed(&redactor, &input, &lengths)), shown(&expected), "chunks");
        prop_assert_eq!(shown(&streamed(&redactor, &input, &[1])), shown(&expected), "byte by byte");
    }

    #[test]
    fn tokens_in_base64_equal_the_oracle(
        pieces in proptest::collection::vec(piece(), 0..6),
        url_safe in any::<bool>(),
        judged in prop_oneof![Just(1_usize), Just(9), Just(256)],
        lengths in proptest::collection::vec(1..9_usize, 1..6),
    ) {
        let input = pieces.concat();
        let swap = |letter: &u8| match letter { b'+' => b'-', b'/' => b'_', same => *same };
        let input = if url_safe { input.iter().map(swap).collect() } else { input };
        let redactor = redactor(&[], ENCODED, judged);
        let ranges = oracle::encoded_ranges(&input, b"a?>b-", r"a\?>b-[ab]{3,}");
        let expected = oracle::redact(&input, ranges, MARK.as_bytes());
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        prop_assert_eq!(shown(&redactor.redact(&input)), shown(&expected), "one-shot");
        prop_assert_eq!(shown(&streamed(&redactor, &input, &lengths)), shown(&expected), "chunks");
        prop_assert_eq!(shown(&streamed(&redactor, &input, &[1])), shown(&expected), "byte by byte");
    }

    #[test]
    fn going_over_to_the_same_set_changes_nothing(
        input in letters(120),
        secrets in values(),
        lengths in proptest::collection::vec(1..9_usize, 1..6),
    ) {
        let redactor = redactor(&secrets, RULES, 4);
        let again = redactor.with_secrets(named(&secrets)).expect("built before");
        let mut stream = redactor.stream(Vec::new());
        let (mut rest, mut lengths) = (input.as_slice(), lengths.iter().cycle());
        while !rest.is_empty() {
            let (chunk, behind) = rest.split_at(rest.len().min(*lengths.next().unwrap_or(&1)));
            stream.push(chunk);
            stream.adopt(&again).expect("of one family");
            rest = behind;
        }
        let expected = redactor.redact(&input).into_owned();
        prop_assert_eq!(stream.finish(), expected);
    }

    #[test]
    fn a_new_set_hides_what_has_not_left(
        before in letters(60),
        after in letters(60),
        old in values(),
        new in values(),
        lengths in proptest::collection::vec(1..9_usize, 1..4),
    ) {
        let old = redactor(&old, RULES, 4);
        let mut stream = old.stream(Vec::new());
        before.chunks(lengths[0]).for_each(|chunk| stream.push(chunk));
        let left = stream.decided() as usize;
        stream.adopt(&old.with_secrets(named(&new)).expect("small parts")).expect("of one family");
        let shown = stream.sink().len();
        after.chunks(*lengths.last().unwrap_or(&1)).for_each(|chunk| stream.push(chunk));
        let out = stream.finish();
        let input = [before, after].concat();
        for secret in new.iter().filter(|secret| secret.len() >= 8) {
            let hidden = !out[shown..].windows(secret.len()).any(|window| window == secret.as_slice());
            prop_assert!(hidden, "{:?} {} {:?}", String::from_utf8_lossy(&input), left, String::from_utf8_lossy(&out));
        }
    }

    #[test]
    fn redacting_again_changes_nothing(input in letters(120), secrets in values()) {
        let redactor = redactor(&secrets, "", 256);
        let once = redactor.redact(&input).into_owned();
        // At its end an output can end in a beginning of a secret only if the input did.
        prop_assert_eq!(redactor.redact(&once), once.as_slice());
    }

    #[test]
    fn another_secret_uncovers_nothing(input in letters(120), secrets in values(), other in values()) {
        let fewer = covered(&redactor(&secrets, RULES, 256), &input);
        let more: Vec<Vec<u8>> = secrets.into_iter().chain(other).collect();
        let wider = covered(&redactor(&more, RULES, 256), &input);
        prop_assert!(fewer.iter().zip(&wider).all(|(before, after)| !before || *after));
    }

    #[test]
    fn held_bytes_are_at_most_the_longest_candidate(input in letters(200), secrets in values()) {
        let redactor = redactor(&secrets, "", 256);
        let longest = secrets.iter().map(Vec::len).max().unwrap_or(0);
        let mut stream = redactor.stream(Vec::new());
        for byte in &input {
            stream.push(&[*byte]);
            // A short value that is complete waits for the byte that may end its word.
            prop_assert!(stream.held() <= longest, "{} held", stream.held());
        }
    }
}

fn covered(redactor: &Redactor, input: &[u8]) -> Vec<bool> {
    let mut covered = vec![false; input.len()];
    for finding in redactor.find(input) {
        let span = finding.span();
        covered[span.start() as usize..span.end() as usize].fill(true);
    }
    covered
}
