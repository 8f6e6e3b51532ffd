//! What a stream remembers between two windows.

#[cfg(feature = "prompt")]
use std::sync::Arc;

use zeroize::Zeroizing;

use super::prefilter::{Hit, Positions};
#[cfg(feature = "prompt")]
use super::resolve::Class;
use super::resolve::{Label, Regions};
#[cfg(feature = "sealed")]
use super::sealed::SealedState;
use crate::detect::literal::{Live, WalkStep};
use crate::detect::pattern::{Candidate, Lane};
use crate::detect::run::Run;
use crate::detect::spelled::Spelled;
use crate::rule::CompiledRule;

/// The memory of one stream. It is reused: after the first inputs nothing of it allocates.
#[derive(Clone, Default)]
pub(crate) struct State {
    /// Every start before it is decided or is a candidate below.
    pub(crate) resolved: u64,
    /// No byte before it can be claimed by a start that is not a candidate below.
    pub(super) claim: u64,
    /// Bytes from here on may stand before the fixed bytes of a rule.
    pub(super) behind: u64,
    /// Candidates of rules, by start within a rule.
    pub(super) running: Vec<Running>,
    /// Candidates of known values.
    pub(super) values: Vec<Live>,
    /// Every escape before it was read.
    pub(crate) spelled: u64,
    /// No byte before it can be claimed by an escape that was not.
    pub(super) spelled_claim: u64,
    /// Candidates of known values that are spelled with escapes.
    pub(super) spellings: Vec<Spelled>,
    /// Empty lists to swap with those above while their candidates read on.
    pub(super) earlier: Earlier,
    /// How far a sealed set was looked for.
    #[cfg(feature = "sealed")]
    pub(super) sealed: SealedState,
    /// How far the runs of each rule that has them were followed.
    pub(super) runs: Vec<Run>,
    /// How far each self-overlapping value was followed.
    pub(super) walks: Vec<WalkStep>,
    /// Where the last match of a lane ended: its next one starts there or later.
    pub(super) taken: Vec<(Lane, u64)>,
    /// Room for what a match in base64 stands for.
    pub(super) decoded: Zeroizing<Vec<u8>>,
    pub(crate) regions: Regions,
    /// Rules whose matches count for nothing, by index.
    #[cfg(feature = "prompt")]
    pub(crate) muted: Option<Arc<[bool]>>,
    pub(super) positions: Positions,
    pub(super) hits: Vec<Hit>,
}

/// Memory for the candidates of earlier windows.
#[derive(Clone, Default)]
pub(super) struct Earlier {
    pub(super) running: Vec<Running>,
    pub(super) values: Vec<Live>,
    pub(super) spellings: Vec<Spelled>,
}

/// A candidate, and its label once it is accepted.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) candidate: Candidate,
    pub(super) label: Option<Label>,
}

impl Running {
    /// Goes on behind its match, which ended at `end`, if its rule has something that goes on there.
    pub(super) fn chain(&mut self, rule: &CompiledRule, end: u64) -> bool {
        if rule.next().is_some() {
            (self.candidate, self.label) = (self.candidate.next(end), None);
        }
        rule.next().is_some()
    }
}

impl State {
    /// Every byte before it was read by all that look at the input.
    pub(crate) fn needed(&self) -> u64 {
        let needed = self.resolved.min(self.spelled);
        #[cfg(feature = "sealed")]
        let needed = needed.min(self.sealed.needed());
        needed
    }

    /// No byte before it can be claimed by what was not read, or by a candidate of a sealed set.
    pub(super) fn unread(&self) -> u64 {
        let unread = self.claim.min(self.behind).min(self.spelled_claim);
        #[cfg(feature = "sealed")]
        let unread = unread.min(self.sealed.claim());
        unread
    }

    /// Makes it as new, keeping its memory.
    pub(crate) fn reset(&mut self) {
        (self.resolved, self.claim, self.behind) = (0, 0, 0);
        (self.spelled, self.spelled_claim) = (0, u64::MAX);
        self.spellings.clear();
        #[cfg(feature = "sealed")]
        self.sealed.reset();
        self.running.clear();
        self.values.clear();
        self.walks.clear();
        self.runs.clear();
        self.taken.clear();
        self.decoded.clear();
        self.hits.clear();
        self.regions.clear();
        #[cfg(feature = "prompt")]
        {
            self.muted = None;
        }
    }

    /// Whether matches of a rule count for nothing.
    pub(super) fn mutes(&self, label: Label) -> bool {
        #[cfg(feature = "prompt")]
        if let (Some(muted), Class::Rule(_)) = (&self.muted, label.class) {
            return muted[label.index as usize];
        }
        let _ = label;
        false
    }
}
