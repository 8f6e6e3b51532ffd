//! What a look found in a text.

use std::sync::Arc;

use crate::structured::{self, Cuts};
use crate::{Finding, Origin, Redactor, Span};

/// Something to take out of a text.
#[derive(Clone)]
pub(super) struct Cut {
    pub(super) span: Span,
    /// None if it belongs to the cut before it, like the rest of a secret behind a colour code.
    pub(super) finding: Option<Finding>,
    /// What the redactor prints for it.
    pub(super) named: Vec<u8>,
    /// What stands for it, if a look further inside has decided that.
    pub(super) told: Told,
}

impl From<structured::Cut> for Cut {
    fn from(cut: structured::Cut) -> Self {
        Self { span: cut.span, finding: cut.finding, named: cut.named, told: Told::No }
    }
}

/// Whether the report tells of a cut already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    No,
    Yes,
}

/// What of the rules counts.
#[derive(Clone, Default)]
pub(super) struct Muted {
    /// Rules that are off or only warn.
    pub(super) silent: Option<Arc<[bool]>>,
    /// Rules that are off, if others only warn.
    pub(super) off: Option<Option<Arc<[bool]>>>,
}

/// What is found in `text`: what is to be cut, in order and apart, and what is only warned of.
pub(super) fn cuts(redactor: &Redactor, muted: &Muted, text: &[u8]) -> (Vec<Cut>, Vec<Finding>) {
    let mut found = Cuts::default();
    redactor.redact_without(muted.silent.as_ref(), text, &mut found);
    let mut warned = Vec::new();
    if let Some(off) = &muted.off {
        let mut all = Cuts::default();
        redactor.redact_without(off.as_ref(), text, &mut all);
        warned.extend(all.0.into_iter().filter_map(|cut| cut.finding));
        let silent = |finding: &Finding| redactor_mutes(redactor, muted, finding);
        warned.retain(silent);
    }
    (found.0.into_iter().map(Cut::from).collect(), warned)
}

/// Whether `finding` is of a rule that is off or only warns.
fn redactor_mutes(redactor: &Redactor, muted: &Muted, finding: &Finding) -> bool {
    finding.origin() == Origin::Rule
        && muted.silent.as_ref().is_some_and(|silent| redactor.mutes(silent, finding.name()))
}

/// `cuts` and `more`, both in order, as one list in order: those that overlap become one, which keeps the name of a known
/// secret before that of a rule, and of two of a kind that of `cuts`.
pub(super) fn union(cuts: Vec<Cut>, more: Vec<Cut>) -> Vec<Cut> {
    if more.is_empty() {
        return cuts;
    }
    let mut all: Vec<(u8, Cut)> = cuts.into_iter().map(|cut| (0, cut)).collect();
    all.extend(more.into_iter().map(|cut| (1, cut)));
    all.sort_by_key(|(list, cut)| (cut.span.start(), *list));
    let mut one: Vec<(u8, Cut)> = Vec::with_capacity(all.len());
    for (list, cut) in all {
        match one.last_mut() {
            Some((kept, last)) if last.span.end() > cut.span.start() => {
                let end = last.span.end().max(cut.span.end());
                let span = Span::new(last.span.start(), end);
                let told = if last.told == Told::Yes { Told::Yes } else { cut.told };
                if rank(&cut, list) < rank(last, *kept) {
                    (*kept, *last) = (list, cut);
                }
                (last.span, last.told) = (span, told);
            }
            _ => one.push((list, cut)),
        }
    }
    one.into_iter().map(|(_, cut)| cut).collect()
}

/// The lowest one gives its name.
fn rank(cut: &Cut, list: u8) -> (u8, u8) {
    let origin = match cut.finding.as_ref().map(Finding::origin) {
        Some(Origin::Limit) => 0,
        Some(Origin::Secret) => 1,
        Some(Origin::Rule) => 2,
        None => 3,
    };
    (origin, list)
}
