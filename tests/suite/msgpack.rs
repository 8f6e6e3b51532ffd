//! MessagePack in, the same MessagePack without secrets out.

use std::borrow::Cow;
use std::sync::LazyLock;

use keepmum::structured::MessagePack;
use keepmum::{Names, Redactor};
use proptest::prelude::*;
use rmpv::Value;

use crate::structured::{KNOWN, json};

/// Built once: thousands of inputs are looked through.
fn redactor() -> Redactor {
    static REDACTOR: LazyLock<Redactor> = LazyLock::new(crate::structured::redactor);
    REDACTOR.clone()
}

fn redact<'a>(redactor: &Redactor, input: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
    let redacted = MessagePack::new().redact(redactor, input, &mut |_| {});
    redacted.map_err(|error| error.to_string())
}

fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, value).unwrap();
    out
}

fn decode(mut bytes: &[u8]) -> Value {
    let value = rmpv::decode::read_value(&mut bytes).unwrap();
    assert!(bytes.is_empty());
    value
}

fn map(pairs: &[(&str, Value)]) -> Value {
    Value::Map(pairs.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect())
}

/// The value as JSON, the way that the same data would be written there.
fn as_json(value: &Value) -> String {
    let list = |items: Vec<String>, (open, close)| format!("{open}{}{close}", items.join(","));
    match value {
        Value::Array(items) => list(items.iter().map(as_json).collect(), ('[', ']')),
        Value::Map(pairs) => {
            let pair = |(key, value): &(Value, Value)| {
                let key = as_json(key);
                let key = if key.starts_with('"') { key } else { format!("\"{key}\"") };
                format!("{key}:{}", as_json(value))
            };
            list(pairs.iter().map(pair).collect(), ('{', '}'))
        }
        Value::Binary(bytes) => serde_json::to_string(std::str::from_utf8(bytes).unwrap()).unwrap(),
        Value::Ext(_, bytes) => serde_json::to_string(std::str::from_utf8(bytes).unwrap()).unwrap(),
        Value::F32(number) => serde_json::to_string(number).unwrap(),
        Value::F64(number) => serde_json::to_string(number).unwrap(),
        Value::String(text) => serde_json::to_string(text.as_str().unwrap()).unwrap(),
        Value::Nil => "null".to_owned(),
        Value::Boolean(is) => is.to_string(),
        Value::Integer(number) => number.to_string(),
    }
}

