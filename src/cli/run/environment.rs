//! What the program finds in its environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::Command;

use keepmum::Secret;
use keepmum::source::{EnvFile, Fetched, Reference, SourceError};
use zeroize::Zeroizing;

use crate::cli::audit::Audit;
use crate::cli::exit::Failure;

/// The variables that differ from those of this process. Their values are wiped when it is dropped.
pub(super) struct Environment {
    set: BTreeMap<OsString, Zeroizing<Vec<u8>>>,
}

impl Environment {
    /// The variables of `files`, and what the references among them and in this process's environment name; gives the
    /// latter as secrets too. A variable of a file goes before one of this process, and a later file before an earlier.
    pub(super) fn resolved(
        files: &[PathBuf],
        as_is: &[String],
        audit: Option<&Audit>,
    ) -> Result<(Self, Vec<Secret>), Failure> {
        let mut set = BTreeMap::new();
        for file in files {
            for (name, mut value) in EnvFile::new(file).variables()? {
                set.insert(name.into(), Zeroizing::new(std::mem::take(&mut *value).into_bytes()));
            }
        }
        let mut environment = Self { set };
        let mut resolver = Resolver { audit, known: BTreeMap::new() };
        let mut secrets = Vec::new();
        for (variable, reference) in environment.references(as_is) {
            let secret = resolver.resolve(&variable, reference)?;
            environment.set.insert(variable, Zeroizing::new(secret.expose().to_vec()));
            secrets.push(secret);
        }
        Ok((environment, secrets))
    }

    /// The references of all variables but those that are passed on as they are.
    fn references(&self, as_is: &[String]) -> Vec<(OsString, Reference)> {
        let own = std::env::vars_os().filter(|(name, _)| !self.set.contains_key(name));
        let own = own.map(|(name, value)| (name, Zeroizing::new(value.into_vec())));
        let all = own.chain(self.set.iter().map(|(name, value)| (name.clone(), value.clone())));
        let wanted = all.filter(|(name, _)| !as_is.iter().any(|plain| name == plain.as_str()));
        wanted
            .filter_map(|(name, value)| {
                let reference = std::str::from_utf8(&value).ok().and_then(Reference::parse);
                reference.map(|reference| (name, reference))
            })
            .collect()
    }

    /// Gives the variables to a program that is to be started.
    pub(super) fn give(self, command: &mut Command) {
        command.envs(self.set.iter().map(|(name, value)| (name, OsStr::from_bytes(value))));
    }
}

/// Reads what references name, each once.
struct Resolver<'a> {
    audit: Option<&'a Audit>,
    known: BTreeMap<Reference, Secret>,
}

impl Resolver<'_> {
    /// The value for `variable`, which names it.
    fn resolve(&mut self, variable: &OsStr, reference: Reference) -> Result<Secret, Failure> {
        let source = reference.scheme().name();
        let name = variable.to_string_lossy();
        let fetched = self
            .read(reference)
            .map(|secret| Fetched::new(vec![Secret::new(&name, secret.expose())]));
        if let Some(audit) = self.audit {
            audit.retrieved(source, fetched.as_ref())?;
        }
        let refused = |error| Failure::usage(format_args!("variable `{name}`: {error}"));
        let secret = fetched.map_err(refused)?.secrets.pop().expect("one was put in");
        if secret.expose().contains(&0) {
            let why = "a value with a zero byte cannot stand in an environment";
            return Err(refused(SourceError::malformed(source, why)));
        }
        Ok(secret)
    }

    fn read(&mut self, reference: Reference) -> Result<&Secret, SourceError> {
        match self.known.entry(reference) {
            std::collections::btree_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::btree_map::Entry::Vacant(unknown) => {
                let secret = unknown.key().resolve()?;
                Ok(unknown.insert(secret))
            }
        }
    }
}
