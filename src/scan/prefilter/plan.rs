//! Which four positions of every head the prefilter looks for, and in which bucket.
//!
//! The filter accepts, per bucket and position, the low nibbles and the high nibbles of its members separately, so
//! members that share nibbles belong together. Windows are chosen to be rare in text; then each member moves to the
//! bucket where it adds least to the expected number of accepted positions, until nothing moves.

use crate::rule::ByteSet;

/// Positions that the filter looks at. The first [`GRAM`] are hashed exactly afterwards.
pub(crate) const WIDTH: usize = 5;
/// Bytes of a window that are looked up exactly.
pub(crate) const GRAM: usize = 4;
/// Buckets of the filter: two bytes of bits.
pub(crate) const BUCKETS: usize = 16;
/// Most spellings of a window's gram that are listed one by one.
const MOST_SPELLINGS: usize = 4096;
/// Rounds of moving members between buckets; more bring less than a percent.
const ROUNDS: usize = 4;

/// What a position of the filter accepts: bit sets of low and high nibbles.
#[derive(Clone, Copy, Default)]
pub(crate) struct Nibbles {
    pub(crate) low: u16,
    pub(crate) high: u16,
}

impl Nibbles {
    const ANY: Self = Self { low: u16::MAX, high: u16::MAX };

    fn of(set: &ByteSet) -> Self {
        set.iter().fold(Self::default(), |nibbles, byte| Self {
            low: nibbles.low | 1 << (byte & 15),
            high: nibbles.high | 1 << (byte >> 4),
        })
    }

    fn union(self, other: Self) -> Self {
        Self { low: self.low | other.low, high: self.high | other.high }
    }

    /// The share of bytes that is accepted, under the frequencies of text.
    fn mass(self, text: &Frequencies) -> f32 {
        bits(self.high)
            .map(|high| bits(self.low).map(|low| text.0[high * 16 + low]).sum::<f32>())
            .sum()
    }
}

fn bits(mut set: u16) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = set.trailing_zeros() as usize;
        set &= set.wrapping_sub(1);
        (bit < 16).then_some(bit)
    })
}

pub(crate) type Bucket = [Nibbles; WIDTH];

/// A member of the filter: the window of one head.
pub(crate) struct Fragment {
    /// Index of the window in the head.
    pub(crate) offset: usize,
    nibbles: Bucket,
    /// Sets of the first [`GRAM`] positions.
    pub(crate) gram: [ByteSet; GRAM],
}

impl Fragment {
    /// The rarest window of `head` that starts at `latest` or before. `None` if every window has too many spellings.
    pub(crate) fn choose(head: &[ByteSet], latest: usize, text: &Frequencies) -> Option<Self> {
        let latest = latest.min(head.len().checked_sub(GRAM)?);
        (0..=latest)
            .filter(|&offset| spellings(&head[offset..offset + GRAM]) <= MOST_SPELLINGS)
            .map(|offset| Self::at(head, offset))
            .min_by(|a, b| a.cost(text).total_cmp(&b.cost(text)))
    }

    fn at(head: &[ByteSet], offset: usize) -> Self {
        let nibbles =
            std::array::from_fn(|i| head.get(offset + i).map_or(Nibbles::ANY, Nibbles::of));
        let gram = std::array::from_fn(|i| head[offset + i]);
        Self { offset, nibbles, gram }
    }

    fn cost(&self, text: &Frequencies) -> f32 {
        cost(&self.nibbles, text)
    }
}

fn spellings(gram: &[ByteSet]) -> usize {
    gram.iter().map(ByteSet::len).product()
}

fn cost(bucket: &Bucket, text: &Frequencies) -> f32 {
    bucket.iter().map(|nibbles| nibbles.mass(text)).product()
}

/// Spreads `fragments` over the buckets and returns what each bucket accepts.
pub(crate) fn buckets(fragments: &[Fragment], text: &Frequencies) -> [Bucket; BUCKETS] {
    let mut order: Vec<usize> = (0..fragments.len()).collect();
    order.sort_by(|&a, &b| fragments[b].cost(text).total_cmp(&fragments[a].cost(text)));
    let mut home = vec![usize::MAX; fragments.len()];
    let mut all = [EMPTY; BUCKETS];
    for _ in 0..ROUNDS {
        let mut moved = false;
        for &member in &order {
            let old = home[member];
            if old != usize::MAX {
                home[member] = usize::MAX;
                all[old] = union(fragments, &home, old);
            }
            let best = cheapest(&all, &fragments[member].nibbles, text);
            home[member] = best;
            all[best] = joined(&all[best], &fragments[member].nibbles);
            moved |= best != old;
        }
        if !moved {
            break;
        }
    }
    all
}

const EMPTY: Bucket = [Nibbles { low: 0, high: 0 }; WIDTH];

fn union(fragments: &[Fragment], home: &[usize], bucket: usize) -> Bucket {
    let members = fragments.iter().zip(home).filter(|&(_, &at)| at == bucket);
    members.fold(EMPTY, |all, (fragment, _)| joined(&all, &fragment.nibbles))
}

fn joined(a: &Bucket, b: &Bucket) -> Bucket {
    std::array::from_fn(|i| a[i].union(b[i]))
}

fn cheapest(all: &[Bucket; BUCKETS], member: &Bucket, text: &Frequencies) -> usize {
    let added = |bucket: &Bucket| cost(&joined(bucket, member), text) - cost(bucket, text);
    let costs = all.iter().map(added).enumerate();
    costs.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(bucket, _)| bucket)
}

/// Share of every byte value in text.
pub(crate) struct Frequencies([f32; 256]);

impl Frequencies {
    /// A blend of logs, JSON and source code: letters by their rank in English, digits, then the usual symbols. Only
    /// the order of magnitude matters.
    pub(crate) fn text() -> Self {
        let mut share = [0.0002_f32; 256];
        for (rank, &byte) in b"etaonrisldcupmhgfbywvkxzjq".iter().enumerate() {
            let lower = 0.062 / (1.0 + 0.13 * rank as f32) * if rank > 20 { 0.3 } else { 1.0 };
            share[usize::from(byte)] = lower;
            share[usize::from(byte.to_ascii_uppercase())] = lower * 0.12;
        }
        (b'0'..=b'9').for_each(|digit| share[usize::from(digit)] = 0.022);
        for (symbols, each) in
            [(&b" "[..], 0.13), (b".:-_/\n\"=,", 0.014), (b"()[]{};<>@'*#$&|+\t%!?\\~^`", 0.003)]
        {
            symbols.iter().for_each(|&symbol| share[usize::from(symbol)] = each);
        }
        let sum: f32 = share.iter().sum();
        share.iter_mut().for_each(|value| *value /= sum);
        Self(share)
    }
}
