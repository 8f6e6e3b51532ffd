//! Any secrets, any input, any cut: the output of the stream is the oracle's.
#![no_main]

#[path = "../../suite/oracle.rs"]
mod oracle;

use keepmum::{Redactor, Replacement, Secret};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (Vec<Vec<u8>>, Vec<u8>, Vec<u8>)| {
    let (secrets, input, cuts) = data;
    // Values that are not looked for, or that are looked for in more forms than the oracle knows.
    let plain = |value: &&Vec<u8>| value.len() >= 4 && value.trim_ascii().len() == value.len() && !value.contains(&b'\n');
    let secrets: Vec<&Vec<u8>> = secrets.iter().filter(plain).take(8).collect();
    let builder = Redactor::builder().replacement(Replacement::Remove);
    let Ok(redactor) = secrets
        .iter()
        .try_fold(builder, |builder, value| builder.known(Secret::new("s", value.as_slice()).forced()))
        .and_then(|builder| builder.build())
    else {
        return;
    };
    let known: Vec<&[u8]> = secrets.iter().map(|value| value.as_slice()).collect();
    let expected = oracle::redact(&input, oracle::ranges(&input, &known, &[], 8), b" ");
    assert_eq!(redactor.redact(&input), expected);
    let mut stream = redactor.stream(Vec::new());
    let (mut at, mut cuts) = (0, cuts.iter().cycle());
    while at < input.len() {
        let end = input.len().min(at + 1 + usize::from(cuts.next().copied().unwrap_or(0)));
        stream.push(&input[at..end]);
        at = end;
    }
    assert_eq!(stream.finish(), expected);
});
