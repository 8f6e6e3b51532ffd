//! The cases that run on every surface of keepmum, through C: in one piece and byte by byte.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use engine::rule::template::expand;
use serde::Deserialize;

use crate::linked::{Mode, program};

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

/// As `tests/data/cases.toml` describes it.
#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    rules: bool,
    #[serde(default)]
    paranoid: bool,
    input: String,
    output: String,
}

impl Case {
    fn config(&self) -> &'static str {
        match (self.rules, self.paranoid) {
            (_, true) => "replacement = 'fixed:#'\nprofile = 'paranoid'",
            (true, false) => "replacement = 'fixed:#'",
            (false, false) => "replacement = 'fixed:#'\nonly-known = true",
        }
    }

    /// What `cases.c` reads.
    fn written(&self) -> Vec<u8> {
        let mut out = field(self.config().as_bytes());
        out.extend(field(self.secrets.len().to_string().as_bytes()));
        out.extend(self.secrets.iter().flat_map(|secret| field(secret.as_bytes())));
        out.extend(field(&bytes(&self.input)));
        out
    }
}

#[test]
fn every_case_of_the_suite() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/cases.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let cases = toml::from_str::<File>(&text).unwrap().case;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/cases.c");
    for mode in [Mode::Static, Mode::Sanitized] {
        let mut command = program(&source, mode);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input: Vec<u8> = cases.iter().flat_map(Case::written).collect();
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{mode:?}: {}", output.status);
        writer.join().unwrap().unwrap();
        let mut rest = &output.stdout[..];
        for case in &cases {
            let whole = taken(&mut rest);
            let by_bytes = taken(&mut rest);
            let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let expected = shown(&bytes(&case.output));
            assert_eq!(shown(whole), expected, "{mode:?}: {}", case.name);
            assert_eq!(shown(by_bytes), expected, "{mode:?}, byte by byte: {}", case.name);
        }
        assert!(!cases.is_empty() && rest.is_empty());
    }
}

/// A length on a line of its own, and so many bytes.
fn field(bytes: &[u8]) -> Vec<u8> {
    [format!("{}\n", bytes.len()).as_bytes(), bytes].concat()
}

fn taken<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|&byte| byte == b'\n').unwrap();
    let len: usize = std::str::from_utf8(&rest[..end]).unwrap().parse().unwrap();
    let (field, after) = rest[end + 1..].split_at(len);
    *rest = after;
    field
}

/// A text with its runs drawn, in which `\xHH` is a byte.
fn bytes(template: &str) -> Vec<u8> {
    let text = expand(template, 7).unwrap().text;
    let mut parts = text.split("\\x");
    let mut out = parts.next().unwrap_or("").as_bytes().to_vec();
    for part in parts {
        out.push(u8::from_str_radix(&part[..2], 16).unwrap());
        out.extend_from_slice(&part.as_bytes()[2..]);
    }
    out
}
