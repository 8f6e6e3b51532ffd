//! What a value in base64 stands for, as in the data of a Kubernetes Secret.

use super::base64::decode;
use super::real;

/// Shorter values are no secrets: eight letters are at most six bytes.
const SHORTEST: usize = 8;

/// Whether `value` may be a secret: as the text that it is base64 of, or else as it stands there.
pub(super) fn is_assigned(value: &[u8]) -> bool {
    value.len() >= SHORTEST
        && text_of(value).map_or_else(|| real::is_assigned(value), |text| is_real(&text))
}

/// Whether `value` is base64 of text that may be a secret.
pub(super) fn is_real_text(value: &[u8]) -> bool {
    value.len() >= SHORTEST && text_of(value).is_some_and(|text| is_real(&text))
}

fn is_real(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    !text.is_empty() && real::is_real(text)
}

/// The text that `value` is base64 of: whole groups of letters, the last one padded.
fn text_of(value: &[u8]) -> Option<Vec<u8>> {
    let padding = value.iter().rev().take_while(|&&byte| byte == b'=').count();
    let letters = &value[..value.len() - padding];
    if padding > 2 || !value.len().is_multiple_of(4) || letters.contains(&b'=') {
        return None;
    }
    let text = decode(letters);
    let whole = text.len() == letters.len() * 3 / 4;
    (whole && is_text(&text)).then_some(text)
}

/// Whether `bytes` are readable characters, in UTF-8. The last one may be cut off.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let readable = |&byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    let utf8 =
        std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
    utf8 && bytes.iter().all(readable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::template::expand;

    fn encoded(template: &str) -> Vec<u8> {
        let template = format!("{{encode}}{template}{{/encode}}");
        expand(&template, 1).expect("a template").text.into_bytes()
    }

    #[test]
    fn a_text_is_judged_by_what_it_says() {
        for text in ["Tr0ub4dor", "correct horse", "postgres://u:{alnum:9}@h\n"] {
            assert!(is_assigned(&encoded(text)) && is_real_text(&encoded(text)), "{text}");
        }
        for text in
            ["changeme", "placeholder\n", "${{PASSWORD}}", "{{{{ .Values.x }}}}", "        ", ""]
        {
            assert!(!is_assigned(&encoded(text)) && !is_real_text(&encoded(text)), "{text}");
        }
    }

    #[test]
    fn what_is_no_base64_of_text_is_judged_as_it_stands() {
        for value in [&b"Tr0ub4dor"[..], b"p@ss-w0rd9", b"/////////w==", b"YWJj=GVm"] {
            assert!(is_assigned(value) && !is_real_text(value));
        }
        assert!(!is_assigned(b"${VALUE}") && !is_assigned(b"|") && !is_assigned(b"dHJ1ZQ="));
    }
}
