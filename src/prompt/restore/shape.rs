//! Where tool calls stand in the replies of an interface.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::json;
use crate::prompt::api::Api;

/// Where the parts of tool calls stand in events, as `replies/*.toml` say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    /// Names of members that mark reasoning which must come back as it was, wherever they stand.
    #[serde(default)]
    signed: Vec<String>,
    /// A payload after which nothing comes.
    #[serde(default)]
    over: Option<String>,
    #[serde(rename = "call")]
    rows: Vec<Row>,
    #[serde(default, rename = "end")]
    ends: Vec<End>,
}

/// A place where a call, or a part of one, stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// What the event is called: its `type`, or what its frame says. Any, if there is none.
    #[serde(default)]
    event: Vec<String>,
    /// The object that is, or holds, the call.
    at: Path,
    /// The `type` that the object has to have.
    #[serde(default)]
    of: Vec<String>,
    /// The member of the event that numbers the call. If there is none, the elements of the path do.
    key: Option<String>,
    /// The tool's name, from the object on.
    name: Option<Path>,
    /// The tool's name, if it never stands there.
    called: Option<String>,
    /// What tells two calls of one number apart.
    id: Option<Path>,
    /// The arguments, from the object on. A row without opens a call.
    arguments: Option<Path>,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    part: Part,
    /// Strings of the arguments that come in pieces, each with its path.
    partial: Option<Partial>,
}

/// Where pieces of strings stand, from the call's object on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Partial {
    /// The array that holds them.
    each: String,
    /// The member that says in which argument a piece stands.
    path: String,
    /// The piece.
    text: String,
    /// The call goes on behind this event if this is `true`.
    more: String,
}

/// Something after which calls are complete.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    #[serde(default)]
    event: Vec<String>,
    /// It counts if this is there and not null.
    at: Path,
    /// As in a row. All calls whose number begins so are complete.
    key: Option<String>,
}

/// What arguments are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// A string that holds the source of a document.
    #[default]
    Source,
    /// A part of the event's document.
    Object,
    /// A string that holds any text.
    Text,
}

/// How much of a call stands in a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    /// A piece of its arguments.
    #[default]
    Piece,
    /// All of a call whose pieces came before, if there were any.
    Repeat,
    /// All of a call that stands nowhere else.
    Whole,
    /// A piece of a string in its arguments. A name begins another call.
    Partial,
}

/// Names that lead to a place; `[]` behind one stands for each element.
#[derive(Debug, Default)]
struct Path(Vec<Step>);

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Each,
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut steps = Vec::new();
        for name in text.split('.').filter(|name| !name.is_empty()) {
            let plain = name.trim_end_matches("[]");
            if plain.is_empty() || plain.contains(['[', ']']) {
                return Err(D::Error::custom("a name, or a name and `[]`"));
            }
            steps.push(Step::Member(plain.to_owned()));
            steps.extend((name.len() > plain.len()).then_some(Step::Each));
        }
        Ok(Self(steps))
    }
}

/// A part of a call that stands in an event.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) key: Vec<u64>,
    pub(super) name: Option<String>,
    pub(super) id: Option<String>,
    pub(super) part: Part,
    pub(super) kind: Kind,
    /// In which argument a piece of a string stands.
    pub(super) path: Option<String>,
    /// Where in the payload the arguments stand, with the quotes of a string, but without those of a string in pieces.
    pub(super) arguments: Option<Range<usize>>,
}

