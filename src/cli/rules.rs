//! `keepmum rules`: what the catalogue holds, and why a rule did or did not match.

use std::borrow::Cow;
use std::fmt::Write as _;

use keepmum::rule::{parse_rules, template::expand};
use keepmum::{Redactor, Rule};
use serde_json::{Value, json};

use super::args::{Format, RulesCommand};
use super::exit::{Exit, Failure};
use super::settings::Settings;

/// Seeds of examples: a random one can by chance hold a stop word or too little entropy, so one of these has to do.
const SEEDS: std::ops::Range<u64> = 0..5;

/// Runs the command; gives what to print.
pub(crate) fn run(
    settings: &Settings,
    command: &RulesCommand,
    format: Format,
) -> Result<(Exit, String), Failure> {
    let rules = &settings.rules();
    match command {
        RulesCommand::List => Ok((Exit::Success, list(rules, format))),
        RulesCommand::Show { id } => {
            let rule = rules.iter().find(|rule| rule.id == *id);
            let rule = rule.ok_or_else(|| unknown(rules, id))?;
            Ok((Exit::Success, show(rule, format)))
        }
        RulesCommand::Test { file } => {
            let place = file.display().to_string();
            let text = std::fs::read_to_string(file)
                .map_err(|error| Failure::usage(format_args!("{place}: {error}")))?;
            test(&parse_rules(&place, &text)?, format)
        }
        RulesCommand::Explain { text } => explain(rules, text, format),
    }
}

fn unknown(rules: &[Rule], id: &str) -> Failure {
    let near = |rule: &&Rule| (strsim::jaro_winkler(&rule.id, id) * 1e6) as u64;
    match rules.iter().max_by_key(near) {
        Some(rule) => Failure::usage(format_args!("no rule `{id}`, did you mean `{}`?", rule.id)),
        None => Failure::usage(format_args!("no rule `{id}`: there are none")),
    }
}

fn list(rules: &[Rule], format: Format) -> String {
    if format == Format::Json {
        return lines(&rules.iter().map(described).collect::<Vec<_>>());
    }
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    rules.iter().fold(String::new(), |mut out, rule| {
        let _ = writeln!(out, "{:width$}  {:6}  {}", rule.id, rule.confidence, rule.description);
        out
    })
}

fn show(rule: &Rule, format: Format) -> String {
    if format == Format::Json {
        return lines(&[described(rule)]);
    }
    let mut out = format!(
        "{}\n  {}\n  vendor:     {}\n  confidence: {}\n  pattern:    {}\n",
        rule.id, rule.description, rule.vendor, rule.confidence, rule.pattern
    );
    if !rule.names.is_empty() {
        let _ = writeln!(out, "  names:      {}", rule.names.join(", "));
    }
    let checks: Vec<String> = checks(rule);
    if !checks.is_empty() {
        let _ = writeln!(out, "  checks:     {}", checks.join(", "));
    }
    if !rule.proofs.is_empty() {
        let _ = writeln!(out, "  proofs:     {}", proofs(rule).join(", "));
    }
    for example in &rule.positive {
        let _ = writeln!(out, "  redacted:   {}", example.escape_debug());
    }
    for example in &rule.negative {
        let _ = writeln!(out, "  stays:      {}", example.escape_debug());
    }
    if let Some(reference) = &rule.reference {
        let _ = writeln!(out, "  reference:  {reference}");
    }
    out
}

fn checks(rule: &Rule) -> Vec<String> {
    let entropy = rule.entropy.map(|least| format!("entropy >= {least}"));
    rule.checks.iter().map(ToString::to_string).chain(entropy).collect()
}

fn proofs(rule: &Rule) -> Vec<String> {
    rule.proofs.iter().map(ToString::to_string).collect()
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "vendor": rule.vendor,
        "description": rule.description,
        "confidence": rule.confidence.to_string(),
        "names": rule.names,
        "pattern": rule.pattern,
        "checks": checks(rule),
        "proofs": proofs(rule),
        "positive": rule.positive,
        "negative": rule.negative,
        "reference": rule.reference,
    })
}

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

