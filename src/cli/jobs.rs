//! Several files at once, written in the order in which they were given.

use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use keepmum::{Finding, Sink};

use super::filter::CHUNK;
use super::lines::Lines;
use super::passing::{Known, Shape};

/// How many pieces of a file a worker may be ahead of the writer.
const AHEAD: usize = 8;

/// A piece of one file's output.
pub(crate) enum Piece {
    /// Redacted bytes, what was found in them with its line, and how many bytes were read for them.
    Bytes { bytes: Vec<u8>, found: Vec<(Finding, u64)>, read: usize },
    /// The file could not be opened or read.
    Failed(io::Error),
    /// The engine panicked.
    Broken,
}

/// Whether more pieces are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Go {
    On,
    Stop,
}

/// Redacts `files` with `jobs` workers and gives their pieces to `write`, file by file.
///
/// At most `jobs` files are in work and as many wait to be written, each with [`AHEAD`] pieces: that bounds the memory,
/// however slow the writer is.
pub(crate) fn run(
    with: (&Known, Shape),
    files: &[PathBuf],
    jobs: usize,
    mut write: impl FnMut(&Path, Piece) -> Go,
) {
    let (sender, begun) = sync_channel(jobs);
    // The lock covers taking a file and announcing it, so files are announced in order. The one being written always
    // has a worker or is whole in its channel, so nobody waits for nobody.
    let queue = Mutex::new(Queue { files: files.iter(), begun: sender });
    std::thread::scope(|scope| {
        let queue = &queue;
        (0..jobs.min(files.len())).for_each(|_| drop(scope.spawn(move || work(with, queue))));
        // Leaving early drops the receivers, which ends the workers' sends.
        for (path, pieces) in begun.into_iter().take(files.len()) {
            for piece in pieces {
                if write(path, piece) == Go::Stop {
                    return;
                }
            }
        }
    });
}

struct Queue<'a> {
    files: std::slice::Iter<'a, PathBuf>,
    begun: SyncSender<(&'a Path, Receiver<Piece>)>,
}

impl<'a> Queue<'a> {
    /// Announces the next file; gives where its pieces go.
    fn next(&mut self) -> Option<(&'a Path, SyncSender<Piece>)> {
        let path = self.files.next()?.as_path();
        let (sender, pieces) = sync_channel(AHEAD);
        self.begun.send((path, pieces)).ok()?;
        Some((path, sender))
    }
}

fn work(with: (&Known, Shape), queue: &Mutex<Queue<'_>>) {
    loop {
        let next = queue.lock().expect("nothing panics under the lock").next();
        let Some((path, sender)) = next else { return };
        let ended = catch_unwind(AssertUnwindSafe(|| redact(with, path, &sender)));
        let last = match ended {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => Piece::Failed(error),
            Err(_) => Piece::Broken,
        };
        let _ = sender.send(last);
    }
}

fn redact(
    (known, shape): (&Known, Shape),
    path: &Path,
    sender: &SyncSender<Piece>,
) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut stream = known.stream(shape, Collected::default());
    let (mut lines, mut chunk) = (Lines::default(), vec![0; CHUNK]);
    let ended = loop {
        let read = match file.read(&mut chunk) {
            Ok(0) => break Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // What came before is redacted and leaves, as without jobs.
            Err(error) => break Err(error),
        };
        let (settled, decided) = (stream.sink().settled, stream.decided());
        lines.forget(settled, decided);
        lines.read(&chunk[..read]);
        stream.push(&chunk[..read]);
        if sender.send(stream.sink().piece(&mut lines, read)).is_err() {
            return Ok(());
        }
    };
    let _ = sender.send(stream.finish().piece(&mut lines, 0));
    ended
}

#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    found: Vec<Finding>,
    // As `Output::settled`.
    settled: u64,
}

impl Collected {
    fn piece(&mut self, lines: &mut Lines, read: usize) -> Piece {
        let found = lines.numbered(std::mem::take(&mut self.found));
        Piece::Bytes { found, bytes: std::mem::take(&mut self.bytes), read }
    }
}

impl Sink for Collected {
    fn clean(&mut self, bytes: &[u8]) {
        self.settled += bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn found(&mut self, finding: &Finding) {
        self.settled = finding.span().end();
        self.found.push(finding.clone());
    }
}
