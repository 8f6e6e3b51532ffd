//! What is said at the start: where the gateway is, and how programs find it.

use std::io::Write;
use std::net::SocketAddr;

use super::options::{Options, Token};

/// Variables that programs read, and the path that each wants.
const VARIABLES: [(&str, &str); 4] = [
    ("ANTHROPIC_BASE_URL", "anthropic"),
    ("OPENAI_BASE_URL", "openai/v1"),
    ("GOOGLE_GEMINI_BASE_URL", "gemini"),
    ("OLLAMA_HOST", "ollama"),
];

/// Says it on `out`. A token is only shown if it was drawn: nobody could know it otherwise.
pub(super) fn start(
    address: SocketAddr,
    options: &Options,
    token: Option<&impl AsRef<str>>,
    out: &mut impl Write,
) {
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    let token = match (&options.token, token) {
        (Token::Drawn, Some(token)) => format!("{}/", token.as_ref()),
        (Token::None, _) => String::new(),
        _ => "TOKEN/".to_owned(),
    };
    let base = format!("{scheme}://{address}/{token}");
    let mut text = format!("keepmum: listening on {base}\n");
    for (name, path) in VARIABLES {
        text += &format!("  {name}={base}{path}\n");
    }
    text += &format!("  Slack: {base}slack/ for https://slack.com/api/,\n");
    text += &format!("         {base}slack-hooks/ for https://hooks.slack.com/\n");
    for (name, _) in &options.upstreams {
        text += &format!("  {name}: {base}{name}\n");
    }
    // Nobody has to read it.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
