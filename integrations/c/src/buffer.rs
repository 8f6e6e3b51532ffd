//! Bytes that are given out.

use std::ptr;

/// Redacted bytes. They are the caller's until `keepmum_buffer_free`; the fields must not be changed before.
#[repr(C)]
#[derive(Debug)]
pub struct keepmum_buffer {
    /// The bytes, and a NUL behind them that `len` does not count. NULL after a failure.
    pub data: *mut u8,
    /// How many.
    pub len: usize,
}

impl keepmum_buffer {
    /// No bytes, and nothing to free.
    pub(crate) const NONE: Self = Self { data: ptr::null_mut(), len: 0 };

    pub(crate) fn new(mut bytes: Vec<u8>) -> Self {
        let len = bytes.len();
        bytes.reserve_exact(1);
        bytes.push(0);
        Self { data: Box::into_raw(bytes.into_boxed_slice()).cast(), len }
    }
}

/// Frees what a call gave out, and empties `buffer`. NULL, and a buffer that is empty already, are fine.
///
/// # Safety
///
/// `buffer` is NULL, or holds what a call of this library put there, or NULL and 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keepmum_buffer_free(buffer: *mut keepmum_buffer) {
    if buffer.is_null() {
        return;
    }
    // SAFETY: not null, and the rest as the caller promises.
    let keepmum_buffer { data, len } = unsafe { ptr::replace(buffer, keepmum_buffer::NONE) };
    if !data.is_null() {
        let bytes = ptr::slice_from_raw_parts_mut(data, len + 1);
        // SAFETY: made by `new` from a box of `len` bytes and a NUL.
        drop(unsafe { Box::from_raw(bytes) });
    }
}
