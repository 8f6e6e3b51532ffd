//! A rule that cannot be wrong any more.

use std::sync::Arc;

use regex_automata::meta::Regex;

use super::confidence::Confidence;
use super::encoded::{self, Encoded};
use super::file::Rule;
use super::left::Left;
use super::names::whole_pattern;
use super::pattern::{Pattern, Shape};
use crate::allow::compiled;
use crate::check::Check;
use crate::error::BuildError;
use crate::limits::Limits;

/// A rule in the form in which it is matched.
pub(crate) struct CompiledRule {
    pub(crate) id: Arc<str>,
    pub(crate) confidence: Confidence,
    pub(crate) left: Left,
    pub(crate) pattern: Pattern,
    /// What goes on behind a match, again and again.
    pub(crate) next: Option<Pattern>,
    /// How its tokens begin inside base64; empty if they are not looked for there.
    pub(crate) encoded: Vec<Encoded>,
    checks: Vec<Check>,
    // A secret in which one of them is found is none.
    except: Vec<Regex>,
    // As is one in which all of a list are found.
    except_together: Vec<Vec<Regex>>,
}

impl CompiledRule {
    /// The one conversion in which a rule can be refused.
    pub(crate) fn new(rule: &Rule, limits: &Limits) -> Result<Self, BuildError> {
        let refused = |why: String| BuildError::rule(&rule.id, why);
        if !is_name(&rule.id) {
            return Err(refused("an id is made of a-z, 0-9 and `-`".into()));
        }
        if rule.run && rule.left != Left::Any {
            return Err(refused("a run begins where its class does: it takes no `left`".into()));
        }
        let shape = match rule {
            Rule { run: true, .. } => Shape::Run,
            Rule { block: true, .. } => Shape::Block,
            Rule { gaps: true, .. } => Shape::Gaps,
            _ => Shape::Token,
        };
        let pattern = whole_pattern(rule).map_err(refused)?;
        let pattern = Pattern::new(&pattern, shape, limits).map_err(refused)?;
        let next = rule.next.as_ref().map(|next| Pattern::next(next, shape, limits));
        let next = next.transpose().map_err(refused)?;
        let encoded = encoded::of(rule, &pattern).map_err(refused)?;
        let mut checks = rule.checks.clone();
        checks.extend(rule.entropy.map(Check::Entropy));
        if !rule.block {
            checks.insert(0, Check::Unmasked);
        }
        Ok(Self {
            id: Arc::from(rule.id.as_str()),
            confidence: rule.confidence,
            left: rule.left,
            pattern,
            next,
            encoded,
            checks,
            except: exceptions(rule).map_err(refused)?,
            except_together: rule
                .except_together
                .iter()
                .map(|list| list.iter().map(|pattern| compiled(pattern)).collect())
                .collect::<Result<_, _>>()
                .map_err(refused)?,
        })
    }

    /// Whether the rule's checks and exceptions let `secret` be one.
    pub(crate) fn accepts(&self, secret: &[u8]) -> bool {
        let found = |regex: &Regex| regex.is_match(secret);
        self.checks.iter().all(|check| check.accepts(secret))
            && !self.except.iter().any(found)
            && !self.except_together.iter().any(|list| list.iter().all(found))
    }

    /// How many bytes before its head a match begins, if what stands there, `before`, fits.
    pub(crate) fn start(&self, before: &[u8]) -> Option<usize> {
        match &self.pattern.behind {
            None => Some(0),
            Some(behind) => behind.start(before).map(|start| before.len() - start),
        }
    }

    /// How many of the last bytes of `text` could stand before the fixed bytes of the pattern.
    pub(crate) fn undecided(&self, text: &[u8]) -> usize {
        let Some(behind) = &self.pattern.behind else { return 0 };
        let from = text.len() - behind.undecided(text);
        let begins =
            |at: &usize| self.left.allows(&text[..*at]) && self.pattern.begins(&text[*at..]);
        (from..text.len()).find(begins).map_or(0, |at| text.len() - at)
    }

    /// Makes the automata now, of at most `largest` bytes each; done for every rule that is not built in.
    pub(crate) fn check_automata(&self, largest: usize) -> Result<(), BuildError> {
        let mut patterns = std::iter::once(&self.pattern).chain(&self.next);
        patterns
            .try_for_each(|pattern| pattern.check(largest))
            .map_err(|why| BuildError::rule(&self.id, why))
    }
}

fn is_name(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn exceptions(rule: &Rule) -> Result<Vec<Regex>, String> {
    let words: Vec<String> = rule.stopwords.iter().map(|word| regex_syntax::escape(word)).collect();
    let words = (!words.is_empty()).then(|| format!("(?i:{})", words.join("|")));
    rule.except.iter().chain(&words).map(|pattern| compiled(pattern)).collect()
}
