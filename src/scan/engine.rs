//! The compiled rules and values, and the pass over a window.

use std::sync::Arc;

use super::prefilter::{Hit, Planner, Prefilter};
use super::resolve::{Class, Label};
use super::spellings::plain_run;
use super::state::{Running, State};
use super::tail::{REACH, Tail, Undecided};
use super::window::Window;
use crate::allow::Allowlist;
use crate::detect::literal::{Index, Live, Progress, Source, WalkStep};
use crate::detect::pattern::{Candidate, Lane, Step};
use crate::detect::run::{Run, RunStep};
#[cfg(feature = "sealed")]
use crate::detect::sealed::Sealed;
use crate::error::BuildError;
use crate::finding::Fingerprint;
use crate::limits::Limits;
use crate::replace::{Fingerprinter, LONGEST_REFERENCE, REFERENCE_PREFIX, reference_len};

use crate::rule::{ByteSet, CompiledRule, Head, LONGEST_BEHIND, ends_in_word, is_word};

/// Bytes that are looked at before their hits are judged: what is read twice is still in the cache.
pub(super) const BLOCK: usize = 32 << 10;
/// Last start of a window in a rule's head.
const LATEST: usize = 8;
/// How many bytes before the undecided ones a window has to keep: boundaries and placeholders are looked for there.
pub(crate) const CONTEXT: usize = LONGEST_BEHIND + 32;

/// Everything that is known before the first byte comes. Immutable.
pub(crate) struct Engine {
    pub(crate) rules: Arc<[CompiledRule]>,
    fingerprints: Vec<Option<Fingerprint>>,
    fingerprinter: Option<Arc<Fingerprinter>>,
    pub(super) index: Index,
    pub(super) prefilter: Prefilter,
    pub(super) sources: Vec<Source>,
    /// Rules whose fixed bytes stand in the middle.
    behind: Vec<usize>,
    /// Rules whose matches are the runs of a class.
    pub(super) runs: Vec<u32>,
    tail: Tail,
    allow: Arc<Allowlist>,
    #[cfg(feature = "sealed")]
    pub(super) sealed: Option<Arc<Sealed>>,
    /// Texts that this redactor prints: what they name is hidden already.
    marks: Vec<Vec<u8>>,
    mark_firsts: ByteSet,
    pub(super) limits: Limits,
}

/// What an [`Engine`] is made of.
pub(crate) struct Parts {
    pub(crate) rules: Arc<[CompiledRule]>,
    pub(crate) fingerprints: Vec<Option<Fingerprint>>,
    pub(crate) fingerprinter: Option<Arc<Fingerprinter>>,
    pub(crate) index: Index,
    pub(crate) allow: Arc<Allowlist>,
    #[cfg(feature = "sealed")]
    pub(crate) sealed: Option<Arc<Sealed>>,
    pub(crate) limits: Limits,
}

