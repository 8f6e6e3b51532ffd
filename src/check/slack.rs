//! The shape of Slack's tokens.
//!
//! Slack documents the prefixes (<https://api.slack.com/concepts/token-types>); behind them stand the ids of the
//! workspace and of who the token is for, and a random part of a length of its own.

/// Digits of an id that Slack counts up.
const ID: std::ops::RangeInclusive<usize> = 9..=14;

/// Whether `token` has the parts that its prefix asks for.
pub(super) fn is_token(token: &[u8]) -> bool {
    let parts: Vec<&[u8]> = token.splitn(6, |&byte| byte == b'-').collect();
    match parts[..] {
        // A bot's: workspace, bot and secret; older ones lack the workspace.
        [b"xoxb", workspace, bot, secret] => is_id(workspace) && is_id(bot) && is_random(secret),
        [b"xoxb", bot, secret] => is_id(bot) && is_random(secret),
        // A person's: workspace, two people and secret.
        [b"xoxp", a, b, c, secret] => [a, b, c].into_iter().all(is_id) && is_hex(secret, 32),
        [b"xoxc", a, b, c, secret] => [a, b, c].into_iter().all(is_id) && is_hex(secret, 64),
        // An app's: version, app, a count and secret.
        [b"xapp", [b'1'..=b'9'], app, count, secret] => {
            is_app(app) && is_id(count) && is_hex(secret, 64)
        }
        _ => false,
    }
}

/// A number that begins where counting does.
fn is_id(part: &[u8]) -> bool {
    ID.contains(&part.len()) && part[0] != b'0' && part.iter().all(u8::is_ascii_digit)
}

fn is_app(part: &[u8]) -> bool {
    part.first() == Some(&b'A')
        && part.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_random(part: &[u8]) -> bool {
    part.len() == 24 && part.iter().all(u8::is_ascii_alphanumeric) && super::kinds(part) >= 2
}

fn is_hex(part: &[u8], len: usize) -> bool {
    part.len() == len && part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(parts: &[&str]) -> bool {
        is_token(parts.join("-").as_bytes())
    }

    #[test]
    fn each_prefix_has_its_parts() {
        let (id, other) = ("123456789012", "2345678901");
        let (mixed, hex) = ("aB3".repeat(8), "0a1b2c3d".repeat(4));
        assert!(token(&["xoxb", id, other, &mixed]) && token(&["xoxb", id, &mixed]));
        assert!(token(&["xoxp", id, id, other, &hex]));
        assert!(token(&["xoxc", id, id, other, &hex.repeat(2)]));
        assert!(token(&["xapp", "1", "A012BCDEF", id, &hex.repeat(2)]));
    }

    #[test]
    fn parts_of_another_kind_are_refused() {
        let (id, mixed, hex) = ("123456789012", "aB3".repeat(8), "0a1b2c3d".repeat(4));
        assert!(!token(&["xoxb", "012345678901", id, &mixed]), "an id does not begin with 0");
        assert!(!token(&["xoxb", id, id, &mixed[1..]]));
        assert!(!token(&["xoxp", id, id, &hex]));
        assert!(!token(&["xoxp", id, id, id, &hex.to_uppercase()]));
        assert!(!token(&["xapp", "0", "A012BCDEF", id, &hex.repeat(2)]));
        assert!(!token(&["xoxz", id, id, &mixed]) && !token(&[""]));
    }
}
