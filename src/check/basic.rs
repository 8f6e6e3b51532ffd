//! Credentials of HTTP basic authentication.

use super::base64::decode;
use super::content::is_text;
use super::real::is_real;

/// Whether `credentials` are base64 of `user:password`, in readable characters, with a password that is no stand-in.
/// Where it is empty, as with services that take a key for the user, the user is judged instead.
pub(super) fn holds_password(credentials: &[u8]) -> bool {
    let decoded = decode(credentials);
    let Some(colon) = memchr::memchr(b':', &decoded) else { return false };
    let (user, password) = (&decoded[..colon], decoded[colon + 1..].trim_ascii());
    let judged = if password.is_empty() { user } else { password };
    !judged.is_empty() && is_text(&decoded) && is_real(judged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::template::expand;

    fn holds(credentials: &str) -> bool {
        let template = format!("{{encode}}{credentials}{{/encode}}");
        holds_password(expand(&template, 1).expect("a template").text.as_bytes())
    }

    #[test]
    fn passwords_and_keys_are_credentials() {
        for credentials in
            ["me:Tr0ub4dor", ":Tr0ub4dor", "{alnum:24}:", "me:a:b9\n", "j\u{f6}rg:K\u{f6}9x"]
        {
            assert!(holds(credentials), "{credentials}");
        }
    }

    #[test]
    fn stand_ins_and_other_bytes_are_none() {
        for credentials in [
            "user:password",
            "me:${{PASSWORD}}",
            "me:<token>",
            "me:changeme",
            "Tr0ub4dor",
            ":",
            "me:\u{1}\u{2}x",
        ] {
            assert!(!holds(credentials), "{credentials}");
        }
        assert!(!holds_password(b"authentication"));
    }
}
