//! SIGINT and SIGTERM end what serves in order, SIGHUP has the sources of secrets read again.

use std::io;

use keepmum::store::SecretStore;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::sync::oneshot;

/// Done once a signal says that it is over. The second such signal ends the program at once.
pub(crate) fn listen(store: SecretStore) -> io::Result<oneshot::Receiver<()>> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let (sender, stop) = oneshot::channel();
    let mut sender = Some(sender);
    let heed = move || {
        for signal in signals.forever() {
            match (signal, sender.take_if(|_| signal != SIGHUP)) {
                (SIGHUP, _) => store.refresh_now(),
                // Nobody listens if it has ended by itself.
                (_, Some(sender)) => drop(sender.send(())),
                (signal, None) => std::process::exit(128 + signal),
            }
        }
    };
    std::thread::Builder::new().name("keepmum-signals".to_owned()).spawn(heed)?;
    Ok(stop)
}
