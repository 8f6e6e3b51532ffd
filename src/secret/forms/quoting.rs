//! How shells and their like write a value, where that is more than a backslash before a character.

use zeroize::Zeroizing;

/// What takes the place of a character; none: it stays.
type Quoting = fn(u8) -> Option<&'static [u8]>;

/// What takes the place of each character, by writer. What a POSIX shell, bash's `set -x` and `${x@Q}`, dash's `export -p`
/// and busybox print was seen by running them (`tests/suite/shells.rs`); PowerShell and cmd as documented.
const QUOTINGS: &[Quoting] = &[
    // sh, bash: the quotes are closed, an escaped one stands between, and they are opened again.
    |byte| (byte == b'\'').then_some(br"'\''"),
    // dash, busybox ash.
    |byte| (byte == b'\'').then_some(br#"'"'"'"#),
    // PowerShell and SQL in single quotes, CSV and PowerShell in double quotes.
    |byte| (byte == b'\'').then_some(b"''"),
    |byte| (byte == b'"').then_some(b"\"\""),
    // PowerShell in double quotes.
    powershell,
    // cmd on the command line; a batch file doubles `%` too.
    caret,
    |byte| (byte == b'%').then_some(b"%%"),
    // make, docker compose.
    |byte| (byte == b'$').then_some(b"$$"),
    // Forms: a space in a query.
    |byte| (byte == b' ').then_some(b"+"),
];

fn powershell(byte: u8) -> Option<&'static [u8]> {
    Some(match byte {
        b'$' => b"`$",
        b'"' => b"`\"",
        b'`' => b"``",
        b'\n' => b"`n",
        b'\r' => b"`r",
        b'\t' => b"`t",
        _ => return None,
    })
}

fn caret(byte: u8) -> Option<&'static [u8]> {
    Some(match byte {
        b'^' => b"^^",
        b'&' => b"^&",
        b'|' => b"^|",
        b'<' => b"^<",
        b'>' => b"^>",
        b'(' => b"^(",
        b')' => b"^)",
        b'%' => b"^%",
        b'!' => b"^!",
        b'"' => b"^\"",
        _ => return None,
    })
}

/// Every way of writing `value` that differs from itself.
pub(super) fn of(value: &[u8], take: &mut impl FnMut(Zeroizing<Vec<u8>>)) {
    for quoting in QUOTINGS {
        if value.iter().any(|&byte| quoting(byte).is_some()) {
            take(written(value, quoting));
        }
    }
}

fn written(value: &[u8], quoting: &Quoting) -> Zeroizing<Vec<u8>> {
    // Room for the longest, so that nothing is left behind in memory when it grows.
    let mut out = Zeroizing::new(Vec::with_capacity(value.len() * 5));
    for &byte in value {
        match quoting(byte) {
            Some(text) => out.extend_from_slice(text),
            None => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_without_special_characters_has_none() {
        of(b"correct-horse", &mut |_| panic!("nothing to quote"));
    }

    #[test]
    fn each_writer_in_its_way() {
        let mut all = Vec::new();
        of(b"it's 5%&", &mut |form| all.push(String::from_utf8_lossy(&form).into_owned()));
        assert_eq!(
            all,
            [r"it'\''s 5%&", r#"it'"'"'s 5%&"#, "it''s 5%&", "it's 5^%^&", "it's 5%%&", "it's+5%&"]
        );
    }
}
