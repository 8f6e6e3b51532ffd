//! `tracing` without secrets.
