//! The redactor: made of a configuration, shared, kept fresh.

use std::borrow::Cow;
use std::ffi::{OsStr, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use engine::config::Config;
use engine::store::SecretStore;
use engine::structured::{JsonStream, Malformed, MessagePack};
use engine::{Guard, Redactor, Secret, Surface};

use crate::buffer::keepmum_buffer;
use crate::bytes::{bytes, c_text, object, out, text};
use crate::entry::entry;
use crate::status::{Failure, keepmum_status};

/// What metrics call calls from C.
const SURFACE: Surface = Surface::new("c");

/// Secrets and rules, as a configuration says. Its sources of secrets are read again as they rotate, by a thread of its own.
///
/// It may be used by any number of threads at once.
pub struct keepmum_redactor {
    pub(crate) store: SecretStore,
    guard: Guard,
}

const _: () = shared::<keepmum_redactor>();
const fn shared<T: Send + Sync>() {}

/// Is told what somebody should look at: a source that cannot be read, a secret that is too short to be looked for. `text`
/// is UTF-8, names no value, and is valid during the call.
///
/// It is called from any thread, also long after the redactor was made, until that and all of its streams are freed. It
/// must return, must not throw, and must not free a redactor.
pub type keepmum_warn_fn = Option<unsafe extern "C" fn(ctx: *mut c_void, text: *const c_char)>;

/// Makes a redactor of the configuration file at `config_path`: `keepmum.toml`, as the program reads it. If that is NULL
/// there is no file: the built-in rules are in force, and secrets are those of `keepmum_add_secret`.
///
/// `warn` may be NULL, but then nobody hears that a secret is not covered. `*out` is the new redactor, for
/// `keepmum_free`; NULL after a failure.
///
/// A relative path in the file is relative to the file. Programs that the file names are run. A file whose sources belong
/// to environments asks for the variable KEEPMUM_ENVIRONMENT, or for its key `environment`.
///
/// Threads do not survive fork(): make redactors in the process that uses them.
///
/// # Safety
///
/// `config_path` is NULL or a C string, `warn` keeps what is said of it, `out` is NULL or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_new(
    config_path: *const c_char,
    warn: keepmum_warn_fn,
    warn_ctx: *mut c_void,
    out: *mut *mut keepmum_redactor,
) -> keepmum_status {
    entry(|| {
        // SAFETY: as the caller promises.
        let out = unsafe { self::out(out, ptr::null_mut(), "out") }?;
        let config = if config_path.is_null() {
            Config::default()
        } else {
            // SAFETY: as the caller promises.
            let path = unsafe { c_text(config_path, "config_path") }?;
            Config::read(Path::new(OsStr::from_bytes(path.to_bytes())))?
        };
        *out = keepmum_redactor::new(&config, Host { warn, ctx: warn_ctx })?;
        Ok(())
    })
}

/// The same with a configuration as text: UTF-8, in the format of `keepmum.toml`. Relative paths in it are relative to the
/// working folder.
///
/// # Safety
///
/// `toml` is NULL or a C string; the rest as for `keepmum_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_new_from_toml(
    toml: *const c_char,
    warn: keepmum_warn_fn,
    warn_ctx: *mut c_void,
    out: *mut *mut keepmum_redactor,
) -> keepmum_status {
    entry(|| {
        // SAFETY: as the caller promises.
        let (out, toml) = unsafe { (self::out(out, ptr::null_mut(), "out")?, text(toml, "toml")?) };
        let config = Config::parse("configuration", toml)?;
        *out = keepmum_redactor::new(&config, Host { warn, ctx: warn_ctx })?;
        Ok(())
    })
}

/// Covers one more secret, for good: in every form and spelling, and from now on also in streams that are running. `name` is
/// what stands in its place: `[REDACTED:name]`. Both are copied.
///
/// A value of under four bytes, or a common word, is refused: it would be found everywhere.
///
/// # Safety
///
/// `redactor` is NULL or was made here and is not freed; `name` is NULL or a C string; `value` is NULL or has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_add_secret(
    redactor: *const keepmum_redactor,
    name: *const c_char,
    value: *const u8,
    len: usize,
) -> keepmum_status {
    entry(|| {
        // SAFETY: as the caller promises.
        let redactor = unsafe { object(redactor, "redactor") }?;
        // SAFETY: as the caller promises.
        let (name, value) = unsafe { (text(name, "name")?, bytes(value, len, "value")?) };
        let secret = Secret::new(name, value);
        let refused = |why: &dyn ToString| {
            Failure::new(keepmum_status::KEEPMUM_ERROR_SECRET, why.to_string())
        };
        let alone = Redactor::builder().known(secret.clone()).map_err(|error| refused(&error))?;
        alone.warnings().first().map_or(Ok(()), |warning| Err(refused(warning)))?;
        redactor.store.add(secret).map_err(|error| refused(&error))
    })
}

