//! What an image's configuration says: each string of it, with what it is called.

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
    let mut texts = Vec::new();
    gather(document, name, DEEPEST, &mut texts)?;
    if !texts.is_empty() {
        to.read += 1;
    }
    for (place, text) in texts {
        let scanned = scanner.scan(&place, &mut text.as_bytes(), &mut to.found);
        scanned.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The texts of a value. One behind a name stands there as `name=value`, as environments have it: the name tells what it is.
fn gather(
    value: &Value,
    place: &str,
    deepest: usize,
    texts: &mut Vec<(String, String)>,
) -> Result<(), Refused> {
    let Some(deepest) = deepest.checked_sub(1) else {
        return Err(format!("{place} is too deep"));
    };
    match value {
        Value::String(text) => texts.push((place.to_owned(), text.clone())),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                gather(item, &format!("{place}[{at}]"), deepest, texts)?;
            }
        }
        Value::Object(fields) => {
            // The digests of its layers are no secrets, and look like some.
            for (key, field) in fields.iter().filter(|(key, _)| *key != "rootfs") {
                let place = format!("{place}/{key}");
                match field {
                    Value::String(text) => texts.push((place, format!("{key}={text}"))),
                    Value::Array(words) if COMMANDS.contains(&key.as_str()) => {
                        let words = words.iter().filter_map(Value::as_str).collect::<Vec<_>>();
                        texts.push((place, words.join(" ")));
                    }
                    other => gather(other, &place, deepest, texts)?,
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}
