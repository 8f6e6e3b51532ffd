//! Streams: chunks in, redacted bytes out through a callback.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::{Mutex, TryLockError};

use engine::Discard;
use engine::store::{Follower, FreshStream, SecretStore};
use engine::structured::JsonStream;

use crate::bytes::{bytes, object, out};
use crate::entry::entry;
use crate::keepmum_redactor;
use crate::status::{Failure, keepmum_status};

/// An input that comes in chunks. However it is cut, the bytes that leave are the same; what could still become a secret is
/// held back.
///
/// One stream is used by one thread at a time.
pub struct keepmum_stream {
    /// Taken by one call at a time: a second one, from the callback or from another thread, finds it taken and fails. A
    /// panic poisons it, and every later call fails.
    state: Mutex<State>,
}

/// Takes `len` redacted bytes, which are valid during the call. 0: they were taken. Anything else: they were not, the
/// stream fails, and nothing is written any more.
///
/// It is called from within `keepmum_stream_push`, `_release` and `_finish`, at most once by each. It must return, must not
/// throw, and must not use the stream.
pub type keepmum_write_fn =
    Option<unsafe extern "C" fn(ctx: *mut c_void, data: *const u8, len: usize) -> c_int>;

/// A stream that writes through `write`, which is handed `ctx`. `*out` is the new stream, for `keepmum_stream_free`; NULL
/// after a failure.
///
/// # Safety
///
/// `redactor` is NULL or was made here and is not freed; `write` keeps what is said of it; `out` is NULL or may be written
/// to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_stream_new(
    redactor: *const keepmum_redactor,
    write: keepmum_write_fn,
    ctx: *mut c_void,
    out: *mut *mut keepmum_stream,
) -> keepmum_status {
    // SAFETY: as the caller promises.
    unsafe { opened(redactor, (write, ctx), out, Passing::bytes) }
}

/// The same for JSON and lines of it: see `keepmum_redact_json`.
///
/// # Safety
///
/// As `keepmum_stream_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_stream_new_json(
    redactor: *const keepmum_redactor,
    write: keepmum_write_fn,
    ctx: *mut c_void,
    out: *mut *mut keepmum_stream,
) -> keepmum_status {
    // SAFETY: as the caller promises.
    unsafe { opened(redactor, (write, ctx), out, Passing::json) }
}

/// Reads the next `len` bytes of the input, and writes what is decided by now.
///
/// # Safety
///
/// `stream` is NULL or was made here and is not freed; `input` is NULL or has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_stream_push(
    stream: *const keepmum_stream,
    input: *const u8,
    len: usize,
) -> keepmum_status {
    entry(|| {
        // SAFETY: as the caller promises.
        let (stream, input) = unsafe { (object(stream, "stream")?, bytes(input, len, "input")?) };
        stream.act(|passing| passing.push(input))
    })
}

/// Says that the input pauses, for instance at a prompt: a held beginning of a possible secret of under 8 bytes is written.
/// If it completes after all, the rest is redacted.
///
/// # Safety
///
/// `stream` is NULL or was made here and is not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_stream_release(stream: *const keepmum_stream) -> keepmum_status {
    entry(|| {
        // SAFETY: as the caller promises.
        unsafe { object(stream, "stream") }?.act(Passing::release)
    })
}

/// Says that the input is over, and writes what is left of it. The stream takes no more, and is still to be freed.
///
/// # Safety
///
/// `stream` is NULL or was made here and is not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_stream_finish(stream: *const keepmum_stream) -> keepmum_status {
    entry(|| {
        // SAFETY: as the caller promises.
        unsafe { object(stream, "stream") }?.finish()
    })
}

/// Frees a stream; NULL is fine. What it still holds back is dropped: without `keepmum_stream_finish` the end of the input
/// is never written.
///
/// # Safety
///
/// `stream` is NULL, or was made here, is not freed, and is used by no other call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_stream_free(stream: *mut keepmum_stream) {
    if stream.is_null() {
        return;
    }
    entry(|| {
        // SAFETY: made by `opened` from a box, and freed once.
        drop(unsafe { Box::from_raw(stream) });
        Ok(())
    });
}

/// # Safety
///
/// As [`keepmum_stream_new`].
unsafe fn opened(
    redactor: *const keepmum_redactor,
    (write, ctx): (keepmum_write_fn, *mut c_void),
    out: *mut *mut keepmum_stream,
    passing: impl FnOnce(&SecretStore) -> Passing,
) -> keepmum_status {
    entry(|| {
        // SAFETY: as the caller promises.
        let out = unsafe { self::out(out, ptr::null_mut(), "out") }?;
        // SAFETY: as the caller promises.
        let redactor = unsafe { object(redactor, "redactor") }?;
        let write = write.ok_or_else(|| Failure::argument("write is NULL"))?;
        let stage = Stage::Running(passing(&redactor.store));
        let state = Mutex::new(State { stage, host: Host { write, ctx } });
        *out = Box::into_raw(Box::new(keepmum_stream { state }));
        Ok(())
    })
}

struct State {
    stage: Stage,
    host: Host,
}

enum Stage {
    Running(Passing),
    Finished,
    /// For good: each call gives it again.
    Failed(Failure),
}

