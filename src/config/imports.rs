//! Rules from files.

use std::path::{Component, Path, PathBuf};

use super::ConfigError;
use crate::RedactorBuilder;
use crate::rule::Extended;

pub(super) fn with_rules(
    builder: RedactorBuilder,
    files: &[PathBuf],
) -> Result<RedactorBuilder, ConfigError> {
    files.iter().try_fold(builder, |builder, path| {
        let (place, text) = read(path)?;
        Ok(builder.rules_toml(&place, &text)?)
    })
}

/// With what means something else here.
pub(super) fn with_gitleaks(
    builder: RedactorBuilder,
    files: &[PathBuf],
) -> Result<(RedactorBuilder, Vec<String>), ConfigError> {
    files.iter().try_fold((builder, Vec::new()), |(builder, mut all), path| {
        let (place, text) = read(path)?;
        let (builder, notices) = builder.gitleaks_toml_with(&place, &text, &mut extended)?;
        all.extend(notices);
        Ok((builder, all))
    })
}

/// What a file is called in errors, and its text.
fn read(path: &Path) -> Result<(String, String), ConfigError> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::at(&place, error))?;
    Ok((place, text))
}

/// The file that `[extend] path` of the configuration at `place` names: relative to that one.
fn extended(place: &str, path: &str) -> Result<Extended, String> {
    let path = Path::new(place).parent().unwrap_or(Path::new("")).join(path);
    let toml = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    Ok(Extended { place: plain(&path).display().to_string(), toml })
}

/// `path` without `.` and `..`, as it is written: two spellings of one path are one file, so that a circle is noticed.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
        plain
    })
}
