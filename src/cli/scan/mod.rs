//! `keepmum scan`: reports what it finds in files, and rewrites nothing.

mod baseline;
mod collect;
mod file;
#[cfg(feature = "image")]
mod image;
mod place;
mod sarif;
mod sources;

use std::io::{self, Write};
use std::sync::Arc;

use keepmum::Origin;
use serde_json::{Value, json};

use self::baseline::Baseline;
use self::file::{Binary, CHUNK, Scanner};
use super::args::{ScanArgs, ScanFormat};
use super::exit::{Exit, Failure};
use super::messages::{Kind, say};
use super::progress;
use super::settings::Settings;

/// A finding at its place. Holds nothing of the secret.
pub(crate) struct Found {
    pub(crate) rule: String,
    pub(crate) origin: Origin,
    pub(crate) path: String,
    /// Line and column in bytes, counted from 1.
    pub(crate) line: u64,
    pub(crate) column: u64,
    /// The column in the units of SARIF.
    pub(crate) utf16_column: u64,
    pub(crate) length: u64,
    /// Tells the finding from others, run after run, even if lines above it come and go.
    pub(crate) fingerprint: String,
    /// Of one in an image.
    pub(crate) layer: Option<InLayer>,
}

/// In which layer of an image something stands.
pub(crate) struct InLayer {
    pub(crate) digest: Arc<str>,
    /// From the lowest up, from 1.
    pub(crate) number: usize,
    /// What became of the file. It is in the image all the same: who has the image has all layers.
    pub(crate) later: Option<Later>,
}

/// What a layer further up did to a file; its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "image"), expect(dead_code, reason = "nothing else has layers"))]
pub(crate) enum Later {
    Deleted(usize),
    Replaced(usize),
}

impl InLayer {
    /// `, layer 2 sha256:…, deleted in layer 3`.
    fn text(&self) -> String {
        let later = match self.later {
            Some(Later::Deleted(layer)) => format!(", deleted in layer {layer}"),
            Some(Later::Replaced(layer)) => format!(", replaced in layer {layer}"),
            None => String::new(),
        };
        format!(", layer {} {}{later}", self.number, shown(&self.digest))
    }

    fn json(&self) -> Value {
        let (later, by) = match self.later {
            Some(Later::Deleted(layer)) => (Some("deleted"), Some(layer)),
            Some(Later::Replaced(layer)) => (Some("replaced"), Some(layer)),
            None => (None, None),
        };
        json!({"digest": *self.digest, "number": self.number, "later": later, "by": by})
    }
}

/// What came of all inputs.
#[derive(Default)]
struct Scanned {
    found: Vec<Found>,
    read: usize,
    skipped: usize,
    failed: usize,
}

/// Scans and prints; tells by the exit code whether there were findings.
pub(crate) fn run(settings: &Settings, args: &ScanArgs) -> Result<Exit, Failure> {
    let accepted = args.baseline.as_deref().map(Baseline::read).transpose()?.unwrap_or_default();
    let mut scanned = scan(settings, args)?;
    if let Some(path) = &args.write_baseline {
        Baseline::of(&scanned.found).write(path)?;
        scanned.summary("accepted");
        return Ok(scanned.exit(Exit::Success));
    }
    scanned.found.retain(|finding| !accepted.holds(&finding.fingerprint));
    let text = match args.format {
        ScanFormat::Text => text(&scanned.found),
        ScanFormat::Json => lines(&scanned.found),
        ScanFormat::Sarif => {
            sarif::document(&scanned.found, &settings.rules(), scanned.failed == 0)
        }
    };
    super::print(text.as_bytes())?;
    scanned.summary("found");
    let clean = if scanned.found.is_empty() { Exit::Success } else { Exit::Found };
    Ok(scanned.exit(clean))
}

/// Reads every input. One that cannot be read to its end is told of, and the others are read all the same.
fn scan(settings: &Settings, args: &ScanArgs) -> Result<Scanned, Failure> {
    let binary = if args.binary { Binary::Read } else { Binary::Skip };
    let redactor = settings.known.redactor();
    let mut scanner = Scanner::new(&redactor, binary, CHUNK);
    #[cfg(feature = "image")]
    if let Some(image) = &args.image {
        return image::scan(settings, args, image, &mut scanner);
    }
    let inputs = if args.staged { sources::staged(args)? } else { sources::files(args) };
    let bar = progress::files(inputs.len(), settings.color);
    let mut scanned = Scanned::default();
    for input in inputs {
        bar.inc(1);
        match input.and_then(|input| input.scan(&mut scanner, &mut scanned.found)) {
            Ok(true) => scanned.read += 1,
            Ok(false) => scanned.skipped += 1,
            Err(failure) => {
                scanned.failed += 1;
                bar.suspend(|| say(settings.color, Kind::Error, &failure.to_string()));
            }
        }
    }
    bar.finish_and_clear();
    Ok(scanned)
}

impl Scanned {
    /// `good`, unless something could not be read.
    fn exit(&self, good: Exit) -> Exit {
        if self.failed == 0 { good } else { Exit::Usage }
    }

    /// A line on standard error. That nobody reads it is no reason to fail.
    fn summary(&self, what: &str) {
        let counted =
            |count, thing: &str| format!("{count} {thing}{}", if count == 1 { "" } else { "s" });
        let mut text = format!(
            "{} {what} in {}",
            counted(self.found.len(), "secret"),
            counted(self.read, "file")
        );
        if self.skipped > 0 {
            text += &format!(", {} binary skipped", self.skipped);
        }
        if self.failed > 0 {
            text += &format!(", {} not read", self.failed);
        }
        let _ = writeln!(io::stderr().lock(), "keepmum: {text}");
    }
}

fn text(found: &[Found]) -> String {
    let row = |f: &Found| {
        let layer = f.layer.as_ref().map(InLayer::text).unwrap_or_default();
        let place = format!("{}:{}:{}", shown(&f.path), f.line, f.column);
        format!("{place}: {} ({} bytes){layer}\n", f.rule, f.length)
    };
    found.iter().map(row).collect()
}

/// A path on one line: a file's name can hold line feeds, and escape sequences that a terminal obeys.
pub(crate) fn shown(path: &str) -> String {
    let escaped = |c: char| {
        let control = c.is_control();
        control.then(|| c.escape_default()).into_iter().flatten().chain((!control).then_some(c))
    };
    path.chars().flat_map(escaped).collect()
}

fn lines(found: &[Found]) -> String {
    let row = |f: &Found| {
        let mut row = json!({
            "kind": f.origin.as_str(),
            "rule": f.rule,
            "file": f.path,
            "line": f.line,
            "column": f.column,
            "length": f.length,
            "fingerprint": f.fingerprint,
        });
        if let Some(layer) = &f.layer {
            row["layer"] = layer.json();
        }
        row
    };
    found.iter().map(|f| format!("{}\n", row(f))).collect()
}
