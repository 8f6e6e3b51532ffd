//! Rules of a gitleaks configuration, and what means something else here.

mod allow;
mod config;
mod defaults;
mod regex;
#[cfg(test)]
mod tests;

pub(crate) use defaults::Defaults;

use regex_syntax::hir::Hir;

use self::allow::Exceptions;
use self::config::{Allow, Config, Source};
use self::defaults::Change;
use self::regex::Repeats;
use super::compiled::CompiledRule;
use super::confidence::Confidence;
use super::file::Rule;
use super::pattern::LARGEST_AUTOMATON;
use crate::check::Check;
use crate::error::BuildError;
use crate::limits::Limits;

/// Whose rules they are, and how their ids begin.
const VENDOR: &str = "gitleaks";
/// Bytes of an automaton past which long repetitions are no longer counted: larger ones take seconds to make.
const COUNTED_AUTOMATON: usize = 2 << 20;

/// What came of a gitleaks configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Import {
    /// The rules that can be matched here. Their ids begin with `gitleaks-`, so that they take no built-in rule's place.
    pub rules: Vec<Rule>,
    /// Every difference in meaning, with the rule's name.
    pub notices: Vec<String>,
    /// What it asks of the catalogue, if it extends gitleaks' default rules.
    pub(crate) defaults: Option<Defaults>,
}

/// A file that another one extends.
#[derive(Clone, Debug)]
pub struct Extended {
    /// What names it in errors and notices, and tells it from others.
    pub place: String,
    /// Its text.
    pub toml: String,
}

/// Reads a gitleaks configuration as it is. `place` names it in errors and notices.
///
/// Keywords are not needed here: the patterns themselves are found in one pass. An optional beginning of a pattern is
/// left out, since only the secret behind it counts. `[extend] useDefault` means the catalogue, if it is in force: a
/// [`RedactorBuilder`](crate::RedactorBuilder::gitleaks_toml) applies `disabledRules`, allowlists and rules without a
/// regex to it, by id.
///
/// # Errors
///
/// TOML that is not well-formed or lacks a rule's id, and `[extend] path`: [`import_gitleaks_with`] follows it. A rule
/// that cannot be matched here is no error but a notice.
///
/// ```
/// let toml = "[[rules]]\nid = 'x'\nregex = '(?i)acme[ ]{0,5}=[ ]{0,5}([a-z0-9]{12})(?:[;]|$)'";
/// let import = keepmum::rule::import_gitleaks("gitleaks.toml", toml)?;
/// assert_eq!(import.rules[0].id, "gitleaks-x");
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub fn import_gitleaks(place: &str, toml: &str) -> Result<Import, BuildError> {
    import_gitleaks_with(place, toml, &mut |_, _| Err("no way to read it was given".into()))
}

/// As [`import_gitleaks`]; `load` gives the file that `[extend] path` names, from the place of the file that extends it
/// and the path. At most two files can be extended one by another, as in gitleaks.
///
/// # Errors
///
/// As [`import_gitleaks`], and what `load` says; a file that extends itself, or a third one.
///
/// ```
/// use keepmum::rule::{Extended, import_gitleaks_with};
///
/// let toml = "[extend]\npath = 'base.toml'\ndisabledRules = ['b']";
/// let base = "[[rules]]\nid = 'a'\nregex = 'acme_[a-z]{9}'\n[[rules]]\nid = 'b'\nregex = 'other_[a-z]{9}'";
/// let import = import_gitleaks_with("own.toml", toml, &mut |_, path| {
///     Ok(Extended { place: path.to_owned(), toml: base.to_owned() })
/// })?;
/// assert_eq!(import.rules.len(), 1);
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub fn import_gitleaks_with(
    place: &str,
    toml: &str,
    load: &mut dyn FnMut(&str, &str) -> Result<Extended, String>,
) -> Result<Import, BuildError> {
    let mut notices = Vec::new();
    let config = Config::read(place, toml, load, &mut notices)?;
    let mut lists = Lists::new(place, &config.allowlists, &mut notices);
    let mut import = Import { rules: Vec::new(), notices, defaults: None };
    import.defaults = config.defaults.map(|disabled| Defaults {
        place: place.to_owned(),
        disabled,
        everywhere: lists.everywhere.clone(),
        changes: Vec::new(),
    });
    for source in &config.rules {
        import.add(place, source, &mut lists);
    }
    import.add_strays(place, lists);
    Ok(import)
}

impl Import {
    fn add(&mut self, place: &str, source: &Source, lists: &mut Lists) {
        let mut notes = Vec::new();
        if source.path.is_some() {
            notes.push("its path is ignored: every input is read".into());
        }
        let allows = source.allows();
        let own = allows.iter().filter_map(|allow| Exceptions::new(allow, &mut notes));
        let exceptions: Vec<Exceptions> = own.collect();
        let exceptions = [exceptions, lists.take(&source.id)].concat();
        if source.regex.is_some() || self.defaults.is_none() {
            let all: Vec<&Exceptions> = exceptions.iter().chain(&lists.everywhere).collect();
            match converted(source, &all, &mut notes) {
                Ok(rules) => self.rules.extend(rules),
                Err(why) => notes.push(format!("left out: {why}")),
            }
        }
        if let Some(defaults) = &mut self.defaults {
            defaults.changes.push(Change::new(source, exceptions));
        }
        notes.sort();
        notes.dedup();
        let named = notes.into_iter().map(|note| format!("{place}: rule `{}`: {note}", source.id));
        self.notices.extend(named);
    }

