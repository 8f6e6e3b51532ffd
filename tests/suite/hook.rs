//! Events of coding agents. Tests that begin with `h`, `m` or `q` and a number are the situations of that number.
//!
//! `data/hook/AGENT/EVENT-CASE.in.json` is an event, `….out.json` all that is answered. In both, names between percent signs stand
//! for values that are made at run time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use keepmum::hook::{Agent, Answer, Failure, Hook, refusal};
use keepmum::prompt::{Mode, PreSend, PreSendBuilder, RestoreRule};
use keepmum::rule::template::expand;
use keepmum::{Finding, Guard, Observer, Redactor, ReferenceKey, Secret, Surface};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{run, text};

const SECRET: &str = "correct horse battery";
const PIN: &str = "84713926";
const KEY: &[u8] = b"thirty-two bytes that nobody has";

static TOKEN: LazyLock<String> = LazyLock::new(|| expand("ghp_{alnum:36}", 7).unwrap().text);

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
    let builder = Redactor::builder().builtin_rules().secret("db", SECRET).unwrap();
    builder.secret("pin", PIN).unwrap().build().unwrap()
});

fn builder() -> PreSendBuilder {
    PreSend::builder(REDACTOR.clone().into(), ReferenceKey::new(KEY))
}

fn hook() -> Hook {
    Hook::new(builder().build().unwrap())
}

fn reference(name: &str, value: &str) -> String {
    ReferenceKey::new(KEY).reference(name, value.as_bytes()).to_string()
}

/// A template with its values.
fn filled(template: &str) -> String {
    template
        .replace("%SECRET%", SECRET)
        .replace("%TOKEN%", &TOKEN)
        .replace("%PIN%", PIN)
        .replace("%REF%", &reference("db", SECRET))
        .replace("%TOKENREF%", &reference("github-pat", &TOKEN))
        .replace("%OTHER%", &reference("other", "of nobody"))
}

/// Each case: the agent, the event, its name, what comes in and what goes out.
fn golden() -> Vec<(Agent, String, String, String, String)> {
    let mut all = Vec::new();
    for agent in Agent::ALL {
        let folder = Path::new("tests/data/hook").join(agent.as_str());
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let Some(case) = name.strip_suffix(".in.json") else { continue };
            let event = case.split('-').next().unwrap().to_owned();
            let read = |path: &Path| filled(fs::read_to_string(path).unwrap().trim_end());
            let out = path.with_file_name(format!("{case}.out.json"));
            all.push((agent, event, format!("{agent} {case}"), read(&path), read(&out)));
        }
    }
    all
}

fn holds_secret(answer: &Answer) -> bool {
    let said = format!("{}{}{answer:?}", text(&answer.stdout), answer.stderr);
    [SECRET, PIN, &TOKEN].iter().any(|secret| said.contains(secret))
}

/// Scenarios H1, H3 and H4.
#[test]
fn h1_h3_h4_every_agent_and_event_is_answered_in_its_own_contract() {
    let hook = hook();
    let cases = golden();
    assert!(cases.len() > 50, "{}", cases.len());
    for (agent, event, name, input, output) in cases {
        let told =
            if event == "preToolUse" && agent == Agent::ClaudeCode { None } else { Some(&*event) };
        let answer = hook.answer(agent, told, input.as_bytes());
        assert_eq!(text(&answer.stdout), output, "{name}");
        assert_eq!(answer.code, 0, "{name}");
        assert!(!holds_secret(&answer), "{name}");
        assert!(serde_json::from_slice::<Value>(&answer.stdout).is_ok(), "{name}");
    }
}

/// What a refusal of an agent looks like at an event that carries something.
fn is_no(agent: Agent, event: &str, answer: &Answer) -> bool {
    let said: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let own = &said["hookSpecificOutput"];
    let no = said["decision"] == "block"
        || said["decision"] == "deny"
        || said["permission"] == "deny"
        || said["continue"] == false
        || said["permissionDecision"] == "deny"
        || own["permissionDecision"] == "deny"
        || !own["updatedToolOutput"].is_null()
        || !said["modifiedResult"].is_null()
        || !said["modifiedTransformedPrompt"].is_null()
        || !said["updated_mcp_tool_output"].is_null();
    // What Cursor's tools gave cannot be taken back, only told of.
    let told =
        agent == Agent::Cursor && event == "postToolUse" && !said["additional_context"].is_null();
    (no || told) && !answer.stderr.is_empty() && [0, 2].contains(&answer.code)
}

