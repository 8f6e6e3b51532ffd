//! Counts over cases, of a source or of one kind of secret in it.

use std::fmt;

use crate::case::{Case, Label};
use crate::record::Figures;

#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    positives: u32,
    caught: u32,
    clean: u32,
    negatives: u32,
    kept: u32,
    /// Of the caught positives whose secret is told: how many, and the sum of what was lost beside it.
    told: u32,
    lost: f64,
}

/// The names of a tally's columns.
pub(crate) const COLUMNS: &str = "   pos   recall    clean     coll    neg     kept";

impl Tally {
    /// Counts a case in; whether the program did well.
    pub(crate) fn add(&mut self, case: &Case, output: &str) -> bool {
        match case.label {
            Label::Neg => {
                let kept = case.text == output;
                self.negatives += 1;
                self.kept += u32::from(kept);
                kept
            }
            Label::Pos => self.add_positive(case, output),
        }
    }

    fn add_positive(&mut self, case: &Case, output: &str) -> bool {
        let caught = case.is_caught(output);
        self.positives += 1;
        self.caught += u32::from(caught);
        self.clean += u32::from(case.is_clean(output));
        if let Some(lost) = case.collateral(output).filter(|_| caught) {
            self.told += 1;
            self.lost += lost;
        }
        caught
    }

    pub(crate) fn figures(&self) -> Figures {
        Figures {
            recall: percent(self.caught.into(), self.positives),
            clean: percent(self.clean.into(), self.positives),
            kept: percent(self.kept.into(), self.negatives),
            collateral: percent(self.lost, self.told),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { recall, clean, kept, collateral } = self.figures();
        let (pos, neg) = (self.positives, self.negatives);
        write!(f, "{pos:>6} {recall:>7.1}% {clean:>7.1}% {collateral:>7.1}% {neg:>6} {kept:>7.1}%")
    }
}

/// Percent of `part` in `whole`; where there is nothing, 0.
fn percent(part: f64, whole: u32) -> f64 {
    100.0 * part / f64::from(whole.max(1))
}
