//! `keepmum sweep --undo`: what the sources still know is put back.

use std::fs::{File, FileTimes};
use std::io::{self, BufReader, BufWriter, Seek as _, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use keepmum::ReferenceKey;
use keepmum::sweep::{Known, SweepError, Undo, Undone};

use super::beside::{self, Beside, Placed};
use super::late::Late;
use super::old::{Old, open};
use super::options::SweepArgs;
use super::rewrite::refused;
use super::{Stop, attributes, counted, in_place, in_use, shown};
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
    stop: &Stop,
) -> Result<Exit, Failure> {
    let (read, warnings) = sources::read_declared(args)?;
    crate::cli::warn(args.color, &warnings);
    let known = Known::new(&sources::secrets(read), &key);
    let files = Undo::read(journal).map_err(|error| Failure::io(journal.display(), error))?;
    let (mut restored, mut gone, mut failed) = (0, 0, 0);
    for undo in files {
        if stop.came() != 0 {
            break;
        }
        match put_back(&undo, &known, &key, (sweep, stop)) {
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
    Ok(if stop.came() != 0 {
        Exit::Signal(stop.came())
    } else if failed > 0 {
        Exit::Io
    } else if gone > 0 {
        Exit::Found
    } else {
        Exit::Success
    })
}

/// Puts back what the sources know of one file.
fn put_back(
    undo: &Undo,
    known: &Known,
    key: &ReferenceKey,
    (sweep, stop): (&SweepArgs, &Stop),
) -> Result<Undone, SweepError> {
    let path = undo.path();
    beside::clear_beside(path);
    let mut file = open(path)?;
    let before = file.metadata()?;
    if let Some(process) = in_use::writer(&before) {
        return Err(refused(format_args!("process {process} has it open for writing")));
    }
    if before.nlink() > 1 && !sweep.how.in_place {
        return Err(refused("it has more than one name: --in-place"));
    }
    if !undo.is_as_left(&mut BufReader::new(&file), key)? {
        return Err(refused("it was changed since, or swept under another key"));
    }
    file.rewind()?;
    let new = Beside::of(path)?;
    let mut out = BufWriter::new(Until { out: new.file(), stop });
    let undone = undo.apply(known, &mut BufReader::new(&file), &mut out)?;
    out.flush()?;
    drop(out);
    if undone.restored == 0 {
        return Ok(undone);
    }
    let begins_as_read = |file: &mut File| {
        file.rewind()?;
        undo.is_as_left(&mut BufReader::new(file), key)
    };
    let length = file.stream_position()?;
    let old = Old { path, file: &file, before: &before, length, begins_as_read: &begins_as_read };
    let times = if sweep.how.touch { None } else { Some(attributes::times(&before)?) };
    if !replace(&old, new, times)? {
        return Err(refused("it was written to meanwhile"));
    }
    Ok(undone)
}

fn replace(old: &Old<'_>, new: Beside, times: Option<FileTimes>) -> Result<bool, SweepError> {
    // What was appended was there when the values were, or came later: it stays as it is.
    let tail = |tail: &[u8]| Ok(tail.to_vec());
    if old.before.nlink() > 1 {
        return in_place::overwrite(old, new, times, &tail);
    }
    attributes::keep((old.file, old.before), new.file(), times)?;
    new.file().sync_all()?;
    let Placed::New(new) = new.take_place(old)? else { return Ok(false) };
    Late { path: old.path, old: old.file, done: old.length, tail: &tail }.run(new)?;
    Ok(true)
}

/// Writes until a signal comes.
struct Until<'a> {
    out: &'a File,
    stop: &'a Stop,
}

impl Write for Until<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.stop.came() {
            0 => self.out.write(bytes),
            _ => Err(io::Error::other("stopped by a signal")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