impl Engine {
    pub(crate) fn new(parts: Parts) -> Result<Self, BuildError> {
        let Parts { rules, fingerprints, fingerprinter, index, allow, limits, .. } = parts;
        #[cfg(feature = "sealed")]
        let sealed = parts.sealed;
        let mut planner = Planner::default();
        let mut sources = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            look_for(rule, at as u32, &mut planner, &mut sources)?;
        }
        for (head, latest, source) in index.heads() {
            let added = planner.add(&head, latest, sources.len() as u32);
            debug_assert!(added, "fixed bytes have one spelling");
            sources.push(source);
        }
        let behind = (0..rules.len()).filter(|&at| rules[at].anchors.behind).collect();
        let runs = (0..rules.len()).filter(|&at| rules[at].anchors.run);
        let runs = runs.map(|at| at as u32).collect();
        let (prefilter, tail) = (planner.build(), Tail::new(&rules));
        let (marks, mark_firsts) = (Vec::new(), ByteSet::EMPTY);
        Ok(Self {
            rules,
            fingerprints,
            fingerprinter,
            index,
            prefilter,
            sources,
            behind,
            runs,
            tail,
            allow,
            #[cfg(feature = "sealed")]
            sealed,
            marks,
            mark_firsts,
            limits,
        })
    }

    /// Tells which texts are placeholders.
    pub(crate) fn set_marks(&mut self, marks: Vec<Vec<u8>>) {
        marks
            .iter()
            .filter_map(|mark| mark.first())
            .for_each(|&byte| self.mark_firsts.insert(byte));
        self.marks = marks;
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Reads `window`, whose bytes before `state.resolved` were read before, and returns the frontier: what lies before
    /// it is decided. At `eof` that is everything.
    pub(crate) fn scan(&self, state: &mut State, window: Window<'_>, eof: bool) -> u64 {
        self.resume(state, window, eof);
        let from = window.index(state.resolved);
        let end = window.bytes.len();
        let undecided = if eof {
            Undecided { start: end, claim: end }
        } else {
            self.tail.undecided(&self.index, window.bytes, from)
        };
        state.claim = window.base + undecided.claim as u64;
        state.behind =
            if eof { window.end() } else { window.end() - self.behind(window.bytes) as u64 };
        let stop = window.base + undecided.start as u64;
        self.blocks(state, window, from, Stop { at: stop, eof, rules: true });
        if !self.runs.is_empty() {
            self.runs(state, window, eof);
        }
        self.spellings(state, window, eof);
        #[cfg(feature = "sealed")]
        self.sealed(state, window, eof);
        if eof {
            self.ending(state, window);
        }
        state.resolved = stop;
        self.frontier(state)
    }

    /// Looks for known secrets among the bytes that were read with another set of them. `window` is what is kept of the
    /// input, `printed` where its undecided part begins: what was let go before cannot be taken back.
    ///
    /// The candidates of rules stay; starts that are a beginning under the new set are read once more with the next
    /// bytes, where rules find what they found before (`taken` knows).
    pub(crate) fn look_again(&self, state: &mut State, window: Window<'_>, printed: u64) {
        state.values.clear();
        state.walks.clear();
        state.spellings.clear();
        state.spelled = window.base;
        let read = state.resolved;
        let undecided = Tail::undecided_value(&self.index, window.bytes);
        state.resolved = read.min(window.base + undecided as u64);
        state.claim = state.claim.min(state.resolved);
        let before = std::mem::take(&mut state.regions);
        self.blocks(state, window, 0, Stop { at: state.resolved, eof: false, rules: false });
        self.spellings(state, window, false);
        let mut found = std::mem::replace(&mut state.regions, before);
        let found = found.iter_mut().filter(|region| region.end > printed);
        found.for_each(|region| state.regions.join(*region));
    }

    /// Where a known secret begins in `text`.
    pub(crate) fn secret_in(&self, text: &[u8]) -> Option<usize> {
        let (mut state, window) = (State::default(), Window::new(text, 0));
        self.blocks(&mut state, window, 0, Stop { at: text.len() as u64, eof: true, rules: false });
        #[cfg(feature = "sealed")]
        self.sealed(&mut state, window, false);
        #[cfg(feature = "sealed")]
        if let Some(start) = state.sealed.complete() {
            return Some(start as usize);
        }
        state.regions.iter_mut().next().map(|region| region.start as usize)
    }

    fn blocks(&self, state: &mut State, window: Window<'_>, from: usize, stop: Stop) {
        let end = window.bytes.len();
        let mut at = from;
        while at < end {
            let to = end.min(at + BLOCK);
            let mut hits = std::mem::take(&mut state.hits);
            self.prefilter.find(window.bytes, at, to, &mut state.positions, &mut hits);
            if !hits.is_empty() {
                // Heads found in the next block can start a little before it, and starts are judged in order.
                let before = if to == end { usize::MAX } else { to - self.prefilter.reach };
                self.judge_hits(state, window, &mut hits, from, before, stop);
            }
            state.hits = hits;
            self.index.probe(window.bytes, from, at, to, |at, range, list| {
                self.value(state, window, Live::new(window.base + at as u64, list, range), stop);
            });
            at = to;
        }
    }

    /// Follows the runs of each rule that has them through what is new in `window`.
    fn runs(&self, state: &mut State, window: Window<'_>, eof: bool) {
        let mut runs = std::mem::take(&mut state.runs);
        runs.resize(self.runs.len(), Run::default());
        for (run, &rule) in runs.iter_mut().zip(&self.runs) {
            let class = self.rules[rule as usize].pattern().run.as_ref();
            let class = class.expect("the list holds rules that have one");
            loop {
                match run.advance(class, window, eof, self.limits.judged) {
                    RunStep::Done => break,
                    RunStep::Reached { start, end, label } => add(state, window, start, end, label),
                    RunStep::Judge { start, end } => {
                        let label = self.judge_run(rule, window, start, end);
                        run.decide(label);
                        label.into_iter().for_each(|label| add(state, window, start, end, label));
                    }
                }
            }
        }
        state.runs = runs;
    }

    fn judge_run(&self, rule: u32, window: Window<'_>, start: u64, end: u64) -> Option<Label> {
        let label = self.accepted(rule, window.slice(start, end));
        label.filter(|_| !self.shows(window, start, end))
    }

    /// Whether `start..end` is a part of a placeholder of ours.
    fn shows(&self, window: Window<'_>, start: u64, end: u64) -> bool {
        let text = window.slice(start.saturating_sub(LONGEST_BEHIND as u64), end);
        let run = (end - start) as usize;
        let mut starts = (0..=text.len() - run).filter(|&at| self.mark_firsts.contains(text[at]));
        starts.any(|at| self.marks.iter().any(|mark| mark.starts_with(&text[at..])))
    }

    pub(super) fn judge_hits(
        &self,
        state: &mut State,
        window: Window<'_>,
        hits: &mut Vec<Hit>,
        from: usize,
        before: usize,
        stop: Stop,
    ) {
        if !hits.is_sorted_by_key(|hit| hit.start) {
            hits.sort_unstable_by_key(|hit| (hit.start, hit.target));
        }
        let count = hits.partition_point(|hit| hit.start < before);
        for hit in hits[..count].iter().filter(|hit| hit.start >= from) {
            let start = window.base + hit.start as u64;
            if start >= stop.at {
                state.claim = state.claim.min(self.earliest(window, hit));
                continue;
            }
            match self.sources[hit.target as usize] {
                Source::Rule(rule) if stop.rules => {
                    self.candidate(state, window, rule, start, stop.eof);
                }
                Source::Encoded(rule, which) if stop.rules => {
                    self.encoded(state, window, (rule, which), start, stop.eof);
                }
                Source::Rule(_) | Source::Encoded(..) => {}
                Source::Values(low, high) => {
                    self.value(state, window, Live::new(start, 0, (low, high)), stop);
                }
                Source::Walk(walk) => self.walk(state, window, walk, start, stop.eof),
                Source::Short(short) => self.short(state, window, short, start),
            }
        }
        hits.drain(..count);
    }

    /// The first byte that a head found behind `stop` may claim once it is judged.
    fn earliest(&self, window: Window<'_>, hit: &Hit) -> u64 {
        let head = window.base + hit.start as u64;
        let Source::Rule(rule) = self.sources[hit.target as usize] else { return head };
        let rule = &self.rules[rule as usize];
        match rule.start(window.before(head)) {
            // Its head stays, and the secret begins behind it.
            Some(_) if rule.anchors.tells => head + crate::rule::SHORTEST_HEAD as u64,
            Some(len) => head - len as u64,
            None => u64::MAX,
        }
    }

    /// Lets the candidates of earlier windows read on.
    fn resume(&self, state: &mut State, window: Window<'_>, eof: bool) {
        if !state.taken.is_empty() {
            let resolved = state.resolved;
            let oldest = state
                .running
                .iter()
                .map(|running| running.candidate.start)
                .min()
                .unwrap_or(resolved);
            // Matches to come can begin this much before what was read.
            let oldest = oldest.min(resolved.saturating_sub(LONGEST_BEHIND as u64));
            state.taken.retain(|&(_, end)| end > oldest);
        }
        let mut earlier = std::mem::take(&mut state.earlier);
        std::mem::swap(&mut earlier.running, &mut state.running);
        std::mem::swap(&mut earlier.values, &mut state.values);
        std::mem::swap(&mut earlier.spellings, &mut state.spellings);
        for mut running in earlier.running.drain(..) {
            if self.goes_on(state, window, &mut running, eof) {
                state.running.push(running);
            }
        }
        for mut live in earlier.values.drain(..) {
            self.read_value(state, window, &mut live, eof);
        }
        for spelled in earlier.spellings.drain(..) {
            self.read_spelled(state, window, spelled, eof);
        }
        state.earlier = earlier;
        for at in 0..state.walks.len() {
            self.read_walk(state, window, at, eof);
        }
    }

    /// Feeds a candidate of an earlier window, if it is its turn; whether it stays alive.
    fn goes_on(
        &self,
        state: &mut State,
        window: Window<'_>,
        running: &mut Running,
        eof: bool,
    ) -> bool {
        if running.candidate.is_queued() {
            if is_blocked(state, running.candidate.lane) {
                return true;
            }
            if is_taken(state, &running.candidate) {
                return false;
            }
        }
        self.drive(state, window, running, eof)
    }

    fn candidate(&self, state: &mut State, window: Window<'_>, rule: u32, head: u64, eof: bool) {
        let compiled = &self.rules[rule as usize];
        let Some(start) = compiled.start(window.before(head)).map(|len| head - len as u64) else {
            return;
        };
        let mut running = Running { candidate: Candidate::new(rule, start), label: None };
        if !compiled.left.allows(window.before(start)) || is_taken(state, &running.candidate) {
            return;
        }
        let blocked = is_blocked(state, running.candidate.lane);
        // Most words that tell lead to nothing: find out before anything else is asked.
        if !blocked
            && matches!(
                running.candidate.lead(compiled, window, eof, &self.limits),
                Some(Step::Dead)
            )
            || compiled.anchors.tells && self.in_placeholder(window, start)
        {
            return;
        }
        if blocked || self.drive(state, window, &mut running, eof) {
            state.running.push(running);
        }
    }

    /// A token inside base64 may begin at `start`.
    fn encoded(
        &self,
        state: &mut State,
        window: Window<'_>,
        (rule, which): (u32, u32),
        start: u64,
        eof: bool,
    ) {
        let encoded = &self.rules[rule as usize].anchors.encoded[which as usize];
        // All letters of the head are compared first: so no automaton is made for what a few of them have in common.
        if !encoded.head.begins(window.from(start)) {
            return;
        }
        let mut running =
            Running { candidate: Candidate::encoded(rule, start, encoded), label: None };
        if is_taken(state, &running.candidate) {
            return;
        }
        if is_blocked(state, running.candidate.lane) || self.drive(state, window, &mut running, eof)
        {
            state.running.push(running);
        }
    }

    /// Feeds a candidate; whether it stays alive.
    fn drive(
        &self,
        state: &mut State,
        window: Window<'_>,
        running: &mut Running,
        eof: bool,
    ) -> bool {
        let rule = &self.rules[running.candidate.lane.rule as usize];
        loop {
            match running.candidate.advance(rule, window, eof, &self.limits) {
                Step::Pending => return true,
                Step::Dead => return false,
                Step::Matched { secret, end: taken } => {
                    let end = running.candidate.secret_end(rule, window, taken);
                    let label = self.judge(state, &running.candidate, window, secret..end);
                    if label.is_some() || rule.next().is_some() {
                        take(state, running.candidate.lane, taken);
                    }
                    if let Some(label) = label {
                        add(state, window, secret, end, label);
                    }
                    if !running.chain(rule, taken) {
                        return false;
                    }
                }
                Step::Long { secret, end } => {
                    running.label = self.judge(state, &running.candidate, window, secret..end);
                    match running.label {
                        Some(_) => running.candidate.open(),
                        None if rule.next().is_some() => running.candidate.pass(),
                        None => return false,
                    }
                }
                Step::Reached { secret, end, done } => {
                    take(state, running.candidate.lane, end);
                    if let Some(label) = running.label {
                        add(state, window, secret, end, label);
                    }
                    if !done || !running.chain(rule, end) {
                        return !done;
                    }
                }
            }
        }
    }

    /// Whether the checks accept `secret`, and what the redaction is called.
    fn judge(
        &self,
        state: &mut State,
        candidate: &Candidate,
        window: Window<'_>,
        secret: std::ops::Range<u64>,
    ) -> Option<Label> {
        let rule = candidate.lane.rule;
        if self.rules[rule as usize].anchors.tells && in_reference(window, candidate.start) {
            return None;
        }
        let secret = window.slice(secret.start, secret.end);
        let secret = candidate.decoded(secret, &mut state.decoded);
        self.accepted(rule, secret)
    }

    /// As [`judge`](Self::judge), for a secret in plain text.
    fn accepted(&self, rule: u32, secret: &[u8]) -> Option<Label> {
        let compiled = &self.rules[rule as usize];
        let accepted =
            compiled.accepts(secret) && !self.is_mark(secret) && !self.allow.excepts(secret);
        accepted.then(|| Label {
            class: Class::Rule(compiled.confidence),
            index: rule,
            fingerprint: self.fingerprinter.as_ref().and_then(|print| print.of(secret)),
        })
    }

    /// Whether `secret` begins with a placeholder of ours, or with a reference, whoever made it.
    fn is_mark(&self, secret: &[u8]) -> bool {
        let first = secret.first().is_some_and(|&byte| self.mark_firsts.contains(byte));
        first && self.marks.iter().any(|mark| secret.starts_with(mark))
            || reference_len(secret).is_some()
    }

    /// Whether `start` lies inside the name that a placeholder of ours shows.
    fn in_placeholder(&self, window: Window<'_>, start: u64) -> bool {
        let head = window
            .slice(start.saturating_sub(CONTEXT as u64), start + crate::rule::SHORTEST_HEAD as u64);
        memchr::memmem::rfind(head, OPENING)
            .is_some_and(|at| self.marks.iter().any(|mark| mark.starts_with(&head[at..])))
    }

    fn value(&self, state: &mut State, window: Window<'_>, mut live: Live, stop: Stop) {
        if live.start >= stop.at {
            state.claim = state.claim.min(live.start);
            return;
        }
        self.read_value(state, window, &mut live, stop.eof);
    }

    fn read_value(&self, state: &mut State, window: Window<'_>, live: &mut Live, eof: bool) {
        let progress = self.read_plain(state, window, live, eof);
        if progress == Progress::Pending && !eof {
            state.values.push(live.clone());
            return;
        }
        if let Some((len, secret)) = live.best {
            add(state, window, live.start, live.start + len as u64, self.secret_label(secret));
        }
        let seen = window.end() - live.start;
        if progress == Progress::Pending && seen >= self.limits.ending as u64 {
            let label = self.secret_label(self.index.pending(live));
            add(state, window, live.start, window.end(), label);
        }
    }

    fn walk(&self, state: &mut State, window: Window<'_>, walk: u32, start: u64, eof: bool) {
        let at = state.walks.iter().position(|step| step.walk == walk).unwrap_or_else(|| {
            state.walks.push(WalkStep { walk, at: 0, seen: 0 });
            state.walks.len() - 1
        });
        if state.walks[at].at <= start {
            state.walks[at] = WalkStep { walk, at: start, seen: 0 };
            self.read_walk_from_start(state, window, at, eof);
        }
    }

    fn read_walk(&self, state: &mut State, window: Window<'_>, at: usize, eof: bool) {
        if state.walks[at].seen > 0 {
            self.read_walk_from_start(state, window, at, eof);
        }
    }

    fn read_walk_from_start(&self, state: &mut State, window: Window<'_>, at: usize, eof: bool) {
        let mut step = state.walks[at];
        let walk = &self.index.walks[step.walk as usize];
        let label = self.secret_label(walk.secret);
        while step.at < window.end() {
            let plain = plain_run(window.from(step.at), 0);
            if plain == 0 {
                self.fork_walk(state, window, step, eof);
            }
            let text = window.slice(step.at, step.at + plain.max(1) as u64);
            walk.advance(&mut step, text, |end| {
                add(state, window, end - walk.len() as u64, end, label);
            });
            if step.seen == 0 {
                break;
            }
        }
        state.walks[at] = step;
    }

    fn short(&self, state: &mut State, window: Window<'_>, short: u32, start: u64) {
        let short = &self.index.shorts[short as usize];
        let text = window.from(start);
        let next = text.get(short.value.len());
        let alone = !ends_in_word(window.before(start)) && !next.is_some_and(|&byte| is_word(byte));
        if alone && text.starts_with(&short.value) {
            add(
                state,
                window,
                start,
                start + short.value.len() as u64,
                self.secret_label(short.secret),
            );
        }
    }

    /// At the end of the input, a beginning of a known secret is redacted if it is long enough to matter.
    pub(super) fn ending(&self, state: &mut State, window: Window<'_>) {
        if self.index.is_empty() {
            return;
        }
        let end = window.bytes.len();
        let from = window.index(state.resolved).max(end.saturating_sub(REACH));
        for at in from..(end + 1).saturating_sub(self.limits.ending.max(1)) {
            if let Some(secret) = self.index.prefix_of(&window.bytes[at..]) {
                let start = window.base + at as u64;
                add(state, window, start, window.end(), self.secret_label(secret));
            }
        }
        for at in 0..state.walks.len() {
            let step = state.walks[at];
            let walk = &self.index.walks[step.walk as usize];
            let live = if step.seen > 0 { walk.live(&step) } else { 0 };
            if live >= self.limits.ending {
                add(
                    state,
                    window,
                    window.end() - live as u64,
                    window.end(),
                    self.secret_label(walk.secret),
                );
            }
        }
    }

    pub(super) fn secret_label(&self, secret: u32) -> Label {
        Label {
            class: Class::Secret,
            index: secret,
            fingerprint: self.fingerprints[secret as usize],
        }
    }

    /// How many of the last bytes of `text` could stand before the fixed bytes of some rule.
    fn behind(&self, text: &[u8]) -> usize {
        self.behind.iter().map(|&rule| self.rules[rule].undecided(text)).max().unwrap_or(0)
    }

    /// Whether nothing follows from the end of the input, if no byte is held.
    pub(crate) fn is_idle(&self, state: &State) -> bool {
        #[cfg(feature = "sealed")]
        if self.sealed.is_some() {
            return false;
        }
        self.runs.is_empty()
            && state.regions.is_empty()
            && state.running.is_empty()
            && state.values.is_empty()
            && state.walks.is_empty()
            && state.spellings.is_empty()
    }

    /// What lies before it is decided.
    pub(crate) fn frontier(&self, state: &State) -> u64 {
        let rules = state.running.iter().map(|running| running.candidate.claim());
        let values = state.values.iter().map(|live| live.start);
        let walks = state
            .walks
            .iter()
            .filter(|step| step.seen > 0)
            .map(|step| step.at - self.index.walks[step.walk as usize].live(step) as u64);
        let runs = state.runs.iter().map(Run::claim);
        let spelled = state.spellings.iter().map(|spelled| spelled.start);
        rules.chain(values).chain(walks).chain(runs).chain(spelled).fold(state.unread(), u64::min)
    }
}

