//! A value that is a JSON document: each of its leaves is as secret as the whole.

use serde_json::Value;
use zeroize::Zeroize;

use super::UNBOUNDED;
use super::lines::is_generic;

/// Calls `found` with every text and number in the document that is long and specific enough. Brackets, keys, `type`s and
/// addresses are the same for everybody.
pub(super) fn of(value: &[u8], found: &mut impl FnMut(&[u8])) {
    if !matches!(value.first(), Some(b'{' | b'[')) {
        return;
    }
    if let Ok(document) = serde_json::from_slice::<Value>(value) {
        walk(document, found);
    }
}

/// Visits the leaves, and wipes each.
fn walk(value: Value, found: &mut impl FnMut(&[u8])) {
    match value {
        Value::String(mut text) => {
            leaf(text.trim(), found);
            text.zeroize();
        }
        Value::Number(number) => leaf(&number.to_string(), found),
        Value::Array(items) => items.into_iter().for_each(|item| walk(item, found)),
        Value::Object(fields) => fields.into_iter().for_each(|(_, field)| walk(field, found)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn leaf(text: &str, found: &mut impl FnMut(&[u8])) {
    if text.len() >= UNBOUNDED && !is_generic(text.as_bytes()) {
        found(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_that_tell_and_no_others() {
        let mut all = Vec::new();
        let document =
            br#"{"type":"service_account","uri":"https://example.com/x","n":1,"id":123456789,
            "keys":["correct horse",{"deep":"battery \"staple\""}],"dsn":"postgres://u:pass@h/d"}"#;
        of(document, &mut |leaf| all.push(String::from_utf8_lossy(leaf).into_owned()));
        all.sort();
        assert_eq!(
            all,
            ["123456789", "battery \"staple\"", "correct horse", "postgres://u:pass@h/d"]
        );
    }
}
