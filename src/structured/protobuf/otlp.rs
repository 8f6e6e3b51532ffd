//! Requests of OTLP: `opentelemetry/proto/collector/*/v1/*.proto` and what they import, as of version 1.10.

use super::schema::{Field, Kind, Message, NOTHING, Shape, bare, field};

pub(super) static LOGS: Message =
    Message::new(Shape::Object, &[field!(1, "resource_logs", Kind::Message(&RESOURCE_LOGS))]);

pub(super) static TRACES: Message =
    Message::new(Shape::Object, &[field!(1, "resource_spans", Kind::Message(&RESOURCE_SPANS))]);

pub(super) static METRICS: Message =
    Message::new(Shape::Object, &[field!(1, "resource_metrics", Kind::Message(&RESOURCE_METRICS))]);

static RESOURCE_LOGS: Message = Message::new(
    Shape::Object,
    &[
        field!(1, "resource", Kind::Message(&RESOURCE)),
        field!(2, "scope_logs", Kind::Message(&SCOPE_LOGS)),
        field!(3, "schema_url", Kind::Text),
    ],
);

static SCOPE_LOGS: Message = Message::new(
    Shape::Object,
    &[
        field!(1, "scope", Kind::Message(&SCOPE)),
        field!(2, "log_records", Kind::Message(&LOG_RECORD)),
        field!(3, "schema_url", Kind::Text),
    ],
);

static LOG_RECORD: Message = Message::new(
    Shape::Record,
    &[
        field!(3, "severity_text", Kind::Text),
        field!(5, "body", Kind::Message(&ANY_VALUE)),
        attributes(6),
        field!(9, "trace_id", Kind::Id),
        field!(10, "span_id", Kind::Id),
        field!(12, "event_name", Kind::Text),
    ],
);

static RESOURCE_SPANS: Message = Message::new(
    Shape::Object,
    &[
        field!(1, "resource", Kind::Message(&RESOURCE)),
        field!(2, "scope_spans", Kind::Message(&SCOPE_SPANS)),
        field!(3, "schema_url", Kind::Text),
    ],
);

static SCOPE_SPANS: Message = Message::new(
    Shape::Object,
    &[
        field!(1, "scope", Kind::Message(&SCOPE)),
        field!(2, "spans", Kind::Message(&SPAN)),
        field!(3, "schema_url", Kind::Text),
    ],
);

static SPAN: Message = Message::new(
    Shape::Record,
    &[
        field!(1, "trace_id", Kind::Id),
        field!(2, "span_id", Kind::Id),
        field!(3, "trace_state", Kind::Text),
        field!(4, "parent_span_id", Kind::Id),
        field!(5, "name", Kind::Text),
        attributes(9),
        field!(11, "events", Kind::Message(&SPAN_EVENT)),
        field!(13, "links", Kind::Message(&LINK)),
        field!(15, "status", Kind::Message(&STATUS)),
    ],
);

static SPAN_EVENT: Message =
    Message::new(Shape::Object, &[field!(2, "name", Kind::Text), attributes(3)]);

static LINK: Message = Message::new(
    Shape::Object,
    &[
        field!(1, "trace_id", Kind::Id),
        field!(2, "span_id", Kind::Id),
        field!(3, "trace_state", Kind::Text),
        attributes(4),
    ],
);

static STATUS: Message = Message::new(Shape::Object, &[field!(2, "message", Kind::Text)]);

static RESOURCE_METRICS: Message = Message::new(
    Shape::Object,
    &[
        field!(1, "resource", Kind::Message(&RESOURCE)),
        field!(2, "scope_metrics", Kind::Message(&SCOPE_METRICS)),
        field!(3, "schema_url", Kind::Text),
    ],
);

static SCOPE_METRICS: Message = Message::new(
    Shape::Object,
    &[
        field!(1, "scope", Kind::Message(&SCOPE)),
        field!(2, "metrics", Kind::Message(&METRIC)),
        field!(3, "schema_url", Kind::Text),
    ],
);

