//! By what the matches of a rule are found, and the list of it for the catalogue.

use std::borrow::Cow;

use super::byte_set::ByteSet;
use super::encoded::{self, Encoded};
use super::file::Rule;
use super::head::Head;
use super::pattern::Pattern;

// What is known of every rule of the catalogue, so that none of their patterns has to be parsed at the start: `anchors.json` as
// tables. `KEEPMUM_BLESS=1 cargo test catalogue` writes it anew, and a test holds it against the rules.
include!(concat!(env!("OUT_DIR"), "/anchors.rs"));

/// What the tables have of a rule.
struct Entry {
    id: &'static str,
    /// Of which text of the rule it is.
    text: u64,
    tells: bool,
    behind: bool,
    run: bool,
    heads: &'static [&'static [ByteSet]],
    /// The fixed beginnings that are looked for inside base64.
    encoded: &'static [&'static str],
    homes: &'static [Home],
}

/// By what the prefilter finds a rule's matches.
#[derive(Default)]
pub(crate) struct Anchors {
    /// The fixed beginnings, or fixed bytes in the middle. A rule of runs has none.
    pub(crate) heads: Vec<Head>,
    /// How its tokens begin inside base64; empty if they are not looked for there.
    pub(crate) encoded: Vec<Encoded>,
    /// Where the prefilter has each of the heads, and then each of those inside base64; empty if it has to find places for
    /// them.
    pub(crate) homes: Cow<'static, [Home]>,
    /// Whether the heads lie in the lead, so that a beginning of one claims nothing.
    pub(crate) tells: bool,
    /// Whether something of the pattern stands before the heads.
    pub(crate) behind: bool,
    /// Whether its matches are the runs of a class.
    pub(crate) run: bool,
}

/// The window of a head that the prefilter looks for, and in which bucket it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct Home {
    pub(crate) offset: u8,
    pub(crate) bucket: u8,
}

impl Anchors {
    pub(super) fn new(rule: &Rule, pattern: &Pattern) -> Result<Self, String> {
        Ok(Self {
            heads: pattern.heads.clone(),
            encoded: encoded::of(rule, pattern)?,
            homes: Cow::default(),
            tells: pattern.tells,
            behind: pattern.behind.is_some(),
            run: pattern.run.is_some(),
        })
    }
}

/// What is known of `rule`; none if it is another rule than the tables know under this id.
pub(super) fn anchors_of_catalogue(rule: &Rule) -> Option<Anchors> {
    let at = ENTRIES.binary_search_by(|entry| entry.id.cmp(&rule.id)).ok()?;
    let entry = &ENTRIES[at];
    (entry.text == text_of(rule)).then(|| entry.anchors())
}

impl Entry {
    fn anchors(&self) -> Anchors {
        let literals = self.encoded.iter();
        Anchors {
            heads: self.heads.iter().map(|sets| Head::of_table(sets)).collect(),
            encoded: literals.flat_map(|begins| encoded::ways(begins.as_bytes())).collect(),
            homes: Cow::Borrowed(self.homes),
            tells: self.tells,
            behind: self.behind,
            run: self.run,
        }
    }
}

/// Tells texts of a rule apart, as far as anchors depend on them: FNV-1a, for nobody means to deceive here.
fn text_of(rule: &Rule) -> u64 {
    let Rule { names, pattern, next, encoded, block, gaps, run, .. } = rule;
    let flags = [encoded, block, gaps, run].map(|flag| u8::from(*flag));
    let next = next.as_deref().unwrap_or_default();
    let texts = names.iter().map(String::as_bytes);
    let texts = texts.chain([pattern.as_bytes(), next.as_bytes(), &flags]);
    // No text holds a byte that UTF-8 does not have.
    let bytes = texts.flat_map(|text| text.iter().chain(&[0xFF]));
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

#[cfg(test)]
pub(crate) use self::written::written;

#[cfg(test)]
mod written {
    use std::fmt::Write as _;

    use serde::Serialize;

    use super::*;

    /// A line of `anchors.json`.
    #[derive(Serialize)]
    struct Line {
        id: String,
        text: u64,
        tells: bool,
        behind: bool,
        run: bool,
        /// For each position of each head where its set stands in the list of sets.
        heads: Vec<Vec<u16>>,
        encoded: Vec<String>,
        homes: Vec<Home>,
    }

    /// The list of `rules`, each with the homes that the prefilter found; one rule a line.
    pub(crate) fn written(rules: &[Rule], homes: impl Fn(usize) -> Vec<Home>) -> String {
        let mut sets = Vec::new();
        let mut lines = String::new();
        for (at, rule) in rules.iter().enumerate() {
            let compiled = crate::rule::CompiledRule::new(
                rule.clone(),
                &crate::Limits::default(),
                &crate::rule::Cache::default(),
            );
            let compiled = compiled.expect("a good rule");
            let (anchors, pattern) = (&compiled.anchors, compiled.pattern());
            let mut place = |set: &ByteSet| {
                let found = sets.iter().position(|other| other == set);
                found.unwrap_or_else(|| {
                    sets.push(*set);
                    sets.len() - 1
                }) as u16
            };
            let mut head = |head: &Head| head.sets.iter().map(&mut place).collect();
            let literals = if rule.encoded { pattern.literals() } else { Vec::new() };
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
            let line = Line {
                id: rule.id.clone(),
                text: text_of(rule),
                tells: anchors.tells,
                behind: anchors.behind,
                run: anchors.run,
                heads: anchors.heads.iter().map(&mut head).collect(),
                encoded: literals.into_iter().map(text).collect(),
                homes: homes(at),
            };
            let separator = if at == 0 { "" } else { ",\n" };
            let entry = serde_json::to_string(&line).expect("JSON");
            let _ = write!(lines, "{separator}{entry}");
        }
        let sets = serde_json::to_string(&sets).expect("JSON");
        format!("{{\"sets\":{sets},\n\"rules\":[\n{lines}\n]}}\n")
    }

    #[test]
    fn another_text_under_the_same_id_is_not_taken_for_the_rule() {
        let rule = crate::rule::builtin_rules().remove(0);
        assert!(anchors_of_catalogue(&rule).is_some());
        let changed = Rule { pattern: format!("{}x", rule.pattern), ..rule };
        assert!(anchors_of_catalogue(&changed).is_none());
    }
}
