//! By what the matches of a rule are found, and the list of it for the catalogue.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::byte_set::ByteSet;
use super::encoded::{self, Encoded};
use super::file::Rule;
use super::head::Head;
use super::pattern::Pattern;

/// What is known of every rule of the catalogue, so that none of their patterns has to be parsed at the start.
///
/// `KEEPMUM_BLESS=1 cargo test catalogue` writes it anew; a test holds it against the rules. An entry of another text than
/// the rule now has is not used.
const CATALOGUE: &str = include_str!("builtin/anchors.json");

/// By what the prefilter finds a rule's matches.
#[derive(Clone, Default)]
pub(crate) struct Anchors {
    /// The fixed beginnings, or fixed bytes in the middle. A rule of runs has none.
    pub(crate) heads: Vec<Head>,
    /// How its tokens begin inside base64; empty if they are not looked for there.
    pub(crate) encoded: Vec<Encoded>,
    /// Where the prefilter has each of the heads, and then each of those inside base64; empty if it has to find places for
    /// them.
    pub(crate) homes: Vec<Home>,
    /// Whether the heads lie in the lead, so that a beginning of one claims nothing.
    pub(crate) tells: bool,
    /// Whether something of the pattern stands before the heads.
    pub(crate) behind: bool,
    /// Whether its matches are the runs of a class.
    pub(crate) run: bool,
}

/// The window of a head that the prefilter looks for, and in which bucket it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Home {
    pub(crate) offset: u8,
    pub(crate) bucket: u8,
}

impl Anchors {
    pub(super) fn new(rule: &Rule, pattern: &Pattern) -> Result<Self, String> {
        Ok(Self {
            heads: pattern.heads.clone(),
            encoded: encoded::of(rule, pattern)?,
            homes: Vec::new(),
            tells: pattern.tells,
            behind: pattern.behind.is_some(),
            run: pattern.run.is_some(),
        })
    }
}

/// The list, as it is written down.
#[derive(Serialize, Deserialize)]
struct Catalogue {
    /// Sets of bytes that stand in heads, as bits.
    sets: Vec<ByteSet>,
    rules: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    id: String,
    /// Of which text of the rule it is.
    text: u64,
    tells: bool,
    behind: bool,
    run: bool,
    /// For each position of each head where its set stands in the list.
    heads: Vec<Vec<u16>>,
    /// The fixed beginnings that are looked for inside base64.
    encoded: Vec<String>,
    homes: Vec<Home>,
}

/// What the list has of `rule`; none if it is another rule than the list knows under this id.
pub(super) fn anchors_of_catalogue(rule: &Rule) -> Option<Anchors> {
    static ENTRIES: OnceLock<HashMap<String, (u64, Anchors)>> = OnceLock::new();
    let entries = ENTRIES.get_or_init(|| {
        let list: Catalogue = serde_json::from_str(CATALOGUE).expect("a test reads it");
        list.rules
            .iter()
            .map(|entry| (entry.id.clone(), (entry.text, list.anchors(entry))))
            .collect()
    });
    let (text, anchors) = entries.get(&rule.id)?;
    (*text == text_of(rule)).then(|| anchors.clone())
}

impl Catalogue {
    fn anchors(&self, entry: &Entry) -> Anchors {
        let set = |&at: &u16| self.sets[usize::from(at)];
        let head = |head: &Vec<u16>| Head::of_sets(head.iter().map(set));
        Anchors {
            heads: entry.heads.iter().map(head).collect(),
            encoded: entry
                .encoded
                .iter()
                .flat_map(|begins| encoded::ways(begins.as_bytes()))
                .collect(),
            homes: entry.homes.clone(),
            tells: entry.tells,
            behind: entry.behind,
            run: entry.run,
        }
    }
}

/// Tells texts of a rule apart, as far as anchors depend on them.
fn text_of(rule: &Rule) -> u64 {
    let Rule { names, pattern, next, encoded, block, gaps, run, .. } = rule;
    let text = format!("{names:?} {pattern:?} {next:?} {encoded} {block} {gaps} {run}");
    let digest = Sha256::digest(text);
    u64::from_le_bytes(*digest.first_chunk().expect("32 bytes"))
}

#[cfg(test)]
pub(crate) use self::written::written;

#[cfg(test)]
mod written {
    use std::fmt::Write as _;

    use super::*;

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
            let entry = Entry {
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
            let entry = serde_json::to_string(&entry).expect("JSON");
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
