//! What looks drawn by lot: letters and digits in an order that neither words nor names have.

use super::{kinds, uuid};

/// Fewest letters and digits that can look drawn. Shorter ones are hashes of pods, versions, units.
const SHORTEST: usize = 17;
/// A part of so few letters and digits tells nothing alone: `x86`, `v2`, `utf`.
const SHORT: usize = 3;
/// Share of neighbours, in percent, that have to be odd in what is drawn. In random letters and digits 74 are, in random
/// hex 53, in `camelCase` under 25.
const ODD: usize = 40;
/// Below this share a part is words, and what stands before it and behind it is judged on its own.
const PLAIN: usize = 34;

/// The letters that often follow each letter, `a` to `z`: the 300 pairs that make up 97 % of the words in documentation
/// and source code of Rust crates. Of two letters drawn by lot 44 % are among them.
const FOLLOWERS: [u32; 26] = followers([
    "bcdfgiklmnprstuvwxy",
    "aceilorsuy",
    "acdehiklorstuy",
    "adeilorsuy",
    "abcdefghilmnopqrstuvwxy",
    "aefilorstuy",
    "aeghilnorsu",
    "aeimortu",
    "abcdefgklmnoprstvxz",
    "e",
    "aeis",
    "acdefilopstuvy",
    "abeimopsu",
    "acdefgiklnoprstuvy",
    "abcdfgiklmnoprstuvwx",
    "aehiloprstuy",
    "u",
    "abcdefgiklmnoprstuvy",
    "acefhiklmnopstuwy",
    "acdefhilmorstuy",
    "abcdefgilmnoprst",
    "aeio",
    "aehinors",
    "aceipt",
    "imnopst",
    "aei",
]);

const fn followers(lists: [&str; 26]) -> [u32; 26] {
    let (mut sets, mut letter) = ([0; 26], 0);
    while letter < 26 {
        let (list, mut at) = (lists[letter].as_bytes(), 0);
        while at < list.len() {
            sets[letter] |= 1 << (list[at] - b'a');
            at += 1;
        }
        letter += 1;
    }
    sets
}

/// Whether a stretch of `value` looks drawn. UUIDs are looked over: they have a check of their own.
pub(super) fn is_random(value: &[u8]) -> bool {
    let (mut rest, mut found) = (value, uuid::find(value));
    while let Some(uuid) = found {
        if has_drawn_stretch(&rest[..uuid.start]) {
            return true;
        }
        rest = &rest[uuid.end..];
        found = uuid::find(rest);
    }
    has_drawn_stretch(rest)
}

/// A stretch is a row of parts between symbols, none of which is a word: a token has a `-` or a `/` here and there.
fn has_drawn_stretch(value: &[u8]) -> bool {
    let mut from = 0;
    let mut stretch = Stretch::default();
    for part in value.split(|byte| !byte.is_ascii_alphanumeric()) {
        let at = part.as_ptr() as usize - value.as_ptr() as usize;
        let odd = odd_pairs(part);
        if part.len() > SHORT && odd * 100 < PLAIN * (part.len() - 1) {
            stretch = Stretch::default();
            from = at + part.len();
            continue;
        }
        stretch.add(part.len(), odd);
        if stretch.is_drawn() && kinds(&value[from..at + part.len()]) >= 2 {
            return true;
        }
    }
    false
}

/// Parts in a row, counted.
#[derive(Default)]
struct Stretch {
    len: usize,
    pairs: usize,
    odd: usize,
}

impl Stretch {
    fn add(&mut self, len: usize, odd: usize) {
        self.len += len;
        self.pairs += len.saturating_sub(1);
        self.odd += odd;
    }

    fn is_drawn(&self) -> bool {
        self.len >= SHORTEST && self.odd * 100 >= ODD * self.pairs
    }
}

/// How many neighbours in `part` are odd.
fn odd_pairs(part: &[u8]) -> usize {
    part.windows(2).filter(|pair| is_odd(pair[0], pair[1])).count()
}

/// A digit beside a letter, a new capital, two letters that seldom follow each other but in the alphabet.
fn is_odd(first: u8, second: u8) -> bool {
    if second == first + 1 {
        return false;
    }
    match (first.is_ascii_digit(), second.is_ascii_digit()) {
        (true, true) => false,
        (false, false) => {
            let capital = first.is_ascii_lowercase() && second.is_ascii_uppercase();
            let [first, second] = [first, second].map(|letter| letter.to_ascii_lowercase() - b'a');
            capital || FOLLOWERS[usize::from(first)] >> second & 1 == 0
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::template::expand;

    #[test]
    fn names_paths_dates_and_versions_are_not_random() {
        for value in [
            "some_long_function_name_with_words",
            "kebab-case-names-of-packages",
            "thisIsACamelCaseNameOfAMethod",
            "SCREAMING_SNAKE_CASE_CONSTANT",
            "AbstractSingletonProxyFactoryBean",
            "/usr/local/lib/python3/site-packages",
            "2026-11-25T10-17-20-000000Z",
            "20261125T101720Z-000001",
            "x86_64-unknown-linux-gnu",
            "api-server-deployment-7d9f8b6c5d-x2x4z",
            "1234567890123456789012345678901234567890",
            "XMLHttpRequestEventTarget",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
            "----------------------------------------",
        ] {
            assert!(!is_random(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_is_drawn_is_random() {
        let share = |template: &str| {
            let drawn = (0..400).filter(|&seed| {
                is_random(expand(template, seed).expect("a good template").text.as_bytes())
            });
            drawn.count() / 4
        };
        for (template, least) in [
            ("{alnum:20}", 98),
            ("{alnum:40}", 99),
            ("{base64:40}", 98),
            ("{base64url:43}", 97),
            ("{loweralnum:24}", 98),
            ("{base32:32}", 98),
            ("path/to/{alnum:32}/words", 99),
            ("{hex:24}", 80),
        ] {
            assert!(share(template) >= least, "{template}: {} %", share(template));
        }
    }

    #[test]
    fn uuids_are_looked_over() {
        let random =
            |template| is_random(expand(template, 1).expect("a good template").text.as_bytes());
        assert!(!random("jobs/{hex:8}-{hex:4}-4{hex:3}-9{hex:3}-{hex:12}/log"));
        assert!(random("{hex:8}-{hex:4}-4{hex:3}-9{hex:3}-{hex:12}/{alnum:32}"));
    }
}
