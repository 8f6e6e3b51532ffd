//! What an agent writes.

use std::io::Read;

/// The longest event that is looked through.
pub(super) const LONGEST: usize = 64 << 20;

/// Room that is there from the beginning: what nothing is written to costs nothing, and growing moves all that was read.
const USUAL: usize = 2 << 20;

/// All of it, up to one byte more than is looked through. What breaks off is no JSON, and is refused as that.
pub(super) fn read(input: impl Read) -> Vec<u8> {
    let mut event = Vec::with_capacity(USUAL);
    let _ = input.take(LONGEST as u64 + 1).read_to_end(&mut event);
    event
}
