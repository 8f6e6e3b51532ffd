//! Counters, by name, by surface, and by minute.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::Surface;
use crate::prompt::{Found, Report, RestoreReport, Treatment, Unrestored};

/// Minutes that are remembered.
const MINUTES: u64 = 60;

/// Redactions that are remembered.
const RECENT: usize = 50;

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its upstream answered, whatever.
    Passed,
    /// It was not sent.
    Refused,
    /// The gateway or its upstream failed.
    Failed,
}

#[derive(Clone, Copy, Default)]
struct Requests {
    passed: u64,
    refused: u64,
    failed: u64,
}

/// What happened in one minute.
#[derive(Clone, Copy, Default)]
struct Minute {
    /// Minutes since 1970.
    at: u64,
    requests: Requests,
    found: u64,
}

struct Recent {
    time: SystemTime,
    route: String,
    found: Found,
}

/// All counters. Bounded: by the number of rules and secrets, and by the constants above.
#[derive(Default)]
pub(super) struct Counts {
    requests: Requests,
    /// By name, origin and surface.
    names: BTreeMap<(String, &'static str, &'static str), u64>,
    /// References that became values.
    restored: u64,
    /// Calls that were left as they were, by why.
    refused: BTreeMap<Unrestored, u64>,
    /// References that stand for nothing.
    unknown: u64,
    /// What only looks like a reference.
    damaged: u64,
    /// The youngest last.
    minutes: VecDeque<Minute>,
    /// The youngest first.
    recent: VecDeque<Recent>,
}

impl Requests {
    fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Refused => &mut self.refused,
            Outcome::Failed => &mut self.failed,
        } += 1;
    }
}

impl Counts {
    pub(super) fn ended(&mut self, now: SystemTime, outcome: Outcome) {
        self.requests.count(outcome);
        self.minute(now).requests.count(outcome);
    }

    pub(super) fn found(
        &mut self,
        now: SystemTime,
        surface: Surface,
        route: &str,
        report: &Report,
    ) {
        self.minute(now).found += report.found.len() as u64;
        for found in &report.found {
            let name = found.finding.name().to_owned();
            let key = (name, found.finding.origin().as_str(), surface.as_str());
            *self.names.entry(key).or_default() += 1;
        }
        for found in report.found.iter().take(RECENT) {
            self.recent.truncate(RECENT - 1);
            let recent = Recent { time: now, route: route.to_owned(), found: found.clone() };
            self.recent.push_front(recent);
        }
    }

    pub(super) fn restored(&mut self, report: &RestoreReport) {
        self.restored += report.restored.values().sum::<u64>();
        self.unknown += report.unknown;
        self.damaged += report.damaged;
        for (&why, count) in &report.refused {
            *self.refused.entry(why).or_default() += count;
        }
    }

