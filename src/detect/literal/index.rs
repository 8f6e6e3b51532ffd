//! All forms of all known secrets, and how the input is searched for them.

use zeroize::Zeroizing;

use super::SecretId;
use super::sorted::{Live, Progress, Sorted};
use super::tier::Tier;
use super::walk::Walk;
use crate::detect::spelled::Starts;
use crate::rule::{ByteSet, Head, ends_in_word};
use crate::secret::{Form, UNBOUNDED};

/// Up to this many values are heads of the prefilter; more have probes of their own. Measured: 64 more fragments cost
/// the prefilter less than a probe pass does.
const FEW: usize = 160;
/// The last start of a prefilter window in a value, so that its first eleven bytes always show it.
const LATEST: usize = 4;
/// Values from here on get the wide stride when there are many.
const LONG: usize = Tier::<8, 8>::SHORTEST;

/// Beginnings of forms of up to this length can be asked about by their last byte.
pub(crate) const EARLY: usize = 16;

/// The list of walks and short values.
const OTHERS: usize = 2;

/// Where a head of the prefilter came from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Rule(u32),
    /// Tokens of a rule inside base64: the rule, and which of its encoded beginnings.
    Encoded(u32, u32),
    /// Values that share a beginning: a range of the first list.
    Values(u32, u32),
    Walk(u32),
    Short(u32),
}

/// A value of under [`UNBOUNDED`] bytes, which counts at word boundaries only.
pub(crate) struct Short {
    pub(crate) value: Zeroizing<Vec<u8>>,
    pub(crate) secret: SecretId,
}

/// Collects forms.
#[derive(Default)]
pub(crate) struct IndexBuilder {
    forms: Vec<(Form, SecretId)>,
}

impl IndexBuilder {
    pub(crate) fn add(&mut self, form: Form, secret: SecretId) {
        self.forms.push((form, secret));
    }

    pub(crate) fn build(mut self) -> Index {
        // Of equal values the secret that was given first names both.
        self.forms.sort_unstable();
        self.forms.dedup_by(|b, a| a.0 == b.0);
        let starts = Starts::new(self.forms.iter().map(|(form, _)| form.0.as_slice()));
        let mut index = Index { starts, ..Index::default() };
        let many = self.forms.len() > FEW;
        let long = |form: &Form| !many || form.0.len() >= LONG;
        let sizes = self.forms.iter().filter(|(form, _)| long(form)).map(|(form, _)| form.0.len());
        index.lists[0].reserve(sizes.clone().count(), sizes.sum());
        for (form, secret) in self.forms {
            let list = usize::from(!long(&form));
            index.add(&form.0, secret, list);
        }
        if many {
            index.tiers = Some((Tier::new(&index.lists[0]), Tier::new(&index.lists[1])));
        }
        index
    }
}

/// The compiled index.
#[derive(Default)]
pub(crate) struct Index {
    // Few values: all are in the first list. Many: those from `LONG` on in the first, the others in the second. The third
    // holds walks and short values again, for those that look for every form alike.
    lists: [Sorted; 3],
    tiers: Option<(Tier<8, 8>, Tier<4, 5>)>,
    pub(crate) walks: Vec<Walk>,
    pub(crate) shorts: Vec<Short>,
    first_bytes: Option<ByteSet>,
    /// Every byte that stands at each of the first places of a form.
    early: [ByteSet; EARLY],
    /// What forms begin with, for candidates that are not found by a head.
    pub(crate) starts: Starts,
}

