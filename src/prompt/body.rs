//! What a body is, by its media type.

use super::look::{Change, Look, Stop};

/// How a body is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One document, or one in each line.
    Json,
    Form,
    /// Parts between lines of this text.
    Parts(String),
    Text,
    /// What nobody can look into.
    Binary,
    /// Nobody said.
    Unknown,
}

impl Kind {
    /// By the value of a `Content-Type` header.
    pub(super) fn of(content_type: &str) -> Self {
        let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
        let kind = kind.trim().to_ascii_lowercase();
        match kind.as_str() {
            "" => Self::Unknown,
            "application/x-www-form-urlencoded" => Self::Form,
            "multipart/form-data" | "multipart/mixed" | "multipart/related" => {
                boundary(parameters).map_or(Self::Binary, Self::Parts)
            }
            kind if kind.contains("json") => Self::Json,
            kind if kind.starts_with("text/") || kind.contains("xml") || kind.contains("yaml") => {
                Self::Text
            }
            "application/javascript" | "application/graphql" => Self::Text,
            _ => Self::Binary,
        }
    }
}

fn boundary(parameters: &str) -> Option<String> {
    let mut pairs = parameters.split(';').filter_map(|pair| pair.split_once('='));
    let (_, boundary) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    let boundary = boundary.trim().trim_matches('"');
    (!boundary.is_empty()).then(|| boundary.to_owned())
}

impl Look<'_> {
    /// A body, or a part of one.
    pub(super) fn body(&mut self, kind: Kind, source: &[u8]) -> Result<Vec<Change>, Stop> {
        match kind {
            Kind::Json => self.json(source),
            // curl sends JSON as a form, if nobody tells it.
            Kind::Form if looks_like_json(source) => self.json(source),
            Kind::Form => self.form(source),
            Kind::Parts(boundary) => self.parts(source, &boundary),
            // So do scripts in browsers say text.
            Kind::Text if looks_like_json(source) => self.unknown(source),
            Kind::Text => self.text(source),
            Kind::Binary if std::str::from_utf8(source).is_err() => {
                self.binary(source, "body").map(|()| Vec::new())
            }
            Kind::Binary | Kind::Unknown => self.unknown(source),
        }
    }

    fn unknown(&mut self, source: &[u8]) -> Result<Vec<Change>, Stop> {
        if looks_like_json(source) {
            match self.json(source) {
                Err(Stop::Malformed(_)) => {}
                seen => return seen,
            }
        }
        match std::str::from_utf8(source) {
            Ok(_) => self.text(source),
            Err(_) => self.binary(source, "body").map(|()| Vec::new()),
        }
    }
}

fn looks_like_json(source: &[u8]) -> bool {
    let first = source.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read() {
        for (text, kind) in [
            ("application/json; charset=utf-8", Kind::Json),
            ("application/x-ndjson", Kind::Json),
            ("APPLICATION/X-WWW-FORM-URLENCODED", Kind::Form),
            ("multipart/form-data; boundary=\"x y\"", Kind::Parts("x y".to_owned())),
            ("multipart/form-data", Kind::Binary),
            ("text/plain", Kind::Text),
            ("image/png", Kind::Binary),
            ("", Kind::Unknown),
        ] {
            assert_eq!(Kind::of(text), kind, "{text}");
        }
    }
}
