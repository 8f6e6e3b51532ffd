//! Rules of a gitleaks configuration, and what means something else here.

use regex_syntax::hir::{Hir, HirKind, Repetition};
use serde::Deserialize;

use super::compiled::CompiledRule;
use super::confidence::Confidence;
use super::file::Rule;
use super::pattern::{LONGEST_TRAIL, parse};
use crate::check::Check;
use crate::error::BuildError;
use crate::limits::Limits;

/// Where an unbounded repetition is cut off.
const CUT: u32 = 200;

/// What came of a gitleaks configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Import {
    /// The rules that can be matched here. Their ids begin with `gitleaks-`, so that they take no built-in rule's place.
    pub rules: Vec<Rule>,
    /// Every difference in meaning, with the rule's name.
    pub notices: Vec<String>,
}

#[derive(Deserialize)]
struct Config {
    extend: Option<toml::Table>,
    #[serde(default)]
    rules: Vec<Source>,
    allowlist: Option<Allow>,
    #[serde(default)]
    allowlists: Vec<Allow>,
}

#[derive(Deserialize)]
struct Source {
    id: String,
    #[serde(default)]
    description: String,
    regex: Option<String>,
    path: Option<String>,
    #[serde(rename = "secretGroup", default)]
    secret_group: u32,
    entropy: Option<f32>,
    allowlist: Option<Allow>,
    #[serde(default)]
    allowlists: Vec<Allow>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Allow {
    regexes: Vec<String>,
    stopwords: Vec<String>,
    paths: Vec<String>,
    commits: Vec<String>,
    regex_target: String,
    condition: String,
}

/// Reads a gitleaks configuration as it is. `place` names it in errors and notices.
///
/// Keywords are not needed here: the patterns themselves are found in one pass. An optional beginning of a pattern is
/// left out, since only the secret behind it counts.
///
/// # Errors
///
/// TOML that is not well-formed or lacks a rule's id. A rule that cannot be matched here is no error but a notice.
///
/// ```
/// let toml = "[[rules]]\nid = 'x'\nregex = '(?i)acme[ ]{0,5}=[ ]{0,5}([a-z0-9]{12})(?:[;]|$)'";
/// let import = keepmum::rule::import_gitleaks("gitleaks.toml", toml)?;
/// assert_eq!(import.rules[0].id, "gitleaks-x");
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub fn import_gitleaks(place: &str, toml: &str) -> Result<Import, BuildError> {
    let config: Config = toml::from_str(toml).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + toml[..span.start].matches('\n').count());
        BuildError::rule_file(format_args!("{place}:{line}"), error.message())
    })?;
    let mut import = Import { rules: Vec::new(), notices: Vec::new() };
    if config.extend.is_some() {
        import.notices.push(format!("{place}: [extend] is not followed; give the other file too"));
    }
    let everywhere: Vec<Allow> = config.allowlist.into_iter().chain(config.allowlists).collect();
    if everywhere.iter().any(|allow| !allow.paths.is_empty() || !allow.commits.is_empty()) {
        import.notices.push(format!("{place}: paths and commits of the allowlist are ignored"));
    }
    for source in &config.rules {
        let mut notes = Vec::new();
        match converted(source, &everywhere, &mut notes) {
            Ok(rule) => import.rules.extend(rule),
            Err(why) => notes.push(format!("left out: {why}")),
        }
        notes.dedup();
        let named = notes.into_iter().map(|note| format!("{place}: rule `{}`: {note}", source.id));
        import.notices.extend(named);
    }
    Ok(import)
}

fn converted(
    source: &Source,
    everywhere: &[Allow],
    notes: &mut Vec<String>,
) -> Result<Option<Rule>, String> {
    if source.path.is_some() {
        notes.push("its path is ignored: every input is read".into());
    }
    let Some(regex) = &source.regex else {
        notes.push("has no regex, so there is nothing to look for".into());
        return Ok(None);
    };
    let mut rule = Rule {
        id: format!("gitleaks-{}", slug(&source.id)),
        vendor: "gitleaks".into(),
        description: source.description.clone(),
        pattern: pattern(regex, source.secret_group, notes)?,
        confidence: Confidence::Medium,
        entropy: source.entropy,
        checks: vec![Check::NonTemplate],
        ..Rule::default()
    };
    for allow in source.allowlist.iter().chain(&source.allowlists) {
        if !allow.paths.is_empty() || !allow.commits.is_empty() {
            notes.push("paths and commits of its allowlist are ignored".into());
        }
        add_exceptions(&mut rule, allow, notes);
    }
    everywhere.iter().for_each(|allow| add_exceptions(&mut rule, allow, notes));
    let compiled =
        CompiledRule::new(&rule, &Limits::default()).map_err(|error| error.to_string())?;
    compiled.check_automata().map_err(|error| error.to_string())?;
    Ok(Some(rule))
}

