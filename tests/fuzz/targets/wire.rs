//! Any bytes as documents of the wire forms: what comes out is a document, and stays when it is looked through again.
#![no_main]

use std::sync::LazyLock;

use keepmum::structured::{Malformed, MessagePack, Protobuf};
use keepmum::{Names, Redactor};
use libfuzzer_sys::fuzz_target;

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
    let builder = Redactor::builder().secret("s", "correct \"horse\"").expect("short");
    builder.secret("n", "48151623").expect("short").build().expect("good")
});

const MESSAGES: [Protobuf; 4] =
    [Protobuf::VECTOR_EVENTS, Protobuf::OTLP_LOGS, Protobuf::OTLP_TRACES, Protobuf::OTLP_METRICS];

fuzz_target!(|data: (u8, Vec<u8>)| {
    let (which, bytes) = data;
    let Ok(once) = redact(which, &bytes) else { return };
    let again = redact(which, &once).expect("what came out is a document");
    assert_eq!(again, once);
});

fn redact(which: u8, bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    if let Some(message) = MESSAGES.get(usize::from(which % 6)) {
        return Ok(message.redact(&REDACTOR, bytes, &mut |_| {})?.into_owned());
    }
    let form = MessagePack::new().hide(Names::none().with("pw"));
    let form = if which % 6 == 4 { form } else { form.skip(Names::none().with("id")) };
    Ok(form.redact(&REDACTOR, bytes, &mut |_| {})?.into_owned())
}