/// The exit code of a refusal at nobody knows what. For Claude Code the JSON says more: code 2 hides no output.
fn unknown(agent: Agent) -> u8 {
    if agent == Agent::ClaudeCode { 0 } else { 2 }
}

const BROKEN: [&[u8]; 8] =
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{\"a\":1}", b"{} {}", b"{\"hook_event_name\":7}"];

/// Scenario H2.
#[test]
fn h2_what_cannot_be_read_is_refused_in_the_events_own_words() {
    let hook = hook();
    for (agent, event, name, _, _) in golden() {
        if name.ends_with("-any") || name.ends_with("-of-cursor") {
            continue;
        }
        for broken in BROKEN {
            for told in [Some(&*event), None] {
                let answer = hook.answer(agent, told, broken);
                let place = format!("{name} {told:?} {}", text(broken));
                assert!(is_no(agent, &event, &answer), "{place}: {}", text(&answer.stdout));
                assert!(told.is_some() || answer.code == unknown(agent), "{place}");
            }
        }
    }
}

#[test]
fn h2_events_that_are_not_known_are_refused() {
    for agent in Agent::ALL {
        for event in ["", "NewEvent", "pretooluse"] {
            let input = json!({"hook_event_name": event, "tool_input": SECRET}).to_string();
            let answer = hook().answer(agent, None, input.as_bytes());
            assert!(is_no(agent, event, &answer), "{agent} {event}");
            assert_eq!(answer.code, unknown(agent), "{agent} {event}");
        }
        let input = json!({"hook_event_name": "Other", "prompt": "x"}).to_string();
        let answer = hook().answer(agent, Some("PreToolUse"), input.as_bytes());
        assert!(is_no(agent, "PreToolUse", &answer), "{agent}");
    }
}

