//! Secrets that are JSON documents.

use serde_json::Value;
#[cfg(any(feature = "aws", feature = "gcp"))]
use zeroize::Zeroizing;

use super::SourceError;
#[cfg(any(feature = "aws", feature = "gcp"))]
use super::{leaves, names::Names};
use crate::Secret;

/// The leaves of `value`, called `path-key`, if it is the text of a JSON object, and `value` as it is, called `path`.
///
/// The leaves come first: where two secrets claim the same bytes, the first one's name stands for them, and a leaf's tells
/// more.
#[cfg(any(feature = "aws", feature = "gcp"))]
pub(super) fn leaves_and_whole(
    names: &Names,
    path: &str,
    value: impl Into<Vec<u8>>,
) -> Vec<Secret> {
    let value = Zeroizing::new(value.into());
    let mut secrets = leaves::below(names, &format!("{path}-"), &value).unwrap_or_default();
    secrets.push(names.secret(path, value.to_vec()));
    secrets
}

/// `value` as it is, or the field `key` of the JSON object whose text it is.
#[cfg(any(feature = "aws", feature = "gcp"))]
pub(super) fn whole_or_field(
    source: &str,
    place: &str,
    value: Vec<u8>,
    key: Option<&str>,
) -> Result<Secret, SourceError> {
    let Some(key) = key else { return Ok(Secret::new(place, value)) };
    let value = Zeroizing::new(value);
    field(source, place, serde_json::from_slice(&value).unwrap_or(Value::Null), key)
}

/// The field `key` of a JSON object: a text as it is, anything else as JSON.
///
/// # Errors
///
/// `document` is no object, or has no such field.
pub(super) fn field(
    source: &str,
    place: &str,
    document: Value,
    key: &str,
) -> Result<Secret, SourceError> {
    let Value::Object(mut fields) = document else {
        return Err(SourceError::malformed(source, format_args!("{place} is no JSON object")));
    };
    match fields.remove(key) {
        Some(Value::String(text)) => Ok(Secret::new(key, text)),
        Some(other) => Ok(Secret::new(key, other.to_string())),
        None => Err(SourceError::missing(source, format_args!("{place} has no field `{key}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(secrets: &[Secret]) -> Vec<(String, String)> {
        let text = |secret: &Secret| String::from_utf8_lossy(secret.value()).into_owned();
        secrets.iter().map(|secret| (secret.name().to_owned(), text(secret))).collect()
    }

    #[test]
    fn a_field_is_a_text_or_json() {
        let document = || serde_json::json!({"text": "zebra", "pin": 7});
        let value =
            |key| field("demo", "x", document(), key).map(|secret| told(&[secret])[0].1.clone());
        assert_eq!((value("text"), value("pin")), (Ok("zebra".into()), Ok("7".into())));
        assert!(value("other").is_err_and(|error| error.is_missing()));
        assert!(field("demo", "x", Value::Null, "k").is_err_and(|error| error.is_malformed()));
    }

    #[test]
    #[cfg(any(feature = "aws", feature = "gcp"))]
    fn the_text_of_an_object_is_a_secret_and_so_are_its_leaves() {
        let names = |value: &str| {
            told(&leaves_and_whole(&Names::bare("aws"), "db", value))
                .into_iter()
                .map(|(name, _)| name)
        };
        assert_eq!(
            names(r#"{"password": "zebra", "deep": {"pin": 1}}"#).collect::<Vec<_>>(),
            ["db-password", "db-deep.pin", "db"]
        );
        assert_eq!(names("[1, 2]").collect::<Vec<_>>(), ["db"]);
        assert_eq!(names("zebra").collect::<Vec<_>>(), ["db"]);
    }
}
