//! Lines that hold each other: each names the hash of the one before it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::row::Row;

/// Longest line that is written or read.
pub(super) const LONGEST: usize = 64 << 10;

/// What stands between a line's content and its hash. The hash covers every byte before it.
const SEAL: &[u8] = b",\"hash\":\"";
const CLOSE: &[u8] = b"\"}";

/// The end of a chain: the number and the hash of its last row. Remembered elsewhere, it shows whether rows were cut off.
///
/// Written as `NUMBER:HASH`.
///
/// ```
/// use keepmum::audit::Head;
///
/// let head = Head::default();
/// assert!(head.to_string().starts_with("0:0000"));
/// assert_eq!(head.to_string().parse(), Ok(head));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Head {
    pub(super) number: u64,
    pub(super) hash: Hash,
}

impl Head {
    /// How many rows the chain has.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.hash)
    }
}

impl FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once(':').and_then(|(number, hash)| {
            Some(Self { number: number.parse().ok()?, hash: hash.parse().ok()? })
        });
        parsed.ok_or("use NUMBER:HASH, as `keepmum audit verify` prints it")
    }
}

/// A SHA-256; zeros before the first row.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Hash([u8; 32]);

impl Hash {
    fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = "not 64 hex digits";
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(refused);
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| refused)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| refused)?;
        }
        Ok(Self(hash))
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for Hash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A line's content: all but its own hash.
#[derive(Serialize)]
struct Content<'a> {
    number: u64,
    time: String,
    #[serde(flatten)]
    row: &'a Row,
    previous: Hash,
}

/// The line for `row` behind `head`, with its line end, and the head that it makes.
pub(super) fn line(row: &Row, head: Head, time: String) -> serde_json::Result<(Vec<u8>, Head)> {
    let number = head.number + 1;
    let mut line = serde_json::to_vec(&Content { number, time, row, previous: head.hash })?;
    // The brace stands behind the hash.
    line.pop();
    let hash = Hash::of(&line);
    line.extend_from_slice(SEAL);
    line.extend_from_slice(hash.to_string().as_bytes());
    line.extend_from_slice(CLOSE);
    line.push(b'\n');
    Ok((line, Head { number, hash }))
}

/// What a line says about its place in the chain.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) head: Head,
    pub(super) previous: Hash,
}

/// The part of a line that links it. The rest may be of a newer version.
#[derive(Deserialize)]
struct Place {
    number: u64,
    previous: Hash,
}

/// Reads a line without its line end; the reason if it is none, or is not what was written.
pub(super) fn link(line: &[u8]) -> Result<Link, &'static str> {
    let no_row = "not a row of an audit log";
    let open = line.strip_suffix(CLOSE).ok_or(no_row)?;
    let (content, hash) = open.split_at_checked(open.len().wrapping_sub(64)).ok_or(no_row)?;
    let content = content.strip_suffix(SEAL).ok_or(no_row)?;
    let hash: Hash =
        std::str::from_utf8(hash).ok().and_then(|text| text.parse().ok()).ok_or(no_row)?;
    if Hash::of(content) != hash {
        return Err("the row was changed: its hash is not that of its content");
    }
    let place: Place = serde_json::from_slice(&[content, b"}"].concat()).map_err(|_| no_row)?;
    Ok(Link { head: Head { number: place.number, hash }, previous: place.previous })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_and_no_changed_byte_passes() {
        let row = Row::Expired { secret: "db".to_owned(), generation: 1 };
        let (line, head) = line(&row, Head::default(), "now".to_owned()).expect("plain");
        let line = line.trim_ascii_end();
        assert_eq!(serde_json::from_slice::<Row>(line).expect("a row"), row);
        let link = link(line).expect("whole");
        assert_eq!((link.head, link.previous), (head, Hash::default()));
        for at in 0..line.len() {
            let mut changed = line.to_vec();
            changed[at] ^= 1;
            assert!(super::link(&changed).is_err(), "byte {at}");
            assert!(super::link(&line[..at]).is_err(), "cut at {at}");
        }
    }
}