#[test]
fn h2_fields_that_are_missing_or_twice_are_refused() {
    let (hook, agent) = (hook(), Agent::ClaudeCode);
    for rest in [
        r#""tool_name":"Bash""#,
        r#""tool_name":"Bash","tool_input":{},"tool_input":{"command":"x"}"#,
        r#""tool_name":"Bash","tool_name":"Read","tool_input":{}"#,
        r#""tool_name":[],"tool_input":{}"#,
    ] {
        let input = format!(r#"{{"hook_event_name":"PreToolUse",{rest}}}"#);
        assert!(is_no(agent, "PreToolUse", &hook.answer(agent, None, input.as_bytes())), "{rest}");
    }
    let deep = format!(
        r#"{{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{}1{}}}"#,
        "[".repeat(300),
        "]".repeat(300)
    );
    assert!(is_no(agent, "PreToolUse", &hook.answer(agent, None, deep.as_bytes())));
}

/// Panics when something is redacted.
struct Panics;

impl Observer for Panics {
    fn scanned(&self, _: Surface, _: u64, _: Duration) {}

    fn redacted(&self, _: Surface, _: &Finding) {
        panic!("{SECRET}");
    }
}

#[test]
fn h2_a_panic_is_a_refusal() {
    let guard = Guard::from(REDACTOR.clone()).observed_by(Arc::new(Panics));
    let hook = Hook::new(PreSend::builder(guard, ReferenceKey::new(KEY)).build().unwrap());
    for (agent, event, name, input, output) in golden() {
        if output == "{}" || name.contains("of-cursor") || !input.contains(SECRET) {
            continue;
        }
        let answer = hook.answer(agent, Some(&event), input.as_bytes());
        assert!(is_no(agent, &event, &answer), "{name}: {}", text(&answer.stdout));
        assert!(!holds_secret(&answer), "{name}");
    }
}

#[test]
fn failures_say_why_and_nothing_else() {
    for failure in [
        Failure::Time,
        Failure::TooLong,
        Failure::Panic,
        Failure::Setup("keepmum.toml:1: x".into()),
    ] {
        let input = json!({"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_response": {"stdout": SECRET}});
        let answer = refusal(Agent::ClaudeCode, None, input.to_string().as_bytes(), &failure);
        let said: Value = serde_json::from_slice(&answer.stdout).unwrap();
        let shown = said["hookSpecificOutput"]["updatedToolOutput"]["stderr"].as_str().unwrap();
        assert!(shown.contains(&failure.to_string()), "{shown}");
        assert!(!holds_secret(&answer));
    }
}

fn rule(secret: &str, tool: &str, host: Option<&str>) -> RestoreRule {
    let host = host.map(|host| format!("host = '{host}'\n")).unwrap_or_default();
    toml::from_str(&format!("secret = '{secret}'\ntool = '{tool}'\n{host}")).unwrap()
}

fn restoring(rules: &[RestoreRule]) -> Hook {
    let builder = builder().restorable(vec![Secret::new("db", SECRET)]);
    Hook::new(rules.iter().cloned().fold(builder, |all, rule| all.restore(rule)).build().unwrap())
}

fn given(hook: &Hook, tool: &str, input: &Value) -> Value {
    let event = json!({"hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": input});
    let answer = hook.answer(Agent::ClaudeCode, None, event.to_string().as_bytes());
    let said: Value = serde_json::from_slice(&answer.stdout).unwrap();
    match said.get("hookSpecificOutput") {
        None => input.clone(),
        Some(own) if own["permissionDecision"] == "deny" => own["permissionDecisionReason"].clone(),
        Some(own) => own["updatedInput"].clone(),
    }
}

#[test]
fn references_are_restored_where_a_rule_allows_it_and_nowhere_else() {
    let made = reference("db", SECRET);
    let hook = restoring(&[rule("db", "Edit", None), rule("db", "http", Some("db.example.com"))]);
    let edit = |value: &str| json!({"file_path": "/a", "old_string": format!("a={value}"), "new_string": format!("b={value}")});
    assert_eq!(given(&hook, "Edit", &edit(&made)), edit(SECRET));
    // What a rule lets in may come as it is.
    assert_eq!(given(&hook, "Edit", &edit(SECRET)), edit(SECRET));
    let denied = given(&hook, "Write", &json!({"content": made}));
    assert!(denied.as_str().unwrap().contains("was given"), "{denied}");
    let call = |host: &str, value: &str| json!({"url": format!("https://{host}/"), "auth": value});
    assert_eq!(
        given(&hook, "http", &call("db.example.com", &made)),
        call("db.example.com", SECRET)
    );
    assert_eq!(given(&hook, "http", &call("evil.example", &made)), call("evil.example", &made));
    assert_eq!(given(&hook, "http", &call("evil.example", SECRET)), call("evil.example", &made));
    assert_eq!(given(&hook, "Bash", &json!({"command": made})), json!({"command": made}));
}

#[test]
fn a_write_with_one_reference_that_stays_is_denied() {
    let hook = restoring(&[rule("db", "Write", None)]);
    let both = format!("{} {}", reference("db", SECRET), reference("other", "of nobody"));
    let denied = given(&hook, "Write", &json!({"content": both}));
    assert!(denied.as_str().unwrap().contains(&reference("other", "of nobody")), "{denied}");
    let damaged = reference("db", SECRET).to_lowercase();
    let denied = given(&hook, "Write", &json!({"content": damaged}));
    assert!(denied.as_str().unwrap().contains("damaged"), "{denied}");
}

#[test]
fn modes_block_and_guesses_of_rules_are_no_reason_to_stop() {
    let hook = Hook::new(builder().mode("db", Mode::Block).build().unwrap());
    let denied = given(&hook, "Bash", &json!({"command": SECRET}));
    assert!(denied.as_str().unwrap().contains("is blocked"), "{denied}");
    let prompt =
        json!({"hook_event_name": "UserPromptSubmit", "prompt": "api_key: hunter2hunter9hunter4"});
    let answer = hook.answer(Agent::ClaudeCode, None, prompt.to_string().as_bytes());
    assert_eq!(text(&answer.stdout), "{}");
}

/// Scenario M4: a secret has one name, whichever surface shows it.
#[test]
fn m4_the_hook_and_the_prompt_give_one_reference() {
    let body = json!({"messages": [{"role": "user", "content": SECRET}]}).to_string();
    let sent = builder().build().unwrap();
    let sent = sent.redact_body(keepmum::prompt::Api::OpenAiChat, body.as_bytes()).unwrap();
    assert!(text(&sent.body).contains(&reference("db", SECRET)));
}

/// A document with secrets at random places, beside its twin with references there.
fn documents() -> impl Strategy<Value = (String, String)> {
    let word = prop_oneof![
        3 => "[a-z \"\\\\\n/é]{0,12}".prop_map(|text| (text.clone(), text)),
        1 => Just((format!("<{SECRET}>"), format!("<{}>", reference("db", SECRET)))),
    ];
    let leaf = prop_oneof![
        4 => word.prop_map(|(one, two)| (json!(one).to_string(), json!(two).to_string())),
        1 => prop_oneof![Just("1.0"), Just("1e3"), Just("null"), Just(" true ")].prop_map(|text| (text.to_owned(), text.to_owned())),
    ];
    let tree = leaf.prop_recursive(4, 24, 5, |inner| {
        let list = |all: Vec<(String, String)>| {
            let join = |of: fn(&(String, String)) -> &str| {
                all.iter().map(of).collect::<Vec<_>>().join(" , ")
            };
            (format!("[{}]", join(|both| &both.0)), format!("[{}]", join(|both| &both.1)))
        };
        let object = |all: BTreeMap<String, (String, String)>| {
            let join = |of: fn(&(String, String)) -> &str| {
                all.iter()
                    .map(|(key, both)| format!("\"{key}\" :{}", of(both)))
                    .collect::<Vec<_>>()
                    .join(",\n")
            };
            (format!("{{{}}}", join(|both| &both.0)), format!("{{{}}}", join(|both| &both.1)))
        };
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(list),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..5).prop_map(object),
        ]
    });
    prop::collection::btree_map("[g-m]{3,6}", tree, 1..4).prop_map(|all| {
        let join = |of: fn(&(String, String)) -> &str| {
            all.iter()
                .map(|(key, both)| format!("\"{key}\":{}", of(both)))
                .collect::<Vec<_>>()
                .join(",")
        };
        (format!("{{{}}}", join(|both| &both.0)), format!("{{{}}}", join(|both| &both.1)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Only the spans of secrets change, and none is left.
    #[test]
    fn outputs_and_inputs_differ_in_the_spans_of_secrets_alone((before, after) in documents()) {
        let hook = hook();
        for (event, field, answer) in [("PreToolUse", "tool_input", "updatedInput"), ("PostToolUse", "tool_response", "updatedToolOutput")] {
            let input = format!(r#"{{"hook_event_name":"{event}","tool_name":"Other","{field}":{before}}}"#);
            let said = hook.answer(Agent::ClaudeCode, None, input.as_bytes());
            let wanted = if before == after {
                "{}".to_owned()
            } else {
                format!(r#"{{"hookSpecificOutput":{{"hookEventName":"{event}","{answer}":{after}}}}}"#)
            };
            prop_assert_eq!(text(&said.stdout), wanted);
            prop_assert!(!holds_secret(&said));
        }
    }
}

/// A home with a configuration that knows the secrets.
fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    fs::create_dir_all(home.path().join(".config/keepmum")).unwrap();
    let config = "audit = 'audit.jsonl'\n[[source]]\nkind = 'file'\nname = 'db'\npath = 'db'\n";
    fs::write(home.path().join(".config/keepmum/keepmum.toml"), config).unwrap();
    fs::write(home.path().join(".config/keepmum/db"), SECRET).unwrap();
    home
}

fn program(home: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.arg("hook").args(args).env_clear().env("HOME", home.path()).current_dir(home.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The same, answering; how long a machine takes is no matter.
fn answering(home: &TempDir, agent: &str, more: &[&str]) -> Command {
    program(home, &[&["--agent", agent, "--timeout", "10m"], more].concat())
}

fn prompt() -> String {
    json!({"hook_event_name": "UserPromptSubmit", "prompt": SECRET, "transcript_path": null})
        .to_string()
}

fn said(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

/// Scenario Q1.
#[test]
fn q1_the_program_answers_and_records_names_only() {
    let home = home();
    let output =
        run(answering(&home, "claude-code", &["--event", "UserPromptSubmit"]), prompt().as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(said(&output)["decision"], "block");
    let rows = fs::read_to_string(home.path().join(".config/keepmum/audit.jsonl")).unwrap();
    assert!(rows.contains("\"hook\"") && rows.contains("\"db\""), "{rows}");
    let all = [rows.as_bytes(), &output.stdout, &output.stderr].concat();
    let all = text(&all);
    let parts = SECRET.as_bytes().windows(6).map(text);
    assert_eq!(
        parts.filter(|part| all.contains(part.as_str())).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    // Who runs at the same time waits for the log.
    let all = std::thread::scope(|scope| {
        let run = || run(answering(&home, "codex", &[]), prompt().as_bytes());
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(all.iter().all(|output| said(output)["reason"].as_str().unwrap().contains("`db`")));
    let rows = fs::read_to_string(home.path().join(".config/keepmum/audit.jsonl")).unwrap();
    assert_eq!(rows.lines().count(), 9, "{rows}");
}

#[test]
fn automata_are_kept_from_one_event_to_the_next() {
    let (home, token) = (home(), expand("ghp_{alnum:36}", 1).unwrap().text);
    let output = json!({"stdout": token, "stderr": "", "interrupted": false, "isImage": false});
    let event = json!({"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_input": {}, "tool_response": output});
    let answer = || run(answering(&home, "claude-code", &[]), event.to_string().as_bytes()).stdout;
    let folder = home.path().join(".cache/keepmum");
    let kept = || -> Vec<_> {
        let versions = fs::read_dir(&folder).into_iter().flatten();
        let files = versions.flat_map(|version| fs::read_dir(version.unwrap().path()).unwrap());
        files.map(|file| file.unwrap().path()).collect()
    };
    // What is made anew is another file.
    let files = || {
        let number = |path: PathBuf| fs::metadata(path).unwrap().ino();
        kept().into_iter().map(number).collect::<BTreeSet<_>>()
    };
    let first = answer();
    assert!(text(&first).contains("SECRETREF_github_pat_") && !text(&first).contains(&token));
    let made = files();
    assert!(!made.is_empty());
    assert_eq!((text(&answer()), files()), (text(&first), made.clone()));
    for path in kept() {
        fs::write(path, "no automaton").unwrap();
    }
    assert_eq!(text(&answer()), text(&first));
    assert_ne!(files(), made);
}

/// Scenario Q2.
#[test]
fn q2_a_configuration_that_is_broken_refuses() {
    let home = home();
    let config = home.path().join(".config/keepmum/keepmum.toml");
    for broken in [
        "nonsense = 1\n",
        "[[source]]\nkind = 'file'\nname = 'db'\npath = 'gone'\n",
        "audit = '/dev/null/x'\n[[source]]\nkind = 'file'\nname = 'db'\npath = 'db'\n",
    ] {
        fs::write(&config, broken).unwrap();
        let output = run(
            answering(&home, "gemini", &["--event", "BeforeAgent"]),
            &prompt().replace("UserPromptSubmit", "BeforeAgent").into_bytes(),
        );
        assert_eq!(said(&output)["decision"], "deny", "{broken}");
        assert!([0, 2].contains(&output.status.code().unwrap()), "{broken}");
    }
}

/// Scenario H2, from outside.
#[test]
fn h2_the_program_never_ends_as_if_it_allowed() {
    let home = home();
    for agent in Agent::ALL {
        for broken in BROKEN {
            let output = run(answering(&home, agent.as_str(), &[]), broken);
            let code = output.status.code();
            assert_eq!(code, Some(unknown(agent).into()), "{agent} {}", text(broken));
            assert!(is_no(agent, "", &Answer::of(&output)), "{agent} {}", text(broken));
        }
    }
    for args in [&["--agent", "nobody"][..], &[], &["install", "--agent", "codex", "--nonsense"]] {
        let output = run(program(&home, args), prompt().as_bytes());
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{args:?}");
    }
    for (agent, event, _, _, _) in golden() {
        let args = ["--agent", agent.as_str(), "--event", &event, "--nonsense"];
        let output = run(program(&home, &args), b"");
        assert!(is_no(agent, &event, &Answer::of(&output)), "{args:?}: {}", text(&output.stdout));
    }
}

/// What the program said, as the library says it.
trait Of {
    fn of(output: &Output) -> Answer;
}

impl Of for Answer {
    fn of(output: &Output) -> Answer {
        let mut answer = hook().answer(Agent::Codex, Some("Stop"), b"{}");
        answer.stdout = output.stdout.clone();
        answer.stderr = text(&output.stderr);
        answer.code = output.status.code().unwrap().try_into().unwrap();
        answer
    }
}

#[test]
fn h2_an_agent_that_never_ends_its_event_is_refused_in_time() {
    let home = home();
    let args = ["--agent", "cursor", "--event", "beforeSubmitPrompt", "--timeout", "50ms"];
    let mut child = program(&home, &args).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"{\"hook_event_name\":").unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(said(&output)["continue"], false);
    assert!(text(&output.stderr).contains("too long"), "{}", text(&output.stderr));
}

#[test]
fn a_configuration_in_the_working_folder_is_not_obeyed() {
    let home = home();
    let found = home.path().join("keepmum.toml");
    for weaker in [
        "profile = 'known-only'\nonly-known = true\n",
        "disable = ['github']\n",
        "[[allow.patterns]]\npattern = '.'\nreason = 'x'\n",
        "[hook.modes]\n'*' = 'off'\n",
        "[[restore]]\nsecret = '*'\ntool = '*'\n",
        "nonsense = 1\n",
    ] {
        fs::write(&found, weaker).unwrap();
        for secret in [SECRET, &TOKEN] {
            let prompt = prompt().replace(SECRET, secret);
            let output = run(answering(&home, "codex", &[]), prompt.as_bytes());
            assert_eq!(said(&output)["decision"], "block", "{weaker}");
        }
    }
    fs::remove_file(home.path().join(".config/keepmum/keepmum.toml")).unwrap();
    let output = run(answering(&home, "codex", &[]), prompt().replace(SECRET, &TOKEN).as_bytes());
    assert_eq!(said(&output)["decision"], "block");
    fs::write(&found, "profile = 'known-only'\n").unwrap();
    let named = answering(&home, "codex", &["--config", "keepmum.toml"]);
    assert_eq!(text(&run(named, prompt().replace(SECRET, &TOKEN).as_bytes()).stdout), "{}");
    let status = text(&run(program(&home, &["status"]), b"").stdout);
    assert!(
        status.contains("keepmum.toml in the working folder: hooks do not read it"),
        "{status}"
    );
}

#[test]
fn what_is_not_looked_for_is_said() {
    let home = home();
    fs::write(home.path().join(".config/keepmum/db"), "x").unwrap();
    for (agent, event, field) in [
        ("claude-code", "UserPromptSubmit", "prompt"),
        ("codex", "UserPromptSubmit", "prompt"),
        ("gemini", "BeforeAgent", "prompt"),
        ("cursor", "beforeSubmitPrompt", "prompt"),
        ("claude-code", "PreToolUse", "tool_input"),
    ] {
        for (value, no) in [(json!({"a": "b"}), false), (json!({"a": &*TOKEN}), true)] {
            let event = json!({"hook_event_name": event, "tool_name": "Write", field: value});
            let output = run(answering(&home, agent, &[]), event.to_string().as_bytes());
            assert!(text(&output.stderr).contains("keepmum: warning: "), "{agent} {event}");
            let (said, shown) = (said(&output), field == "prompt" && agent != "cursor");
            assert_eq!(said["systemMessage"].is_string(), shown, "{agent} {event} {said}");
            assert_eq!(said.as_object().unwrap().len() > usize::from(shown), no, "{said}");
        }
    }
}

#[test]
fn tokens_where_media_is_said_to_be_are_found() {
    use base64::Engine as _;
    let encoded = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let picture = base64::engine::general_purpose::STANDARD.encode([0x89, 0xff, 0xfe, 0, 1, 2, 3]);
    let made = reference("github-pat", &TOKEN);
    let output = |token: &str, blob: &str, picture: &str| {
        json!([
            {"type": "image", "data": token, "mimeType": "image/png"},
            {"type": "resource", "resource": {"uri": "file:///a", "blob": blob}},
            {"type": "image", "data": picture, "mimeType": "image/png"},
        ])
    };
    let blob = format!("see {}\n", &*TOKEN);
    let event = json!({
        "hook_event_name": "PostToolUse", "tool_name": "mcp__x__y",
        "tool_response": output(&TOKEN, &encoded(&blob), &picture),
    });
    let answer = hook().answer(Agent::ClaudeCode, None, event.to_string().as_bytes());
    let said: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(
        said["hookSpecificOutput"]["updatedToolOutput"],
        output(&made, &encoded(&blob.replace(&*TOKEN, &made)), &picture)
    );
    assert!(
        answer.stderr.contains("[2].data (12 bytes) was not looked through"),
        "{}",
        answer.stderr
    );
}

#[test]
fn what_is_blocked_or_must_not_change_is_recorded() {
    let home = home();
    let config = home.path().join(".config/keepmum/keepmum.toml");
    let written = fs::read_to_string(&config).unwrap();
    fs::write(&config, written + "[hook.modes]\n'db' = 'block'\n").unwrap();
    let rows = || {
        let rows = fs::read_to_string(home.path().join(".config/keepmum/audit.jsonl"));
        rows.unwrap_or_default().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let blocked = json!({"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": SECRET}});
    run(answering(&home, "codex", &[]), blocked.to_string().as_bytes());
    assert!(rows()[0].contains("\"db\"") && rows()[0].contains("\"secret\""), "{:?}", rows());
    let fixed = json!({"hook_event_name": "PostToolUse", "tool_name": "Read", "tool_input": {},
        "tool_response": {"type": &*TOKEN}});
    run(answering(&home, "claude-code", &[]), fixed.to_string().as_bytes());
    assert!(rows()[1].contains("\"github-pat\"") && rows()[1].contains("\"rule\""), "{:?}", rows());
}

/// The command of an installation at an event.
fn installed(home: &TempDir, agent: Agent, file: &str, event: &str) -> String {
    let written = fs::read_to_string(home.path().join(file)).unwrap();
    let written: Value = serde_json::from_str(&written).unwrap();
    let entry = &written["hooks"][event][0];
    let entry = entry.get("hooks").map_or(entry, |group| &group[0]);
    let field = if agent == Agent::Copilot { "bash" } else { "command" };
    entry[field].as_str().unwrap().to_owned()
}

/// A command as an agent runs it.
fn shell(home: &TempDir, command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).env_clear().env("HOME", home.path()).current_dir(home.path());
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

#[test]
fn options_of_rules_and_secrets_are_installed() {
    let home = home();
    for file in ["a.env", "rules.toml", "secret", "own.toml"] {
        fs::write(home.path().join(file), "").unwrap();
    }
    let options = [
        "--env-file=a.env",
        "--rules=rules.toml",
        "--secrets-file=name=secret",
        "--profile=paranoid",
        "--only-known",
        "--environment=production",
        "--secrets-from-env=A_*,B",
    ];
    let install = |more: &[&str]| {
        let args = [&["install", "--agent", "codex", "--yes"], &options[..], more].concat();
        assert!(run(program(&home, &args), b"").status.success());
        installed(&home, Agent::Codex, ".codex/hooks.json", "PreToolUse")
    };
    let folder = fs::canonicalize(home.path()).unwrap().display().to_string();
    let command = install(&["--config", "own.toml"]);
    let wanted = format!(
        "--config {folder}/own.toml --rules {folder}/rules.toml --profile paranoid --only-known '--secrets-from-env=A_*,B' --env-file {folder}/a.env --secrets-file name={folder}/secret --environment production"
    );
    assert!(command.ends_with(&wanted), "{command}");
    let own = format!("--config {}/.config/keepmum/keepmum.toml", home.path().display());
    assert!(install(&[]).contains(&own));
    assert!(
        install(&["--no-config"]).contains(" --no-config ")
            && !install(&["--no-config"]).contains("--config ")
    );
    let gone = ["install", "--agent", "codex", "--yes", "--env-file", "gone"];
    assert_eq!(run(program(&home, &gone), b"").status.code(), Some(3));
}

#[test]
fn the_program_is_installed_as_it_was_called() {
    let home = home();
    let link = home.path().join("bin/keepmum");
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_keepmum"), &link).unwrap();
    let args = "hook install --agent claude-code --yes";
    for call in [
        format!("bin/keepmum {args}"),
        format!("PATH={}/bin keepmum {args}", home.path().display()),
    ] {
        let _ = fs::remove_file(home.path().join(".claude/settings.json"));
        let output = run(shell(&home, &call), b"");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let command = installed(&home, Agent::ClaudeCode, ".claude/settings.json", "PreToolUse");
        assert!(command.split(' ').next().unwrap().ends_with("/bin/keepmum"), "{command}");
        assert!(!command.contains("target"), "{command}");
    }
}

/// Scenario H2, of a program that is killed or gone.
#[test]
fn h2_where_a_shell_runs_it_a_program_that_fails_refuses() {
    let home = home();
    for (agent, file, event) in [
        (Agent::Codex, ".codex/hooks.json", "UserPromptSubmit"),
        (Agent::Gemini, ".gemini/settings.json", "BeforeAgent"),
    ] {
        let args = ["install", "--agent", agent.as_str(), "--yes"];
        let shown = run(program(&home, &args), b"");
        assert_eq!(text(&shown.stdout).contains("open /hooks"), agent == Agent::Codex);
        let command = installed(&home, agent, file, event);
        let prompt = prompt().replace("UserPromptSubmit", event);
        let output = run(shell(&home, &format!("{command} --timeout 10m")), prompt.as_bytes());
        assert_eq!((output.status.code(), said(&output)["reason"].is_string()), (Some(0), true));
        let nobody = command.replacen(&format!("--event {event}"), "--event Nobody", 1);
        let output = run(shell(&home, &nobody), b"{}");
        assert_eq!(output.status.code(), Some(2));
        assert!(!text(&output.stderr).contains("no answer"), "{}", text(&output.stderr));
        let program = env!("CARGO_BIN_EXE_keepmum");
        for failing in ["/gone/keepmum", "/bin/false", "/bin/sh -c 'kill -9 $$'"] {
            let shell = shell(&home, &command.replacen(program, failing, 1));
            let output = run(shell, prompt.as_bytes());
            assert_eq!(output.status.code(), Some(2), "{failing}");
            assert!(text(&output.stderr).contains("keepmum gave no answer"), "{failing}");
        }
    }
}

#[test]
fn status_tells_what_keeps_a_hook_from_running() {
    let home = home();
    let status = || text(&run(program(&home, &["status"]), b"").stdout);
    assert!(!status().contains("/hooks in Codex"), "{}", status());
    assert!(run(program(&home, &["install", "--agent", "codex", "--yes"]), b"").status.success());
    assert!(status().contains("/hooks in Codex"), "{}", status());
    fs::write(home.path().join(".codex/config.toml"), "[features]\nhooks = false\n").unwrap();
    assert!(status().contains("switches it off: features.hooks"), "{}", status());
    // What cannot be read hides nothing else.
    fs::create_dir_all(home.path().join(".gemini/settings.json")).unwrap();
    assert_eq!(status().matches("gemini (").count(), 2, "{}", status());
    assert!(status().contains("cursor (user, "), "{}", status());
}

#[test]
fn a_blank_file_of_settings_is_not_taken_away() {
    let home = home();
    let settings = home.path().join(".gemini/settings.json");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    fs::write(&settings, "\n").unwrap();
    let output = run(program(&home, &["uninstall", "--agent", "gemini", "--yes"]), b"");
    assert!(text(&output.stdout).contains("no hook is installed"), "{}", text(&output.stdout));
    assert_eq!(fs::read_to_string(&settings).unwrap(), "\n");
}

#[test]
fn an_installation_is_shown_asked_for_and_undone() {
    let home = home();
    let settings = home.path().join(".claude/settings.json");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    let before = "{\n    \"model\": \"opus\",\n    \"hooks\": {\n        \"Stop\": []\n    }\n}\n";
    fs::write(&settings, before).unwrap();
    let status = || text(&run(program(&home, &["status", "--agent", "claude-code"]), b"").stdout);
    assert!(status().lines().all(|line| line.ends_with("not installed")), "{}", status());
    let install = |more: &[&str]| {
        run(program(&home, &[&["install", "--agent", "claude-code"], more].concat()), b"")
    };
    let shown = install(&[]);
    assert_eq!(shown.status.code(), Some(1));
    assert!(text(&shown.stdout).contains("+        \"PreToolUse\""), "{}", text(&shown.stdout));
    assert_eq!(fs::read_to_string(&settings).unwrap(), before);
    assert!(install(&["--yes"]).status.success());
    let once = fs::read_to_string(&settings).unwrap();
    assert!(status().lines().next().unwrap().ends_with(": installed"), "{}", status());
    assert!(text(&install(&["--yes"]).stdout).contains("already"));
    assert_eq!(fs::read_to_string(&settings).unwrap(), once);
    // The command that stands there is one that answers.
    let written: Value = serde_json::from_str(&once).unwrap();
    let command = written["hooks"]["UserPromptSubmit"][0]["hooks"][0]["command"].as_str().unwrap();
    assert_eq!(said(&run(shell(&home, command), prompt().as_bytes()))["decision"], "block");
    let gone = run(program(&home, &["uninstall", "--agent", "claude-code", "--yes"]), b"");
    assert!(gone.status.success());
    assert_eq!(fs::read_to_string(&settings).unwrap(), before);
}
