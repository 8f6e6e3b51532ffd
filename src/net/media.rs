//! What a body is, as its header says it and as it begins.

use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;

/// Character sets in which what stands in ASCII stands as such. Rules look for these bytes.
const CHARSETS: [&str; 5] = ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1"];

const BLANKS: [char; 2] = [' ', '\t'];

/// A media type that whoever reads the header reads in the same way, in a character set that can be looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaType(String);

/// A header that says several media types, or one that somebody may read otherwise, or another character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unclear;

impl MediaType {
    /// The one that `headers` say; none if they say nothing.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Unclear> {
        let mut all = headers.get_all(CONTENT_TYPE).iter();
        let Some(one) = all.next() else { return Ok(None) };
        if all.next().is_some() {
            return Err(Unclear);
        }
        let written = one.to_str().map_err(|_| Unclear)?.to_ascii_lowercase();
        Self::read(&written).map(Some).ok_or(Unclear)
    }

    /// Whether what it names is text, or made of it.
    #[cfg(feature = "proxy")]
    pub(crate) fn is_text(&self) -> bool {
        let texts = ["json", "xml", "yaml", "javascript", "graphql", "x-www-form-urlencoded"];
        self.0.starts_with("text/") || texts.iter().any(|text| self.0.contains(text))
    }

    /// Without its parameters, in small letters: `text/plain`.
    #[cfg(any(feature = "serve", test))]
    pub(crate) fn essence(&self) -> &str {
        &self.0
    }

    fn read(written: &str) -> Option<Self> {
        let (essence, mut rest) = written.split_at(written.find(';').unwrap_or(written.len()));
        let essence = essence.trim_matches(BLANKS);
        let (kind, of) = essence.split_once('/')?;
        let mut charsets = Vec::new();
        while let Some(behind) = rest.strip_prefix(';') {
            rest = behind.trim_start_matches(BLANKS);
            // Between two semicolons there may be nothing.
            if !rest.is_empty() && !rest.starts_with(';') {
                let (name, value, behind) = parameter(rest)?;
                charsets.extend((name == "charset").then_some(value));
                rest = behind.trim_start_matches(BLANKS);
            }
        }
        let known = charsets.iter().all(|charset| CHARSETS.contains(charset));
        // Whoever only looks for the word finds the same one.
        let one = charsets.len() <= 1 && written.matches("charset").count() == charsets.len();
        let good = is_token(kind) && is_token(of) && rest.is_empty() && known && one;
        good.then(|| Self(essence.to_owned()))
    }
}

/// The name and the value of the parameter that begins `text`, and what stands behind it. With a backslash, which readers
/// take in different ways, it is none.
fn parameter(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let quoted = rest.starts_with('"');
    let (value, behind) = match rest.strip_prefix('"') {
        Some(rest) => rest.split_once('"')?,
        None => rest.split_at(rest.find([';', ' ', '\t']).unwrap_or(rest.len())),
    };
    let plain = |byte: u8| match byte {
        b'\\' | b'"' => false,
        b' ' | b',' => quoted,
        byte => byte.is_ascii_graphic(),
    };
    let good = is_token(name) && value.bytes().all(plain) && (quoted || !value.is_empty());
    good.then_some((name, value, behind))
}

fn is_token(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(token)
}

/// Whether `body` begins as UTF-16 or UTF-32 does: with a mark, or with a letter of ASCII that is wider than a byte.
pub(crate) fn is_wide(body: &[u8]) -> bool {
    let marked = body.starts_with(b"\xff\xfe") || body.starts_with(b"\xfe\xff");
    marked || body.iter().take(4).any(|&byte| byte == 0)
}

/// Whether `body` begins as gzip or zstd does. Nobody may have said so, and a receiver may know it by that.
pub(crate) fn is_compressed(body: &[u8]) -> bool {
    body.starts_with(b"\x1f\x8b") || body.starts_with(b"\x28\xb5\x2f\xfd")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn of(written: &[&'static str]) -> Result<Option<String>, Unclear> {
        let all = written.iter().map(|one| (CONTENT_TYPE, http::HeaderValue::from_static(one)));
        MediaType::of(&all.collect()).map(|one| one.map(|one| one.essence().to_owned()))
    }

    #[test]
    fn what_is_clear_is_read() {
        assert_eq!(of(&[]), Ok(None));
        for written in [
            "text/plain",
            "Text/Plain ; Charset=UTF-8",
            "text/plain;charset=\"utf-8\"",
            "text/plain; charset=us-ascii;",
            "text/plain;; format=flowed ; delsp=yes",
            "text/plain; x=\"a; b, c\"; charset=iso-8859-1",
            "text/plain; boundary=----a'()+_./:=?b",
        ] {
            assert_eq!(of(&[written]), Ok(Some("text/plain".to_owned())), "{written}");
        }
    }

    #[test]
    fn what_somebody_may_read_otherwise_is_not() {
        for written in [
            "",
            "text",
            "text/",
            "/plain",
            "text/plain, application/json",
            "text/plain application/json",
            "text/plain; charset=utf-16",
            "text/plain; charset =utf-16",
            "text/plain; charset= utf-16",
            "text/plain; charset =utf-8",
            "text/plain; charset=utf-8; charset=utf-16",
            "text/plain; charset=utf-8; charset=utf-8",
            "text/plain; x=\"; charset=utf-8\"; charset=utf-16",
            "text/plain; x=\"; charset=utf-16\"; charset=utf-8",
            "text/plain; x=\"; charset=utf-16\"",
            "text/plain; charset*=utf-16''x",
            "text/plain; charset*0=utf-; charset*1=16",
            "text/plain; charset=\"utf-\\16\"",
            "text/plain; charset=\"utf-8",
            "text/plain; charset=",
            "text/plain; charset",
            "text/plain; charset=utf-8, text/plain",
            "text/plain; x=\"a\"b",
        ] {
            assert_eq!(of(&[written]), Err(Unclear), "{written}");
        }
        assert_eq!(of(&["text/plain", "text/plain"]), Err(Unclear));
    }

    #[test]
    fn how_bodies_begin_is_known() {
        for wide in [&b"\xff\xfe"[..], b"\xfe\xff{", b"{\0", b"\0{", b"\0\0\0{", b"{\0\0\0", b"1\0"]
        {
            assert!(is_wide(wide), "{wide:?}");
        }
        for plain in [&b""[..], b"{}", b"\xef\xbb\xbf{}", b"abcd\0", "\u{e9}t\u{e9}".as_bytes()] {
            assert!(!is_wide(plain), "{plain:?}");
        }
        assert!(is_compressed(b"\x1f\x8b\x08\0") && is_compressed(b"\x28\xb5\x2f\xfd\0"));
        assert!(!is_compressed(b"(\xb5/") && !is_compressed(b"\x1f"));
    }
}
