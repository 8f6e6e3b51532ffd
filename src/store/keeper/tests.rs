use super::*;
use crate::Limits;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

type First = (Arc<str>, Policy, Result<Fetched, SourceError>);

fn gave(values: &[&str]) -> Result<Fetched, SourceError> {
    Ok(Fetched::new(values.iter().map(|value| Secret::new("pw", *value)).collect()))
}

fn down() -> Result<Fetched, SourceError> {
    Err(SourceError::unavailable("vault", "no answer"))
}

fn try_open(first: Vec<First>, now: Instant) -> Result<(Keeper, Turn), StoreError> {
    let limits = Limits { longest_secret: 40, ..Limits::default() };
    let redactor = Redactor::builder().limits(limits).build().expect("built");
    Keeper::open(redactor, Vec::new(), first, now, Rng::with_seed(7))
}

fn open(policy: Policy, fetched: Result<Fetched, SourceError>, now: Instant) -> Keeper {
    try_open(vec![("vault".into(), policy, fetched)], now).expect("opened").0
}

fn covers(keeper: &Keeper, value: &str) -> bool {
    keeper.redactor().redact_str(value) == "[REDACTED:pw]"
}

/// Tells of what is over at `now`, and lets it go.
fn expire(keeper: &mut Keeper, now: Instant) -> Vec<Event> {
    let over = keeper.over(now);
    if !over.is_empty() {
        keeper.expire(now);
    }
    over
}

/// Asks what is due at `now`, which is the one source.
fn ask(keeper: &mut Keeper, fetched: Result<Fetched, SourceError>, now: Instant) -> Turn {
    assert_eq!(keeper.due(now), [0]);
    keeper.fetched(0, fetched, now)
}

#[test]
fn a_required_source_that_is_down_refuses_the_start() {
    let first = vec![
        ("env".into(), Policy::new(), gave(&["first value"])),
        ("vault".into(), Policy::new(), down()),
    ];
    let refused = try_open(first, Instant::now()).err().expect("refused");
    assert!(refused.is_source() && refused.to_string().contains("vault"));
}

#[test]
fn an_optional_source_that_is_down_is_asked_again() {
    let now = Instant::now();
    let first = vec![("vault".into(), Policy::new().optional(), down())];
    let (mut keeper, turn) = try_open(first, now).expect("opened");
    assert!(matches!(&turn.events[..], [Event::Failed { failures: 1, .. }]));
    assert_eq!((keeper.failing(), turn.set.map(|(generation, _)| generation)), (1, Some(1)));
    let next = keeper.next().expect("a retry");
    assert!(next <= now + Duration::from_secs(1) && keeper.due(now).is_empty());
    let turn = ask(&mut keeper, gave(&["first value"]), next);
    assert!(turn.events.iter().any(|event| matches!(event, Event::Recovered { failures: 1, .. })));
    assert!(covers(&keeper, "first value") && keeper.failing() == 0);
}

#[test]
fn only_the_source_that_is_due_is_asked_and_the_values_of_others_stay() {
    let now = Instant::now();
    let first = vec![
        ("env".into(), Policy::new(), gave(&["first value"])),
        ("vault".into(), Policy::new().refresh(10 * MINUTE), gave(&["second value"])),
    ];
    let (mut keeper, _) = try_open(first, now).expect("opened");
    let next = keeper.next().expect("the interval");
    assert!(keeper.due(next - MINUTE / 60).is_empty());
    assert_eq!(keeper.due(next), [1]);
    assert!(keeper.due(next).is_empty(), "it is being asked");
    keeper.fetched(1, gave(&["third value"]), next);
    assert!(["first value", "second value", "third value"].iter().all(|v| covers(&keeper, v)));
}

#[test]
fn nothing_new_makes_no_new_generation() {
    let now = Instant::now();
    let mut keeper = open(Policy::new().refresh(MINUTE), gave(&["first value"]), now);
    let turn = ask(&mut keeper, gave(&["first value"]), now + HOUR);
    assert!(turn.set.is_none());
    assert!(matches!(&turn.events[..], [Event::Retrieved { generation: 1, .. }]));
}

