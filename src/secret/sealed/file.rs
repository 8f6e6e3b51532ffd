//! The set as it is written.

use serde::{Deserialize, Serialize};

use super::hex;
use super::set::{FORMS, SealedForm, SealedSecret, SealedSet};
use crate::error::BuildError;
use crate::secret::Secret;

/// The format that is written, and the only one that is read.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "keepmum-sealed")]
    version: u32,
    check: String,
    secrets: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    /// Length, anchor, hash.
    forms: Vec<(u32, String, String)>,
}

pub(super) fn written(set: &SealedSet) -> String {
    let form = |form: &SealedForm| {
        let anchor = hex::written(&form.anchor.to_be_bytes()[1..]);
        (form.len, anchor, hex::written(&form.hash))
    };
    let secrets = set.secrets.iter().map(|secret| Entry {
        name: secret.name.clone(),
        forms: secret.forms.iter().map(form).collect(),
    });
    let check = hex::written(&set.check);
    let file = File { version: VERSION, check, secrets: secrets.collect() };
    serde_json::to_string(&file).expect("texts and numbers can be written") + "\n"
}

pub(super) fn read(json: &str) -> Result<SealedSet, BuildError> {
    let file: File = serde_json::from_str(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        BuildError::sealed(format_args!("no sealed set: line {line}, column {column}"))
    })?;
    if file.version != VERSION {
        let version = file.version;
        let why = format_args!("it is of version {version}, and {VERSION} is known").to_string();
        return Err(BuildError::sealed(why));
    }
    let check = hex::read(file.check.as_bytes());
    let check = check.ok_or_else(|| BuildError::sealed("its check is no hash"))?;
    if file.secrets.is_empty() {
        return Err(BuildError::sealed("it holds no secret"));
    }
    let secrets = file.secrets.into_iter().map(entry).collect::<Result<_, _>>()?;
    Ok(SealedSet { secrets, check })
}

fn entry(entry: Entry) -> Result<SealedSecret, BuildError> {
    let name = entry.name;
    // Names are printed.
    if name.is_empty() || Secret::new(&name, "").name() != name {
        return Err(BuildError::sealed("a name of it is none that a secret can have"));
    }
    let bad = || BuildError::sealed(format_args!("the forms of `{name}` are damaged"));
    let forms: Vec<SealedForm> = entry
        .forms
        .iter()
        .map(|(len, anchor, hash)| {
            let [a, b, c] = hex::read(anchor.as_bytes())?;
            let anchor = u32::from_be_bytes([0, a, b, c]);
            let hash = hex::read(hash.as_bytes())?;
            FORMS.contains(&(*len as usize)).then_some(SealedForm { anchor, len: *len, hash })
        })
        .collect::<Option<_>>()
        .ok_or_else(bad)?;
    if forms.is_empty() || !forms.is_sorted_by(|a, b| a < b) {
        return Err(bad());
    }
    Ok(SealedSecret { name, forms })
}
