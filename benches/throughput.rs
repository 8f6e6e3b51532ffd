//! Throughput, small events, construction: one interleaved run, per CPU second, against `memchr` over the same bytes.
//!
//! `cargo bench --bench throughput -- [--smoke] [--only=CORPUS,…] [LOG]`. Without a log, lines are made up. Every figure is the median of
//! the rounds; the ratio to memchr is what can be compared between runs and machines.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

use std::hint::black_box;
use std::time::Instant;

use keepmum::structured::JsonStream;
use keepmum::{Discard, Redactor};

/// Size of a push: what the filter reads at once.
const CHUNK: usize = 64 << 10;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let smoke = args.iter().any(|arg| arg == "--smoke");
    let only = args.iter().find_map(|arg| arg.strip_prefix("--only="));
    let log = args.iter().find(|arg| !arg.starts_with("--"));
    let (size, rounds) = if smoke { (1 << 20, 2) } else { (64 << 20, 5) };
    let lines = log.map_or_else(made_up, |path| std::fs::read(path).unwrap());
    let corpora = corpora(&lines, size);
    println!("| corpus | secrets | GB/s | memchr GB/s | ratio |\n|---|---|---|---|---|");
    for secrets in if smoke || only.is_some() { vec![10] } else { vec![0, 10, 1000, 6000, 100_000] }
    {
        let started = Instant::now();
        let redactor = redactor(secrets);
        let built = started.elapsed();
        let chosen = |name| {
            only.map_or(secrets == 10 || name == "logs", |only| {
                only.split(',').any(|one| one == name)
            })
        };
        for (name, corpus) in corpora.iter().filter(|(name, _)| chosen(*name)) {
            let (ours, base) = interleaved(rounds, &redactor, corpus);
            println!("| {name} | {secrets} | {ours:.2} | {base:.2} | {:.3} |", ours / base);
        }
        println!("| construction | {secrets} | {:.1} ms | | |", built.as_secs_f64() * 1e3);
    }
    paranoid(&corpora, only, rounds);
    as_json(&String::from_utf8_lossy(&lines), size, only, rounds);
    events(&redactor(10), if smoke { 10_000 } else { 1_000_000 });
}

/// The rows of the profile that looks at every run of letters and digits.
fn paranoid(corpora: &[(&str, Vec<u8>)], only: Option<&str>, rounds: usize) {
    let redactor = Redactor::builder().builtin_rules().paranoid_rules().build().unwrap();
    let chosen = |name| only.is_none_or(|only| only.split(',').any(|one| one == name));
    for (name, corpus) in corpora.iter().filter(|(name, _)| chosen(*name)) {
        let (ours, base) = interleaved(rounds, &redactor, corpus);
        println!("| {name}, paranoid | 0 | {ours:.2} | {base:.2} | {:.3} |", ours / base);
    }
}

/// The rows of `JsonStream`, beside the plain stream over the same bytes: lines, one document of long strings, and one of many
/// short tokens.
fn as_json(lines: &str, size: usize, only: Option<&str>, rounds: usize) {
    let redactor = redactor(10);
    let until = |part: &mut dyn FnMut() -> String| {
        let mut text = String::from("[");
        while text.len() < size {
            text += &part();
            text.push(',');
        }
        (text + "0]").into_bytes()
    };
    let texts: Vec<&str> = lines.lines().collect();
    let mut chunks = texts.chunks(40).cycle();
    let mut long = || {
        let content = chunks.next().map_or_else(String::new, |lines| lines.join("\n"));
        serde_json::json!({"role": "user", "content": content}).to_string()
    };
    let mut one = texts.iter().cycle();
    let mut line = || {
        let message = one.next().copied().unwrap_or_default();
        serde_json::json!({"level": "info", "service": "api", "message": message}).to_string()
            + "\n"
    };
    let mut short =
        || r#"{"id": 123, "name": "ab", "ok": true, "tags": ["x", "y"], "score": 0.25}"#.to_owned();
    for (name, corpus) in [
        ("json-lines", until(&mut line)),
        ("json-long", until(&mut long)),
        ("json-short", until(&mut short)),
    ] {
        if only.is_none_or(|only| only.split(',').any(|one| one == name)) {
            let (mut ours, mut plain) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                ours.push(speed(&corpus, || {
                    let mut stream = JsonStream::new(redactor.clone(), Discard);
                    corpus.chunks(CHUNK).for_each(|chunk| stream.push(chunk).unwrap());
                    stream.finish().unwrap();
                }));
                plain.push(speed(&corpus, || {
                    let mut stream = redactor.stream(Discard);
                    corpus.chunks(CHUNK).for_each(|chunk| stream.push(chunk));
                    stream.finish();
                }));
            }
            let (ours, plain) = (median(ours), median(plain));
            println!(
                "| {name}, `JsonStream` and plain | 10 | {ours:.2} | {plain:.2} | {:.3} |",
                ours / plain
            );
        }
    }
}

