//! `.env` files. Every value is a secret, so errors tell a place and nothing of what stands there.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use keepmum::Secret;

use super::exit::Failure;

/// Every value of a `.env` file.
///
/// A value with `$` or `\` in it is also looked for as it is written: other readers of such files expand neither, and
/// what their program then prints is the text.
pub(crate) fn secrets(path: &Path) -> Result<Vec<Secret>, Failure> {
    let place = path.display();
    let refused = |why: &dyn fmt::Display| Failure::usage(format_args!("{place}: {why}"));
    let file = File::open(path).map_err(|error| refused(&error))?;
    let seen = Rc::new(RefCell::new(Seen::default()));
    let lines = Lines { inner: BufReader::new(file), seen: Rc::clone(&seen), rest: Vec::new() };
    let mut secrets = Vec::new();
    for pair in dotenvy::Iter::new(lines) {
        let seen = seen.borrow_mut().next();
        match pair {
            Ok((name, value)) => {
                let written = seen.value().filter(|written| *written != value);
                secrets.extend(written.map(|written| Secret::new(&name, written)));
                secrets.push(Secret::new(&name, value));
            }
            Err(dotenvy::Error::Io(error)) => return Err(refused(&error)),
            Err(_) => {
                let line = seen.first_line();
                return Err(Failure::usage(format_args!("{place}:{line}: not NAME=VALUE")));
            }
        }
    }
    Ok(secrets)
}

/// Gives one line at a read, so that what was read is what the parser has taken.
struct Lines {
    inner: BufReader<File>,
    seen: Rc<RefCell<Seen>>,
    rest: Vec<u8>,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.inner.read_until(b'\n', &mut self.rest)?;
            self.seen.borrow_mut().add(&mut self.rest);
        }
        let count = self.rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Ok(count)
    }
}

/// The lines that were read for one pair, with the blank lines and comments before it.
#[derive(Default)]
struct Seen {
    text: Vec<u8>,
    // Lines read before `text`.
    before: usize,
}

impl Seen {
    fn add(&mut self, line: &mut Vec<u8>) {
        if self.before == 0 && self.text.is_empty() && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        self.text.extend_from_slice(line);
    }

    /// What was seen since the last call.
    fn next(&mut self) -> Seen {
        let text = std::mem::take(&mut self.text);
        let before = self.before;
        self.before += text.iter().filter(|&&byte| byte == b'\n').count();
        Seen { text, before }
    }

    /// How many lines stand before the pair.
    fn skipped(&self) -> usize {
        let blank = |line: &&[u8]| matches!(line.trim_ascii().first(), None | Some(b'#'));
        self.text.split(|&byte| byte == b'\n').take_while(blank).count()
    }

    /// The pair's line in the file, counted from 1.
    fn first_line(&self) -> usize {
        self.before + self.skipped() + 1
    }

    /// The value as it is written, without the quotes around it, if a reader could take it otherwise.
    fn value(&self) -> Option<String> {
        let pair = self.text.split(|&byte| byte == b'\n').skip(self.skipped());
        let pair = pair.collect::<Vec<_>>().join(&b'\n');
        let pair = String::from_utf8(pair).ok()?;
        let (_, value) = pair.split_once('=')?;
        let value = value.trim();
        let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
        let value = inside('"').or_else(|| inside('\'')).unwrap_or(value);
        value.contains(['$', '\\']).then(|| value.to_owned())
    }
}
