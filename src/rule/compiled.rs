//! A rule that cannot be wrong any more.

use std::sync::{Arc, OnceLock};

use regex_automata::meta::Regex;

use super::anchors::{Anchors, anchors_of_catalogue};
use super::cache::Cache;
use super::confidence::Confidence;
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
    pub(crate) anchors: Anchors,
    rule: Rule,
    cache: Cache,
    /// Of a rule of the catalogue, made when a candidate first needs it: most never see one, so it takes no room here.
    parts: OnceLock<Box<Parts>>,
}

/// What a candidate is matched and judged with.
struct Parts {
    pattern: Pattern,
    next: Option<Pattern>,
    checks: Vec<Check>,
    // A secret in which one of them is found is none.
    except: Vec<Regex>,
    // As is one in which all of a list are found.
    except_together: Vec<Vec<Regex>>,
}

impl CompiledRule {
    /// The one conversion in which a rule can be refused.
    pub(crate) fn new(rule: Rule, limits: &Limits, cache: &Cache) -> Result<Self, BuildError> {
        let refused = |why: String| BuildError::rule(&rule.id, why);
        if !is_name(&rule.id) {
            return Err(refused("an id is made of a-z, 0-9 and `-`".into()));
        }
        if rule.run && rule.left != Left::Any {
            return Err(refused("a run begins where its class does: it takes no `left`".into()));
        }
        let parts = Parts::new(&rule, limits, cache).map_err(refused)?;
        let anchors = Anchors::new(&rule, &parts.pattern).map_err(refused)?;
        Ok(Self::with(rule, anchors, cache, OnceLock::from(Box::new(parts))))
    }

    /// A rule of the catalogue. What was proved of it, under the limits that there are by default, is not proved again.
    pub(crate) fn of_catalogue(
        rule: Rule,
        limits: &Limits,
        cache: &Cache,
    ) -> Result<Self, BuildError> {
        let known = (*limits == Limits::default()).then(|| anchors_of_catalogue(&rule)).flatten();
        match known {
            Some(anchors) => Ok(Self::with(rule, anchors, cache, OnceLock::new())),
            None => Self::new(rule, limits, cache),
        }
    }

    fn with(rule: Rule, anchors: Anchors, cache: &Cache, parts: OnceLock<Box<Parts>>) -> Self {
        let (id, cache) = (Arc::from(rule.id.as_str()), cache.clone());
        Self { id, confidence: rule.confidence, left: rule.left, anchors, rule, cache, parts }
    }

    /// What it was made of.
    pub(crate) fn rule(&self) -> &Rule {
        &self.rule
    }

    fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| {
            let parts = Parts::new(&self.rule, &Limits::default(), &self.cache);
            Box::new(parts.expect("the catalogue is compiled by a test"))
        })
    }

    pub(crate) fn pattern(&self) -> &Pattern {
        &self.parts().pattern
    }

    /// What goes on behind a match, again and again.
    pub(crate) fn next(&self) -> Option<&Pattern> {
        self.parts().next.as_ref()
    }

    /// Whether the rule's checks and exceptions let `secret` be one.
    pub(crate) fn accepts(&self, secret: &[u8]) -> bool {
        let parts = self.parts();
        let found = |regex: &Regex| regex.is_match(secret);
        parts.checks.iter().all(|check| check.accepts(secret))
            && !parts.except.iter().any(found)
            && !parts.except_together.iter().any(|list| list.iter().all(found))
    }

    /// How many bytes before its head a match begins, if what stands there, `before`, fits.
    pub(crate) fn start(&self, before: &[u8]) -> Option<usize> {
        if !self.anchors.behind {
            return Some(0);
        }
        let behind = self.pattern().behind.as_ref()?;
        behind.start(before).map(|start| before.len() - start)
    }

    /// How many of the last bytes of `text` could stand before the fixed bytes of the pattern.
    pub(crate) fn undecided(&self, text: &[u8]) -> usize {
        let Some(behind) = &self.pattern().behind else { return 0 };
        let from = text.len() - behind.undecided(text);
        let begins =
            |at: &usize| self.left.allows(&text[..*at]) && self.pattern().begins(&text[*at..]);
        (from..text.len()).find(begins).map_or(0, |at| text.len() - at)
    }

    /// Makes the automata now, of at most `largest` bytes each; done for every rule that is not built in.
    pub(crate) fn check_automata(&self, largest: usize) -> Result<(), BuildError> {
        let mut patterns = std::iter::once(self.pattern()).chain(self.next());
        patterns
            .try_for_each(|pattern| pattern.check(largest))
            .map_err(|why| BuildError::rule(&self.id, why))
    }
}

impl Parts {
    fn new(rule: &Rule, limits: &Limits, cache: &Cache) -> Result<Self, String> {
        let shape = match rule {
            Rule { run: true, .. } => Shape::Run,
            Rule { block: true, .. } => Shape::Block,
            Rule { gaps: true, .. } => Shape::Gaps,
            _ => Shape::Token,
        };
        let mut checks = rule.checks.clone();
        checks.extend(rule.entropy.map(Check::Entropy));
        if !rule.block {
            checks.insert(0, Check::Unmasked);
        }
        let next = rule.next.as_ref();
        let next = next.map(|next| Pattern::next(next, shape, limits, cache));
        let together = rule.except_together.iter();
        let together = together.map(|list| list.iter().map(|one| compiled(one)).collect());
        Ok(Self {
            pattern: Pattern::new(&whole_pattern(rule)?, shape, limits, cache)?,
            next: next.transpose()?,
            checks,
            except: exceptions(rule)?,
            except_together: together.collect::<Result<_, _>>()?,
        })
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
