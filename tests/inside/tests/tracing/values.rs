//! What layers see of values.

use std::error::Error;
use std::fmt;

use keepmum::subscriber::{Redacting, RedactingExt as _};
use keepmum::{Names, Redactor};
use keepmum_inside::{KNOWN, REDACTED, redactor, token};
use tracing::field::Empty;
use tracing::{Level, info, info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use crate::seen::{Row, Seen};

/// What a layer sees while `run` runs.
fn seen(run: impl FnOnce()) -> Vec<Row> {
    let seen = Seen::default();
    with_default(registry().with(seen.clone()).redacting(redactor()), run);
    seen.take().into_iter().filter(|(place, ..)| *place != "asked").collect()
}

/// The same without a redactor.
fn raw(run: impl FnOnce()) -> Vec<Row> {
    let seen = Seen::default();
    with_default(registry().with(seen.clone()), run);
    seen.take().into_iter().filter(|(place, ..)| *place != "asked").collect()
}

#[derive(Debug)]
struct Outer(Inner);

#[derive(Debug)]
struct Inner(String);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot connect")
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused {}", self.0)
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl Error for Inner {}

#[derive(Debug)]
#[expect(dead_code, reason = "shown by `Debug`")]
struct Request {
    path: &'static str,
    body: String,
}

/// Every kind of value. `hidden` stands in those that are called so.
fn everything(hidden: &str) {
    let error: &(dyn Error + 'static) = &fmt::Error;
    info!(
        text = "plain", i = -12_345_678_i64, u = 12_345_678_u64, small = 7, f = 12_345.5, yes = true,
        wide = i128::MIN, uwide = u128::MAX, bytes = &b"\xff\x00raw"[..], debug = ?vec!["a"], display = %"b",
        error, empty = Empty, none = None::<u8>, hidden, "message {hidden}"
    );
}

#[test]
fn clean_values_pass_as_they_are() {
    assert_eq!(seen(|| everything("nothing")), raw(|| everything("nothing")));
}

#[test]
fn values_beside_a_secret_keep_their_types_and_what_they_show() {
    let (found, as_is) = (seen(|| everything(KNOWN)), raw(|| everything(REDACTED)));
    for (found, as_is) in found.iter().zip(&as_is) {
        // An error is made anew with the others, and shows what it showed.
        let found_kind = if as_is.2 == "fmt::Error" { "error" } else { as_is.2 };
        assert_eq!((found.1, found.2, &found.3), (as_is.1, found_kind, &as_is.3));
    }
    assert_eq!(found.len(), as_is.len());
}

#[test]
fn a_secret_is_hidden_in_every_kind_of_value() {
    let number = Redactor::builder().secret("pin", "12345678").unwrap();
    let number = number.secret("known", KNOWN).unwrap().build().unwrap();
    let seen = Seen::default();
    with_default(registry().with(seen.clone()).redacting(number), || {
        let owned = String::from(KNOWN);
        let boxed: Box<dyn Error> = Box::new(Inner(owned.clone()));
        info!(
            a = KNOWN, b = ?owned, c = %KNOWN, d = owned, e = KNOWN.as_bytes(), f = 12_345_678_u64,
            g = -12_345_678_i64, h = 12_345_678_f64, i = &*boxed as &dyn Error, j = 9_912_345_678_i128,
            k = 12_345_678_u128, l = ?Some(Request { path: "/", body: KNOWN.to_owned() }), m = Some(KNOWN),
            "pw: {KNOWN}"
        );
    });
    let rows: Vec<Row> = seen.take().into_iter().filter(|row| row.0 == "event").collect();
    let shown = |name: &str| {
        let row = rows.iter().find(|row| row.1 == name).unwrap();
        (row.2, row.3.clone())
    };
    for (name, kind, text) in [
        ("message", "debug", "pw: [REDACTED:known]"),
        ("a", "str", REDACTED),
        ("b", "debug", "\"[REDACTED:known]\""),
        ("c", "debug", REDACTED),
        ("d", "str", REDACTED),
        ("e", "bytes", REDACTED),
        ("f", "str", "[REDACTED:pin]"),
        ("g", "str", "-[REDACTED:pin]"),
        ("h", "str", "[REDACTED:pin].0"),
        ("i", "error", "refused [REDACTED:known] Inner(\"[REDACTED:known]\")"),
        ("j", "str", "99[REDACTED:pin]"),
        ("k", "str", "[REDACTED:pin]"),
        ("l", "debug", "Some(Request { path: \"/\", body: \"[REDACTED:known]\" })"),
        ("m", "str", REDACTED),
    ] {
        assert_eq!(shown(name), (kind, text.to_owned()), "{name}");
    }
}

#[test]
fn causes_of_errors_are_looked_at() {
    let rows = seen(|| {
        let error = Outer(Inner(KNOWN.to_owned()));
        info!(error = &error as &dyn Error, "failed");
    });
    let error = rows.iter().find(|row| row.1 == "error").unwrap();
    let shown = "cannot connect Outer(Inner(\"[REDACTED:known]\")) < refused [REDACTED:known]";
    assert_eq!((error.2, error.3.as_str()), ("error", shown));
}

#[test]
fn what_an_error_shows_is_known_to_its_causes_alone() {
    // `Debug` shows nothing: only walking the causes finds it.
    struct Quiet(Inner);
    impl fmt::Debug for Quiet {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Quiet")
        }
    }
    impl fmt::Display for Quiet {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("quiet")
        }
    }
    impl Error for Quiet {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    let rows = seen(|| info!(error = &Quiet(Inner(KNOWN.to_owned())) as &dyn Error));
    assert_eq!(rows[0].3, "quiet Quiet < refused [REDACTED:known]");
}

#[test]
fn an_error_that_is_its_own_cause_ends() {
    #[derive(Debug)]
    struct Loop;
    impl fmt::Display for Loop {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("loop")
        }
    }
    impl Error for Loop {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }
    let rows = seen(|| info!(error = &Loop as &dyn Error));
    assert_eq!(rows[0].3, format!("loop Loop{}", " < loop".repeat(64)));
}