fn add_exceptions(rule: &mut Rule, allow: &Allow, notes: &mut Vec<String>) {
    if allow.condition.eq_ignore_ascii_case("AND") {
        notes.push("an allowlist that asks for several things at once is ignored".into());
        return;
    }
    if matches!(allow.regex_target.as_str(), "match" | "line") && !allow.regexes.is_empty() {
        let target = &allow.regex_target;
        notes.push(format!("allowlist over the {target} is ignored: only secrets are looked at"));
    } else {
        rule.except.extend(allow.regexes.iter().map(|regex| with_braces_escaped(regex)));
    }
    rule.stopwords.extend(allow.stopwords.iter().cloned());
}

fn slug(id: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    id.chars().map(keep).collect()
}

/// Go takes a brace that repeats nothing for itself; here it has to be escaped.
fn with_braces_escaped(regex: &str) -> String {
    let (mut out, mut in_class, mut repeats) = (String::new(), false, false);
    let mut chars = regex.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            out.push(c);
            out.extend(chars.next().map(|(_, escaped)| escaped));
            repeats = true;
            continue;
        }
        in_class = if in_class { c != ']' } else { c == '[' };
        if c == '{' && !in_class && !(repeats && is_count(&regex[at + 1..])) {
            out.push('\\');
        }
        out.push(c);
        repeats = !matches!(c, '(' | '|');
    }
    out
}

/// Whether `text` goes on as the inside of `{2}`, `{2,}` or `{2,5}`.
fn is_count(text: &str) -> bool {
    let Some((count, _)) = text.split_once('}') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (least, most) = count.split_once(',').unwrap_or((count, ""));
    !least.is_empty() && digits(least) && digits(most)
}

/// The pattern with its secret named, its repetitions bounded and its optional beginning left out.
fn pattern(regex: &str, group: u32, notes: &mut Vec<String>) -> Result<String, String> {
    let hir = parse(&with_braces_escaped(regex))?;
    let group = group.max(1);
    let mut parts = Vec::new();
    flatten(&hir, group, &mut parts);
    let first = parts.iter().position(|part| !is_optional(part)).unwrap_or(0);
    let Some(at) = parts.iter().position(|part| holds(part, group)) else {
        // The whole match is the secret.
        return Ok(with_open_end(&parts[first..], notes).to_string());
    };
    let lead = bound(&Hir::concat(parts[first.min(at)..at].to_vec()), notes);
    let secret = bound(&parts[at], notes);
    let trail = trail(&parts[at + 1..], notes);
    Ok(format!("{lead}(?P<secret>{secret}){trail}"))
}

/// The parts of a secret behind which nothing stands: a repeated class at its end goes on as far as it does.
fn with_open_end(parts: &[Hir], notes: &mut Vec<String>) -> Hir {
    let is_tail = |hir: &&Hir| match hir.kind() {
        HirKind::Repetition(last) => {
            last.max.is_none() && last.greedy && last.sub.properties().maximum_len() == Some(1)
        }
        _ => false,
    };
    let tail = parts.last().filter(is_tail);
    let before = &parts[..parts.len() - usize::from(tail.is_some())];
    let bounded = before.iter().map(|part| bound(part, notes)).collect::<Vec<_>>();
    Hir::concat(bounded.into_iter().chain(tail.cloned()).collect())
}

/// What stands behind the secret, as far as it is short.
fn trail(parts: &[Hir], notes: &mut Vec<String>) -> Hir {
    let mut trail: Vec<Hir> = parts.to_vec();
    let long = |trail: &[Hir]| {
        let longest = Hir::concat(trail.to_vec()).properties().maximum_len();
        longest.is_none_or(|len| len > LONGEST_TRAIL)
    };
    while long(&trail) {
        trail.pop();
        notes.push("the end of its regex is not asked for".into());
    }
    Hir::concat(trail)
}

