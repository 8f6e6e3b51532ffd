//! The terminal that keepmum itself runs on, and what is typed there.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use rustix::termios::{
    OptionalActions, SpecialCodeIndex, Termios, Winsize, isatty, tcgetattr, tcgetwinsize,
    tcsetattr, tcsetwinsize,
};
use zeroize::Zeroizing;

/// The size of a terminal where there is none.
const USUAL: Winsize = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };

/// The size of the terminal that one of the standard streams is.
pub(super) fn size() -> Winsize {
    let sizes = [tcgetwinsize(io::stdout()), tcgetwinsize(io::stderr()), tcgetwinsize(io::stdin())];
    sizes.into_iter().flatten().find(|size| size.ws_col > 0).unwrap_or(USUAL)
}

/// Gives `pty` the size of the terminal; its foreground is told by the kernel.
pub(super) fn resize(pty: impl AsFd) {
    let _ = tcsetwinsize(pty, size());
}

/// Gives `pty` the modes of the terminal, such as the key that erases. Only before the program has set its own.
pub(super) fn copy_modes(pty: impl AsFd) -> io::Result<()> {
    if isatty(io::stdin()) {
        tcsetattr(pty, OptionalActions::Now, &tcgetattr(io::stdin())?)?;
    }
    Ok(())
}

/// A terminal in raw mode: each key goes to the program's own terminal, which interprets it. As before when dropped, also
/// by a panic.
pub(super) struct Raw {
    terminal: File,
    before: Termios,
}

impl Raw {
    /// Makes standard input raw, if it is a terminal.
    pub(super) fn enter() -> io::Result<Option<Self>> {
        let stdin = io::stdin();
        if !isatty(&stdin) {
            return Ok(None);
        }
        let before = tcgetattr(&stdin)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&stdin, OptionalActions::Drain, &raw)?;
        Ok(Some(Self { terminal: stdin.as_fd().try_clone_to_owned()?.into(), before }))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Drain, &self.before);
    }
}

/// Passes what is typed on to `pty`, until there is no more or the program has ended. It may be a secret.
pub(super) fn type_into(mut pty: File, mut typed: File) {
    let mut buffer = Zeroizing::new([0; 4096]);
    let mut last = b'\n';
    loop {
        match typed.read(&mut buffer[..]) {
            Ok(0) => return end(&mut pty, last),
            Ok(count) => {
                last = buffer[count - 1];
                if pty.write_all(&buffer[..count]).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Types the key that ends the input. Behind a line that was begun the first one only passes that on.
fn end(pty: &mut File, last: u8) {
    let Ok(modes) = tcgetattr(&*pty) else { return };
    let key = modes.special_codes[SpecialCodeIndex::VEOF];
    let keys = if last == b'\n' { &[key][..] } else { &[key, key] };
    let _ = pty.write_all(keys);
}
