//! Numbers about a store that are read when metrics are collected.

use std::time::Duration;

use opentelemetry::metrics::Meter;

use crate::store::{Counts, SecretStore};

struct Number {
    name: &'static str,
    unit: &'static str,
    what: &'static str,
    read: fn(&Counts) -> u64,
}

const COUNTERS: [Number; 2] = [
    Number {
        name: "keepmum.source.refreshes",
        unit: "{refresh}",
        what: "How often a source was read.",
        read: Counts::refreshes,
    },
    Number {
        name: "keepmum.source.failures",
        unit: "{failure}",
        what: "How often a source could not be read, or gave what could not be used.",
        read: Counts::failures,
    },
];

const GAUGES: [Number; 2] = [
    Number {
        name: "keepmum.source.failing",
        unit: "{source}",
        what: "Sources that failed when they were last asked.",
        read: Counts::failing,
    },
    Number {
        name: "keepmum.secret_set.generation",
        unit: "{generation}",
        what: "The number of the set of secrets in force.",
        read: Counts::generation,
    },
];

/// Shows them for as long as something else keeps the store.
pub(super) fn watch(meter: &Meter, store: &SecretStore) {
    for Number { name, unit, what, read } in COUNTERS {
        let number = store.reading(read);
        let counter = meter.u64_observable_counter(name).with_unit(unit).with_description(what);
        counter
            .with_callback(move |to| number().into_iter().for_each(|n| to.observe(n, &[])))
            .build();
    }
    for Number { name, unit, what, read } in GAUGES {
        let number = store.reading(read);
        let gauge = meter.u64_observable_gauge(name).with_unit(unit).with_description(what);
        gauge
            .with_callback(move |to| number().into_iter().for_each(|n| to.observe(n, &[])))
            .build();
    }
    let age = store.reading(Counts::age);
    meter
        .f64_observable_gauge("keepmum.secret_set.age")
        .with_unit("s")
        .with_description("How long the set of secrets has been in force.")
        .with_callback(move |to| {
            age().iter().map(Duration::as_secs_f64).for_each(|seconds| to.observe(seconds, &[]));
        })
        .build();
}
