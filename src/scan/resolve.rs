//! The union: accepted ranges become disjoint regions, each with the strongest label.

use crate::finding::Fingerprint;

/// What a region is called. Ordered by precedence: the greatest wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) class: Class,
    /// Index of the rule or the secret; the lower one wins within a class.
    pub(crate) index: u32,
    pub(crate) fingerprint: Option<Fingerprint>,
}

/// The first part of the precedence, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Rule(crate::rule::Confidence),
    Secret,
    Limit,
}

impl Label {
    fn beats(&self, other: &Label) -> bool {
        (self.class, other.index) > (other.class, self.index)
    }
}

/// A range that is redacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) label: Label,
    /// The last bytes, for masks that show them.
    pub(crate) last: [u8; 4],
    pub(crate) shown: Shown,
}

/// Whether a replacement was printed for a region. Of regions that become one the greatest wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shown {
    /// That of a region before it counts for it too.
    Elsewhere,
    NotYet,
    /// It can still grow, silently.
    Yes,
}

/// Regions that are not printed yet, in order, neither overlapping nor touching.
#[derive(Clone, Default)]
pub(crate) struct Regions(Vec<Region>);

impl Regions {
    pub(crate) fn add(&mut self, start: u64, end: u64, label: Label, last: [u8; 4]) {
        self.join(Region { start, end, label, last, shown: Shown::NotYet });
    }

    /// Adds what belongs to a region before it and is dropped without a replacement of its own.
    pub(crate) fn add_silent(&mut self, start: u64, end: u64, label: Label) {
        self.join(Region { start, end, label, last: [b'*'; 4], shown: Shown::Elsewhere });
    }

    /// Makes one region of `new` and all that it touches.
    pub(crate) fn join(&mut self, mut new: Region) {
        let (start, end) = (new.start, new.end);
        let after = self.0.partition_point(|region| region.start <= end);
        let before = self.0[..after].partition_point(|region| region.end < start);
        for old in &self.0[before..after] {
            new.absorb(old);
        }
        self.0.splice(before..after, [new]);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Region> {
        self.0.iter_mut()
    }

    /// Forgets the first `count` regions.
    pub(crate) fn forget(&mut self, count: usize) {
        self.0.drain(..count);
    }
}

impl Region {
    fn absorb(&mut self, old: &Region) {
        if old.end > self.end {
            (self.end, self.last) = (old.end, old.last);
        }
        self.start = self.start.min(old.start);
        self.shown = self.shown.max(old.shown);
        if !self.label.beats(&old.label) {
            self.label = old.label;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Confidence;

    fn label(class: Class, index: u32) -> Label {
        Label { class, index, fingerprint: None }
    }

    #[test]
    fn overlapping_and_touching_ranges_become_one() {
        let mut regions = Regions::default();
        for (start, end) in [(10, 20), (30, 40), (20, 25), (24, 31), (50, 60)] {
            regions.add(start, end, label(Class::Secret, 0), [0; 4]);
        }
        let spans: Vec<_> = regions.0.iter().map(|region| (region.start, region.end)).collect();
        assert_eq!(spans, [(10, 40), (50, 60)]);
    }

    #[test]
    fn what_another_range_stands_for_is_shown_once_it_is_more() {
        let mut regions = Regions::default();
        regions.add_silent(10, 20, label(Class::Secret, 0));
        assert_eq!(regions.0[0].shown, Shown::Elsewhere);
        regions.add(5, 12, label(Class::Secret, 0), [0; 4]);
        assert_eq!(regions.0[0].shown, Shown::NotYet);
        regions.0[0].shown = Shown::Yes;
        regions.add(20, 22, label(Class::Secret, 0), [0; 4]);
        assert_eq!(regions.0[0].shown, Shown::Yes);
    }

    #[test]
    fn labels_follow_the_precedence() {
        let low = label(Class::Rule(Confidence::Low), 0);
        let high = label(Class::Rule(Confidence::High), 7);
        let secret = label(Class::Secret, 9);
        for order in [[low, high, secret], [secret, low, high], [high, secret, low]] {
            let mut regions = Regions::default();
            order.into_iter().for_each(|label| regions.add(1, 5, label, [0; 4]));
            assert_eq!(regions.0[0].label, secret);
        }
        assert!(label(Class::Secret, 1).beats(&label(Class::Secret, 2)));
    }
}
