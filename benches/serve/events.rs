//! Events of about a kilobyte, in the form of each protocol.

use rmp::encode;
use serde_json::{Value, json};

/// How many events a request holds.
pub(crate) const BATCH: usize = 1000;

/// A log event as a shipper hands it on: of a container, with its labels. Every `one_in`-th holds `secret`.
pub(crate) fn events(secret: &str, one_in: usize) -> Vec<Value> {
    let leak = |at: usize| if at % one_in == one_in / 2 { secret } else { "" };
    (0..BATCH).map(|at| event(at, leak(at))).collect()
}

fn event(at: usize, leak: &str) -> Value {
    json!({
        "timestamp": format!("2026-11-28T12:00:{:02}.{:03}Z", at / 1000, at % 1000),
        "message": format!(
            "GET /api/v1/orders/{at}?page=3&size=50 finished in {} ms after 2 tries on replica orders-{:02}, cache miss, {} rows {leak}",
            at % 97, at % 16, at * 7 % 1000
        ),
        "level": if at.is_multiple_of(50) { "warn" } else { "info" },
        "logger": "com.example.orders.web.OrderController",
        "thread": format!("http-nio-8080-exec-{}", at % 32),
        "request": {
            "method": "GET", "path": format!("/api/v1/orders/{at}"), "status": 200, "bytes": 18_000 + at,
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "remote": format!("10.12.{}.{}", at % 256, at * 3 % 256), "duration": 12.25,
        },
        "kubernetes": {
            "namespace": "shop", "pod": format!("orders-6d5f7c9b8-{:05}", at * 31 % 99_991), "container": "orders",
            "node": "worker-7.eu-central-1.example.internal",
            "labels": {"app": "orders", "release": "stable", "team": "checkout", "tier": "backend"},
            "annotations": {"checksum": "config-42", "owner": "checkout@example.com"},
        },
        "tags": ["orders", "http", "production"],
        "padding": "the quick brown fox jumps over the lazy dog and back again ".repeat(2),
    })
}

/// Lines of JSON.
pub(crate) fn lines(events: &[Value]) -> Vec<u8> {
    events.iter().flat_map(|event| format!("{event}\n").into_bytes()).collect()
}

/// RFC 5424, a line each.
pub(crate) fn syslog(events: &[Value]) -> Vec<u8> {
    let line = |event: &Value| {
        format!("<14>1 2026-11-28T12:00:00.000Z worker-7 orders 4711 - - @cee: {event}\n")
    };
    events.iter().flat_map(|event| line(event).into_bytes()).collect()
}

/// `vector.PushEventsRequest`.
pub(crate) fn vector(events: &[Value]) -> Vec<u8> {
    let log = |event: &Value| field(1, &field(1, &field(2, &vector_value(event))));
    events.iter().flat_map(log).collect()
}

fn vector_value(value: &Value) -> Vec<u8> {
    match value {
        Value::Number(number) if number.is_i64() => scalar(4, number.as_u64().unwrap_or(0)),
        Value::Number(number) => double(5, number.as_f64().unwrap_or(0.0)),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                field(1, &[field(1, key.as_bytes()), field(2, &vector_value(value))].concat())
            };
            field(7, &map.iter().flat_map(entry).collect::<Vec<_>>())
        }
        Value::Array(items) => {
            let items = items.iter().flat_map(|item| field(1, &vector_value(item)));
            field(8, &items.collect::<Vec<_>>())
        }
        text => field(1, text.as_str().unwrap_or("").as_bytes()),
    }
}

/// `ExportLogsServiceRequest`: the message as the body, the rest as attributes.
pub(crate) fn otlp(events: &[Value]) -> Vec<u8> {
    let records = events.iter().flat_map(|event| {
        let Value::Object(map) = event else { return Vec::new() };
        let attributes = map.iter().filter(|(key, _)| *key != "message");
        let attributes = attributes.flat_map(|(key, value)| field(6, &key_value(key, value)));
        let body = field(5, &any_value(&map["message"]));
        field(2, &[fixed(1, 1_795_000_000_000_000_000), body, attributes.collect()].concat())
    });
    let scope = [field(1, &field(1, b"bench")), records.collect()].concat();
    let resource = field(1, &field(1, &key_value("service.name", &json!("orders"))));
    field(1, &[resource, field(2, &scope)].concat())
}

fn key_value(key: &str, value: &Value) -> Vec<u8> {
    [field(1, key.as_bytes()), field(2, &any_value(value))].concat()
}

fn any_value(value: &Value) -> Vec<u8> {
    match value {
        Value::Number(number) if number.is_i64() => scalar(3, number.as_u64().unwrap_or(0)),
        Value::Number(number) => double(4, number.as_f64().unwrap_or(0.0)),
        Value::Object(map) => {
            let pairs = map.iter().flat_map(|(key, value)| field(1, &key_value(key, value)));
            field(6, &pairs.collect::<Vec<_>>())
        }
        Value::Array(items) => {
            field(5, &items.iter().flat_map(|item| field(1, &any_value(item))).collect::<Vec<_>>())
        }
        text => field(1, text.as_str().unwrap_or("").as_bytes()),
    }
}

/// One Forward message with all of them packed.
pub(crate) fn forward(events: &[Value]) -> Vec<u8> {
    let mut entries = Vec::new();
    for event in events {
        encode::write_array_len(&mut entries, 2).expect("memory takes it");
        encode::write_uint(&mut entries, 1_795_000_000).expect("memory takes it");
        message_pack(event, &mut entries);
    }
    let mut message = Vec::new();
    encode::write_array_len(&mut message, 3).expect("memory takes it");
    encode::write_str(&mut message, "kube.orders").expect("memory takes it");
    encode::write_bin(&mut message, &entries).expect("memory takes it");
    encode::write_map_len(&mut message, 1).expect("memory takes it");
    encode::write_str(&mut message, "size").expect("memory takes it");
    encode::write_uint(&mut message, events.len() as u64).expect("memory takes it");
    message
}

fn message_pack(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Number(number) => match number.as_u64() {
            Some(number) => drop(encode::write_uint(out, number)),
            None => encode::write_f64(out, number.as_f64().unwrap_or(0.0)).expect("memory"),
        },
        Value::Object(map) => {
            encode::write_map_len(out, map.len() as u32).expect("memory takes it");
            for (key, value) in map {
                encode::write_str(out, key).expect("memory takes it");
                message_pack(value, out);
            }
        }
        Value::Array(items) => {
            encode::write_array_len(out, items.len() as u32).expect("memory takes it");
            items.iter().for_each(|item| message_pack(item, out));
        }
        text => encode::write_str(out, text.as_str().unwrap_or("")).expect("memory takes it"),
    }
}

/// A field of protobuf that has a length.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    varint(bytes.len() as u64, &mut out);
    out.extend_from_slice(bytes);
    out
}

fn scalar(number: u8, value: u64) -> Vec<u8> {
    let mut out = vec![number << 3];
    varint(value, &mut out);
    out
}

fn double(number: u8, value: f64) -> Vec<u8> {
    [&[number << 3 | 1][..], &value.to_le_bytes()].concat()
}

fn fixed(number: u8, value: u64) -> Vec<u8> {
    [&[number << 3 | 1][..], &value.to_le_bytes()].concat()
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
