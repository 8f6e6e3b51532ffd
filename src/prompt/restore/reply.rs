//! A reply that is passed on.

/// A reply whose tool calls get values back. Whatever it is, what cannot be restored is passed on as it came: a reference is
/// no secret.
#[derive(Debug)]
pub struct Reply;

impl Reply {
    /// Takes a chunk and appends to `out` what can be passed on by now.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(chunk);
    }

    /// Says that the reply is over, complete or not, and appends the rest to `out`.
    pub fn finish(self, out: &mut Vec<u8>) {
        let _ = out;
    }
}
