//! What becomes of OTLP. Its SDK as a sender: `tests/inside`.

use hyper::Request;
use keepmum::serve::Protocol;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use tonic::codec::CompressionEncoding;

use crate::grpc::{Sender, Upstream as Calls};
use crate::harness::{REDACTED, Running, SECRET, Upstream, client, to, whole, within};

const EXPORT: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

fn text(text: &str) -> Option<AnyValue> {
    Some(AnyValue { value: Some(Value::StringValue(text.to_owned())) })
}

fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: text(value), ..KeyValue::default() }
}

/// Logs that say `what` in a resource, a body and an attribute.
fn logs(what: &str) -> ExportLogsServiceRequest {
    let record = LogRecord {
        time_unix_nano: 1_700_000_000_000_000_000,
        trace_id: vec![7; 16],
        body: text(what),
        attributes: vec![attribute("said", what)],
        ..LogRecord::default()
    };
    let resource = Resource { attributes: vec![attribute("host", what)], ..Resource::default() };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let logs = ResourceLogs { resource: Some(resource), scope_logs, ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![logs] }
}

#[tokio::test]
async fn calls_go_on_as_calls() {
    let upstream = Calls::<ExportLogsServiceRequest>::good().await;
    let stage = Running::start(to(Protocol::Otlp, upstream.address)).await;
    let sender = Sender::to(stage.address).compressing(CompressionEncoding::Gzip);
    sender.call::<_, ExportLogsServiceResponse>(EXPORT, logs(SECRET)).await.unwrap();
    assert_eq!(upstream.only().message, logs(REDACTED));
}

#[tokio::test]
async fn requests_of_protobuf_and_of_json_go_on_as_such() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Otlp, upstream.address)).await;
    let json = |what: &str| {
        format!(
            "{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{{\"body\":{{\"stringValue\":\"{what}\"}}}}]}}]}}]}}"
        )
    };
    for (kind, body, expected) in [
        ("application/x-protobuf", logs(SECRET).encode_to_vec(), logs(REDACTED).encode_to_vec()),
        ("application/json", json(SECRET).into_bytes(), json(REDACTED).into_bytes()),
    ] {
        let request = Request::post(format!("http://{}/v1/logs", stage.address));
        let request = request.header("content-type", kind).body(whole(body)).unwrap();
        assert_eq!(within(client().request(request)).await.unwrap().status(), 200);
        let seen = upstream.seen().pop().unwrap();
        assert_eq!(seen.body, expected);
        assert_eq!(
            (seen.uri.path(), &seen.headers["content-type"]),
            ("/v1/logs", &kind.parse().unwrap())
        );
    }
}

#[tokio::test]
async fn what_is_no_otlp_stays() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Otlp, upstream.address)).await;
    for (method, path, kind, status) in [
        ("POST", "/v1/logs", "text/plain", 415),
        ("POST", "/v1/logs", "application/json", 400),
        ("POST", "/v1/logs", "application/x-protobuf", 400),
        ("POST", "/v1/profiles", "application/json", 404),
        ("PUT", "/v1/logs", "application/json", 405),
    ] {
        let request =
            Request::builder().method(method).uri(format!("http://{}{path}", stage.address));
        let request =
            request.header("content-type", kind).body(whole(format!("{{{SECRET}"))).unwrap();
        let reply = within(client().request(request)).await.unwrap();
        assert_eq!(reply.status(), status, "{kind}");
        let told = reply.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(told == kind || told == "application/json", "{told}");
        let (_, said) = crate::harness::text(reply).await;
        assert!(said.contains("keepmum: ") && !said.contains(SECRET), "{said}");
    }
    assert!(upstream.seen().is_empty());
}

/// The upstream may go by the other one.
#[tokio::test]
async fn two_media_types_are_none() {
    let upstream = Upstream::good().await;
    let stage = Running::start(to(Protocol::Otlp, upstream.address)).await;
    for kinds in [
        &["application/json", "application/x-protobuf"][..],
        &["application/json; charset=utf-16"],
        &["application/json, application/x-protobuf"],
    ] {
        let request = Request::post(format!("http://{}/v1/logs", stage.address));
        let request = kinds.iter().fold(request, |all, kind| all.header("content-type", *kind));
        let sent = client().request(request.body(whole("{}")).unwrap());
        assert_eq!(within(sent).await.unwrap().status(), 415, "{kinds:?}");
    }
    assert!(upstream.seen().is_empty());
}
