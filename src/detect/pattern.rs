//! Stepping a rule's automata over the bytes behind an anchor, from chunk to chunk.

use regex_automata::Anchored;
use regex_automata::dfa::Automaton as _;
use regex_automata::util::{primitives::StateID, start};

use crate::limits::Limits;
use crate::rule::{Automaton, CompiledRule};
use crate::scan::Window;

/// A place where a rule may match. Its state is all that is needed to go on in the next chunk.
///
/// ```text
/// queued ──▸ lead ──▸ secret ──▸ open ──▸ done
///               ╰────────╰──────────────▸ dead
/// ```
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) rule: u32,
    pub(crate) start: u64,
    phase: Phase,
    state: StateID,
    // Next byte to feed.
    at: u64,
    // Where the secret starts; meaningless before that phase.
    secret: u64,
    // End of the longest match of this phase so far.
    matched: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Waits for an earlier candidate of its rule.
    Queued,
    Lead,
    Secret,
    /// Accepted, and goes on while its tail class or block does.
    Open,
}

/// Why an automaton stopped.
enum Run {
    /// Nothing can match any more.
    Over,
    /// As much has matched as the checks look at.
    Enough,
    /// There are no more bytes at hand.
    Hungry,
}

/// Where a candidate stops reading before its automaton does.
#[derive(Clone, Copy)]
struct Ends {
    /// With a match at hand: from here on.
    most: u64,
    /// In any case.
    last: u64,
}

/// What became of a candidate when the bytes at hand were used up.
pub(crate) enum Step {
    /// More bytes are needed.
    Pending,
    /// It does not match.
    Dead,
    /// It matched; `secret..end` is the secret and what stands behind it in the pattern.
    Matched { secret: u64, end: u64 },
    /// It has matched as much as the checks look at and may go on; accept it with [`Candidate::open`].
    Long { secret: u64, end: u64 },
    /// An open candidate now reaches `end`; `done` if that is final.
    Reached { secret: u64, end: u64, done: bool },
}

impl Candidate {
    pub(crate) fn new(rule: u32, start: u64) -> Self {
        let state = StateID::default();
        Self { rule, start, phase: Phase::Queued, state, at: start, secret: start, matched: None }
    }

    pub(crate) fn is_queued(&self) -> bool {
        self.phase == Phase::Queued
    }

    /// Feeds what `window` holds. At `eof` nothing stays pending.
    pub(crate) fn advance(
        &mut self,
        rule: &CompiledRule,
        window: Window<'_>,
        eof: bool,
        limits: &Limits,
    ) -> Step {
        if let Some(step) = self.lead(rule, window, eof, limits) {
            return step;
        }
        loop {
            let ends = Ends { most: self.most(rule, limits), last: self.last(rule, limits) };
            return match self.run(rule.pattern.secret(), window, eof, ends) {
                Run::Over => self.outcome(true),
                Run::Hungry => self.outcome(false),
                Run::Enough if self.phase == Phase::Open => {
                    if self.at < self.most(rule, limits) {
                        continue;
                    }
                    self.outcome(true)
                }
                Run::Enough => {
                    let end = self.matched.expect("it runs on until something matched");
                    Step::Long { secret: self.secret, end }
                }
            };
        }
    }

    /// Reads the lead. What that came to, unless the secret begins behind it.
    pub(crate) fn lead(
        &mut self,
        rule: &CompiledRule,
        window: Window<'_>,
        eof: bool,
        limits: &Limits,
    ) -> Option<Step> {
        if self.phase == Phase::Queued {
            self.begin(rule, window);
        }
        if self.phase != Phase::Lead {
            return None;
        }
        let lead = rule.pattern.lead().expect("the phase says so");
        let ends = Ends { most: u64::MAX, last: self.last(rule, limits) };
        if let Run::Hungry = self.run(lead, window, eof, ends) {
            // The match that ends here is told with the next byte; what it covers is free now.
            if rule.pattern.plain_lead && lead.is_match_state(lead.next_eoi_state(self.state)) {
                self.matched = Some(self.at);
            }
            return Some(Step::Pending);
        }
        let Some(secret) = self.matched else { return Some(Step::Dead) };
        self.enter(Phase::Secret, rule.pattern.secret(), secret, window);
        None
    }

