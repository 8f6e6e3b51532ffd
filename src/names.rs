//! Names of fields whose values are secrets whatever they look like.

/// Tells by a field's name that its value is a secret.
///
/// ```
/// use keepmum::Names;
///
/// let names = Names::default();
/// assert!(names.tells("http.request.header.authorization"));
/// assert!(!names.tells("token_count"));
/// ```
#[derive(Clone, Debug)]
pub struct Names(&'static [&'static str]);

impl Default for Names {
    /// The usual names.
    fn default() -> Self {
        Self(&["password", "passwd", "secret", "token", "authorization", "api_key", "apikey"])
    }
}

impl Names {
    /// Whether `name` ends in a word that tells.
    pub fn tells(&self, name: &str) -> bool {
        self.0.iter().any(|told| {
            let start = name.len().checked_sub(told.len());
            start.is_some_and(|start| {
                let bytes = name.as_bytes();
                bytes[start..].eq_ignore_ascii_case(told.as_bytes())
                    && (start == 0 || !bytes[start - 1].is_ascii_alphanumeric())
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn names_of_secrets_tell() {
        let names = Names::default();
        for name in ["password", "http.request.header.authorization", "user.api_key"] {
            assert!(names.tells(name), "{name}");
        }
    }

    #[test]
    fn names_of_counts_do_not() {
        assert!(!Names::default().tells("token_count"));
    }
}
