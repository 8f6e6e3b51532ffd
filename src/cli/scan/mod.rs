//! `keepmum scan`: reports what it finds in files, and rewrites nothing.

mod baseline;
mod sarif;
mod sources;

use std::io::{self, Write};

use keepmum::Redactor;
use serde_json::json;

use self::baseline::Baseline;
use super::args::{ScanArgs, ScanFormat};
use super::exit::{Exit, Failure};
use super::progress;
use super::settings::Settings;

/// Bytes at the beginning of a file that tell whether it is binary.
const SNIFFED: usize = 8 << 10;

/// Bytes on each side of a secret that go into its fingerprint at most.
const AROUND: usize = 256;

/// A finding at its place. Holds nothing of the secret.
pub(crate) struct Found {
    pub(crate) rule: String,
    pub(crate) path: String,
    /// Line and column in bytes, counted from 1.
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The column in the units of SARIF.
    pub(crate) utf16_column: usize,
    pub(crate) length: usize,
    /// Tells the finding from others, run after run, even if lines above it come and go.
    pub(crate) fingerprint: String,
}

/// Scans and prints; tells how many findings there were by the exit code.
pub(crate) fn run(settings: &Settings, args: &ScanArgs) -> Result<Exit, Failure> {
    let accepted = args.baseline.as_deref().map(Baseline::read).transpose()?.unwrap_or_default();
    let inputs = if args.staged { sources::staged(args)? } else { sources::files(args)? };
    let bar = progress::files(inputs.len(), settings.color);
    let (mut found, mut read) = (Vec::new(), 0);
    for input in inputs {
        bar.inc(1);
        let (path, bytes) = input.read()?;
        if is_binary(&bytes) && !args.binary {
            continue;
        }
        read += 1;
        found.extend(in_text(&settings.redactor, &path, &bytes));
    }
    bar.finish_and_clear();
    if let Some(path) = &args.write_baseline {
        Baseline::of(&found).write(path)?;
        return Ok(Exit::Success);
    }
    found.retain(|finding| !accepted.holds(&finding.fingerprint));
    let text = match args.format {
        ScanFormat::Text => text(&found),
        ScanFormat::Json => lines(&found),
        ScanFormat::Sarif => sarif::document(&found, &settings.rules),
    };
    super::print(text.as_bytes())?;
    let _ = writeln!(io::stderr().lock(), "keepmum: {} findings in {read} files", found.len());
    Ok(if found.is_empty() { Exit::Success } else { Exit::Found })
}

fn is_binary(bytes: &[u8]) -> bool {
    memchr::memchr(0, &bytes[..bytes.len().min(SNIFFED)]).is_some()
}

fn in_text(redactor: &Redactor, path: &str, bytes: &[u8]) -> Vec<Found> {
    let mut prints = baseline::Prints::default();
    let spans: Vec<(String, usize, usize)> = redactor
        .find(bytes)
        .iter()
        .map(|f| (f.name().to_owned(), f.span().start() as usize, f.span().end() as usize))
        .collect();
    let (mut line, mut line_start, mut counted, mut units) = (1, 0, 0, 0);
    let mut found = Vec::new();
    for (at, (rule, start, end)) in spans.iter().enumerate() {
        let passed = &bytes[counted..*start];
        line += memchr::memchr_iter(b'\n', passed).count();
        if let Some(end) = memchr::memrchr(b'\n', passed) {
            line_start = counted + end + 1;
            units = 0;
        }
        units += utf16(&bytes[counted.max(line_start)..*start]);
        counted = *start;
        // Its neighbours' secrets are no part of its fingerprint either.
        let from = at.checked_sub(1).map_or(line_start, |before| line_start.max(spans[before].2));
        let until = spans.get(at + 1).map_or(bytes.len(), |after| after.1);
        let from = from.max(start.saturating_sub(AROUND));
        let rest = &bytes[*end..until.min(end + AROUND)];
        let rest = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        found.push(Found {
            rule: rule.clone(),
            path: path.to_owned(),
            line,
            column: start - line_start + 1,
            utf16_column: units + 1,
            length: end - start,
            fingerprint: prints.next(rule, path, [&bytes[from..*start], rest]),
        });
    }
    found
}

fn utf16(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).encode_utf16().count()
}

fn text(found: &[Found]) -> String {
    found
        .iter()
        .map(|f| format!("{}:{}:{}: {} ({} bytes)\n", f.path, f.line, f.column, f.rule, f.length))
        .collect()
}

fn lines(found: &[Found]) -> String {
    let row = |f: &Found| {
        let (line, column) = (f.line, f.column);
        json!({"rule": f.rule, "file": f.path, "line": line, "column": column, "length": f.length, "fingerprint": f.fingerprint})
    };
    found.iter().map(|f| format!("{}\n", row(f))).collect()
}
