//! Where a value may be restored.

use serde::Deserialize;

/// Allows one kind of tool call to get the values of some secrets.
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
