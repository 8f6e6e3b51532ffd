//! Fluent Bit's interface of filters, in safe terms: all that is unsafe here stands in this file.
//!
//! The host copies `struct flb_filter_plugin` (`include/fluent-bit/flb_filter.h`) out of the library and keeps the copy. It is
//! the same in all versions from 3.2 to 5.1; 2.2 to 3.1 end one pointer earlier, which this does not mind, since that pointer
//! is null. No structure of an instance is touched: there are three functions for what is needed of it.
//!
//! The `config_map` is null. With one the host would check the names of options itself, but its entries have another size from
//! 5.1 on, so that one library could not serve both.
#![allow(unsafe_code, reason = "the other side is C")]

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::ptr::{null, null_mut};
use std::slice;
use std::sync::Once;

use crate::options::Options;

const LOGS: c_int = 1;
const MODIFIED: c_int = 1;
const UNTOUCHED: c_int = 2;

unsafe extern "C" {
    fn flb_filter_get_property(key: *const c_char, instance: *mut c_void) -> *const c_char;
    fn flb_filter_set_context(instance: *mut c_void, context: *mut c_void);
    fn flb_log_print(kind: c_int, file: *const c_char, line: c_int, format: *const c_char, ...);
    /// The host's: it may be another than that of the C library, and frees what is given to it.
    fn malloc(size: usize) -> *mut c_void;
}

/// What a filter does.
pub(crate) trait Filter: Sized + Send + Sync {
    /// Makes it as its section of the configuration says.
    ///
    /// # Errors
    ///
    /// Why it cannot be made, in a text that names the option. The host does not start then.
    fn new(options: &impl Options, host: Host) -> Result<Self, String>;

    /// What becomes of a chunk; borrowed if it stays as it is.
    ///
    /// # Errors
    ///
    /// Why the chunk is dropped.
    fn filter<'a>(&self, tag: &[u8], chunk: &'a [u8]) -> Result<Cow<'a, [u8]>, String>;
}

/// The host's log.
#[derive(Clone, Copy)]
pub(crate) struct Host;

/// As the host counts them.
#[derive(Clone, Copy)]
pub(crate) enum Level {
    Error = 1,
    Warning = 2,
}

impl Host {
    /// Writes a line into the host's log, from any thread.
    pub(crate) fn log(self, level: Level, line: &str) {
        let line = CString::new(format!("[filter:keepmum] {}", line.replace('\0', "")));
        let Ok(line) = line else { return };
        // SAFETY: both texts end in a null byte, and the format takes one text.
        unsafe { flb_log_print(level as c_int, null(), 0, c"%s".as_ptr(), line.as_ptr()) }
    }
}

/// `struct flb_filter_plugin`.
#[repr(C)]
pub struct Plugin {
    event_type: c_int,
    flags: c_int,
    name: *const c_char,
    description: *const c_char,
    config_map: *const c_void,
    pre_run: Option<Callback>,
    init: Option<Callback>,
    filter: Option<FilterCallback>,
    exit: Option<unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int>,
    notification: Option<Callback>,
    head: [*const c_void; 2],
}

// SAFETY: nothing is ever written through it, and what it points to is constant.
unsafe impl Sync for Plugin {}

/// Of an instance, the host's configuration, and data.
type Callback = unsafe extern "C" fn(*mut c_void, *mut c_void, *mut c_void) -> c_int;

type FilterCallback = unsafe extern "C" fn(
    *const c_void,
    usize,
    *const c_char,
    c_int,
    *mut *mut c_void,
    *mut usize,
    *mut c_void,
    *mut c_void,
    *mut c_void,
    *mut c_void,
) -> c_int;

impl Plugin {
    pub(crate) const fn of<F: Filter>(name: &'static CStr, description: &'static CStr) -> Self {
        Self {
            event_type: LOGS,
            flags: 0,
            name: name.as_ptr(),
            description: description.as_ptr(),
            config_map: null(),
            pre_run: None,
            init: Some(init::<F>),
            filter: Some(filter::<F>),
            exit: Some(exit::<F>),
            notification: None,
            head: [null(); 2],
        }
    }
}

