//! Google Cloud Secret Manager. No server of it can be run, so this is a stand-in that speaks its REST protocol, page by page,
//! as <https://cloud.google.com/secret-manager/docs/reference/rest> says.

use serde_json::{Value, json};

use crate::again::{kind, resolves};
use crate::peers::{Answer, Request, StandIn};
use crate::{OTHER, VALUE, declared, names, redacted};

const PARENT: &str = "/v1/projects/acme/secrets";

fn start() -> StandIn {
    StandIn::start(|request: &Request| {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let (status, body) = match path.strip_prefix(PARENT) {
            Some(below) => answer(below, query),
            None => failure(403, "PERMISSION_DENIED"),
        };
        Answer { status, body: body.to_string() }
    })
}

fn answer(below: &str, query: &str) -> (u16, Value) {
    let is_second_page = query.contains("pageToken=second");
    match below {
        "" if is_second_page => (200, json!({ "secrets": [secret("smtp", "payments")] })),
        // A search lets more through than was asked for.
        "" => (
            200,
            json!({ "secrets": [secret("db", "payments"), secret("other", "payments-eu")], "nextPageToken": "second" }),
        ),
        "/db/versions" if is_second_page => (200, json!({ "versions": [version("db", 1)] })),
        "/db/versions" => (
            200,
            json!({ "versions": [version("db", 3), version("db", 2)], "nextPageToken": "second" }),
        ),
        "/smtp/versions" => (200, json!({ "versions": [version("smtp", 1)] })),
        "/none/versions" => (200, json!({})),
        "/db/versions/3:access" | "/db/versions/latest:access" => {
            payload(&json!({ "password": VALUE }).to_string())
        }
        "/db/versions/2:access" => payload(OTHER),
        "/db/versions/1:access" => payload("oldest-of-three"),
        "/smtp/versions/1:access" => payload(&format!("smtp-{VALUE}")),
        "/disabled/versions/1:access" => failure(400, "FAILED_PRECONDITION"),
        _ => failure(404, "NOT_FOUND"),
    }
}

fn secret(name: &str, team: &str) -> Value {
    json!({ "name": format!("projects/1/secrets/{name}"), "labels": { "team": team }, "etag": "\"1\"" })
}

fn version(name: &str, number: u8) -> Value {
    json!({ "name": format!("projects/acme/secrets/{name}/versions/{number}"), "state": "ENABLED" })
}

fn payload(value: &str) -> (u16, Value) {
    (
        200,
        json!({ "name": "projects/1/secrets/x/versions/1", "payload": { "data": base64(value.as_bytes()) } }),
    )
}

fn failure(code: u16, status: &str) -> (u16, Value) {
    (code, json!({ "error": { "code": code, "status": status, "message": VALUE } }))
}

/// With padding, as JSON carries bytes.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let quad = |three: &[u8]| {
        let bits =
            three.iter().chain(&[0, 0]).take(3).fold(0, |all, byte| all << 8 | usize::from(*byte));
        let digit = move |at: usize| {
            if at > three.len() { '=' } else { char::from(DIGITS[bits >> (18 - 6 * at) & 63]) }
        };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(quad).collect()
}

fn read(cloud: &StandIn, keys: &str) -> Result<Vec<keepmum::Secret>, keepmum::source::SourceError> {
    let endpoint = format!("http://127.0.0.1:{}", cloud.port);
    let mut source = declared(&format!(
        "kind = 'gcp'\nname = 'g'\nproject = 'acme'\nendpoint = '{endpoint}'\n{keys}"
    ));
    source.fetch().map(|fetched| fetched.secrets)
}

#[test]
fn every_enabled_version_is_read_or_the_newest() {
    let cloud = start();
    let secrets = read(&cloud, "names = ['db']").unwrap();
    assert_eq!(names(&secrets), ["g.db", "g.db", "g.db", "g.db-password"]);
    let input = format!("{VALUE} {OTHER} oldest-of-three");
    let all = redacted(secrets, &input);
    assert_eq!(all, "[REDACTED:g.db-password] [REDACTED:g.db] [REDACTED:g.db]");
    let newest = redacted(read(&cloud, "names = ['db']\nversions = 1").unwrap(), &input);
    assert_eq!(newest, format!("[REDACTED:g.db-password] {OTHER} oldest-of-three"));
    let asked = cloud.seen();
    assert!(asked.iter().all(|request| request.method == "GET"));
    assert!(asked.iter().any(|request| request.target.contains("filter=state%3AENABLED")));
    // Plain HTTP is a stand-in, and gets no credentials even where there are some.
    let is_told = |line: &String| line.starts_with("authorization:");
    assert!(!asked.iter().any(|request| request.headers.iter().any(is_told)));
}

#[test]
fn labels_choose_exactly() {
    let cloud = start();
    let secrets = read(&cloud, "labels = { team = 'payments' }\nversions = 1").unwrap();
    assert_eq!(names(&secrets), ["g.db", "g.db-password", "g.smtp"]);
    let filter = "filter=labels.team%3Dpayments";
    assert!(cloud.seen().iter().any(|request| request.target.contains(filter)));
}

#[test]
fn what_is_wrong_is_told_by_kind_and_without_the_answer() {
    let cloud = start();
    let error = |keys: &str| read(&cloud, keys).unwrap_err();
    assert_eq!(kind(&error("names = ['nothing']")), "missing");
    assert_eq!(kind(&error("names = ['none']")), "missing");
    assert_eq!(kind(&error("names = ['a/b']")), "malformed");
    let denied = read(&cloud, "location = 'europe-west3'\nnames = ['db']").unwrap_err();
    assert!(denied.is_denied() && !denied.to_string().contains(VALUE), "{denied}");
}

#[test]
fn a_reference_is_one_value() {
    let cloud = start();
    let name = "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER";
    let variables = [(name, format!("http://127.0.0.1:{}", cloud.port))];
    for (reference, expected) in [
        ("gcp:projects/acme/secrets/db/versions/latest#password", VALUE),
        ("gcp:projects/acme/secrets/db/versions/2", OTHER),
        ("gcp:projects/acme/secrets/db/versions/2#password", "malformed"),
        ("gcp:projects/acme/secrets/db/versions/latest#other", "missing"),
        ("gcp:projects/acme/secrets/disabled/versions/1", "missing"),
        ("gcp:projects/acme/secrets/db", "malformed"),
        ("gcp:projects/other/secrets/db/versions/1", "denied"),
    ] {
        resolves(reference, expected, &variables);
    }
    let away = [(name, format!("http://127.0.0.1:{}", crate::peers::free_port()))];
    resolves("gcp:projects/acme/secrets/db/versions/2", "unavailable", &away);
}
