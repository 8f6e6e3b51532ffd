//! A secret value.

use std::fmt;

use zeroize::Zeroizing;

/// A named value that has to stay inside. It is wiped from memory when dropped, it has no way to be printed, and its
/// `Debug` shows the name alone.
///
/// ```
/// use keepmum::Secret;
///
/// let secret = Secret::new("db-password", "correct horse");
/// assert_eq!(format!("{secret:?}"), "Secret(db-password)");
/// ```
#[derive(Clone)]
pub struct Secret {
    name: String,
    value: Zeroizing<Vec<u8>>,
    forced: bool,
}

impl Secret {
    /// A secret called `name`. The name is printed in placeholders and reports: `[a-zA-Z0-9_.-]` stay, anything else
    /// becomes `-`.
    pub fn new(name: &str, value: impl Into<Vec<u8>>) -> Self {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' };
        let name = name.chars().map(plain).take(64).collect();
        Self { name, value: Zeroizing::new(value.into()), forced: false }
    }

    /// Looks for the value although it is a common word.
    #[must_use]
    pub fn forced(mut self) -> Self {
        self.forced = true;
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Under how many forms the value is looked for; none if it is empty, too short or too common.
    pub fn form_count(&self) -> usize {
        super::expand(self).1.len()
    }

    /// The value itself, to hand it to the program that it is for.
    ///
    /// ```
    /// use keepmum::Secret;
    ///
    /// assert_eq!(Secret::new("db-password", "correct horse").expose(), b"correct horse");
    /// ```
    pub fn expose(&self) -> &[u8] {
        &self.value
    }

    pub(crate) fn value(&self) -> &[u8] {
        &self.value
    }

    pub(crate) fn is_forced(&self) -> bool {
        self.forced
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.name)
    }
}
