//! Where a finding stands in its file, told while the file is read in chunks.

/// A byte's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    offset: u64,
    line_start: u64,
    /// Counted from 1.
    pub(super) line: u64,
    /// UTF-16 code units from the line's beginning.
    units: u64,
    /// Bytes that the character before `offset` still lacks, and its units once it has them.
    lacks: u8,
    last_units: u64,
}

impl Place {
    const BEGIN: Self =
        Self { offset: 0, line_start: 0, line: 1, units: 0, lacks: 0, last_units: 0 };

    /// The column in bytes, counted from 1.
    pub(super) fn column(&self) -> u64 {
        self.offset - self.line_start + 1
    }

    /// The column in UTF-16 code units, counted from 1.
    pub(super) fn utf16_column(&self) -> u64 {
        self.units + 1
    }

    fn pass(&mut self, bytes: &[u8]) {
        let mut line = bytes;
        if let Some(end) = memchr::memrchr(b'\n', bytes) {
            self.line += memchr::memchr_iter(b'\n', &bytes[..=end]).count() as u64;
            self.line_start = self.offset + end as u64 + 1;
            (self.units, self.lacks) = (0, 0);
            line = &bytes[end + 1..];
        }
        line.iter().for_each(|&byte| self.count(byte));
        self.offset += bytes.len() as u64;
    }

    /// Counts a byte of UTF-8. What is none counts as one unit, as the character that stands in for it does.
    fn count(&mut self, byte: u8) {
        let continues = (0x80..0xC0).contains(&byte);
        if continues && self.lacks > 0 {
            self.lacks -= 1;
            if self.lacks == 0 {
                self.units += self.last_units - 1;
            }
            return;
        }
        self.units += 1;
        (self.lacks, self.last_units) = match byte {
            0xC2..=0xDF => (1, 1),
            0xE0..=0xEF => (2, 1),
            0xF0..=0xF4 => (3, 2),
            _ => (0, 1),
        };
    }
}

/// The places of one file's findings, which come in order.
///
/// Invariant: `raw[passed..]` is what was read from `cursor` on.
pub(super) struct Places {
    cursor: Place,
    raw: Vec<u8>,
    passed: usize,
    /// Where a redaction begins that goes on since an earlier chunk.
    open: Option<Place>,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { cursor: Place::BEGIN, raw: Vec::new(), passed: 0, open: None }
    }

    pub(super) fn read(&mut self, chunk: &[u8]) {
        self.raw.extend_from_slice(chunk);
    }

    pub(super) fn of(&mut self, offset: u64) -> Place {
        if let Some(open) = self.open.filter(|open| open.offset == offset) {
            return open;
        }
        self.pass(offset);
        self.cursor
    }

    /// Forgets the bytes that no finding can ask for any more: findings to come begin at `settled`, where the clean
    /// bytes end, or not before `decided`.
    pub(super) fn forget(&mut self, settled: u64, decided: u64) {
        self.open = (settled < decided).then(|| self.of(settled));
        self.pass(decided);
        self.raw.drain(..self.passed);
        self.passed = 0;
    }

    fn pass(&mut self, offset: u64) {
        let count = offset.saturating_sub(self.cursor.offset) as usize;
        let to = self.raw.len().min(self.passed + count);
        self.cursor.pass(&self.raw[self.passed..to]);
        self.passed = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_bytes_and_utf16_units_however_the_text_is_cut() {
        let text = "a\n\u{e9}\u{1f980}\u{20ac}x\n".as_bytes();
        for cut in 0..=text.len() {
            let mut place = Place::BEGIN;
            place.pass(&text[..cut.min(11)]);
            place.pass(&text[cut.min(11)..11]);
            assert_eq!((place.line, place.column(), place.utf16_column()), (2, 10, 5), "{cut}");
        }
    }

    #[test]
    fn what_is_no_utf_8_counts_as_one_unit_each() {
        let mut place = Place::BEGIN;
        place.pass(b"\x80\xff\xe9a\xc3");
        let lossy = String::from_utf8_lossy(b"\x80\xff\xe9a\xc3").encode_utf16().count();
        assert_eq!(place.utf16_column(), lossy as u64 + 1);
    }

    #[test]
    fn a_redaction_over_many_chunks_keeps_its_place() {
        let mut places = Places::new();
        places.read(b"a\nbc SECRET\n");
        places.forget(5, 11);
        places.read(b"SECRET\nSECRET\n");
        places.forget(5, 25);
        places.read(b"\n c");
        let place = places.of(5);
        assert_eq!((place.line, place.column()), (2, 4));
        let place = places.of(28);
        assert_eq!((place.line, place.column()), (6, 2));
    }
}
