//! A program with every sink at once, and receivers that keep what arrives.
//!
//! Each test runs [`program`] below a [`stack`]: lines, JSON, a rolling file, spans and log records over OTLP, by gRPC and by
//! HTTP, and the headers of a request. Without protection every secret arrives wherever its site can be seen, which shows that
//! the test can fail; with it none does, and what arrives is what the same program sends that has placeholders for secrets.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod arrived;
mod plants;
mod program;
mod receiver;
mod sites;
mod stack;

use arrived::{Arrived, Sink};
use plants::Plants;
use sites::Site;
use stack::Protection;

#[test]
fn without_protection_every_secret_arrives_in_every_sink() {
    let plants = Plants::new();
    let arrived = Arrived::of(&plants.secrets(), Protection::None);
    for (site, sink) in
        Site::ALL.iter().flat_map(|&site| site.sinks().map(move |sink| (site, sink)))
    {
        for plant in &plants.all {
            let planted = site.text(&plant.text);
            assert!(arrived.shows(sink, &planted), "{} of {site:?} in {sink:?}", plant.name);
        }
    }
    for sink in Sink::ALL {
        assert!(arrived.shows(sink, plants::TELLING), "{sink:?}");
    }
}

#[test]
fn with_protection_no_secret_arrives_and_all_else_does() {
    let plants = Plants::new();
    assert!(plants.all.len() >= 45 && plants.rules() >= 30);
    let arrived = Arrived::of(&plants.secrets(), Protection::All);
    for sink in Sink::ALL {
        for plant in &plants.all {
            assert!(!arrived.shows(sink, plant.telling_part()), "{} in {sink:?}", plant.name);
        }
        assert!(!arrived.shows(sink, plants::TELLING), "{sink:?}");
    }
    arrived.assert_same(&Arrived::of(&plants.placeholders(), Protection::None));
}

#[test]
fn behind_a_stage_no_secret_arrives_though_the_program_hides_none() {
    let plants = Plants::new();
    let arrived = Arrived::of(&plants.secrets(), Protection::Stage);
    for sink in Sink::ALL.into_iter().filter(|sink| sink.has_spans() || sink.has_logs()) {
        for plant in &plants.all {
            assert!(!arrived.shows(sink, plant.telling_part()), "{} in {sink:?}", plant.name);
        }
    }
    let runs = plants.all.len() + 1;
    arrived.assert_typed(runs);
    arrived.assert_counts(runs);
}

#[test]
fn what_goes_past_tracing_is_caught_by_exporters_and_propagators_alone() {
    let plants = Plants::new();
    let arrived = Arrived::of(&plants.secrets(), Protection::SubscriberOnly);
    for (site, sink) in
        Site::ALL.iter().flat_map(|&site| site.sinks().map(move |sink| (site, sink)))
    {
        for plant in &plants.all {
            let leaks = arrived.shows(sink, &site.text(&plant.text));
            assert_eq!(leaks, site.is_past_tracing(), "{} of {site:?} in {sink:?}", plant.name);
        }
    }
}

#[test]
fn numbers_and_booleans_arrive_as_such_and_nothing_is_lost() {
    let plants = Plants::new();
    let arrived = Arrived::of(&plants.secrets(), Protection::All);
    let runs = plants.all.len() + 1;
    arrived.assert_typed(runs);
    arrived.assert_counts(runs);
}