impl Shape {
    /// That of an interface, if its replies can hold tool calls.
    pub(super) fn of(api: Api) -> Option<&'static Self> {
        static ALL: LazyLock<[Shape; 6]> = LazyLock::new(|| {
            [
                include_str!("../replies/openai-chat.toml"),
                include_str!("../replies/openai-responses.toml"),
                include_str!("../replies/anthropic.toml"),
                include_str!("../replies/gemini.toml"),
                include_str!("../replies/bedrock.toml"),
                include_str!("../replies/ollama.toml"),
            ]
            .map(|text| toml::from_str(text).expect("a test reads them"))
        });
        let at = match api {
            Api::OpenAiChat => 0,
            Api::OpenAiResponses => 1,
            Api::Anthropic => 2,
            Api::Gemini => 3,
            Api::Bedrock => 4,
            Api::Ollama => 5,
            Api::Slack | Api::SlackAppend | Api::SlackStop | Api::Json => return None,
        };
        Some(&ALL[at])
    }

    /// Whether `payload` says that nothing comes behind it.
    pub(super) fn is_over(&self, payload: &str) -> bool {
        self.over.as_deref().is_some_and(|over| over == payload.trim())
    }

    /// Whether `payload` holds reasoning that must come back as it was. It may say so of a payload that holds none.
    pub(super) fn is_signed(&self, payload: &str) -> bool {
        self.signed.iter().any(|name| {
            let quoted = format!("\"{name}\"");
            payload.match_indices(&quoted).any(|(at, _)| {
                let rest = payload[at + quoted.len()..].trim_start().strip_prefix(':');
                rest.is_some_and(|value| !value.trim_start().starts_with("null"))
            })
        })
    }

    /// Calls `found` with all parts of calls in an event, then gives the numbers of calls that it completes. None if it is no
    /// object.
    pub(super) fn read(
        &self,
        name: Option<&str>,
        payload: &str,
        found: &mut impl FnMut(Hit),
    ) -> Option<Vec<Vec<u64>>> {
        let root = Root { json: payload, members: json::members(payload)? };
        let own = root.member("type").and_then(json::string);
        let name = name.or(own.as_deref()).unwrap_or("");
        let named = |names: &[String]| names.is_empty() || names.iter().any(|one| one == name);
        let mut ended = Vec::new();
        for row in self.rows.iter().filter(|row| named(&row.event)) {
            root.each(&row.at, row.key.as_deref(), &mut |object, key| {
                row.hit(payload, object, key).into_iter().for_each(&mut *found);
                if let Some(partial) = &row.partial {
                    partial.hits(payload, object, key).into_iter().for_each(&mut *found);
                    let more = json::member(object, &partial.more) == Some("true");
                    ended.extend((!more).then(|| key.to_vec()));
                }
            });
        }
        for end in self.ends.iter().filter(|end| named(&end.event)) {
            root.each(&end.at, end.key.as_deref(), &mut |value, key| {
                ended.extend((value != "null").then(|| key.to_vec()));
            });
        }
        Some(ended)
    }
}

/// An event's document, whose members were read once.
struct Root<'a> {
    json: &'a str,
    members: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Root<'a> {
    fn member(&self, name: &str) -> Option<&'a str> {
        self.members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// Calls `found` with all that stands at the end of a path, and its number, which begins with what `key` gives.
    fn each(&self, path: &Path, key: Option<&str>, found: &mut dyn FnMut(&'a str, &[u64])) {
        let number = key.and_then(|key| self.member(key)?.parse().ok());
        let mut numbers: Vec<u64> = number.into_iter().collect();
        match &path.0[..] {
            [Step::Member(name), rest @ ..] => {
                if let Some(member) = self.member(name) {
                    each(member, rest, &mut numbers, found);
                }
            }
            _ => found(self.json, &numbers),
        }
    }
}

impl Row {
    fn hit(&self, payload: &str, object: &str, key: &[u64]) -> Option<Hit> {
        let kind = json::member(object, "type").and_then(json::string);
        if !self.of.is_empty() && !self.of.iter().any(|of| Some(&**of) == kind.as_deref()) {
            return None;
        }
        let text = |path: &Option<Path>| {
            let text = first(object, path.as_ref()?).and_then(json::string)?;
            (!text.is_empty()).then(|| text.into_owned())
        };
        let arguments = self.arguments.as_ref().and_then(|path| first(object, path));
        let is_string = self.kind != Kind::Object;
        let arguments = arguments.filter(|json| json.starts_with('"') == is_string);
        let name = text(&self.name).or_else(|| self.called.clone());
        if arguments.is_none() && name.is_none() {
            return None;
        }
        Some(Hit {
            key: key.to_vec(),
            name,
            id: text(&self.id),
            part: self.part,
            kind: self.kind,
            path: None,
            arguments: arguments.map(|part| span(payload, part)),
        })
    }
}

