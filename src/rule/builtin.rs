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
