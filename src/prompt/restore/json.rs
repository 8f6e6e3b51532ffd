//! Parts of a document, as slices of it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object, in order; none if it is none.
pub(crate) fn members(json: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    serde_json::from_str::<Members>(json).ok().map(|members| members.0)
}

/// The elements of an array; none if it is none.
pub(crate) fn elements(json: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// What an object has under a name. The last one counts, as in most readers.
pub(crate) fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    members(json)?.into_iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The text of a string.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text>(json).ok().map(|text| text.0)
}

/// Where `part`, a slice of `json`, begins in it.
pub(crate) fn offset(json: &str, part: &str) -> usize {
    part.as_ptr() as usize - json.as_ptr() as usize
}

/// What `text` looks like inside a string.
pub(crate) fn escaped(text: &str) -> zeroize::Zeroizing<Vec<u8>> {
    let quoted = zeroize::Zeroizing::new(serde_json::to_vec(text).expect("a string"));
    quoted[1..quoted.len() - 1].to_vec().into()
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AllMembers)
    }
}

struct AllMembers;

impl<'de> Visitor<'de> for AllMembers {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &RawValue>()? {
            members.push((name, value.get()));
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_slices_of_the_document() {
        let json = r#" { "a" : [ 1 , {"b":"x\ny"} ], "a":{"\u0063":"\ud83d"}, "z":null } "#;
        let all = members(json).expect("an object");
        assert_eq!(all.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["a", "a", "z"]);
        assert_eq!(elements(all[0].1).expect("an array"), ["1", r#"{"b":"x\ny"}"#]);
        let part = member(json, "a").and_then(|part| member(part, "c")).expect("it is there");
        assert_eq!((part, string(part)), (r#""\ud83d""#, None));
        assert_eq!(offset(json, part), json.find(r#""\ud"#).expect("it is there"));
        assert_eq!(members("[1]"), None);
    }
}
