//! Where requests go.

use hyper::Uri;

use super::error::ProxyError;
use crate::prompt::Api;

/// Names that lead somewhere without being told.
const BUILTIN: [(&str, &str); 6] = [
    ("anthropic", "https://api.anthropic.com"),
    ("openai", "https://api.openai.com/v1"),
    ("gemini", "https://generativelanguage.googleapis.com"),
    ("ollama", "http://127.0.0.1:11434"),
    ("slack", "https://slack.com/api"),
    ("slack-hooks", "https://hooks.slack.com"),
];

/// A name as the first part of a path, and the address that the rest is appended to.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) name: String,
    base: Uri,
    /// What is said there; none: by name, address and path.
    api: Option<Api>,
}

impl Route {
    fn new(name: &str, base: &str) -> Result<Self, ProxyError> {
        let refused = |why: &str| ProxyError::new(format_args!("upstream `{name}`: {why}"));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(ProxyError::new("an upstream's name is made of letters, digits, - and _"));
        }
        let base: Uri = base.parse().map_err(|_| refused("its address is none"))?;
        if !matches!(base.scheme_str(), Some("http" | "https")) {
            return Err(refused("its address begins with neither http:// nor https://"));
        }
        if base.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return Err(refused("its address holds a user; send an authorization header instead"));
        }
        if base.query().is_some() {
            return Err(refused("its address has a query"));
        }
        Ok(Self { name: name.to_owned(), base, api: None })
    }

    /// The address behind the base for `rest`, a path with or without `/` in front. Where the base ends in the part that the
    /// rest begins with, it stands once: `https://api.openai.com/v1` serves `/v1/models` and `/models` alike.
    pub(super) fn target(&self, rest: &str, query: Option<&str>) -> Option<Uri> {
        let base = self.base.path().trim_end_matches('/');
        let mut rest = rest.trim_start_matches('/');
        let last = base.rsplit('/').next().unwrap_or("");
        if let Some(after) = rest.strip_prefix(last).filter(|_| !last.is_empty())
            && (after.is_empty() || after.starts_with('/'))
        {
            rest = after.trim_start_matches('/');
        }
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let mut parts = self.base.clone().into_parts();
        parts.path_and_query = Some(format!("{base}/{rest}{query}").parse().ok()?);
        Uri::from_parts(parts).ok()
    }

    /// What is said at `rest`, a path without its first slash.
    pub(super) fn api(&self, rest: &str) -> Api {
        if let Some(api) = self.api {
            return api;
        }
        let path = &format!("/{rest}")[..];
        match self.name.as_str() {
            "anthropic" => Api::Anthropic,
            "openai" => Api::openai(path),
            // It has a door for OpenAI's clients too.
            "gemini" if path.contains("/openai/") => Api::openai(path),
            "gemini" => Api::Gemini,
            // So has this one.
            "ollama" if path.contains("v1/") => Api::of("", path),
            "ollama" => Api::Ollama,
            "slack" => Api::slack(path),
            "slack-hooks" => Api::Slack,
            _ => Api::of(self.base.host().unwrap_or(""), path),
        }
    }
}

/// All of a gateway's.
#[derive(Clone, Debug)]
pub(super) struct Routes(Vec<Route>);

impl Routes {
    pub(super) fn builtin() -> Result<Self, ProxyError> {
        let all = BUILTIN.iter().map(|(name, base)| Route::new(name, base));
        all.collect::<Result<_, _>>().map(Self)
    }

    /// Leads `name` to `base`, also if it led elsewhere.
    pub(super) fn set(&mut self, name: &str, base: &str) -> Result<(), ProxyError> {
        let route = Route::new(name, base)?;
        self.0.retain(|old| old.name != name);
        self.0.push(route);
        Ok(())
    }

    /// Says what is spoken behind `name`.
    pub(super) fn speaks(&mut self, name: &str, api: Api) -> Result<(), ProxyError> {
        let unknown = || ProxyError::new(format_args!("no upstream `{name}`"));
        self.0.iter_mut().find(|route| route.name == name).ok_or_else(unknown)?.api = Some(api);
        Ok(())
    }

    /// The route that `path` names, and the rest of the path.
    pub(super) fn of<'a>(&self, path: &'a str) -> Option<(&Route, &'a str)> {
        let path = path.strip_prefix('/')?;
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        self.0.iter().find(|route| route.name == name).map(|route| (route, rest))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|route| route.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn leads(base: &str, rest: &str, to: &str) {
        let route = Route::new("x", base).expect("good");
        assert_eq!(route.target(rest, None).expect("an address").to_string(), to);
    }

    #[test]
    fn what_base_and_rest_share_stands_once() {
        leads("https://api.openai.com/v1", "v1/models", "https://api.openai.com/v1/models");
        leads("https://api.openai.com/v1", "models", "https://api.openai.com/v1/models");
        leads("https://api.openai.com/v1", "v1beta/x", "https://api.openai.com/v1/v1beta/x");
        leads("http://localhost:1/v1/", "/v1/models", "http://localhost:1/v1/models");
        leads(
            "https://slack.com/api",
            "api/chat.postMessage",
            "https://slack.com/api/chat.postMessage",
        );
        leads("https://hooks.slack.com", "services/a/b", "https://hooks.slack.com/services/a/b");
        leads(
            "http://localhost:1",
            "@elsewhere.example/x",
            "http://localhost:1/@elsewhere.example/x",
        );
        leads(
            "http://localhost:1",
            "//elsewhere.example/x",
            "http://localhost:1/elsewhere.example/x",
        );
    }

    #[test]
    fn addresses_that_are_none_are_refused_without_being_quoted() {
        for base in [
            "zebra",
            "ftp://zebra.example",
            "https://user:zebra@host.example",
            "https://host.example/?zebra",
        ] {
            let error = Route::new("x", base).expect_err("bad").to_string();
            assert!(error.contains("`x`") && !error.contains("zebra"), "{error}");
        }
    }

    #[test]
    fn each_route_knows_what_is_said_there() {
        let routes = Routes::builtin().expect("good");
        for (path, api) in [
            ("/anthropic/v1/messages", Api::Anthropic),
            ("/openai/v1/responses", Api::OpenAiResponses),
            ("/openai/chat/completions", Api::OpenAiChat),
            ("/openai/responses", Api::OpenAiResponses),
            ("/ollama/v1/messages", Api::Anthropic),
            ("/gemini/v1beta/models/m:generateContent", Api::Gemini),
            ("/gemini/v1beta/openai/chat/completions", Api::OpenAiChat),
            ("/ollama/api/chat", Api::Ollama),
            ("/ollama/v1/chat/completions", Api::OpenAiChat),
            ("/slack/chat.postMessage", Api::Slack),
            ("/slack/chat.appendStream", Api::SlackAppend),
            ("/slack-hooks/services/x", Api::Slack),
        ] {
            let (route, rest) = routes.of(path).expect("a route");
            assert_eq!(route.api(rest), api, "{path}");
        }
    }
}
