//! A whole document with its strings decoded.

use zeroize::Zeroizing;

use super::malformed::Malformed;
use super::reader::{Kind, Mark, Otherwise, Reader};

/// How deep containers are followed.
const DEEPEST: usize = 1024;

/// The text of a document: the same bytes with strings decoded, as [`JsonStream`](super::JsonStream) looks through them.
pub(crate) struct Decoded {
    text: Zeroizing<Vec<u8>>,
    escapes: Vec<Mark>,
}

impl Decoded {
    /// Reads `source`, which is a document or several.
    ///
    /// # Errors
    ///
    /// It is no JSON.
    pub(crate) fn of(source: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(DEEPEST, Otherwise::Refused);
        let text = Zeroizing::new(reader.read(source)?.to_vec());
        reader.finish()?;
        let mut escapes = std::mem::take(&mut reader.marks);
        escapes.retain(|mark| matches!(mark.kind, Kind::Escape { .. }));
        Ok(Self { text, escapes })
    }

    /// The text.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Where in the source byte `at` of the text begins; inside of an escape that is the escape's beginning.
    pub(crate) fn source_of(&self, at: usize) -> usize {
        let before = self.escapes.partition_point(|mark| mark.at <= at as u64);
        let Some(mark) = before.checked_sub(1).map(|last| self.escapes[last]) else { return at };
        let Kind::Escape { text, source } = mark.kind else { return at };
        let into = at - mark.at as usize;
        match into.checked_sub(usize::from(text)) {
            Some(behind) => mark.source as usize + usize::from(source) + behind,
            None => mark.source as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_of_the_text_has_its_source() {
        let source = r#"{"a":"x\u005fy\ud83d\ude00\n"}"#;
        let decoded = Decoded::of(source.as_bytes()).expect("JSON");
        assert_eq!(decoded.text(), "{\"a\":\"x_y😀\n\"}".as_bytes());
        for (text, at) in [(0, 0), (6, 6), (7, 7), (8, 13), (9, 14), (11, 14), (13, 26), (14, 28)] {
            assert_eq!(decoded.source_of(text), at, "byte {text}");
        }
        assert!(Decoded::of(b"{\"a\":").is_err());
    }
}
