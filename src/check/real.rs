//! Stand-ins for secrets: templates, stop words, masks.

/// Values that stand where a secret will be, in lower case.
const STOP_WORDS: &[&str] = &[
    "admin",
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
    "passwd",
    "password",
    "placeholder",
    "redacted",
    "required",
    "root",
    "sample",
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

/// Whether `value` looks chosen as a secret, for places where only a name tells: real, and neither a plain word or
/// number nor code such as `config.get(x)` or a path.
pub(super) fn is_plausible(value: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    let letters = has(u8::is_ascii_alphabetic);
    let digits = has(u8::is_ascii_digit);
    let others = value.iter().any(|byte| b"!@#%^&*~+?".contains(byte));
    let mixed_case = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let varied = letters && (digits || others) || mixed_case && value.len() >= 20;
    varied && !is_code(value) && is_real(value)
}

/// Whether `value` may be a password that something assigns: real, and neither code nor a path.
pub(super) fn is_assigned(value: &[u8]) -> bool {
    let attribute = value.contains(&b'.')
        && value.iter().all(|&b| b.is_ascii_lowercase() || b"._".contains(&b));
    !attribute && !is_code(value) && is_real(value)
}

fn is_stop_word(lower: &[u8]) -> bool {
    STOP_WORDS.binary_search_by(|word| word.as_bytes().cmp(lower)).is_ok()
}

fn has_example_part(lower: &[u8]) -> bool {
    EXAMPLE_PARTS.iter().any(|part| memchr::memmem::find(lower, part.as_bytes()).is_some())
}

/// `${VAR}`, `$(command)`, `{{ var }}`, `<token>`, `%s`, `%(name)s`, `#{var}`, `[token]`.
pub(super) fn is_template(lower: &[u8]) -> bool {
    matches!(
        lower,
        [b'$', b'{' | b'(', ..]
            | [b'#', b'{', ..]
            | [b'{', b'{', ..]
            | [b'%', b'(' | b's' | b'd', ..]
    ) || matches!(lower, [b'<', .., b'>'] | [b'[', .., b']'] | [b'{', .., b'}'] | [b'%', .., b'%'])
        || matches!(lower, [b'$', rest @ ..] if rest.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'_') && rest.len() < 40 && !rest.iter().any(u8::is_ascii_digit))
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
    let called = name > 0 && matches!(value.get(name), Some(b'(' | b'[' | b'{' | b'<'));
    let path = matches!(
        value,
        [b'/', ..] | [b'.', b'/', ..] | [b'.', b'.', b'/', ..] | [_, b':', b'\\' | b'/', ..]
    );
    called || path && !value.ends_with(b"=")
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
