//! Strings of JavaScript's: units of UTF-16, among them halves of surrogate pairs that stand alone.
//!
//! Those have no UTF-8. They are written as three bytes each, as UTF-8 would write them if it could, so that they stay in
//! their places and what stands beside them is looked through.

use napi::JsString;
use napi::bindgen_prelude::{Either, Utf16String};

use crate::error::{self, Result};

/// A string that is new. Most are UTF-8.
pub(crate) type Text = Either<String, Utf16String>;

/// What the host puts in the place of halves that stand alone.
const REPLACED: &[u8] = "\u{fffd}".as_bytes();

/// Whether `utf8`, which the host made, may lack halves of surrogate pairs.
pub(crate) fn is_lossy(utf8: &[u8]) -> bool {
    utf8.windows(REPLACED.len()).any(|bytes| bytes == REPLACED)
}

/// A string of bytes that were redacted.
pub(crate) fn text(bytes: Vec<u8>) -> Text {
    match String::from_utf8(bytes) {
        Ok(text) => Either::A(text),
        Err(error) => {
            let units = Decoder::default().decode(error.as_bytes(), Cut::End);
            Either::B(units.into())
        }
    }
}

/// The bytes of a whole string.
pub(crate) fn bytes(text: JsString<'_>) -> Result<Vec<u8>> {
    let mut encoder = Encoder::default();
    let mut bytes = encoder.encode(text)?;
    bytes.extend(encoder.finish());
    Ok(bytes)
}

/// From strings to bytes. A pair that is cut in two is one character.
#[derive(Default)]
pub(crate) struct Encoder {
    /// The first half of a pair, at the end of the last string.
    first: Option<u16>,
}

impl Encoder {
    pub(crate) fn encode(&mut self, text: JsString<'_>) -> Result<Vec<u8>> {
        let length = text.utf16_len().map_err(error::host)?;
        let units = text.into_utf16().map_err(error::host)?;
        // What the host gives ends with a zero.
        Ok(self.encode_units(&units[..length]))
    }

    fn encode_units(&mut self, units: &[u16]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(units.len() + 3);
        let all = self.first.take().into_iter().chain(units.iter().copied());
        for unit in char::decode_utf16(all) {
            if let Some(first) = self.first.take() {
                bytes.extend(alone(first));
            }
            match unit {
                Ok(char) => bytes.extend(char.encode_utf8(&mut [0; 4]).as_bytes()),
                // It may yet find its other half, if it is the last.
                Err(half) => self.first = Some(half.unpaired_surrogate()),
            }
        }
        // A second half finds none.
        if let Some(second) = self.first.take_if(|half| *half >= 0xdc00) {
            bytes.extend(alone(second));
        }
        bytes
    }

    /// The half that is left.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.first.take().map(alone).into_iter().flatten().collect()
    }
}

/// A half as UTF-8 would write it.
fn alone(half: u16) -> [u8; 3] {
    let bits = |shift: u16| (half >> shift & 0x3f) as u8;
    [0xe0 | (half >> 12) as u8, 0x80 | bits(6), 0x80 | bits(0)]
}

/// What lies behind bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    More,
    End,
}

/// From bytes to strings. Of a character that a redaction cuts in two nothing stays but a mark.
#[derive(Default)]
pub(crate) struct Decoder {
    /// The beginning of a character, under four bytes.
    held: Vec<u8>,
}

impl Decoder {
    pub(crate) fn decode(&mut self, bytes: &[u8], cut: Cut) -> Vec<u16> {
        self.held.extend_from_slice(bytes);
        let (mut rest, mut units) = (&self.held[..], Vec::with_capacity(bytes.len()));
        while let Some(chunk) = rest.utf8_chunks().next() {
            let (valid, invalid) = (chunk.valid(), chunk.invalid().len());
            units.extend(valid.encode_utf16());
            rest = &rest[valid.len()..];
            if cut == Cut::More && is_beginning(rest) {
                break;
            }
            if let Some(half) = half(rest) {
                units.push(half);
                rest = &rest[3..];
            } else if invalid > 0 {
                units.push(0xfffd);
                rest = &rest[invalid..];
            }
        }
        self.held = rest.to_vec();
        units
    }
}

/// The half of a pair that these bytes begin with.
fn half(bytes: &[u8]) -> Option<u16> {
    match *bytes {
        [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf, ..] => {
            Some(0xd000 | u16::from(second & 0x3f) << 6 | u16::from(third & 0x3f))
        }
        _ => None,
    }
}

/// Whether these few bytes, which are all there are, may begin a character.
fn is_beginning(bytes: &[u8]) -> bool {
    match bytes {
        [] => false,
        [0xed] | [0xed, 0xa0..=0xbf] => true,
        bytes => std::str::from_utf8(bytes)
            .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none()),
    }
}
