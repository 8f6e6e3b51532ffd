//! The signals that are passed on to the program.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Origin};

const PASSED_ON: &[i32] = &[SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH];

/// Signals as they come, and a bell that others can ring to wake who waits for them.
pub(super) struct Signals {
    delivery: SignalDelivery<UnixStream, WithOrigin>,
    bell: UnixStream,
}

/// What a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// The program has ended, perhaps.
    Child,
    /// The terminal has another size.
    Resized,
    /// A terminal's key, which reached everything in the terminal's foreground.
    Key(i32),
    /// Somebody sent it to this process.
    Sent(i32),
}

/// Wakes who waits for signals.
pub(super) struct Bell(UnixStream);

impl Bell {
    pub(super) fn ring(&mut self) {
        let _ = self.0.write_all(&[1]);
    }
}

impl Signals {
    /// Listens to all but those that were ignored when this process was started: `nohup` stays in force.
    pub(super) fn listen() -> io::Result<Self> {
        let (read, bell) = UnixStream::pair()?;
        let ignored = ignored();
        let wanted = PASSED_ON.iter().filter(|&signal| !ignored.holds(*signal)).chain(&[SIGCHLD]);
        let delivery = SignalDelivery::with_pipe(
            read,
            bell.try_clone()?,
            WithOrigin::default(),
            wanted.copied().collect::<Vec<_>>(),
        )?;
        Ok(Self { delivery, bell })
    }

    pub(super) fn bell(&self) -> io::Result<Bell> {
        self.bell.try_clone().map(Bell)
    }

    /// Readable when there is a signal, or the bell rang.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }

    /// What came since the last call.
    pub(super) fn came(&mut self) -> Vec<Came> {
        self.delivery.pending().map(|origin| Came::from(&origin)).collect()
    }
}

impl From<&Origin> for Came {
    fn from(origin: &Origin) -> Self {
        match origin.signal {
            SIGCHLD => Came::Child,
            SIGWINCH => Came::Resized,
            signal @ (SIGINT | SIGQUIT) if origin.cause == Cause::Kernel => Came::Key(signal),
            signal => Came::Sent(signal),
        }
    }
}

/// A mask of signals as the kernel prints it.
struct Mask(u64);

impl Mask {
    fn holds(&self, signal: i32) -> bool {
        u32::try_from(signal - 1)
            .is_ok_and(|bit| self.0.checked_shr(bit).is_some_and(|m| m & 1 == 1))
    }
}

/// The signals that this process ignores; none where the kernel does not tell.
fn ignored() -> Mask {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    Mask(mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_counts_from_one() {
        let mask = Mask(1 | 1 << 14);
        assert!(mask.holds(SIGHUP) && mask.holds(SIGTERM));
        assert!(!mask.holds(SIGINT) && !mask.holds(0) && !mask.holds(99));
    }
}
