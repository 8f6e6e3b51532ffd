//! Memory that is wiped when it is let go.

use std::hint::black_box;
use std::ops::{Deref, DerefMut};

/// Bytes that are overwritten when they are dropped, up to their capacity.
///
/// `Zeroizing` writes byte by byte, which took a tenth of a look through a megabyte (2026-11-25, `perf` of the gateway). This
/// writes as `memset` does, and says that what was written is looked at, so that the compiler keeps it.
#[derive(Default)]
pub(super) struct Wiped(Vec<u8>);

#[cfg(any(feature = "msgpack", feature = "protobuf"))]
impl Wiped {
    /// Makes room for `more` bytes, so that putting them in moves nothing. Memory that is too small is wiped.
    pub(super) fn room(&mut self, more: usize) {
        if self.0.capacity() - self.0.len() < more {
            self.grow(more);
        }
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        let mut new = Vec::with_capacity((self.0.len() + more).max(2 * self.0.capacity()));
        new.extend_from_slice(&self.0);
        *self = Self(new);
    }
}

impl Deref for Wiped {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.clear();
        self.0.resize(self.0.capacity(), 0);
        black_box(&mut self.0);
    }
}
