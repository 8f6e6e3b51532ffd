//! Where a tool call goes.

use globset::GlobMatcher;
use url::{Host, Url};

use super::json;

/// Whether the argument called `name` is an address of a host that `glob` matches. Two arguments of that name are none: a tool
/// could take the other one.
pub(super) fn is(arguments: &str, name: &str, glob: &GlobMatcher) -> bool {
    let members = json::members(arguments).unwrap_or_default();
    let mut named = members.iter().filter(|(key, _)| key == name);
    let (Some((_, value)), None) = (named.next(), named.next()) else { return false };
    json::string(value).is_some_and(|address| goes_to(&address, glob))
}

/// Whether `address` leads to a host that `glob` matches, over TLS unless it is this machine, without a user. Readers of
/// addresses do not agree on odd ones, so the host has to stand there plainly.
fn goes_to(address: &str, glob: &GlobMatcher) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let Some(host) = url.host_str() else { return false };
    let safe = url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url);
    safe && is_plain(address, url.scheme(), host, url.port()) && glob.is_match(host)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether `address` is the scheme, `://`, the host and its port, letter by letter, and then a path, a query or nothing.
fn is_plain(address: &str, scheme: &str, host: &str, port: Option<u16>) -> bool {
    let odd = |byte: u8| byte <= b' ' || byte == b'\\' || byte == 0x7f;
    if address.bytes().any(odd) {
        return false;
    }
    let lower = address.to_ascii_lowercase();
    let rest = lower.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
    let rest = rest.and_then(|rest| rest.strip_prefix(host)).unwrap_or("x");
    let with_port = port.and_then(|port| rest.strip_prefix(&format!(":{port}")));
    let rest = with_port.or_else(|| rest.strip_prefix(":443")).unwrap_or(rest);
    rest.is_empty() || rest.starts_with(['/', '?', '#'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use globset::Glob;

    fn goes(address: &str, glob: &str) -> bool {
        goes_to(address, &Glob::new(glob).expect("a glob").compile_matcher())
    }

    #[test]
    fn only_plain_addresses_of_the_host_are_right() {
        for address in [
            "https://api.stripe.com",
            "https://api.stripe.com/v1/charges?x=@y#z",
            "HTTPS://API.stripe.com:443/",
            "https://api.stripe.com:8443?x",
        ] {
            assert!(goes(address, "*.stripe.com"), "{address}");
        }
        for address in [
            "http://api.stripe.com/",
            "https://api.stripe.com@evil.example/",
            "https://evil.example/https://api.stripe.com",
            "https://evil.example#.stripe.com",
            r"https://api.stripe.com\@evil.example/",
            r"https://evil.example\.stripe.com",
            "https:api.stripe.com",
            "https:///api.stripe.com",
            "https://user@api.stripe.com/",
            "https://api.stripe.com.evil.example/",
            "https://api.stripe%2ecom/",
            "https://api.str\tipe.com/",
            " https://api.stripe.com/",
            "//api.stripe.com/",
            "ftp://api.stripe.com/",
            "api.stripe.com",
            "",
        ] {
            assert!(!goes(address, "*.stripe.com"), "{address}");
        }
        for address in ["http://localhost:8080/x", "http://127.0.0.1/", "http://[::1]:1/"] {
            assert!(goes(address, "{localhost,127.0.0.1,[[]::1[]]}"), "{address}");
        }
    }

    #[test]
    fn the_argument_stands_there_once() {
        let glob = Glob::new("a.example").expect("a glob").compile_matcher();
        assert!(is(r#"{"url":"https:\/\/a.example/"}"#, "url", &glob));
        for json in [
            r#"{"url":"https://a.example","\u0075rl":"https://b.example"}"#,
            r#"{"url":["https://a.example"]}"#,
            r#"{"x":{"url":"https://a.example"}}"#,
            "[]",
        ] {
            assert!(!is(json, "url", &glob), "{json}");
        }
    }
}
