//! Names of fields that tell what stands in them.

use std::sync::Arc;

/// What a name ends in if its value is a secret. Those of under [`BARE`] letters count at the beginning of a word only.
const TELLING: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "token",
    "jwt",
    "otp",
    "bearer",
    "secret",
    "secrets",
    "credential",
    "credentials",
    "authorization",
    "cookie",
    "cookies",
    "api key",
    "api keys",
    "access key",
    "account key",
    "auth key",
    "encryption key",
    "master key",
    "private key",
    "secret key",
    "shared key",
    "signing key",
    "webhook key",
    "connection string",
];

/// Tokens that are no secrets.
const HARMLESS: &[&str] = &[
    "next token",
    "page token",
    "pagination token",
    "continuation token",
    "sync token",
    "cancel token",
    "cancellation token",
    "stop token",
    "eos token",
    "bos token",
    "pad token",
    "max token",
    "per token",
];

/// From this length on a word counts wherever it begins: `dbpassword`, `authtoken`.
const BARE: usize = 5;

/// Names of fields whose values are hidden as a whole, whatever they look like.
///
/// A name tells if it ends in one of these, no matter how its words are written: `api_key`, `x-api-key`, `apiKey`,
/// `APIKEY`, `user.api key` are one name, and so is `http.request.header.authorization` for `authorization`. `token_count`
/// ends in something else.
///
/// ```
/// use keepmum::Names;
///
/// let names = Names::default().with("session id").without("cookie");
/// assert!(names.tells("db.password") && names.tells("Proxy-Authorization") && names.tells("sessionId"));
/// assert!(!names.tells("token_count") && !names.tells("next_token") && !names.tells("cookie"));
/// ```
#[derive(Clone, Debug)]
pub struct Names {
    /// By their last letter.
    ends: Arc<[Vec<End>]>,
    pairs: Pairs,
}

/// The last two letters of all ends, each pair one of 256 bits: most names are seen to end in none.
#[derive(Clone, Copy, Debug, Default)]
struct Pairs([u64; 4]);

impl Pairs {
    fn place(before: u8, last: u8) -> (usize, u64) {
        let bit = fold(before).wrapping_mul(37).wrapping_add(fold(last));
        (usize::from(bit >> 6), 1 << (bit & 63))
    }

    fn insert(&mut self, folded: &[u8]) {
        match *folded {
            [.., before, last] => {
                let (word, bit) = Self::place(before, last);
                self.0[word] |= bit;
            }
            // Anything may stand before a single letter.
            _ => self.0 = [u64::MAX; 4],
        }
    }

    /// Whether `name` may end as one of them does. A separator is no letter, so that a name with one there may.
    #[inline]
    fn may_end(self, name: &[u8]) -> bool {
        let [.., before, last] = *name else { return true };
        let (word, bit) = Self::place(before, last);
        !(is_letter(before) && is_letter(last)) || self.0[word] & bit != 0
    }
}

/// The end of a name, folded: letters and digits only, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct End {
    folded: Vec<u8>,
    means: Means,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    Secret,
    Harmless,
}

impl Default for Names {
    /// `password`, `passwd`, `pwd`, `passphrase`, `passcode`, `token`, `jwt`, `otp`, `bearer`, `secret`, `credential`,
    /// `authorization`, `cookie`, `connection string`, and `key` behind `api`, `access`, `account`, `auth`, `encryption`,
    /// `master`, `private`, `secret`, `shared`, `signing`, `webhook`; not `token` behind `next`, `page`, `stop` and the like.
    fn default() -> Self {
        let names = TELLING.iter().fold(Self::none(), |names, name| names.with(name));
        HARMLESS.iter().fold(names, |names, name| names.without(name))
    }
}

impl Names {
    /// No name tells.
    pub fn none() -> Self {
        Self { ends: vec![Vec::new(); 256].into(), pairs: Pairs::default() }
    }

