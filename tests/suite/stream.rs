//! What a stream promises beyond its output: when bytes leave, what is held, how long it takes.

use keepmum::{Limits, Origin, Redactor, Replacement};

fn with(secrets: &[&str]) -> Redactor {
    let named = secrets.iter().enumerate().map(|(at, value)| (format!("s{at}"), *value));
    named
        .fold(Redactor::builder(), |b, (name, value)| b.secret(&name, value).unwrap())
        .build()
        .unwrap()
}

/// Scenario 21.
#[test]
fn a_prompt_leaves_in_the_same_call() {
    let key = "-----BEGIN X-----\n".to_owned() + &"abcdefghijklmnop0123456789\n".repeat(120);
    let redactor = Redactor::builder().builtin_rules().secret("key", key).unwrap().build().unwrap();
    for prompt in [
        "Enter a value: ",
        "Password: ",
        "Authorization: Bearer ",
        "api_key=",
        "https://user:",
        "3\r",
    ] {
        let mut stream = redactor.stream(Vec::new());
        stream.push(prompt.as_bytes());
        assert_eq!(stream.sink(), prompt.as_bytes(), "{prompt}");
    }
}

/// What goes on behind a match is looked for right there, and holds no byte that only leads to it.
#[test]
fn what_goes_on_behind_a_match_holds_nothing_back() {
    let rule = "[[rule]]\nid = 'list'\ndescription = 'd'\npattern = 'list: (?<secret>[a-z]+)'\n\
                next = ', {1,9}(?<secret>[a-z]+)'\nexcept = ['^no']";
    let limits = Limits { judged: 4, ..Limits::default() };
    let builder = Redactor::builder().limits(limits).rules_toml("test", rule).unwrap();
    let mut stream = builder.build().unwrap().stream(Vec::new());
    // Rejected by its first bytes, and read on only to see where it ends.
    stream.push(b"list: nothing");
    assert_eq!(stream.sink(), b"list: nothing");
    stream.push(b", ");
    assert_eq!(stream.sink(), b"list: nothing, ");
    stream.push(b"abc");
    assert_eq!(stream.sink(), b"list: nothing, ");
    stream.push(b"def, nor,");
    assert_eq!(stream.sink(), b"list: nothing, [REDACTED:list], nor,");
    stream.push(b" x; y");
    assert_eq!(stream.finish(), b"list: nothing, [REDACTED:list], nor, [REDACTED:list]; y");
}

#[test]
fn a_token_in_base64_is_judged_by_what_it_stands_for() {
    let rule = "[[rule]]\nid = 'a'\ndescription = 'd'\npattern = 'acme_[a-z0-9]{4,}'\nencoded = true\n\
                checks = ['digit']";
    let redactor = Redactor::builder().rules_toml("test", rule).unwrap().build().unwrap();
    let text = |template: &str| keepmum::rule::template::expand(template, 0).unwrap().text;
    let accepted = redactor.redact_str(&text("{encode}acme_abc1{/encode}")).into_owned();
    assert_eq!(accepted, "[REDACTED:a]");
    let rejected = text("{encode}acme_abcd{/encode}");
    assert_eq!(redactor.redact_str(&rejected), rejected);
}

/// Scenario 23, 24.
#[test]
fn an_idle_release_shows_a_short_beginning_and_hides_the_rest() {
    let mut stream = with(&["hunter2-x9"]).stream(Vec::new());
    stream.push(b"hunt");
    assert_eq!(stream.sink(), b"");
    stream.release();
    assert_eq!(stream.sink(), b"hunt");
    stream.push(b"er2-x9!");
    assert_eq!(stream.finish(), b"hunt[REDACTED:s0]!");
}

#[test]
fn an_idle_release_keeps_a_long_beginning() {
    let mut stream = with(&["hunter2-prod-key"]).stream(Vec::new());
    stream.push(b"hunter2-pr");
    stream.release();
    assert_eq!(stream.sink(), b"");
    stream.push(b"od-kez");
    assert_eq!(stream.finish(), b"hunter2-prod-kez");
}