impl Index {
    fn add(&mut self, value: &[u8], secret: SecretId, list: usize) {
        self.first_bytes.get_or_insert(ByteSet::EMPTY).insert(value[0]);
        self.early.iter_mut().zip(value).for_each(|(set, &byte)| set.insert(byte));
        if value.len() < UNBOUNDED {
            self.shorts.push(Short { value: Zeroizing::new(value.to_vec()), secret });
            self.lists[OTHERS].push(value, secret);
        } else if let Some(walk) = Walk::needed(value, UNBOUNDED, secret) {
            self.walks.push(walk);
            self.lists[OTHERS].push(value, secret);
        } else {
            self.lists[list].push(value, secret);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first_bytes.is_none()
    }

    /// Whether a form has `byte` at `place`, one of the first [`EARLY`].
    pub(crate) fn has_at(&self, place: usize, byte: u8) -> bool {
        self.early[place].contains(byte)
    }

    /// Whether values have probes of their own and show themselves to no head.
    pub(crate) fn has_probes(&self) -> bool {
        self.tiers.is_some()
    }

    /// The heads that the prefilter has to look for, each with the last start of its window.
    pub(crate) fn heads(&self) -> Vec<(Head, usize, Source)> {
        let mut heads = Vec::new();
        if self.tiers.is_none() {
            for run in self.lists[0].runs(UNBOUNDED) {
                let first = &self.lists[0].value(run.start)[..UNBOUNDED];
                let range = Source::Values(run.start as u32, run.end as u32);
                heads.push((Head::literal(first), LATEST, range));
            }
        }
        for (at, walk) in self.walks.iter().enumerate() {
            heads.push((
                Head::literal(&walk.value()[..UNBOUNDED]),
                LATEST,
                Source::Walk(at as u32),
            ));
        }
        for (at, short) in self.shorts.iter().enumerate() {
            heads.push((Head::literal(&short.value), 0, Source::Short(at as u32)));
        }
        heads
    }

    /// Calls `found` with start, range and list of every candidate that starts at `from` or later and shows itself in
    /// `at..to`, if values have probes of their own. `at - from` is a multiple of the strides.
    pub(crate) fn probe(
        &self,
        haystack: &[u8],
        from: usize,
        at: usize,
        to: usize,
        mut found: impl FnMut(usize, (u32, u32), u8),
    ) {
        let Some((long, short)) = &self.tiers else { return };
        if self.lists[0].len() > 0 {
            long.probe(haystack, from, at, to, |probe| found(probe.start, probe.range, 0));
        }
        if self.lists[1].len() > 0 {
            short.probe(haystack, from, at, to, |probe| found(probe.start, probe.range, 1));
        }
    }

    /// Lets `live` read `text`, which goes on where it stopped.
    pub(crate) fn advance(&self, live: &mut Live, text: &[u8]) -> Progress {
        self.lists[usize::from(live.list)].advance(live, text)
    }

    /// The secret that a pending candidate may be the beginning of.
    pub(crate) fn pending(&self, live: &Live) -> SecretId {
        self.lists[usize::from(live.list)].first(live)
    }

    fn plain(&self) -> impl Iterator<Item = &Sorted> {
        self.lists[..OTHERS].iter()
    }

    /// A candidate for every form, at `start`.
    pub(crate) fn candidates(&self, start: u64) -> impl Iterator<Item = Live> + '_ {
        let filled = self.lists.iter().enumerate().filter(|(_, list)| list.len() > 0);
        filled.map(move |(at, list)| Live::new(start, at as u8, (0, list.len() as u32)))
    }

    /// A candidate for the walks, at `start`.
    pub(crate) fn walk_candidate(&self, start: u64) -> Live {
        Live::new(start, OTHERS as u8, (0, self.lists[OTHERS].len() as u32))
    }

    /// Whether `text`, which stands behind `before`, is a proper prefix of some value, or a short value whose right
    /// boundary is not known yet.
    pub(crate) fn is_live(&self, before: &[u8], text: &[u8]) -> bool {
        self.first_bytes.is_some_and(|first| first.contains(text[0]))
            && (self.plain().any(|list| list.is_live(text))
                || self.walks.iter().any(|walk| walk.value().starts_with(text))
                || self.shorts.iter().any(|short| short.value.starts_with(text))
                    && !ends_in_word(before))
    }

    /// The secret of a value that `text` is a proper prefix of.
    pub(crate) fn prefix_of(&self, text: &[u8]) -> Option<SecretId> {
        if !self.first_bytes.is_some_and(|first| first.contains(text[0])) {
            return None;
        }
        let listed = self.plain().find_map(|list| list.successor(text));
        let walk = || {
            self.walks.iter().find(|walk| walk.len() > text.len() && walk.value().starts_with(text))
        };
        listed.or_else(|| walk().map(|walk| walk.secret))
    }
}
