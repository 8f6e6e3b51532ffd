//! Log records made anew.

use opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger, SdkLoggerProvider};

use super::value::Rewriter;

/// Where blank records come from. The attributes of a record can be read and added, not changed, so one that holds a secret
/// is replaced; and only a logger makes records.
pub(super) struct Blanks(SdkLogger);

impl Blanks {
    /// A logger of a provider that nothing listens to.
    pub(super) fn new() -> Self {
        let nobody = SdkLoggerProvider::builder().with_resource(Resource::builder_empty().build());
        Self(nobody.build().logger("keepmum"))
    }

    /// The record without its secrets, if it has some.
    ///
    /// Its event name and its severity are `'static` and stay.
    pub(super) fn renewed(&self, old: &SdkLogRecord, with: &Rewriter) -> Option<SdkLogRecord> {
        let target = old.target().and_then(|target| with.text(target));
        let body = old.body().and_then(|body| with.body(body));
        let attributes = with.log_attributes(|| old.attributes_iter());
        if target.is_none() && body.is_none() && attributes.is_none() {
            return None;
        }
        let mut new = self.like(old);
        if let Some(target) = target.map(Into::into).or_else(|| old.target().cloned()) {
            new.set_target(target);
        }
        if let Some(body) = body.or_else(|| old.body().cloned()) {
            new.set_body(body);
        }
        match attributes {
            Some(attributes) => new.add_attributes(attributes),
            None => new.add_attributes(old.attributes_iter().cloned()),
        }
        Some(new)
    }

    /// A record with all of `old` that is not redacted.
    fn like(&self, old: &SdkLogRecord) -> SdkLogRecord {
        let mut new = self.0.create_log_record();
        old.event_name().into_iter().for_each(|name| new.set_event_name(name));
        old.timestamp().into_iter().for_each(|time| new.set_timestamp(time));
        old.observed_timestamp().into_iter().for_each(|time| new.set_observed_timestamp(time));
        old.severity_text().into_iter().for_each(|text| new.set_severity_text(text));
        old.severity_number().into_iter().for_each(|number| new.set_severity_number(number));
        if let Some(trace) = old.trace_context() {
            new.set_trace_context(trace.trace_id, trace.span_id, trace.trace_flags);
        }
        new
    }
}
