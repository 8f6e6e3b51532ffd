//! The built-in catalogue: one TOML file per vendor in the folder of this name.

use super::file::{Rule, parse_rules};

/// Name and text of every built-in rule file, sorted by name.
pub const BUILTIN_FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin_rules.rs"));

/// Every built-in rule, in the order of the files.
///
/// ```
/// assert!(keepmum::rule::builtin_rules().len() >= 80);
/// ```
pub fn builtin_rules() -> Vec<Rule> {
    BUILTIN_FILES
        .iter()
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
        for rule in builtin_rules() {
            let compiled = CompiledRule::new(&rule, &Limits::default()).expect("a good rule");
            for pattern in std::iter::once(&compiled.pattern).chain(&compiled.next) {
                let lead = pattern.lead().map_or(0, |lead| lead.memory_usage());
                let secret = pattern.secret().memory_usage();
                assert!(lead <= LARGEST && secret <= LARGEST, "{}: {lead}, {secret}", rule.id);
            }
        }
    }
}
