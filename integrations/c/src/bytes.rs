//! What C hands over, proved as far as it can be.

use std::ffi::{CStr, c_char};

use crate::status::Failure;

/// What `pointer` points to.
///
/// # Safety
///
/// It is null, or points to a `T` that lives and is not changed for `'a`.
pub(crate) unsafe fn object<'a, T>(pointer: *const T, what: &str) -> Result<&'a T, Failure> {
    // SAFETY: as the caller promises.
    unsafe { pointer.as_ref() }.ok_or_else(|| missing(what))
}

/// Where an output goes. It is emptied first, so that after a failure nothing in it looks like one.
///
/// # Safety
///
/// It is null, or points to a place for a `T` that nobody else uses for `'a`. What lies there is not dropped.
pub(crate) unsafe fn out<'a, T>(
    pointer: *mut T,
    empty: T,
    what: &str,
) -> Result<&'a mut T, Failure> {
    if pointer.is_null() {
        return Err(missing(what));
    }
    // SAFETY: as the caller promises; what lies there may be no `T` yet, and is overwritten unread.
    unsafe {
        pointer.write(empty);
        Ok(&mut *pointer)
    }
}

/// The `len` bytes at `pointer`; null is fine if there are none.
///
/// # Safety
///
/// If `len` is not 0, `pointer` is null or points to so many bytes that live and are not changed for `'a`.
pub(crate) unsafe fn bytes<'a>(
    pointer: *const u8,
    len: usize,
    what: &str,
) -> Result<&'a [u8], Failure> {
    match len {
        0 => Ok(&[]),
        _ if pointer.is_null() => Err(missing(what)),
        _ if isize::try_from(len).is_err() => {
            Err(Failure::argument(format_args!("{what}: no object is that long")))
        }
        // SAFETY: not null, not longer than an object can be, and the rest as the caller promises.
        _ => Ok(unsafe { std::slice::from_raw_parts(pointer, len) }),
    }
}

/// The text at `pointer`, up to its NUL.
///
/// # Safety
///
/// `pointer` is null or points to bytes with a NUL among them that live and are not changed for `'a`.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, what: &str) -> Result<&'a str, Failure> {
    // SAFETY: as the caller promises.
    let text = unsafe { c_text(pointer, what) }?;
    text.to_str().map_err(|_| Failure::argument(format_args!("{what} is no UTF-8")))
}

/// The same, whatever its bytes are.
///
/// # Safety
///
/// As [`text`].
pub(crate) unsafe fn c_text<'a>(pointer: *const c_char, what: &str) -> Result<&'a CStr, Failure> {
    if pointer.is_null() {
        return Err(missing(what));
    }
    // SAFETY: not null, and the rest as the caller promises.
    Ok(unsafe { CStr::from_ptr(pointer) })
}

fn missing(what: &str) -> Failure {
    Failure::argument(format_args!("{what} is NULL"))
}
