//! Names that tell: for kinds whose form alone says nothing, such as forty hex digits, the vendor's name has to stand
//! before the value.

use std::borrow::Cow;

use super::file::Rule;
use super::pattern::SHORTEST_HEAD;

/// What may stand between the words of a name: each spelling of `ibm cloud`, `ibm-cloud`, `IBMCloud` is meant.
const BETWEEN_WORDS: &str = "[ _.-]?";

/// What stands between a name and its value, in this order: the rest of the name, and words (without digits, since
/// `name v1.2 h1:` stands before a hash); the end of a quotation, an index or a call's argument; the key `value` of a
/// list of settings; an operator; blanks and an opening quote.
const CONNECTOR: &str = concat!(
    r"[A-Za-z0-9_.-]{0,30}(?: [A-Za-z_-]{1,12}){0,3}",
    r#"(?:\\{0,3}["'`])?[\])]?"#,
    r#"(?:,?\s{0,24}\\{0,3}["']?(?i:value)\\{0,3}["']?)?"#,
    r"[ \t]{0,16}",
    r#"(?:(?::{1,3}=?|={1,3}>?|\?=|\|\|:?|,|>|\()[ \t]{0,8}\\{0,3}["'`]?|[ \t]["'])"#,
);

/// The pattern that is matched: the rule's own, or behind its names and what connects them with a value.
pub(super) fn whole_pattern(rule: &Rule) -> Result<Cow<'_, str>, String> {
    if rule.names.is_empty() {
        return Ok(Cow::Borrowed(&rule.pattern));
    }
    let names: Vec<String> =
        rule.names.iter().map(|name| spelled(name)).collect::<Result<_, _>>()?;
    let (names, value) = (names.join("|"), &rule.pattern);
    Ok(Cow::Owned(format!(r"(?i:{names}){CONNECTOR}(?<secret>(?:{value})\b{{end-half}})")))
}

/// The pattern of a name's spellings.
fn spelled(name: &str) -> Result<String, String> {
    let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !name.bytes().all(|byte| lower(byte) || b" _.-".contains(&byte)) || name.trim() != name {
        return Err(format!(
            "the name `{name}` has to be made of a-z, 0-9, `_`, `.`, `-` and blanks inside"
        ));
    }
    if name.bytes().filter(|&byte| byte != b' ').count() < SHORTEST_HEAD {
        return Err(format!(
            "the name `{name}` has less than {SHORTEST_HEAD} bytes besides blanks"
        ));
    }
    let words: Vec<String> = name.split(' ').map(regex_syntax::escape).collect();
    Ok(words.join(BETWEEN_WORDS))
}

#[cfg(test)]
mod tests {
    use crate::rule::{Rule, parse_rules};
    use crate::{BuildError, Redactor};

    fn rule(name: &str) -> Rule {
        let toml = format!(
            "[[rule]]\nid = 'acme-key'\ndescription = 'd'\nnames = ['{name}']\npattern = '[0-9a-f]{{16}}'"
        );
        parse_rules("rules.toml", &toml).expect("good TOML").remove(0)
    }

    fn redactor(name: &str) -> Result<Redactor, BuildError> {
        Redactor::builder().rule(rule(name)).build()
    }

    /// Sixteen hex digits, of no use to anybody.
    const VALUE: &str = "0f1e2d3c4b5a6978";

    #[test]
    fn a_value_is_told_by_a_name_before_an_operator() {
        let redactor = redactor("acme").expect("a good rule");
        for before in [
            "acme=",
            "ACME_KEY: ",
            "acmeToken := \"",
            "\"acme-key\" => '",
            "acme.key || ",
            "acme_key ||:",
            "config[\"acme\"] = `",
            "<acme_key>",
            "<add key=\"acme\" value=\"",
            "(\"acme_key\", \"",
            "acme api key: ",
            "acme key \"",
            "getenv('ACME_KEY') || '",
            "{\\\"acme\\\":\\\"",
            "acme_key ?= ",
            "acme(",
            "- name: ACME_KEY\n  value: ",
            "{\"name\": \"ACME_KEY\", \"value\": \"",
        ] {
            let told = format!("{before}{VALUE}");
            assert_eq!(redactor.redact_str(&told), format!("{before}[REDACTED:acme-key]"));
        }
    }

    #[test]
    fn a_value_stays_without_one() {
        let redactor = redactor("acme").expect("a good rule");
        for text in [
            format!("acme {VALUE}"),
            format!("acme/x: {VALUE}"),
            format!("acme v1.2 h1:{VALUE}"),
            format!("acme@{VALUE}"),
            format!("acme\nsum = {VALUE}"),
            format!("acme=sha1-{VALUE}"),
            format!("acme={VALUE}0"),
            format!("acme={VALUE}_x"),
        ] {
            assert_eq!(redactor.redact_str(&text), text);
        }
    }

    #[test]
    fn a_blank_in_a_name_stands_for_every_way_to_join_words() {
        let redactor = redactor("acme cloud").expect("a good rule");
        for name in ["acme cloud", "ACME_CLOUD", "acmeCloud", "acme-cloud", "acme.cloud"] {
            assert!(redactor.redact_str(&format!("{name}: {VALUE}")).ends_with(']'), "{name}");
        }
        assert_eq!(redactor.redact_str(&format!("acme: {VALUE}")), format!("acme: {VALUE}"));
    }

    #[test]
    fn short_and_odd_names_are_refused() {
        for name in ["", "ibm", "a b c", "Acme", "acme ", "ac(me"] {
            assert!(redactor(name).is_err(), "{name:?}");
        }
    }
}
