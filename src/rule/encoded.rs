//! Tokens inside base64: what their fixed beginning looks like there.
//!
//! Three bytes are four letters, so a token begins in one of three ways. The letters that its first bytes determine
//! alone are a head like any other; from there on a candidate reads decoded bytes.

use super::Confidence;
use super::byte_set::ByteSet;
use super::file::Rule;
use super::head::Head;
use super::pattern::Pattern;
use crate::check::{LETTERS, Sextets};

/// Fewest fixed bytes of a rule whose tokens are looked for unasked. Four bytes give as few as four letters, and stand
/// by chance in every 16 MB of base64; five give six.
const TELLING: usize = 5;
/// Fewest fixed bytes of a rule that asks for it.
const FEWEST: usize = 4;

/// Where a token begins among the letters, by how many bits of its first byte belong to a letter shared with what
/// stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alignment {
    None = 0,
    Four = 4,
    Two = 2,
}

/// One way in which a token can begin inside base64.
pub(crate) struct Encoded {
    pub(crate) alignment: Alignment,
    /// The letters that the token's beginning determines alone, in either alphabet.
    pub(crate) head: Head,
    /// The bits of the first byte that lie in the letter before them. They are taken for granted.
    pub(crate) before: Sextets,
}

impl Encoded {
    fn new(literal: &[u8], alignment: Alignment) -> Self {
        let shared = alignment as usize;
        let letters = (literal.len() * 8 - shared) / 6;
        let sets = (0..letters).map(|letter| spellings(sextet(literal, shared + 6 * letter)));
        let before = Sextets::begun(literal[0], shared as u8);
        Self { alignment, head: Head::of_sets(sets), before }
    }

    /// What `secret`, which begins with the head, stands for.
    pub(crate) fn decode(&self, secret: &[u8]) -> Vec<u8> {
        let mut sextets = self.before;
        secret.iter().map_while(|&letter| sextets.push(letter)).flatten().collect()
    }
}

/// How tokens of `rule` begin inside base64. They are looked for there if the rule is sure and its beginning tells, or
/// if it asks for it.
pub(super) fn of(rule: &Rule, pattern: &Pattern) -> Result<Vec<Encoded>, String> {
    let least = match rule.encoded {
        Some(true) => FEWEST,
        None if rule.confidence == Confidence::High => TELLING,
        None | Some(false) => return Ok(Vec::new()),
    };
    let literals = if rule.next.is_some() { Vec::new() } else { pattern.literals() };
    if literals.is_empty() || literals.iter().any(|literal| literal.len() < least) {
        let why = format!("to be found in base64 it has to begin with {FEWEST} fixed bytes");
        return if rule.encoded.is_some() { Err(why) } else { Ok(Vec::new()) };
    }
    let ways = [Alignment::None, Alignment::Four, Alignment::Two];
    let encoded = |literal: Vec<u8>| ways.map(|alignment| Encoded::new(&literal, alignment));
    Ok(literals.into_iter().flat_map(encoded).collect())
}

/// Six bits of `bytes`, from bit `at` on.
fn sextet(bytes: &[u8], at: usize) -> usize {
    let pair = [bytes[at / 8], bytes.get(at / 8 + 1).copied().unwrap_or(0)];
    usize::from(u16::from_be_bytes(pair) >> (10 - at % 8) & 63)
}

/// The letters of a sextet: one, or one of each alphabet.
fn spellings(sextet: usize) -> ByteSet {
    let mut set = ByteSet::single(LETTERS[sextet]);
    match sextet {
        62 => set.insert(b'-'),
        63 => set.insert(b'_'),
        _ => {}
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(literal: &str) -> [String; 3] {
        [Alignment::None, Alignment::Four, Alignment::Two].map(|alignment| {
            let head = Encoded::new(literal.as_bytes(), alignment).head;
            let letter = |set: &ByteSet| set.iter().map(char::from).next().expect("a letter");
            head.sets.iter().map(letter).collect()
        })
    }

    #[test]
    fn a_literal_determines_letters_at_each_alignment() {
        assert_eq!(letters("ghp_"), ["Z2hwX", "docF", "naHBf"]);
        assert_eq!(letters("abcd-"), ["YWJjZC", "FiY2Qt", "hYmNkL"]);
    }

    #[test]
    fn letters_that_differ_between_alphabets_have_two_spellings() {
        let head = Encoded::new(b"a?>b", Alignment::None).head;
        for text in ["YT8+Yg", "YT8-Yg"] {
            assert!(head.begins(text.as_bytes()), "{text}");
        }
        assert!(!head.begins(b"YT8/Yg") && !head.begins(b"YT8"));
    }

    #[test]
    fn only_what_tells_is_looked_for_unasked() {
        let count = |keys: &str| {
            let toml = format!("[[rule]]\nid = 'a'\ndescription = 'd'\n{keys}");
            let rule = &super::super::parse_rules("rules.toml", &toml).expect("a rule")[0];
            let compiled = super::super::CompiledRule::new(rule, &crate::Limits::default());
            compiled.map(|compiled| compiled.encoded.len()).ok()
        };
        let high = "confidence = 'high'";
        assert_eq!(count(&format!("{high}\npattern = 'acme_[a-z]{{9}}'")), Some(3));
        assert_eq!(count(&format!("{high}\npattern = '(?:one|two)acme[a-z]{{9}}'")), Some(6));
        assert_eq!(count(&format!("{high}\npattern = 'acm_[a-z]{{9}}'")), Some(0));
        assert_eq!(count(&format!("{high}\npattern = 'acme_(?<secret>[a-z]{{9}})'")), Some(0));
        assert_eq!(count(&format!("{high}\npattern = '(?i)acme_[a-z]{{9}}'")), Some(0));
        assert_eq!(count("pattern = 'acme_[a-z]{9}'"), Some(0));
        assert_eq!(count("pattern = 'acm_[a-z]{9}'\nencoded = true"), Some(3));
        assert_eq!(count("pattern = 'ac[a-z]m_[a-z]{9}'\nencoded = true"), None);
    }
}
