//! `keepmum proxy`, the program.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use hyper::Request;
use tempfile::TempDir;

use crate::harness::{SECRET, Upstream, client, redacted, text, whole, within};

/// A gateway that runs as a program, in a folder of its own.
struct Program {
    child: Child,
    base: String,
    said: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

/// The program with its secret, and no configuration of whoever runs the tests.
fn command(folder: &Path) -> Command {
    fs::write(folder.join("db-password"), SECRET).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.current_dir(folder).env("XDG_STATE_HOME", folder.join("state"));
    command.env("XDG_CONFIG_HOME", folder.join("config")).env("HOME", folder);
    command.arg("proxy").arg("--secrets-file=db-password").stderr(Stdio::piped());
    command
}

impl Program {
    fn start(command: &mut Command) -> Self {
        let mut child = command.arg("--listen=127.0.0.1:0").spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let (mut base, mut first) = (None, String::new());
        while base.is_none() {
            let before = first.len();
            assert!(lines.read_line(&mut first).unwrap() > 0, "it ended: {first}");
            base =
                first[before..].split_once("listening on ").map(|(_, base)| base.trim().to_owned());
        }
        let said = Arc::new(Mutex::new(first));
        let more = Arc::clone(&said);
        let reader = std::thread::spawn(move || {
            let mut rest = String::new();
            lines.read_to_string(&mut rest).unwrap();
            more.lock().unwrap().push_str(&rest);
        });
        Self { child, base: base.unwrap(), said, reader: Some(reader) }
    }