/// Has every source of secrets read again, now. Returns at once; `warn` hears of failures.
///
/// # Safety
///
/// `redactor` is NULL or was made here and is not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_refresh(redactor: *const keepmum_redactor) -> keepmum_status {
    entry(|| {
        // SAFETY: as the caller promises.
        unsafe { object(redactor, "redactor") }?.store.refresh_now();
        Ok(())
    })
}

/// Redacts `len` bytes, as they are: a log line, a message, any text. `*out` is the result, for `keepmum_buffer_free`; it is
/// empty after a failure.
///
/// # Safety
///
/// `redactor` is NULL or was made here and is not freed; `input` is NULL or has `len` bytes; `out` is NULL or may be
/// written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_redact(
    redactor: *const keepmum_redactor,
    input: *const u8,
    len: usize,
    out: *mut keepmum_buffer,
) -> keepmum_status {
    // SAFETY: as the caller promises.
    unsafe {
        redacted(redactor, (input, len), out, |redactor, input| {
            Ok(redactor.guard.redact(SURFACE, input).into_owned())
        })
    }
}

/// Redacts JSON, or lines of it: strings are looked through as what they say, however they are escaped, and stay strings;
/// numbers that hold a secret become strings; all other bytes stay. What is no JSON is redacted as text to the end of its
/// line.
///
/// # Safety
///
/// As `keepmum_redact`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_redact_json(
    redactor: *const keepmum_redactor,
    input: *const u8,
    len: usize,
    out: *mut keepmum_buffer,
) -> keepmum_status {
    // SAFETY: as the caller promises.
    unsafe {
        redacted(redactor, (input, len), out, |redactor, input| {
            let mut stream = JsonStream::lines(redactor.store.redactor(), Vec::new());
            stream.push(input).map_err(malformed)?;
            stream.finish().map_err(malformed)
        })
    }
}

/// Redacts MessagePack, one document or several: strings, binary data and keys change where something is found in them;
/// numbers that hold a secret become strings; times, types, order and all other bytes stay. Input that is cut off or damaged
/// is `KEEPMUM_ERROR_INPUT`, and nothing of it is given out.
///
/// # Safety
///
/// As `keepmum_redact`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_redact_msgpack(
    redactor: *const keepmum_redactor,
    input: *const u8,
    len: usize,
    out: *mut keepmum_buffer,
) -> keepmum_status {
    // SAFETY: as the caller promises.
    unsafe {
        redacted(redactor, (input, len), out, |redactor, input| {
            let now = redactor.store.redactor();
            let output = MessagePack::new().redact(&now, input, &mut |_| {});
            output.map(Cow::into_owned).map_err(malformed)
        })
    }
}

/// Frees a redactor; NULL is fine. Its streams go on, and keep what they need.
///
/// # Safety
///
/// `redactor` is NULL, or was made here, is not freed, and is used by no other thread any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_free(redactor: *mut keepmum_redactor) {
    if redactor.is_null() {
        return;
    }
    entry(|| {
        // SAFETY: made by `keepmum_redactor::new` from a box, and freed once.
        drop(unsafe { Box::from_raw(redactor) });
        Ok(())
    });
}

/// # Safety
///
/// As [`keepmum_redact`].
unsafe fn redacted(
    redactor: *const keepmum_redactor,
    (input, len): (*const u8, usize),
    out: *mut keepmum_buffer,
    redact: impl FnOnce(&keepmum_redactor, &[u8]) -> Result<Vec<u8>, Failure>,
) -> keepmum_status {
    entry(|| {
        // SAFETY: as the caller promises.
        let out = unsafe { self::out(out, keepmum_buffer::NONE, "out") }?;
        // SAFETY: as the caller promises.
        let (redactor, input) =
            unsafe { (object(redactor, "redactor")?, bytes(input, len, "input")?) };
        *out = keepmum_buffer::new(redact(redactor, input)?);
        Ok(())
    })
}

fn malformed(why: Malformed) -> Failure {
    Failure::new(keepmum_status::KEEPMUM_ERROR_INPUT, why)
}

impl keepmum_redactor {
    fn new(config: &Config, host: Host) -> Result<*mut Self, Failure> {
        let store = config.open(move |warning| host.warn(warning))?;
        let guard = Guard::from(store.clone());
        Ok(Box::into_raw(Box::new(Self { store, guard })))
    }
}

/// Who is told of warnings.
struct Host {
    warn: keepmum_warn_fn,
    ctx: *mut c_void,
}

// SAFETY: the context is only handed back, to a function that may be called from any thread: `keepmum_warn_fn` asks for it.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    fn warn(&self, warning: &str) {
        let Some(warn) = self.warn else { return };
        let text = std::ffi::CString::new(warning.replace('\0', "\u{fffd}")).unwrap_or_default();
        // SAFETY: the function and its context are valid for as long as the store lives; the text is for the call.
        unsafe { warn(self.ctx, text.as_ptr()) };
    }
}