/// An instance while it is made.
struct Instance(*mut c_void);

impl Options for Instance {
    fn value(&self, key: &CStr) -> Option<Vec<u8>> {
        // SAFETY: the instance is the host's own; the value is a text that it keeps, or null.
        let value = unsafe { flb_filter_get_property(key.as_ptr(), self.0) };
        // SAFETY: as above.
        (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) }.to_bytes().to_vec())
    }
}

/// Makes a filter and gives it to the host.
unsafe extern "C" fn init<F: Filter>(
    instance: *mut c_void,
    _config: *mut c_void,
    _data: *mut c_void,
) -> c_int {
    quiet_panics();
    let made = catch_unwind(|| F::new(&Instance(instance), Host));
    match made.unwrap_or_else(|_| Err("making the filter panicked".to_owned())) {
        Ok(filter) => {
            let context = Box::into_raw(Box::new(filter)).cast();
            // SAFETY: the instance is the host's own; it gives the context back to `filter` and `exit` alone.
            unsafe { flb_filter_set_context(instance, context) };
            0
        }
        Err(error) => {
            Host.log(Level::Error, &error);
            -1
        }
    }
}

/// A panic's text might show what was looked through; where it happened is enough.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        set_hook(Box::new(|info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            Host.log(Level::Error, &format!("panicked at {place}"));
        }));
    });
}

/// Filters a chunk. Whatever goes wrong, the chunk is dropped: the host takes a result of no bytes for that.
unsafe extern "C" fn filter<F: Filter>(
    data: *const c_void,
    len: usize,
    tag: *const c_char,
    tag_len: c_int,
    out: *mut *mut c_void,
    out_len: *mut usize,
    _instance: *mut c_void,
    _input: *mut c_void,
    context: *mut c_void,
    _config: *mut c_void,
) -> c_int {
    // SAFETY: the host gives places for both.
    unsafe { (*out, *out_len) = (null_mut(), 0) };
    let filtered = catch_unwind(AssertUnwindSafe(|| -> Result<_, String> {
        // SAFETY: what `init` gave the host, which it gives back until `exit`.
        let filter = unsafe { context.cast::<F>().as_ref() }.ok_or("it was not made")?;
        // SAFETY: the host's chunk and tag, which it keeps while this runs.
        let (chunk, tag) = unsafe {
            (bytes(data.cast(), len), bytes(tag.cast(), usize::try_from(tag_len).unwrap_or(0)))
        };
        match filter.filter(tag, chunk)? {
            Cow::Borrowed(_) => Ok(None),
            Cow::Owned(new) => given(&new).map(|memory| Some((memory, new.len()))),
        }
    }));
    match filtered.unwrap_or_else(|_| Err("looking through it panicked".to_owned())) {
        Ok(None) => UNTOUCHED,
        Ok(Some((memory, len))) => {
            // SAFETY: as above.
            unsafe { (*out, *out_len) = (memory, len) };
            MODIFIED
        }
        Err(error) => {
            Host.log(Level::Error, &format!("dropped a chunk of {len} bytes: {error}"));
            MODIFIED
        }
    }
}