#[test]
fn spans_and_late_values_are_looked_at() {
    let rows = seen(|| {
        let span = info_span!("request", user = "alice", key = KNOWN, late = Empty, number = Empty);
        span.record("late", KNOWN).record("number", 7);
        let child = info_span!(parent: &span, "child", key = KNOWN);
        let root = info_span!(parent: None, "root", key = KNOWN);
        tracing::event!(parent: &child, Level::INFO, key = KNOWN);
        tracing::event!(parent: None, Level::INFO, key = KNOWN);
        drop(root);
    });
    let expected = [
        ("span", "user", "str", "alice"),
        ("span", "key", "str", REDACTED),
        ("record", "late", "str", REDACTED),
        ("record", "number", "i64", "7"),
        ("child", "key", "str", REDACTED),
        ("root", "key", "str", REDACTED),
        ("child event", "key", "str", REDACTED),
        ("root event", "key", "str", REDACTED),
    ];
    let rows: Vec<_> = rows.iter().map(|row| (row.0, row.1, row.2, row.3.as_str())).collect();
    assert_eq!(rows, expected);
}

#[test]
fn layers_that_decide_by_the_event_are_asked_about_the_redacted_one() {
    let seen = Seen::default();
    with_default(registry().with(seen.clone()).redacting(redactor()), || info!(key = KNOWN));
    let asked: Vec<_> = seen.take().into_iter().filter(|row| row.0 == "asked").collect();
    assert_eq!(asked, [("asked", "key", "str", REDACTED.to_owned())]);
}

#[test]
fn a_token_is_found_where_its_name_alone_tells() {
    let hex = token("{hex:40}", 7);
    let rows = seen(|| info!(datadog_app_key = hex, commit = hex));
    assert_eq!(rows[1].3, hex, "a bare hash stays");
    assert!(rows[0].3.starts_with("[REDACTED:"), "{rows:?}");
}

#[test]
fn fields_whose_names_tell_are_hidden_as_a_whole() {
    let rows = seen(|| {
        info!(
            password = "x", db.password = %"y z", "x-api-key" = 12, Authorization = "Basic", apiKey = ?Some("k"),
            token = true, secret = "", cookie = ?None::<&str>, token_count = 5, otp = -7_i64
        );
    });
    let shown: Vec<_> = rows.iter().map(|row| (row.1, row.3.as_str())).collect();
    let hidden = "[REDACTED:field]";
    assert_eq!(
        shown,
        [
            ("password", hidden),
            ("db.password", hidden),
            ("x-api-key", hidden),
            ("Authorization", hidden),
            ("apiKey", hidden),
            ("token", "true"),
            ("secret", ""),
            ("cookie", "None"),
            ("token_count", "5"),
            ("otp", hidden),
        ]
    );
}

#[test]
fn names_are_a_choice_and_hiding_twice_is_hiding_once() {
    let seen = Seen::default();
    let inner = Redacting::new(registry().with(seen.clone()), redactor());
    let outer = Redacting::new(inner, redactor()).names(Names::none().with("session"));
    with_default(outer, || info!(session = "s-1", password = "x", key = KNOWN));
    let rows: Vec<_> = seen.take().into_iter().filter(|row| row.0 == "event").collect();
    let shown: Vec<_> = rows.iter().map(|row| row.3.as_str()).collect();
    assert_eq!(shown, ["[REDACTED:field]", "[REDACTED:field]", REDACTED]);
}