/// Scenario 41.
#[test]
fn too_many_held_bytes_are_taken_out_and_counted() {
    let secret = "0123456789abcdefghijklmnopqrstuvwxyz";
    let limits = Limits { held: 20, ..Limits::default() };
    let redactor = Redactor::builder().limits(limits).secret("s", secret).unwrap().build().unwrap();
    let mut found = Vec::new();
    let mut stream = redactor
        .stream(keepmum::Observe::new(Vec::new(), |f| found.push((f.origin(), f.span().len()))));
    stream.push(b"x ");
    secret.as_bytes()[..30].iter().for_each(|byte| stream.push(&[*byte]));
    stream.push(b"! y");
    let out = String::from_utf8(stream.finish().into_inner()).unwrap();
    assert_eq!(out, "x [REDACTED:limit 30 bytes]! y");
    assert_eq!(found, [(Origin::Limit, 30)]);
}

/// Scenario 17.
#[test]
fn a_secret_of_a_mebibyte_in_small_chunks() {
    let secret: Vec<u8> =
        (0..1_u32 << 20).map(|i| b'a' + (i.wrapping_mul(2_654_435_761) >> 27) as u8 % 26).collect();
    let redactor = Redactor::builder().secret("big", secret.clone()).unwrap().build().unwrap();
    let mut stream = redactor.stream(Vec::new());
    stream.push(b"x ");
    secret.chunks(7).for_each(|chunk| stream.push(chunk));
    assert!(stream.held() <= secret.len());
    stream.push(b" y");
    assert_eq!(stream.finish(), b"x [REDACTED:big] y");
}

/// Scenario 20.
#[test]
fn time_is_linear_in_hostile_inputs() {
    // Counted in steps of the input, not in seconds: the run ends, or the suite's own time limit ends it. Quadratic time
    // would be 10^10 steps.
    let tail = "a".repeat(5000) + "b";
    let redactor = Redactor::builder()
        .builtin_rules()
        .secret("periodic", tail)
        .unwrap()
        .secret("short", "aaaaaaaab")
        .unwrap()
        .build()
        .unwrap();
    for unit in
        ["a", "eyJ", "password=", "-----BEGIN PRIVATE KEY-----", "ghp_", "://u:", "token=token:"]
    {
        let input = unit.repeat(100_000 / unit.len());
        let _ = redactor.redact(input.as_bytes());
        let mut stream = redactor.stream(keepmum::Discard);
        input.as_bytes().chunks(1).take(20_000).for_each(|byte| stream.push(byte));
        stream.finish();
    }
}

#[test]
fn a_long_run_is_held_until_it_is_judged_and_no_longer() {
    let redactor = Redactor::builder().builtin_rules().paranoid_rules().build().unwrap();
    let mut stream = redactor.stream(Vec::new());
    let piece = keepmum::rule::template::expand("{alnum:20}", 1).unwrap().text;
    for _ in 0..10_000 {
        stream.push(piece.as_bytes());
        assert!(stream.held() < 256);
    }
    stream.push(b" end");
    assert_eq!(stream.finish(), b"[REDACTED:entropy-token] end");
}

/// A word that is not over is held: that is the price. Silence shows a short one.
#[test]
fn a_run_waits_for_its_end_and_a_prompt_does_not() {
    let redactor = Redactor::builder().paranoid_rules().build().unwrap();
    let mut stream = redactor.stream(Vec::new());
    stream.push(b"Enter a value: ");
    assert_eq!(stream.held(), 0);
    stream.push(b"yes");
    assert_eq!(stream.held(), 3);
    stream.release();
    assert_eq!(stream.held(), 0);
    stream.push(b" and-some-more-words-in-it");
    assert_eq!(stream.held(), 25);
    stream.release();
    assert_eq!(stream.held(), 25);
    stream.push(b"\n");
    assert_eq!(stream.held(), 0);
}

