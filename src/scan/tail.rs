//! The end of a window: where could something begin that the bytes at hand do not decide?

use crate::detect::literal::{EARLY, Index};
use crate::rule::{CompiledRule, Head};

/// How many last positions can be the start of an undecided head. Longer beginnings are found by the prefilter or the
/// probes and are candidates of their own.
pub(super) const REACH: usize = EARLY;

/// The heads of all rules.
pub(super) struct Tail {
    claiming: Heads,
    telling: Heads,
    /// The first look.
    beginnings: Beginnings,
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
        // What stands before fixed bytes in the middle is held already; the bytes themselves claim nothing more.
        let weak = |rule: &&CompiledRule| rule.anchors.tells || rule.anchors.behind;
        let telling = rules.iter().filter(weak).flat_map(|rule| &rule.anchors.heads);
        let telling = Heads::new(telling);
        let claiming = rules.iter().filter(|rule| !weak(rule));
        let claiming = claiming.flat_map(|rule| &rule.anchors.heads);
        let encoded =
            rules.iter().flat_map(|rule| &rule.anchors.encoded).map(|encoded| &encoded.head);
        let claiming = Heads::new(claiming.chain(encoded));
        let all = claiming.all.iter().chain(&telling.all);
        let beginnings = Beginnings::new(all.collect());
        Self { claiming, telling, beginnings }
    }

    /// Looks at the starts from `from` on; they are the last ones of `haystack`.
    pub(super) fn undecided(&self, index: &Index, haystack: &[u8], from: usize) -> Undecided {
        let end = haystack.len();
        let mut found = Undecided { start: end, claim: end };
        for at in from.max(end.saturating_sub(REACH))..end {
            let text = &haystack[at..];
            let head = self.beginnings.may_begin(text);
            let live = index.has_at(text.len() - 1, text[text.len() - 1])
                && index.is_live(&haystack[..at], text);
            if live || head && self.claiming.may_begin(text) {
                return Undecided { start: found.start.min(at), claim: at };
            }
            if head && found.start == end && self.telling.may_begin(text) {
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

/// Heads, and by each byte those that can begin with it.
struct Heads {
    all: Vec<Head>,
    by_first: Vec<Vec<u32>>,
}

impl Heads {
    fn new<'a>(heads: impl Iterator<Item = &'a Head>) -> Self {
        let (mut all, mut by_first) = (Vec::new(), vec![Vec::new(); 256]);
        for head in heads {
            head.sets[0].iter().for_each(|byte| by_first[usize::from(byte)].push(all.len() as u32));
            all.push(head.clone());
        }
        Self { all, by_first }
    }

    /// Whether one begins with `text` and goes on behind it.
    fn may_begin(&self, text: &[u8]) -> bool {
        let heads = self.by_first[usize::from(text[0])].iter();
        heads.map(|&at| &self.all[at as usize].sets).any(|sets| {
            sets.len() > text.len() && sets.iter().zip(text).all(|(set, &byte)| set.contains(byte))
        })
    }
}

/// Tells of most texts that no head begins with them. Heads are in 64 groups, and of each group the bytes are known that stand
/// at each place of one of its heads.
struct Beginnings {
    /// `[place][byte]`: the groups with a head that has this byte there and goes on behind it.
    groups: Box<[[u64; 256]; REACH]>,
}

impl Beginnings {
    fn new(mut heads: Vec<&Head>) -> Self {
        // Heads that begin alike share a group, so that it tells much.
        heads.sort_unstable_by(|a, b| a.sets.cmp(&b.sets));
        let mut groups = Box::new([[0; 256]; REACH]);
        for (group, members) in heads.chunks(heads.len().div_ceil(64).max(1)).enumerate() {
            for head in members {
                let longer = &head.sets[..head.sets.len() - 1];
                for (place, set) in groups.iter_mut().zip(longer) {
                    set.iter().for_each(|byte| place[usize::from(byte)] |= 1 << group);
                }
            }
        }
        Self { groups }
    }

    /// Whether a head may begin with `text`, which has up to [`REACH`] bytes, and go on behind it.
    fn may_begin(&self, text: &[u8]) -> bool {
        let mut left = u64::MAX;
        for (place, &byte) in self.groups.iter().zip(text) {
            left &= place[usize::from(byte)];
            if left == 0 {
                return false;
            }
        }
        true
    }
}
