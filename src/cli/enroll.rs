//! `keepmum enroll`: from secrets to a sealed set.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use keepmum::config::read_sealed_key;
use keepmum::{Refusal, SealedKey, SealedSet};
use zeroize::Zeroizing;

use super::args::{Args, EnrollArgs};
use super::exit::{Exit, Failure};
use super::messages::{Kind, say};
use super::{print, sources, warn};

/// Seals what the options for secrets name, writes it, and says what it came to.
pub(crate) fn run(args: &Args, enroll: &EnrollArgs) -> Result<Exit, Failure> {
    let (read, warnings) = sources::read_declared(args)?;
    warn(args.color, &warnings);
    let secrets = sources::secrets(read);
    if secrets.is_empty() {
        return Err(Failure::usage(
            "no secret is named: use --env-file, --secrets-file or a [[source]]",
        ));
    }
    let path = &enroll.key_file;
    let key = if enroll.new_key { new_key(path)? } else { read_sealed_key(path)? };
    let (set, refused) = SealedSet::seal(&secrets, &key);
    drop(secrets);
    refused.iter().for_each(|refusal| say(args.color, Kind::Warning, &refusal.to_string()));
    if set.names().count() == 0 {
        let path = enroll.output.display();
        return Err(Failure::usage(format_args!("nothing is left to seal; {path} is not written")));
    }
    let exit = if refused.iter().any(Refusal::is_whole) { Exit::Found } else { Exit::Success };
    std::fs::write(&enroll.output, set.to_json())
        .map_err(|error| Failure::io(enroll.output.display(), error))?;
    print(summary(&set, &enroll.output).as_bytes())?;
    Ok(exit)
}

fn summary(set: &SealedSet, path: &Path) -> String {
    let (mut text, mut all) = (String::new(), 0);
    for (name, forms) in set.names() {
        let _ = writeln!(text, "{name}: {forms} forms");
        all += forms;
    }
    let _ = writeln!(text, "{}: {} secrets, {all} forms", path.display(), set.names().count());
    text
}

/// Draws a key, and writes it to a file that only its owner can read.
fn new_key(path: &Path) -> Result<SealedKey, Failure> {
    let failed = |error: io::Error| Failure::io(path.display(), error);
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|error| failed(io::Error::other(error)))?;
    let key = SealedKey::new(*bytes);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(key.to_hex().as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
    Ok(key)
}