#[test]
fn a_run_is_one_class_with_a_minimum() {
    let build = |pattern: &str, more: &str| {
        let head = "[[rule]]\nid = 'r'\ndescription = 'd'\nrun = true";
        let toml = format!("{head}\npattern = '{pattern}'\n{more}");
        Redactor::builder().rules_toml("t", &toml).and_then(|b| b.build())
    };
    assert!(build("[a-z]{20,}", "").is_ok() && build("[a-z]+", "").is_ok());
    for pattern in ["abc[a-z]{20,}", "[a-z]{20,30}", "[a-z]*", "[a-z]{20,}?", "(?:ab){20,}", "x"] {
        let error = build(pattern, "").unwrap_err().to_string();
        assert!(error.contains("a run is one class"), "{pattern}: {error}");
    }
    let error = build("[a-z]{20,}", "left = 'word'").unwrap_err().to_string();
    assert!(error.contains("takes no `left`"), "{error}");
    let error = build("[a-z]{9000,}", "").unwrap_err().to_string();
    assert!(error.contains("more than 8192"), "{error}");
}

#[test]
fn a_redacted_text_has_no_runs_left() {
    let builder = Redactor::builder().builtin_rules().paranoid_rules();
    let name = keepmum::rule::template::expand("{alnum:12}.{alnum:30}", 1).unwrap().text;
    let redactor = builder.secret(&name, "correct horse").unwrap().build().unwrap();
    let input =
        keepmum::rule::template::expand("a {alnum:30} {hex:64} correct horse b", 1).unwrap().text;
    let once = redactor.redact_str(&input).into_owned();
    assert!(once.contains(&name), "a placeholder shows the name, random as it looks");
    assert_eq!(redactor.redact_str(&once), once);
}

#[test]
fn a_long_tail_is_not_held() {
    let redactor = Redactor::builder().builtin_rules().build().unwrap();
    let mut stream = redactor.stream(Vec::new());
    stream.push(b"glpat-");
    for _ in 0..10_000 {
        stream.push(b"abcdefghij0123456789");
        assert!(stream.held() <= 512);
    }
    stream.push(b" end");
    assert_eq!(stream.finish(), b"[REDACTED:gitlab-pat] end");
}

#[test]
fn replacements() {
    let value = "correct-horse-battery-staple-9";
    let redact = |replacement| {
        let builder = Redactor::builder().secret("db", value).unwrap().replacement(replacement);
        let redactor = builder.fingerprint_key("k").build().unwrap();
        String::from_utf8(redactor.redact(format!("<{value}>").as_bytes()).into_owned()).unwrap()
    };
    assert_eq!(redact(Replacement::Named), "<[REDACTED:db]>");
    assert_eq!(redact(Replacement::Fixed("x".into())), "<x>");
    assert_eq!(redact(Replacement::Mask), format!("<{}>", "*".repeat(value.len())));
    assert_eq!(redact(Replacement::Partial), "<****le-9>");
    assert_eq!(redact(Replacement::Remove), "< >");
    let printed = redact(Replacement::Fingerprint);
    assert!(
        printed.starts_with("<[REDACTED:db#") && printed.len() == "<[REDACTED:db#123456]>".len()
    );
}

/// Scenario 15.
#[test]
fn a_placeholder_that_holds_a_secret_is_refused() {
    let builder = Redactor::builder().secret("db", "correct horse").unwrap();
    let error =
        builder.replacement(Replacement::Fixed("<correct horse>".into())).build().unwrap_err();
    assert!(error.is_replacement());
}

#[test]
fn labels_follow_the_precedence() {
    let rules =
        "[[rule]]\nid = 'x-key'\ndescription = 'd'\npattern = 'key-[a-z]{4,}'\nconfidence = 'high'";
    let redactor = Redactor::builder()
        .rules_toml("t", rules)
        .and_then(|b| b.secret("known", "key-abcdef"))
        .and_then(|b| b.build())
        .unwrap();
    assert_eq!(redactor.redact(b"key-abcdefgh"), &b"[REDACTED:known]"[..]);
    assert_eq!(redactor.redact(b"key-xyzw"), &b"[REDACTED:x-key]"[..]);
}

