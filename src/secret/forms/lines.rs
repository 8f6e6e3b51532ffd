//! A value of several lines: other line ends, and its lines alone.

use zeroize::Zeroizing;

use super::super::common::is_common;

/// Shortest line that is a form of its own.
const SHORTEST_LINE: usize = 8;

/// The line ends that programs write in place of `\n`, none (an indented block is read as one that was wrapped, see
/// `detect::spelled`), and every line that is long and specific enough.
///
/// The first line of a PEM block and its last are the same for everybody, and no forms.
pub(super) fn of(value: &[u8], found: &mut impl FnMut(&[u8])) {
    if memchr::memchr(b'\n', value).is_none() {
        return;
    }
    let lines: Vec<&[u8]> =
        value.split(|&byte| byte == b'\n').map(|line| line.trim_ascii_end()).collect();
    for end in [&b"\n"[..], b"\r\n", b"\r\r\n", b" ", b""] {
        found(&Zeroizing::new(lines.join(end)));
    }
    lines.iter().filter(|line| is_specific(line)).for_each(|line| found(line.trim_ascii()));
}

/// Whether a line tells its value apart: long enough, no mark of a PEM block, no bare JSON key or bracket.
fn is_specific(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let words = line.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    line.len() >= SHORTEST_LINE
        && words * 2 >= SHORTEST_LINE
        && !line.starts_with(b"-----")
        && !is_common(line)
        && !is_header(line)
        && !is_generic_json(line)
}

/// `Proc-Type: 4,ENCRYPTED`, `DEK-Info: …`, `Comment: …` inside a PEM or PGP block.
fn is_header(line: &[u8]) -> bool {
    [&b"Proc-Type:"[..], b"DEK-Info:", b"Comment:", b"Version:"]
        .iter()
        .any(|name| line.starts_with(name))
}

/// A line of pretty-printed JSON whose value says nothing: `"type": "service_account",`, `"auth_uri": "https://…",`.
fn is_generic_json(line: &[u8]) -> bool {
    let Some((key, value)) = memchr::memmem::find(line, b"\":").map(|at| line.split_at(at)) else {
        return false;
    };
    let value = value[2..].trim_ascii();
    let value = value.strip_suffix(b",").unwrap_or(value);
    let text = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
    key.starts_with(b"\"") && (text.len() < SHORTEST_LINE || is_generic(text))
}

/// Whether a text says nothing about whose it is: a common word, an address without credentials.
pub(super) fn is_generic(text: &[u8]) -> bool {
    let address = text.starts_with(b"https://") || text.starts_with(b"http://");
    is_common(text) || address && memchr::memchr(b'@', text).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(value: &str) -> Vec<String> {
        let mut all = Vec::new();
        of(value.as_bytes(), &mut |form| all.push(String::from_utf8_lossy(form).into_owned()));
        all
    }

    #[test]
    fn lines_that_tell_are_forms_and_marks_are_not() {
        let all = forms("-----BEGIN X-----\nabcdefgh1\nsh\n-----END X-----");
        assert!(all.contains(&"abcdefgh1".to_owned()));
        assert!(!all.iter().any(|form| form == "sh" || form == "-----BEGIN X-----"));
        assert!(all.iter().any(|form| form.contains("\r\n")));
    }

    #[test]
    fn brackets_and_generic_values_of_json_are_no_forms() {
        let all = forms("{\n  \"type\": \"service_account\",\n  \"key\": \"qwertyuiop\"\n}");
        assert!(all.iter().any(|form| form == "\"key\": \"qwertyuiop\""), "{all:?}");
        assert!(!all.iter().any(|form| form.starts_with("\"type")), "{all:?}");
    }
}
