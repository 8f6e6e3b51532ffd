//! How much of labelled cases the program finds, and how much it disturbs. Figures may only rise: `recorded.toml`.
//!
//! Runs when `KEEPMUM_CORPUS` names a folder with `cases.jsonl.gz` (an object a line: `source`, `rule`, `label` of `pos`
//! or `neg`, `text`, `secret` where known) and `gitleaks.toml`. Without it there is nothing to measure, and says so.
//! `cargo test --test accuracy -- --nocapture` prints the table and the misses by rule, never a case's text.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic and prints its table"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    source: String,
    rule: String,
    label: String,
    text: String,
    secret: Option<String>,
    kind: Option<String>,
}

/// Percent of positives caught and of negatives kept as they are.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Figures {
    recall: f64,
    kept: f64,
}

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("KEEPMUM_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("KEEPMUM_CORPUS is not set: accuracy is not measured");
    }
    folder
}

fn cases(folder: &std::path::Path) -> Vec<Case> {
    let file = GzDecoder::new(File::open(folder.join("cases.jsonl.gz")).unwrap());
    let cases = BufReader::new(file).lines().map(|line| serde_json::from_str(&line.unwrap()));
    // An account's id alone is no secret.
    let is_secret = |case: &Case| case.kind.as_deref() != Some("identifier");
    cases.map(Result::unwrap).filter(is_secret).collect()
}

/// What the program makes of each text, in one run, so that nothing costs a start. A fence keeps texts apart.
fn redacted(cases: &[&Case]) -> Vec<String> {
    let fence = |at: usize| format!("\n---- case {at:06} ----\n");
    let input: String =
        cases.iter().enumerate().map(|(at, case)| case.text.clone() + &fence(at)).collect();
    let mut child = Command::new(env!("CARGO_BIN_EXE_keepmum"))
        .arg("--no-config")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    writer.join().unwrap();
    let mut rest = output.as_str();
    (0..cases.len())
        .map(|at| {
            let (text, after) = rest.split_once(&fence(at)).expect("fences are no secrets");
            rest = after;
            text.to_owned()
        })
        .collect()
}

/// Whether the secret is gone, or, where it is not told, something that looks like one.
fn is_caught(case: &Case, output: &str) -> bool {
    let secret_looking = |word: &&str| {
        let has = |is: fn(char) -> bool| word.contains(is);
        word.len() >= 16
            || word.len() >= 8 && has(|c| c.is_ascii_digit()) && has(|c| c.is_ascii_alphabetic())
    };
    match &case.secret {
        Some(secret) => !output.contains(secret.as_str()),
        None => {
            case.text.split_whitespace().filter(secret_looking).any(|word| !output.contains(word))
        }
    }
}

#[test]
fn no_figure_falls_below_the_recorded_one() {
    let Some(folder) = corpus() else { return };
    let cases = cases(&folder);
    let mut sources: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    cases.iter().for_each(|case| sources.entry(&case.source).or_default().push(case));
    let recorded: BTreeMap<String, Figures> =
        toml::from_str(include_str!("recorded.toml")).unwrap();
    println!("{:<16} {:>6} {:>8} {:>6} {:>8}", "source", "pos", "recall", "neg", "kept");
    for (source, cases) in sources {
        let now = figures(source, &cases);
        let before = recorded.get(source).copied().unwrap_or(Figures { recall: 0.0, kept: 0.0 });
        assert!(now.recall >= before.recall, "{source}: recall {} < {}", now.recall, before.recall);
        assert!(now.kept >= before.kept, "{source}: kept {} < {}", now.kept, before.kept);
    }
}

fn figures(source: &str, cases: &[&Case]) -> Figures {
    let share = |label: &str, good: fn(&Case, &str) -> bool| {
        let chosen: Vec<&Case> = cases.iter().copied().filter(|case| case.label == label).collect();
        let outputs = redacted(&chosen);
        let mut missed: BTreeMap<&str, u32> = BTreeMap::new();
        for (case, output) in chosen.iter().zip(&outputs) {
            if !good(case, output) {
                *missed.entry(&case.rule).or_default() += 1;
            }
        }
        let failed: u32 = missed.values().sum();
        (chosen.len(), 100.0 * (1.0 - f64::from(failed) / chosen.len().max(1) as f64), missed)
    };
    let (positives, recall, misses) = share("pos", is_caught);
    let (negatives, kept, _) = share("neg", |case, output| case.text == output);
    println!("{source:<16} {positives:>6} {recall:>7.1}% {negatives:>6} {kept:>7.1}%");
    println!("  missed: {misses:?}");
    Figures { recall, kept }
}

#[test]
fn the_default_configuration_of_gitleaks_loads() {
    let Some(folder) = corpus() else { return };
    let text = std::fs::read_to_string(folder.join("gitleaks.toml")).unwrap();
    let import = keepmum::rule::import_gitleaks("gitleaks.toml", &text).unwrap();
    let left_out = import.notices.iter().filter(|notice| notice.contains("left out")).count();
    println!("{} rules, {left_out} left out, {} notices", import.rules.len(), import.notices.len());
    assert!(import.rules.len() >= 221 && left_out <= 3);
}
