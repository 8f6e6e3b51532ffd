//! MessagePack and protobuf: how long a look through a record takes, in chunks of Fluent Bit, events of Vector, logs of OTLP.
//!
//! `cargo bench --features msgpack,protobuf --bench wire -- [--smoke]`. Chunks of 4,000 records, clean and with a secret in 2 % of
//! them; the engine has the built-in rules and ten known secrets. Every figure is the median of the rounds, of which each looks at
//! all chunks in turn; beside it stands the look through the same records as lines of JSON.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use keepmum::rule::template::expand;
use keepmum::structured::{JsonStream, MessagePack, Protobuf};
use keepmum::{Discard, Finding, Observe, Redactor};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;
use prost::encoding::encode_varint;
use rmpv::Value;

const RECORDS: usize = 4000;

type Make = fn(&[Record]) -> Vec<u8>;
type Look = fn(&Redactor, &[u8]) -> usize;

fn main() {
    let smoke = std::env::args().any(|arg| arg == "--smoke");
    let rounds = if smoke { 3 } else { 101 };
    let redactor = (0..10).fold(Redactor::builder().builtin_rules(), |builder, at| {
        builder.secret(&format!("secret-{at}"), secret(at)).unwrap()
    });
    let redactor = redactor.build().unwrap();
    println!("| records | secrets | bytes each | ns each | MB/s |\n|---|---|---|---|---|");
    let forms: [(&str, Make, Look); 4] = [
        ("JSON lines", lines, json),
        ("MessagePack, chunks of Fluent Bit", chunk, msgpack),
        ("protobuf, events of Vector", events, vector),
        ("protobuf, logs of OTLP", logs, otlp),
    ];
    for every in [usize::MAX, 50] {
        let records: Vec<Record> = (0..RECORDS).map(|at| Record::new(at, every)).collect();
        let chunks: Vec<_> =
            forms.iter().map(|(name, make, look)| (name, make(&records), look)).collect();
        let mut times = vec![Vec::new(); chunks.len()];
        for _ in 0..rounds {
            for ((_, bytes, look), times) in chunks.iter().zip(&mut times) {
                let started = Instant::now();
                let found = black_box(look(&redactor, bytes));
                times.push(started.elapsed());
                assert_eq!(found, RECORDS.checked_div(every).unwrap_or(0));
            }
        }
        for ((name, bytes, _), times) in chunks.iter().zip(times) {
            let took = median(times).as_secs_f64();
            println!(
                "| {name} | {} | {} | {:.0} | {:.0} |",
                if every == usize::MAX { "none" } else { "2 %" },
                bytes.len() / RECORDS,
                took * 1e9 / RECORDS as f64,
                bytes.len() as f64 / took / 1e6,
            );
        }
    }
}

fn json(redactor: &Redactor, bytes: &[u8]) -> usize {
    let mut found = 0;
    let sink = Observe::new(Discard, |_: &Finding| found += 1);
    let mut stream = JsonStream::new(redactor.clone(), sink);
    stream.push(bytes).unwrap();
    stream.finish().unwrap();
    found
}

fn msgpack(redactor: &Redactor, bytes: &[u8]) -> usize {
    let form = MessagePack::new();
    counted(|found| drop(black_box(form.redact(redactor, bytes, found).unwrap())))
}

fn vector(redactor: &Redactor, bytes: &[u8]) -> usize {
    let form = Protobuf::VECTOR_EVENTS;
    counted(|found| drop(black_box(form.redact(redactor, bytes, found).unwrap())))
}

fn otlp(redactor: &Redactor, bytes: &[u8]) -> usize {
    let form = Protobuf::OTLP_LOGS;
    counted(|found| drop(black_box(form.redact(redactor, bytes, found).unwrap())))
}

/// How many findings a look tells of.
fn counted(look: impl FnOnce(&mut dyn FnMut(&Finding))) -> usize {
    let mut found = 0;
    look(&mut |_| found += 1);
    found
}

/// A line of a log.
struct Record {
    text: String,
    path: String,
    status: i64,
}

impl Record {
    fn new(at: usize, every: usize) -> Self {
        let leak =
            if at % every == every - 1 { secret(at % 10) } else { "nothing of note".to_owned() };
        let text = format!(
            "handled a request of a client behind a proxy, it said {leak}, and took 12.5 ms of 30"
        );
        Self { text, path: format!("/v1/items/{at}/parts?page=2&size=50"), status: 200 }
    }

    fn fields(&self) -> [(&'static str, &str); 4] {
        [
            ("log", &self.text),
            ("path", &self.path),
            ("level", "info"),
            ("host", "worker-17.example.internal"),
        ]
    }
}

fn secret(at: usize) -> String {
    expand("correct-horse-{alnum:24}", at as u64).unwrap().text
}

fn lines(records: &[Record]) -> Vec<u8> {
    let line = |record: &Record| {
        let mut fields: serde_json::Map<_, _> = record
            .fields()
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).into()))
            .collect();
        fields.insert("status".to_owned(), record.status.into());
        serde_json::Value::from(fields).to_string() + "\n"
    };
    records.iter().map(line).collect::<String>().into_bytes()
}

fn chunk(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        let mut fields: Vec<(Value, Value)> =
            record.fields().iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        fields.push(("status".into(), record.status.into()));
        let time = Value::Ext(0, vec![0x65, 0, 0, 0, 0, 0, 0, 1]);
        let head = Value::Array(vec![time, Value::Map(Vec::new())]);
        rmpv::encode::write_value(&mut out, &Value::Array(vec![head, Value::Map(fields)])).unwrap();
    }
    out
}

/// A field with a length.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    encode_varint(bytes.len() as u64, &mut out);
    out.extend_from_slice(bytes);
    out
}

fn events(records: &[Record]) -> Vec<u8> {
    let entry = |key: &str, value: Vec<u8>| {
        field(1, &[field(1, key.as_bytes()), field(2, &value)].concat())
    };
    let event = |record: &Record| {
        let texts = record.fields().map(|(key, value)| entry(key, field(1, value.as_bytes())));
        let mut status = vec![4 << 3];
        encode_varint(record.status as u64, &mut status);
        let map = [texts.concat(), entry("status", status)].concat();
        field(1, &field(1, &field(2, &field(7, &map))))
    };
    records.iter().flat_map(event).collect()
}

fn logs(records: &[Record]) -> Vec<u8> {
    let any = |value| Some(AnyValue { value: Some(value) });
    let text = |text: &str| any(any_value::Value::StringValue(text.to_owned()));
    let log_records = records.iter().map(|record| {
        let pairs = record.fields().into_iter().skip(1).map(|(key, value)| KeyValue {
            key: key.to_owned(),
            value: text(value),
            ..Default::default()
        });
        let status = KeyValue {
            key: "status".to_owned(),
            value: any(any_value::Value::IntValue(record.status)),
            ..Default::default()
        };
        LogRecord {
            time_unix_nano: 1,
            severity_text: "INFO".to_owned(),
            body: text(&record.text),
            attributes: pairs.chain([status]).collect(),
            trace_id: vec![7; 16],
            span_id: vec![7; 8],
            ..Default::default()
        }
    });
    let scope_logs = vec![ScopeLogs { log_records: log_records.collect(), ..Default::default() }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { scope_logs, ..Default::default() }],
    }
    .encode_to_vec()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
