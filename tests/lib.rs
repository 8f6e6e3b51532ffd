//! The suite. One target, so that it links once.
//!
//! Where do I add a test? A situation with an input and an output: `data/cases.toml`, and it runs on every surface. A law
//! that holds for all inputs: `suite/property.rs`. The program: `suite/cli.rs`; its SARIF: `suite/sarif.rs`. A source of
//! secrets, and how it is declared: `suite/sources.rs`; the program and its sources: `suite/secrets.rs`. A rule: its own
//! examples, which `suite/catalogue.rs` runs. The audit log: `suite/audit.rs`. `keepmum run`:
//! `suite/run.rs`; its memory: `suite/memory.rs`. Secrets that change: `suite/rotation.rs`. JSON:
//! `suite/structured.rs`; columns of values: `suite/columns.rs`; the same in MessagePack and protobuf: `suite/msgpack.rs`, `suite/protobuf.rs`. Requests to language models and to Slack: `suite/prompt.rs`; references in their replies:
//! `suite/restore.rs`. Events of coding agents: `suite/hook.rs`, `data/hook`. Files at rest: `suite/sweep.rs`, databases:
//! `suite/sweep_sqlite.rs`; images of containers: `suite/image.rs`. The gateway and the stages have targets of their own, `proxy/main.rs` and
//! `serve/main.rs`.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "suite/audit.rs"]
mod audit;
#[path = "suite/cases.rs"]
mod cases;
#[path = "suite/catalogue.rs"]
mod catalogue;
#[path = "suite/cli.rs"]
mod cli;
#[cfg(feature = "columns")]
#[path = "suite/columns.rs"]
mod columns;
#[cfg(feature = "hook")]
#[path = "suite/hook.rs"]
mod hook;
#[cfg(all(feature = "image", feature = "cli"))]
#[path = "suite/image.rs"]
mod image;
#[path = "suite/layering.rs"]
mod layering;
#[path = "suite/memory.rs"]
mod memory;
#[cfg(feature = "msgpack")]
#[path = "suite/msgpack.rs"]
mod msgpack;
#[path = "suite/no_leak.rs"]
mod no_leak;
#[path = "suite/oracle.rs"]
mod oracle;
#[cfg(feature = "prompt")]
#[path = "suite/prompt.rs"]
mod prompt;
#[path = "suite/property.rs"]
mod property;
#[cfg(feature = "protobuf")]
#[path = "suite/protobuf.rs"]
mod protobuf;
#[cfg(feature = "prompt")]
#[path = "suite/restore.rs"]
mod restore;
#[cfg(feature = "cli")]
#[path = "suite/rotation.rs"]
mod rotation;
#[path = "suite/run.rs"]
mod run;
#[path = "suite/sarif.rs"]
mod sarif;
#[cfg(feature = "sealed")]
#[path = "suite/sealed.rs"]
mod sealed;
#[path = "suite/secrets.rs"]
mod secrets;
#[path = "suite/shells.rs"]
mod shells;
#[path = "suite/sources.rs"]
mod sources;
#[path = "suite/spelled.rs"]
mod spelled;
#[path = "suite/stream.rs"]
mod stream;
#[path = "suite/structured.rs"]
mod structured;
#[cfg(all(feature = "sweep", feature = "cli"))]
#[path = "suite/sweep.rs"]
mod sweep;
#[cfg(all(feature = "sqlite", feature = "cli"))]
#[path = "suite/sweep_sqlite.rs"]
mod sweep_sqlite;