#[test]
fn many_secrets_are_found_as_few_are() {
    let value = |i: u64| format!("{:016x}{:x}", i.wrapping_mul(0x9E37_79B9_7F4A_7C15), i % 7);
    let short = |i: u64| format!("v{i:08}");
    let builder = (1..3000).fold(Redactor::builder(), |builder, i| {
        builder.secret("long", value(i)).and_then(|b| b.secret("short", short(i))).unwrap()
    });
    let redactor = builder.build().unwrap();
    for i in (1..3000).step_by(37) {
        let text = format!("{}{}|{}", "x".repeat(i as usize % 11), value(i), short(i));
        let expected = format!("{}[REDACTED:long]|[REDACTED:short]", "x".repeat(i as usize % 11));
        assert_eq!(redactor.redact_str(&text), expected);
        for cut in 0..text.len() {
            let mut stream = redactor.stream(Vec::new());
            stream.push(&text.as_bytes()[..cut]);
            stream.push(&text.as_bytes()[cut..]);
            assert_eq!(stream.finish(), expected.as_bytes(), "cut at {cut}");
        }
    }
}

fn pushed(redactor: &Redactor, steps: &[Option<&str>]) -> Vec<u8> {
    let mut stream = redactor.stream(Vec::new());
    for step in steps {
        match step {
            Some(text) => stream.push(text.as_bytes()),
            None => stream.release(),
        }
    }
    stream.finish()
}

/// Scenario 8: silence between a short secret and the rest of a longer one shows no part of the longer.
#[test]
fn silence_inside_nested_secrets_shows_nothing_of_the_longer() {
    let redactor = with(&["hunter2", "hunter2-prod-key"]);
    let steps = [Some("pw hunter2"), None, Some("-prod"), None, Some("-key!")];
    assert_eq!(pushed(&redactor, &steps), b"pw [REDACTED:s0]!");
}

/// What a rule would accept if the input ended is not let go on silence either.
#[test]
fn silence_behind_a_short_password_shows_none_of_it() {
    let redactor = Redactor::builder().builtin_rules().build().unwrap();
    let steps = [Some("password=q7Zk"), None, Some("v2"), None, Some(" next")];
    assert_eq!(pushed(&redactor, &steps), b"password=[REDACTED:generic-password] next");
}

/// Silence in a token whose fixed bytes have not come yet shows none of it.
#[test]
fn silence_before_fixed_bytes_shows_nothing() {
    let redactor = Redactor::builder().builtin_rules().build().unwrap();
    let example = keepmum::rule::template::expand("{alnum:76}AZDO{alnum:4}", 3).unwrap().text;
    let steps = [Some(&example[..40]), None, Some(&example[40..]), Some(" x")];
    assert_eq!(pushed(&redactor, &steps), b"[REDACTED:azure-devops-pat] x");
}

/// Scenario 13: what is printed is not read again.
#[test]
fn placeholders_are_not_scanned() {
    let builder = Redactor::builder().secret("a", "xx-yy-zz").unwrap();
    let redactor = builder.replacement(Replacement::Fixed("#REDACTED#".into())).build().unwrap();
    assert_eq!(redactor.redact(b"tok xx-yy-zzxx-yy-zz"), &b"tok #REDACTED#"[..]);
}

/// Scenario 14: what stood around a removed secret does not become one.
#[test]
fn removal_joins_nothing() {
    let builder = Redactor::builder().secret("b", "BBBBBBBB").unwrap();
    let builder = builder.secret("a", "AAAACCCC").unwrap().replacement(Replacement::Remove);
    assert_eq!(builder.build().unwrap().redact(b"AAAABBBBBBBBCCCC"), &b"AAAA CCCC"[..]);
}

/// Scenario 19: a long live candidate that is fed byte by byte is not read again at each.
#[test]
fn a_long_candidate_in_single_bytes() {
    let secret = "s3cret-".repeat(430);
    let redactor = with(&[&secret]);
    let input = ("s3cret-".repeat(429) + "x").repeat(66);
    let mut stream = redactor.stream(Vec::new());
    input.as_bytes().iter().for_each(|byte| stream.push(&[*byte]));
    assert!(stream.finish() == input.as_bytes());
}

