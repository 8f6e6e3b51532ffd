//! Columns of many small values: one look over many, beside a look at each and a look at all as one input.
//!
//! `cargo bench --features columns --bench column -- FILE [ROUNDS]`: each line of FILE is a value. Prints, for each way, the
//! best rate of all rounds in MB per second of CPU time, so that what else the machine does counts less.
//! `integrations/python/bench.py` runs it between its own rounds.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::hint::black_box;

use keepmum::Redactor;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let Some(path) = arguments.first() else {
        println!("no file: nothing is measured");
        return Ok(());
    };
    let rounds = arguments.get(1).map_or(Ok(3), |rounds| rounds.parse())?;
    let text = std::fs::read(path)?;
    let values: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    let (joined, ends) = (values.concat(), ends(&values));
    let redactor = Redactor::builder()
        .builtin_rules()
        .secret("db-password", "correct horse battery staple")?
        .build()?;
    let mut best = [f64::INFINITY; 3];
    for _ in 0..rounds {
        let took = [
            cpu(|| {
                redactor.redact_column(&joined, ends.iter().copied(), |at, new| {
                    drop(black_box((at, new)));
                });
            }),
            cpu(|| values.iter().for_each(|value| drop(black_box(redactor.redact(value))))),
            cpu(|| drop(black_box(redactor.redact(&text)))),
        ];
        best.iter_mut().zip(took).for_each(|(best, took)| *best = best.min(took));
    }
    for (name, took) in ["column", "each", "whole"].into_iter().zip(best) {
        println!("{name} {:.0} MB/s", joined.len() as f64 / took / 1e6);
    }
    Ok(())
}

fn ends(values: &[&[u8]]) -> Vec<usize> {
    let end = |at: &mut usize, value: &&[u8]| {
        *at += value.len();
        Some(*at)
    };
    values.iter().scan(0, end).collect()
}

/// Seconds that this thread ran on a processor meanwhile.
fn cpu(run: impl FnOnce()) -> f64 {
    let before = on_cpu();
    run();
    (on_cpu() - before) / 1e9
}

/// What Linux says of this thread, in nanoseconds.
fn on_cpu() -> f64 {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    said.split(' ').next().and_then(|ran| ran.parse().ok()).unwrap_or(0.0)
}
