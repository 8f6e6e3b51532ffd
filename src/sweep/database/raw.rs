//! The bytes of a database's file, and of the log beside it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::stream::Discard;
use crate::{Finding, Observe, Origin, Redactor, Secret};

/// Size of a read.
const CHUNK: usize = 256 << 10;

/// Most values that are looked for in the bytes.
const MOST: usize = 10_000;

/// Values that were replaced.
#[derive(Default)]
pub(super) struct Values(Vec<Zeroizing<Vec<u8>>>);

impl Values {
    pub(super) fn add(&mut self, value: Zeroizing<Vec<u8>>) {
        if self.0.len() < MOST && !self.0.contains(&value) {
            self.0.push(value);
        }
    }

    /// Whether one of them stands in the bytes still.
    pub(super) fn stand_in(&self, path: &Path) -> io::Result<bool> {
        let mut builder = Redactor::builder();
        for value in &self.0 {
            let secret = Secret::new("value", value.to_vec()).forced();
            builder = builder.known(secret).map_err(io::Error::other)?;
        }
        known(&builder.build().map_err(io::Error::other)?, path)
    }
}

/// Whether a known secret of `redactor` stands in the bytes.
pub(super) fn known(redactor: &Redactor, path: &Path) -> io::Result<bool> {
    Ok(stands(redactor, path)?
        || log(path).is_some_and(|log| stands(redactor, &log).unwrap_or(true)))
}

fn stands(redactor: &Redactor, path: &Path) -> io::Result<bool> {
    let mut found = false;
    let see = |finding: &Finding| found |= finding.origin() == Origin::Secret;
    let mut stream = redactor.stream(Observe::new(Discard, see));
    let (mut file, mut chunk) = (File::open(path)?, vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => stream.push(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    stream.finish();
    Ok(found)
}

/// The log of what was written lately, if there is one.
fn log(path: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(path);
    name.push("-wal");
    let log = PathBuf::from(name);
    log.exists().then_some(log)
}