/// How every placeholder begins that names what stood there.
pub(crate) const OPENING: &[u8] = b"[REDACTED:";

/// Has the prefilter look for what a rule's matches begin with, in text and inside base64.
fn look_for(
    rule: &CompiledRule,
    at: u32,
    planner: &mut Planner,
    sources: &mut Vec<Source>,
) -> Result<(), BuildError> {
    let anchors = &rule.anchors;
    let mut homes = anchors.homes.iter().copied();
    let mut add = |head: &Head, target: usize| match homes.next() {
        Some(home) if planner.settle(head, home, target as u32) => true,
        _ => planner.add(head, LATEST, target as u32),
    };
    if !anchors.heads.iter().all(|head| add(head, sources.len())) {
        let why = "the pattern's beginning has too many spellings";
        return Err(BuildError::rule(&rule.id, why));
    }
    sources.push(Source::Rule(at));
    for (which, encoded) in anchors.encoded.iter().enumerate() {
        let added = add(&encoded.head, sources.len());
        debug_assert!(added, "at least four letters have one or two spellings");
        sources.push(Source::Encoded(at, which as u32));
    }
    Ok(())
}

/// Up to where starts are judged in this window.
#[derive(Clone, Copy)]
pub(super) struct Stop {
    pub(super) at: u64,
    pub(super) eof: bool,
    // Whether rules are asked too.
    pub(super) rules: bool,
}

