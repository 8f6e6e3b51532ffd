use keepmum::Redactor;
use keepmum::rule::{builtin_rules, template::expand};

#[test]
fn examples() {
    let mut bad = 0;
    for rule in builtin_rules() {
        if let Err(e) = Redactor::builder().rule(rule).build() {
            println!("{e}");
        }
    }
    let redactor = Redactor::builder().builtin_rules().build().unwrap();
    for rule in builtin_rules() {
        let alone = Redactor::builder().rule(rule.clone()).build();
        let alone = match alone {
            Ok(a) => a,
            Err(e) => {
                println!("{e}");
                bad += 1;
                continue;
            }
        };
        for t in &rule.positive {
            let ok = (0..5).any(|seed| {
                let e = match expand(t, seed) {
                    Ok(e) => e,
                    Err(x) => {
                        println!("{}: {t}: {x}", rule.id);
                        return false;
                    }
                };
                let f = alone.find(e.text.as_bytes());
                f.len() == 1
                    && f[0].span().start() as usize == e.secret.start
                    && f[0].span().end() as usize == e.secret.end
            });
            if !ok {
                println!("{}: positive {t} not exact", rule.id);
                bad += 1;
            }
        }
        for t in &rule.negative {
            let e = expand(t, 3).unwrap();
            let f = redactor.find(e.text.as_bytes());
            if !f.is_empty() {
                println!("{}: negative {t} matched by {}", rule.id, f[0].name());
                bad += 1;
            }
        }
    }
    assert_eq!(bad, 0);
}