impl Partial {
    fn hits(&self, payload: &str, object: &str, key: &[u64]) -> Vec<Hit> {
        let pieces = json::member(object, &self.each).and_then(json::elements);
        let hit = |piece: &str| {
            let path = json::member(piece, &self.path).and_then(json::string)?.into_owned();
            let text = json::member(piece, &self.text).filter(|text| text.starts_with('"'))?;
            let quoted = span(payload, text);
            Some(Hit {
                key: key.to_vec(),
                name: None,
                id: None,
                part: Part::Partial,
                kind: Kind::Object,
                path: Some(path),
                arguments: Some(quoted.start + 1..quoted.end - 1),
            })
        };
        pieces.unwrap_or_default().into_iter().filter_map(hit).collect()
    }
}

/// Where `part` stands in `payload`.
fn span(payload: &str, part: &str) -> Range<usize> {
    let start = json::offset(payload, part);
    start..start + part.len()
}

/// What stands at the end of a path without elements.
fn first<'a>(object: &'a str, path: &Path) -> Option<&'a str> {
    path.0.iter().try_fold(object, |json, step| match step {
        Step::Member(name) => json::member(json, name),
        Step::Each => None,
    })
}

fn each<'a>(
    json: &'a str,
    path: &[Step],
    numbers: &mut Vec<u64>,
    found: &mut dyn FnMut(&'a str, &[u64]),
) {
    match path {
        [] => found(json, numbers),
        [Step::Member(name), rest @ ..] => {
            if let Some(member) = json::member(json, name) {
                each(member, rest, numbers, found);
            }
        }
        [Step::Each, rest @ ..] => {
            for (at, element) in json::elements(json).unwrap_or_default().into_iter().enumerate() {
                let index = json::member(element, "index").and_then(|index| index.parse().ok());
                numbers.push(index.unwrap_or(at as u64));
                each(element, rest, numbers, found);
                numbers.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interface_with_calls_has_a_shape() {
        let with = Api::ALL.into_iter().filter(|&api| Shape::of(api).is_some()).count();
        assert_eq!(with, 6);
    }

    #[test]
    fn parts_are_found_with_their_numbers() {
        let shape = Shape::of(Api::OpenAiChat).expect("it has one");
        let event = r#"{"choices":[{"delta":{}},{"index":7,"finish_reason":"stop","delta":{"tool_calls":[
            {"function":{"name":"","arguments":"x"}},{"index":4,"id":"c","function":{"name":"n"}}]}}]}"#;
        let mut hits = Vec::new();
        let ended = shape.read(None, event, &mut |hit| hits.push(hit));
        assert_eq!(ended, Some(vec![vec![7]]));
        let [first, second] = &hits[..] else { panic!("two parts") };
        assert_eq!(
            (&first.key[..], &first.name, &event[first.arguments.clone().expect("some")]),
            (&[7, 0][..], &None, "\"x\"")
        );
        assert_eq!(
            (&second.key[..], second.name.as_deref(), second.id.as_deref()),
            (&[7, 4][..], Some("n"), Some("c"))
        );
    }

    #[test]
    fn reasoning_is_signed_by_a_name_with_a_value() {
        let shape = Shape::of(Api::OpenAiResponses).expect("it has one");
        assert!(shape.is_signed(r#"{"encrypted_content" : "x"}"#));
        assert!(!shape.is_signed(r#"{"encrypted_content": null}"#));
        assert!(!shape.is_signed(r#"{"a":"\"encrypted_content\":1"}"#));
    }
}
