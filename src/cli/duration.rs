//! Durations as people write them.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

/// A duration, such as `500ms`, `30s` or `10m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Time(pub(crate) Duration);

impl FromStr for Time {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = humantime::parse_duration(text).ok().filter(|time| !time.is_zero());
        time.map(Self).ok_or("use a duration, such as 30s or 10m")
    }
}

impl TryFrom<String> for Time {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