/// Scenario 22: each state of a progress line leaves with its carriage return.
#[test]
fn progress_lines_leave_at_once() {
    let redactor = Redactor::builder().builtin_rules().build().unwrap();
    let mut stream = redactor.stream(Vec::new());
    for percent in 0..100 {
        stream.sink().clear();
        let segment = format!("{percent} %\r");
        stream.push(segment.as_bytes());
        assert_eq!(stream.sink(), segment.as_bytes());
    }
}

/// Scenario 27: an application's flush between the halves of a secret releases neither.
#[test]
fn a_flush_between_two_halves_releases_neither() {
    use std::io::Write as _;
    let mut writer = keepmum::Writer::new(&with(&["correct-horse-battery"]), Vec::new());
    writer.write_all(b"correct-horse").unwrap();
    writer.flush().unwrap();
    writer.write_all(b"-battery").unwrap();
    assert_eq!(writer.finish().unwrap(), b"[REDACTED:s0]");
}

/// Scenario 29: what was held when a stream is dropped does not leave.
#[test]
fn a_dropped_stream_drops_what_it_held() {
    let mut out = Vec::new();
    let mut stream = with(&["correct-horse-battery"]).stream(&mut out);
    stream.push(b"a correct-horse-batt");
    drop(stream);
    assert_eq!(out, b"a ");
}

/// Scenario 31: two streams share nothing but the redactor.
#[test]
fn halves_in_two_streams_do_not_meet() {
    let redactor = with(&["hunter2-x9"]);
    assert_eq!(pushed(&redactor, &[Some("hunt")]), b"hunt");
    assert_eq!(pushed(&redactor, &[Some("er2-x9")]), b"er2-x9");
}

/// Scenario 63: what is held when a secret is added is looked through again; what has left stays.
#[test]
fn a_secret_that_is_added_hides_what_is_held() {
    let old = with(&["correct-horse-battery"]);
    let mut stream = old.stream(Vec::new());
    stream.push(b"horse-ba correct-horse-bat");
    assert_eq!(stream.sink(), b"horse-ba ");
    let new = old.with_secrets(vec![keepmum::Secret::new("n", "horse-ba")]).unwrap();
    stream.adopt(&new).unwrap();
    stream.push(b"x");
    assert_eq!(stream.finish(), b"horse-ba correct-[REDACTED:n]tx");
}

/// Scenario 63: one whose beginning has left is hidden from there on.
#[test]
fn a_secret_that_is_added_in_its_middle_hides_the_rest() {
    let old = with(&[]);
    let mut stream = old.stream(Vec::new());
    stream.push(b"x corr");
    stream
        .adopt(&old.with_secrets(vec![keepmum::Secret::new("n", "correct-horse")]).unwrap())
        .unwrap();
    stream.push(b"ect-horse!");
    assert_eq!(stream.finish(), b"x corr[REDACTED:n]!");
}

/// Scenario 64: a set may be empty at first.
#[test]
fn an_empty_set_can_grow() {
    let old = Redactor::builder().build().unwrap();
    let mut stream = old.stream(Vec::new());
    stream.push(b"correct-horse ");
    stream
        .adopt(&old.with_secrets(vec![keepmum::Secret::new("n", "correct-horse")]).unwrap())
        .unwrap();
    stream.push(b"correct-horse");
    assert_eq!(stream.finish(), b"correct-horse [REDACTED:n]");
}

#[test]
fn a_stream_goes_over_to_its_own_family_only() {
    let mut stream = with(&["correct-horse"]).stream(Vec::new());
    assert_eq!(stream.adopt(&with(&["battery-staple"])), Err(keepmum::Unrelated));
    stream.push(b"correct-horse battery-staple");
    assert_eq!(stream.finish(), b"[REDACTED:s0] battery-staple");
}
