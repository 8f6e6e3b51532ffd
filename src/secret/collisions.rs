//! Secrets that cannot be told apart, by name.

use std::collections::HashMap;
use std::fmt;

use super::value::Secret;

/// Two secrets of which one hides the other. Holds names, no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collision {
    name: String,
    other: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Same,
    Inside,
}

impl Collision {
    /// The secret whose value is the same, or stands inside the other one's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The other secret.
    pub fn other(&self) -> &str {
        &self.other
    }

    /// Whether both have one value: a placeholder names either.
    pub fn is_same(&self) -> bool {
        self.kind == Kind::Same
    }

    /// Whether the value stands inside the other one's: who knows it knows a part of that.
    pub fn is_inside(&self) -> bool {
        self.kind == Kind::Inside
    }
}

impl fmt::Display for Collision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.kind {
            Kind::Same => "has the same value as",
            Kind::Inside => "has a value that stands inside that of",
        };
        write!(f, "secret `{}` {how} `{}`", self.name, self.other)
    }
}

/// Which of `secrets` have one value, or one inside another's. White space around values does not count, and neither do
/// values that are empty. Each pair is named once. Secrets of one name are versions of one, and do not collide.
///
/// Time is in the bytes of all values times the count of their different lengths.
///
/// ```
/// use keepmum::{Secret, collisions};
///
/// let found = collisions(&[
///     Secret::new("url", "postgres://app:correct-horse@db"),
///     Secret::new("password", "correct-horse"),
///     Secret::new("old", "correct-horse\n"),
/// ]);
/// let said: Vec<String> = found.iter().map(ToString::to_string).collect();
/// assert_eq!(said, [
///     "secret `password` has a value that stands inside that of `url`",
///     "secret `old` has the same value as `password`",
/// ]);
/// ```
pub fn collisions(secrets: &[Secret]) -> Vec<Collision> {
    // By value, the first secret that has it.
    let mut first: HashMap<&[u8], usize> = HashMap::new();
    let mut same = Vec::new();
    for (at, secret) in secrets.iter().enumerate() {
        let value = secret.value().trim_ascii();
        match first.get(value) {
            _ if value.is_empty() => {}
            Some(&other) => same.push(collision(secrets, at, other, Kind::Same)),
            None => drop(first.insert(value, at)),
        }
    }
    let inside = inside(&first);
    let inside = inside.into_iter().map(|(at, other)| collision(secrets, at, other, Kind::Inside));
    inside.chain(same).filter(|found| found.name != found.other).collect()
}

/// Which values stand inside which others, in order.
fn inside(first: &HashMap<&[u8], usize>) -> Vec<(usize, usize)> {
    let mut lengths: Vec<usize> = first.keys().map(|value| value.len()).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let mut inside = Vec::new();
    for (value, &other) in first {
        for &length in lengths.iter().take_while(|&&length| length < value.len()) {
            let parts = value.windows(length).filter_map(|part| first.get(part));
            inside.extend(parts.map(|&at| (at, other)));
        }
    }
    inside.sort_unstable();
    inside.dedup();
    inside
}

fn collision(secrets: &[Secret], at: usize, other: usize, kind: Kind) -> Collision {
    let name = |at: usize| secrets[at].name().to_owned();
    Collision { name: name(at), other: name(other), kind }
}
