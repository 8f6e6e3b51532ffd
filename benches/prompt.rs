//! Requests to language models: how long a look through a body takes, beside serde_json reading the same body.
//!
//! `cargo bench --features prompt --bench prompt -- [--smoke]`. Bodies are histories of an agent: text, tool calls with their
//! arguments as JSON in a string, results. Every figure is the median of the rounds, of which each looks at all bodies in turn.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use keepmum::prompt::{Api, PreSend};
use keepmum::rule::template::expand;
use keepmum::{Redactor, ReferenceKey};
use serde_json::{Value, json};

fn main() {
    let smoke = std::env::args().any(|arg| arg == "--smoke");
    let rounds = if smoke { 3 } else { 101 };
    let redactor = (0..10).fold(Redactor::builder().builtin_rules(), |builder, at| {
        builder.secret(&format!("secret-{at}"), secret(at)).unwrap()
    });
    let guard = PreSend::builder(redactor.build().unwrap().into(), ReferenceKey::new(b"bench"));
    let guard = guard.build().unwrap();
    println!(
        "| body | bytes | look µs | MB/s | serde_json µs | ratio |\n|---|---|---|---|---|---|"
    );
    for (name, size, secrets) in [
        ("clean", 10 << 10, 0),
        ("clean", 100 << 10, 0),
        ("clean", 1 << 20, 0),
        ("10 secrets", 100 << 10, 10),
        ("1,000 secrets", 1 << 20, 1000),
    ] {
        let body = history(size, secrets);
        let (mut look, mut parse) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            look.push(time(|| drop(black_box(guard.redact_body(Api::OpenAiChat, &body).unwrap()))));
            parse.push(time(|| drop(black_box(serde_json::from_slice::<Value>(&body).unwrap()))));
        }
        let found = guard.redact_body(Api::OpenAiChat, &body).unwrap().report.found.len();
        assert_eq!(found, secrets);
        let (look, parse) = (median(look), median(parse));
        let bytes = body.len() as f64;
        println!(
            "| {name} | {} | {:.0} | {:.0} | {:.0} | {:.2} |",
            body.len(),
            look * 1e6,
            bytes / look / 1e6,
            parse * 1e6,
            look / parse
        );
    }
}

fn secret(at: usize) -> String {
    expand("correct-horse-{alnum:24}", at as u64).unwrap().text
}

/// A history of about `size` bytes with `secrets` in results of tools.
fn history(size: usize, secrets: usize) -> Vec<u8> {
    let mut messages = Vec::new();
    let (mut len, mut turn) = (0, 0);
    while len < size || turn < secrets {
        let code =
            "fn main() {\n    println!(\"hello\");\n}\n".repeat(if secrets > 100 { 1 } else { 20 });
        let leak = if turn < secrets { secret(turn % 10) } else { String::new() };
        let arguments = json!({"path": format!("src/file_{turn}.rs"), "text": code}).to_string();
        messages.push(json!({"role": "assistant", "content": "I will write the file and run the tests again.", "tool_calls": [
            {"id": format!("call_{turn:024}"), "type": "function", "function": {"name": "write_file", "arguments": arguments}}]}));
        messages.push(json!({"role": "tool", "tool_call_id": format!("call_{turn:024}"), "content": format!("ok, env: {leak}\n{code}")}));
        len = messages.len() / 2 * messages[0].to_string().len() * 2;
        turn += 1;
    }
    json!({"model": "m", "stream": true, "messages": messages}).to_string().into_bytes()
}

fn time(run: impl FnOnce()) -> Duration {
    let started = Instant::now();
    run();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}
