//! The fixed beginnings of a pattern: what the prefilter looks for.

use std::borrow::Cow;

use regex_syntax::hir::{Hir, HirKind};

use super::byte_set::ByteSet;
use super::pattern::SHORTEST_HEAD;

/// Positions of a pattern's beginning that are looked at; further ones add nothing to the prefilter.
const LONGEST: usize = 12;
/// Spellings of four positions beyond which they are too common to be looked for.
const MOST_SPELLINGS: usize = 4096;
/// Beginnings of one pattern; past this many it is cut short instead of multiplied further.
const MOST: usize = 96;

/// One way in which a pattern can begin: a set of bytes for each position. Every match of the pattern starts with one
/// of its heads. Those of the catalogue lie in tables: the prefilter, the tail and the rule all keep them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Head {
    pub(crate) sets: Cow<'static, [ByteSet]>,
    // Whether what follows in the pattern also follows this head. False once a repetition of open count ended it.
    extends: bool,
}

impl Head {
    fn empty(extends: bool) -> Self {
        Self { sets: Cow::default(), extends }
    }

    fn join(&self, next: &Head, longest: usize) -> Head {
        let both = self.sets.len() + next.sets.len();
        let sets = self.sets.iter().chain(&*next.sets).take(longest).copied().collect();
        Head { sets, extends: next.extends && both < longest }
    }

    /// Whether the prefilter can look for it: some window of four positions has few spellings.
    pub(crate) fn is_rare(&self) -> bool {
        let spellings = |window: &[ByteSet]| window.iter().map(ByteSet::len).product::<usize>();
        self.sets.windows(SHORTEST_HEAD).any(|window| spellings(window) <= MOST_SPELLINGS)
    }

    pub(super) fn of_table(sets: &'static [ByteSet]) -> Self {
        Self { sets: Cow::Borrowed(sets), extends: false }
    }

    /// The head of these bytes, position by position, as far as heads go.
    pub(crate) fn of_sets(sets: impl Iterator<Item = ByteSet>) -> Self {
        Self { sets: sets.take(LONGEST).collect(), extends: false }
    }

    /// The bytes that are fixed at its beginning.
    pub(crate) fn fixed(&self) -> Vec<u8> {
        let fixed = self.sets.iter().take_while(|set| set.len() == 1);
        fixed.flat_map(ByteSet::iter).collect()
    }

    /// Whether `text` begins with it.
    pub(crate) fn begins(&self, text: &[u8]) -> bool {
        text.len() >= self.sets.len()
            && self.sets.iter().zip(text).all(|(set, &byte)| set.contains(byte))
    }

    /// The head that stands for fixed bytes.
    pub(crate) fn literal(bytes: &[u8]) -> Self {
        let sets = bytes.iter().map(|&byte| ByteSet::single(byte)).collect();
        Self { sets, extends: false }
    }
}

/// The heads of `hir`, sorted and without doubles.
pub(crate) fn heads(hir: &Hir) -> Vec<Head> {
    let mut found = of(hir, Open::Ends);
    if !found.iter().all(Head::is_rare) {
        found = of(hir, Open::Branches);
    }
    found.sort();
    found.dedup_by(|a, b| a.sets == b.sets);
    found
}

/// What a repetition of open count does to a head.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// It ends it: few heads.
    Ends,
    /// Two heads go on: one with the least count and what follows, one with one more and an end.
    Branches,
}

impl Open {
    /// Positions after which a head needs no more.
    fn longest(self) -> usize {
        match self {
            Open::Ends => LONGEST,
            Open::Branches => SHORTEST_HEAD,
        }
    }
}

fn of(hir: &Hir, open: Open) -> Vec<Head> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![Head::empty(true)],
        HirKind::Literal(literal) => {
            let whole = Head { extends: true, ..Head::literal(&literal.0) };
            vec![Head::empty(true).join(&whole, open.longest())]
        }
        HirKind::Class(class) => match ByteSet::from_class(class) {
            Some(set) => vec![Head { sets: vec![set].into(), extends: true }],
            None => vec![Head::empty(false)],
        },
        HirKind::Capture(capture) => of(&capture.sub, open),
        HirKind::Concat(parts) => parts
            .iter()
            .fold(vec![Head::empty(true)], |heads, part| followed_by(heads, &of(part, open), open)),
        HirKind::Alternation(branches) => {
            branches.iter().flat_map(|branch| of(branch, open)).collect()
        }
        HirKind::Repetition(repetition) => {
            repeated(&of(&repetition.sub, open), repetition.min, repetition.max, open)
        }
    }
}

fn repeated(once: &[Head], min: u32, max: Option<u32>, open: Open) -> Vec<Head> {
    let mut heads = vec![Head::empty(true)];
    for _ in 0..min.min(LONGEST as u32) {
        heads = followed_by(heads, once, open);
    }
    if max == Some(min) {
        return heads;
    }
    if (min, max) == (0, Some(1)) {
        heads.extend_from_slice(once);
        return heads;
    }
    let ended = |head: Head| Head { extends: false, ..head };
    if open == Open::Ends {
        return heads.into_iter().map(ended).collect();
    }
    let more = followed_by(heads.clone(), once, open);
    heads.extend(more.into_iter().map(ended));
    heads
}

fn followed_by(heads: Vec<Head>, next: &[Head], open: Open) -> Vec<Head> {
    let product = heads.iter().map(|head| if head.extends { next.len() } else { 1 }).sum::<usize>();
    if product > MOST {
        return heads.into_iter().map(|head| Head { extends: false, ..head }).collect();
    }
    heads
        .iter()
        .flat_map(|head| {
            let nexts = if head.extends { next } else { &[] };
            let kept = (!head.extends).then(|| head.clone());
            kept.into_iter().chain(nexts.iter().map(|next| head.join(next, open.longest())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::pattern::parse;

    fn shown(pattern: &str) -> Vec<String> {
        let hir = parse(pattern).expect("a pattern");
        let set = |set: &ByteSet| match set.len() {
            1 => set.iter().map(char::from).collect(),
            n => format!("<{n}>"),
        };
        heads(&hir).iter().map(|head| head.sets.iter().map(set).collect()).collect()
    }

    #[test]
    fn literals_classes_and_branches_give_one_head_each() {
        assert_eq!(shown("ab[xy]{2}c"), ["ab<2><2>c"]);
        assert_eq!(shown("(?:sk|rk)_x[a-z]{2,}"), ["rk_x<26><26>", "sk_x<26><26>"]);
        assert_eq!(shown("ab?cd"), ["abcd", "acd"]);
        assert_eq!(shown("(?i)ab"), ["<2><2>"]);
    }

    #[test]
    fn a_head_ends_where_a_count_is_open() {
        assert_eq!(shown("abcd[xy]{1,3}cd"), ["abcd<2>"]);
        assert_eq!(shown("abcd.*c"), ["abcd"]);
    }

    #[test]
    fn a_short_head_goes_on_both_ways() {
        assert_eq!(shown("ab[xy]{1,3}cd"), ["ab<2>c", "ab<2><2>"]);
        assert_eq!(shown("abc[xy]*z"), ["abc<2>", "abcz"]);
    }
}