static METRIC: Message = Message::new(
    Shape::Record,
    &[
        field!(1, "name", Kind::Text),
        field!(2, "description", Kind::Text),
        field!(3, "unit", Kind::Text),
        field!(5, "gauge", Kind::Message(&NUMBERS)),
        field!(7, "sum", Kind::Message(&NUMBERS)),
        field!(9, "histogram", Kind::Message(&HISTOGRAM)),
        field!(10, "exponential_histogram", Kind::Message(&EXPONENTIAL_HISTOGRAM)),
        field!(11, "summary", Kind::Message(&SUMMARY)),
        attributes(12),
    ],
);

static NUMBERS: Message = Message::new(Shape::Array, &[bare(1, Kind::Message(&NUMBER))]);

static NUMBER: Message =
    Message::new(Shape::Object, &[field!(5, "exemplars", Kind::Message(&EXEMPLAR)), attributes(7)]);

static HISTOGRAM: Message = Message::new(Shape::Array, &[bare(1, Kind::Message(&HISTOGRAM_POINT))]);

static HISTOGRAM_POINT: Message = Message::new(
    Shape::Object,
    &[
        field!(6, "bucket_counts", Kind::Numbers),
        field!(7, "explicit_bounds", Kind::Numbers),
        field!(8, "exemplars", Kind::Message(&EXEMPLAR)),
        attributes(9),
    ],
);

static EXPONENTIAL_HISTOGRAM: Message =
    Message::new(Shape::Array, &[bare(1, Kind::Message(&EXPONENTIAL_POINT))]);

static EXPONENTIAL_POINT: Message = Message::new(
    Shape::Object,
    &[
        attributes(1),
        field!(8, "positive", Kind::Message(&BUCKETS)),
        field!(9, "negative", Kind::Message(&BUCKETS)),
        field!(11, "exemplars", Kind::Message(&EXEMPLAR)),
    ],
);

static BUCKETS: Message = Message::new(Shape::Plain, &[bare(2, Kind::Numbers)]);

static SUMMARY: Message = Message::new(Shape::Array, &[bare(1, Kind::Message(&SUMMARY_POINT))]);

static SUMMARY_POINT: Message = Message::new(
    Shape::Object,
    &[field!(6, "quantile_values", Kind::Message(&NOTHING)), attributes(7)],
);

static EXEMPLAR: Message = Message::new(
    Shape::Object,
    &[field!(4, "span_id", Kind::Id), field!(5, "trace_id", Kind::Id), attributes(7)],
);

static RESOURCE: Message = Message::new(
    Shape::Object,
    &[attributes(1), field!(3, "entity_refs", Kind::Message(&ENTITY_REF))],
);

static ENTITY_REF: Message = Message::new(
    Shape::Object,
    &[
        field!(1, "schema_url", Kind::Text),
        field!(2, "type", Kind::Text),
        field!(3, "id_keys", Kind::Text),
        field!(4, "description_keys", Kind::Text),
    ],
);

static SCOPE: Message = Message::new(
    Shape::Object,
    &[field!(1, "name", Kind::Text), field!(2, "version", Kind::Text), attributes(3)],
);

static KEY_VALUE: Message =
    Message::new(Shape::Entry, &[bare(1, Kind::Text), bare(2, Kind::Message(&ANY_VALUE))]);

static ANY_VALUE: Message = Message::new(
    Shape::Plain,
    &[
        bare(1, Kind::Text),
        bare(3, Kind::Integer),
        bare(4, Kind::Float),
        bare(5, Kind::Message(&ARRAY_VALUE)),
        bare(6, Kind::Message(&KEY_VALUES)),
        // Bytes that may be text.
        bare(7, Kind::Text),
    ],
);

static ARRAY_VALUE: Message = Message::new(Shape::Array, &[bare(1, Kind::Message(&ANY_VALUE))]);

static KEY_VALUES: Message = Message::new(Shape::Object, &[attributes(1)]);

/// Attributes are parts of what they stand in.
const fn attributes(number: u32) -> Field {
    bare(number, Kind::Message(&KEY_VALUE))
}