/// # Safety
///
/// `data` is null, or there are `len` bytes that stay for as long as the result.
unsafe fn bytes<'a>(data: *const u8, len: usize) -> &'a [u8] {
    if data.is_null() {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { slice::from_raw_parts(data, len) }
}

/// A copy in the host's memory.
fn given(bytes: &[u8]) -> Result<*mut c_void, String> {
    // SAFETY: any size may be asked for.
    let memory = unsafe { malloc(bytes.len().max(1)) };
    if memory.is_null() {
        return Err("there is no memory".to_owned());
    }
    // SAFETY: so many bytes were given, and nobody else knows of them.
    unsafe { memory.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(memory)
}

/// Lets go of a filter.
unsafe extern "C" fn exit<F: Filter>(context: *mut c_void, _config: *mut c_void) -> c_int {
    if !context.is_null() {
        // SAFETY: what `init` gave the host, for the last time.
        let filter = unsafe { Box::from_raw(context.cast::<F>()) };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(filter)));
    }
    0
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    thread_local! {
        static CONTEXT: Cell<*mut c_void> = const { Cell::new(null_mut()) };
        static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    #[unsafe(no_mangle)]
    extern "C" fn flb_filter_get_property(_: *const c_char, _: *mut c_void) -> *const c_char {
        null()
    }

    #[unsafe(no_mangle)]
    extern "C" fn flb_filter_set_context(_: *mut c_void, context: *mut c_void) {
        CONTEXT.set(context);
    }

    /// The one form in which it is called.
    #[unsafe(no_mangle)]
    extern "C" fn flb_log_print(
        _: c_int,
        _: *const c_char,
        _: c_int,
        _: *const c_char,
        line: *const c_char,
    ) {
        // SAFETY: `Host::log` gives a text.
        let line = unsafe { CStr::from_ptr(line) };
        LOG.with_borrow_mut(|log| log.push(line.to_string_lossy().into_owned()));
    }

    /// Panics on chunks that say so.
    struct Panics;

    impl Filter for Panics {
        fn new(options: &impl Options, _: Host) -> Result<Self, String> {
            assert!(options.value(c"any").is_none());
            Ok(Self)
        }

        fn filter<'a>(&self, tag: &[u8], chunk: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
            assert_ne!(chunk, b"panic with correct horse", "with correct horse");
            Ok(if tag == b"new" { Cow::Owned(b"new".to_vec()) } else { Cow::Borrowed(chunk) })
        }
    }

    static PLUGIN: Plugin = Plugin::of::<Panics>(c"panics", c"Panics");

    /// What the host does with a chunk: the status, and the result, which it frees.
    fn filtered(tag: &str, chunk: &[u8]) -> (c_int, Vec<u8>) {
        unsafe extern "C" {
            fn free(memory: *mut c_void);
        }
        let (mut out, mut len) = (null_mut(), 7);
        let (data, tag_len) = (chunk.as_ptr().cast(), tag.len() as c_int);
        let filter = PLUGIN.filter.expect("there is one");
        // SAFETY: as the host calls it.
        unsafe {
            let (tag, nothing, context) = (tag.as_ptr().cast(), null_mut(), CONTEXT.get());
            let (out, len) = (&raw mut out, &raw mut len);
            let status = filter(
                data,
                chunk.len(),
                tag,
                tag_len,
                out,
                len,
                nothing,
                nothing,
                context,
                nothing,
            );
            let result = bytes((*out).cast(), *len).to_vec();
            free(*out);
            (status, result)
        }
    }

    #[test]
    fn a_panic_drops_the_chunk_and_says_nothing_of_it() {
        let init = PLUGIN.init.expect("there is one");
        // SAFETY: as the host calls it.
        assert_eq!(unsafe { init(null_mut(), null_mut(), null_mut()) }, 0);
        assert_eq!(filtered("any", b"chunk"), (UNTOUCHED, Vec::new()));
        assert_eq!(filtered("new", b"chunk"), (MODIFIED, b"new".to_vec()));
        assert_eq!(filtered("any", b"panic with correct horse"), (MODIFIED, Vec::new()));
        let log = LOG.with_borrow_mut(std::mem::take).join("\n");
        assert!(
            log.contains("dropped a chunk of 24 bytes") && log.contains("panicked at"),
            "{log}"
        );
        assert!(!log.contains("correct horse"), "{log}");
        let exit = PLUGIN.exit.expect("there is one");
        // SAFETY: as the host calls it.
        assert_eq!(unsafe { exit(CONTEXT.get(), null_mut()) }, 0);
        CONTEXT.set(null_mut());
        assert_eq!(filtered("new", b"chunk"), (MODIFIED, Vec::new()), "without a filter");
    }
}
