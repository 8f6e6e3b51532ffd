//! Patterns whose fixed bytes stand in the middle: what comes before them is found by reading backwards.

use std::sync::OnceLock;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::{Hir, HirKind};

use super::byte_set::ByteSet;
use super::head::Head;

/// Most bytes that may stand before the fixed ones.
pub(crate) const LONGEST_BEHIND: usize = 128;

/// What stands before a pattern's heads.
pub(crate) struct Behind {
    hir: Hir,
    reversed: OnceLock<dense::DFA<Vec<u32>>>,
    /// A match that is not found yet consists of these bytes, up to the end of its head.
    pub(crate) bytes: ByteSet,
    /// How many of them at most.
    pub(crate) most: usize,
}

impl Behind {
    pub(super) fn new(hir: Hir, heads: &[Head]) -> Result<Self, String> {
        let longest = hir.properties().maximum_len().filter(|&len| len <= LONGEST_BEHIND);
        let Some(longest) = longest else {
            return Err(format!(
                "more than {LONGEST_BEHIND} bytes can stand before what is fixed in the pattern"
            ));
        };
        let mut bytes = ByteSet::EMPTY;
        add_bytes(&hir, &mut bytes);
        let sets = heads.iter().flat_map(|head| head.sets.iter());
        sets.flat_map(ByteSet::iter).for_each(|byte| bytes.insert(byte));
        let head = heads.iter().map(|head| head.sets.len()).max().unwrap_or(0);
        Ok(Self { hir, reversed: OnceLock::new(), bytes, most: longest + head })
    }

    /// Where a match begins whose head stands right behind `before`: the earliest place, as an index into `before`.
    pub(crate) fn start(&self, before: &[u8]) -> Option<usize> {
        let from = before.len().saturating_sub(LONGEST_BEHIND);
        let input = Input::new(before).range(from..).anchored(Anchored::Yes);
        let reversed = self.reversed.get_or_init(|| {
            reverse(&self.hir).expect("what is bounded by a hundred bytes has a small automaton")
        });
        let found = reversed.try_search_rev(&input).expect("no byte makes it quit");
        found.map(|found| found.offset())
    }

    /// How many of the last bytes of `text` may be the beginning of a match.
    pub(crate) fn undecided(&self, text: &[u8]) -> usize {
        text.iter().rev().take(self.most).take_while(|&&byte| self.bytes.contains(byte)).count()
    }
}

fn reverse(hir: &Hir) -> Result<dense::DFA<Vec<u32>>, Box<dyn std::error::Error>> {
    let config = thompson::Config::new().reverse(true).which_captures(WhichCaptures::None);
    let nfa = thompson::Compiler::new().configure(config).build_from_hir(hir)?;
    // All matches, so that the search goes on to the earliest start.
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .accelerate(false);
    Ok(dense::Builder::new().configure(config).build_from_nfa(&nfa)?)
}

fn add_bytes(hir: &Hir, bytes: &mut ByteSet) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => literal.0.iter().for_each(|&byte| bytes.insert(byte)),
        HirKind::Class(class) => {
            let set = ByteSet::from_class(class);
            (0..=255)
                .filter(|&byte| set.as_ref().is_none_or(|set| set.contains(byte)))
                .for_each(|byte| bytes.insert(byte));
        }
        HirKind::Repetition(repetition) => add_bytes(&repetition.sub, bytes),
        HirKind::Capture(capture) => add_bytes(&capture.sub, bytes),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| add_bytes(part, bytes));
        }
    }
}
