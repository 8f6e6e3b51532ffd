//! What the fields of an interface's bodies mean, as data.

mod matcher;
mod pattern;
mod place;

use std::sync::LazyLock;

use serde::Deserialize;

pub(super) use matcher::Matcher;
use pattern::Pattern;
pub(super) use place::{Numbered, Place};

use super::api::Api;
use super::mode::KeyPolicy;

/// What may be done with a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// It is text: a secret in it is replaced.
    Text,
    /// It is text that is JSON.
    Source,
    /// It is base64 of text, or a `data:` address of such; other media are not to be changed.
    Base64,
    /// It must not change: a picture or the like, in base64.
    Media,
    /// It must not change. Made by machines, it looks random: only known secrets count.
    Opaque,
    /// It must not change.
    Fixed,
    /// It is meant for the provider.
    Credential,
}

/// What takes a secret's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Placeholder {
    #[default]
    Reference,
    /// What the redactor prints elsewhere too.
    Named,
}

/// Whether a number may become a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Numbers {
    #[default]
    Replaced,
    /// Whoever reads the document wants one: as in a field that must not change.
    Fixed,
}

/// What becomes of what rules only guess.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Guesses {
    #[default]
    Replaced,
    /// It stays everywhere.
    Left,
}

/// The fields of an interface that are not simply text.
pub(crate) struct Shape {
    pub(super) placeholder: Placeholder,
    pub(super) numbers: Numbers,
    pub(super) guesses: Guesses,
    /// What is done about secrets in keys, if the interface itself decides that.
    pub(super) keys: Option<KeyPolicy>,
    /// Values in which keys mean nothing, all the way down.
    free: Vec<Pattern>,
    /// The first that fits counts.
    classes: Vec<(Pattern, Class)>,
    /// Strings that are pieces of one text.
    runs: Vec<Pattern>,
    /// Strings that go on in the next request.
    pieces: Vec<Pattern>,
    /// Names of fields that hold media, and of the lists that do.
    media: Vec<String>,
}

/// A file of `shapes/`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ShapeFile {
    placeholder: Placeholder,
    pub(crate) numbers: Numbers,
    pub(crate) guesses: Guesses,
    pub(crate) keys: Option<KeyPolicy>,
    /// Where a request may stand in a body.
    roots: Vec<String>,
    free: Vec<String>,
    text: Fields,
    source: Fields,
    base64: Fields,
    media: Fields,
    opaque: Fields,
    fixed: Fields,
    credential: Fields,
    runs: Fields,
    pieces: Fields,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    at: Vec<String>,
}

impl Shape {
    /// The shape of an interface.
    pub(super) fn of(api: Api) -> &'static Self {
        static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
            let shapes = Api::ALL.map(|api| Shape::read(text(api)).expect("tested"));
            shapes.into()
        });
        let at = Api::ALL.iter().position(|&other| other == api);
        &SHAPES[at.expect("all of them")]
    }

    /// The shape of what agents write down: transcripts, histories, settings.
    #[cfg(feature = "sweep")]
    pub(super) fn at_rest() -> &'static Self {
        static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::read(AT_REST).expect("tested"));
        &SHAPE
    }

    fn read(toml: &str) -> Result<Self, String> {
        Self::new(&toml::from_str(toml).map_err(|error| error.to_string())?)
    }

    /// What `file` says.
    ///
    /// # Errors
    ///
    /// A pattern that is none.
    pub(crate) fn new(file: &ShapeFile) -> Result<Self, String> {
        let top = [String::new()];
        let roots = if file.roots.is_empty() { &top[..] } else { &file.roots };
        let patterns = |fields: &[String]| -> Result<Vec<Pattern>, String> {
            let all = fields.iter().flat_map(|at| roots.iter().map(move |root| (root, at)));
            all.map(|(root, at)| Pattern::parse(root, at)).collect()
        };
        let mut classes = Vec::new();
        for (fields, class) in [
            (&file.credential, Class::Credential),
            (&file.text, Class::Text),
            (&file.source, Class::Source),
            (&file.base64, Class::Base64),
            (&file.media, Class::Media),
            (&file.opaque, Class::Opaque),
            (&file.fixed, Class::Fixed),
        ] {
            classes.extend(patterns(&fields.at)?.into_iter().map(|pattern| (pattern, class)));
        }
        let encoded = |class| matches!(class, Class::Base64 | Class::Media);
        let media = classes.iter().filter(|(_, class)| encoded(*class));
        let media = media.flat_map(|(pattern, _)| pattern.last_keys().to_vec()).collect();
        Ok(Self {
            media,
            placeholder: file.placeholder,
            numbers: file.numbers,
            guesses: file.guesses,
            keys: file.keys,
            free: patterns(&file.free)?,
            classes,
            runs: patterns(&file.runs.at)?,
            pieces: patterns(&file.pieces.at)?,
        })
    }

    /// Whether a field or list of this name may hold media.
    pub(super) fn may_hold_media(&self, key: &[u8]) -> bool {
        self.media.iter().any(|name| name.as_bytes() == key)
    }

    /// Whether some strings may be pieces of one text.
    pub(super) fn has_runs(&self) -> bool {
        !self.runs.is_empty()
    }

    /// Whether what stands at `place` is a piece of a text that goes on beside it.
    pub(super) fn is_run(&self, matcher: &Matcher, place: &Place<'_>) -> bool {
        let links = place.links();
        self.runs.iter().any(|pattern| matcher.is_at(pattern, &links))
    }

    /// Whether what stands at `place` is a piece of a text that goes on in the next request.
    pub(super) fn is_piece(&self, matcher: &Matcher, place: &Place<'_>) -> bool {
        let links = place.links();
        self.pieces.iter().any(|pattern| matcher.is_at(pattern, &links))
    }

    /// What may be done with what stands at `place`.
    pub(super) fn class(&self, matcher: &Matcher, place: &Place<'_>) -> Class {
        if place.is_free() {
            return Class::Text;
        }
        let links = place.links();
        let above = &links[..links.len() - 1];
        if self.free.iter().any(|pattern| matcher.leads_to(pattern, above)) {
            return Class::Text;
        }
        let class = self.classes.iter().find(|(pattern, _)| matcher.is_at(pattern, &links));
        class.map_or(Class::Text, |(_, class)| *class)
    }
}

