//! The text of a chunk, as it grows.

use super::wiped::Wiped;

/// An escape that began in an earlier chunk can give as many bytes.
const EARLIER: usize = 16;

/// The text of a chunk. It is the chunk itself while nothing in it is an escape.
///
/// Invariant: of a copy there is room for the text of all of the chunk, which is never longer, so that nothing grows on the way.
#[derive(Default)]
pub(super) struct Text {
    bytes: Wiped,
    used: usize,
    kept: Kept,
    /// Offset of its end.
    pub(super) end: u64,
}

/// Where the text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is the chunk.
    #[default]
    There,
    Copied,
}

impl Text {
    /// Begins the text of a chunk of `len` bytes.
    pub(super) fn begin(&mut self, kept: Kept, len: usize) {
        (self.used, self.kept) = (0, kept);
        if kept == Kept::Copied && self.bytes.len() < len + EARLIER {
            self.bytes.resize(len + EARLIER, 0);
        }
    }

    /// The text of `chunk`.
    pub(super) fn of<'a>(&'a self, chunk: &'a [u8]) -> &'a [u8] {
        match self.kept {
            Kept::There => chunk,
            Kept::Copied => &self.bytes[..self.used],
        }
    }

    /// The copy, if there is one.
    #[cfg(feature = "prompt")]
    pub(super) fn into_copy(mut self) -> Option<Wiped> {
        self.bytes.truncate(self.used);
        (self.kept == Kept::Copied).then_some(self.bytes)
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.end += bytes.len() as u64;
        if let ([byte], Kept::Copied) = (bytes, self.kept) {
            self.bytes[self.used] = *byte;
            self.used += 1;
        } else if self.kept == Kept::Copied {
            self.bytes[self.used..self.used + bytes.len()].copy_from_slice(bytes);
            self.used += bytes.len();
        }
    }

    /// Puts what stands before a quote, a backslash or a control character; how many bytes that are.
    ///
    /// Eight at a time, looked at and copied at once: most runs are short, so that a search with wider steps, or `memcpy`, costs
    /// more to begin than they take.
    pub(super) fn put_plain(&mut self, bytes: &[u8]) -> usize {
        if self.kept == Kept::There {
            let run = plain(bytes, |_, _| {});
            self.end += run as u64;
            return run;
        }
        let room = &mut self.bytes[self.used..];
        let (words, _) = room.as_chunks_mut::<8>();
        let run = plain(bytes, |at, word| {
            // A word that is plain at its beginning alone is copied as a whole: what comes next stands over the rest of it.
            words[at] = *word;
        });
        // The last bytes, if they are no whole word. One by one: a copy of so few costs more to call than to make.
        let copied = bytes.len() / 8 * 8;
        (copied..run).for_each(|at| room[at] = bytes[at]);
        self.used += run;
        self.end += run as u64;
        run
    }
}

/// How many bytes stand before a quote, a backslash or a control character. `word` gets each eight bytes and which they are.
fn plain(bytes: &[u8], mut word: impl FnMut(usize, &[u8; 8])) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, eight) in words.iter().enumerate() {
        word(at, eight);
        let special = special(u64::from_le_bytes(*eight));
        if special != 0 {
            return at * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let ends = |&byte: &u8| byte < b' ' || matches!(byte, b'"' | b'\\');
    words.len() * 8 + rest.iter().position(ends).unwrap_or(rest.len())
}

/// Sets the highest bit of the first byte that is a quote, a backslash or a control character; bits above it mean nothing.
fn special(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 255;
    let below = |word: u64, byte: u8| word.wrapping_sub(EACH * u64::from(byte)) & !word;
    let is = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
    (below(word, b' ') | is(b'"') | is(b'\\')) & (EACH << 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_at_each_special_byte() {
        let plain = "abcdéf 😀 \u{7f}xyz0123456789".as_bytes();
        for special in (0..b' ').chain([b'"', b'\\']) {
            for at in 0..plain.len() {
                let mut bytes = plain.to_vec();
                bytes[at] = special;
                for kept in [Kept::There, Kept::Copied] {
                    let mut text = Text::default();
                    text.begin(kept, bytes.len());
                    text.put(b"x");
                    assert_eq!(text.put_plain(&bytes), at, "{special} at {at}");
                    let expected = [b"x", &bytes[..at]].concat();
                    assert!(kept == Kept::There || text.of(&[]) == expected);
                    assert_eq!(text.end, at as u64 + 1);
                }
            }
        }
    }
}
