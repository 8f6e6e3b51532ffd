//! Tokens inside base64: what their fixed beginning looks like there.
//!
//! Three bytes are four letters, so a token begins in one of three ways. The letters that its first bytes determine
//! alone are a head like any other; from there on a candidate reads decoded bytes.

use super::byte_set::ByteSet;
use super::file::Rule;
use super::head::Head;
use super::pattern::Pattern;
use crate::check::{LETTERS, Sextets};

/// Fewest fixed bytes of a rule whose tokens are looked for. They give as few as four letters, as many as the prefilter
/// needs, and stand by chance once in 16 MB of base64.
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
#[derive(Clone)]
pub(crate) struct Encoded {
    pub(crate) alignment: Alignment,
    /// The letters that the token's beginning determines alone, in either alphabet, and a last one that it determines
    /// in part.
    pub(crate) head: Head,
    /// The bits of the first byte that lie in the letter before them. They are taken for granted.
    pub(crate) before: Sextets,
}

impl Encoded {
    fn new(literal: &[u8], alignment: Alignment) -> Self {
        let shared = alignment as usize;
        let bits = literal.len() * 8;
        let letters = (shared..bits).step_by(6);
        let sets = letters.map(|at| spellings(sextet(literal, at), 6.min(bits - at)));
        let before = Sextets::begun(literal[0], shared as u8);
        Self { alignment, head: Head::of_sets(sets), before }
    }

    /// What `secret`, which begins with the head, stands for.
    pub(crate) fn decode(&self, secret: &[u8]) -> Vec<u8> {
        let mut sextets = self.before;
        secret.iter().map_while(|&letter| sextets.push(letter)).flatten().collect()
    }
}

/// How tokens of `rule` begin inside base64, if it asks for them there.
///
/// Deriving it for every rule of high confidence with five fixed bytes was tried on 2026-11-25: some 480 heads halved
/// the speed over base64 and took 30 ms more to build, where the 54 of the rules that ask cost a tenth of the speed
/// (`cargo bench --bench throughput`, on a busy machine). The filter looks at nibbles, and letters share them all.
pub(super) fn of(rule: &Rule, pattern: &Pattern) -> Result<Vec<Encoded>, String> {
    if !rule.encoded {
        return Ok(Vec::new());
    }
    let literals = if rule.next.is_some() { Vec::new() } else { pattern.literals() };
    if literals.is_empty() || literals.iter().any(|literal| literal.len() < FEWEST) {
        return Err(format!("to be found in base64 it has to begin with {FEWEST} fixed bytes"));
    }
    Ok(literals.iter().flat_map(|literal| ways(literal)).collect())
}

/// The ways in which `literal` can stand inside base64.
pub(super) fn ways(literal: &[u8]) -> [Encoded; 3] {
    [Alignment::None, Alignment::Four, Alignment::Two]
        .map(|alignment| Encoded::new(literal, alignment))
}

/// Six bits of `bytes`, from bit `at` on.
fn sextet(bytes: &[u8], at: usize) -> usize {
    let pair = [bytes[at / 8], bytes.get(at / 8 + 1).copied().unwrap_or(0)];
    usize::from(u16::from_be_bytes(pair) >> (10 - at % 8) & 63)
}

/// The letters of the sextets whose first `known` bits are those of `sextet` and whose others are open, in both
/// alphabets.
fn spellings(sextet: usize, known: usize) -> ByteSet {
    let mut set = ByteSet::EMPTY;
    for (value, &letter) in LETTERS.iter().enumerate().skip(sextet).take(1 << (6 - known)) {
        set.insert(letter);
        match value {
            62 => set.insert(b'-'),
            63 => set.insert(b'_'),
            _ => {}
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::super::{Cache, CompiledRule};
    use super::*;

    fn letters(literal: &str) -> [String; 3] {
        [Alignment::None, Alignment::Four, Alignment::Two].map(|alignment| {
            let head = Encoded::new(literal.as_bytes(), alignment).head;
            let shown = |set: &ByteSet| match set.len() {
                1 => set.iter().map(char::from).collect(),
                n => format!("<{n}>"),
            };
            head.sets.iter().map(shown).collect()
        })
    }

    #[test]
    fn a_literal_determines_letters_at_each_alignment() {
        assert_eq!(letters("ghp_"), ["Z2hwX<18>", "docF<6>", "naHBf"]);
        assert_eq!(letters("abcd-"), ["YWJjZC<4>", "FiY2Qt", "hYmNkL<16>"]);
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
    fn only_what_begins_with_fixed_bytes_can_be_asked_for() {
        let count = |keys: &str| {
            let toml = format!("[[rule]]\nid = 'a'\ndescription = 'd'\n{keys}");
            let rule = &super::super::parse_rules("rules.toml", &toml).expect("a rule")[0];
            let compiled =
                CompiledRule::new(rule.clone(), &crate::Limits::default(), &Cache::default());
            compiled.map(|compiled| compiled.anchors.encoded.len()).ok()
        };
        assert_eq!(count("pattern = 'acme_[a-z]{9}'"), Some(0));
        assert_eq!(count("encoded = true\npattern = 'acme_[a-z]{9}'"), Some(3));
        assert_eq!(count("encoded = true\npattern = '(?:one|two)acme[a-z]{9}'"), Some(6));
        for other in
            ["(?i)acme_[a-z]{9}", "acme_(?<secret>[a-z]{9})", "[a-z]{5}acme", "ac[a-z]m_[a-z]{9}"]
        {
            assert_eq!(count(&format!("encoded = true\npattern = '{other}'")), None, "{other}");
        }
    }
}
