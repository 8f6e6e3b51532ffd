//! No printed form of anything holds a secret.

use keepmum::{Observe, Redactor, Replacement, Secret};

const VALUE: &str = "correct-horse-battery-staple-9";

#[test]
fn debug_display_findings_and_errors_are_silent() {
    let builder = Redactor::builder().builtin_rules().secret("db", VALUE).unwrap();
    let mut printed =
        format!("{builder:?} {:?} {:?}", Secret::new("db", VALUE), builder.warnings());
    let redactor = builder.build().unwrap();
    let input = format!("a {VALUE} password={VALUE}");
    let mut stream = redactor.stream(Observe::new(Vec::new(), |_: &_| {}));
    stream.push(input.as_bytes());
    stream.push(&VALUE.as_bytes()[..20]);
    printed += &format!("{redactor:?} {:?}", redactor.find(input.as_bytes()));
    printed += &format!("{:?}", redactor.stream(Vec::<u8>::new()));
    printed += &format!("{:?}", keepmum::Writer::new(&redactor, Vec::<u8>::new()));
    let refused = Redactor::builder()
        .secret("db", VALUE)
        .unwrap()
        .replacement(Replacement::Fixed(VALUE.into()))
        .build();
    printed += &refused.unwrap_err().to_string();
    let limits = keepmum::Limits { longest_secret: 3, ..keepmum::Limits::default() };
    printed += &Redactor::builder().limits(limits).secret("db", VALUE).unwrap_err().to_string();
    for part in (0..VALUE.len() - 8).map(|at| &VALUE[at..at + 8]) {
        assert!(!printed.contains(part), "{part} stands in {printed}");
    }
}
