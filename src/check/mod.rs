//! Offline predicates that can only reject a match. None of them asks a network, and none can make a match of bytes
//! that no rule claimed.

mod aws;
mod base64;
mod basic;
mod content;
mod crc32;
mod entropy;
mod jwt;
mod luhn;
mod random;
mod real;
mod slack;
mod stripe;
mod template;
mod uuid;

use std::fmt;

use serde::Deserialize;

pub(crate) use base64::{LETTERS, Sextets};
pub(crate) use crc32::base62 as crc32_digits;
pub(crate) use entropy::bits_per_byte;

/// A predicate over the bytes of a match's secret.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Check {
    /// At least this Shannon entropy, in bits per byte. Written as the rule's `entropy` key.
    #[serde(skip)]
    Entropy(f32),
    /// No template, placeholder or stop word: `changeme`, `xxxx`, `${VAR}`, `<token>`, `null`.
    Real,
    /// No run of one character, no `EXAMPLE`: every rule but blocks has it.
    #[serde(skip)]
    Unmasked,
    /// At least one digit.
    Digit,
    /// At least two of: a lower-case letter, an upper-case letter, a digit.
    Mixed,
    /// The first dot-separated segment decodes to a JSON object with `"alg"`.
    Jwt,
    /// The digits pass the Luhn checksum of payment cards.
    Luhn,
    /// Ends in the CRC-32 of what stands between its prefix and it, as tokens of GitHub and npm do.
    Crc32,
    /// An AWS access key id whose account number, if it holds one, has at most twelve digits.
    #[serde(rename = "aws-key-id")]
    AwsKeyId,
    /// A Stripe key of one of the two lengths, with characters of all kinds.
    Stripe,
    /// A Slack token with the ids and the length that its prefix asks for.
    Slack,
    /// Base64 of `user:password`, as in HTTP basic authentication, whose password is real.
    Basic,
    /// At least eight bytes. Base64 of text is judged by that text, which has to be real; anything else as `assigned`.
    Decoded,
    /// At least eight letters of base64 of a text that is real.
    Text,
    /// No template such as `${VAR}`, `{{ var }}`, `<password>` or `key-{name:8}`.
    NonTemplate,
    /// Fit to be assigned to a name that says password: real, and neither code nor a path.
    Assigned,
    /// As `plausible`, for what stands in quotes: brackets are no code there.
    Quoted,
    /// As `plausible`, and no name or path of names: for names that say token or key.
    Token,
    /// Four to ten plain words, as in a pass phrase, and none with which one speaks about passwords.
    Phrase,
    /// Looks like what a person or a generator would choose as a password or key: see the manual, "Telling names".
    Plausible,
    /// Looks drawn by lot, whatever stands around: letters and digits in an order that neither words nor names have.
    Random,
    /// Holds a UUID of version 4, whose bits are random.
    Uuid,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Check::Entropy(least) => write!(f, "entropy >= {least}"),
            Check::AwsKeyId => f.write_str("aws-key-id"),
            named => f.write_str(&format!("{named:?}").to_ascii_lowercase()),
        }
    }
}

impl Check {
    /// Whether `secret` may be one.
    pub(crate) fn accepts(self, secret: &[u8]) -> bool {
        match self {
            Check::Entropy(least) => bits_per_byte(secret) >= least,
            Check::Unmasked => real::is_unmasked(secret),
            Check::Real => real::is_real(secret),
            Check::Digit => secret.iter().any(u8::is_ascii_digit),
            Check::Mixed => kinds(secret) >= 2,
            Check::Jwt => jwt::has_header(secret),
            Check::Luhn => luhn::passes(secret),
            Check::Crc32 => crc32::holds(secret),
            Check::AwsKeyId => aws::is_key_id(secret),
            Check::Stripe => stripe::is_key(secret),
            Check::Slack => slack::is_token(secret),
            Check::Basic => basic::holds_password(secret),
            Check::Decoded => content::is_assigned(secret),
            Check::Text => content::is_real_text(secret),
            Check::NonTemplate => !template::is_template(secret),
            Check::Assigned => real::is_assigned(secret),
            Check::Token => real::is_token(secret),
            Check::Phrase => real::is_phrase(secret),
            Check::Quoted => real::is_quoted(secret),
            Check::Plausible => real::is_plausible(secret),
            Check::Random => random::is_random(secret),
            Check::Uuid => uuid::holds_random(secret),
        }
    }
}

/// Whether `secret` is base64 of a colon between printable characters: words of prose decode to other bytes.
fn kinds(secret: &[u8]) -> usize {
    let any = |is: fn(&u8) -> bool| usize::from(secret.iter().any(is));
    any(u8::is_ascii_lowercase) + any(u8::is_ascii_uppercase) + any(u8::is_ascii_digit)
}
