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

/// Words of messages about passwords, in order.
const SPOKEN: &[&str] = &[
    "a",
    "an",
    "are",
    "at",
    "be",
    "by",
    "can",
    "cannot",
    "characters",
    "choose",
    "could",
    "did",
    "do",
    "does",
    "enter",
    "error",
    "expected",
    "failed",
    "for",
    "from",
    "has",
    "have",
    "if",
    "in",
    "invalid",
    "is",
    "it",
    "least",
    "length",
    "login",
    "match",
    "may",
    "missing",
    "must",
    "new",
    "no",
    "not",
    "of",
    "old",
    "on",
    "only",
    "or",
    "pass",
    "please",
    "required",
    "set",
    "should",
    "that",
    "the",
    "this",
    "to",
    "too",
    "type",
    "use",
    "used",
    "user",
    "username",
    "valid",
    "was",
    "when",
    "which",
    "will",
    "wrong",
    "you",
    "your",
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

/// As [`is_plausible`], for names that say token or key, whose values nobody makes up of words: no name and no path of
/// names as code has them, such as `defaultToConfig2` or `node.or1_token`.
pub(super) fn is_token(value: &[u8]) -> bool {
    is_plausible(value) && !is_named(value) && !is_pattern(value) && !is_counted(value)
}

/// As [`is_plausible`], for what stands in quotes, where brackets are no code.
pub(super) fn is_quoted(value: &[u8]) -> bool {
    let phrase = value.iter().any(u8::is_ascii_whitespace);
    let mark = matches!(value, [b'?', b'A'..=b'Z' | b'a'..=b'z', ..] | [b'@', b'@', ..] | [b'.', b'/', ..]);
    let word = is_varied(value) && !phrase && !mark;
    word && !is_reference(value) && !is_identifier(value) && is_real(value)
}

/// Whether `value` is a pass phrase: four to ten plain words in lower case, and none with which one speaks to somebody
/// about passwords.
pub(super) fn is_phrase(value: &[u8]) -> bool {
    let mut words = 0;
    let plain = value.split(|&byte| byte == b' ').all(|word| {
        words += 1;
        let lower = word.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        !word.is_empty()
            && lower
            && SPOKEN.binary_search_by(|known| known.as_bytes().cmp(word)).is_err()
    });
    plain && (4..=10).contains(&words) && !names_a_secret(value)
}

/// Whether `value` may be a password that something assigns: real, and neither code nor a path nor another name.
pub(super) fn is_assigned(value: &[u8]) -> bool {
    let name = value.iter().all(|&b| b.is_ascii_lowercase() || b"._-".contains(&b));
    let attribute = name && value.contains(&b'.');
    let joined = name && value.iter().any(|&b| b"_-".contains(&b));
    let other_name = (joined || is_camel(value)) && names_a_secret(value);
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

/// Names of secrets, as other names have them in them.
const NAMES: &[&str] =
    &["pass", "secret", "token", "key", "pwd", "Pass", "Secret", "Token", "Key", "Pwd"];

fn names_a_secret(value: &[u8]) -> bool {
    NAMES.iter().any(|name| memchr::memmem::find(value, name.as_bytes()).is_some())
}

/// `camelCase`: letters that begin with a small one, and a great one among them.
fn is_camel(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_lowercase)
        && value.iter().any(u8::is_ascii_uppercase)
        && value.iter().all(u8::is_ascii_alphabetic)
}

/// A name of three words or more, a path of names or a macro, behind operators if any: `!!config.withToken`, `Token$1`.
fn is_named(value: &[u8]) -> bool {
    let operators = value.iter().take_while(|b| b"!(?&*~".contains(b)).count();
    let value = &value[operators..];
    let end = value.iter().position(|&b| !is_of_name(b) && b != b'.').unwrap_or(value.len());
    let (path, after) = value.split_at(end);
    let operator = after.first().is_none_or(|b| b"=|&?!<>[+-".contains(b));
    let invoked = after == b"!" && path.contains(&b'_');
    let joined = path.iter().any(|b| b".$".contains(b)) || is_long_name(path) || invoked;
    let shaped = words(path) * 4 <= path.len() + 3;
    operator && joined && shaped && path.split(|&byte| byte == b'.').all(is_name)
}

/// A regular expression, a glob, or the end of a cloud resource's name: `[a-z0-9-]`, `(?P<x`, `app/*`, `eu-1:1:secret:x`.
fn is_pattern(value: &[u8]) -> bool {
    matches!(value, [b'[', _, b'-', _, ..] | [b'(', b'?', ..] | [.., b'*'])
        || memchr::memmem::find(value, b":secret:").is_some()
}

/// Twelve characters or more in the order of the alphabet: what stands in for a token in a text.
fn is_counted(value: &[u8]) -> bool {
    let follows = |a: &u8, b: &u8| b.checked_sub(*a) == Some(1);
    value.chunk_by(follows).any(|run| run.len() >= 12)
}

/// Three words of letters or more in one name.
fn is_long_name(path: &[u8]) -> bool {
    let numbers = path.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    words(path) - numbers.filter(|run| run[0].is_ascii_digit()).count() >= 3
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

/// A letter, and no digit with a small letter behind it, which few names and most tokens have.
fn is_name(part: &[u8]) -> bool {
    let inside =
        part.windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_lowercase());
    part.first().is_some_and(|&b| is_of_name(b) && !b.is_ascii_digit()) && !inside
}

/// How many runs of letters in one case and of digits there are; a great letter belongs to the small ones behind it.
fn words(path: &[u8]) -> usize {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        _ => 0,
    };
    let starts = |pair: &[u8]| match (kind(pair[0]), kind(pair[1])) {
        (_, 0) | (2, 1) => false,
        (before, after) => before != after,
    };
    let first = path.first().is_some_and(|&byte| kind(byte) > 0);
    usize::from(first) + path.windows(2).filter(|pair| starts(pair)).count()
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
        value.iter().take_while(|&&b| b.is_ascii_alphanumeric() || b"_.:>-$".contains(&b)).count();
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
    let operator = matches!(value, [b'=', ..] | [b'@', b'@', ..]);
    called
        || ternary
        || scoped
        || operator
        || is_hex_number(value)
        || path && !value.ends_with(b"=")
        || is_reference(value)
}