    /// Where the candidate stops to be looked at: a tail class when the checks have enough, and an open candidate that
    /// reads on without matching at the bound of a rule.
    fn most(&self, rule: &CompiledRule, limits: &Limits) -> u64 {
        match self.phase {
            Phase::Secret if rule.pattern.open => self.secret + limits.judged as u64,
            Phase::Open => self.matched.unwrap_or(self.secret) + limits.rule_bound as u64,
            _ => u64::MAX,
        }
    }

    /// Where a lead or a secret without a bound of its own has to be over.
    fn last(&self, rule: &CompiledRule, limits: &Limits) -> u64 {
        let bound = limits.rule_bound as u64;
        match self.phase {
            _ if !rule.pattern.gaps => u64::MAX,
            Phase::Queued | Phase::Lead => self.start + bound,
            Phase::Secret if !rule.pattern.open => self.secret + bound,
            Phase::Secret | Phase::Open => u64::MAX,
        }
    }

    fn outcome(&self, over: bool) -> Step {
        let secret = self.secret;
        match (self.phase, self.matched, over) {
            (Phase::Open, Some(end), done) => Step::Reached { secret, end, done },
            (_, Some(end), true) => Step::Matched { secret, end },
            (_, None, true) => Step::Dead,
            (_, _, false) => Step::Pending,
        }
    }

    /// Feeds bytes until the automaton is dead, `most` is passed with a match at hand, `last` is reached, or there are
    /// no more.
    ///
    /// Automata tell a match one byte late, when they know that it does not depend on what follows. `Enough` is
    /// checked before the end of the input is, so that it comes at the same offset however the input is cut.
    fn run(&mut self, automaton: &Automaton, window: Window<'_>, eof: bool, ends: Ends) -> Run {
        for &byte in window.slice(self.at, ends.last) {
            self.state = automaton.next_state(self.state, byte);
            if automaton.is_special_state(self.state) {
                if automaton.is_match_state(self.state) {
                    self.matched = Some(self.at);
                } else if automaton.is_dead_state(self.state) {
                    return Run::Over;
                }
            }
            self.at += 1;
            if self.at >= ends.most && self.matched.is_some() {
                return Run::Enough;
            }
        }
        if self.at >= ends.last {
            return Run::Over;
        }
        if !eof {
            return Run::Hungry;
        }
        self.state = automaton.next_eoi_state(self.state);
        if automaton.is_match_state(self.state) {
            self.matched = Some(self.at);
        }
        Run::Over
    }

    /// Marks an accepted candidate as one that goes on.
    pub(crate) fn open(&mut self) {
        self.phase = Phase::Open;
    }

    /// The first byte that this candidate can still claim.
    pub(crate) fn claim(&self) -> u64 {
        match self.phase {
            Phase::Queued => self.start,
            Phase::Lead => self.matched.unwrap_or(self.at),
            Phase::Secret => self.secret,
            Phase::Open => self.matched.unwrap_or(self.secret),
        }
    }

    fn begin(&mut self, rule: &CompiledRule, window: Window<'_>) {
        match rule.pattern.lead() {
            Some(lead) => self.enter(Phase::Lead, lead, self.start, window),
            None => self.enter(Phase::Secret, rule.pattern.secret(), self.start, window),
        }
    }

    fn enter(&mut self, phase: Phase, automaton: &Automaton, at: u64, window: Window<'_>) {
        let config = start::Config::new()
            .anchored(Anchored::Yes)
            .look_behind(window.before(at).last().copied());
        self.state = automaton.start_state(&config).expect("anchored automata without quit bytes");
        self.phase = phase;
        (self.at, self.secret, self.matched) = (at, at, None);
    }
}
