//! Stand-ins for secrets: templates, stop words, masks.

use super::template::is_template;

/// Values that stand where a secret will be, in lower case.
const STOP_WORDS: &[&str] = &[
    "admin",
    "aws4-hmac-sha256",
    "basic",
    "bearer",
    "changeit",
    "changeme",
    "default",
    "digest",
    "disabled",
    "dummy",
    "empty",
    "enabled",
    "false",
    "foobar",
    "guest",
    "hidden",
    "hunter2",
    "invalid",
    "localhost",
    "missing",
    "negotiate",
    "nil",
    "none",
    "null",
    "optional",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "password123",
    "passwords",
    "placeholder",
    "redacted",
    "required",
    "root",
    "sample",
    "scram-sha-256",
    "secret",
    "string",
    "test",
    "testing",
    "token",
    "true",
    "undefined",
    "unknown",
    "user",
    "username",
    "value",
];

/// Parts that only stand in examples, in lower case.
const EXAMPLE_PARTS: &[&str] = &[
    "changeme",
    "dummy",
    "example",
    "placeholder",
    "redacted",
    "replace_me",
    "replaceme",
    "your-",
    "your_",
    "xxxx",
    "****",
    "....",
];

/// How much of a value is looked at: stand-ins are shorter.
const LOOKED_AT: usize = 256;

/// Whether `value` is no template, mask or stop word.
pub(super) fn is_real(value: &[u8]) -> bool {
    let mut room = [0; LOOKED_AT];
    let lower = lower_case(value, &mut room);
    !is_template(lower) && !is_run(lower) && !is_stop_word(lower) && !has_example_part(lower)
}

/// The beginning of `value` in lower case.
fn lower_case<'a>(value: &[u8], room: &'a mut [u8; LOOKED_AT]) -> &'a [u8] {
    let lower = &mut room[..value.len().min(LOOKED_AT)];
    lower.copy_from_slice(&value[..lower.len()]);
    lower.make_ascii_lowercase();
    lower
}

/// Whether `value` is not masked: no long run of one character, no `EXAMPLE`. `A` is what base64 makes of zeros.
pub(super) fn is_unmasked(value: &[u8]) -> bool {
    let mut room = [0; LOOKED_AT];
    let lower = lower_case(value, &mut room);
    let masked = value.chunk_by(|a, b| a == b).any(|run| match run[0] {
        b'A' | b'=' => false,
        b'x' | b'X' | b'*' | b'.' | b'#' => run.len() >= 5,
        _ => run.len() >= 8,
    });
    !masked && memchr::memmem::find(lower, b"example").is_none()
}

/// Whether `value` looks chosen as a secret, for places where only a name tells: real, and neither a plain word or
/// number nor code such as `config.get(x)` or a path.
pub(super) fn is_plausible(value: &[u8]) -> bool {
    is_varied(value) && !is_code(value) && !is_identifier(value) && is_real(value)
}

/// As [`is_plausible`], for what stands in quotes, where brackets are no code.
pub(super) fn is_quoted(value: &[u8]) -> bool {
    let phrase = value.iter().any(u8::is_ascii_whitespace);
    is_varied(value) && !phrase && !is_reference(value) && !is_identifier(value) && is_real(value)
}

/// Whether `value` may be a password that something assigns: real, and neither code nor a path nor another name.
pub(super) fn is_assigned(value: &[u8]) -> bool {
    let name = value.iter().all(|&b| b.is_ascii_lowercase() || b"._-".contains(&b));
    let attribute = name && value.contains(&b'.');
    let other_name = name && value.iter().any(|&b| b"_-".contains(&b)) && names_a_secret(value);
    !attribute && !other_name && !is_code(value) && !is_constant(value) && is_real(value)
}

/// Letters with digits or symbols, or letters of both cases without the shape of words.
fn is_varied(value: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    let letters = has(u8::is_ascii_alphabetic);
    let others = has(u8::is_ascii_digit) || value.iter().any(|byte| b"!@#%^&*~+?".contains(byte));
    letters && others || value.len() >= 20 && is_jumbled(value)
}

/// Letters whose case changes too often for `camelCase`.
fn is_jumbled(value: &[u8]) -> bool {
    let changes = value
        .windows(2)
        .filter(|pair| pair[0].is_ascii_uppercase() != pair[1].is_ascii_uppercase());
    value.iter().all(u8::is_ascii_alphanumeric) && changes.count() * 20 >= value.len() * 9
}

