//! The leaves of a JSON document, each with its path.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::SourceError;
use super::names::Names;
use crate::Secret;

/// The strings and numbers of a JSON object: a secret each, called by its path. Numbers stay as they are written.
pub(super) fn secrets(names: &Names, json: &[u8]) -> Result<Vec<Secret>, SourceError> {
    below(names, "", json)
}

/// The same for an object that is itself a secret of the source: `before`, such as `db-`, begins each path.
pub(super) fn below(names: &Names, before: &str, json: &[u8]) -> Result<Vec<Secret>, SourceError> {
    // A parser's error can quote: its place has to do.
    let refused = |error: serde_json::Error| {
        let why = format!("no JSON object (line {}, column {})", error.line(), error.column());
        SourceError::malformed(names.source(), why)
    };
    let mut secrets = Vec::new();
    let object: Entries<'_> = serde_json::from_slice(json).map_err(refused)?;
    object.collect(names, before, &mut secrets).map_err(refused)?;
    Ok(secrets)
}

/// The entries of an object, in order and all of them, even if two have one key.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl Entries<'_> {
    fn collect(
        self,
        names: &Names,
        before: &str,
        secrets: &mut Vec<Secret>,
    ) -> serde_json::Result<()> {
        self.0
            .into_iter()
            .try_for_each(|(key, value)| leaf(names, &format!("{before}{key}"), value, secrets))
    }
}

fn leaf(
    names: &Names,
    path: &str,
    value: &RawValue,
    secrets: &mut Vec<Secret>,
) -> serde_json::Result<()> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'{') => {
            serde_json::from_str::<Entries<'_>>(json)?.collect(names, &format!("{path}."), secrets)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json)?;
            let mut items = items.into_iter().enumerate();
            items.try_for_each(|(at, item)| leaf(names, &format!("{path}.{at}"), item, secrets))
        }
        Some(b'"') => {
            secrets.push(names.secret(path, serde_json::from_str::<String>(json)?));
            Ok(())
        }
        Some(b'-' | b'0'..=b'9') => {
            secrets.push(names.secret(path, json));
            Ok(())
        }
        // `true`, `false` and `null` are no secrets.
        _ => Ok(()),
    }
}

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(json: &str) -> Vec<(String, String)> {
        let secrets = secrets(&Names::bare("test"), json.as_bytes()).expect(json);
        let text = |secret: &Secret| String::from_utf8_lossy(secret.value()).into_owned();
        secrets.iter().map(|secret| (secret.name().to_owned(), text(secret))).collect()
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_string_and_number_has_a_path() {
        assert_eq!(
            leaves(
                r#"{"db": {"pin": 1234567, "on": true, "no": null}, "keys": ["a\u0062", {"k": "c"}]}"#
            ),
            owned(&[("db.pin", "1234567"), ("keys.0", "ab"), ("keys.1.k", "c")])
        );
    }

    #[test]
    fn numbers_stay_as_written_and_doubled_keys_are_kept() {
        let digits = "123456789012345678901234567890.0";
        assert_eq!(
            leaves(&format!(r#"{{"a": {digits}, "a": 1e5}}"#)),
            owned(&[("a", digits), ("a", "1e5")])
        );
    }

    #[test]
    fn what_is_no_object_is_refused_and_not_quoted() {
        for json in
            ["correct horse", "[\"correct horse\"]", "{\"a\": \"correct horse", "\"correct horse\""]
        {
            let error = secrets(&Names::bare("test"), json.as_bytes()).expect_err(json);
            assert!(error.is_malformed() && !error.to_string().contains("horse"), "{error}");
        }
    }
}