/// Runs the examples of `rules`.
fn test(rules: &[Rule], format: Format) -> Result<(Exit, String), Failure> {
    let (mut out, mut failed) = (Vec::new(), false);
    for rule in rules {
        let redactor = Redactor::builder().rule(rule.clone()).build()?;
        let positives = rule.positive.iter().map(|example| (example, true));
        for (template, wanted) in positives.chain(rule.negative.iter().map(|e| (e, false))) {
            let good = holds(&redactor, template, wanted)
                .map_err(|why| Failure::usage(format_args!("rule `{}`: {why}", rule.id)))?;
            failed |= !good;
            out.push((rule.id.as_str(), template, wanted, good));
        }
        if rule.positive.is_empty() || rule.negative.is_empty() {
            return Err(Failure::usage(format_args!(
                "rule `{}`: needs positive and negative examples",
                rule.id
            )));
        }
    }
    let exit = if failed { Exit::Found } else { Exit::Success };
    if format == Format::Json {
        let row = |(id, template, wanted, good): &(&str, &String, bool, bool)| json!({"rule": id, "example": template, "redacted": wanted, "good": good});
        return Ok((exit, lines(&out.iter().map(row).collect::<Vec<_>>())));
    }
    let text = out.iter().map(|(id, template, wanted, good)| {
        let how = if *wanted { "redacted" } else { "stays" };
        let verdict = if *good { "good  " } else { "FAILED" };
        format!("{verdict} {id}: {how}: {}\n", template.escape_debug())
    });
    Ok((exit, text.collect()))
}

/// Whether a positive example is redacted exactly, or a negative one stays.
fn holds(redactor: &Redactor, template: &str, wanted: bool) -> Result<bool, String> {
    for seed in SEEDS {
        let example = expand(template, seed)?;
        let found = redactor.find(example.text.as_bytes());
        let spans: Vec<_> =
            found.iter().map(|f| f.span().start() as usize..f.span().end() as usize).collect();
        let good = if wanted { spans == [example.secret] } else { spans.is_empty() };
        if good || !wanted {
            return Ok(good);
        }
    }
    Ok(false)
}

/// Every rule whose pattern matches in `text`, whether its checks accept what it found, and which proofs hold.
fn explain(rules: &[Rule], text: &str, format: Format) -> Result<(Exit, String), Failure> {
    let mut out = Vec::new();
    for rule in rules {
        for finding in without_checks(rule)?.find(text.as_bytes()) {
            let (start, end) = (finding.span().start() as usize, finding.span().end() as usize);
            let secret = rule.decoded(&text.as_bytes()[start..end]);
            let refused = rule.refused_by(&secret);
            out.push(Match { rule, start, length: end - start, secret, refused });
        }
    }
    let found = out.iter().any(|found| found.refused.is_none());
    let exit = if found { Exit::Found } else { Exit::Success };
    let said: String = match format {
        Format::Json => lines(&out.iter().map(Match::json).collect::<Vec<_>>()),
        Format::Text if out.is_empty() => "no rule's pattern matches\n".to_owned(),
        Format::Text => out.iter().map(Match::text).collect(),
    };
    Ok((exit, said))
}

/// Where a rule's pattern matches, and which check refused that.
struct Match<'a> {
    rule: &'a Rule,
    start: usize,
    length: usize,
    secret: Cow<'a, [u8]>,
    refused: Option<String>,
}

impl Match<'_> {
    fn json(&self) -> Value {
        let proofs = self
            .rule
            .proofs_of(&self.secret)
            .map(|(proof, holds)| (proof.to_string(), json!(holds)));
        json!({
            "rule": self.rule.id,
            "offset": self.start,
            "length": self.length,
            "accepted": self.refused.is_none(),
            "refused_by": self.refused,
            "confidence": self.rule.confidence_in(&self.secret).to_string(),
            "proofs": proofs.collect::<serde_json::Map<_, _>>(),
        })
    }

    /// Nothing around the secret is shown: another one may stand there.
    fn text(&self) -> String {
        let (id, len) = (&self.rule.id, self.length);
        let verdict = match &self.refused {
            None => format!("accepted, confidence {}", self.rule.confidence_in(&self.secret)),
            Some(check) => format!("rejected by the check `{check}`"),
        };
        let stars = "*".repeat(len.min(40));
        let place = format!("{id}: {verdict}\n  at byte {}: {stars} ({len} bytes)\n", self.start);
        self.rule.proofs_of(&self.secret).fold(place, |mut out, (proof, holds)| {
            let verdict = if holds { "holds" } else { "does not hold" };
            let _ = writeln!(out, "  the proof `{proof}` {verdict}");
            out
        })
    }
}

/// The rule by its pattern alone. As a block it is spared the check that every other rule has.
fn without_checks(rule: &Rule) -> Result<Redactor, Failure> {
    let mut bare = rule.clone();
    bare.checks.clear();
    bare.except.clear();
    bare.stopwords.clear();
    bare.entropy = None;
    bare.block = true;
    Ok(Redactor::builder().rule(bare).build()?)
}
