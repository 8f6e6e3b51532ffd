//! OpenTelemetry without secrets, seen from the exporters.
//!
//! Where do I add a test? A value of an attribute or a body: `values.rs`. A place in a record: `records.rs`, in a span:
//! `spans.rs`, beside them: `resources.rs`. What an exporter answers: `failures.rs`. Headers:
//! `propagation.rs`. Numbers: `metrics.rs`, and as text `prometheus.rs`. What is printed: `no_leak.rs`.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod allocations;
mod failures;
mod metrics;
mod no_leak;
mod planted;
mod prometheus;
mod propagation;
mod records;
mod resources;
mod rotation;
mod spans;
mod values;
