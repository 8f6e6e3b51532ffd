//! The end of a window: where could something begin that the bytes at hand do not decide?

use crate::detect::literal::{EARLY, Index};
use crate::rule::{ByteSet, CompiledRule, Head};

/// How many last positions can be the start of an undecided head. Longer beginnings are found by the prefilter or the
/// probes and are candidates of their own.
pub(super) const REACH: usize = EARLY;

/// The heads of all rules, by their first byte.
pub(super) struct Tail {
    heads: Vec<Vec<Head>>,
    telling: Vec<Vec<Head>>,
    /// For each length, the bytes that end so much of a head which is longer.
    ends: [ByteSet; REACH],
}

/// The earliest undecided starts, as indices into the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Undecided {
    /// Before it every start is decided.
    pub(super) start: usize,
    /// Before it no byte can be claimed: heads that only tell (`passw`) claim none of theirs.
    pub(super) claim: usize,
}

impl Tail {
    pub(super) fn new(rules: &[CompiledRule]) -> Self {
        let with = |tells: bool| {
            let mut by_first = vec![Vec::new(); 256];
            // What stands before fixed bytes in the middle is held already; the bytes themselves claim nothing more.
            let weak = |rule: &CompiledRule| rule.pattern.tells || rule.pattern.behind.is_some();
            let chosen = rules.iter().filter(|rule| weak(rule) == tells);
            let encoded = rules.iter().flat_map(|rule| &rule.encoded).map(|encoded| &encoded.head);
            let encoded = encoded.filter(|_| !tells);
            for head in chosen.flat_map(|rule| &rule.pattern.heads).chain(encoded) {
                head.sets[0].iter().for_each(|byte| by_first[usize::from(byte)].push(head.clone()));
            }
            by_first
        };
        let (heads, telling) = (with(false), with(true));
        let mut ends = [ByteSet::EMPTY; REACH];
        for head in heads.iter().chain(&telling).flatten() {
            let longer = &head.sets[..head.sets.len() - 1];
            for (ends, set) in ends.iter_mut().zip(longer) {
                set.iter().for_each(|byte| ends.insert(byte));
            }
        }
        Self { heads, telling, ends }
    }

    /// Whether a head or a value can go on behind `text`, as far as its length and its last byte tell. Mostly a line's end
    /// shows that none can.
    fn may_go_on(&self, index: &Index, text: &[u8]) -> bool {
        let place = text.len() - 1;
        self.ends[place].contains(text[place]) || index.has_at(place, text[place])
    }

    /// Looks at the starts from `from` on; they are the last ones of `haystack`.
    pub(super) fn undecided(&self, index: &Index, haystack: &[u8], from: usize) -> Undecided {
        let end = haystack.len();
        let mut found = Undecided { start: end, claim: end };
        for at in from.max(end.saturating_sub(REACH))..end {
            let text = &haystack[at..];
            if !self.may_go_on(index, text) {
                continue;
            }
            if may_begin(&self.heads, text) || index.is_live(&haystack[..at], text) {
                return Undecided { start: found.start.min(at), claim: at };
            }
            if found.start == end && may_begin(&self.telling, text) {
                found.start = at;
            }
        }
        found
    }

    /// The earliest of the last starts of `haystack` that may be the beginning of a known secret; its end if none is.
    pub(super) fn undecided_value(index: &Index, haystack: &[u8]) -> usize {
        let end = haystack.len();
        let mut last = end.saturating_sub(REACH)..end;
        last.find(|&at| index.is_live(&haystack[..at], &haystack[at..])).unwrap_or(end)
    }
}

fn may_begin(heads: &[Vec<Head>], text: &[u8]) -> bool {
    heads[usize::from(text[0])].iter().any(|head| {
        head.sets.len() > text.len()
            && head.sets.iter().zip(text).all(|(set, &byte)| set.contains(byte))
    })
}
