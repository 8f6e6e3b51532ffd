//! Sizes as people write them.

use std::str::FromStr;

use serde::Deserialize;

/// A number of bytes, such as `4096`, `64K`, `16M` or `1G`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(crate) struct Size(pub(crate) u64);

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, shift) = match text.as_bytes().last() {
            Some(b'K' | b'k') => (&text[..text.len() - 1], 10),
            Some(b'M' | b'm') => (&text[..text.len() - 1], 20),
            Some(b'G' | b'g') => (&text[..text.len() - 1], 30),
            _ => (text, 0),
        };
        let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
        size.filter(|&size| size > 0)
            .map(Self)
            .ok_or("use a number of bytes, or one with K, M or G")
    }
}

impl TryFrom<toml::Value> for Size {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        let number = value.as_integer().map(|number| number.to_string());
        number.as_deref().or(value.as_str()).unwrap_or("").parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_multiply() {
        assert_eq!(
            ["7", "2K", "3m", "1G"].map(|text| text.parse()),
            [7, 2 << 10, 3 << 20, 1 << 30].map(|size| Ok(Size(size)))
        );
        assert!(
            ["", "K", "0", "-1", "1.5M", "9999999999999G"]
                .iter()
                .all(|text| text.parse::<Size>().is_err())
        );
    }
}
