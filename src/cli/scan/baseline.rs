//! Findings that somebody has accepted, by fingerprint.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Found, shown};
use crate::cli::exit::Failure;

/// A list of fingerprints: a line each, what follows a blank is for people.
#[derive(Default)]
pub(super) struct Baseline {
    prints: HashSet<String>,
    text: String,
}

impl Baseline {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let prints = lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
        Ok(Self { prints: prints.collect(), text: String::new() })
    }

    pub(super) fn of(found: &[Found]) -> Self {
        let mut text = String::from("# Accepted findings of `keepmum scan`.\n");
        for f in found {
            let _ = writeln!(text, "{} {} {}:{}", f.fingerprint, f.rule, shown(&f.path), f.line);
        }
        Self { prints: HashSet::new(), text }
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        std::fs::write(path, &self.text).map_err(|error| Failure::io(path.display(), error))
    }

    pub(super) fn holds(&self, print: &str) -> bool {
        self.prints.contains(print)
    }
}

/// Makes fingerprints of the findings of one file.
///
/// A fingerprint is a hash of the rule, the path, what stands around the secret in its lines, and which of equal ones
/// it is. The secret is no part of it, so that nobody can guess it from the baseline.
#[derive(Default)]
pub(super) struct Prints {
    seen: HashMap<[u8; 32], u32>,
}

impl Prints {
    pub(super) fn next(&mut self, rule: &str, path: &str, around: [&[u8]; 2]) -> String {
        let mut hash = Sha256::new();
        for part in [rule.as_bytes(), path.as_bytes(), around[0], around[1]] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let count = self.seen.entry(hash.clone().finalize().into()).or_default();
        hash.update(count.to_le_bytes());
        *count += 1;
        hash.finalize()[..8].iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    }
}
