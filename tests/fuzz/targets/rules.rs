//! Any text as a rule file, and any pattern as a rule: an error or a redactor, never a panic.
#![no_main]

use keepmum::Redactor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (String, String, Vec<u8>)| {
    let (toml, pattern, input) = data;
    let _ = Redactor::builder().rules_toml("fuzz", &toml);
    // Large counts only take time: the limits that refuse them are tested by hand.
    if pattern.len() > 40 || pattern.bytes().filter(u8::is_ascii_digit).count() > 2 || pattern.contains("'''") {
        return;
    }
    let rule = format!("[[rule]]\nid = 'x'\ndescription = 'd'\npattern = '''{pattern}'''\n");
    if let Ok(redactor) = Redactor::builder().rules_toml("fuzz", &rule).and_then(|builder| builder.build()) {
        let whole = redactor.redact(&input).into_owned();
        let mut stream = redactor.stream(Vec::new());
        input.iter().for_each(|byte| stream.push(&[*byte]));
        assert_eq!(stream.finish(), whole);
    }
});