    async fn post(&self, path: &str, body: &str) -> (u16, String) {
        let request = Request::post(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .header("authorization", "Bearer zebra-in-a-header");
        text(within(client().request(request.body(whole(body.to_owned())).unwrap())).await.unwrap())
            .await
    }

    /// Ends it with a signal; its exit code and what it said.
    fn end(mut self, signal: rustix::process::Signal) -> (Option<i32>, String) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
        let code = self.child.wait().unwrap().code();
        self.reader.take().unwrap().join().unwrap();
        let said = self.said.lock().unwrap().clone();
        (code, said)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn leads(name: &str, to: SocketAddr) -> String {
    format!("--upstream={name}=http://{to}")
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn it_serves_says_how_it_is_found_and_ends_in_order() {
    let (upstream, folder) = (Upstream::good().await, folder());
    let mut command = command(folder.path());
    let program = Program::start(command.arg(leads("anthropic", upstream.address)));
    let dirty = format!("{{\"system\":\"zebra in a body\",\"messages\":\"{SECRET}\"}}");
    assert_eq!(program.post("anthropic/v1/messages", &dirty).await.0, 200);
    assert_eq!(program.post("anthropic/v1/messages", "{\"zebra\": broken").await.0, 400);
    redacted(&upstream.only().body);
    let (code, said) = program.end(rustix::process::Signal::TERM);
    assert_eq!(code, Some(0));
    for variable in [
        "ANTHROPIC_BASE_URL=http://127.0.0.1:",
        "/openai/v1\n",
        "GOOGLE_GEMINI_BASE_URL=",
        "OLLAMA_HOST=",
    ] {
        assert!(said.contains(variable), "{said}");
    }
    assert!(!said.contains("zebra") && !said.contains(SECRET), "{said}");
    let key = folder.path().join("state/keepmum/reference.key");
    assert_eq!(fs::metadata(&key).unwrap().len(), 32);
}

#[tokio::test]
async fn references_outlive_the_program() {
    let (upstream, folder) = (Upstream::good().await, folder());
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut command = command(folder.path());
        let program = Program::start(command.arg(leads("slack", upstream.address)));
        let dirty = format!("{{\"text\":\"{SECRET}\"}}");
        assert_eq!(program.post("slack/chat.postMessage", &dirty).await.0, 200);
        assert_eq!(program.end(signal).0, Some(0));
    }
    let seen = upstream.seen();
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn a_token_is_drawn_and_told() {
    let (upstream, folder) = (Upstream::good().await, folder());
    let mut command = command(folder.path());
    let mut program = Program::start(command.arg("--token").arg(leads("ollama", upstream.address)));
    assert_eq!(program.post("ollama/api/chat", "{}").await.0, 200);
    let (host, token) = program.base.trim_end_matches('/').rsplit_once('/').unwrap();
    assert_eq!(token.len(), 32);
    program.base = format!("{host}/");
    assert_eq!(program.post("ollama/api/chat", "{}").await.0, 404);
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn configuration_leads_and_names_what_is_said() {
    let (upstream, folder) = (Upstream::good().await, folder());
    let toml = format!(
        "audit = 'audit.jsonl'\n[proxy]\nlisten = '127.0.0.1:1'\ntoken-file = 'token'\n\
         [proxy.upstream.house]\nurl = 'http://{}/base'\napi = 'openai-chat'\n\
         [proxy.modes]\n'x-*' = 'block'\n[proxy.limits]\nlongest = '1K'\nidle-time = '30s'\n",
        upstream.address
    );
    fs::write(folder.path().join("named.toml"), &toml).unwrap();
    fs::write(folder.path().join("token"), "a-token-of-a-file\n").unwrap();
    let mut command = command(folder.path());
    let mut program = Program::start(command.arg("--config=named.toml"));
    assert!(program.base.ends_with("/TOKEN/"), "{}", program.base);
    program.base = program.base.replace("TOKEN/", "a-token-of-a-file/");
    assert_eq!(program.post("house/x", &format!("[\"{SECRET}\"]")).await.0, 200);
    redacted(&upstream.only().body);
    assert_eq!(upstream.only().uri, "/base/x");
    let (status, body) = program.post("house/x", &format!("[\"{}\"]", "a".repeat(1024))).await;
    assert!(status == 413 && body.contains("keepmum_refused"), "{body}");
    let audit = fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    let row =
        "\"surface\":\"prompt\",\"input\":\"house\",\"origin\":\"secret\",\"name\":\"db-password\"";
    assert!(audit.contains(row), "{audit}");
    assert!(audit.contains("\"event\":\"retrieval\"") && !audit.contains("horse"), "{audit}");
}

#[test]
fn a_file_that_was_only_found_leads_nowhere() {
    let folder = folder();
    for table in [
        "[proxy.upstream.anthropic]\nurl = 'http://evil.example'\n",
        "[proxy]\nallow-host = ['evil.example']\n",
        "[[restore]]\nsecret = '*'\ntool = '*'\n",
    ] {
        fs::write(folder.path().join("keepmum.toml"), table).unwrap();
        let output = command(folder.path()).arg("--listen=127.0.0.1:0").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("--config keepmum.toml"), "{said}");
    }
}

#[test]
fn what_cannot_be_is_said_before_anything_listens() {
    let folder = folder();
    fs::write(folder.path().join("short"), "short").unwrap();
    for (arguments, why) in [
        (&["--listen=0.0.0.0:0"][..], "--allow-remote"),
        (&["--upstream=zebra"], "NAME=URL"),
        (&["--upstream=x=zebra://y"], "http://"),
        (&["--token-file=short"], "16"),
        (&["--key-file=short"], "short"),
        (&["--key-file=none"], "none"),
        (&["--tls-cert=short"], "--tls-key"),
        (&["--tls-cert=short", "--tls-key=short"], "PEM"),
        (&["--idle-time=soon"], "duration"),
    ] {
        let output = command(folder.path()).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(why) && !said.contains("listening"), "{arguments:?}: {said}");
    }
}

#[test]
fn the_trial_is_good() {
    let folder = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    let output = command.current_dir(folder.path()).args(["proxy", "--check"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    for route in [
        "anthropic: good",
        "openai, chat: good",
        "openai, responses: good",
        "gemini: good",
        "ollama: good",
        "slack: good",
        "slack-hooks: good",
    ] {
        assert!(said.contains(route), "{said}");
    }
    assert!(!said.contains("canary"), "{said}");
}

#[tokio::test]
async fn tls_is_spoken_on_both_sides() {
    let (upstream, folder) = (Upstream::good().await, folder());
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(folder.path().join("other.pem"), other.cert.pem()).unwrap();
    fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let mut inner = command(folder.path());
    inner.args(["--tls-cert=cert.pem", "--tls-key=key.pem"]);
    let inner = Program::start(inner.arg(leads("gemini", upstream.address)));
    assert!(inner.base.starts_with("https://"), "{}", inner.base);
    let base = inner.base.replace("127.0.0.1", "localhost");
    // The outer one trusts this certificate alone.
    for (trusted, status) in [(true, 200), (false, 502)] {
        let mut outer = command(folder.path());
        let file = if trusted { "cert.pem" } else { "other.pem" };
        outer.env("SSL_CERT_FILE", folder.path().join(file)).env_remove("SSL_CERT_DIR");
        let outer = Program::start(outer.arg(format!("--upstream=gemini={base}gemini")));
        let dirty = format!("[\"{SECRET}\"]");
        assert_eq!(outer.post("gemini/v1beta/x", &dirty).await.0, status);
    }
    let seen = upstream.only();
    redacted(&seen.body);
    assert_eq!(seen.uri, "/v1beta/x");
}
