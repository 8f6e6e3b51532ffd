//! Headers that carry context to other processes.

use std::collections::HashMap;

use keepmum::Redactor;
use keepmum::otel::RedactingPropagator;
use keepmum_inside::token;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

const KNOWN: &str = "correct, horse; battery";

fn behind<P: TextMapPropagator>(propagator: P) -> RedactingPropagator<P> {
    let builder = Redactor::builder().builtin_rules().secret("known", KNOWN).unwrap();
    RedactingPropagator::new(propagator, builder.build().unwrap())
}

fn sent(propagator: &impl TextMapPropagator, context: &Context) -> HashMap<String, String> {
    let mut headers = HashMap::new();
    propagator.inject_context(context, &mut headers);
    headers
}

fn baggage(pairs: &[(&'static str, &str)]) -> Context {
    let pairs = pairs.iter().map(|(key, value)| KeyValue::new(*key, (*value).to_owned()));
    Context::new().with_baggage(pairs)
}

/// Sets one header, as propagators of others do.
#[derive(Debug)]
struct Sets(&'static str, &'static str);

impl TextMapPropagator for Sets {
    fn inject_context(&self, _: &Context, injector: &mut dyn Injector) {
        injector.set(self.0, self.1.to_owned());
    }

    fn extract_with_context(&self, context: &Context, _: &dyn Extractor) -> Context {
        context.clone()
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&[])
    }
}

fn set(key: &'static str, value: &'static str) -> String {
    sent(&behind(Sets(key, value)), &Context::new()).remove(key).unwrap()
}

#[test]
fn a_known_secret_that_is_percent_encoded_does_not_leave() {
    let context = baggage(&[("note", &format!("a b={KNOWN}, äh"))]);
    let plain = sent(&BaggagePropagator::new(), &context);
    assert!(plain["baggage"].contains("correct%2C%20horse%3B%20battery"));
    let headers = sent(&behind(BaggagePropagator::new()), &context);
    assert_eq!(headers["baggage"], "note=a%20b%3D[REDACTED:known]%2C%20%C3%A4h");
    let read = behind(BaggagePropagator::new()).extract_with_context(&Context::new(), &headers);
    let value = read.baggage().get("note").unwrap();
    assert_eq!(value.as_str(), "a b=[REDACTED:known], äh");
}

#[test]
fn clean_headers_are_the_same_bytes() {
    let context = baggage(&[("a", "1 ; 2"), ("b", "%41 ä"), ("c", "")]);
    let whole = sent(&BaggagePropagator::new(), &context);
    assert_eq!(sent(&behind(BaggagePropagator::new()), &context).len(), whole.len());
    for raw in ["a=1, b = %41;p;q=%20 ,c=", "no member", "", ",,", "%zz=%", "€=ä"] {
        assert_eq!(set("baggage", raw), raw);
        assert_eq!(set("tracestate", raw), raw);
        assert_eq!(set("x-other", raw), raw);
    }
}

#[test]
fn other_members_and_properties_stay() {
    let with = KeyValueMetadata::new("note", KNOWN, "property=1");
    let context = Context::new().with_baggage([with]);
    let headers = sent(&behind(BaggagePropagator::new()), &context);
    assert_eq!(headers["baggage"], "note=[REDACTED:known];property=1");
    assert_eq!(
        set(
            "baggage",
            "a=1;x=%20,n=correct%2C%20horse%3b%20battery , b=%41;p=correct%2c+horse%3B+battery"
        ),
        "a=1;x=%20,n=[REDACTED:known] , b=%41;p=[REDACTED:known]"
    );
}

#[test]
fn members_with_a_secret_for_a_key_go() {
    assert_eq!(set("baggage", "a=1,correct%2C%20horse%3B%20battery=2,c=3"), "a=1,c=3");
}

#[test]
fn a_secret_over_two_members_goes() {
    assert_eq!(set("baggage", "a=correct, horse; battery,c=3"), "a=[REDACTED:known],c=3");
}

#[test]
fn values_of_keys_that_tell_are_hidden() {
    assert_eq!(set("baggage", "user=a,session-token=xyz"), "user=a,session-token=[REDACTED:field]");
    assert_eq!(set("uberctx-api-key", "xyz"), "[REDACTED:field]");
}

#[test]
fn trace_parents_stay_and_trace_states_are_looked_through() {
    let token = token("ghp_{alnum:36}", 1);
    let state = TraceState::from_key_value([("a", "1"), ("b", token.as_str())]).unwrap();
    let (trace, span) = (TraceId::from(7), SpanId::from(7));
    let span = SpanContext::new(trace, span, TraceFlags::SAMPLED, true, state);
    let context = Context::new().with_remote_span_context(span);
    let plain = sent(&TraceContextPropagator::new(), &context);
    let headers = sent(&behind(TraceContextPropagator::new()), &context);
    assert_eq!(headers["traceparent"], plain["traceparent"]);
    assert_eq!(headers["tracestate"], plain["tracestate"].replace(&token, "[REDACTED:github-pat]"));
    let fields: Vec<_> = TraceContextPropagator::new().fields().map(str::to_owned).collect();
    assert!(behind(TraceContextPropagator::new()).fields().eq(fields.iter().map(String::as_str)));
}

#[test]
fn a_trace_parent_that_is_none_is_no_way_out() {
    assert_eq!(set("traceparent", "correct, horse; battery"), "[REDACTED:known]");
    let digits = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let redactor = Redactor::builder().secret("id", "b7ad6b7169203331").unwrap().build().unwrap();
    let propagator = RedactingPropagator::new(Sets("traceparent", digits), redactor);
    assert_eq!(sent(&propagator, &Context::new())["traceparent"], digits);
}