/// `0x0B96`, as constants are written.
fn is_hex_number(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"0x").filter(|digits| (1..=16).contains(&digits.len()));
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// What points elsewhere: a URL, a cloud resource, a dotted name such as `com.vendor.service`, `@env:NAME`, `$dir/file`.
fn is_reference(value: &[u8]) -> bool {
    let word = |part: &[u8]| {
        !part.is_empty() && part.len() <= 12 && part.iter().all(u8::is_ascii_lowercase)
    };
    let number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let mut parts = value.split(|&byte| byte == b'.');
    let dotted = parts.clone().take(2).filter(|part| word(part)).count() == 2
        || parts.all(|part| word(part) || number(part)) && value.contains(&b'.');
    let url = [&b"http://"[..], b"https://", b"arn:"].iter().any(|with| value.starts_with(with));
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
            "arn:aws:kms:us-west-2:key/9",
            "utils$1.getProp(auth",
        ] {
            assert!(!is_plausible(value.as_bytes()), "{value}");
        }
        for value in ["pa55word!", "Tr0ub4dor", "aGVsbG8gd29ybGQgYWFhYWFh"] {
            assert!(is_plausible(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn names_in_code_are_no_tokens() {
        for value in [
            "node.or1_token",
            "(node.dot2_token",
            "!!_config.withCredentials2",
            "ColonToken$1",
            "defaultToConfig2",
            "quote_spanned!",
            "g.tokens===!0",
            "ed25519.Ed25519PrivateKey",
            "[a-z0-9_+=.@-",
            "app7-store/*",
            "sk_abcdefghijklmnop123",
            "eu-west-2:12:secret:mine",
        ] {
            assert!(!is_token(value.as_bytes()), "{value}");
        }
        for value in
            ["tok3n-of-mine", "a8Kq.9xZ2mPw7", "Kx7Bq2Lm9Zr4", "q7Zk0v2x9c1p", "kqwert7XYZ"]
        {
            assert!(is_token(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn a_phrase_is_made_of_plain_words() {
        assert!(SPOKEN.is_sorted());
        for value in ["correct horse battery staple", "seven7 green lamps sing"] {
            assert!(is_phrase(value.as_bytes()), "{value}");
        }
        for value in [
            "Correct horse battery staple",
            "please enter your password",
            "passwords do not match",
            "two words",
            "a  b  c  d",
            "value, with, some, marks",
        ] {
            assert!(!is_phrase(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn another_name_is_not_assigned() {
        for value in ["challengePassword", "get_pass_word", "user-token"] {
            assert!(!is_assigned(value.as_bytes()), "{value}");
        }
        for value in ["mypassword", "Summer2024", "blueHorse"] {
            assert!(is_assigned(value.as_bytes()), "{value}");
        }
    }
}
