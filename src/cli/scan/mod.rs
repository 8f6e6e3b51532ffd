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

/// A finding at its place. Holds nothing of the secret.
pub(crate) struct Found {
    pub(crate) rule: String,
    pub(crate) path: String,
    /// Line and column in bytes, counted from 1.
    pub(crate) line: usize,
    pub(crate) column: usize,
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
    let findings = redactor.find(bytes);
    let (mut line, mut counted) = (1, 0);
    findings
        .iter()
        .map(|finding| {
            let (start, end) = (finding.span().start() as usize, finding.span().end() as usize);
            line += memchr::memchr_iter(b'\n', &bytes[counted..start]).count();
            counted = start;
            let from = memchr::memrchr(b'\n', &bytes[..start]).map_or(0, |at| at + 1);
            let until = memchr::memchr(b'\n', &bytes[end..]).map_or(bytes.len(), |at| end + at);
            let around = [&bytes[from..start], &bytes[end..until]];
            Found {
                rule: finding.name().to_owned(),
                path: path.to_owned(),
                line,
                column: start - from + 1,
                length: end - start,
                fingerprint: prints.next(finding.name(), path, around),
            }
        })
        .collect()
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