    /// Allowlists for rules that the configuration itself does not have.
    fn add_strays(&mut self, place: &str, lists: Lists) {
        for (id, except) in lists.targeted {
            match &mut self.defaults {
                Some(defaults) => defaults.changes.push(Change::excepting(id, except)),
                None => self.notices.push(format!("{place}: targetRules: there is no rule `{id}`")),
            }
        }
    }
}

/// The allowlists that stand beside the rules.
struct Lists {
    everywhere: Vec<Exceptions>,
    /// Those for one rule, by its id.
    targeted: Vec<(String, Exceptions)>,
}

impl Lists {
    fn new(place: &str, allows: &[Allow], notices: &mut Vec<String>) -> Self {
        let mut lists = Self { everywhere: Vec::new(), targeted: Vec::new() };
        for allow in allows {
            let mut notes = Vec::new();
            if let Some(except) = Exceptions::new(allow, &mut notes) {
                let targets = allow.target_rules.iter();
                lists.targeted.extend(targets.map(|id| (id.clone(), except.clone())));
                if allow.target_rules.is_empty() {
                    lists.everywhere.push(except);
                }
            }
            let name = match allow.description.as_str() {
                "" => String::new(),
                name => format!(" `{name}`"),
            };
            notices
                .extend(notes.iter().map(|note| format!("{place}: [[allowlists]]{name}: {note}")));
        }
        lists
    }

    /// Those for the rule called `id`.
    fn take(&mut self, id: &str) -> Vec<Exceptions> {
        self.targeted.extract_if(.., |(target, _)| target == id).map(|(_, except)| except).collect()
    }
}

/// The rules that `source` comes to: one, or one for each alternative of its regex that can be found.
fn converted(
    source: &Source,
    exceptions: &[&Exceptions],
    notes: &mut Vec<String>,
) -> Result<Vec<Rule>, String> {
    let Some(regex) = &source.regex else {
        notes.push("has no regex, so there is nothing to look for".into());
        return Ok(Vec::new());
    };
    if source.skip_report {
        notes.push("is not reported by gitleaks, and so not looked for".into());
        return Ok(Vec::new());
    }
    if !source.required.is_empty() {
        notes.push("the rules that it requires nearby are not asked for".into());
    }
    let hir = regex::read(regex)?;
    match smallest(source, &hir, exceptions, notes) {
        Ok(rule) => Ok(vec![rule]),
        Err(why) => by_alternative(source, &hir, exceptions, notes).ok_or(why),
    }
}

/// The rules for those alternatives of `hir` that can be found, if there are any.
fn by_alternative(
    source: &Source,
    hir: &Hir,
    exceptions: &[&Exceptions],
    notes: &mut Vec<String>,
) -> Option<Vec<Rule>> {
    let mut rules = Vec::new();
    let mut said = Vec::new();
    for (at, branch) in regex::alternatives(hir).iter().enumerate() {
        match smallest(source, branch, exceptions, &mut said) {
            Ok(rule) => rules.push(Rule { id: format!("{}-{}", rule.id, at + 1), ..rule }),
            Err(why) => {
                said.push(format!("alternative {} of its regex is left out: {why}", at + 1));
            }
        }
    }
    if rules.is_empty() {
        return None;
    }
    notes.append(&mut said);
    Some(rules)
}

/// The rule for `hir`: counting its repetitions, or not counting long ones if that makes too large an automaton.
fn smallest(
    source: &Source,
    hir: &Hir,
    exceptions: &[&Exceptions],
    notes: &mut Vec<String>,
) -> Result<Rule, String> {
    let mut last = String::new();
    for (repeats, largest) in
        [(Repeats::Counted, COUNTED_AUTOMATON), (Repeats::Open, LARGEST_AUTOMATON)]
    {
        let mut said = Vec::new();
        match rule(source, hir, repeats, exceptions, largest, &mut said) {
            Ok(rule) => {
                notes.append(&mut said);
                return Ok(rule);
            }
            Err(why) => last = why,
        }
    }
    Err(last)
}

fn rule(
    source: &Source,
    hir: &Hir,
    repeats: Repeats,
    exceptions: &[&Exceptions],
    largest: usize,
    notes: &mut Vec<String>,
) -> Result<Rule, String> {
    let group = regex::secret_group(hir, source.secret_group);
    let (pattern, secret) = regex::pattern(hir, group, repeats, notes);
    let mut rule = Rule {
        id: format!("{VENDOR}-{}", slug(&source.id)),
        vendor: VENDOR.into(),
        description: source.description.clone(),
        pattern,
        confidence: Confidence::Medium,
        entropy: source.entropy,
        checks: vec![Check::NonTemplate],
        gaps: repeats == Repeats::Open,
        ..Rule::default()
    };
    exceptions.iter().for_each(|except| except.add_to(&mut rule, secret, notes));
    let limits = Limits::default();
    let compiled = CompiledRule::new(rule.clone(), &limits, &crate::rule::Cache::default())
        .map_err(|error| error.to_string())?;
    compiled.check_automata(largest).map_err(|error| error.to_string())?;
    Ok(rule)
}

fn slug(id: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    id.chars().map(keep).collect()
}
