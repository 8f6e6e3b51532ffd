//! Runs the examples and reads what they print. They are built by `cargo test -p keepmum-examples`.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::PathBuf;
use std::process::Command;

/// The made-up tokens begin with it.
const TOKEN: &str = "ghp_";

#[test]
fn the_agent_prints_and_remembers_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let memory = folder.path().join("memory.md");
    let key = [("AGENT_API_KEY", "open sesame, please")];
    let printed = printed("agent", &key, &[memory.to_str().unwrap()]);
    let remembered = std::fs::read_to_string(memory).unwrap();
    for text in [&printed, &remembered] {
        hides(text, &["open sesame", "correct horse", "staple of", "another day"]);
    }
    // Everything is printed once where it happens, and once more with the memory.
    for (text, times) in [(&printed, 2), (&remembered, 1)] {
        shows(text, "an agent with the key [REDACTED:AGENT_API_KEY]", times);
        shows(
            text,
            "refused with the settings DB_PASSWORD='[REDACTED:agent.DB_PASSWORD]'",
            2 * times,
        );
    }
    shows(&printed, "no entry with [REDACTED:agent.DB_PASSWORD]", 1);
    shows(&printed, "password=\"[REDACTED:field]\"", 6);
    shows(&printed, "new [agent.DB_PASSWORD], old [agent.DB_PASSWORD]", 1);
}

#[test]
fn the_server_logs_no_secret_and_counts_them() {
    let printed = printed("axum", &[], &[]);
    hides(&printed, &["correct horse", "correct+horse", TOKEN]);
    shows(&printed, "password=\"[REDACTED:field]\"", 1);
    shows(&printed, "uri=/login?user=ada&password=[REDACTED:db-password] attempt=1", 1);
    shows(&printed, "[REDACTED:github-pat]", 1);
    shows(&printed, "keepmum_rule_id=\"github-pat\"", 1);
    assert!(printed.contains("keepmum_origin=\"secret\""), "{printed}");
}

#[test]
fn the_client_logs_no_secret() {
    let printed = printed("reqwest", &[], &[]);
    // The number alone stands in the time of a line once in a while.
    hides(&printed, &["billing/", "billing%2F", "4711 of", "4711+of", "4711%20of"]);
    hides(&printed, &["south branch", "south+branch", TOKEN]);
    shows(&printed, "refused: \\\"Bearer [REDACTED:github-pat]\\\" and \\\"nothing\\\"", 1);
    shows(&printed, "authorization=\"[REDACTED:field]\"", 1);
    shows(&printed, "\"x-billing\": \"[REDACTED:billing-key]\"", 1);
    shows(&printed, "/repos?key=[REDACTED:billing-key]", 3);
}

#[test]
fn the_model_is_sent_no_secret() {
    let printed = printed("prompt", &[], &[]);
    hides(&printed, &["correct horse", TOKEN]);
    shows(&printed, "server saw ", 3);
    shows(&printed, "\"content\":\"Why is SECRETREF_db_password_", 1);
    shows(&printed, "https://ada:SECRETREF_github_pat_", 1);
    shows(&printed, "\"content\":\"And nothing at all?\"", 1);
    shows(&printed, "answer     400 Bad Request {\"error\":{", 1);
    shows(&printed, "`db-password` stands in model, which must not be changed", 2);
    shows(&printed, "function   you said: It is SECRETREF_db_password_", 1);
}

#[test]
fn the_client_of_openai_sends_no_secret() {
    let printed = printed("openai", &[], &[]);
    hides(&printed, &["correct horse"]);
    shows(&printed, "server saw ", 1);
    shows(&printed, "Is SECRETREF_db_password_", 2);
    shows(&printed, "`db-password` stands in model, which must not be changed", 1);
}

/// Standard output and standard error of an example that ends well.
fn printed(name: &str, environment: &[(&str, &str)], arguments: &[&str]) -> String {
    let program = folder().join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(&program);
    command.args(arguments).env("NO_COLOR", "1").envs(environment.iter().copied());
    command.env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
    let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    let printed = printed.concat();
    assert!(output.status.success(), "{printed}");
    printed
}

/// Beside the folder that this test is in.
fn folder() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(|deps| deps.parent()).unwrap().join("examples")
}

fn hides(printed: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

fn shows(printed: &str, text: &str, times: usize) {
    assert_eq!(printed.matches(text).count(), times, "{text} in {printed}");
}
