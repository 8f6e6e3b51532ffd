//! SIGINT and SIGTERM end the input, and the output in order; SIGHUP has the sources of secrets read again.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use keepmum::store::SecretStore;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// From now on SIGHUP does not end the program: every source is asked again.
pub(crate) fn refresh_on_hangup(store: SecretStore) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP])?;
    let refresh = move || signals.forever().for_each(|_| store.refresh_now());
    std::thread::Builder::new().name("keepmum-hangup".to_owned()).spawn(refresh).map(drop)
}

/// Which signal came, if one did. Reads are restarted after a signal, so a pipe wakes who waits.
pub(crate) struct Signals {
    came: Arc<AtomicUsize>,
    wake: UnixStream,
}

/// Why a wait ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There is something to read, or the input ended.
    Ready,
    Signal,
    Silence,
}

impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        let came = Arc::new(AtomicUsize::new(0));
        let (wake, waker) = UnixStream::pair()?;
        let armed = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The first ends in order; the second ends at once, for when the output's reader is stuck.
            signal_hook::flag::register_conditional_shutdown(
                signal,
                128 + signal,
                Arc::clone(&armed),
            )?;
            signal_hook::flag::register(signal, Arc::clone(&armed))?;
            signal_hook::flag::register_usize(signal, Arc::clone(&came), signal as usize)?;
            signal_hook::low_level::pipe::register(signal, waker.try_clone()?)?;
        }
        Ok(Self { came, wake })
    }

    pub(crate) fn came(&self) -> Option<i32> {
        i32::try_from(self.came.load(Ordering::Relaxed)).ok().filter(|&signal| signal > 0)
    }

    /// Waits until `fd` can be read, a signal comes, or `silence` has passed.
    pub(crate) fn wait(&self, fd: BorrowedFd<'_>, silence: Option<Duration>) -> Woken {
        let timeout = silence.map(|silence| Timespec {
            tv_sec: silence.as_secs() as i64,
            tv_nsec: silence.subsec_nanos().into(),
        });
        let mut fds = [
            PollFd::from_borrowed_fd(fd, PollFlags::IN),
            PollFd::from_borrowed_fd(self.wake.as_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => Woken::Silence,
            // Interrupted: whoever waits looks whether a signal came.
            Err(_) => Woken::Signal,
            _ if !fds[1].revents().is_empty() => Woken::Signal,
            _ => Woken::Ready,
        }
    }
}
