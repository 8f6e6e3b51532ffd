//! Where a value may be restored.

use globset::{Glob, GlobMatcher};
use serde::Deserialize;

use super::destination;
use crate::BuildError;

/// Allows one kind of tool call to get the values of some secrets.
///
/// ```
/// use keepmum::prompt::RestoreRule;
///
/// let rule: RestoreRule = toml::from_str("secret = 'stripe-*'\ntool = 'http_request'\nhost = '*.stripe.com'")?;
/// assert_eq!(rule.argument, "url");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreRule {
    /// Names of secrets, as a glob.
    pub secret: String,
    /// Names of tools, as a glob.
    pub tool: String,
    /// The host that the call's address has to have, as a glob; none if the tool reaches no network.
    #[serde(default)]
    pub host: Option<String>,
    /// The argument that holds the call's address.
    #[serde(default = "address")]
    pub argument: String,
}

fn address() -> String {
    "url".to_owned()
}

/// Rules with their globs read.
#[derive(Debug)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    secret: GlobMatcher,
    tool: GlobMatcher,
    host: Option<GlobMatcher>,
    argument: String,
}

impl Rules {
    /// # Errors
    ///
    /// A glob that is none.
    pub(super) fn new(rules: &[RestoreRule]) -> Result<Self, BuildError> {
        rules.iter().map(Rule::new).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a call of `tool` may get any value.
    pub(super) fn name_tool(&self, tool: &str) -> bool {
        self.0.iter().any(|rule| rule.tool.is_match(tool))
    }

    /// Whether a call of `tool` may get the value of `secret`, if it goes to the right host.
    pub(super) fn allow(&self, secret: &str, tool: &str) -> bool {
        self.of(secret, tool).next().is_some()
    }

    /// Whether it goes there, before and after values are restored.
    pub(super) fn allow_to(&self, secret: &str, tool: &str, arguments: [&str; 2]) -> bool {
        self.of(secret, tool).any(|rule| {
            rule.host.as_ref().is_none_or(|host| {
                arguments.iter().all(|json| destination::is(json, &rule.argument, host))
            })
        })
    }

    fn of(&self, secret: &str, tool: &str) -> impl Iterator<Item = &Rule> {
        self.0.iter().filter(move |rule| rule.secret.is_match(secret) && rule.tool.is_match(tool))
    }
}

impl Rule {
    fn new(rule: &RestoreRule) -> Result<Self, BuildError> {
        let host = rule.host.as_ref().map(|host| host.to_ascii_lowercase());
        Ok(Self {
            secret: glob(&rule.secret)?,
            tool: glob(&rule.tool)?,
            host: host.as_deref().map(glob).transpose()?,
            argument: rule.argument.clone(),
        })
    }
}

fn glob(glob: &str) -> Result<GlobMatcher, BuildError> {
    let read = Glob::new(glob).map_err(|error| BuildError::rule_file("restore", error))?;
    Ok(read.compile_matcher())
}
