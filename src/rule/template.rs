//! Example templates: how a rule shows what it matches without a real-looking token standing in any file.
//!
//! `ghp_{alnum:36}` expands to `ghp_` and 36 random letters and digits. The alphabets are those of [`ALPHABETS`]; a
//! literal brace is written twice; `{jwt-header}` gives the base64url of a JWT header; `{crc32}` gives the six base62
//! digits of the CRC-32 of the letters and digits right before it; what stands between `{encode}` and `{/encode}` is
//! expanded and given in base64; `«` and `»` mark the part that is redacted if it is
//! not all of it.

use crate::check::{LETTERS, crc32_digits};

/// The alphabets that a template can name.
pub const ALPHABETS: &[(&str, &str)] = &[
    ("alnum", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
    ("alpha", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
    ("lower", "abcdefghijklmnopqrstuvwxyz"),
    ("upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("digit", "0123456789"),
    ("hex", "0123456789abcdef"),
    ("HEX", "0123456789ABCDEF"),
    ("base32", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    ("dash", "-"),
    ("base58", "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"),
    ("bech32", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
    ("base64", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
    ("base64url", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
    ("upperalnum", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
    ("loweralnum", "abcdefghijklmnopqrstuvwxyz0123456789"),
];

/// `{"alg":"HS256","typ":"JWT"}` in base64url: the same for everybody and no secret.
const JWT_HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// A template, expanded: the text, and which part of it has to be redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The expanded text, without marks.
    pub text: String,
    /// Byte range of `text` that has to be redacted.
    pub secret: std::ops::Range<usize>,
}

/// Expands `template` with a generator that starts from `seed`, so that a failure can be repeated.
///
/// # Errors
///
/// Says what is wrong: a brace that is not closed, an unknown alphabet, a count that is no number.
///
/// ```
/// use keepmum::rule::template::expand;
///
/// let example = expand("key=«{hex:8}»;", 1)?;
/// assert_eq!((example.text.len(), example.secret), (13, 4..12));
/// # Ok::<(), String>(())
/// ```
pub fn expand(template: &str, seed: u64) -> Result<Example, String> {
    let mut random = SplitMix(seed);
    let (mut text, mut start, mut end) = (String::new(), None, None);
    let mut encoded = None;
    let mut rest = template;
    while let Some(next) = rest.chars().next() {
        let after = &rest[next.len_utf8()..];
        rest = match next {
            '«' => {
                start = Some(text.len());
                after
            }
            '»' => {
                end = Some(text.len());
                after
            }
            '{' | '}' if after.starts_with(next) => {
                text.push(next);
                &after[1..]
            }
            '{' => {
                let close = after.find('}').ok_or("a `{` is not closed; write `{{` for a brace")?;
                match &after[..close] {
                    "encode" => encoded = Some(text.len()),
                    "/encode" => {
                        let from = encoded.take().ok_or("`{/encode}` without `{encode}`")?;
                        text = text[..from].to_owned() + &base64(&text.as_bytes()[from..]);
                    }
                    field => fill(field, &mut random, &mut text)?,
                }
                &after[close + 1..]
            }
            '}' => return Err("a `}` was not opened; write `}}` for a brace".into()),
            other => {
                text.push(other);
                after
            }
        };
    }
    let secret = start.unwrap_or(0)..end.unwrap_or(text.len());
    Ok(Example { text, secret })
}

/// `bytes` in the standard alphabet, padded.
fn base64(bytes: &[u8]) -> String {
    let letters = |group: &[u8]| -> [char; 4] {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let letter = |at: usize| char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]);
        std::array::from_fn(|at| if at <= group.len() { letter(at) } else { '=' })
    };
    bytes.chunks(3).flat_map(letters).collect()
}

fn fill(field: &str, random: &mut SplitMix, text: &mut String) -> Result<(), String> {
    if field == "jwt-header" {
        text.push_str(JWT_HEADER);
        return Ok(());
    }
    if field == "crc32" {
        let from = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len();
        text.extend(crc32_digits(&text.as_bytes()[from..]).map(char::from));
        return Ok(());
    }
    let (name, count) =
        field.split_once(':').ok_or_else(|| format!("`{{{field}}}` has no count"))?;
    let (_, alphabet) = ALPHABETS
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| format!("`{name}` is no alphabet"))?;
    let count: usize = count.parse().map_err(|_| format!("`{count}` is no count"))?;
    let letters = alphabet.as_bytes();
    text.extend((0..count).map(|_| char::from(letters[random.below(letters.len())])));
    Ok(())
}

/// SplitMix64: small, seeded, and good enough to fill templates.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}
