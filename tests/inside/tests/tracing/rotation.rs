//! Secrets that change while many threads log.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keepmum::store::SecretStore;
use keepmum::subscriber::{RedactMakeWriter, RedactingExt as _};
use keepmum::{Finding, Guard, Observer, Redactor, Secret, Surface};
use keepmum_inside::{KNOWN, Memory, redactor, token};
use tracing::{Dispatch, dispatcher, info, info_span, subscriber::with_default};
use tracing_subscriber::fmt::{self, MakeWriter as _};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use crate::seen::Seen;

const THREADS: usize = 16;
const SETS: usize = 40;

#[test]
fn a_new_set_is_in_force_without_a_new_subscriber() {
    let store = SecretStore::builder(Redactor::builder().build().unwrap()).open().unwrap();
    let seen = Seen::default();
    with_default(registry().with(seen.clone()).redacting(store.clone()), || {
        info!(key = KNOWN);
        store.add(Secret::new("late", KNOWN)).unwrap();
        info!(key = KNOWN);
    });
    let shown: Vec<_> = seen.take().into_iter().filter(|row| row.0 == "event").collect();
    assert_eq!((shown[0].3.as_str(), shown[1].3.as_str()), (KNOWN, "[REDACTED:late]"));
}

/// From when a secret is published, no thread logs it in clear: it was added before.
#[test]
fn no_event_goes_between_two_sets() {
    let store = SecretStore::builder(Redactor::builder().build().unwrap()).open().unwrap();
    let (fields, lines) = (Memory::default(), Memory::default());
    let lines_make = RedactMakeWriter::new(lines.clone(), store.clone());
    // One formatter below the subscriber, one that has the writer alone.
    let redacting = registry().with(fmt::layer().json().with_writer(fields.clone()));
    let redacting = Dispatch::new(redacting.redacting(store.clone()));
    let alone = Dispatch::new(registry().with(fmt::layer().with_writer(lines_make)));
    let published: Arc<Mutex<Vec<String>>> = Arc::default();
    let logged: Vec<AtomicUsize> = (0..THREADS).map(|_| AtomicUsize::new(0)).collect();
    let over = AtomicBool::new(false);
    let log = |at: usize| {
        while !over.load(Ordering::Acquire) {
            let Some(secret) = published.lock().unwrap().last().cloned() else { continue };
            for dispatch in [&redacting, &alone] {
                dispatcher::with_default(dispatch, || {
                    let span = info_span!("work", %secret);
                    span.in_scope(|| info!(thread = at, secret, "uses {secret}"));
                });
            }
            logged[at].fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        (0..THREADS).for_each(|at| drop(scope.spawn(move || log(at))));
        for set in 0..SETS {
            let value = token("rotating-{alnum:24}", set as u64);
            store.add(Secret::new(&format!("set-{set}"), value.clone())).unwrap();
            published.lock().unwrap().push(value);
            // Until every thread has logged with it or with a later one.
            let before: Vec<_> = logged.iter().map(|count| count.load(Ordering::Relaxed)).collect();
            let on = || {
                logged.iter().zip(&before).all(|(now, was)| now.load(Ordering::Relaxed) > was + 1)
            };
            while !on() {
                std::thread::yield_now();
            }
        }
        over.store(true, Ordering::Release);
    });
    for text in [fields.text(), lines.text()] {
        for value in published.lock().unwrap().iter() {
            assert!(!text.contains(&value[..]), "a secret was logged in clear");
        }
        let events = text.lines().count();
        assert!(events >= SETS * THREADS, "{events} events");
        // `secret` as a field is hidden by its name, the message by its value.
        assert!(text.matches("uses [REDACTED:set-").count() == events, "every event arrived");
    }
}

#[test]
fn an_observer_hears_of_surfaces_and_names() {
    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);
    impl Observer for Heard {
        fn scanned(&self, surface: Surface, bytes: u64, _: Duration) {
            self.0.lock().unwrap().push(format!("{surface} scanned {}", bytes > 0));
        }

        fn redacted(&self, surface: Surface, finding: &Finding) {
            self.0.lock().unwrap().push(format!("{surface} {}", finding.name()));
        }

        fn held(&self, surface: Surface, bytes: u64) {
            self.0.lock().unwrap().push(format!("{surface} holds {bytes}"));
        }
    }
    let heard = Arc::new(Heard::default());
    let guard = Guard::from(redactor()).observed_by(heard.clone());
    let make = RedactMakeWriter::new(Memory::default(), guard.clone());
    let mut writer = make.make_writer();
    writer.write_all(&KNOWN.as_bytes()[..9]).unwrap();
    drop(writer);
    let first = std::mem::take(&mut *heard.0.lock().unwrap());
    assert_eq!(first, ["writer scanned true", "writer holds 9", "writer known", "writer holds 0"]);
    let layers = registry().with(fmt::layer().with_writer(make));
    with_default(layers.redacting(guard), || info!(key = KNOWN, password = "x", "hello"));
    let heard = heard.0.lock().unwrap();
    let expected =
        ["tracing known", "tracing field", "tracing scanned true", "writer scanned true"];
    assert_eq!(*heard, expected);
}
