//! A rule's pattern, parsed and taken apart: lead, secret, trail.

use std::sync::OnceLock;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, HirKind};

use super::behind::Behind;
use super::cache::Cache;
use super::head::{Head, heads};
use super::run_class::RunClass;
use crate::Limits;

/// A dense automaton over bytes, anchored at its start.
pub(crate) type Automaton = dense::DFA<Vec<u32>>;

/// Size in bytes past which an automaton is refused.
pub(crate) const LARGEST_AUTOMATON: usize = 16 << 20;
/// Fewest positions of a head: the prefilter looks at four at once.
pub(crate) const SHORTEST_HEAD: usize = 4;

/// A pattern, cut into the *lead* that only tells (`password=`), the *secret*, and a *trail* of fixed length.
///
/// The lead is atomic: its leftmost-first match is taken, and the secret has to stand right behind it. So no byte of a
/// lead is ever held back, and where the secret starts is known without captures.
pub(crate) struct Pattern {
    lead: Option<Part>,
    secret: Part,
    trail: Trail,
    // Whether the secret ends in a tail class or a block, and so has no bound.
    pub(crate) open: bool,
    // Whether the heads lie in the lead, so that a beginning of one claims nothing.
    pub(crate) tells: bool,
    // Whether the lead looks at nothing beyond itself, so that its matches do not depend on what follows.
    pub(crate) plain_lead: bool,
    // Whether lead and secret have no bound of their own, so that the one of all rules ends them.
    pub(crate) gaps: bool,
    pub(crate) heads: Vec<Head>,
    // What stands before the heads, if the pattern's fixed bytes stand in its middle.
    pub(crate) behind: Option<Behind>,
    // The class whose runs are the matches. Such a pattern has no heads.
    pub(crate) run: Option<RunClass>,
}

/// What belongs to a match behind the secret and is not redacted.
enum Trail {
    /// So many bytes.
    Fixed(usize),
    /// From `least` to `most` bytes. The automata of secret and trail match all that their part can be.
    Measured { least: usize, most: usize, parts: Box<[Part; 2]> },
}

impl Trail {
    /// Where the secret ends in `found`, which the secret and a trail fill: as late as it can.
    fn secret_end(&self, found: &[u8]) -> usize {
        match self {
            Trail::Fixed(len) => found.len() - len,
            Trail::Measured { least, most, parts } => (*least..=*most.min(&found.len()))
                .map(|len| found.len() - len)
                .find(|&end| parts[0].fills(&found[..end]) && parts[1].fills(&found[end..]))
                .unwrap_or(found.len()),
        }
    }
}

/// One of a pattern's parts. Its automaton is made when a candidate first needs it: most rules never see one.
struct Part {
    hir: Hir,
    kind: MatchKind,
    cache: Cache,
    automaton: OnceLock<Automaton>,
}

impl Part {
    fn new(hir: Hir, cache: &Cache) -> Self {
        Self {
            hir,
            kind: MatchKind::LeftmostFirst,
            cache: cache.clone(),
            automaton: OnceLock::new(),
        }
    }

    /// A part of which every match counts, not only the preferred one.
    fn every(hir: Hir, cache: &Cache) -> Self {
        Self { kind: MatchKind::All, ..Self::new(hir, cache) }
    }

    /// Whether some match ends where `text` does.
    fn fills(&self, text: &[u8]) -> bool {
        let automaton = self.automaton();
        let config = start::Config::new().anchored(Anchored::Yes);
        let start = automaton.start_state(&config).expect("anchored automata without quit bytes");
        let state = text.iter().fold(start, |state, &byte| automaton.next_state(state, byte));
        automaton.is_match_state(automaton.next_eoi_state(state))
    }

    fn automaton(&self) -> &Automaton {
        self.automaton.get_or_init(|| {
            let make = || determinize(&self.hir, self.kind, LARGEST_AUTOMATON);
            self.cache
                .automaton(&self.hir, self.kind, make)
                .expect("built-in rules are compiled by a test, others when the redactor is built")
        })
    }

    fn check(&self, largest: usize) -> Result<(), String> {
        let make = || determinize(&self.hir, self.kind, largest);
        let automaton = self.cache.automaton(&self.hir, self.kind, make)?;
        let _ = self.automaton.set(automaton);
        Ok(())
    }
}

impl Pattern {
    /// Takes a pattern apart and proves its bounds.
    pub(crate) fn new(
        pattern: &str,
        shape: Shape,
        limits: &Limits,
        cache: &Cache,
    ) -> Result<Self, String> {
        let hir = parse(pattern)?;
        if shape == Shape::Run {
            return Self::run(hir, limits, cache);
        }
        let (lead, secret, trail) = split(&hir);
        // Heads of the lead alone claim no byte of the secret; a lead too short to be found is taken with the secret.
        let telling = Some(heads(&lead)).filter(|heads| findable(heads));
        let tells = telling.is_some();
        let (heads, behind) = match telling {
            Some(heads) => (heads, None),
            None => anchor(&hir)?,
        };
        let taken_apart = Self::assemble([lead, secret, trail], shape, limits, cache)?;
        Ok(Self { tells, heads, behind, ..taken_apart })
    }

