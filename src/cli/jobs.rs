//! Several files at once, written in the order in which they were given.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use keepmum::{Finding, Redactor, Sink};

use super::filter::CHUNK;
use super::report::Lines;

/// How many pieces a worker may be ahead of the writer: this bounds the memory of each job.
const AHEAD: usize = 8;

/// A piece of one file's output.
pub(crate) enum Piece {
    /// Redacted bytes, what was found in them with its line, and how many bytes were read for them.
    Bytes { bytes: Vec<u8>, found: Vec<(Finding, u64)>, read: usize },
    /// The file could not be opened or read.
    Failed(io::Error),
}

/// Redacts `files` with `jobs` workers and gives their pieces to `write`, file by file. `write` says whether to go on.
pub(crate) fn run(
    redactor: &Redactor,
    files: &[PathBuf],
    jobs: usize,
    mut write: impl FnMut(usize, Piece) -> bool,
) {
    let (senders, receivers): (Vec<_>, Vec<Receiver<Piece>>) =
        files.iter().map(|_| sync_channel(AHEAD)).unzip();
    let senders: Vec<std::sync::Mutex<Option<SyncSender<Piece>>>> =
        senders.into_iter().map(|sender| std::sync::Mutex::new(Some(sender))).collect();
    let next = AtomicUsize::new(0);
    // Files are taken in order, so the file being written always has a worker, and nobody waits for nobody.
    let work = || {
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let at =
                files.iter().position(|file| std::ptr::eq(file, path)).expect("one of the files");
            let sender = senders[at].lock().ok().and_then(|mut sender| sender.take());
            if let Some(sender) = sender
                && let Err(error) = redact(redactor, path, &sender)
            {
                let _ = sender.send(Piece::Failed(error));
            }
        }
    };
    std::thread::scope(|scope| {
        (0..jobs.min(files.len())).for_each(|_| drop(scope.spawn(work)));
        for (at, receiver) in receivers.into_iter().enumerate() {
            for piece in receiver {
                if !write(at, piece) {
                    // Dropping the other receivers ends the workers' sends.
                    next.store(files.len(), Ordering::Relaxed);
                    return;
                }
            }
        }
    });
}

fn redact(redactor: &Redactor, path: &PathBuf, sender: &SyncSender<Piece>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut stream = redactor.stream(Collected::default());
    let (mut lines, mut chunk) = (Lines::default(), vec![0; CHUNK]);
    loop {
        let read = match file.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            break;
        }
        lines.forget_before(stream.decided());
        lines.read(&chunk[..read]);
        stream.push(&chunk[..read]);
        if sender.send(stream.sink().piece(&mut lines, read)).is_err() {
            return Ok(());
        }
    }
    let _ = sender.send(stream.finish().piece(&mut lines, 0));
    Ok(())
}

#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    found: Vec<Finding>,
}

impl Collected {
    fn piece(&mut self, lines: &mut Lines, read: usize) -> Piece {
        let found = self.found.drain(..).map(|finding| {
            let line = lines.line(finding.span().start());
            (finding, line)
        });
        Piece::Bytes { found: found.collect(), bytes: std::mem::take(&mut self.bytes), read }
    }
}

impl Sink for Collected {
    fn clean(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn found(&mut self, finding: &Finding) {
        self.found.push(finding.clone());
    }
}
