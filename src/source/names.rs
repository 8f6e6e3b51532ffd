//! What a source and its secrets are called.

use crate::Secret;

/// The longest name that [`Secret::new`] keeps whole.
const LONGEST: usize = 64;

/// A source's name, and whether its secrets' names begin with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    source: String,
    prefix: Prefix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    None,
    Source,
}

impl Names {
    /// Secrets are called by their path alone.
    pub(super) fn bare(source: impl Into<String>) -> Self {
        Self { source: source.into(), prefix: Prefix::None }
    }

    /// Secrets are called `source.path`.
    pub(super) fn prefixed(source: impl Into<String>) -> Self {
        Self { source: source.into(), prefix: Prefix::Source }
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The secret at `path` of the source.
    pub(super) fn secret(&self, path: &str, value: impl Into<Vec<u8>>) -> Secret {
        match self.prefix {
            Prefix::None => Secret::new(&shortened(path), value),
            Prefix::Source => Secret::new(&shortened(&format!("{}.{path}", self.source)), value),
        }
    }

    /// The secret of a source that holds one; `usual` is its name if the source was given none.
    pub(super) fn only(&self, usual: &str, value: impl Into<Vec<u8>>) -> Secret {
        match self.prefix {
            Prefix::None => Secret::new(&shortened(usual), value),
            Prefix::Source => Secret::new(&shortened(&self.source), value),
        }
    }
}

/// A long path tells itself from others at its end, so what is cut out lies in the middle.
fn shortened(name: &str) -> String {
    let count = name.chars().count();
    if count <= LONGEST {
        return name.to_owned();
    }
    let half = LONGEST / 2 - 1;
    let (head, tail) = (name.chars().take(half), name.chars().skip(count - half));
    head.chain("..".chars()).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_source_and_path() {
        assert_eq!(Names::bare("file").secret("a/b", "x").name(), "a-b");
        assert_eq!(Names::prefixed("prod").secret("db.password", "x").name(), "prod.db.password");
        assert_eq!(Names::prefixed("tls-key").only("key.pem", "x").name(), "tls-key");
        assert_eq!(Names::bare("/run/key.pem").only("key.pem", "x").name(), "key.pem");
    }

    #[test]
    fn a_long_path_keeps_its_end() {
        let long = "team/".repeat(20) + "password";
        let name = Names::prefixed("vault").secret(&long, "x").name().to_owned();
        assert!(name.len() == 64 && name.ends_with("-team-password"), "{name}");
    }
}
