//! What a configuration that extends gitleaks' default rules asks of the catalogue, which stands in for them.

use super::allow::Exceptions;
use super::config::Source;
use super::regex::Secret;
use crate::rule::Rule;

/// Changes to rules that are there already.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    pub(super) place: String,
    pub(super) disabled: Vec<String>,
    pub(super) everywhere: Vec<Exceptions>,
    pub(super) changes: Vec<Change>,
}

/// What a rule or an allowlist of the configuration changes of the rule with its id.
#[derive(Clone, Debug)]
pub(super) struct Change {
    id: String,
    entropy: Option<f32>,
    exceptions: Vec<Exceptions>,
    regex: Regex,
}

/// Whether a rule of the configuration looks for something of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Regex {
    Own,
    Inherited,
}

impl Change {
    pub(super) fn new(source: &Source, exceptions: Vec<Exceptions>) -> Self {
        let regex = if source.regex.is_some() { Regex::Own } else { Regex::Inherited };
        let entropy = source.entropy.filter(|&least| least != 0.0);
        Self { id: source.id.clone(), entropy, exceptions, regex }
    }

    pub(super) fn excepting(id: String, exceptions: Exceptions) -> Self {
        Self { id, entropy: None, exceptions: vec![exceptions], regex: Regex::Inherited }
    }
}

impl Defaults {
    /// Whether a rule of the catalogue is to be left out.
    pub(crate) fn disables(&self, rule: &Rule) -> bool {
        is_own(rule) && self.disabled.contains(&rule.id)
    }

    /// Changes `rule`, one of the catalogue, as the configuration says.
    pub(crate) fn change(&self, rule: &mut Rule) {
        if !is_own(rule) {
            return;
        }
        // What gitleaks' own rule would match is not known: an exception over that is told of once, by `notices`.
        let mut untold = Vec::new();
        let id = rule.id.clone();
        for change in self.changes.iter().filter(|change| change.id == id) {
            rule.entropy = change.entropy.or(rule.entropy);
            let exceptions = change.exceptions.iter();
            exceptions.for_each(|except| except.add_to(rule, Secret::Part, &mut untold));
        }
        let everywhere = self.everywhere.iter();
        everywhere.for_each(|except| except.add_to(rule, Secret::Part, &mut untold));
    }

    /// How the catalogue, which is `rules`, differs from what the configuration means.
    pub(crate) fn notices<'a>(&self, rules: impl Iterator<Item = &'a Rule>) -> Vec<String> {
        let ids: Vec<&str> =
            rules.filter(|rule| is_own(rule)).map(|rule| rule.id.as_str()).collect();
        let mut notes = vec![
            "[extend] useDefault: keepmum's own catalogue stands in for gitleaks' default rules"
                .to_owned(),
        ];
        let mut tell = |what: &str, id: &str, why: &str| {
            notes.push(format!("{what} `{id}`: the catalogue {why}"));
        };
        for id in self.disabled.iter().filter(|id| !ids.contains(&id.as_str())) {
            tell("disabledRules", id, "has no rule of that id in force");
        }
        for change in &self.changes {
            match (change.regex, ids.contains(&change.id.as_str())) {
                (Regex::Own, true) => tell("rule", &change.id, "looks for its own pattern too"),
                (Regex::Inherited, false) => {
                    tell("rule", &change.id, "has no rule of that id in force");
                }
                _ => {}
            }
        }
        let changed = self.changes.iter().flat_map(|change| &change.exceptions);
        if self.everywhere.iter().chain(changed).any(Exceptions::is_over_the_match) {
            notes.push("allowlists over the match are ignored for the catalogue's rules".into());
        }
        notes.into_iter().map(|note| format!("{}: {note}", self.place)).collect()
    }
}

fn is_own(rule: &Rule) -> bool {
    rule.vendor != super::VENDOR
}