/// `MAX_TOKENS_1024`: words and numbers in capitals.
fn is_constant(value: &[u8]) -> bool {
    let word = |part: &[u8]| {
        part.iter().all(u8::is_ascii_uppercase) || part.iter().all(u8::is_ascii_digit)
    };
    value.contains(&b'_') && value.split(|&byte| byte == b'_').all(word)
}

/// `_bindgen_ty_5`: words and numbers joined by underscores.
fn is_identifier(value: &[u8]) -> bool {
    let word = |part: &[u8]| {
        part.iter().all(u8::is_ascii_alphabetic) || part.iter().all(u8::is_ascii_digit)
    };
    value.contains(&b'_') && value.split(|&byte| byte == b'_').all(word)
}

fn names_a_secret(value: &[u8]) -> bool {
    [&b"passw"[..], b"secret", b"token", b"key", b"passphrase", b"pwd"]
        .iter()
        .any(|name| memchr::memmem::find(value, name).is_some())
}

fn is_stop_word(lower: &[u8]) -> bool {
    STOP_WORDS.binary_search_by(|word| word.as_bytes().cmp(lower)).is_ok()
}

fn has_example_part(lower: &[u8]) -> bool {
    EXAMPLE_PARTS.iter().any(|part| memchr::memmem::find(lower, part.as_bytes()).is_some())
}

/// Fewer than three different bytes: `xxxx`, `****`, `0000`, `--------`.
fn is_run(lower: &[u8]) -> bool {
    let mut seen = [0_u8; 3];
    let mut different = 0;
    for &byte in lower {
        if !seen[..different].contains(&byte) {
            if different == 2 {
                return false;
            }
            seen[different] = byte;
            different += 1;
        }
    }
    true
}

/// A call, a path of names, an index, a file path: what stands behind `=` in source code.
fn is_code(value: &[u8]) -> bool {
    let name =
        value.iter().take_while(|&&b| b.is_ascii_alphanumeric() || b"_.:>-".contains(&b)).count();
    let called = name > 0
        && matches!(
            value[name..],
            [b'(' | b'[' | b'{' | b'<', ..] | [b'!', b'(' | b'[' | b'{', ..]
        );
    let ternary = value.contains(&b'?') && value.contains(&b':');
    let path = matches!(
        value,
        [b'/', ..] | [b'.', b'/', ..] | [b'.', b'.', b'/', ..] | [_, b':', b'\\' | b'/', ..]
    );
    let begins = |with: &&[u8]| value.starts_with(with);
    let scoped = [&b"self."[..], b"this.", b":", b"&", b"->", b"<", b"*"].iter().any(begins)
        || memchr::memmem::find(value, b"::").is_some();
    called || ternary || scoped || path && !value.ends_with(b"=") || is_reference(value)
}

/// What points elsewhere: a URL, a dotted name such as `com.vendor.service`, `@env:NAME`, `$dir/file`.
fn is_reference(value: &[u8]) -> bool {
    let word = |part: &[u8]| {
        !part.is_empty() && part.len() <= 12 && part.iter().all(u8::is_ascii_lowercase)
    };
    let number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let mut parts = value.split(|&byte| byte == b'.');
    let dotted = parts.clone().take(2).filter(|part| word(part)).count() == 2
        || parts.all(|part| word(part) || number(part)) && value.contains(&b'.');
    let url = value.starts_with(b"http://") || value.starts_with(b"https://");
    let variable = matches!(value, [b'$', b'a'..=b'z' | b'A'..=b'Z', ..]) && value.contains(&b'/');
    let source = matches!(value, [b'@', b'a'..=b'z', ..]) && value.contains(&b':');
    dotted || url || variable || source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn stand_ins_are_not_real() {
        for value in [
            "changeme",
            "XXXXXXXX",
            "${TOKEN}",
            "{{ token }}",
            "<your token>",
            "$TOKEN",
            "your_api_key_here",
            "********",
            "NULL",
        ] {
            assert!(!is_real(value.as_bytes()), "{value}");
        }
        for value in ["correct-horse-9", "$aPr1ze$77", "Tr0ub4dor&3"] {
            assert!(is_real(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn words_numbers_and_code_are_not_plausible() {
        for value in [
            "hello",
            "1234567",
            "config.get(1)",
            "/etc/pass9",
            "os.environ[9]",
            "AppWindowToken{a64f992",
        ] {
            assert!(!is_plausible(value.as_bytes()), "{value}");
        }
        for value in ["pa55word!", "Tr0ub4dor", "aGVsbG8gd29ybGQgYWFhYWFh"] {
            assert!(is_plausible(value.as_bytes()), "{value}");
        }
    }
}
