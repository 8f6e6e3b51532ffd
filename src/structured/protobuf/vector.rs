//! Vector's native protocol: `proto/vector/vector.proto` and `lib/vector-core/proto/event.proto`, as of Vector 0.58.

use super::schema::{Kind, Message, NOTHING, Shape, bare, field};

pub(super) static PUSH_EVENTS: Message =
    Message::new(Shape::Plain, &[bare(1, Kind::Message(&EVENT))]);

static EVENT: Message = Message::new(
    Shape::Record,
    &[
        field!(1, "log", Kind::Message(&LOG)),
        field!(2, "metric", Kind::Message(&METRIC)),
        field!(3, "trace", Kind::Message(&TRACE)),
    ],
);

static LOG: Message = Message::new(
    Shape::Object,
    &[
        bare(1, Kind::Message(&ENTRY)),
        field!(2, "value", Kind::Message(&VALUE)),
        field!(3, "metadata", Kind::Message(&VALUE)),
        field!(4, "metadata_full", Kind::Message(&METADATA)),
    ],
);

static TRACE: Message = Message::new(
    Shape::Object,
    &[
        bare(1, Kind::Message(&ENTRY)),
        field!(2, "metadata", Kind::Message(&VALUE)),
        field!(3, "metadata_full", Kind::Message(&METADATA)),
    ],
);

/// Of `map<string, Value>`.
static ENTRY: Message =
    Message::new(Shape::Entry, &[bare(1, Kind::Text), bare(2, Kind::Message(&VALUE))]);

/// Of `map<string, string>`.
static TEXT_ENTRY: Message =
    Message::new(Shape::Entry, &[bare(1, Kind::Text), bare(2, Kind::Text)]);

static VALUE: Message = Message::new(
    Shape::Plain,
    &[
        bare(1, Kind::Text),
        bare(2, Kind::Message(&NOTHING)),
        bare(4, Kind::Integer),
        bare(5, Kind::Float),
        bare(7, Kind::Message(&MAP)),
        bare(8, Kind::Message(&ARRAY)),
    ],
);

static MAP: Message = Message::new(Shape::Object, &[bare(1, Kind::Message(&ENTRY))]);

static ARRAY: Message = Message::new(Shape::Array, &[bare(1, Kind::Message(&VALUE))]);

static METADATA: Message = Message::new(
    Shape::Object,
    &[
        field!(1, "value", Kind::Message(&VALUE)),
        field!(2, "datadog_origin_metadata", Kind::Message(&NOTHING)),
        field!(3, "source_id", Kind::Text),
        field!(4, "source_type", Kind::Text),
        field!(5, "upstream_id", Kind::Message(&OUTPUT_ID)),
        field!(6, "secrets", Kind::Message(&SECRETS)),
        // A UUID.
        field!(7, "source_event_id", Kind::Id),
    ],
);

static OUTPUT_ID: Message = Message::new(
    Shape::Object,
    &[field!(1, "component", Kind::Text), field!(2, "port", Kind::Text)],
);

static SECRETS: Message = Message::new(Shape::Object, &[bare(1, Kind::Message(&TEXT_ENTRY))]);

static METRIC: Message = Message::new(
    Shape::Object,
    &[
        field!(1, "name", Kind::Text),
        field!(2, "timestamp", Kind::Message(&NOTHING)),
        bare(3, Kind::Message(&TEXT_ENTRY)),
        field!(5, "counter", Kind::Message(&NOTHING)),
        field!(6, "gauge", Kind::Message(&NOTHING)),
        field!(7, "set", Kind::Message(&SET)),
        field!(8, "distribution1", Kind::Message(&LISTS)),
        field!(9, "aggregated_histogram1", Kind::Message(&LISTS)),
        field!(10, "aggregated_summary1", Kind::Message(&LISTS)),
        field!(11, "namespace", Kind::Text),
        field!(12, "distribution2", Kind::Message(&PARTS)),
        field!(13, "aggregated_histogram2", Kind::Message(&PARTS)),
        field!(14, "aggregated_summary2", Kind::Message(&PARTS)),
        field!(15, "sketch", Kind::Message(&SKETCH)),
        field!(16, "aggregated_histogram3", Kind::Message(&PARTS)),
        field!(17, "aggregated_summary3", Kind::Message(&PARTS)),
        field!(19, "metadata", Kind::Message(&VALUE)),
        bare(20, Kind::Message(&TAGS_ENTRY)),
        field!(21, "metadata_full", Kind::Message(&METADATA)),
    ],
);

/// Of `map<string, TagValues>`.
static TAGS_ENTRY: Message =
    Message::new(Shape::Entry, &[bare(1, Kind::Text), bare(2, Kind::Message(&TAG_VALUES))]);

static TAG_VALUES: Message = Message::new(Shape::Array, &[bare(1, Kind::Message(&TAG_VALUE))]);

static TAG_VALUE: Message = Message::new(Shape::Plain, &[bare(1, Kind::Text)]);

static SET: Message = Message::new(Shape::Array, &[bare(1, Kind::Text)]);

/// Metrics whose fields 1 and 2 are lists of numbers.
static LISTS: Message =
    Message::new(Shape::Plain, &[bare(1, Kind::Numbers), bare(2, Kind::Numbers)]);

/// Metrics whose field 1 is a list of messages of numbers.
static PARTS: Message = Message::new(Shape::Array, &[bare(1, Kind::Message(&NOTHING))]);

static SKETCH: Message = Message::new(Shape::Plain, &[bare(1, Kind::Message(&BINS))]);

static BINS: Message =
    Message::new(Shape::Plain, &[bare(6, Kind::Numbers), bare(7, Kind::Numbers)]);
