//! A labelled case, and how well an output of it is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use serde::Deserialize;

/// Bytes of a secret that tell something when they survive together.
const WINDOW: usize = 12;
/// Share of a secret's windows that may survive by chance, as in a header line that stands elsewhere too.
const SURVIVING: f64 = 0.2;

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) source: String,
    pub(crate) rule: String,
    pub(crate) label: Label,
    pub(crate) text: String,
    secret: Option<String>,
    kind: Option<String>,
    /// The line in the file of cases, from 0.
    #[serde(skip)]
    pub(crate) at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Label {
    Pos,
    Neg,
}

/// The cases of a folder. An account's id alone is no secret, and no case.
pub(crate) fn load(folder: &Path) -> Vec<Case> {
    let file = GzDecoder::new(File::open(folder.join("cases.jsonl.gz")).unwrap());
    let lines = BufReader::new(file).lines().enumerate();
    lines
        .map(|(at, line)| Case { at, ..serde_json::from_str(&line.unwrap()).unwrap() })
        .filter(|case| case.kind.as_deref() != Some("identifier"))
        .collect()
}

impl Case {
    /// Whether the secret is gone, or, where it is not told, something that looks like one.
    pub(crate) fn is_caught(&self, output: &str) -> bool {
        match &self.secret {
            Some(secret) => !output.contains(secret.as_str()),
            None => self
                .text
                .split_whitespace()
                .filter(|word| looks_secret(word))
                .any(|word| !output.contains(word)),
        }
    }

    /// Whether hardly a piece of the secret is left either: tells of keys in many lines or parts.
    pub(crate) fn is_clean(&self, output: &str) -> bool {
        let Some(secret) = self.secret.as_deref().filter(|secret| secret.len() >= WINDOW) else {
            return self.is_caught(output);
        };
        let windows: Vec<&[u8]> = secret.as_bytes().windows(WINDOW).collect();
        let survives = |window: &&&[u8]| memchr::memmem::find(output.as_bytes(), window).is_some();
        let left = windows.iter().filter(survives).count() as f64 / windows.len() as f64;
        self.is_caught(output) && left <= SURVIVING
    }

    /// The share of the words beside the secret that were lost with it, by their letters.
    pub(crate) fn collateral(&self, output: &str) -> Option<f64> {
        let rest = self.text.replace(self.secret.as_deref()?, " ");
        let (rest, left) = (words(&rest), words(output));
        let lost = |(word, count): (&&str, &usize)| {
            word.len() * count.saturating_sub(left.get(word).copied().unwrap_or(0))
        };
        let all: usize = rest.iter().map(|(word, count)| word.len() * count).sum();
        (all > 0).then(|| rest.iter().map(lost).sum::<usize>() as f64 / all as f64)
    }
}

fn looks_secret(word: &str) -> bool {
    let has = |is: fn(char) -> bool| word.contains(is);
    word.len() >= 16
        || word.len() >= 8 && has(|c| c.is_ascii_digit()) && has(|c| c.is_ascii_alphabetic())
}

/// Each word, and how often it stands in `text`.
fn words(text: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}
