//! What an image's configuration says: each string of it, with what it is called. What it is called may be anybody's too.

use serde_json::Value;

use super::{Refused, Scanned};
use crate::cli::scan::file::Scanner;

/// How deep a configuration is followed.
const DEEPEST: usize = 32;

/// Lists of words that are one command.
const COMMANDS: &[&str] = &["Cmd", "Entrypoint", "Shell", "OnBuild", "Test"];

/// Adds what the strings of `document` hold.
pub(super) fn scan(
    document: &Value,
    name: &str,
    scanner: &mut Scanner<'_>,
    to: &mut Scanned,
) -> Result<(), Refused> {
    let mut gathered = Gathered { name: &|key| scanner.named(key), texts: Vec::new() };
    let mut document = document.clone();
    // The digests of its layers are no secrets, and look like some.
    let layers = document.get_mut("rootfs").and_then(Value::as_object_mut);
    layers.map(|layers| layers.remove("diff_ids"));
    gathered.add(&document, name, DEEPEST)?;
    let texts = gathered.texts;
    if !texts.is_empty() {
        to.read += 1;
    }
    for (place, text) in texts {
        let scanned = scanner.scan(&place, &mut text.as_bytes(), &mut to.found);
        scanned.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The texts of a document, with their places.
struct Gathered<'a> {
    /// A key as a place has it.
    name: &'a dyn Fn(&str) -> String,
    texts: Vec<(String, String)>,
}

impl Gathered<'_> {
    /// Adds those of a value.
    fn add(&mut self, value: &Value, place: &str, deepest: usize) -> Result<(), Refused> {
        let Some(deepest) = deepest.checked_sub(1) else {
            return Err(format!("{place} is too deep"));
        };
        match value {
            Value::String(text) => self.texts.push((place.to_owned(), text.clone())),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.add(item, &format!("{place}[{at}]"), deepest)?;
                }
            }
            Value::Object(fields) => {
                for (key, field) in fields {
                    self.field(key, field, place, deepest)?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        Ok(())
    }

    /// A text behind a name stands there as `name=value`, as environments have it: the name tells what it is.
    fn field(
        &mut self,
        key: &str,
        field: &Value,
        place: &str,
        deepest: usize,
    ) -> Result<(), Refused> {
        let place = format!("{place}/{}", (self.name)(key));
        if let Value::String(text) = field {
            self.texts.push((place, format!("{key}={text}")));
            return Ok(());
        }
        self.texts.push((place.clone(), key.to_owned()));
        match field {
            Value::Array(words) if COMMANDS.contains(&key) => {
                let words = words.iter().filter_map(Value::as_str).collect::<Vec<_>>();
                self.texts.push((place, words.join(" ")));
                Ok(())
            }
            other => self.add(other, &place, deepest),
        }
    }
}