    /// What was not restored, by why.
    fn unrestored(&self) -> BTreeMap<&'static str, u64> {
        let mut all: BTreeMap<_, _> =
            self.refused.iter().map(|(why, count)| (why.as_str(), *count)).collect();
        all.insert("unknown", self.unknown);
        all.insert("damaged", self.damaged);
        all
    }

    /// The minute of `now`. A clock that goes back counts into the youngest.
    fn minute(&mut self, now: SystemTime) -> &mut Minute {
        let at = minutes(now);
        if self.minutes.back().is_none_or(|last| last.at < at) {
            self.minutes.push_back(Minute { at, ..Minute::default() });
            self.minutes.retain(|minute| minute.at + MINUTES > at);
        }
        self.minutes.back_mut().expect("one was pushed if there was none")
    }

    pub(super) fn json(&self, now: SystemTime) -> Value {
        let names: Vec<Value> = self.names.iter().map(|((name, origin, surface), count)| {
            json!({"name": name, "origin": origin, "surface": surface, "count": count})
        }).collect();
        let Requests { passed, refused, failed } = self.requests;
        json!({
            "requests": {"passed": passed, "refused": refused, "failed": failed},
            "found": self.names.values().sum::<u64>(),
            "names": names,
            "restored": self.restored,
            "unrestored": self.unrestored(),
            "minutes": self.hour(now),
            "recent": self.recent.iter().map(Recent::json).collect::<Vec<_>>(),
        })
    }

    /// The last hour, also the minutes in which nothing happened.
    fn hour(&self, now: SystemTime) -> Vec<Value> {
        let last = minutes(now);
        let each = (last.saturating_sub(MINUTES - 1)..=last).map(|at| {
            let minute = self.minutes.iter().find(|minute| minute.at == at);
            let minute = minute.copied().unwrap_or_default();
            let Requests { passed, refused, failed } = minute.requests;
            json!({"at": at * 60, "found": minute.found, "requests": passed + refused + failed})
        });
        each.collect()
    }

    /// The counters as text, as Prometheus reads it.
    pub(super) fn text(&self) -> String {
        let Requests { passed, refused, failed } = self.requests;
        let mut out = "# TYPE keepmum_proxy_requests_total counter\n".to_owned();
        for (outcome, count) in [("passed", passed), ("refused", refused), ("failed", failed)] {
            let _ = writeln!(out, "keepmum_proxy_requests_total{{outcome=\"{outcome}\"}} {count}");
        }
        out += "# TYPE keepmum_proxy_found_total counter\n";
        let mut surfaces: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for ((_, origin, surface), count) in &self.names {
            *surfaces.entry((origin, surface)).or_default() += count;
        }
        for ((origin, surface), count) in surfaces {
            let labels = format_args!("origin=\"{origin}\",surface=\"{surface}\"");
            let _ = writeln!(out, "keepmum_proxy_found_total{{{labels}}} {count}");
        }
        out += "# TYPE keepmum_proxy_restored_total counter\n";
        let _ = writeln!(out, "keepmum_proxy_restored_total {}", self.restored);
        out += "# TYPE keepmum_proxy_unrestored_total counter\n";
        for (why, count) in self.unrestored() {
            let _ = writeln!(out, "keepmum_proxy_unrestored_total{{why=\"{why}\"}} {count}");
        }
        out
    }
}

impl Recent {
    fn json(&self) -> Value {
        let seconds = self.time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let treatment = match self.found.treatment {
            Treatment::Redacted => "redacted",
            Treatment::Warned => "warned",
            Treatment::Left => "left",
            Treatment::Credential => "credential",
        };
        json!({
            "at": seconds,
            "route": self.route,
            "name": self.found.finding.name(),
            "place": self.found.place,
            "treatment": treatment,
        })
    }
}

fn minutes(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Redactor;

    fn report(times: usize) -> Report {
        let redactor = Redactor::builder().secret("pw", "correct horse").expect("good");
        let finding = redactor.build().expect("good").find(b"correct horse").remove(0);
        let found = Found {
            finding,
            place: "messages[0].content".to_owned(),
            treatment: Treatment::Redacted,
            reference: None,
        };
        Report { found: vec![found; times], ..Report::default() }
    }

    #[test]
    fn an_hour_is_remembered_and_no_more() {
        let start = UNIX_EPOCH + Duration::from_secs(1_000_000 * 60);
        let minute = |number: u64| start + Duration::from_secs(60 * number);
        let mut counts = Counts::default();
        for number in 0..200 {
            counts.ended(minute(number), Outcome::Passed);
            counts.found(minute(number), Surface::PROMPT, "anthropic", &report(2));
        }
        assert!(counts.minutes.len() <= MINUTES as usize);
        assert_eq!(counts.recent.len(), RECENT);
        let value = counts.json(minute(200));
        let hour = value["minutes"].as_array().expect("an array");
        assert_eq!(hour.len(), 60);
        assert_eq!((&hour[58]["found"], &hour[59]["found"]), (&json!(2), &json!(0)));
        assert_eq!(value["found"], 400);
    }

    #[test]
    fn a_clock_that_goes_back_loses_nothing() {
        let mut counts = Counts::default();
        counts.ended(UNIX_EPOCH + Duration::from_secs(6000), Outcome::Passed);
        counts.ended(UNIX_EPOCH, Outcome::Refused);
        assert_eq!(counts.minutes.len(), 1);
        assert_eq!(counts.minutes[0].requests.refused, 1);
    }

    #[test]
    fn text_has_no_names() {
        let mut counts = Counts::default();
        counts.found(UNIX_EPOCH, Surface::SLACK, "slack", &report(3));
        let text = counts.text();
        assert!(
            text.contains("keepmum_proxy_found_total{origin=\"secret\",surface=\"slack\"} 3\n")
        );
    }
}
