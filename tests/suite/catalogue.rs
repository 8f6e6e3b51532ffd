//! Every rule's own examples, and what every rule has to be.

use std::collections::HashSet;

use keepmum::rule::{Rule, builtin_rules, paranoid_rules, template::expand};
use keepmum::{Confidence, Redactor};

/// A random example can by chance hold a stop word or too little entropy; one of these seeds has to do.
const SEEDS: std::ops::Range<u64> = 0..5;

#[test]
fn positives_are_redacted_exactly() {
    for rule in every_rule() {
        let redactor = Redactor::builder().rule(rule.clone()).build().unwrap();
        for template in &rule.positive {
            assert!(
                SEEDS.into_iter().any(|seed| is_exact(&redactor, template, seed)),
                "{}: {template}",
                rule.id
            );
        }
    }
}

#[test]
fn the_whole_catalogue_hides_every_positive() {
    let redactor = Redactor::builder().builtin_rules().build().unwrap();
    for rule in builtin_rules() {
        for template in &rule.positive {
            assert!(
                SEEDS.into_iter().any(|seed| is_hidden(&redactor, template, seed)),
                "{}: {template}",
                rule.id
            );
        }
    }
}

#[test]
fn negatives_stay_under_the_whole_catalogue() {
    let balanced = Redactor::builder().builtin_rules().build().unwrap();
    let paranoid = Redactor::builder().builtin_rules().paranoid_rules().build().unwrap();
    for (redactor, rules) in [(balanced, builtin_rules()), (paranoid, paranoid_rules())] {
        for rule in rules {
            for template in &rule.negative {
                let text = expand(template, 3).unwrap().text;
                assert!(redactor.find(text.as_bytes()).is_empty(), "{}: {template}", rule.id);
            }
        }
    }
}

/// A placeholder is never redacted again, wherever the secret stood.
#[test]
fn a_redacted_example_stays_as_it_is() {
    let redactor = Redactor::builder().builtin_rules().build().unwrap();
    for rule in builtin_rules() {
        for template in &rule.positive {
            let text = expand(template, 1).unwrap().text;
            for text in
                [text.clone(), format!("https://{text}@host/"), format!("token = \"{text}\"")]
            {
                let once = redactor.redact_str(&text);
                assert_eq!(redactor.redact_str(&once), once, "{}: {template}", rule.id);
            }
        }
    }
}

/// A vendor may change its form: what a proof refuses is redacted all the same, unless proofs are asked for.
#[test]
fn proofs_reject_nothing_until_they_are_asked_for() {
    let with_proofs = builtin_rules().into_iter().filter(|rule| !rule.proofs.is_empty());
    for rule in with_proofs {
        let plain = Redactor::builder().rule(rule.clone()).build().unwrap();
        let proven = Redactor::builder().rule(rule.clone()).prove_rules().build().unwrap();
        let first = &rule.positive[0];
        assert!(SEEDS.into_iter().any(|seed| is_exact(&proven, first, seed)), "{}", rule.id);
        let refused = rule.positive.iter().any(|template| {
            SEEDS
                .into_iter()
                .any(|seed| is_exact(&plain, template, seed) && !is_exact(&proven, template, seed))
        });
        assert!(refused, "{}: some example shows what a proof refuses", rule.id);
    }
}

#[test]
fn what_a_proof_holds_for_is_a_step_surer() {
    let rules = builtin_rules();
    let rule = rules.iter().find(|rule| rule.id == "aws-access-key-id").unwrap();
    let proven = expand(&rule.positive[0], 1).unwrap().text;
    assert_eq!(rule.confidence, Confidence::Medium);
    assert_eq!(rule.confidence_in(proven.as_bytes()), Confidence::High);
    assert_eq!(rule.confidence_in(&[b'A'; 20]), Confidence::Medium);
    let asked = rule.clone().prove();
    assert_eq!((asked.confidence, asked.proofs.len()), (Confidence::High, 0));
    assert_eq!(asked.clone().prove().confidence, asked.confidence);
}

#[test]
fn every_rule_has_examples_and_an_id_of_its_own() {
    let rules = every_rule();
    assert!(rules.len() >= 80);
    let ids: HashSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids.len(), rules.len());
    let bare = |rule: &&Rule| {
        rule.positive.is_empty() || rule.negative.is_empty() || rule.description.is_empty()
    };
    assert_eq!(rules.iter().find(bare).map(|rule| &rule.id), None);
}

fn every_rule() -> Vec<Rule> {
    builtin_rules().into_iter().chain(paranoid_rules()).collect()
}

fn is_exact(redactor: &Redactor, template: &str, seed: u64) -> bool {
    let example = expand(template, seed).unwrap();
    let found = redactor.find(example.text.as_bytes());
    let spans: Vec<_> =
        found.iter().map(|f| f.span().start() as usize..f.span().end() as usize).collect();
    spans == [example.secret]
}

fn is_hidden(redactor: &Redactor, template: &str, seed: u64) -> bool {
    let example = expand(template, seed).unwrap();
    let found = redactor.find(example.text.as_bytes());
    let (start, end) = (example.secret.start as u64, example.secret.end as u64);
    found.iter().any(|f| f.span().start() <= start && end <= f.span().end())
}

/// The page that lists every rule; `KEEPMUM_BLESS=1 cargo test catalogue` writes it anew.
#[test]
fn the_page_of_the_catalogue_is_not_stale() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rule/CATALOGUE.md");
    let page = page();
    if std::env::var_os("KEEPMUM_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "run KEEPMUM_BLESS=1 cargo test catalogue");
}

fn page() -> String {
    let rules = builtin_rules();
    format!(
        "# The catalogue\n\n{} rules. This page is generated from `builtin/*.toml`; \
         `keepmum rules show ID` tells more.\n\n{}\nThe profile `paranoid` adds:\n\n{}",
        rules.len(),
        table(&rules),
        table(&paranoid_rules()),
    )
}

fn table(rules: &[Rule]) -> String {
    let mut out = "| rule | what | confidence | checks | example | reference |\n\
                   |---|---|---|---|---|---|\n"
        .to_owned();
    let cell = |text: &str| text.escape_debug().to_string().replace('|', "\\|");
    for rule in rules {
        let names =
            (!rule.names.is_empty()).then(|| format!("behind `{}`", rule.names.join("`, `")));
        let entropy = rule.entropy.map(|least| format!("entropy {least}"));
        let proofs = rule.proofs.iter().map(|proof| format!("proof {proof}"));
        let checks = rule.checks.iter().map(ToString::to_string);
        let checks: Vec<String> =
            names.into_iter().chain(checks).chain(entropy).chain(proofs).collect();
        let reference =
            rule.reference.as_ref().map_or(String::new(), |url| format!("[source]({url})"));
        out += &format!(
            "| `{}` | {} | {} | {} | `` {} `` | {reference} |\n",
            rule.id,
            cell(&rule.description),
            rule.confidence,
            checks.join(", "),
            cell(&rule.positive[0]),
        );
    }
    out
}