/// Whether a part at the beginning may be missing, and is no boundary.
fn is_optional(part: &Hir) -> bool {
    !matches!(part.kind(), HirKind::Look(_)) && part.properties().minimum_len() == Some(0)
}

/// The parts of a sequence; groups other than the secret's are opened.
fn flatten(hir: &Hir, group: u32, parts: &mut Vec<Hir>) {
    match hir.kind() {
        HirKind::Concat(inner) => inner.iter().for_each(|part| flatten(part, group, parts)),
        HirKind::Capture(capture) if capture.index != group => flatten(&capture.sub, group, parts),
        _ => parts.push(hir.clone()),
    }
}

fn holds(hir: &Hir, group: u32) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) => capture.index == group || holds(&capture.sub, group),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().any(|part| holds(part, group))
        }
        HirKind::Repetition(repetition) => holds(&repetition.sub, group),
        _ => false,
    }
}

/// The same without groups, every repetition bounded.
fn bound(hir: &Hir, notes: &mut Vec<String>) -> Hir {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let max = repetition.max.unwrap_or_else(|| {
                let max = repetition.min.max(CUT);
                notes.push(format!("an unbounded repetition ends at {max}"));
                max
            });
            let sub = Box::new(bound(&repetition.sub, notes));
            Hir::repetition(Repetition { max: Some(max), sub, ..repetition.clone() })
        }
        HirKind::Capture(capture) => bound(&capture.sub, notes),
        HirKind::Concat(parts) => {
            Hir::concat(parts.iter().map(|part| bound(part, notes)).collect())
        }
        HirKind::Alternation(parts) => {
            Hir::alternation(parts.iter().map(|part| bound(part, notes)).collect())
        }
        _ => hir.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Redactor;

    fn import(rules: &str) -> Import {
        import_gitleaks("t.toml", rules).expect("good TOML")
    }

    fn redacted(import: &Import, text: &str) -> String {
        let builder = Redactor::builder().rule(import.rules[0].clone());
        builder.build().expect("good").redact_str(text).into_owned()
    }

    #[test]
    fn the_secret_group_is_what_is_redacted() {
        let import = import(
            "[[rules]]\nid='a'\nregex='(?i)[\\w.-]{0,50}?acme(?:[ \\w.-]{0,20})=[ ]{0,5}([a-z0-9]{12})(?:[\\s;]|$)'",
        );
        assert_eq!(
            redacted(&import, "my_acme_key= abcdef012345; x"),
            "my_acme_key= [REDACTED:gitleaks-a]; x"
        );
        let longer = "my_acme_key= abcdef0123456 x";
        assert_eq!(redacted(&import, longer), longer);
    }

    #[test]
    fn what_means_something_else_is_told_by_name() {
        let import = import(
            "[extend]\nuseDefault=true\n[[rules]]\nid='p'\npath='x'\n[[rules]]\nid='q'\nregex='a.*'\n\
             [[rules]]\nid='r'\nregex='(?i)acme_[a-z]+x'\n[[rules.allowlists]]\nregexTarget='line'\nregexes=['x']",
        );
        let said = import.notices.join("\n");
        for words in [
            "[extend]",
            "`p`: its path",
            "`p`: has no regex",
            "`q`: left out",
            "`r`: an unbounded",
            "`r`: allowlist over the line",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }

    #[test]
    fn braces_that_repeat_nothing_stand_for_themselves() {
        assert_eq!(with_braces_escaped(r"^\$(?:\d+|{\d+})$"), r"^\$(?:\d+|\{\d+})$");
        assert_eq!(with_braces_escaped(r"[{]a{2,3}\{x{y}"), r"[{]a{2,3}\{x\{y}");
    }

    #[test]
    fn stop_words_and_exceptions_are_in_force() {
        let import = import(
            "[allowlist]\nstopwords=['demo']\n[[rules]]\nid='r'\nregex='acme_[a-z]{4,12}'\n\
             [[rules.allowlists]]\nregexes=['^acme_test']",
        );
        let text = "acme_xdemox acme_testx acme_realx";
        assert_eq!(redacted(&import, text), "acme_xdemox acme_testx [REDACTED:gitleaks-r]");
    }
}
