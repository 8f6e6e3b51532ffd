//! The forms of a value: the byte strings under which it is looked for.

use zeroize::Zeroizing;

use super::common::is_common;
use super::value::Secret;

/// Shorter values are refused: they stand everywhere.
const SHORTEST: usize = 4;
/// Values from here on are matched anywhere; shorter ones at word boundaries only.
pub(crate) const UNBOUNDED: usize = 8;
/// Shortest line of a value of several lines that is a form of its own.
const SHORTEST_LINE: usize = 8;

/// One byte string to look for.
#[derive(PartialEq, Eq)]
pub(crate) struct Form(pub(crate) Zeroizing<Vec<u8>>);

impl Ord for Form {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_slice().cmp(other.0.as_slice())
    }
}

impl PartialOrd for Form {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether a value is looked for at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    /// Empty or nothing but white space: there is nothing to hide.
    Empty,
    /// Under four bytes.
    Short,
    /// A word that stands everywhere.
    Common,
}

/// Whether `secret` is looked for.
#[cfg(all(feature = "audit", feature = "sources"))]
pub(crate) fn kept(secret: &Secret) -> Kept {
    judge(secret.value().trim_ascii(), secret.is_forced())
}

/// The forms of `secret`, sorted and without doubles.
///
/// As is; trimmed; with the line ends that programs write in place of `\n`; and each line that is long and specific
/// enough. The first line of a PEM block and its last are the same for everybody, and no forms.
pub(crate) fn expand(secret: &Secret) -> (Kept, Vec<Form>) {
    let value = secret.value();
    let trimmed = value.trim_ascii();
    let kept = judge(trimmed, secret.is_forced());
    if kept != Kept::Yes {
        return (kept, Vec::new());
    }
    let mut forms = vec![form(trimmed)];
    if value.len() != trimmed.len() && trimmed.len() >= UNBOUNDED {
        forms.push(form(value));
    }
    if memchr::memchr(b'\n', trimmed).is_some() {
        let lines: Vec<&[u8]> =
            trimmed.split(|&byte| byte == b'\n').map(|line| line.trim_ascii_end()).collect();
        forms.extend(
            [&b"\n"[..], b"\r\n", b"\r\r\n", b" "].iter().map(|end| form(&lines.join(*end))),
        );
        forms.extend(
            lines.iter().filter(|line| is_specific(line)).map(|line| form(line.trim_ascii())),
        );
    }
    forms.sort();
    forms.dedup();
    (kept, forms)
}

fn form(bytes: &[u8]) -> Form {
    Form(Zeroizing::new(bytes.to_vec()))
}

fn judge(trimmed: &[u8], forced: bool) -> Kept {
    match trimmed.len() {
        0 => Kept::Empty,
        len if len < SHORTEST => Kept::Short,
        _ if !forced && is_common(trimmed) => Kept::Common,
        _ => Kept::Yes,
    }
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
    key.starts_with(b"\"")
        && (text.len() < SHORTEST_LINE || text.starts_with(b"https://") || is_common(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(value: &str) -> Vec<String> {
        let (_, forms) = expand(&Secret::new("s", value));
        forms.iter().map(|form| String::from_utf8_lossy(&form.0).into_owned()).collect()
    }

    #[test]
    fn as_is_and_trimmed() {
        assert_eq!(forms("  longer-value\n"), ["  longer-value\n", "longer-value"]);
        assert_eq!(forms("four"), ["four"]);
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

    #[test]
    fn short_empty_and_common_values_are_refused() {
        let kept = |value: &str| expand(&Secret::new("s", value)).0;
        assert_eq!(
            [kept("abc"), kept(" \n"), kept("LocalHost"), kept("abcd")],
            [Kept::Short, Kept::Empty, Kept::Common, Kept::Yes]
        );
    }
}
