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
    /// How much of text it accepts.
    cost: f32,
    /// Sets of the first [`GRAM`] positions.
    pub(crate) gram: [ByteSet; GRAM],
}

impl Fragment {
    /// The rarest windows of `head` that start at `latest` or before, the rarest first. None if all have too many spellings.
    pub(crate) fn options(head: &[ByteSet], latest: usize, text: &Frequencies) -> Vec<Self> {
        let Some(last) = head.len().checked_sub(GRAM) else { return Vec::new() };
        let mut options: Vec<Self> = (0..=latest.min(last))
            .filter(|&offset| spellings(&head[offset..offset + GRAM]) <= MOST_SPELLINGS)
            .map(|offset| Self::at(head, offset, text))
            .collect();
        options.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        options.truncate(OPTIONS);
        options
    }

    /// The window of `head` that starts at `offset`; none if it reaches out of it.
    pub(crate) fn settled(head: &[ByteSet], offset: usize, text: &Frequencies) -> Option<Self> {
        (offset + GRAM <= head.len()).then(|| Self::at(head, offset, text))
    }

    fn at(head: &[ByteSet], offset: usize, text: &Frequencies) -> Self {
        let nibbles =
            std::array::from_fn(|i| head.get(offset + i).map_or(Nibbles::ANY, Nibbles::of));
        let gram = std::array::from_fn(|i| head[offset + i]);
        Self { offset, nibbles, gram, cost: Accepted::of(nibbles, text).cost }
    }
}

fn spellings(gram: &[ByteSet]) -> usize {
    gram.iter().map(ByteSet::len).product()
}

/// What a bucket accepts, and how much of text that is.
#[derive(Clone, Copy, Default)]
struct Accepted {
    nibbles: Bucket,
    masses: [f32; WIDTH],
    cost: f32,
}

impl Accepted {
    fn of(nibbles: Bucket, text: &Frequencies) -> Self {
        let masses = nibbles.map(|nibbles| nibbles.mass(text));
        Self { nibbles, masses, cost: masses.iter().product() }
    }

    /// What it costs more with `other`, if that is less than `best`.
    ///
    /// Most positions accept the newcomer already, and keep their mass. None gets a smaller one, so what is left to multiply is
    /// known from below: most buckets are out after one position.
    fn added(&self, other: &Bucket, text: &Frequencies, best: f32) -> Option<f32> {
        let mut masses = self.masses;
        for at in 0..WIDTH {
            let both = self.nibbles[at].union(other[at]);
            if both == self.nibbles[at] {
                continue;
            }
            masses[at] = both.mass(text);
            if masses.iter().product::<f32>() - self.cost >= best {
                return None;
            }
        }
        Some(masses.iter().product::<f32>() - self.cost).filter(|&added| added < best)
    }
}

/// A head to be looked for.
pub(crate) struct Member {
    /// Windows to choose from, the rarest first; in the end the one that was chosen.
    pub(crate) options: Vec<Fragment>,
    pub(crate) bucket: Option<usize>,
}

/// The window that a member has, and the bucket that it is in.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    bucket: usize,
    option: usize,
}

/// Chooses one window of each member and spreads them over the buckets; both together, for a window is cheap where it
/// adds little to what its bucket accepts already. Members that have a bucket stay there. Returns what each bucket accepts;
/// each member keeps its choice only.
pub(crate) fn buckets(members: &mut [Member], text: &Frequencies) -> [Bucket; BUCKETS] {
    let mut settled = [Bucket::default(); BUCKETS];
    for (member, bucket) in members.iter().filter_map(|member| Some((member, member.bucket?))) {
        settled[bucket] = joined(&settled[bucket], &member.options[0].nibbles);
    }
    let rarity = |at: usize| members[at].options[0].cost;
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.retain(|&at| members[at].bucket.is_none());
    order.sort_by(|&a, &b| rarity(b).total_cmp(&rarity(a)));
    let mut places: Vec<Option<Place>> = vec![None; members.len()];
    let mut inside: [Vec<usize>; BUCKETS] = std::array::from_fn(|_| Vec::new());
    let mut all = settled.map(|bucket| Accepted::of(bucket, text));
    for _ in 0..ROUNDS {
        let mut moved = false;
        for &member in &order {
            let old = places[member].take();
            if let Some(Place { bucket, .. }) = old {
                inside[bucket].retain(|&other| other != member);
                let others = union(settled[bucket], members, &places, &inside[bucket]);
                all[bucket] = Accepted::of(others, text);
            }
            let best = cheapest(&all, &members[member].options, text);
            let nibbles = &members[member].options[best.option].nibbles;
            let bucket = &mut all[best.bucket];
            *bucket = Accepted::of(joined(&bucket.nibbles, nibbles), text);
            inside[best.bucket].push(member);
            places[member] = Some(best);
            moved |= places[member] != old;
        }
        if !moved {
            break;
        }
    }
    for (member, place) in members.iter_mut().zip(places) {
        let Some(place) = place else { continue };
        member.options.swap(0, place.option);
        member.options.truncate(1);
        member.bucket = Some(place.bucket);
    }
    all.map(|bucket| bucket.nibbles)
}

/// What a bucket accepts: what is settled there, and these members where they are.
fn union(
    settled: Bucket,
    members: &[Member],
    places: &[Option<Place>],
    inside: &[usize],
) -> Bucket {
    let at_home = inside.iter().filter_map(|&member| places[member].map(|place| (member, place)));
    at_home.fold(settled, |all, (member, place)| {
        joined(&all, &members[member].options[place.option].nibbles)
    })
}

fn joined(a: &Bucket, b: &Bucket) -> Bucket {
    std::array::from_fn(|i| a[i].union(b[i]))
}

/// The bucket and the option that add least.
fn cheapest(all: &[Accepted; BUCKETS], options: &[Fragment], text: &Frequencies) -> Place {
    let mut best = (Place { bucket: 0, option: 0 }, f32::INFINITY);
    for (bucket, accepted) in all.iter().enumerate() {
        for (option, fragment) in options.iter().enumerate() {
            if let Some(added) = accepted.added(&fragment.nibbles, text, best.1) {
                best = (Place { bucket, option }, added);
            }
        }
    }
    best.0
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