/// Whether `start` lies inside a reference, whose name tells nothing of what stands behind it. Asked once what stands there has
/// been read, so that it does not matter how the input is cut.
fn in_reference(window: Window<'_>, start: u64) -> bool {
    let from = window.base.max(start.saturating_sub(LONGEST_REFERENCE as u64));
    let before = window.slice(from, start);
    memchr::memmem::rfind(before, REFERENCE_PREFIX).is_some_and(|at| {
        let at = from + at as u64;
        reference_len(window.from(at)).is_some_and(|len| at + len as u64 > start)
    })
}

fn is_blocked(state: &State, lane: Lane) -> bool {
    state.running.iter().any(|running| running.candidate.lane == lane)
}

fn is_taken(state: &State, candidate: &Candidate) -> bool {
    state.taken.iter().any(|&(lane, end)| lane == candidate.lane && end > candidate.start)
}

/// Remembers where a match ended. Within a lane later matches end later, so the last one is enough.
fn take(state: &mut State, lane: Lane, end: u64) {
    match state.taken.iter_mut().find(|(other, _)| *other == lane) {
        Some(last) => last.1 = end,
        None => state.taken.push((lane, end)),
    }
}

pub(super) fn add(state: &mut State, window: Window<'_>, start: u64, end: u64, label: Label) {
    if state.mutes(label) {
        return;
    }
    let mut last = [b'*'; 4];
    let shown = window.slice(end.saturating_sub(4).max(start), end);
    last[4 - shown.len()..].copy_from_slice(shown);
    state.regions.add(start, end, label, last);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Cache, Home, Rule, anchors_written, builtin_rules, paranoid_rules};

    /// Where the prefilter has the heads of each rule, if it looks for no others.
    fn homes(rules: &[Rule]) -> Vec<Vec<Home>> {
        let (mut planner, mut sources) = (Planner::default(), Vec::new());
        let mut counts = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            let rule = CompiledRule::new(rule.clone(), &Limits::default(), &Cache::default())
                .expect("a good rule");
            look_for(&rule, at as u32, &mut planner, &mut sources).expect("a good rule");
            counts.push(rule.anchors.heads.len() + rule.anchors.encoded.len());
        }
        let mut homes = planner.homes().into_iter();
        counts.into_iter().map(|count| homes.by_ref().take(count).collect()).collect()
    }

    #[test]
    fn the_anchors_of_the_catalogue_are_those_that_are_written_down() {
        let mut rules = builtin_rules();
        let mut homes = homes(&rules);
        let paranoid = paranoid_rules();
        homes.resize_with(rules.len() + paranoid.len(), Vec::new);
        rules.extend(paranoid);
        let list = anchors_written(&rules, |at| homes[at].clone());
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = path.join("src/rule/builtin/anchors.json");
        if std::env::var_os("KEEPMUM_BLESS").is_some() {
            std::fs::write(&path, &list).expect("it can be written");
        }
        let committed = std::fs::read_to_string(&path).expect("the list is there");
        assert!(committed == list, "run KEEPMUM_BLESS=1 cargo test catalogue");
    }
}
