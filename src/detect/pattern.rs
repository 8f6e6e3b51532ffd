//! Stepping a rule's automata over the bytes behind an anchor, from chunk to chunk.

use regex_automata::Anchored;
use regex_automata::dfa::Automaton as _;
use regex_automata::util::{primitives::StateID, start};

use crate::check::Sextets;
use crate::limits::Limits;
use crate::rule::{Alignment, Automaton, CompiledRule, Encoded, Pattern};
use crate::scan::Window;

/// A place where a rule may match. Its state is all that is needed to go on in the next chunk.
///
/// ```text
/// queued ──▸ lead ──▸ secret ──▸ open or passed ──▸ done ──▸ lead of what goes on
///               ╰────────╰──────────────▸ dead
/// ```
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) lane: Lane,
    pub(crate) start: u64,
    link: Link,
    code: Option<Code>,
    phase: Phase,
    state: StateID,
    // Next byte to feed.
    at: u64,
    // Where the secret starts; meaningless before that phase.
    secret: u64,
    // End of the longest match of this phase so far.
    matched: Option<u64>,
}

/// Candidates of one lane are matched one after the other, and their matches do not overlap.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) rule: u32,
    /// How its tokens lie in base64, if that is where they are read.
    pub(crate) alignment: Option<Alignment>,
}

/// Which of a rule's patterns is matched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    First,
    Next,
}

/// How far a candidate in base64 is decoded.
#[derive(Clone, Copy)]
struct Code {
    // What the letter before the candidate tells of the token's first byte.
    before: Sextets,
    now: Sextets,
    // Where the letter ends that completed the last byte.
    end: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Waits for an earlier candidate of its rule.
    Queued,
    Lead,
    Secret,
    /// Accepted, and goes on while its tail class or block does.
    Open,
    /// Rejected, and read to its end only because something may go on there.
    Passed,
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
    /// An open or passed candidate now reaches `end`; `done` if that is final.
    Reached { secret: u64, end: u64, done: bool },
}

impl Candidate {
    pub(crate) fn new(rule: u32, start: u64) -> Self {
        Self {
            lane: Lane { rule, alignment: None },
            start,
            link: Link::First,
            code: None,
            phase: Phase::Queued,
            state: StateID::default(),
            at: start,
            secret: start,
            matched: None,
        }
    }

    /// A token that begins inside base64; `start` is the first letter that its beginning alone determines.
    pub(crate) fn encoded(rule: u32, start: u64, encoded: &Encoded) -> Self {
        let lane = Lane { rule, alignment: Some(encoded.alignment) };
        let code = Code { before: encoded.before, now: encoded.before, end: start };
        Self { lane, code: Some(code), ..Self::new(rule, start) }
    }

    /// What goes on at `end`, where this candidate's match ended.
    pub(crate) fn next(&self, end: u64) -> Self {
        Self { link: Link::Next, ..Self::new(self.lane.rule, end) }
    }

