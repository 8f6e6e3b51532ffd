//! Who may come in.
//!
//! The gateway answers whoever reaches it, with somebody's keys perhaps. A page in a browser reaches it too: by its address,
//! or by a name of its own that it has led here. The first tells its origin, the second asks for another host.

use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use subtle::ConstantTimeEq as _;

use super::error::ProxyError;

/// What a browser says about where a request comes from.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The shortest token.
const SHORTEST: usize = 16;

/// What is asked of a request before anything else.
#[derive(Clone, Default)]
pub(super) struct Door {
    hosts: Vec<String>,
    token: Option<Box<[u8]>>,
}

/// Why a request stays out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Out {
    /// It was meant for another host.
    Host,
    /// It comes from a page.
    Origin,
    /// It does not know the token: nothing is here.
    Token,
}

impl Door {
    pub(super) fn allow_host(&mut self, host: &str) {
        self.hosts.push(host.to_ascii_lowercase());
    }

    pub(super) fn ask_for(&mut self, token: &str) -> Result<(), ProxyError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if token.len() < SHORTEST || !token.bytes().all(plain) {
            return Err(ProxyError::new(format_args!(
                "a token has at least {SHORTEST} letters, digits, - and _"
            )));
        }
        self.token = Some(token.as_bytes().into());
        Ok(())
    }

    /// The path of `request` behind the token, if one is asked for.
    pub(super) fn enter<'a>(&self, request: &'a Parts) -> Result<&'a str, Out> {
        let host = self.host(request).ok_or(Out::Host)?;
        self.origin(request, &host)?;
        let path = request.uri.path();
        let Some(token) = &self.token else { return Ok(path) };
        let given = path.strip_prefix('/').ok_or(Out::Token)?;
        let (given, _) = given.split_once('/').ok_or(Out::Token)?;
        // Of other lengths too it tells nothing but that.
        if bool::from(given.as_bytes().ct_eq(token)) {
            Ok(&path[1 + given.len()..])
        } else {
            Err(Out::Token)
        }
    }

    /// The host that `request` is for, with its port, if that is a good one. Two that differ are none.
    fn host(&self, request: &Parts) -> Option<Authority> {
        let mut headers = request.headers.get_all(HOST).iter();
        let header = match headers.next() {
            Some(value) => Some(value.to_str().ok()?.parse::<Authority>().ok()?),
            None => None,
        };
        let asked = request.uri.authority().cloned();
        let same = header.is_none() || asked.is_none() || header == asked;
        let host = asked.or(header).filter(|_| same && headers.next().is_none())?;
        (is_loopback(host.host()) || self.allows(&host)).then_some(host)
    }

    /// A request of a page is good if the page is the gateway's own, or one that is named.
    fn origin(&self, request: &Parts, host: &Authority) -> Result<(), Out> {
        let Some(origin) = request.headers.get(ORIGIN) else {
            // Images and forms of pages have no origin in all browsers.
            let site = request.headers.get(FETCH_SITE);
            let own = site.is_none_or(|site| site == "same-origin" || site == "none");
            return if own { Ok(()) } else { Err(Out::Origin) };
        };
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        let (_, origin) = origin.ok_or(Out::Origin)?;
        let origin: Authority = origin.parse().map_err(|_| Out::Origin)?;
        if origin == *host || self.allows(&origin) { Ok(()) } else { Err(Out::Origin) }
    }

    fn allows(&self, host: &Authority) -> bool {
        let name = host.host().to_ascii_lowercase();
        let with_port = host.as_str().to_ascii_lowercase();
        self.hosts.iter().any(|allowed| *allowed == name || *allowed == with_port)
    }
}

/// Whether a host means this machine to every resolver.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn parts(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let request = Request::builder().uri(uri);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(()).expect("a request").into_parts().0
    }

    #[track_caller]
    fn met(door: &Door, headers: &[(&str, &str)], with: Result<&str, Out>) {
        assert_eq!(door.enter(&parts("/x", headers)), with, "{headers:?}");
    }

    #[test]
    fn only_loopback_and_named_hosts_are_meant() {
        let mut door = Door::default();
        door.allow_host("Gateway.example");
        for host in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:8787",
            "127.9.9.9",
            "[::1]:1",
            "gateway.example:9",
        ] {
            met(&door, &[("host", host)], Ok("/x"));
        }
        for host in
            ["evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", "0.0.0.0", "a b", ""]
        {
            met(&door, &[("host", host)], Err(Out::Host));
        }
        met(&door, &[], Err(Out::Host));
        met(&door, &[("host", "localhost"), ("host", "localhost")], Err(Out::Host));
        let two = parts("http://evil.example/x", &[("host", "localhost")]);
        assert_eq!(door.enter(&two), Err(Out::Host));
    }

    #[test]
    fn pages_stay_out() {
        let mut door = Door::default();
        door.allow_host("app.example");
        let host = ("host", "localhost:8787");
        for origin in ["http://localhost:8787", "https://app.example"] {
            met(&door, &[host, ("origin", origin)], Ok("/x"));
        }
        for origin in ["http://localhost:3000", "https://evil.example", "null", "", "file://"] {
            met(&door, &[host, ("origin", origin)], Err(Out::Origin));
        }
        met(&door, &[host, ("sec-fetch-site", "cross-site")], Err(Out::Origin));
        met(&door, &[host, ("sec-fetch-site", "same-site")], Err(Out::Origin));
        met(&door, &[host, ("sec-fetch-site", "none")], Ok("/x"));
    }

    #[test]
    fn without_its_token_nothing_is_here() {
        let mut door = Door::default();
        assert!(door.ask_for("short").is_err());
        assert!(door.ask_for("with/slashes/and/more").is_err());
        door.ask_for("sixteen-letters-").expect("good");
        let host = [("host", "localhost")];
        let enter = |path: &str| door.enter(&parts(path, &host)).map(str::to_owned);
        assert_eq!(enter("/sixteen-letters-/openai/x"), Ok("/openai/x".to_owned()));
        assert_eq!(enter("/sixteen-letters-/"), Ok("/".to_owned()));
        for path in [
            "/",
            "/sixteen-letters-",
            "/openai/x",
            "/sixteen-letters-x/openai",
            "//sixteen-letters-/x",
        ] {
            assert_eq!(enter(path), Err(Out::Token), "{path}");
        }
    }
}