fn redactor(secrets: u64) -> Redactor {
    let value =
        |i: u64| format!("{:x}{:016x}", i % 251 + 16, (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let builder = (0..secrets).fold(Redactor::builder().builtin_rules(), |builder, i| {
        builder.secret("bench", value(i)).unwrap()
    });
    builder.build().unwrap()
}

/// Medians of bytes per second of redaction and of `memchr`, measured in turn.
fn interleaved(rounds: usize, redactor: &Redactor, corpus: &[u8]) -> (f64, f64) {
    let (mut ours, mut base) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(speed(corpus, || {
            let mut stream = redactor.stream(Discard);
            corpus.chunks(CHUNK).for_each(|chunk| stream.push(chunk));
            stream.finish();
        }));
        base.push(speed(corpus, || {
            black_box(memchr::memchr(0xFE, corpus));
        }));
    }
    (median(ours), median(base))
}

fn speed(corpus: &[u8], run: impl FnOnce()) -> f64 {
    let started = Instant::now();
    run();
    corpus.len() as f64 / started.elapsed().as_secs_f64() / 1e9
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The log as it is, as JSON, base64, and dense with telling words.
fn corpora(lines: &[u8], size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let text = String::from_utf8_lossy(lines);
    let fill = |line: &mut dyn FnMut(&str) -> String| {
        let mut out = String::new();
        while out.len() < size {
            text.lines().for_each(|one| out += &line(one));
        }
        out.truncate((0..=size).rev().find(|&at| out.is_char_boundary(at)).unwrap_or(0));
        out.into_bytes()
    };
    let words = ["api ", "token ", "password ", "auth ", "secret ", "key "];
    let mut count = 0;
    let mut dense = |line: &str| {
        let middle = (0..=line.len() / 2).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
        count += 1;
        let word = |by: usize| words[(count + by) % words.len()];
        format!("{}{}{}{}{}\n", word(0), &line[..middle], word(2), word(4), &line[middle..])
    };
    let json = |line: &str| {
        serde_json::json!({"level": "info", "service": "api", "message": line}).to_string() + "\n"
    };
    let mut state = 1_u64;
    let mut base64 = |_: &str| {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(alphabet[(state >> 20) as usize % 64])
        };
        (0..76).map(|_| next()).chain(['\n']).collect::<String>()
    };
    vec![
        ("logs", fill(&mut |line| format!("{line}\n"))),
        ("json", fill(&mut { json })),
        ("base64", fill(&mut base64)),
        ("dense", fill(&mut dense)),
        ("a secret every 200 lines", sparse(&text, size)),
    ]
}

fn sparse(text: &str, size: usize) -> Vec<u8> {
    let mut out = String::new();
    let mut seed = 0;
    while out.len() < size {
        for (at, line) in text.lines().enumerate() {
            out += line;
            if at % 200 == 0 {
                seed += 1;
                out +=
                    &keepmum::rule::template::expand(" token ghp_{alnum:36}", seed).unwrap().text;
            }
            out.push('\n');
        }
    }
    out.into_bytes()
}

fn made_up() -> Vec<u8> {
    let line = |i: u32| {
        format!(
            "2026-01-01T00:00:{:02}Z INFO worker-{i} handled request {} in {} ms\n",
            i % 60,
            i * 7919,
            i % 97
        )
    };
    (0..5000).map(line).collect::<String>().into_bytes()
}

fn events(redactor: &Redactor, count: u32) {
    let event = b"2026-01-01T00:00:00Z INFO request handled method=GET path=/v1/items status=200 duration_ms=12 user=alice region=eu-west ok=";
    let started = Instant::now();
    for _ in 0..count {
        black_box(redactor.redact(black_box(event)));
    }
    println!(
        "\na clean event of {} bytes: {:.0} ns",
        event.len(),
        started.elapsed().as_secs_f64() * 1e9 / f64::from(count)
    );
}