/// Trees whose strings are put together of secrets, pieces of them, and words.
fn trees() -> impl Strategy<Value = Value> {
    let words = KNOWN.iter().map(|(_, value)| *value).chain([
        "correct \"horse",
        "first line of it\n",
        "password",
        "api_key",
        " ",
        "\\",
        "\"",
        "😀",
        "é",
        "plain words",
        "hUnt2",
        "Bearer ",
        "\u{1}",
    ]);
    let words: Vec<&str> = words.collect();
    let text =
        prop::collection::vec(prop::sample::select(words), 0..5).prop_map(|all| all.concat());
    let key = prop_oneof![
        8 => text.clone().prop_map(Value::from),
        1 => Just(Value::Nil),
        1 => prop::sample::select(vec![7, 48_151_623]).prop_map(Value::from),
    ];
    let leaf = prop_oneof![
        6 => text.clone().prop_map(Value::from),
        1 => text.clone().prop_map(|text| Value::Binary(text.into_bytes())),
        1 => text.prop_filter("no time", |text| ![4, 8, 12].contains(&text.len())).prop_map(|text| Value::Ext(9, text.into_bytes())),
        1 => prop::sample::select(vec![Value::Nil, true.into(), false.into()]),
        1 => prop::sample::select(vec![Value::from(48_151_623), Value::from(-7), Value::from(u64::MAX), Value::from(148_151_623_i64)]),
        1 => prop::sample::select(vec![Value::F64(48_151_623.5), Value::F32(0.1), Value::F64(-1.5e300)]),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #[test]
    fn the_answer_is_that_of_json(documents in prop::collection::vec(trees(), 1..3)) {
        let redactor = redactor();
        let source: Vec<u8> = documents.iter().flat_map(encode).collect();
        let text: Vec<String> = documents.iter().map(as_json).collect();
        let expected = json(&redactor, &[text.join("\n").as_bytes()]).unwrap();
        let output = redact(&redactor, &source).unwrap();
        prop_assert_eq!(matches!(output, Cow::Borrowed(_)), expected == text.join("\n"));
        let (mut rest, mut out) = (&*output, Vec::new());
        while !rest.is_empty() {
            out.push(rmpv::decode::read_value(&mut rest).unwrap());
        }
        // An extension value with a secret is a string of what stands for it alone.
        if !source.contains(&9) {
            let out: Vec<String> = out.iter().map(as_json).collect();
            prop_assert_eq!(out.join("\n"), expected);
        }
    }

    #[test]
    fn damage_is_refused_or_looked_through(document in trees(), at in 0..400_usize, byte: u8, cut in 0..400_usize) {
        let redactor = redactor();
        let mut source = encode(&document);
        let len = source.len();
        source[at % len] = byte;
        source.truncate(len - cut % len);
        if let Ok(output) = redact(&redactor, &source) {
            // Whatever was accepted is MessagePack to others too, and so is what came of it.
            for mut rest in [&source[..], &*output] {
                while !rest.is_empty() {
                    rmpv::decode::read_value_ref(&mut rest).unwrap();
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        let _ = redact(&redactor(), &bytes);
    }
}

#[test]
fn the_cases_have_the_answer_of_json() {
    for case in crate::cases::cases() {
        let Ok(input) = String::from_utf8(case.input()) else { continue };
        let (redactor, value) = (case.redactor(), map(&[("text", input.as_str().into())]));
        let expected = json(&redactor, &[as_json(&value).as_bytes()]).unwrap();
        let output = redact(&redactor, &encode(&value)).unwrap().into_owned();
        let output = as_json(&decode(&output));
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(parsed(&output), parsed(&expected), "{}", case.name);
    }
}

/// A record as Fluent Bit passes it to filters: time, metadata, body.
fn record(body: Value) -> Value {
    let time = Value::Ext(0, vec![0x65, 0, 0, 0, 0, 0, 0, 1]);
    Value::Array(vec![Value::Array(vec![time, map(&[("source", "hUnt2r".into())])]), body])
}

#[test]
fn chunks_of_fluent_bit_keep_all_but_the_secrets() {
    let body = |text: &str, pin: Value| {
        map(&[
            ("log", text.into()),
            ("kept", Value::Array(vec![1.into(), u64::MAX.into(), i64::MIN.into(), 0.5.into()])),
            ("nested", map(&[("pin", pin), ("empty", Value::Array(vec![]))])),
        ])
    };
    let group = Value::Array(vec![Value::Array(vec![(-1).into(), map(&[])]), map(&[])]);
    let input = [
        group.clone(),
        record(body("a hUnt2r b", 48_151_623.into())),
        record(body("clean", 1.into())),
    ];
    let input: Vec<u8> = input.iter().flat_map(encode).collect();
    let gone = |value: Value| {
        let Value::Array(mut parts) = value else { panic!("an array") };
        let Value::Array(head) = &mut parts[0] else { panic!("an array") };
        head[1] = map(&[("source", "[REDACTED:short]".into())]);
        Value::Array(parts)
    };
    let expected = [
        group,
        gone(record(body("a [REDACTED:short] b", "[REDACTED:pin]".into()))),
        gone(record(body("clean", 1.into()))),
    ];
    let expected: Vec<u8> = expected.iter().flat_map(encode).collect();
    assert!(redact(&redactor(), &input).unwrap() == expected);
}

#[test]
fn headers_keep_their_width_if_it_is_enough() {
    let out = "[REDACTED:short]";
    for (header, new) in [
        (&b"\xa6"[..], &b"\xb0"[..]),
        (b"\xd9\x06", b"\xd9\x10"),
        (b"\xda\x00\x06", b"\xda\x00\x10"),
        (b"\xdb\x00\x00\x00\x06", b"\xdb\x00\x00\x00\x10"),
        (b"\xc4\x06", b"\xc4\x10"),
        (b"\xc5\x00\x06", b"\xc5\x00\x10"),
        (b"\xc6\x00\x00\x00\x06", b"\xc6\x00\x00\x00\x10"),
    ] {
        let input = [header, b"hUnt2r"].concat();
        assert_eq!(redact(&redactor(), &input).unwrap(), [new, out.as_bytes()].concat());
    }
    for (secrets, old, new) in [
        (2, &b"\xad"[..], &b"\xd9\x21"[..]),
        (20, b"\xd9\x8b", b"\xda\x01\x53"),
        (20, b"\xc4\x8b", b"\xc5\x01\x53"),
        (9000, b"\xda\xf6\x17", b"\xdb\x00\x02\x55\xa7"),
    ] {
        let join = |what: &str| vec![what; secrets].join(" ").into_bytes();
        let input = [old, &join("hUnt2r")].concat();
        assert!(redact(&redactor(), &input).unwrap() == [new, &join(out)].concat(), "{secrets}");
    }
}

#[test]
fn extension_values_become_strings_and_times_stay() {
    let redactor = Redactor::builder().secret("key", "hunter2!").unwrap().build().unwrap();
    let ext = |kind, bytes: &[u8]| Value::Ext(kind, bytes.to_vec());
    for kept in
        [ext(-1, b"hunter2!"), ext(0, b"hunter2!"), ext(5, b"\xff\xfe"), ext(-1, b"123456789012")]
    {
        assert!(matches!(redact(&redactor, &encode(&kept)), Ok(Cow::Borrowed(_))), "{kept}");
    }
    for changed in [ext(1, b"hunter2!"), ext(0, b"x hunter2!"), ext(-1, b"hunter2! is it")] {
        let output = redact(&redactor, &encode(&changed)).unwrap().into_owned();
        assert_eq!(decode(&output), Value::from("[REDACTED:key]"));
    }
}

#[test]
fn binary_data_loses_what_is_found_and_no_byte_more() {
    let redactor = Redactor::builder().secret("key", "hunter2!").unwrap().build().unwrap();
    let input = Value::Binary(b"\x80\xffhunter2!\x80\x80\xff".to_vec());
    let output = redact(&redactor, &encode(&input)).unwrap().into_owned();
    assert_eq!(decode(&output), Value::Binary(b"\x80\xff[REDACTED:key]\x80\x80\xff".to_vec()));
}

#[test]
fn a_character_that_is_cut_goes_as_a_whole() {
    // The second byte of a letter is the first of the secret.
    let redactor =
        Redactor::builder().secret("key", b"\xa9 horse \xc3".to_vec()).unwrap().build().unwrap();
    let output = redact(&redactor, &encode(&"é horse é".into())).unwrap().into_owned();
    assert_eq!(decode(&output), Value::from("[REDACTED:key]"));
}

#[test]
fn fields_that_tell_are_hidden_and_fields_that_are_skipped_stay() {
    let secret = "hUnt2r";
    let value = map(&[
        ("session", map(&[("id", "x".into()), ("n", 5.into()), ("ok", true.into())])),
        ("raw", map(&[("text", secret.into()), ("session", "y".into())])),
        ("log", secret.into()),
        ("session", Value::Array(vec!["a".into(), Value::Nil, map(&[("raw", "b".into())])])),
    ]);
    let field = || Value::from("[REDACTED:field]");
    let expected = map(&[
        ("session", map(&[("id", field()), ("n", field()), ("ok", true.into())])),
        ("raw", map(&[("text", secret.into()), ("session", "y".into())])),
        ("log", "[REDACTED:short]".into()),
        ("session", Value::Array(vec![field(), Value::Nil, map(&[("raw", field())])])),
    ]);
    let form =
        MessagePack::new().hide(Names::none().with("session")).skip(Names::none().with("raw"));
    let (input, redactor, mut found) = (encode(&value), redactor(), Vec::new());
    let tell = &mut |finding: &keepmum::Finding| found.push(finding.name().to_owned());
    let output = form.redact(&redactor, &input, tell).unwrap().into_owned();
    assert_eq!(decode(&output), expected);
    assert_eq!(found, ["field", "field", "short", "field", "field"]);
    let again = form.redact(&redactor, &output, &mut |_| {}).unwrap();
    assert!(matches!(again, Cow::Borrowed(_)), "what was hidden is hidden");
    let both = MessagePack::new().hide(Names::none().with("raw")).skip(Names::none().with("raw"));
    let output = both.redact(&redactor, &input, &mut |_| {}).unwrap().into_owned();
    assert!(!decode(&output).to_string().contains(secret));
}

#[test]
fn findings_stand_where_the_input_has_them() {
    let value = map(&[("a", "éx hUnt2r".into()), ("b", 48_151_623.into())]);
    let (input, mut found) = (encode(&value), Vec::new());
    let tell = &mut |finding: &keepmum::Finding| found.push(finding.clone());
    MessagePack::new().redact(&redactor(), &input, tell).unwrap();
    let spans: Vec<_> = found
        .iter()
        .map(|finding| &input[finding.span().start() as usize..finding.span().end() as usize])
        .collect();
    assert_eq!(spans, [&b"hUnt2r"[..], b"\xce\x02\xde\xbc\x47"]);
}

#[test]
fn what_spans_strings_is_told_once_and_taken_out_of_each() {
    let redactor = Redactor::builder().secret("pair", "alpha\",\"omega").unwrap().build().unwrap();
    let input = encode(&Value::Array(vec!["x alpha".into(), "omega y".into()]));
    let mut found = 0;
    let output = MessagePack::new().redact(&redactor, &input, &mut |_| found += 1).unwrap();
    let expected = Value::Array(vec!["x [REDACTED:pair]".into(), "[REDACTED:pair] y".into()]);
    assert_eq!((decode(&output), found), (expected, 1));
}

#[test]
fn what_is_no_messagepack_is_refused_and_says_where() {
    for (bytes, offset) in [
        (&b"\xc1"[..], 0),
        (b"\x92\x01", 2),
        (b"\xa5abc", 4),
        (b"\xdb\xff\xff\xff\xffabc", 8),
        (b"\xdf\xff\xff\xff\xff\x01", 6),
        (b"\xdd\xff\xff\xff\xff", 5),
        (b"\xc9\xff\xff\xff\xff\x01a", 7),
        (b"\x01\x81\xa1a", 4),
        (b"\xcf\x00", 2),
    ] {
        let error = redact(&redactor(), bytes).unwrap_err();
        assert!(error.starts_with(&format!("no MessagePack at byte {offset}: ")), "{error}");
    }
    assert_eq!(redact(&redactor(), b"").unwrap(), &b""[..]);
}

#[test]
fn depth_is_bounded_and_takes_no_stack() {
    let deep = |depth| [vec![0x91; depth], vec![0xc0]].concat();
    // Plugins are called on stacks of a few pages.
    let small = std::thread::Builder::new().stack_size(64 << 10);
    let work = move || {
        let redactor = Redactor::builder().secret("key", "hunter2!").unwrap().build().unwrap();
        (redact(&redactor, &deep(1024)).is_ok(), redact(&redactor, &deep(1_000_000)).is_ok())
    };
    assert_eq!(small.spawn(work).unwrap().join().unwrap(), (true, false));
}

#[test]
fn the_number_of_parts_is_bounded() {
    let numbers = |count: u32| {
        let head = [&[0xdd][..], &count.to_be_bytes()].concat();
        [head, vec![7; count as usize]].concat()
    };
    assert!(redact(&redactor(), &numbers(1 << 20)).is_ok());
    let error = redact(&redactor(), &numbers(1 << 23)).unwrap_err();
    assert!(error.ends_with("it has too many parts"), "{error}");
}

#[test]
fn keys_of_any_type_are_looked_at() {
    let value = Value::Map(vec![
        (48_151_623.into(), "a".into()),
        (Value::Array(vec!["hUnt2r".into()]), Value::Nil),
        ("hUnt2r".into(), 1.into()),
    ]);
    let output = redact(&redactor(), &encode(&value)).unwrap().into_owned();
    let expected = Value::Map(vec![
        ("[REDACTED:pin]".into(), "a".into()),
        (Value::Array(vec!["[REDACTED:short]".into()]), Value::Nil),
        ("[REDACTED:short]".into(), 1.into()),
    ]);
    assert_eq!(decode(&output), expected);
}
