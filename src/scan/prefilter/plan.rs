//! Which four positions of every head the prefilter looks for, and in which bucket.
//!
//! The filter accepts, per bucket and position, the low nibbles and the high nibbles of its members separately, so
//! members that share nibbles belong together. Windows are chosen to be rare in text; then each member moves to the
//! bucket where it adds least to the expected number of accepted positions, until nothing moves.

use crate::rule::ByteSet;

/// Positions that the filter looks at. The first [`GRAM`] are hashed exactly afterwards.
///
/// Measured on 2026-11-25 with 740 heads, share of positions that pass in logs / source code / base64: 24 buckets over
/// five positions 8.5 / 6.4 / 8.2 %, 32 over five 5.6 / 4.8 / 4.8 %, 32 over four 4.0 / 3.4 / 4.2 %, 40 over three 4.7 /
/// 4.4 / 5.7 %. More positions make the choice of buckets harder than they help.
pub(crate) const WIDTH: usize = 4;
/// Bytes of a window that are looked up exactly.
pub(crate) const GRAM: usize = 4;
/// Buckets of the filter: five bytes of bits. In turn with four bytes and 800 heads: logs 1.39 and 1.30 GB/s, base64 1.50 and
/// 1.38.
pub(crate) const BUCKETS: usize = 40;
/// Most spellings of a window's gram that are listed one by one.
const MOST_SPELLINGS: usize = 4096;
/// Windows of a head that are weighed against each other.
const OPTIONS: usize = 5;
/// Rounds of moving members between buckets; more bring less than a percent.
const ROUNDS: usize = 3;

/// What a position of the filter accepts: bit sets of low and high nibbles.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
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
        let [first, second] = self.low.to_le_bytes().map(usize::from);
        bits(self.high).map(|high| text.sums[high][0][first] + text.sums[high][1][second]).sum()
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
    /// The rarest windows of `head` that start at `latest` or before. None if all have too many spellings.
    pub(crate) fn options(head: &[ByteSet], latest: usize, text: &Frequencies) -> Vec<Self> {
        let Some(last) = head.len().checked_sub(GRAM) else { return Vec::new() };
        let mut options: Vec<Self> = (0..=latest.min(last))
            .filter(|&offset| spellings(&head[offset..offset + GRAM]) <= MOST_SPELLINGS)
            .map(|offset| Self::at(head, offset))
            .collect();
        options.sort_by(|a, b| a.cost(text).total_cmp(&b.cost(text)));
        options.truncate(OPTIONS);
        options
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

/// Chooses one window of each member and spreads them over the buckets; both together, for a window is cheap where it
/// adds little to what its bucket accepts already. Returns what each bucket accepts; each member keeps its choice only.
pub(crate) fn buckets(members: &mut [Vec<Fragment>], text: &Frequencies) -> [Bucket; BUCKETS] {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by(|&a, &b| members[b][0].cost(text).total_cmp(&members[a][0].cost(text)));
    let mut home: Vec<Option<(usize, usize)>> = vec![None; members.len()];
    let mut all = [EMPTY; BUCKETS];
    for _ in 0..ROUNDS {
        let mut moved = false;
        for &member in &order {
            let old = home[member].take();
            if let Some((bucket, _)) = old {
                all[bucket] = union(members, &home, bucket);
            }
            let best = cheapest(&all, &members[member], text);
            home[member] = Some(best);
            all[best.0] = joined(&all[best.0], &members[member][best.1].nibbles);
            moved |= home[member] != old;
        }
        if !moved {
            break;
        }
    }
    for (options, home) in members.iter_mut().zip(&home) {
        options.swap(0, home.map_or(0, |(_, option)| option));
        options.truncate(1);
    }
    all
}

const EMPTY: Bucket = [Nibbles { low: 0, high: 0 }; WIDTH];

fn union(members: &[Vec<Fragment>], home: &[Option<(usize, usize)>], bucket: usize) -> Bucket {
    members.iter().zip(home).fold(EMPTY, |all, (options, home)| match home {
        Some((at, option)) if *at == bucket => joined(&all, &options[*option].nibbles),
        _ => all,
    })
}

fn joined(a: &Bucket, b: &Bucket) -> Bucket {
    std::array::from_fn(|i| a[i].union(b[i]))
}

/// The bucket and the option that add least.
fn cheapest(all: &[Bucket; BUCKETS], options: &[Fragment], text: &Frequencies) -> (usize, usize) {
    let mut best = ((0, 0), f32::INFINITY);
    for (at, bucket) in all.iter().enumerate() {
        let masses = bucket.map(|nibbles| nibbles.mass(text));
        let now: f32 = masses.iter().product();
        for (option, fragment) in options.iter().enumerate() {
            let added = widened(bucket, &masses, &fragment.nibbles, text) - now;
            if added < best.1 {
                best = ((at, option), added);
            }
        }
    }
    best.0
}

/// The cost of `bucket` joined with `other`. Most positions accept the newcomer already, and keep their mass.
fn widened(bucket: &Bucket, masses: &[f32; WIDTH], other: &Bucket, text: &Frequencies) -> f32 {
    let mass = |at: usize| {
        let both = bucket[at].union(other[at]);
        if both == bucket[at] { masses[at] } else { both.mass(text) }
    };
    (0..WIDTH).map(mass).product()
}

/// How common byte values are in text.
pub(crate) struct Frequencies {
    /// `[high nibble][half][set]`: the summed share of the bytes with that high nibble whose low nibbles are in the set,
    /// for the lower and the upper eight low nibbles.
    sums: Vec<[[f32; 256]; 2]>,
}

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
        Self {
            sums: (0..16)
                .map(|high| [0, 8].map(|low| Self::sums(&share[high * 16 + low..][..8])))
                .collect(),
        }
    }

    fn sums(share: &[f32]) -> [f32; 256] {
        std::array::from_fn(|set| {
            (0..8).filter(|bit| set >> bit & 1 == 1).map(|bit| share[bit]).sum()
        })
    }
}
