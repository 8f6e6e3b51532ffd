//! `keepmum sweep --undo`: what the sources still know is put back.

use std::io::{self, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use keepmum::ReferenceKey;
use keepmum::sweep::{Known, SweepError, Undo, Undone};

use super::options::SweepArgs;
use super::rewrite::{refused, take_place, times};
use super::walk::TEMPORARY;
use super::{counted, file, in_use, shown};
use crate::cli::args::Args;
use crate::cli::exit::{Exit, Failure};
use crate::cli::messages::{Kind, say};
use crate::cli::sources;

/// Puts back what a journal tells of, file by file.
pub(super) fn run(
    args: &Args,
    sweep: &SweepArgs,
    journal: &Path,
    key: ReferenceKey,
) -> Result<Exit, Failure> {
    let (read, warnings) = sources::read_declared(args)?;
    crate::cli::warn(args.color, &warnings);
    let known = Known::new(&sources::secrets(read), &key);
    let files = Undo::read(journal).map_err(|error| Failure::io(journal.display(), error))?;
    let (mut restored, mut gone, mut failed) = (0, 0, 0);
    for undo in files {
        match put_back(&undo, &known, &key, sweep) {
            Ok(undone) => {
                restored += undone.restored;
                gone += undone.gone.len();
                for name in undone.gone {
                    let path = shown(undo.path());
                    crate::cli::print(
                        format!("{path}: {name} is gone for good: no source knows it\n").as_bytes(),
                    )?;
                }
            }
            Err(error) => {
                failed += 1;
                say(args.color, Kind::Error, &format!("{}: {error}", shown(undo.path())));
            }
        }
    }
    let values = counted(restored as usize, "value");
    let _ = writeln!(io::stderr().lock(), "keepmum: {values} put back, {gone} gone for good");
    Ok(if failed > 0 {
        Exit::Io
    } else if gone > 0 {
        Exit::Found
    } else {
        Exit::Success
    })
}

fn put_back(
    undo: &Undo,
    known: &Known,
    key: &ReferenceKey,
    sweep: &SweepArgs,
) -> Result<Undone, SweepError> {
    let path = undo.path();
    let mut old = file::open(path)?;
    let before = old.metadata()?;
    if let Some(process) = in_use::writer(&before) {
        return Err(refused(format_args!("process {process} has it open for writing")));
    }
    if before.nlink() > 1 {
        return Err(refused("it has more than one name"));
    }
    if !undo.is_as_left(&mut BufReader::new(&old), key)? {
        return Err(refused("it was changed since, or swept under another key"));
    }
    old.seek(SeekFrom::Start(0))?;
    let new = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(path.parent().unwrap_or(Path::new(".")))?;
    let mut out = BufWriter::new(new.as_file());
    let undone = undo.apply(known, &mut BufReader::new(&old), &mut out)?;
    out.flush()?;
    drop(out);
    if undone.restored == 0 {
        return Ok(undone);
    }
    if old.metadata()?.len() != before.len() {
        return Err(refused("it was written to meanwhile"));
    }
    let kept = (!sweep.how.touch).then_some(times(&before)?);
    take_place(path, (&old, &before), new, kept)?;
    Ok(undone)
}
