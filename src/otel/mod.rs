//! OpenTelemetry without secrets.