    /// Names that end in `name` tell too.
    #[must_use]
    pub fn with(self, name: &str) -> Self {
        self.add(name, Means::Secret)
    }

    /// Names that end in `name` do not tell, unless they end in something longer that does.
    #[must_use]
    pub fn without(self, name: &str) -> Self {
        self.add(name, Means::Harmless)
    }

    fn add(mut self, name: &str, means: Means) -> Self {
        let folded: Vec<u8> = name.bytes().filter(|&byte| is_letter(byte)).map(fold).collect();
        if let Some(&last) = folded.last() {
            let ends = &mut Arc::make_mut(&mut self.ends)[usize::from(last)];
            self.pairs.insert(&folded);
            ends.retain(|end| end.folded != folded);
            ends.push(End { folded, means });
            // The longest is the first.
            ends.sort_by_key(|end| std::cmp::Reverse(end.folded.len()));
        }
        self
    }

    /// Whether the value of a field called `name` is a secret.
    pub fn tells(&self, name: &str) -> bool {
        self.tells_bytes(name.as_bytes())
    }

    /// The same for a name that may be no UTF-8.
    pub(crate) fn tells_bytes(&self, name: &[u8]) -> bool {
        self.pairs.may_end(name) && self.ends_secret(name)
    }

    fn ends_secret(&self, name: &[u8]) -> bool {
        let Some(&last) = name.iter().rev().find(|&&byte| is_letter(byte)) else { return false };
        let ends = &self.ends[usize::from(fold(last))];
        ends.iter().find(|end| end.ends(name)).is_some_and(|end| end.means == Means::Secret)
    }
}

impl End {
    fn ends(&self, name: &[u8]) -> bool {
        let mut letters = name.iter().enumerate().rev().filter(|&(_, &byte)| is_letter(byte));
        let mut start = 0;
        for &byte in self.folded.iter().rev() {
            match letters.next() {
                Some((at, &letter)) if fold(letter) == byte => start = at,
                _ => return false,
            }
        }
        self.folded.len() >= BARE || begins_word(name, start)
    }
}

/// Whether a word begins at `at`: behind a separator, or at a capital behind a small letter.
fn begins_word(name: &[u8], at: usize) -> bool {
    at == 0
        || !is_letter(name[at - 1])
        || name[at].is_ascii_uppercase() && !name[at - 1].is_ascii_uppercase()
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

fn fold(byte: u8) -> u8 {
    byte.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_however_they_are_written() {
        let names = Names::default();
        for name in [
            "password",
            "db_password",
            "dbPassword",
            "DBPASSWORD",
            "user.password",
            "api_key",
            "x-api-key",
            "apiKey",
            "OPENAI_API_KEY",
            "authtoken",
            "http.request.header.authorization",
            "Set-Cookie",
            "client secret",
            "secretKey",
            "pwd",
            "db_pwd",
            "idJwt",
            "token:",
        ] {
            assert!(names.tells(name), "{name}");
        }
    }

    #[test]
    fn other_names_do_not() {
        let names = Names::default();
        for name in [
            "",
            "_",
            "message",
            "token_count",
            "tokens",
            "max_tokens",
            "next_token",
            "nextToken",
            "key",
            "primary_key",
            "password_changed_at",
            "cwd",
            "laptop",
            "author",
            "secretary",
            "eos_token",
            "totpwd",
        ] {
            assert!(!names.tells(name), "{name}");
        }
    }

    #[test]
    fn the_longest_end_counts_and_the_last_word_on_it() {
        let names = Names::none().with("token").without("count token").with("my count token");
        assert!(
            names.tells("token") && !names.tells("count_token") && names.tells("my.count.token")
        );
        assert!(!names.clone().without("token").tells("token"));
        assert!(names.without("token").with("token").tells("token"));
        assert!(!Names::none().with("").with("--").tells("password"));
        assert!(Names::none().with("y").tells("my_y") && !Names::none().with("y").tells("my"));
    }
}
