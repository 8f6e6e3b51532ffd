//! Strings that hold media in base64, or an address.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// What a string that may hold media holds.
pub(super) enum Media {
    /// Text.
    Text(Box<Text>),
    /// A picture or the like.
    Other,
    /// An address of something elsewhere, or nothing that could be decoded: text as it stands.
    Address,
}

/// Text in base64, and how it was written.
pub(super) struct Text {
    head: Vec<u8>,
    engine: GeneralPurpose,
    pub(super) text: Zeroizing<Vec<u8>>,
}

impl Text {
    /// Another text, written in the same way.
    pub(super) fn encode(&self, text: &[u8]) -> Vec<u8> {
        [&self.head[..], self.engine.encode(text).as_bytes()].concat()
    }
}

/// Types that are text, whatever they are called.
const TEXTS: [&str; 8] = ["text/", "json", "xml", "yaml", "toml", "csv", "javascript", "x-sh"];

/// What `says` is: an address such as `data:text/plain;base64,…`, or base64 of text.
pub(super) fn read(says: &[u8]) -> Media {
    let Some(address) = says.strip_prefix(b"data:") else { return decoded(&[], says) };
    let comma = address.iter().position(|&byte| byte == b',').map_or(0, |at| at + 1);
    let (kind, data) = address.split_at(comma);
    let Some(kind) = kind.strip_suffix(b";base64,") else { return Media::Address };
    let kind = String::from_utf8_lossy(kind).to_ascii_lowercase();
    if !TEXTS.iter().any(|text| kind.contains(text)) {
        return Media::Other;
    }
    decoded(&says[..says.len() - data.len()], data)
}

fn decoded(head: &[u8], data: &[u8]) -> Media {
    let data: Vec<u8> = data.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let url_safe = data.iter().any(|byte| b"-_".contains(byte));
    let padded = data.ends_with(b"=") || data.len().is_multiple_of(4);
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true)
        .with_encode_padding(padded);
    let engine = GeneralPurpose::new(if url_safe { &URL_SAFE } else { &STANDARD }, config);
    match engine.decode(data).map(Zeroizing::new) {
        Err(_) => Media::Address,
        Ok(text) if std::str::from_utf8(&text).is_err() => Media::Other,
        Ok(text) => Media::Text(Box::new(Text { head: head.to_vec(), engine, text })),
    }
}