    /// Takes apart what goes on where a match ended: it is not looked for, and needs nothing fixed.
    pub(crate) fn next(
        pattern: &str,
        shape: Shape,
        limits: &Limits,
        cache: &Cache,
    ) -> Result<Self, String> {
        let (lead, secret, trail) = split(&parse(pattern)?);
        if lead.properties().minimum_len().unwrap_or(0) == 0 {
            return Err(
                "what goes on behind a match begins with what stays, before the secret".into()
            );
        }
        Self::assemble([lead, secret, trail], shape, limits, cache)
    }

    fn assemble(
        parts: [Hir; 3],
        shape: Shape,
        limits: &Limits,
        cache: &Cache,
    ) -> Result<Self, String> {
        let [lead, secret, trail] = parts;
        if shape != Shape::Gaps {
            bounded("what stands before the secret", &lead, limits)?;
        }
        let trail_kind = measured(&secret, &trail, cache)?;
        if secret.properties().minimum_len().unwrap_or(0) == 0 {
            return Err("the secret can be empty".into());
        }
        let endless = secret.properties().maximum_len().is_none();
        let open = endless && (shape != Shape::Gaps || tail_class(&secret).is_ok());
        match (endless, shape) {
            (false, _) => bounded("the secret", &secret, limits)?,
            (true, Shape::Block | Shape::Gaps | Shape::Run) => {}
            (true, Shape::Token) => tail_class(&secret)?,
        }
        if open && trail.properties().maximum_len() != Some(0) {
            return Err("nothing can stand behind a tail class".into());
        }
        let plain_lead = lead.properties().look_set().is_empty();
        let lead = (lead.properties().maximum_len() != Some(0)).then(|| Part::new(lead, cache));
        let secret = Part::new(Hir::concat(vec![secret, trail]), cache);
        Ok(Self {
            lead,
            secret,
            trail: trail_kind,
            open,
            tells: false,
            plain_lead,
            gaps: shape == Shape::Gaps,
            run: None,
            heads: Vec::new(),
            behind: None,
        })
    }

    /// A pattern that is found by its class instead of fixed bytes.
    fn run(hir: Hir, limits: &Limits, cache: &Cache) -> Result<Self, String> {
        Ok(Self {
            run: Some(RunClass::new(&hir, limits)?),
            lead: None,
            secret: Part::new(hir, cache),
            trail: Trail::Fixed(0),
            open: true,
            tells: false,
            plain_lead: true,
            gaps: false,
            heads: Vec::new(),
            behind: None,
        })
    }

    /// Makes the automata now, so that a pattern that is too large is an error instead of a surprise.
    pub(crate) fn check(&self, largest: usize) -> Result<(), String> {
        if let Trail::Measured { parts, .. } = &self.trail {
            parts.iter().try_for_each(|part| part.check(largest))?;
        }
        self.lead.as_ref().map_or(Ok(()), |lead| lead.check(largest))?;
        self.secret.check(largest)
    }

    /// Whether `text` may be the beginning of a match.
    pub(crate) fn begins(&self, text: &[u8]) -> bool {
        let automaton = self.lead().unwrap_or_else(|| self.secret());
        let config = start::Config::new().anchored(Anchored::Yes);
        let mut state =
            automaton.start_state(&config).expect("anchored automata without quit bytes");
        text.iter().all(|&byte| {
            state = automaton.next_state(state, byte);
            !automaton.is_dead_state(state)
        })
    }

    /// How many of the bytes of `found`, a match from the secret on, are the secret.
    pub(crate) fn secret_len(&self, found: &[u8]) -> usize {
        self.trail.secret_end(found)
    }

    /// The fixed bytes with which every match begins, in each of the ways it can: none if it begins otherwise, or if it
    /// is not a secret from its first byte to its last.
    pub(crate) fn literals(&self) -> Vec<Vec<u8>> {
        if self.lead.is_some() || self.behind.is_some() || !matches!(self.trail, Trail::Fixed(0)) {
            return Vec::new();
        }
        let mut literals: Vec<Vec<u8>> = self.heads.iter().map(Head::fixed).collect();
        literals.sort();
        literals.dedup_by(|longer, shorter| longer.starts_with(shorter));
        literals
    }

    pub(crate) fn lead(&self) -> Option<&Automaton> {
        self.lead.as_ref().map(Part::automaton)
    }

    pub(crate) fn secret(&self) -> &Automaton {
        self.secret.automaton()
    }
}

/// What an open end of a pattern may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// At most one unbounded repetition: a class, at the very end.
    Token,
    /// From a begin mark to an end mark.
    Block,
    /// Unbounded repetitions anywhere; the bound of all rules ends a match that goes on.
    Gaps,
    /// One class, of which every maximal run counts.
    Run,
}