    fn pattern<'r>(&self, rule: &'r CompiledRule) -> &'r Pattern {
        match self.link {
            Link::First => rule.pattern(),
            Link::Next => rule.next().expect("only a rule with one goes on"),
        }
    }

    /// Where the secret ends in a match that ends at `end`.
    pub(crate) fn secret_end(&self, rule: &CompiledRule, window: Window<'_>, end: u64) -> u64 {
        if self.code.is_some() {
            return end;
        }
        let found = window.slice(self.secret, end);
        self.secret + self.pattern(rule).secret_len(found) as u64
    }

    /// What `secret` stands for: its bytes, or what they are decoded to in `room`.
    pub(crate) fn decoded<'a>(&self, secret: &'a [u8], room: &'a mut Vec<u8>) -> &'a [u8] {
        let Some(code) = &self.code else { return secret };
        let mut sextets = code.before;
        room.clear();
        room.extend(secret.iter().filter_map(|&letter| sextets.push(letter)?));
        room
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
            return match self.run(self.pattern(rule).secret(), window, eof, ends) {
                Run::Over => self.outcome(true),
                Run::Hungry => self.outcome(false),
                Run::Enough if matches!(self.phase, Phase::Open | Phase::Passed) => {
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
        let pattern = self.pattern(rule);
        let lead = pattern.lead().expect("the phase says so");
        let ends = Ends { most: u64::MAX, last: self.last(rule, limits) };
        if let Run::Hungry = self.run(lead, window, eof, ends) {
            // The match that ends here is told with the next byte; what it covers is free now.
            if pattern.plain_lead && lead.is_match_state(lead.next_eoi_state(self.state)) {
                self.matched = Some(self.at);
            }
            return Some(Step::Pending);
        }
        let Some(secret) = self.matched else { return Some(Step::Dead) };
        self.enter(Phase::Secret, pattern.secret(), secret, window);
        None
    }

    /// Where the candidate stops to be looked at: a tail class when the checks have enough, and an open candidate that
    /// reads on without matching at the bound of a rule.
    fn most(&self, rule: &CompiledRule, limits: &Limits) -> u64 {
        match self.phase {
            Phase::Secret if self.pattern(rule).open => self.secret + limits.judged as u64,
            Phase::Open | Phase::Passed => {
                self.matched.unwrap_or(self.secret) + limits.rule_bound as u64
            }
            _ => u64::MAX,
        }
    }

    /// Where a lead or a secret without a bound of its own has to be over.
    fn last(&self, rule: &CompiledRule, limits: &Limits) -> u64 {
        let bound = limits.rule_bound as u64;
        match self.phase {
            _ if !rule.pattern().gaps => u64::MAX,
            Phase::Queued | Phase::Lead => self.start + bound,
            Phase::Secret if !rule.pattern().open => self.secret + bound,
            Phase::Secret | Phase::Open | Phase::Passed => u64::MAX,
        }
    }

    fn outcome(&self, over: bool) -> Step {
        let secret = self.secret;
        match (self.phase, self.matched, over) {
            (Phase::Open | Phase::Passed, Some(end), done) => Step::Reached { secret, end, done },
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
        if let Some(code) = self.code {
            return self.run_decoded(code, automaton, window, eof, ends.most);
        }
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
        self.end(automaton, self.at)
    }

    /// As [`run`](Self::run), over what base64 stands for. It ends where the letters do.
    fn run_decoded(
        &mut self,
        mut code: Code,
        automaton: &Automaton,
        window: Window<'_>,
        eof: bool,
        most: u64,
    ) -> Run {
        let mut ended = eof;
        for &letter in window.from(self.at) {
            let Some(completed) = code.now.push(letter) else {
                ended = true;
                break;
            };
            self.at += 1;
            let Some(byte) = completed else { continue };
            self.state = automaton.next_state(self.state, byte);
            if automaton.is_match_state(self.state) {
                self.matched = Some(code.end);
            } else if automaton.is_dead_state(self.state) {
                return Run::Over;
            }
            code.end = self.at;
            if self.at >= most && self.matched.is_some() {
                self.code = Some(code);
                return Run::Enough;
            }
        }
        self.code = Some(code);
        if !ended {
            return Run::Hungry;
        }
        self.end(automaton, code.end)
    }

    /// Marks an accepted candidate as one that goes on.
    pub(crate) fn open(&mut self) {
        self.phase = Phase::Open;
    }

    /// Tells `automaton` that nothing follows; a match that this completes ends at `at`.
    fn end(&mut self, automaton: &Automaton, at: u64) -> Run {
        self.state = automaton.next_eoi_state(self.state);
        if automaton.is_match_state(self.state) {
            self.matched = Some(at);
        }
        Run::Over
    }

    /// Marks a rejected candidate whose end is still wanted.
    pub(crate) fn pass(&mut self) {
        self.phase = Phase::Passed;
    }

    /// The first byte that this candidate can still claim.
    pub(crate) fn claim(&self) -> u64 {
        match self.phase {
            Phase::Queued => self.start,
            Phase::Lead => self.matched.unwrap_or(self.at),
            Phase::Secret => self.secret,
            Phase::Open => self.matched.unwrap_or(self.secret),
            // What goes on begins with a byte that stays, where this ends.
            Phase::Passed => self.matched.map_or(self.secret, |end| self.at.min(end + 1)),
        }
    }

    fn begin(&mut self, rule: &CompiledRule, window: Window<'_>) {
        let pattern = self.pattern(rule);
        match pattern.lead() {
            Some(lead) => self.enter(Phase::Lead, lead, self.start, window),
            None => self.enter(Phase::Secret, pattern.secret(), self.start, window),
        }
    }

    fn enter(&mut self, phase: Phase, automaton: &Automaton, at: u64, window: Window<'_>) {
        // What stands before a token in base64 is not known; patterns take it for the beginning of the input.
        let behind = window.before(at).last().copied().filter(|_| self.code.is_none());
        let config = start::Config::new().anchored(Anchored::Yes).look_behind(behind);
        self.state = automaton.start_state(&config).expect("anchored automata without quit bytes");
        self.phase = phase;
        (self.at, self.secret, self.matched) = (at, at, None);
    }
}
