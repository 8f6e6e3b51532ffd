//! JSON web tokens begin with a header that can be read.

use super::base64::decode;

/// Longest header that is decoded, in base64 characters.
const LONGEST: usize = 1024;

/// Whether the bytes before the first dot are base64url of a JSON object that names an algorithm. A header whose end
/// was cut off by the number of judged bytes is read as far as it goes.
pub(super) fn has_header(token: &[u8]) -> bool {
    let end = token.iter().position(|&byte| byte == b'.').unwrap_or(token.len());
    let header = decode(&token[..end.min(LONGEST)]);
    header.first() == Some(&b'{') && memchr::memmem::find(&header, b"\"alg\"").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_its_algorithm() {
        assert!(has_header(b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30."));
        assert!(!has_header(b"eyJrIjoxfQ.e30."));
        assert!(!has_header(b"eyJhbGc"));
    }
}
