//! The recorded figures: `recorded.toml`, dated. They may only get better.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/accuracy/recorded.toml");
/// How far a figure may lie from its record, which has one decimal. One case is more.
const ROUNDING: f64 = 0.06;

/// Percent of a source's cases.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figures {
    /// Positives whose secret is gone.
    pub(crate) recall: f64,
    /// Positives of whose secret hardly a piece is left.
    pub(crate) clean: f64,
    /// Negatives that stay as they are.
    pub(crate) kept: f64,
    /// What is lost beside a secret. The only figure that is better when it is smaller.
    pub(crate) collateral: f64,
}

/// The figures of each source, and the day on which they were reached.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    #[expect(dead_code, reason = "for readers")]
    date: String,
    sources: BTreeMap<String, Figures>,
}

impl Figures {
    /// Each figure with its name, turned so that more is better.
    fn merits(&self) -> [(&'static str, f64); 4] {
        let spared = 100.0 - self.collateral;
        [("recall", self.recall), ("clean", self.clean), ("kept", self.kept), ("spared", spared)]
    }
}

impl Record {
    pub(crate) fn read() -> Self {
        toml::from_str(&std::fs::read_to_string(PATH).unwrap()).unwrap()
    }

    /// What has fallen below the record, in words.
    pub(crate) fn fallen(&self, now: &BTreeMap<&str, Figures>) -> Vec<String> {
        let lost = self.sources.keys().filter(|source| !now.contains_key(source.as_str()));
        let lost = lost.map(|source| format!("{source}: no cases"));
        let fallen = self.compared(now).filter(|(.., before, now)| now + ROUNDING < *before);
        let fallen = fallen
            .map(|(source, name, before, now)| format!("{source}: {name} {now:.1} < {before:.1}"));
        lost.chain(fallen).collect()
    }

    /// Whether a figure has risen, or a source is new.
    pub(crate) fn is_surpassed(&self, now: &BTreeMap<&str, Figures>) -> bool {
        now.len() > self.sources.len()
            || self.compared(now).any(|(.., before, now)| now > before + ROUNDING)
    }

    /// Source, name, recorded and present value of each figure.
    fn compared(
        &self,
        now: &BTreeMap<&str, Figures>,
    ) -> impl Iterator<Item = (&str, &'static str, f64, f64)> {
        let both = self.sources.iter().filter_map(|(source, before)| {
            now.get(source.as_str()).map(|now| (source.as_str(), before.merits(), now.merits()))
        });
        both.flat_map(|(source, before, now)| {
            let pairs = before.into_iter().zip(now);
            pairs.map(move |((name, before), (_, now))| (source, name, before, now))
        })
    }

    /// Writes today's figures.
    pub(crate) fn write(now: &BTreeMap<&str, Figures>) {
        let mut text = format!(
            "# Percent. Written by KEEPMUM_BLESS=1 when a figure has risen and none has fallen.\ndate = \"{}\"\n",
            today()
        );
        for (source, figures) in now {
            let Figures { recall, clean, kept, collateral } = figures;
            writeln!(
                text,
                "\n[sources.{source}]\nrecall = {recall:.1}\nclean = {clean:.1}\nkept = {kept:.1}\ncollateral = {collateral:.1}"
            )
            .unwrap();
        }
        std::fs::write(PATH, text).unwrap();
    }
}

/// The day as `YYYY-MM-DD`. Years begin in March, so that a leap day ends one, as in Howard Hinnant's
/// `civil_from_days`.
fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{date:02}", era * 400 + year + carry)
}
