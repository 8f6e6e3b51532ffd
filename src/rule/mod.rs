//! What a rule is: its TOML form, its compiled form, and the proof of its bounds.

mod anchors;
mod behind;
mod builtin;
mod byte_set;
mod cache;
mod compiled;
mod confidence;
mod encoded;
mod file;
mod gitleaks;
mod head;
mod left;
mod names;
mod pattern;
mod run_class;
pub mod template;

pub(crate) use anchors::Home;
#[cfg(test)]
pub(crate) use anchors::written as anchors_written;
pub(crate) use behind::LONGEST_BEHIND;
pub(crate) use byte_set::ByteSet;
pub use cache::AutomatonCache;
pub(crate) use cache::Cache;
pub(crate) use compiled::CompiledRule;
pub use confidence::Confidence;
pub(crate) use encoded::{Alignment, Encoded};
pub use file::{Rule, parse_rules};
pub use gitleaks::{Extended, Import, import_gitleaks, import_gitleaks_with};
pub(crate) use head::Head;
pub use left::Left;
pub(crate) use left::{ends_in_word, is_word};
pub(crate) use pattern::{Automaton, LARGEST_AUTOMATON, Pattern, SHORTEST_HEAD};
pub(crate) use run_class::RunClass;

pub use builtin::{BUILTIN_FILES, builtin_rules, paranoid_rules};
