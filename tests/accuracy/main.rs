//! How much of labelled cases the program finds, and how much it disturbs. Figures may only rise: `recorded.toml`.
//!
//! Runs when `KEEPMUM_CORPUS` names a folder with `cases.jsonl.gz` (an object a line: `source`, `rule`, `label` of `pos`
//! or `neg`, `text`, `secret` where known) and `gitleaks.toml`. Without it there is nothing to measure, and says so.
//! `cargo test --test accuracy -- --nocapture` prints a table of sources and kinds, and where the misses stand, never a
//! case's text. `KEEPMUM_MISSES=FILE` writes their texts to a file outside the repository; `KEEPMUM_BLESS=1` records the
//! figures when one has risen and none has fallen. How much real text is disturbed measures `benches/disturb/run`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic and prints its table"
)]

mod case;
mod misses;
mod program;
mod record;
mod tally;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use case::{Case, Label};
use misses::Misses;
use record::{Figures, Record};
use tally::{COLUMNS, Tally};

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("KEEPMUM_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("KEEPMUM_CORPUS is not set: accuracy is not measured");
    }
    folder
}

#[test]
fn no_figure_falls_below_the_recorded_one() {
    let Some(folder) = corpus() else { return };
    let cases = case::load(&folder);
    let mut sources: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    cases.iter().for_each(|case| sources.entry(&case.source).or_default().push(case));
    let mut misses = Misses::default();
    println!("{:<48} {COLUMNS}", "source, kind");
    let now = sources
        .into_iter()
        .map(|(source, cases)| (source, measured(source, &cases, &mut misses)))
        .collect();
    misses.print();
    if let Some(path) = std::env::var_os("KEEPMUM_MISSES") {
        misses.write(Path::new(&path));
    }
    let record = Record::read();
    let fallen = record.fallen(&now);
    assert!(fallen.is_empty(), "{fallen:#?}");
    if std::env::var_os("KEEPMUM_BLESS").is_some() && record.is_surpassed(&now) {
        Record::write(&now);
    }
}

/// The figures of a source, whose table is printed. Positives and negatives share no run of the program.
fn measured<'a>(source: &str, cases: &[&'a Case], misses: &mut Misses<'a>) -> Figures {
    let mut whole = Tally::default();
    let mut kinds: BTreeMap<&str, Tally> = BTreeMap::new();
    for label in [Label::Pos, Label::Neg] {
        let chosen: Vec<&Case> = cases.iter().copied().filter(|case| case.label == label).collect();
        for (case, output) in chosen.iter().zip(program::redacted(&chosen)) {
            whole.add(case, &output);
            if !kinds.entry(&case.rule).or_default().add(case, &output) {
                misses.add(case, output);
            }
        }
    }
    println!("{source:<48} {whole}");
    kinds.iter().for_each(|(kind, tally)| println!("  {kind:<46} {tally}"));
    whole.figures()
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
