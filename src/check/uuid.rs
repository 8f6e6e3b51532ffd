//! UUIDs: which bytes are one, and whether it is random.

/// Digits and dashes of a UUID.
const LEN: usize = 36;

/// Where a UUID stands in `bytes`.
pub(super) fn find(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    bytes.windows(LEN).position(has_form).map(|at| at..at + LEN)
}

/// Whether a UUID of version 4 stands in `bytes`. The bits of the others are a time, a machine or the hash of a name.
pub(super) fn holds_random(bytes: &[u8]) -> bool {
    bytes
        .windows(LEN)
        .any(|uuid| has_form(uuid) && uuid[14] == b'4' && b"89abAB".contains(&uuid[19]))
}

fn has_form(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(at, &byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::template::expand;

    #[test]
    fn only_version_four_is_random() {
        for (template, wanted) in [
            ("{hex:8}-{hex:4}-4{hex:3}-9{hex:3}-{hex:12}", true),
            ("-{HEX:8}-{HEX:4}-4{HEX:3}-B{HEX:3}-{HEX:12}", true),
            ("{hex:8}-{hex:4}-1{hex:3}-9{hex:3}-{hex:12}", false),
            ("{hex:8}-{hex:4}-4{hex:3}-c{hex:3}-{hex:12}", false),
            ("{hex:40}", false),
        ] {
            let text = expand(template, 1).expect("a good template").text;
            assert_eq!(holds_random(text.as_bytes()), wanted, "{template}");
        }
    }
}
