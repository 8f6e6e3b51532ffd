//! The built-in catalogue: one TOML file per vendor in the folder of this name.

use super::file::{File, Rule};

/// Name and text of every built-in rule file, sorted by name.
pub const BUILTIN_FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin_rules.rs"));

/// The same files, in the form in which they are read.
const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/builtin_rules.json"));

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
    let files: Vec<(String, File)> = serde_json::from_str(JSON).expect("a test reads it");
    // A rule is large, and a list that grows moves all of them again and again.
    let mut rules = Vec::with_capacity(files.iter().map(|(_, file)| file.len()).sum());
    let files = files.into_iter().filter(|(name, _)| chosen(name));
    rules.extend(files.flat_map(|(_, file)| file.rules()));
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::rule::{Cache, CompiledRule, parse_rules};

    /// Bytes of an automaton that take some ten milliseconds to make, while a stream waits.
    const LARGEST: usize = 1 << 20;

    #[test]
    fn the_files_say_in_json_what_they_say_in_toml() {
        let parsed = |(name, toml): &(&str, &str)| parse_rules(name, toml).expect("good TOML");
        let toml: Vec<Rule> = BUILTIN_FILES.iter().flat_map(parsed).collect();
        let json = rules_of(|_| true);
        assert_eq!(format!("{json:?}"), format!("{toml:?}"));
    }

    #[test]
    fn no_automaton_of_the_catalogue_is_large() {
        for rule in builtin_rules().into_iter().chain(paranoid_rules()) {
            let compiled = CompiledRule::new(rule, &Limits::default(), &Cache::default())
                .expect("a good rule");
            for pattern in std::iter::once(compiled.pattern()).chain(compiled.next()) {
                let lead = pattern.lead().map_or(0, |lead| lead.memory_usage());
                let secret = pattern.secret().memory_usage();
                assert!(lead <= LARGEST && secret <= LARGEST, "{}: {lead}, {secret}", compiled.id);
            }
        }
    }
}
