//! Asynchronous clients behind a trait that blocks.

use std::thread;

use tokio::runtime::{Builder, Runtime};

use super::SourceError;

/// Runs `work` to its end.
///
/// It gets a thread and a runtime of its own: a caller may be inside a runtime, where blocking on another one panics. What
/// a client of a vault still does in the background, such as a look-up of a name that hangs, is left behind and not
/// waited for. A client that panics is an error as any other: whoever keeps secrets fresh must live on.
pub(super) fn run<T: Send>(
    source: &str,
    work: impl AsyncFnOnce() -> Result<T, SourceError> + Send,
) -> Result<T, SourceError> {
    let inside = || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| SourceError::unavailable(source, error))?;
        let result = runtime.block_on(work());
        Runtime::shutdown_background(runtime);
        result
    };
    let joined = thread::scope(|scope| scope.spawn(inside).join());
    joined.unwrap_or_else(|_| Err(SourceError::unavailable(source, "its client panicked")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_may_be_called_from_inside_a_runtime() {
        let outer = Builder::new_current_thread().build().expect("a runtime");
        let inner = async || Ok(7);
        assert_eq!(outer.block_on(async { run("demo", inner) }), Ok(7));
    }

    #[test]
    fn a_panic_is_an_error() {
        let broken = async || -> Result<(), SourceError> { panic!("on purpose") };
        assert!(run("demo", broken).is_err_and(|error| error.is_unavailable()));
    }
}
