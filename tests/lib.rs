#![expect(missing_docs, clippy::unwrap_used, reason = "tests")]
#[path = "suite/oracle.rs"]
mod oracle;
#[path = "suite/property.rs"]
mod property;
