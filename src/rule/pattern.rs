//! A rule's pattern, parsed and taken apart: lead, secret, trail.

use std::sync::OnceLock;

use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson;
use regex_syntax::hir::{Hir, HirKind};

use super::head::{Head, heads};
use crate::Limits;

/// A dense automaton over bytes, anchored at its start.
pub(crate) type Automaton = dense::DFA<Vec<u32>>;

/// Size in bytes past which an automaton is refused.
const LARGEST_AUTOMATON: usize = 16 << 20;
/// Fewest positions of a head: the prefilter looks at four at once.
pub(crate) const SHORTEST_HEAD: usize = 4;

/// A pattern, cut into the *lead* that only tells (`password=`), the *secret*, and a *trail* of fixed length.
///
/// The lead is atomic: its leftmost-first match is taken, and the secret has to stand right behind it. So no byte of a
/// lead is ever held back, and where the secret starts is known without captures.
pub(crate) struct Pattern {
    lead: Option<Part>,
    secret: Part,
    // Bytes after the secret that belong to the match but are not redacted.
    pub(crate) trail: usize,
    // Whether the secret ends in a tail class or a block, and so has no bound.
    pub(crate) open: bool,
    // Whether the heads lie in the lead, so that a beginning of one claims nothing.
    pub(crate) tells: bool,
    // Whether the lead looks at nothing beyond itself, so that its matches do not depend on what follows.
    pub(crate) plain_lead: bool,
    pub(crate) heads: Vec<Head>,
}

/// One of a pattern's parts. Its automaton is made when a candidate first needs it: most rules never see one.
struct Part {
    hir: Hir,
    automaton: OnceLock<Automaton>,
}

impl Part {
    fn new(hir: Hir) -> Self {
        Self { hir, automaton: OnceLock::new() }
    }

    fn automaton(&self) -> &Automaton {
        self.automaton.get_or_init(|| {
            determinize(&self.hir)
                .expect("built-in rules are compiled by a test, others when the redactor is built")
        })
    }

    fn check(&self) -> Result<(), String> {
        let automaton = determinize(&self.hir)?;
        let _ = self.automaton.set(automaton);
        Ok(())
    }
}

impl Pattern {
    /// Takes a pattern apart and proves its bounds.
    pub(crate) fn new(pattern: &str, shape: Shape, limits: &Limits) -> Result<Self, String> {
        let hir = parse(pattern)?;
        let (lead, secret, trail) = split(&hir);
        // Heads of the lead alone claim no byte of the secret; a lead too short to be found is taken with the secret.
        let telling = Some(heads(&lead)).filter(|heads| findable(heads));
        let tells = telling.is_some();
        let heads = telling.unwrap_or_else(|| heads(&hir));
        if !findable(&heads) {
            return Err(format!(
                "the pattern has to begin with {SHORTEST_HEAD} positions of fixed count, so that it can be found"
            ));
        }
        bounded("what stands before the secret", &lead, limits)?;
        let trail_len = fixed(&trail)?;
        if secret.properties().minimum_len().unwrap_or(0) == 0 {
            return Err("the secret can be empty".into());
        }
        let open = secret.properties().maximum_len().is_none();
        match (open, shape) {
            (false, _) => bounded("the secret", &secret, limits)?,
            (true, Shape::Block) => {}
            (true, Shape::Token) => tail_class(&secret)?,
        }
        if open && trail.properties().maximum_len() != Some(0) {
            return Err("nothing can stand behind a tail class".into());
        }
        let plain_lead = lead.properties().look_set().is_empty();
        let lead = (lead.properties().maximum_len() != Some(0)).then(|| Part::new(lead));
        let secret = Part::new(Hir::concat(vec![secret, trail]));
        Ok(Self { lead, secret, trail: trail_len, open, tells, plain_lead, heads })
    }

    /// Makes the automata now, so that a pattern that is too large is an error instead of a surprise.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.lead.as_ref().map_or(Ok(()), Part::check)?;
        self.secret.check()
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

fn findable(heads: &[Head]) -> bool {
    heads.iter().all(|head| head.sets.len() >= SHORTEST_HEAD)
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

fn fixed(trail: &Hir) -> Result<usize, String> {
    let properties = trail.properties();
    match (properties.minimum_len(), properties.maximum_len()) {
        (Some(min), Some(max)) if min == max => Ok(min),
        _ => Err("what stands behind the secret has to be of one length".into()),
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

fn determinize(hir: &Hir) -> Result<Automaton, String> {
    let nfa = thompson::Compiler::new().build_from_hir(hir).map_err(|error| error.to_string())?;
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .accelerate(false)
        .dfa_size_limit(Some(LARGEST_AUTOMATON))
        .determinize_size_limit(Some(LARGEST_AUTOMATON));
    dense::Builder::new().configure(config).build_from_nfa(&nfa).map_err(|error| error.to_string())
}