impl keepmum_stream {
    /// Does something with what is running, and writes what came of it.
    fn act(&self, act: impl FnOnce(&mut Passing)) -> Result<(), Failure> {
        self.locked(|State { stage, host }| {
            let passing = stage.running()?;
            act(passing);
            let decided = passing.decided();
            let written = host.write(decided);
            decided.clear();
            written.inspect_err(|failure| *stage = Stage::Failed(failure.clone()))
        })
    }

    fn finish(&self) -> Result<(), Failure> {
        self.locked(|State { stage, host }| {
            stage.running()?;
            let Stage::Running(passing) = std::mem::replace(stage, Stage::Finished) else {
                unreachable!("it is running")
            };
            let written = host.write(&passing.finish());
            written.inspect_err(|failure| *stage = Stage::Failed(failure.clone()))
        })
    }

    fn locked(&self, act: impl FnOnce(&mut State) -> Result<(), Failure>) -> Result<(), Failure> {
        match self.state.try_lock() {
            Ok(mut state) => act(&mut state),
            Err(TryLockError::Poisoned(_)) => Err(Failure::panicked()),
            Err(TryLockError::WouldBlock) => {
                Err(Failure::argument("stream is in use by another call"))
            }
        }
    }
}

impl Stage {
    fn running(&mut self) -> Result<&mut Passing, Failure> {
        match self {
            Stage::Running(passing) => Ok(passing),
            Stage::Finished => Err(Failure::argument("stream is finished")),
            Stage::Failed(failure) => Err(failure.clone()),
        }
    }
}

/// Who takes what leaves.
struct Host {
    write: unsafe extern "C" fn(*mut c_void, *const u8, usize) -> c_int,
    ctx: *mut c_void,
}

// SAFETY: the context is only handed back, in the thread that calls.
unsafe impl Send for Host {}

impl Host {
    fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        if bytes.is_empty() {
            return Ok(());
        }
        // SAFETY: the function and its context are valid for as long as the stream; the bytes are for the call.
        match unsafe { (self.write)(self.ctx, bytes.as_ptr(), bytes.len()) } {
            0 => Ok(()),
            code => {
                let why = format_args!("the stream's callback gave {code}");
                Err(Failure::new(keepmum_status::KEEPMUM_ERROR_WRITE, why))
            }
        }
    }
}

/// The stream inside, which goes over to new sets of secrets.
enum Passing {
    Bytes(Box<FreshStream<Vec<u8>>>),
    Json(Box<JsonStream<Vec<u8>>>, Follower),
}

impl Passing {
    fn bytes(store: &SecretStore) -> Self {
        Passing::Bytes(Box::new(store.stream(Vec::new())))
    }

    fn json(store: &SecretStore) -> Self {
        // Followed first: a set that comes between is gone over to.
        let (follower, _) = store.follow(Discard);
        Passing::Json(Box::new(JsonStream::lines(store.redactor(), Vec::new())), follower)
    }

    fn push(&mut self, chunk: &[u8]) {
        match self {
            Passing::Bytes(stream) => stream.push(chunk),
            Passing::Json(stream, follower) => {
                follow(stream, follower);
                stream.push(chunk).expect("lines that are no JSON are text");
            }
        }
    }

    fn release(&mut self) {
        match self {
            Passing::Bytes(stream) => stream.release(),
            // Who prompts does not do so in JSON.
            Passing::Json(..) => {}
        }
    }

    fn decided(&mut self) -> &mut Vec<u8> {
        match self {
            Passing::Bytes(stream) => stream.sink(),
            Passing::Json(stream, _) => stream.sink(),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Passing::Bytes(stream) => stream.finish(),
            Passing::Json(mut stream, mut follower) => {
                follow(&mut stream, &mut follower);
                stream.finish().expect("lines that are no JSON are text")
            }
        }
    }
}

/// Goes over to the set in force.
fn follow(stream: &mut JsonStream<Vec<u8>>, follower: &mut Follower) {
    if let Some(redactor) = follower.newer() {
        stream.adopt(&redactor).expect("all sets of a store are made from one redactor");
    }
}

#[cfg(test)]
mod tests {
    use engine::config::Config;

    use super::*;

    unsafe extern "C" fn unwritten(_: *mut c_void, _: *const u8, _: usize) -> c_int {
        panic!("nothing leaves after a panic")
    }

    #[test]
    fn after_a_panic_a_stream_is_dead() {
        let store =
            Config::parse("test", "only-known = true").and_then(|config| config.open(|_| {}));
        let stage = Stage::Running(Passing::bytes(&store.expect("a store")));
        let host = Host { write: unwritten, ctx: ptr::null_mut() };
        let stream = keepmum_stream { state: Mutex::new(State { stage, host }) };
        let status = entry(|| {
            stream.act(|passing| {
                passing.push(b"decided");
                panic!("in the engine");
            })
        });
        assert_eq!(status, keepmum_status::KEEPMUM_ERROR_PANIC);
        let again = entry(|| stream.act(|passing| passing.push(b"more")));
        assert_eq!(again, keepmum_status::KEEPMUM_ERROR_PANIC);
        assert_eq!(entry(|| stream.finish()), keepmum_status::KEEPMUM_ERROR_PANIC);
    }
}