/// Parses over bytes: no Unicode classes, and `.` is any byte but a line feed.
pub(crate) fn parse(pattern: &str) -> Result<Hir, String> {
    regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(pattern)
        .map_err(|error| error.to_string())
}

/// Cuts at the top-level group named `secret`; without one the whole pattern is the secret.
fn split(hir: &Hir) -> (Hir, Hir, Hir) {
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.clone(),
        _ => vec![hir.clone()],
    };
    let Some(at) = parts.iter().position(is_secret) else {
        return (Hir::empty(), Hir::concat(parts), Hir::empty());
    };
    let (lead, rest) = parts.split_at(at);
    (Hir::concat(lead.to_vec()), rest[0].clone(), Hir::concat(rest[1..].to_vec()))
}

/// The fixed bytes by which the pattern is found: its beginning, or a place in the middle with few bytes before it.
fn anchor(hir: &Hir) -> Result<(Vec<Head>, Option<Behind>), String> {
    let mut parts = Vec::new();
    flatten(hir, &mut parts);
    for at in 0..parts.len() {
        let heads = heads(&Hir::concat(parts[at..].to_vec()));
        if !findable(&heads) {
            continue;
        }
        if at == 0 {
            return Ok((heads, None));
        }
        let behind = Behind::new(Hir::concat(parts[..at].to_vec()), &heads)?;
        return Ok((heads, Some(behind)));
    }
    Err(format!(
        "the pattern needs {SHORTEST_HEAD} positions of few bytes, so that it can be found"
    ))
}

/// The parts of a sequence, groups opened.
fn flatten(hir: &Hir, parts: &mut Vec<Hir>) {
    match hir.kind() {
        HirKind::Concat(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        HirKind::Capture(capture) => flatten(&capture.sub, parts),
        _ => parts.push(hir.clone()),
    }
}

fn findable(heads: &[Head]) -> bool {
    heads.iter().all(Head::is_rare)
}

fn is_secret(hir: &Hir) -> bool {
    matches!(hir.kind(), HirKind::Capture(capture) if capture.name.as_deref() == Some("secret"))
}

fn bounded(what: &str, hir: &Hir, limits: &Limits) -> Result<(), String> {
    match hir.properties().maximum_len() {
        Some(len) if len <= limits.rule_bound => Ok(()),
        Some(len) => {
            Err(format!("{what} can be {len} bytes long, more than {}", limits.rule_bound))
        }
        None => Err(format!("{what} has an unbounded repetition; write a bound")),
    }
}

/// Longest trail: a boundary, not a text.
pub(super) const LONGEST_TRAIL: usize = 16;

fn measured(secret: &Hir, trail: &Hir, cache: &Cache) -> Result<Trail, String> {
    let properties = trail.properties();
    match (properties.minimum_len().unwrap_or(0), properties.maximum_len()) {
        (least, Some(most)) if least == most => Ok(Trail::Fixed(least)),
        (least, Some(most)) if most <= LONGEST_TRAIL => Ok(Trail::Measured {
            least,
            most,
            parts: Box::new([secret, trail].map(|hir| Part::every(hir.clone(), cache))),
        }),
        _ => Err(format!("at most {LONGEST_TRAIL} bytes can stand behind the secret")),
    }
}

/// Proves that the one unbounded repetition is a class at the very end.
fn tail_class(secret: &Hir) -> Result<(), String> {
    const WHY: &str =
        "an unbounded repetition is allowed for one class at the end of the secret only";
    match secret.kind() {
        HirKind::Capture(capture) => tail_class(&capture.sub),
        HirKind::Repetition(repetition) => {
            // An escaped character counts as one of a class.
            let small = matches!(repetition.sub.properties().maximum_len(), Some(1 | 2));
            if repetition.greedy && small { Ok(()) } else { Err(WHY.into()) }
        }
        HirKind::Alternation(branches) => branches
            .iter()
            .filter(|branch| branch.properties().maximum_len().is_none())
            .try_for_each(tail_class),
        HirKind::Concat(parts) => {
            let (last, before) = parts.split_last().expect("a concatenation has parts");
            if before.iter().any(|part| part.properties().maximum_len().is_none()) {
                return Err(WHY.into());
            }
            tail_class(last)
        }
        _ => Err(WHY.into()),
    }
}

fn determinize(hir: &Hir, kind: MatchKind, largest: usize) -> Result<Automaton, String> {
    let config = thompson::Config::new().which_captures(WhichCaptures::None);
    let nfa = thompson::Compiler::new()
        .configure(config)
        .build_from_hir(hir)
        .map_err(|error| error.to_string())?;
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(kind)
        .accelerate(false)
        .dfa_size_limit(Some(largest))
        .determinize_size_limit(Some(largest));
    dense::Builder::new().configure(config).build_from_nfa(&nfa).map_err(|error| error.to_string())
}
