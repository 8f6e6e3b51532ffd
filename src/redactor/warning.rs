//! Secrets that are not looked for.

use std::fmt;

use crate::secret::{Kept, Secret, kept};

/// A known secret that is not looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    name: String,
    why: &'static str,
}

impl Warning {
    /// None: it is looked for.
    pub(crate) fn of(secret: &Secret) -> Option<Self> {
        let why = match kept(secret) {
            Kept::Yes => return None,
            Kept::Empty => "is empty",
            Kept::Short => "is shorter than 4 bytes and would be found everywhere",
            Kept::Common => "is a common word; force it if it really is a secret",
        };
        Some(Self { name: secret.name().to_owned(), why })
    }

    /// The secret's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong with its value.
    pub fn why(&self) -> &str {
        self.why
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret `{}` is not looked for: its value {}", self.name, self.why)
    }
}