#[cfg(feature = "sweep")]
const AT_REST: &str = include_str!("../shapes/at-rest.toml");

fn text(api: Api) -> &'static str {
    match api {
        Api::OpenAiChat => include_str!("../shapes/openai-chat.toml"),
        Api::OpenAiResponses => include_str!("../shapes/openai-responses.toml"),
        Api::Anthropic => include_str!("../shapes/anthropic.toml"),
        Api::Gemini => include_str!("../shapes/gemini.toml"),
        Api::Bedrock => include_str!("../shapes/bedrock.toml"),
        Api::Ollama => include_str!("../shapes/ollama.toml"),
        Api::Slack | Api::SlackAppend | Api::SlackStop => include_str!("../shapes/slack.toml"),
        Api::Json => include_str!("../shapes/json.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structured::{Document, Kind};

    #[test]
    fn all_shapes_are_read() {
        for api in Api::ALL {
            assert!(Shape::read(text(api)).is_ok(), "{api}: {:?}", Shape::read(text(api)).err());
        }
    }

    /// The class of each string that is no key, in order.
    fn classes(api: Api, body: &str) -> Vec<Class> {
        classes_of(Shape::of(api), body)
    }

    fn classes_of(shape: &Shape, body: &str) -> Vec<Class> {
        let document = Document::read(body.as_bytes(), 64).expect("JSON");
        let matcher = Matcher::default();
        let leaves = document.tree().leaves().filter(|(_, node)| node.kind != Kind::Key);
        leaves
            .map(|(id, _)| {
                shape.class(
                    &matcher,
                    &Place::new(Numbered { number: 0, document: &document }, id, None),
                )
            })
            .collect()
    }

    #[test]
    fn what_stands_beside_a_field_tells_what_it_is() {
        use Class::{Base64, Fixed, Media, Opaque, Text};
        let body = r#"{"messages":[{"role":"user","content":[
            {"data":"x","type":"redacted_thinking"},
            {"type":"document","source":{"data":"x","type":"text"}},
            {"type":"document","source":{"data":"x","type":"base64","media_type":"text/plain"}},
            {"type":"image","source":{"data":"x","type":"base64","media_type":"image/png"}},
            {"type":"tool_use","input":{"id":"x","type":"x","data":"x"}}]}]}"#;
        assert_eq!(
            classes(Api::Anthropic, body),
            [
                Fixed, Opaque, Fixed, Fixed, Text, Fixed, Fixed, Base64, Fixed, Fixed, Fixed,
                Media, Fixed, Fixed, Fixed, Text, Text, Text
            ]
        );
    }

    #[cfg(feature = "sweep")]
    #[test]
    fn at_rest_signed_blocks_and_ids_are_known_by_what_stands_beside_them() {
        use Class::{Credential, Fixed, Media, Opaque, Text};
        for (line, expected) in [
            (
                r#"{"type":"x","uuid":"x","sessionId":"x","message":{"role":"x","id":"x","type":"x","content":[
                    {"type":"thinking","thinking":"x","signature":"x"},{"type":"tool_use","id":"x","input":{"id":"x"}}]}}"#,
                vec![
                    Text, Opaque, Opaque, Text, Opaque, Text, Text, Fixed, Opaque, Text, Opaque,
                    Text,
                ],
            ),
            (
                r#"{"payload":{"type":"reasoning","id":"x","summary":[{"text":"x"}],"encrypted_content":"x"}}"#,
                vec![Text, Opaque, Text, Opaque],
            ),
            (
                r#"{"payload":{"type":"function_call","call_id":"x","arguments":"x"},"id":"x","data":"x"}"#,
                vec![Text, Opaque, Class::Source, Text, Text],
            ),
            (
                r#"{"parts":[{"text":"x","thoughtSignature":"x"},{"text":"x"}]}"#,
                vec![Fixed, Opaque, Text],
            ),
            (
                r#"{"source":{"type":"base64","media_type":"image/png","data":"x"}}"#,
                vec![Text, Text, Media],
            ),
            (r#"{"mcpServers":{"a":{"command":"x","env":{"K":"x"}}}}"#, vec![Text, Credential]),
        ] {
            assert_eq!(classes_of(Shape::at_rest(), line), expected, "{line}");
        }
    }

    #[test]
    fn both_spellings_and_all_roots_are_the_same_field() {
        let body =
            r#"{"contents":[{"parts":[{"thought_signature":"x"},{"thoughtSignature":"x"}]}]}"#;
        assert_eq!(classes(Api::Gemini, body), [Class::Opaque, Class::Opaque]);
        let body = r#"{"requests":[{"params":{"model":"x","other":"x"}}]}"#;
        assert_eq!(classes(Api::Anthropic, body), [Class::Fixed, Class::Text]);
    }
}
