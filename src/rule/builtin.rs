//! The built-in catalogue: one TOML file per vendor in the folder of this name.

use super::file::{Rule, parse_rules};

/// Name and text of every built-in rule file, sorted by name.
pub const BUILTIN_FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin_rules.rs"));

/// The file whose rules ask for no vendor's form. They catch all that looks random, ids and hashes too, so nobody gets
/// them unasked.
const PARANOID_FILE: &str = "entropy.toml";

/// Every built-in rule but the [`paranoid_rules`], in the order of the files.
///
/// ```
/// assert!(keepmum::rule::builtin_rules().len() >= 80);
/// ```
pub fn builtin_rules() -> Vec<Rule> {
    rules_of(|file| file != PARANOID_FILE)
}

/// What the profile `paranoid` adds: runs of letters and digits that look random, wherever they stand.
///
/// ```
/// assert!(keepmum::rule::paranoid_rules().iter().all(|rule| rule.run));
/// ```
pub fn paranoid_rules() -> Vec<Rule> {
    rules_of(|file| file == PARANOID_FILE)
}

fn rules_of(chosen: impl Fn(&str) -> bool) -> Vec<Rule> {
    BUILTIN_FILES
        .iter()
        .filter(|(name, _)| chosen(name))
        .flat_map(|(name, toml)| {
            parse_rules(name, toml).expect("the catalogue is parsed by a test")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::rule::CompiledRule;

    /// Bytes of an automaton that take some ten milliseconds to make, while a stream waits.
    const LARGEST: usize = 1 << 20;

    #[test]
    fn no_automaton_of_the_catalogue_is_large() {
        for rule in builtin_rules().into_iter().chain(paranoid_rules()) {
            let compiled = CompiledRule::new(&rule, &Limits::default()).expect("a good rule");
            for pattern in std::iter::once(&compiled.pattern).chain(&compiled.next) {
                let lead = pattern.lead().map_or(0, |lead| lead.memory_usage());
                let secret = pattern.secret().memory_usage();
                assert!(lead <= LARGEST && secret <= LARGEST, "{}: {lead}, {secret}", rule.id);
            }
        }
    }
}
