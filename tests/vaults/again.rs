//! Tests that need other variables run in a process of their own: this program, started again.

use std::process::Command;

use keepmum::source::{SourceError, aws, gcp, vault};

use crate::redacted;

/// The variable that tells the inner test what to do.
const REFERENCE: &str = "KEEPMUM_TEST_REFERENCE";
/// What it should find.
const EXPECTED: &str = "KEEPMUM_TEST_EXPECTED";

/// Runs the test called `inner`, which is ignored otherwise, with nothing but `variables` about vaults.
pub(crate) fn in_environment(inner: &str, variables: &[(&str, String)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", inner, "--include-ignored", "--nocapture"]);
    for (name, _) in std::env::vars().filter(|(name, _)| is_of_vaults(name)) {
        command.env_remove(name);
    }
    let output =
        command.envs(variables.iter().map(|(name, value)| (name, value))).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{inner}: {said}");
}

fn is_of_vaults(name: &str) -> bool {
    ["VAULT_", "BAO_", "AWS_", "GOOGLE_", "CLOUDSDK_"].iter().any(|start| name.starts_with(start))
}

/// Whether `reference` is found to be `expected`, or to fail as the word `expected` says.
pub(crate) fn resolves(reference: &str, expected: &str, variables: &[(&str, String)]) {
    let own = [(REFERENCE, reference.to_owned()), (EXPECTED, expected.to_owned())];
    in_environment("again::one_reference", &[&own, variables].concat());
}

#[test]
#[ignore = "run by others, in their environment"]
fn one_reference() {
    let (Ok(reference), Ok(expected)) = (std::env::var(REFERENCE), std::env::var(EXPECTED)) else {
        return;
    };
    let result = match reference.split_once(':').map(|(scheme, _)| scheme) {
        Some("vault") => vault::resolve(&reference),
        Some("aws") => aws::resolve(&reference),
        _ => gcp::resolve(&reference),
    };
    match result {
        Ok(secret) => {
            let name = secret.name().to_owned();
            assert_eq!(
                redacted(vec![secret], &expected),
                format!("[REDACTED:{name}]"),
                "{reference}"
            );
        }
        Err(error) => assert_eq!(kind(&error), expected, "{error}"),
    }
}

pub(crate) fn kind(error: &SourceError) -> &'static str {
    match error {
        error if error.is_unavailable() => "unavailable",
        error if error.is_denied() => "denied",
        error if error.is_missing() => "missing",
        _ => "malformed",
    }
}
