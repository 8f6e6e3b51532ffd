//! Answers with places that are filled in.

use serde::Deserialize;

/// JSON in which `$part`, `$text`, `$reason`, `$withheld`, `$command` and `$entry` stand for values.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Name(String),
}

impl From<String> for Template {
    fn from(text: String) -> Self {
        let mut parts = text.split('$');
        let mut pieces = vec![Piece::Text(parts.next().unwrap_or_default().to_owned())];
        for part in parts {
            let end = part.find(|byte: char| !byte.is_ascii_lowercase()).unwrap_or(part.len());
            pieces.push(Piece::Name(part[..end].to_owned()));
            pieces.push(Piece::Text(part[end..].to_owned()));
        }
        Self(pieces)
    }
}

impl Template {
    /// With the values of `values`, each JSON of its own.
    ///
    /// # Panics
    ///
    /// A name that `values` does not have: contracts are data, and a test fills each of them.
    pub(super) fn fill(&self, values: &[(&str, &[u8])]) -> Vec<u8> {
        let named = |name: &str| {
            values
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| *value)
                .expect("tested")
        };
        let pieces: Vec<&[u8]> = (self.0.iter())
            .map(|piece| match piece {
                Piece::Text(text) => text.as_bytes(),
                Piece::Name(name) => named(name),
            })
            .collect();
        // In one piece: a part can be long, and what grows is copied.
        pieces.concat()
    }

    /// Whether a value of this name belongs into it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Name(own) if own == name))
    }
}

/// `text` as a string of JSON.
pub(super) fn quoted(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).expect("a string")
}

/// A string of JSON that begins with `lead` and goes on with what `part` says: its text if it is a string, else its source.
pub(super) fn text_of(lead: &str, part: &str) -> Vec<u8> {
    let mut out = quoted(lead);
    out.pop();
    match part.trim().strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
        Some(inside) => out.extend_from_slice(inside.as_bytes()),
        None => {
            let source = quoted(part);
            out.extend_from_slice(&source[1..source.len() - 1]);
        }
    }
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_their_names_did() {
        let template = Template::from(r#"{"a":$part,"b":[$reason,$part]}"#.to_owned());
        let filled = template.fill(&[("part", b"{\"x\":1}"), ("reason", &quoted("a \"b\" $part"))]);
        assert_eq!(
            String::from_utf8_lossy(&filled),
            r#"{"a":{"x":1},"b":["a \"b\" $part",{"x":1}]}"#
        );
        assert!(template.has("reason") && !template.has("text"));
    }

    #[test]
    fn texts_are_strings_whatever_the_part_is() {
        assert_eq!(text_of("a\n", r#""b\u0041\n""#), br#""a\nb\u0041\n""#);
        assert_eq!(text_of("", r#"{"a":"b"}"#), br#""{\"a\":\"b\"}""#);
    }
}
