//! JSON in, the same JSON without secrets out.

use keepmum::rule::template::expand;
use keepmum::structured::JsonStream;
use keepmum::{Observe, Redactor};

/// Secrets that have to be escaped, that are numbers, that have letters of two and four bytes.
pub(crate) const KNOWN: &[(&str, &str)] = &[
    ("quotes", "correct \"horse\" \\ battery"),
    ("lines", "first line of it\nsecond line of it"),
    ("letters", "pässwörd-😀-staple"),
    ("pin", "48151623"),
    ("short", "hUnt2r"),
];

pub(crate) fn redactor() -> Redactor {
    let builder =
        KNOWN.iter().fold(Redactor::builder().builtin_rules(), |builder, (name, value)| {
            builder.secret(name, *value).unwrap()
        });
    builder.build().unwrap()
}

pub(crate) fn json(redactor: &Redactor, chunks: &[&[u8]]) -> Result<String, String> {
    let mut stream = JsonStream::new(redactor.clone(), Vec::new());
    for chunk in chunks {
        stream.push(chunk).map_err(|error| error.to_string())?;
    }
    let out = stream.finish().map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

fn whole(input: &str) -> String {
    json(&redactor(), &[input.as_bytes()]).unwrap()
}

#[test]
fn a_document_without_secrets_is_the_same_bytes() {
    for text in [
        "",
        " \r\n\t",
        r#"{ "b" : 1.0 , "a":1e3, "a" : -0.50E+2,"c":[ ] , "d":{}}"#,
        r#"["\/\u0041\uD83D\uDE00\ud83d\u0041\ud83dx\udc00\n\"", "\u003c\u003e\u0026 é 😀"]"#,
        "true\n{\"x\":null}\r\n[false]\n\n\"last\"",
        "0 -1 2.5e-7",
    ] {
        assert_eq!(whole(text), text);
    }
}

#[test]
fn a_secret_is_found_however_it_is_spelled() {
    for text in [
        r#"{"a":"x correct \"horse\" \\ battery y"}"#,
        r#"{"a":"x correct \u0022horse\u0022 \u005C battery y"}"#,
        r#"{"a":"x \u0063orrect \u0022horse\" \\ batter\u0079 y"}"#,
    ] {
        assert_eq!(whole(text), r#"{"a":"x [REDACTED:quotes] y"}"#);
    }
    for text in
        [r#""first line of it\nsecond line of it""#, r#""first line of it\u000asecond line of it""#]
    {
        assert_eq!(whole(text), r#""[REDACTED:lines]""#);
    }
    assert_eq!(whole(r#"["p\u00e4ssw\u00F6rd-\ud83d\uDE00-staple"]"#), r#"["[REDACTED:letters]"]"#);
    assert_eq!(whole("[\"pässwörd-😀-staple\"]"), r#"["[REDACTED:letters]"]"#);
    // JSON in a string in JSON.
    let inner = serde_json::json!({"pw": KNOWN[0].1}).to_string();
    let outer = serde_json::json!({"arguments": inner}).to_string();
    let twice = serde_json::json!({"body": outer}).to_string();
    for text in [&outer, &twice] {
        let out = whole(text);
        assert!(!out.contains("horse") && out.contains("[REDACTED:quotes]"), "{out}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap();
    }
    let token = expand("ghp_{alnum:36}", 1).unwrap().text;
    let spelled: String = token.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    assert_eq!(whole(&format!("[\"{spelled}\"]")), r#"["[REDACTED:github-pat]"]"#);
}

#[test]
fn numbers_become_strings_and_words_stay() {
    assert_eq!(whole("[48151623]"), r#"["[REDACTED:pin]"]"#);
    assert_eq!(whole("{\"a\":-48151623.0e1 }"), r#"{"a":"[REDACTED:pin]" }"#);
    assert_eq!(whole("48151623"), r#""[REDACTED:pin]""#);
    assert_eq!(whole("[1,4815162,true]"), "[1,4815162,true]");
}

#[test]
fn keys_are_looked_at_and_tell() {
    assert_eq!(whole(r#"{"hUnt2r":1}"#), r#"{"[REDACTED:short]":1}"#);
    let hex = expand("{hex:40}", 1).unwrap().text;
    let text = format!(r#"{{"api_key": "{hex}", "commit": "{hex}"}}"#);
    let out = whole(&text);
    assert_eq!(out.matches(&hex).count(), 1, "{out}");
    assert!(out.ends_with(&format!(r#""commit": "{hex}"}}"#)), "{out}");
}

#[test]
fn what_spans_strings_is_taken_out_of_each() {
    let redactor = Redactor::builder().secret("pair", "alpha\",\"omega").unwrap().build().unwrap();
    let out = json(&redactor, &[br#"["x alpha","omega y"]"#]).unwrap();
    assert_eq!(out, r#"["x [REDACTED:pair]","[REDACTED:pair] y"]"#);
}

#[test]
fn what_stands_for_a_secret_is_escaped() {
    let replacement = keepmum::Replacement::Fixed("<\"gone\"\n>".to_owned());
    let builder = Redactor::builder().secret("pw", "correct horse").unwrap();
    let redactor = builder.replacement(replacement).build().unwrap();
    let out = json(&redactor, &[br#"["a correct horse"]"#]).unwrap();
    assert_eq!(out, r#"["a <\"gone\"\n>"]"#);
}

#[test]
fn what_is_no_json_is_refused_and_says_where() {
    for (text, offset) in [
        ("{", 1),
        ("[1,]", 3),
        ("{\"a\" 1}", 5),
        ("\"a\nb\"", 2),
        (r#"["\x"]"#, 3),
        (r#"["\u12g4"]"#, 6),
        ("[01]", 3),
        ("[tru]", 4),
        ("[nul", 4),
        ("\u{feff}{}", 0),
        ("{\"a\":\"unfinished", 16),
        ("]", 0),
        ("[1}", 2),
        ("not json", 3),
    ] {
        let error = json(&redactor(), &[text.as_bytes()]).unwrap_err();
        assert!(error.starts_with(&format!("no JSON at byte {offset}: ")), "{text}: {error}");
        assert!(!error.contains("unfinished"));
    }
    let mut stream = JsonStream::new(redactor(), Vec::new());
    assert!(
        stream.push(b"[1,]").is_err() && stream.push(b"[]").is_err() && stream.finish().is_err()
    );
}

#[test]
fn depth_and_numbers_are_bounded() {
    let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(whole(&deep(1024)), deep(1024));
    assert!(json(&redactor(), &[deep(10_000).as_bytes()]).is_err());
    assert!(json(&redactor(), &["1".repeat(5000).as_bytes()]).is_err());
    let mut stream = JsonStream::new(redactor(), Vec::new()).deepest(2);
    assert!(stream.push(b"[[1]]").is_ok() && stream.push(b"[[[").is_err());
}

#[test]
fn a_long_string_is_not_held() {
    let mut stream = JsonStream::new(redactor(), keepmum::Discard);
    stream.push(b"[\"").unwrap();
    let chunk = r"some text, \u00e9scaped here and there\n ".repeat(100);
    let most = (0..200).map(|_| {
        stream.push(chunk.as_bytes()).unwrap();
        stream.held()
    });
    let most = most.max().unwrap();
    assert!(most < 2 * chunk.len(), "{most} bytes");
    stream.push(b"\"]").unwrap();
    stream.finish().unwrap();
}

#[test]
fn one_long_chunk_is_read_as_many_short_ones() {
    let line = "{\"n\":[1,true,\"hUnt2r\"],\"hUnt2r\":48151623} hUnt2r\n";
    let input = line.repeat(40_000);
    let chunks: Vec<&[u8]> = input.as_bytes().chunks(10_007).collect();
    let whole = lines(&redactor(), &[input.as_bytes()]);
    assert!(whole == lines(&redactor(), &chunks) && !whole.contains("hUnt2r"));
    // Nothing of it is held together: marks of a number in a row take far more than it.
    let mut stream = JsonStream::new(redactor(), keepmum::Discard);
    stream.push(format!("[{}", "1,".repeat(200_000)).as_bytes()).unwrap();
    assert!(stream.held() < 64 << 10);
}

#[test]
fn findings_stand_where_the_source_has_them() {
    let mut spans = Vec::new();
    let input = br#"{"a":"\u0041 hUnt2r", "b":48151623}"#;
    let sink = Observe::new(Vec::new(), |finding: &keepmum::Finding| {
        spans.push((finding.name().to_owned(), finding.span().start()));
    });
    let mut stream = JsonStream::new(redactor(), sink);
    input.iter().for_each(|byte| stream.push(&[*byte]).unwrap());
    drop(stream.finish().unwrap());
    assert_eq!(spans, [("short".to_owned(), 13), ("pin".to_owned(), 26)]);
}

/// A part of a document: what stands there, and what it is as text.
enum Part {
    Structure(String),
    /// Characters, each as it is spelled.
    String(Vec<(char, String)>),
    Number(String),
}

struct Random(u64);

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    /// A character in one of its spellings.
    fn spelled(&mut self, character: char) -> String {
        let mut units = [0; 2];
        let escaped: String = character
            .encode_utf16(&mut units)
            .iter()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        match character {
            '"' | '\\' if self.below(2) == 0 => format!("\\{character}"),
            '\n' if self.below(2) == 0 => "\\n".to_owned(),
            '"' | '\\' | '\0'..' ' => escaped,
            _ if self.below(12) == 0 => escaped,
            _ => character.to_string(),
        }
    }

    fn string(&mut self, words: &[&str]) -> Part {
        let text: String = (0..self.below(5)).map(|_| words[self.below(words.len())]).collect();
        Part::String(text.chars().map(|character| (character, self.spelled(character))).collect())
    }

    fn value(&mut self, words: &[&str], depth: usize, parts: &mut Vec<Part>) {
        let structure = |text: &str| Part::Structure(text.to_owned());
        match self.below(if depth == 0 { 3 } else { 5 }) {
            0 => parts.push(structure(["true", "null", " false "][self.below(3)])),
            1 => parts.push(Part::Number(
                ["7", "48151623", "-1.50e3", "148151623", "0"][self.below(5)].to_owned(),
            )),
            2 => parts.push(self.string(words)),
            kind => {
                parts.push(structure(if kind == 3 { "[" } else { "{ " }));
                for at in 0..self.below(4) {
                    if at > 0 {
                        parts.push(structure([",", " ,\n "][self.below(2)]));
                    }
                    if kind == 4 {
                        parts.push(self.string(words));
                        parts.push(structure([":", " : "][self.below(2)]));
                    }
                    self.value(words, depth - 1, parts);
                }
                parts.push(structure(if kind == 3 { "]" } else { "}" }));
            }
        }
    }
}

/// The oracle: finds in the whole decoded text, and takes what was found out of each part. Gives source, text and output.
fn expected(redactor: &Redactor, parts: &[Part]) -> (String, String, String) {
    let mut text = String::new();
    let mut source = String::new();
    for part in parts {
        match part {
            Part::Structure(structure) | Part::Number(structure) => {
                text += structure;
                source += structure;
            }
            Part::String(characters) => {
                text += "\"";
                source += "\"";
                characters.iter().for_each(|(character, spelled)| {
                    text.push(*character);
                    source += spelled;
                });
                text += "\"";
                source += "\"";
            }
        }
    }
    let found = redactor.find(text.as_bytes());
    let inside = |from: usize, to: usize| {
        found.iter().enumerate().filter(move |(_, finding)| {
            (finding.span().start() as usize) < to && finding.span().end() as usize > from
        })
    };
    let (mut at, mut out) = (0, String::new());
    for part in parts {
        match part {
            Part::Structure(structure) => {
                out += structure;
                at += structure.len();
            }
            Part::Number(number) => {
                let mut names =
                    inside(at, at + number.len()).map(|(_, finding)| finding.name()).peekable();
                if names.peek().is_some() {
                    out += &format!(
                        "\"{}\"",
                        names.map(|name| format!("[REDACTED:{name}]")).collect::<String>()
                    );
                } else {
                    out += number;
                }
                at += number.len();
            }
            Part::String(characters) => {
                out.push('"');
                at += 1;
                let mut shown = None;
                for (character, spelled) in characters {
                    let hits: Vec<_> = inside(at, at + character.len_utf8()).collect();
                    for (which, finding) in &hits {
                        if shown.is_none_or(|shown| shown < *which) {
                            out += &format!("[REDACTED:{}]", finding.name());
                            shown = Some(*which);
                        }
                    }
                    if hits.is_empty() {
                        out += spelled;
                    }
                    at += character.len_utf8();
                }
                out.push('"');
                at += 1;
            }
        }
    }
    (source, text, out)
}

#[test]
fn documents_equal_the_oracle_however_they_are_cut() {
    let redactor = redactor();
    let token = expand("ghp_{alnum:36}", 1).unwrap().text;
    let mut words: Vec<&str> = KNOWN.iter().map(|(_, value)| *value).collect();
    words.extend([
        token.as_str(),
        "correct \"horse",
        "first line of it\n",
        "pässwörd-",
        "password",
        "api_key",
        " ",
        "\\",
        "\"",
        "😀",
        "é",
        "plain words",
        "4815",
        "hUnt2",
        "Bearer ",
    ]);
    let (mut random, mut changed) = (Random(1), 0);
    for _ in 0..3000 {
        let mut parts = Vec::new();
        for _ in 0..=random.below(2) {
            random.value(&words, 4, &mut parts);
            parts.push(Part::Structure("\n".to_owned()));
        }
        let (source, text, out) = expected(&redactor, &parts);
        assert_eq!(json(&redactor, &[source.as_bytes()]).as_ref(), Ok(&out), "{source}");
        let bytes: Vec<&[u8]> = source.as_bytes().chunks(1).collect();
        assert_eq!(json(&redactor, &bytes).as_ref(), Ok(&out), "byte by byte: {source}");
        let size = 1 + random.below(40);
        let chunks: Vec<&[u8]> = source.as_bytes().chunks(size).collect();
        assert_eq!(json(&redactor, &chunks).as_ref(), Ok(&out), "in chunks of {size}: {source}");
        // A short secret counts at word boundaries, and a placeholder beside it is one.
        if !text.contains("hUnt2r") {
            assert_eq!(json(&redactor, &[out.as_bytes()]).as_ref(), Ok(&out), "again: {out}");
        }
        changed += usize::from(source != out);
    }
    assert!((500..2900).contains(&changed), "{changed} of 3000");
}

fn lines(redactor: &Redactor, chunks: &[&[u8]]) -> String {
    let mut stream = JsonStream::lines(redactor.clone(), Vec::new());
    chunks.iter().for_each(|chunk| stream.push(chunk).unwrap());
    String::from_utf8(stream.finish().unwrap()).unwrap()
}

/// Lines, each with what becomes of it.
const LINES: &[(&str, &str)] = &[
    (r#"{"pin":48151623,"a":"\u0068Unt2r"}"#, r#"{"pin":"[REDACTED:pin]","a":"[REDACTED:short]"}"#),
    ("no JSON: hUnt2r 48151623", "no JSON: [REDACTED:short] [REDACTED:pin]"),
    (r#"{"cut off":"hUnt2r and no more"#, r#"{"cut off":"[REDACTED:short] and no more"#),
    (r#"{"cut":"in an escape hUnt2r \u00"#, r#"{"cut":"in an escape [REDACTED:short] \u00"#),
    (
        r#"{"no escape":"\x hUnt2r"} 48151623"#,
        r#"{"no escape":"\x [REDACTED:short]"} [REDACTED:pin]"#,
    ),
    (r#"{"a":48151623x "hUnt2r"}"#, r#"{"a":"[REDACTED:pin]" "[REDACTED:short]"}"#),
    ("nul 48151623", "nul [REDACTED:pin]"),
    ("", ""),
    ("  at com.example.Main.main(Main.java:42)", "  at com.example.Main.main(Main.java:42)"),
    (r#"["correct \"horse\" \\ battery"]"#, r#"["[REDACTED:quotes]"]"#),
];

#[test]
fn lines_that_are_no_json_are_text_and_the_next_one_is_json_again() {
    let redactor = redactor();
    // Each line behind and before each other one, however they are cut.
    for (first, first_out) in LINES {
        for (second, second_out) in LINES {
            for end in ["\n", ""] {
                let text = format!("{first}\n{second}{end}");
                let out = format!("{first_out}\n{second_out}{end}");
                assert_eq!(lines(&redactor, &[text.as_bytes()]), out, "{text}");
                let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
                assert_eq!(lines(&redactor, &bytes), out, "byte by byte: {text}");
            }
        }
    }
}

#[test]
fn a_document_over_several_lines_is_json_too() {
    let text = "{\n  \"pin\": 48151623,\n  \"a\": [1,\n 2]\n}\n";
    let out = "{\n  \"pin\": \"[REDACTED:pin]\",\n  \"a\": [1,\n 2]\n}\n";
    assert_eq!(lines(&redactor(), &[text.as_bytes()]), out);
}

#[test]
fn bytes_that_are_no_text_pass_through_lines() {
    let mut stream = JsonStream::lines(redactor(), Vec::new());
    let mut random = Random(3);
    let input: Vec<u8> = (0..200_000).map(|_| random.below(256) as u8).collect();
    input.chunks(777).for_each(|chunk| stream.push(chunk).unwrap());
    assert!(stream.finish().unwrap() == input);
}

#[test]
fn a_set_that_changes_hides_from_there_on() {
    let old = Redactor::builder().build().unwrap();
    let mut stream = JsonStream::lines(old.clone(), Vec::new());
    stream.push(b"{\"a\":\"correct horse\"}\n{\"a\":\"corr").unwrap();
    let secrets = vec![keepmum::Secret::new("pw", "correct horse")];
    stream.adopt(&old.with_secrets(secrets).unwrap()).unwrap();
    stream.push(b"ect horse\"}\n{\"a\":\"correct horse\"}\n").unwrap();
    let out = String::from_utf8(stream.finish().unwrap()).unwrap();
    assert!(out.starts_with("{\"a\":\"correct horse\"}\n{\"a\":\"corr"), "{out}");
    assert!(out.ends_with("\n{\"a\":\"[REDACTED:pw]\"}\n"), "{out}");
    assert!(JsonStream::lines(redactor(), Vec::new()).adopt(&redactor()).is_err());
}

#[test]
fn nothing_leaves_after_a_panic() {
    struct Panics(Vec<u8>, bool);
    impl keepmum::Sink for Panics {
        fn clean(&mut self, bytes: &[u8]) {
            assert!(std::mem::replace(&mut self.1, true), "the first write");
            self.0.extend_from_slice(bytes);
        }

        fn replaced(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
    }
    let mut stream = JsonStream::lines(redactor(), Panics(Vec::new(), false));
    let push = std::panic::AssertUnwindSafe(|| stream.push(b"[\"a\"]\n"));
    assert!(std::panic::catch_unwind(push).is_err());
    assert!(stream.push(b"[\"hUnt2r\"]\n").is_err());
    assert!(stream.sink().0.is_empty() && stream.finish().is_err());
}

#[test]
fn events_hold_json() {
    let event = |pin: &str, text: &str| {
        format!(
            "event: x\r\nid: 1\r\ndata: {{\"pin\":{pin},\"a\":\"{text}\"}}\r\n\r\n: ping\ndata:[{pin}]\ndata: [DONE]\n\n\
             data: {{\"n\":\ndata: 1}}\n\ndata\ndat: {{}}\ndata: no \"{text}\n"
        )
    };
    let input = event("48151623", r#"correct \"horse\" \\ battery"#);
    let expected = event(r#""[REDACTED:pin]""#, "[REDACTED:quotes]");
    let redactor = redactor();
    for size in 1..input.len() {
        let mut stream = JsonStream::lines(redactor.clone(), Vec::new());
        input.as_bytes().chunks(size).for_each(|chunk| stream.push(chunk).unwrap());
        assert_eq!(String::from_utf8(stream.finish().unwrap()).unwrap(), expected, "{size}");
    }
}

fn messages(redactor: &Redactor, chunks: &[&[u8]]) -> String {
    let mut stream = JsonStream::messages(redactor.clone(), Vec::new());
    for chunk in chunks {
        stream.push(chunk).unwrap();
    }
    String::from_utf8(stream.finish().unwrap()).unwrap()
}

#[test]
fn an_object_may_stand_behind_the_head_of_a_message() {
    let redactor = redactor();
    let json =
        r#"{ "a":"correct \u0022horse\" \\ battery", "n":48151623, "in":{"b":["\u0068Unt2r"]} }"#;
    let clean = whole(json);
    for head in [
        "<13>1 2026-11-28T21:00:00Z host app 1 - - ",
        "<13>1 - - - - - [x@1 a=\"{\"] \u{FEFF}",
        "<13>Nov 28 21:00:00 host app[1]: @cee:",
        "<13>app: {no object} {\"no\"} ",
        "",
    ] {
        for rest in ["", "\n", " {rest}\nhUnt2r\n", "\0<14>x: {\"b\":\"\\u0068Unt2r\"}\n"] {
            let input = format!("{head}{json}{rest}");
            let rest = rest.replace("\\u0068Unt2r", "hUnt2r").replace("hUnt2r", "[REDACTED:short]");
            let expected = format!("{head}{clean}{rest}");
            for at in 0..=input.len() {
                let (left, right) = input.as_bytes().split_at(at);
                assert_eq!(messages(&redactor, &[left, right]), expected, "{at} of {input}");
            }
        }
    }
}

#[test]
fn a_message_without_an_object_is_text() {
    let redactor = redactor();
    let key = expand("{dash:5}BEGIN PRIVATE KEY{dash:5}\n{base64:64}\n{base64:20}==", 1).unwrap();
    let texts = [
        "<13>app: first line of it\nsecond line of it\n<14>x: {hUnt2r} { \"a\": hUnt2r\n"
            .to_owned(),
        "<13>app: {\"cut off\":\"hUnt2r \\".to_owned(),
        format!("<13>app: {}\n<13>app: next", key.text),
    ];
    for text in texts {
        let expected = lines(&redactor, &[text.as_bytes()]);
        assert!(expected.contains("[REDACTED"), "{expected}");
        for at in 0..=text.len() {
            let (left, right) = text.as_bytes().split_at(at);
            assert_eq!(messages(&redactor, &[left, right]), expected);
        }
    }
}
