//! What an allowlist of gitleaks excepts, as far as a stream can tell.

use super::super::file::Rule;
use super::config::Allow;
use super::regex::{Secret, with_braces_escaped};
use crate::allow::compiled;

/// An allowlist whose patterns are good and whose criteria a stream has.
#[derive(Clone, Debug)]
pub(super) struct Exceptions {
    regexes: Vec<String>,
    words: Vec<String>,
    target: Target,
    condition: Condition,
}

/// What the regexes are looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Secret,
    Match,
}

/// How many of the criteria have to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Any,
    All,
}

impl Exceptions {
    /// Reads `allow`; what means nothing here goes to `notes`. None if nothing is left of it: then more is redacted
    /// than gitleaks reports, never less.
    pub(super) fn new(allow: &Allow, notes: &mut Vec<String>) -> Option<Self> {
        let condition = match allow.condition.to_ascii_uppercase().as_str() {
            "" | "OR" | "||" => Condition::Any,
            "AND" | "&&" => Condition::All,
            other => {
                notes.push(format!("an allowlist with the unknown condition `{other}` is ignored"));
                return None;
            }
        };
        if !allow.paths.is_empty() || !allow.commits.is_empty() {
            if condition == Condition::All {
                notes.push(
                    "an allowlist that also asks for a path or a commit never holds: a stream has none".into(),
                );
                return None;
            }
            notes.push("paths and commits of an allowlist are ignored: a stream has none".into());
        }
        let target = target(allow, notes);
        let regexes: Vec<String> = match target {
            Some(_) => allow.regexes.iter().filter_map(|regex| good(regex, notes)).collect(),
            None => Vec::new(),
        };
        let words = allow.stopwords.clone();
        if condition == Condition::All && regexes.is_empty() && !allow.regexes.is_empty() {
            return None;
        }
        let target = target.unwrap_or(Target::Secret);
        (!regexes.is_empty() || !words.is_empty()).then_some(Self {
            regexes,
            words,
            target,
            condition,
        })
    }

    /// Whether some of it can only be told from the whole match.
    pub(super) fn is_over_the_match(&self) -> bool {
        self.target == Target::Match && !self.regexes.is_empty()
    }

    /// Adds them to `rule`, of whose matches `secret` is known.
    pub(super) fn add_to(&self, rule: &mut Rule, secret: Secret, notes: &mut Vec<String>) {
        let known = !self.is_over_the_match() || secret == Secret::Whole;
        if !known {
            notes.push(
                "an allowlist over the match is ignored: only the secret in it is looked at".into(),
            );
        }
        match self.condition {
            Condition::Any => {
                if known {
                    rule.except.extend_from_slice(&self.regexes);
                }
                rule.stopwords.extend_from_slice(&self.words);
            }
            Condition::All if known => rule.except_together.push(self.together()),
            Condition::All => {}
        }
    }

    /// A pattern for the regexes and one for the words.
    fn together(&self) -> Vec<String> {
        let words: Vec<String> = self.words.iter().map(|word| regex_syntax::escape(word)).collect();
        let any = |patterns: &[String]| format!("(?:{})", patterns.join(")|(?:"));
        let regexes = (!self.regexes.is_empty()).then(|| any(&self.regexes));
        let words = (!words.is_empty()).then(|| format!("(?i){}", any(&words)));
        regexes.into_iter().chain(words).collect()
    }
}

fn target(allow: &Allow, notes: &mut Vec<String>) -> Option<Target> {
    match allow.regex_target.as_str() {
        "" | "secret" => Some(Target::Secret),
        "match" => Some(Target::Match),
        _ if allow.regexes.is_empty() => None,
        "line" => {
            notes
                .push("an allowlist over the line is ignored: only the secret is looked at".into());
            None
        }
        other => {
            notes.push(format!("an allowlist over the unknown target `{other}` is ignored"));
            None
        }
    }
}

fn good(regex: &str, notes: &mut Vec<String>) -> Option<String> {
    let regex = with_braces_escaped(regex);
    match compiled(&regex) {
        Ok(_) => Some(regex),
        Err(_) => {
            notes.push(format!("the allowlist's regex `{regex}` cannot be read and is ignored"));
            None
        }
    }
}
