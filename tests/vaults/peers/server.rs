//! A program that serves on a port, stopped when it is dropped.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Generous: a machine may be busy.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) struct Server {
    child: Child,
    pub(super) port: u16,
}

impl Server {
    /// Starts what `command` makes for a free port, and waits until it listens there.
    pub(super) fn start(command: impl FnOnce(u16) -> Command) -> Self {
        let port = free_port();
        let mut command = command(port);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Self { child: quiet.spawn().unwrap(), port };
        until(|| {
            assert!(server.child.try_wait().unwrap().is_none(), "{command:?} ended");
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        server
    }

    pub(super) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until `met`.
pub(super) fn until(mut met: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !met() {
        assert!(Instant::now() < end, "nothing happened in {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
