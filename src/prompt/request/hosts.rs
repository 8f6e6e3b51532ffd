//! Which requests are looked through.

use crate::prompt::Api;

/// Providers that speak what others made up, by host or, after a dot, by the domain that it lies in. The others are those
/// that [`Api::of`] knows.
const SPEAKERS: &[&str] = &[
    ".openai.azure.com",
    ".cognitiveservices.azure.com",
    ".aiplatform.googleapis.com",
    "-aiplatform.googleapis.com",
    "aiplatform.googleapis.com",
    "openrouter.ai",
    "api.mistral.ai",
    "api.groq.com",
    "api.deepseek.com",
    "api.x.ai",
    "api.together.xyz",
    "api.perplexity.ai",
    "api.fireworks.ai",
    "api.cohere.com",
];

/// Which requests are looked through, by the hosts that they go to, and what their bodies are. Others pass untouched.
///
/// ```
/// use keepmum::prompt::{Api, Hosts};
///
/// let hosts = Hosts::providers().and("llm.example.com").and_as("*.gateway.example.com", Api::Anthropic);
/// assert_eq!(hosts.api("api.openai.com", "/v1/responses"), Some(Api::OpenAiResponses));
/// assert_eq!(hosts.api("llm.example.com", "/v1/chat/completions"), Some(Api::OpenAiChat));
/// assert_eq!(hosts.api("eu.gateway.example.com", "/"), Some(Api::Anthropic));
/// assert_eq!(hosts.api("example.com", "/"), None);
/// ```
#[derive(Clone, Debug)]
pub struct Hosts {
    added: Vec<(String, Option<Api>)>,
    others: Others,
}

/// What is done about requests to hosts that nobody named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    Pass,
    Look,
}

impl Hosts {
    /// Hosts of providers of models, and Slack's.
    pub fn providers() -> Self {
        Self { added: Vec::new(), others: Others::Pass }
    }

    /// All hosts. What a body is, its path and its media type say.
    pub fn everything() -> Self {
        Self { others: Others::Look, ..Self::providers() }
    }

    /// Another host, on all of its ports; `*.example.com` is all that lie in that domain. What a body is, its path says.
    #[must_use]
    pub fn and(mut self, host: &str) -> Self {
        self.added.push((plain(host), None));
        self
    }

    /// Another host whose bodies are all of one kind.
    #[must_use]
    pub fn and_as(mut self, host: &str, api: Api) -> Self {
        self.added.push((plain(host), Some(api)));
        self
    }

    /// What a request to `path` at `host` is; none if it passes untouched.
    pub fn api(&self, host: &str, path: &str) -> Option<Api> {
        let host = plain(host);
        if let Some((_, api)) = self.added.iter().find(|(added, _)| is(added, &host)) {
            return Some(api.unwrap_or_else(|| Api::of(&host, path)));
        }
        // Nothing is known of an empty path but its host.
        let known =
            Api::of(&host, "") != Api::Json || SPEAKERS.iter().any(|name| ends(name, &host));
        (known || self.others == Others::Look).then(|| Api::of(&host, path))
    }

    /// The same for a request that does not say where it goes: the rest of the client knows. Its path has to tell.
    pub(super) fn api_anywhere(&self, path: &str) -> Option<Api> {
        let api = Api::of("", path);
        (api != Api::Json || self.others == Others::Look).then_some(api)
    }
}

impl Default for Hosts {
    fn default() -> Self {
        Self::providers()
    }
}

/// The name of a host: the same in any case, with the root's dot, with a port, in brackets, and in an address.
fn plain(host: &str) -> String {
    let host = host.split_once("://").map_or(host, |(_, host)| host);
    let host = host.split('/').next().unwrap_or_default();
    let host = match host.rsplit_once(':') {
        Some((name, _)) if !name.contains(':') || name.ends_with(']') => name,
        _ => host,
    };
    host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase()
}

fn is(added: &str, host: &str) -> bool {
    match added.strip_prefix('*') {
        Some(domain) => ends(domain, host),
        None => added == host,
    }
}

/// Whether `host` is `name`, or ends so if `name` does not begin with a letter.
fn ends(name: &str, host: &str) -> bool {
    if name.starts_with(['.', '-']) {
        host.len() > name.len() && host.ends_with(name)
    } else {
        host == name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_known_in_any_spelling() {
        let hosts = Hosts::providers();
        for host in ["api.anthropic.com", "API.Anthropic.com", "api.anthropic.com."] {
            assert_eq!(hosts.api(host, "/v1/messages"), Some(Api::Anthropic), "{host}");
        }
        let azure = "/openai/deployments/x/chat/completions?api-version=1";
        assert_eq!(hosts.api("x.openai.azure.com", azure), Some(Api::OpenAiChat));
        let vertex = "/v1/projects/p/models/m:streamGenerateContent";
        assert_eq!(hosts.api("europe-west1-aiplatform.googleapis.com", vertex), Some(Api::Gemini));
        for host in ["", "notslack.com", "openai.azure.com.example.com", "anthropic.com.example"] {
            assert_eq!(hosts.api(host, "/v1/messages"), None, "{host}");
        }
    }

    #[test]
    fn hosts_that_are_added_may_be_written_as_addresses() {
        for (added, asked) in [
            ("http://LLM.example:8000/v1", "llm.example"),
            ("127.0.0.1:11434", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[::1]:80", "[::1]"),
            ("*.example", "a.b.example:443"),
        ] {
            let hosts = Hosts::providers().and(added);
            assert_eq!(hosts.api(asked, "/v1/messages"), Some(Api::Anthropic), "{added}");
            assert_eq!(hosts.api("example", "/v1/messages"), None);
        }
    }

    #[test]
    fn everything_is_json_unless_it_is_known() {
        let hosts = Hosts::everything().and_as("a.example", Api::Ollama);
        assert_eq!(hosts.api("b.example", "/anything"), Some(Api::Json));
        assert_eq!(hosts.api("b.example", "/v1/messages"), Some(Api::Anthropic));
        assert_eq!(hosts.api("A.example", "/anything"), Some(Api::Ollama));
    }

    #[test]
    fn a_request_without_a_host_is_known_by_its_path() {
        assert_eq!(Hosts::providers().api_anywhere("/v1/responses"), Some(Api::OpenAiResponses));
        assert_eq!(Hosts::providers().api_anywhere("/"), None);
        assert_eq!(Hosts::everything().api_anywhere("/"), Some(Api::Json));
    }
}
