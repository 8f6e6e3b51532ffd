//! Everything in a span that can hold a secret.

use std::borrow::Cow;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, Status, TraceState};
use opentelemetry_sdk::trace::SpanData;

use super::value::{Rewriter, changed};

impl Rewriter {
    pub(super) fn span(&self, span: &mut SpanData) {
        self.name(&mut span.name);
        self.context(&mut span.span_context);
        self.pairs(&mut span.attributes);
        for event in &mut span.events.events {
            self.name(&mut event.name);
            self.pairs(&mut event.attributes);
        }
        for link in &mut span.links.links {
            self.context(&mut link.span_context);
            self.pairs(&mut link.attributes);
        }
        if let Status::Error { description } = &mut span.status {
            self.name(description);
        }
        if let Some(new) = self.scope(&span.instrumentation_scope) {
            span.instrumentation_scope = new;
        }
    }

    fn name(&self, name: &mut Cow<'static, str>) {
        if let Some(new) = self.text(name) {
            *name = Cow::Owned(new);
        }
    }

    fn pairs(&self, pairs: &mut Vec<KeyValue>) {
        if let Some(new) = self.attributes(|| pairs.iter().map(|pair| (&pair.key, &pair.value))) {
            *pairs = new;
        }
    }

    fn context(&self, context: &mut SpanContext) {
        if let Some(state) = self.trace_state(context.trace_state()) {
            *context = SpanContext::new(
                context.trace_id(),
                context.span_id(),
                context.trace_flags(),
                context.is_remote(),
                state,
            );
        }
    }

    fn trace_state(&self, state: &TraceState) -> Option<TraceState> {
        let members = changed(
            || state.into_iter(),
            |&(key, value)| self.member(key, value),
            |(key, value)| Some((key.to_owned(), value.to_owned())),
        )?;
        Some(TraceState::from_key_value(members.into_iter().flatten()).unwrap_or_default())
    }

    /// What becomes of a member with a secret in it. It goes whole if its key holds one, or if what its value becomes may not
    /// stand there.
    fn member(&self, key: &str, value: &str) -> Option<Option<(String, String)>> {
        if self.text(key).is_some() {
            return Some(None);
        }
        let member = (key.to_owned(), self.named(key, value)?);
        let legal = TraceState::from_key_value([(&member.0, &member.1)]).is_ok();
        Some(legal.then_some(member))
    }
}
