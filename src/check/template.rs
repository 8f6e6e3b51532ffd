//! Places where a value will be filled in: `${VAR}`, `{{ var }}`, `<token>`, `key-{name:8}`.

/// Longest name and specification of a field.
const LONGEST_FIELD: usize = 48;
/// So many letters and digits around the fields, and a digit among them, may be a secret of their own.
const OWN: usize = 8;

/// Whether `value` is filled in later: as a whole, or because of the fields in it.
pub(super) fn is_template(value: &[u8]) -> bool {
    is_marked(value) || is_half_a_field(value) || has_fields(value)
}

/// `${VAR}`, `$(command)`, `{{ var }}`, `<token>`, `%s`, `%(name)s`, `#{var}`, `[token]`, `[token` (a pattern ends before `]`), `$VAR`.
fn is_marked(value: &[u8]) -> bool {
    let begins = matches!(
        value,
        [b'$', b'{' | b'(', ..]
            | [b'#', b'{', ..]
            | [b'{', b'{', ..]
            | [b'%', b'(' | b's' | b'd', ..]
    );
    let enclosed =
        matches!(value, [b'<', .., b'>'] | [b'[', .., b']'] | [b'{', .., b'}'] | [b'%', .., b'%']);
    let variable = matches!(value, [b'$', rest @ ..] if rest.len() < 40
        && rest.iter().all(|&b| b.is_ascii_alphabetic() || b == b'_'));
    let opened = matches!(value, [b'[', name @ ..] if name.iter().all(|&b| b.is_ascii_alphabetic() || b"_-".contains(&b)));
    begins || enclosed || variable || opened
}

/// Whether fields make up `value`, but for text that is too little to be a secret.
fn has_fields(value: &[u8]) -> bool {
    let (mut rest, mut around, mut digits, mut fields) = (value, 0, 0, 0);
    while let [first, after @ ..] = rest {
        if let Some(len) = field(rest) {
            fields += 1;
            rest = &rest[len..];
            continue;
        }
        around += usize::from(first.is_ascii_alphanumeric());
        digits += usize::from(first.is_ascii_digit());
        rest = after;
    }
    fields > 0 && (around < OWN || digits == 0)
}

/// The length of the field with which `text` begins: `{name}`, `{name:8}`, `{0}`, `{}`, or `{name:8` at its end.
fn field(text: &[u8]) -> Option<usize> {
    let [b'{', inside @ ..] = text else { return None };
    let inside = &inside[..inside.len().min(LONGEST_FIELD)];
    let Some(len) = memchr::memchr2(b'{', b'}', inside) else {
        return (inside.len() < LONGEST_FIELD && is_cut_off(inside)).then_some(text.len());
    };
    (inside[len] == b'}' && names_a_field(&inside[..len])).then_some(len + 2)
}

/// `name:8`, to the end of what there is.
fn is_cut_off(inside: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', inside) else { return false };
    let count = &inside[colon + 1..];
    (1..=3).contains(&count.len())
        && count.iter().all(u8::is_ascii_digit)
        && colon >= 2
        && names_a_field(inside)
}

/// A name of letters, or of letters and digits in front of a specification; or a number, or nothing.
fn names_a_field(inside: &[u8]) -> bool {
    let end = memchr::memchr2(b':', b'!', inside);
    let name = &inside[..end.unwrap_or(inside.len())];
    let letters = |&b: &u8| b.is_ascii_alphabetic() || b"_.-".contains(&b);
    let number = name.len() <= 3 && name.iter().all(u8::is_ascii_digit);
    match end {
        None => number || name.len() >= 2 && name.iter().all(letters),
        Some(_) => name.iter().all(|b| letters(b) || b.is_ascii_digit()),
    }
}

/// A field whose other half a pattern cut off, and no letter or digit beside it: `{name`, `{name:8`, `8}`.
fn is_half_a_field(value: &[u8]) -> bool {
    let mute = |text: &[u8]| !text.iter().any(u8::is_ascii_alphanumeric);
    let begun = memchr::memchr(b'{', value).is_some_and(|at| {
        let inside = &value[at + 1..];
        mute(&value[..at])
            && inside.len() <= LONGEST_FIELD
            && !inside.iter().any(|b| b"{}".contains(b))
            && !inside.is_empty()
            && names_a_field(inside)
    });
    let ended = memchr::memchr(b'}', value).is_some_and(|at| {
        (1..=3).contains(&at) && value[..at].iter().all(u8::is_ascii_digit) && mute(&value[at..])
    });
    begun || ended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_later_is_a_template() {
        for value in [
            "${TOKEN}",
            "$(pass show x)",
            "{{ token }}",
            "<your token>",
            "$TOKEN",
            "[Password",
            "%(password)s",
            "{password}",
            "{alnum:36}",
            "key-{}",
            "ghp_{alnum:36}",
            "{user}-{0}-x9",
            "p(3{alnum:16})x",
            "{token:?}",
            "{name!r}",
            "prefix_{suffix}_end",
            "«{alnum:12",
            "p(3{alnum:16",
            "{VALUE",
            "32}»",
        ] {
            assert!(is_template(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn braces_in_a_password_are_no_field() {
        for value in [
            "Tr0ub4dor&3",
            "aB3{x9Kq}Z7",
            "a}b{c9",
            "{x9",
            "Pa55{word",
            "pa55}word",
            "1234}x",
            "S3cret-Horse9${ENV}",
            "correct7horse{n}",
            "{",
            "}",
            "",
        ] {
            assert!(!is_template(value.as_bytes()), "{value}");
        }
    }
}
