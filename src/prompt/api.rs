//! The interfaces whose bodies have a known shape.

use std::fmt;

/// An interface of a provider, which says what the fields of its bodies mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Api {
    /// OpenAI Chat Completions.
    OpenAiChat,
    /// OpenAI Responses.
    OpenAiResponses,
    /// Anthropic Messages.
    Anthropic,
    /// Gemini.
    Gemini,
    /// Bedrock Converse.
    Bedrock,
    /// Ollama.
    Ollama,
    /// Slack's Web API and incoming webhooks.
    Slack,
    /// Slack's `chat.appendStream`: a piece of a message. A secret may go on in the next one.
    SlackAppend,
    /// Slack's `chat.stopStream`: the last piece of a message.
    SlackStop,
    /// Any JSON.
    Json,
}

impl Api {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::Anthropic,
        Self::Gemini,
        Self::Bedrock,
        Self::Ollama,
        Self::Slack,
        Self::SlackAppend,
        Self::SlackStop,
        Self::Json,
    ];

    /// The interface that a request to `host` goes to; [`Json`](Self::Json) if it is none of the others.
    ///
    /// ```
    /// use keepmum::prompt::Api;
    ///
    /// assert_eq!(Api::of("api.openai.com", "/v1/responses"), Api::OpenAiResponses);
    /// assert_eq!(Api::of("hooks.slack.com", "/services/x"), Api::Slack);
    /// assert_eq!(Api::of("example.com", "/"), Api::Json);
    /// ```
    pub fn of(host: &str, path: &str) -> Self {
        match host {
            "api.anthropic.com" => Self::Anthropic,
            _ if is_in(host, "api.openai.com") => Self::openai(path),
            "generativelanguage.googleapis.com" => Self::Gemini,
            _ if is_in(host, "slack.com") || is_in(host, "slack-gov.com") => Self::slack(path),
            _ if host.starts_with("bedrock-runtime.")
                || host.starts_with("bedrock-runtime-fips.") =>
            {
                Self::Bedrock
            }
            _ => Self::of_path(path),
        }
    }

    /// What is served behind a base address of OpenAI's.
    pub fn openai(path: &str) -> Self {
        if path.contains("/responses") { Self::OpenAiResponses } else { Self::OpenAiChat }
    }

    /// What is served behind a base address of Slack's.
    pub fn slack(path: &str) -> Self {
        let path = path.split('?').next().unwrap_or("");
        match path.rsplit('/').next() {
            Some("chat.appendStream") => Self::SlackAppend,
            Some("chat.stopStream") => Self::SlackStop,
            _ => Self::Slack,
        }
    }

    /// Whether it is one of Slack's.
    pub fn is_slack(self) -> bool {
        matches!(self, Self::Slack | Self::SlackAppend | Self::SlackStop)
    }

    /// By the path alone: many servers speak what others made up.
    fn of_path(path: &str) -> Self {
        let path = path.split('?').next().unwrap_or("");
        if path.ends_with("/chat/completions") || path.ends_with("/completions") {
            Self::OpenAiChat
        } else if path.ends_with("/responses") {
            Self::OpenAiResponses
        } else if path.contains("/v1/messages")
            || path.ends_with(":rawPredict")
            || path.ends_with(":streamRawPredict")
        {
            Self::Anthropic
        } else if path.contains(":generateContent") || path.contains(":streamGenerateContent") {
            Self::Gemini
        } else if path.ends_with("/converse") || path.ends_with("/converse-stream") {
            Self::Bedrock
        } else if matches!(path, "/api/chat" | "/api/generate" | "/api/embed") {
            Self::Ollama
        } else {
            Self::Json
        }
    }

    /// Its name in configuration and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::OpenAiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Ollama => "ollama",
            Self::Slack => "slack",
            Self::SlackAppend => "slack-append",
            Self::SlackStop => "slack-stop",
            Self::Json => "json",
        }
    }
}

/// Whether `host` is `domain` or lies in it.
fn is_in(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
