//! Columns: each value is redacted as if it was alone.

use keepmum::{Redactor, Secret};
use proptest::prelude::*;

/// Rules over the letters of the generated values.
const RULES: &str = r#"
[[rule]]
id = "tail"
description = "a tail class"
pattern = 'abba[ab]{3,}'
block = true
[[rule]]
id = "told"
description = "a lead and a secret"
pattern = 'bcbc[a]{0,2}(?<secret>[bc]{2,4})a'
"#;

/// What the prefilter cannot show: with it no look over many is possible.
const RUN: &str = r#"
[[rule]]
id = "run"
description = "a maximal run"
pattern = '[ab]{6,}'
run = true
block = true
"#;

fn redactor(secrets: &[Vec<u8>], rules: &str) -> Redactor {
    let builder = Redactor::builder().rules_toml("rules.toml", rules).unwrap();
    let known = secrets.iter().enumerate();
    let known = known.map(|(at, value)| Secret::new(&at.to_string(), value.clone()).forced());
    known.fold(builder, |builder, secret| builder.known(secret).unwrap()).build().unwrap()
}

/// The values that change, alone and in a column.
fn both(redactor: &Redactor, values: &[Vec<u8>]) -> [Vec<(usize, Vec<u8>)>; 2] {
    let alone = values.iter().enumerate().filter_map(|(at, value)| {
        let new = redactor.redact(value);
        (new != *value).then(|| (at, new.into_owned()))
    });
    let ends = values.iter().scan(0, |end, value| {
        *end += value.len();
        Some(*end)
    });
    let mut column = Vec::new();
    redactor.redact_column(&values.concat(), ends, |at, new| column.push((at, new)));
    [alone.collect(), column]
}

/// Some values, of which few are longer than a group.
fn values() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let letter = prop_oneof![8 => Just(b'a'), 8 => Just(b'b'), 8 => Just(b'c'), 1 => Just(b'%'), 1 => Just(b'\\')];
    let short = proptest::collection::vec(letter, 0..24);
    let long = (short.clone(), 4096..20_000_usize)
        .prop_map(|(value, length)| value.into_iter().chain(*b"c ").cycle().take(length).collect());
    proptest::collection::vec(prop_oneof![60 => short, 1 => long], 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_value_as_if_it_was_alone(
        secrets in proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'b'), Just(b'c')], 4..14), 0..4),
        values in values(),
    ) {
        for rules in [RULES.to_owned(), [RULES, RUN].concat()] {
            let [alone, column] = both(&redactor(&secrets, &rules), &values);
            prop_assert_eq!(alone, column);
        }
    }
}

#[test]
fn a_secret_over_two_values_is_none() {
    let redactor = redactor(&[b"correct horse".to_vec()], RULES);
    let values = [&b"corr"[..], b"ect horse", b"correct horse", b"", b"corr"].map(<[u8]>::to_vec);
    let [alone, column] = both(&redactor, &values);
    assert_eq!(alone, column);
    assert_eq!(alone.len(), 1);
}

#[test]
#[should_panic(expected = "out of")]
fn ends_behind_the_end_are_a_mistake() {
    redactor(&[], RULES).redact_column(b"abc", [2, 4], |_, _| {});
}