#[test]
fn what_only_begins_as_if_it_was_hidden_is_hidden() {
    let shown = |redactor: Redactor| {
        let seen = Seen::default();
        with_default(registry().with(seen.clone()).redacting(redactor), || {
            info!(
                a.token = "[REDACTED:known]",
                b.token = "[REDACTED:known] hunter2",
                c.token = "****"
            );
            info!(
                d.token = "****hunter2",
                e.token = "[REDACTED:limit 7 bytes]",
                f.token = "[REDACTED:limit] x]"
            );
        });
        let rows = seen.take().into_iter().filter(|row| row.0 == "event").map(|row| row.3);
        rows.collect::<Vec<_>>()
    };
    let hidden = "[REDACTED:field]";
    let named = ["[REDACTED:known]", hidden, hidden, hidden, "[REDACTED:limit 7 bytes]", hidden];
    assert_eq!(shown(redactor()), named);
    let builder = Redactor::builder().secret("known", KNOWN).unwrap();
    let masked = shown(builder.replacement(keepmum::Replacement::Mask).build().unwrap());
    assert_eq!(masked[2..4], ["****", "***********"]);
}

#[test]
fn a_field_whose_name_is_a_secret_shows_no_more_than_its_name() {
    let redactor = Redactor::builder().secret("odd", "session=abcdefgh").unwrap().build().unwrap();
    let seen = Seen::default();
    with_default(registry().with(seen.clone()).redacting(redactor), || {
        info!(session = "abcdefgh-1");
    });
    let shown = seen.take().pop().unwrap().3;
    assert!(!shown.contains("abcdefgh"), "{shown}");
}

#[test]
fn a_beginning_of_a_secret_at_the_end_of_a_value_is_hidden() {
    let rows = seen(|| info!(cut = &KNOWN[..12], next = "orse battery"));
    assert_eq!(rows[0].3, REDACTED);
}

#[test]
fn values_side_by_side_do_not_join() {
    let rows = seen(|| info!(a = &KNOWN[..6], b = &KNOWN[6..]));
    assert_eq!((rows[0].3.as_str(), rows[1].3.as_str()), (&KNOWN[..6], &KNOWN[6..]));
}

#[test]
fn a_megabyte_in_one_value() {
    let long = format!("{}{KNOWN}{}", "x".repeat(1 << 20), "y".repeat(1 << 20));
    let rows = seen(|| info!(long));
    assert_eq!(rows[0].3, long.replace(KNOWN, REDACTED));
}

/// Pieces of secrets, tokens, escapes and words, in any order.
fn made_up(seed: &mut u64) -> String {
    let mut next = |below: usize| {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as usize % below
    };
    let github = token("ghp_{alnum:36}", 5);
    let words = [
        KNOWN,
        "correct horse",
        "correct%20horse%20battery%20staple",
        " battery staple",
        "\\u0063orrect horse battery staple",
        &github,
        "ghp_",
        &github[4..],
        "password",
        "=",
        ": ",
        "hunter2x9q",
        "\n",
        "\r",
        "%",
        "&",
        "\\",
        "\u{8}",
        "caf\u{e9}",
        " ",
        "key",
        "Bearer ",
        "user",
    ];
    (0..next(7)).map(|_| words[next(words.len())]).collect()
}

/// The law: a value is what redaction of it, and then of it behind its name, leaves, whatever stands beside it.
#[test]
fn each_value_is_redacted_as_if_it_was_alone() {
    let (redactor, seen) = (redactor(), Seen::default());
    let alone = |name: &str, value: &str| {
        let named = format!("{name}={}", redactor.redact_str(value));
        redactor.redact_str(&named)[name.len() + 1..].to_owned()
    };
    let (mut seed, mut changed) = (1, 0);
    with_default(registry().with(seen.clone()).redacting(redactor.clone()), || {
        for _ in 0..4000 {
            let (a, user, path) = (made_up(&mut seed), made_up(&mut seed), made_up(&mut seed));
            info!(a, user, path = %path, "{user}");
            let rows = seen.take().into_iter().filter(|row| row.0 == "event");
            let shown: Vec<_> = rows.map(|row| (row.1, row.3)).collect();
            let expected = [
                ("message", redactor.redact_str(&user).into_owned()),
                ("a", alone("a", &a)),
                ("user", alone("user", &user)),
                ("path", alone("path", &path)),
            ];
            assert_eq!(shown, expected, "of {a:?}, {user:?}, {path:?}");
            changed += usize::from(expected[1].1 != a);
        }
    });
    assert!((1000..3500).contains(&changed), "{changed} of 4000 values held something");
}

#[test]
fn a_value_that_panics_takes_its_event_with_it_and_no_other() {
    struct Panics;
    impl fmt::Debug for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("no value")
        }
    }
    let rows = seen(|| {
        let event = || info!(key = KNOWN, value = ?Panics);
        assert!(std::panic::catch_unwind(event).is_err());
        info!(key = KNOWN, next = true);
    });
    let shown: Vec<_> = rows.iter().map(|row| row.3.as_str()).collect();
    assert_eq!(shown, [REDACTED, "true"]);
}
