//! Which mode is in force for what was found.

use globset::{Glob, GlobMatcher};

use super::cut::Muted;
use super::mode::Mode;
use crate::{BuildError, Finding, Origin, Redactor};

/// Modes by name, the first that fits before all others.
#[derive(Clone, Default)]
pub(super) struct Modes {
    by_name: Vec<(GlobMatcher, Mode)>,
    pub(super) muted: Muted,
}

impl Modes {
    /// Of globs, for the rules that `redactor` and all made of it have.
    pub(super) fn new(globs: &[(String, Mode)], redactor: &Redactor) -> Result<Self, BuildError> {
        let mut modes = Self::default();
        for (glob, mode) in globs {
            modes.by_name.push((matcher(glob)?, *mode));
        }
        let is = |name: &str, among: &[Mode]| among.contains(&modes.named(name));
        let silent = redactor.muted(|name| is(name, &[Mode::Off, Mode::Warn]));
        let off = redactor.muted(|name| is(name, &[Mode::Off]));
        let warns = redactor.muted(|name| is(name, &[Mode::Warn])).is_some();
        modes.muted = Muted { silent, off: warns.then_some(off) };
        Ok(modes)
    }

    /// What is done about `finding`. A known secret is never let pass.
    pub(super) fn of(&self, finding: &Finding) -> Mode {
        match self.named(finding.name()) {
            Mode::Warn | Mode::Off if finding.origin() != Origin::Rule => Mode::Redact,
            mode => mode,
        }
    }

    fn named(&self, name: &str) -> Mode {
        let found = self.by_name.iter().find(|(glob, _)| glob.is_match(name));
        found.map_or(Mode::Redact, |(_, mode)| *mode)
    }
}

/// A glob over names, in which `*` is everything.
pub(super) fn matcher(glob: &str) -> Result<GlobMatcher, BuildError> {
    let glob = Glob::new(glob).map_err(|error| BuildError::glob(glob, &error))?;
    Ok(glob.compile_matcher())
}
