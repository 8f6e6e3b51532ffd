//! What shells and other writers make of a value: the real ones are run, and what they print is redacted.
//!
//! A value and another of the same shape give two outputs that differ only in what tells them apart. Redacted, they must be
//! the same: so nothing of the value was left, whatever the writer did to it.

use std::process::{Command, Stdio};

use keepmum::Redactor;

/// Programs that print the variable `S` in some form; the last argument is the script.
const WRITERS: &[&[&str]] = &[
    &["sh", "-c", r#"set -x; : "$S" "x$S" "#],
    &["sh", "-c", r#"export -p | grep -a -A3 ' S='"#],
    &["sh", "-c", r#"alias a="$S"; alias a"#],
    &["sh", "-c", r#"set | grep -a '^S='"#],
    &["bash", "-c", r#"set -x; : "$S" "x$S" "#],
    &["bash", "-c", r#"printf '%q\n' "$S""#],
    &["bash", "-c", r#"echo "${S@Q}" "${S@A}" "#],
    &["bash", "-c", "declare -p S"],
    &["bash", "-c", "export -p | grep -a ' S='"],
    &["bash", "-c", "set | grep -a '^S='"],
    &["bash", "-c", r#"alias a="$S"; alias a"#],
    &["bash", "-c", r#"f() { caller; }; trap 'echo "$BASH_COMMAND"' DEBUG; eval ": ${S@Q}""#],
    &["dash", "-c", r#"set -x; : "$S""#],
    &["dash", "-c", "export -p | grep -a ' S='"],
    &["bash", "-c", r#"printf %s "$S" | base64"#],
    &["bash", "-c", r#"echo "user:$S" | base64 -w0"#],
    &["bash", "-c", r#"printf '%070d%s%070d' 0 "$S" 0 | base64"#],
    &["bash", "-c", r#"printf '%070d%s%070d' 0 "$S" 0 | base64 -w64"#],
    &["bash", "-c", r#"printf %s "$S" | od -An -v -tx1 | tr -d ' \n'"#],
    &["jq", "-n", "env.S"],
    &["jq", "-n", "env.S | tojson"],
    &["jq", "-nr", "env.S | @sh, @uri, @html, @base64, @csv \"\\([.])\", @text"],
    &["python3", "-c", "import os; print(repr(os.environ['S']))"],
    &[
        "python3",
        "-c",
        "import os; print(ascii(os.environ['S']), [os.environ['S']], os.environb[b'S'])",
    ],
    &[
        "python3",
        "-c",
        "import os, json; print(json.dumps(os.environ['S']), json.dumps(json.dumps(os.environ['S'])))",
    ],
    &["python3", "-c", "import os, shlex; print(shlex.quote(os.environ['S']))"],
    &["python3", "-c", "import os, html; print(html.escape(os.environ['S']))"],
    &[
        "python3",
        "-c",
        "import os; from urllib.parse import *; print(quote(os.environ['S']), quote_plus(os.environ['S']), quote(quote(os.environ['S'], safe='')), urlencode({'q': os.environ['S']}))",
    ],
    &[
        "python3",
        "-c",
        "import os; from xml.sax.saxutils import *; print(escape(os.environ['S']), quoteattr(os.environ['S']))",
    ],
    &[
        "python3",
        "-c",
        "import os, base64; s = os.environb[b'S']; print(base64.encodebytes(b'x' * 40 + s).decode(), base64.urlsafe_b64encode(b'u:' + s).decode(), s.hex(), s.hex(':'), s.hex().upper())",
    ],
    &[
        "node",
        "-e",
        "console.log(JSON.stringify(process.env.S), [process.env.S], encodeURIComponent(process.env.S), escape(process.env.S))",
    ],
    &["perl", "-MData::Dumper", "-e", "print Dumper($ENV{S})"],
];

/// Values that need quoting in different ways, as pairs of one shape.
const VALUES: &[(&str, &str)] = &[
    ("correct-horse-battery", "dpssfdu-ipstf-cbuufsz"),
    ("it's a $ecret & \"more\" 50%", "ju't b $fdsfu & \"npsf\" 50%"),
    ("back\\slash`tick`!bang*", "cbdl\\tmbti`ujdl`!cboh*"),
    ("two words\nand a line", "uxp xpset\nboe b mjof"),
    ("umlaut-\u{e4}\u{f6}\u{fc}-key", "vnmbvu-\u{e4}\u{f6}\u{fc}-lfz"),
    ("a/b+c==<tag>&amp;", "b/c+d==<ubh>&bnq;"),
    ("tab\tand\u{1b}escape", "ubc\tboe\u{1b}ftdbqf"),
];

fn printed(writer: &[&str], value: &str) -> Option<Vec<u8>> {
    let (program, arguments) = writer.split_first().unwrap();
    let command = Command::new(program)
        .args(arguments)
        .env("S", value)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output();
    let output = command.ok()?;
    Some([output.stdout, output.stderr].concat())
}

#[test]
fn nothing_is_left_of_a_value_whatever_prints_it() {
    let (mut ran, mut failed) = (0, Vec::new());
    for writer in WRITERS {
        for (value, other) in VALUES {
            let (Some(ours), Some(theirs)) = (printed(writer, value), printed(writer, other))
            else {
                continue;
            };
            let redacted = |value: &str, text: &[u8]| {
                let redactor = Redactor::builder().secret("s", value).unwrap().build().unwrap();
                String::from_utf8_lossy(&redactor.redact(text)).into_owned()
            };
            let (ours, theirs) = (redacted(value, &ours), redacted(other, &theirs));
            ran += 1;
            if stripped(&ours) != stripped(&theirs) || !ours.contains("[REDACTED:s]") {
                failed.push((writer, value, ours, theirs));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {ran}: {failed:#?}", failed.len());
    assert!(ran >= VALUES.len() * 14, "at least a POSIX shell and bash are here");
}

/// Without the letters of base64 that hold bits of the value's neighbours too: up to two on each side.
fn stripped(text: &str) -> String {
    let parts: Vec<&str> = text.split("[REDACTED:s]").collect();
    let last = parts.len() - 1;
    let edge = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
    let ends = |part: &str, at: usize| {
        let part = if at > 0 { part.trim_start_matches(edge) } else { part };
        if at < last { part.trim_end_matches(edge) } else { part }.to_owned()
    };
    parts.iter().enumerate().map(|(at, part)| ends(part, at)).collect::<Vec<_>>().join("#")
}
