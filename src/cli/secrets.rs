//! `keepmum secrets`: which secrets are known, and what is wrong with them. Names, never values.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;

use keepmum::{Discard, Finding, Observe, Occurrences, Redactor, Replacement, Secret, collisions};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::args::{Format, SecretsCommand};
use super::exit::{Exit, Failure};
use super::sources::{Read, secrets};

const CHUNK: usize = 256 << 10;

/// Runs the command; gives what to print.
pub(crate) fn run(
    read: Vec<Read>,
    command: &SecretsCommand,
    format: Format,
) -> Result<(Exit, String), Failure> {
    match command {
        SecretsCommand::List => Ok((Exit::Success, list(&read, format))),
        SecretsCommand::Check { sample } => check(&secrets(read), sample.as_deref(), format),
    }
}

fn list(read: &[Read], format: Format) -> String {
    let rows: Vec<Row<'_>> = read.iter().flat_map(rows).collect();
    match format {
        Format::Json => lines(rows.iter().map(Row::json)),
        Format::Text => {
            let head =
                ["NAME", "SOURCE", "FORMS", "GENERATION", "AGE", "NEXT REFRESH"].map(str::to_owned);
            columns([head].into_iter().chain(rows.iter().map(Row::cells)))
        }
    }
}

/// One secret of a list.
struct Row<'a> {
    read: &'a Read,
    name: &'a str,
    forms: usize,
    age: Duration,
    next: Option<Duration>,
}

fn rows(read: &Read) -> impl Iterator<Item = Row<'_>> {
    let age = read.at.elapsed();
    let next = next(read).map(|next| next.saturating_sub(age));
    read.fetched.secrets.iter().map(move |secret| Row {
        read,
        name: secret.name(),
        forms: secret.form_count(),
        age,
        next,
    })
}

impl Row<'_> {
    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "source": self.read.source,
            "kind": self.read.declared.kind(),
            "forms": self.forms,
            "generation": FIRST,
            "age_seconds": self.age.as_secs(),
            "next_refresh_seconds": self.next.map(|next| next.as_secs()),
        })
    }

    fn cells(&self) -> [String; 6] {
        [
            self.name.to_owned(),
            self.read.source.clone(),
            self.forms.to_string(),
            FIRST.to_string(),
            seconds(self.age),
            self.next.map_or("-".to_owned(), seconds),
        ]
    }
}

/// The generation of what was read once.
const FIRST: u64 = 1;

/// After how long a source is to be read again: as it was declared, or before its lease ends.
fn next(read: &Read) -> Option<Duration> {
    read.declared.refresh().into_iter().chain(read.fetched.lease).min()
}

fn seconds(time: Duration) -> String {
    humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
}

fn lines(rows: impl Iterator<Item = Value>) -> String {
    rows.map(|row| format!("{row}\n")).collect()
}

/// Rows as columns of a table.
fn columns<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<_> = rows.collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    rows.iter().fold(String::new(), |mut out, row| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
        out
    })
}

fn check(
    secrets: &[Secret],
    sample: Option<&Path>,
    format: Format,
) -> Result<(Exit, String), Failure> {
    let problems = problems(secrets);
    let exit = if problems.is_empty() { Exit::Success } else { Exit::Found };
    let mut out = match format {
        Format::Json => lines(problems.iter().map(Problem::json)),
        Format::Text if problems.is_empty() => {
            format!("known secrets: {}, all good\n", secrets.len())
        }
        Format::Text => problems.iter().map(|problem| format!("{}\n", problem.why)).collect(),
    };
    if let Some(path) = sample {
        out += &Hits::count(secrets, path)?.table(format);
    }
    Ok((exit, out))
}

/// What is wrong with a secret.
struct Problem {
    name: String,
    /// The one that it cannot be told apart from.
    other: Option<String>,
    why: String,
}

impl Problem {
    fn json(&self) -> Value {
        json!({ "name": self.name, "other": self.other, "problem": self.why })
    }
}

fn problems(secrets: &[Secret]) -> Vec<Problem> {
    let alone = secrets.iter().filter_map(|secret| {
        let name = secret.name().to_owned();
        Some(Problem { name, other: None, why: refused(secret)? })
    });
    let together = collisions(secrets).into_iter().map(|collision| Problem {
        name: collision.name().to_owned(),
        other: Some(collision.other().to_owned()),
        why: collision.to_string(),
    });
    alone.chain(together).collect()
}

/// Why a secret is not looked for.
fn refused(secret: &Secret) -> Option<String> {
    match Redactor::builder().known(secret.clone()) {
        Err(error) => Some(error.to_string()),
        Ok(builder) => builder.warnings().first().map(ToString::to_string),
    }
}

/// How often each name was found in a sample.
struct Hits {
    counts: BTreeMap<String, u64>,
    bytes: u64,
}

impl Hits {
    /// What is looked for is counted as it would be redacted; for the rest each occurrence of the value.
    fn count(secrets: &[Secret], path: &Path) -> Result<Self, Failure> {
        let (looked_for, left): (Vec<_>, Vec<_>) =
            secrets.iter().cloned().partition(|secret| refused(secret).is_none());
        let mut counts: BTreeMap<String, u64> =
            secrets.iter().map(|secret| (secret.name().to_owned(), 0)).collect();
        let builder = Redactor::builder().replacement(Replacement::Remove);
        let redactor =
            looked_for.into_iter().try_fold(builder, |all, one| all.known(one))?.build()?;
        let mut occurrences = Occurrences::new(&left);
        let mut count =
            |finding: &Finding| *counts.entry(finding.name().to_owned()).or_default() += 1;
        let mut stream = redactor.stream(Observe::new(Discard, &mut count));
        let bytes = each_chunk(path, |chunk| {
            stream.push(chunk);
            occurrences.push(chunk);
        })?;
        stream.finish();
        for (secret, found) in left.iter().zip(occurrences.counts()) {
            *counts.entry(secret.name().to_owned()).or_default() += found;
        }
        Ok(Self { counts, bytes })
    }

    fn table(&self, format: Format) -> String {
        let rate = |hits: u64| hits as f64 * 1e6 / self.bytes.max(1) as f64;
        let rows = self.counts.iter().map(|(name, &hits)| (name, hits, rate(hits)));
        if format == Format::Json {
            return lines(rows.map(
                |(name, hits, rate)| json!({ "name": name, "hits": hits, "hits_per_mb": rate }),
            ));
        }
        let head = ["NAME", "HITS", "HITS PER MB"].map(str::to_owned);
        let cells = |(name, hits, rate): (&String, u64, f64)| {
            [name.clone(), hits.to_string(), format!("{rate:.1}")]
        };
        columns([head].into_iter().chain(rows.map(cells)))
    }
}

/// Gives the file at `path`, or standard input, piece by piece; returns how many bytes it has.
fn each_chunk(path: &Path, mut each: impl FnMut(&[u8])) -> Result<u64, Failure> {
    let (place, mut input): (String, Box<dyn io::Read>) = if path == Path::new("-") {
        ("standard input".to_owned(), Box::new(io::stdin().lock()))
    } else {
        let place = path.display().to_string();
        let file = File::open(path).map_err(|error| Failure::io(&place, error))?;
        (place, Box::new(file))
    };
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    let mut total = 0;
    loop {
        match input.read(&mut chunk) {
            Ok(0) => return Ok(total),
            Ok(count) => {
                total += count as u64;
                each(&chunk[..count]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::io(&place, error)),
        }
    }
}
