//! Messages that are written piece by piece, each piece a request of its own.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::{Finding, Redactor, Sink, Stream};

/// How many messages can be written at once. Of more the one that was longest not written to is forgotten, with what was held
/// back of it.
const MESSAGES: usize = 1024;

/// What stands for a piece of which nothing can be said yet: a piece must not be empty, and this has no width.
pub(super) const NOTHING: &str = "\u{200b}";

/// So many bytes of a secret's beginning must not show.
const SHOWN: usize = 8;

/// A message, by the channel that it is in and the time that it was begun at.
pub(super) type Message = (Vec<u8>, Vec<u8>);

/// Whether more of a message follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    More,
    Nothing,
}

/// Messages that are being written. A piece ends where a secret may go on: what may be its beginning leaves with the next piece.
#[derive(Default)]
pub(super) struct Appends(Mutex<Messages>);

#[derive(Default)]
struct Messages {
    streams: HashMap<Message, Written>,
    /// Counts the pieces, to tell which message is the oldest.
    pieces: u64,
}

/// A message so far.
struct Written {
    stream: Stream<Piece>,
    /// The number of its last piece.
    number: u64,
    /// What that was, and became.
    last: ([u8; 32], Piece),
}

/// What a piece of a message became, and what was found in it.
#[derive(Clone, Default)]
pub(super) struct Piece {
    pub(super) text: Vec<u8>,
    pub(super) found: Vec<Finding>,
}

impl Sink for Piece {
    fn clean(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
    }

    fn found(&mut self, finding: &Finding) {
        self.found.push(finding.clone());
    }
}

impl Appends {
    /// What is sent for the next piece of `message`. The same piece once more, behind one that ends in what may be most of a
    /// secret, is one that is sent again because it did not arrive: it becomes what it became.
    pub(super) fn append(
        &self,
        redactor: &Redactor,
        message: &Message,
        piece: &[u8],
        follows: Follows,
    ) -> Piece {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.pieces += 1;
        let now = messages.pieces;
        // Taken out while it is written to: after a panic it is gone.
        let mut known = messages.streams.remove(message);
        let hash: [u8; 32] = Sha256::digest(piece).into();
        let again = |known: &mut Written| {
            follows == Follows::More && known.last.0 == hash && known.stream.held() >= SHOWN
        };
        if let Some(known) = known.take_if(again) {
            let same = known.last.1.clone();
            messages.streams.insert(message.clone(), known);
            return same;
        }
        let mut stream =
            known.map_or_else(|| redactor.stream(Piece::default()), |known| known.stream);
        // A redactor of another family has other secrets: what is held goes on with the old ones.
        let _ = stream.adopt(redactor);
        stream.push(piece);
        if follows == Follows::Nothing {
            return stream.finish();
        }
        let done = std::mem::take(stream.sink());
        let last = (hash, done.clone());
        messages.streams.insert(message.clone(), Written { stream, number: now, last });
        messages.forget();
        done
    }
}

impl Messages {
    fn forget(&mut self) {
        if self.streams.len() > MESSAGES {
            let oldest = self.streams.iter().min_by_key(|(_, written)| written.number);
            let oldest = oldest.map(|(message, _)| message.clone());
            oldest.into_iter().for_each(|message| drop(self.streams.remove(&message)));
        }
    }
}
