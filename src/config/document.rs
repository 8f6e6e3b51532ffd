//! A configuration as text, and who reads which of its keys.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::written::Written;
use super::{Config, ConfigError};

/// The text of a `keepmum.toml`, and where it stands.
///
/// A program that has keys of its own in the file reads it as one of these: first its [`Config`], which refuses what nobody
/// knows, then its own [`keys`](Self::keys).
#[derive(Debug, Clone)]
pub struct Document {
    place: PathBuf,
    text: String,
}

impl Document {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no text.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::at(path.display(), error))?;
        Ok(Self::new(path, text))
    }

    /// A text. `place` names it in errors, and paths in it are relative to the folder of `place`.
    pub fn new(place: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into() }
    }

    /// The folder that paths in it are relative to.
    pub fn folder(&self) -> &Path {
        self.place.parent().unwrap_or(Path::new(""))
    }

    /// What it says to everybody.
    ///
    /// # Errors
    ///
    /// It is no TOML, has a key that neither the library nor the program knows, or a value that the key does not take.
    pub fn config(&self) -> Result<Config, ConfigError> {
        Ok(self.keys::<Written>()?.config(&self.place, self.folder()))
    }

    /// What it says to one surface: a type with that one's keys and no other.
    ///
    /// # Errors
    ///
    /// It is no TOML, or one of the keys has a value that it does not take.
    pub fn keys<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        toml::from_str(&self.text).map_err(|error| {
            let before = error.span().map_or(0, |span| span.start.min(self.text.len()));
            let line = 1 + memchr::memchr_iter(b'\n', &self.text.as_bytes()[..before]).count();
            let place = format_args!("{}:{line}", self.place.display());
            ConfigError::at(place, explained(error.message()))
        })
    }
}

/// An unknown key, with the nearest right one; any other message without the text that it quotes.
fn explained(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (Some((unknown, known)), true) =
        (quoted.split_first(), message.starts_with("unknown field"))
    else {
        return unquoted(message);
    };
    let nearest = known.iter().max_by(|a, b| {
        strsim::jaro_winkler(unknown, a).total_cmp(&strsim::jaro_winkler(unknown, b))
    });
    match nearest.filter(|key| strsim::jaro_winkler(unknown, key) > 0.7) {
        Some(key) => format!("unknown key `{unknown}`, did you mean `{key}`?"),
        None => format!("unknown key `{unknown}`; known are {}", known.join(", ")),
    }
}

/// What stands in the file at the wrong place can be a secret.
fn unquoted(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(from), Some(to)) if message.starts_with("invalid") && from < to => {
            format!("{}…{}", &message[..from], &message[to + 1..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<String> {
        let error = Document::new("keepmum.toml", text).config().err()?;
        let said = error.to_string();
        Some(said.split_once(": ").map(|(_, why)| why.to_owned()).expect("place and why"))
    }

    #[test]
    fn a_mistyped_key_is_met_with_the_nearest() {
        for (text, nearest) in [("replacment = 'mask'", "replacement"), ("reprt = 'x'", "report")] {
            let unknown = text.split(' ').next().expect("a key");
            let said = format!("unknown key `{unknown}`, did you mean `{nearest}`?");
            assert_eq!(refused(text), Some(said));
        }
    }

    #[test]
    fn no_mangled_file_panics_or_is_quoted() {
        let good = "replacement = 'mask'\nidle-release = 5\n[[allow.values]]\nvalue = 'zebra7'\nreason = 'x'\n";
        assert_eq!(refused(good), None);
        for at in 0..good.len() {
            for with in ["", "=", "[", "'", "\n", "zebra7"] {
                let text = [&good[..at], with, &good[at + 1..]].concat();
                if let Some(said) = refused(&text) {
                    assert!(
                        !said.contains("zebra7") || said.contains("unknown key"),
                        "{text}: {said}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_stands_at_the_wrong_place_is_not_quoted() {
        let said = refused("allow.values = ['correct\"horse']").expect("a text");
        assert!(said.starts_with("invalid type") && !said.contains("horse"), "{said}");
    }

    #[test]
    fn keys_of_the_program_are_passed_over() {
        let text =
            "json = true\nreport = 'r'\n[proxy]\nlisten = 'anything'\n[[restore]]\nname = '*'\n";
        assert_eq!(refused(text), None);
    }
}
