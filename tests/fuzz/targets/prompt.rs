//! Any bytes as a request and as a reply: what is sent is JSON if what came was, holds no secret, and stays when it is looked through
//! again; a reply is the same however it is cut, and nothing of it is lost.
#![no_main]

use std::sync::LazyLock;

use keepmum::prompt::{Api, PreSend, RestoreRule};
use keepmum::{Redactor, ReferenceKey, Secret};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "correct \"horse\"";
const TYPES: [&str; 5] = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""];
const REPLIES: [&str; 4] = ["application/json", "text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream"];

static GUARD: LazyLock<PreSend> = LazyLock::new(|| {
    let redactor = Redactor::builder().secret("s", SECRET).expect("short").build().expect("good");
    let rule = RestoreRule { secret: "*".into(), tool: "*".into(), host: None, argument: "url".into() };
    let builder = PreSend::builder(redactor.into(), ReferenceKey::new(b"fuzz")).restore(rule);
    builder.restorable(vec![Secret::new("s", SECRET)]).build().expect("good")
});

fuzz_target!(|data: (u8, Vec<u8>)| {
    let (which, bytes) = data;
    let api = Api::ALL[usize::from(which) % Api::ALL.len()];
    // Pieces of messages are remembered from one run to the next.
    if !matches!(api, Api::SlackAppend | Api::SlackStop) {
        request(api, TYPES[usize::from(which) % TYPES.len()], &bytes);
    }
    reply(api, REPLIES[usize::from(which) % REPLIES.len()], &bytes);
});

fn request(api: Api, kind: &str, bytes: &[u8]) {
    let Ok(sent) = GUARD.redact_request(api, kind, bytes) else { return };
    if kind == "application/json" && serde_json::from_slice::<serde_json::Value>(bytes).is_ok() {
        serde_json::from_slice::<serde_json::Value>(&sent.body).expect("JSON stays JSON");
    }
    let again = GUARD.redact_request(api, kind, &sent.body).expect("what may be sent may be sent again");
    assert!(again.report.is_unchanged());
}

fn reply(api: Api, kind: &str, bytes: &[u8]) {
    let Some(mut whole) = GUARD.reply(api, kind) else { return };
    let mut out = Vec::new();
    whole.push(bytes, &mut out);
    whole.finish(&mut out);
    let mut pieces = GUARD.reply(api, kind).expect("as before");
    let mut same = Vec::new();
    bytes.iter().for_each(|byte| pieces.push(&[*byte], &mut same));
    pieces.finish(&mut same);
    assert_eq!(out, same);
    if !bytes.windows(9).any(|window| window == b"SECRETREF") {
        assert_eq!(out, bytes);
    }
}