/// Scenario 65.
#[test]
fn an_old_value_is_covered_until_its_time_is_over_and_then_let_go_with_an_event() {
    let now = Instant::now();
    let mut keeper = open(Policy::new().refresh(HOUR), gave(&["old value"]), now);
    let swapped = now + 2 * HOUR;
    let turn = ask(&mut keeper, gave(&["new value"]), swapped);
    assert!(matches!(&turn.events[0], Event::Rotated { added, retired, generation: 2, .. }
        if added == &["pw"] && retired == &["pw"]));
    for now in [swapped, swapped + 24 * HOUR - MINUTE] {
        assert!(expire(&mut keeper, now).is_empty());
        assert!(covers(&keeper, "old value") && covers(&keeper, "new value"));
    }
    let over = expire(&mut keeper, swapped + 24 * HOUR);
    assert!(matches!(&over[..], [Event::Expired { secret, since: 1, .. }] if secret == "pw"));
    assert!(!covers(&keeper, "old value") && covers(&keeper, "new value"));
}

#[test]
fn a_lease_is_renewed_before_its_end_and_its_value_outlives_it() {
    let now = Instant::now();
    let leased = |value| gave(&[value]).map(|fetched| fetched.leased(HOUR));
    let mut keeper = open(Policy::new(), leased("old value"), now);
    let next = keeper.next().expect("the lease");
    assert!((now + 35 * MINUTE..now + 45 * MINUTE).contains(&next), "{:?}", next - now);
    ask(&mut keeper, leased("new value"), next);
    assert!(expire(&mut keeper, now + HOUR + 4 * MINUTE).is_empty());
    assert_eq!(expire(&mut keeper, now + HOUR + 5 * MINUTE).len(), 1);
}

#[test]
fn a_source_that_is_down_later_takes_nothing_away_even_after_its_lease() {
    let now = Instant::now();
    let first = gave(&["old value"]).map(|fetched| fetched.leased(HOUR));
    let mut keeper = open(Policy::new(), first, now);
    let mut at = now;
    for failures in 1..20 {
        at = keeper.next().expect("a retry");
        let turn = ask(&mut keeper, down(), at);
        assert!(turn.set.is_none());
        assert!(
            matches!(turn.events[..], [Event::Failed { failures: told, .. }] if told == failures)
        );
        assert!(expire(&mut keeper, at).is_empty());
    }
    assert!(at > now + HOUR && covers(&keeper, "old value") && keeper.failing() == 1);
    ask(&mut keeper, gave(&["new value"]), at + HOUR);
    assert!(covers(&keeper, "old value") && covers(&keeper, "new value"));
}

#[test]
fn a_set_that_cannot_be_built_leaves_the_old_one() {
    let now = Instant::now();
    let mut keeper = open(Policy::new().refresh(MINUTE), gave(&["old value"]), now);
    let long = "too long ".repeat(5);
    let turn = ask(&mut keeper, gave(&["new value", &long]), now + HOUR);
    let [Event::Failed { error, .. }] = &turn.events[..] else { panic!("{:?}", turn.events) };
    assert!(
        error.is_build() && turn.set.is_none() && !turn.events[0].to_string().contains("too long ")
    );
    assert!(covers(&keeper, "old value") && !covers(&keeper, "new value"));
    assert!(keeper.add(Secret::new("pw", long)).is_err());
    let turn = ask(&mut keeper, gave(&["new value"]), now + 2 * HOUR);
    assert_eq!(turn.set.map(|(generation, _)| generation), Some(2));
}

#[test]
fn values_that_are_not_looked_for_are_told() {
    let now = Instant::now();
    let mut keeper = open(Policy::new().refresh(MINUTE), gave(&["old value"]), now);
    let turn = ask(&mut keeper, gave(&["old value", "admin"]), now + HOUR);
    assert!(turn.events.iter().any(|event| matches!(event, Event::Uncovered { warning, .. }
        if warning.name() == "pw")));
}

#[test]
fn a_change_is_waited_out_and_a_refresh_is_not() {
    let now = Instant::now();
    let mut keeper = open(Policy::new(), gave(&["old value"]), now);
    assert_eq!(keeper.next(), None);
    keeper.changed(0, now);
    keeper.changed(0, now + DEBOUNCE / 2);
    assert!(keeper.due(now).is_empty());
    assert_eq!(keeper.due(now + DEBOUNCE), [0]);
    keeper.fetched(0, gave(&["old value"]), now);
    keeper.refresh_now(now);
    assert_eq!(keeper.due(now), [0]);
}

#[test]
fn files_that_cannot_be_watched_are_read_by_the_clock_and_told_once() {
    let now = Instant::now();
    let mut keeper = open(Policy::new(), gave(&["old value"]), now);
    let told = |keeper: &mut Keeper| keeper.unwatched(0, "too many".to_owned(), now).events.len();
    assert_eq!((told(&mut keeper), told(&mut keeper)), (1, 0));
    assert_eq!(keeper.next(), Some(now + UNWATCHED));
}
