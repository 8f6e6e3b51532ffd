//! Whether an upstream asks who its client is.

use super::head::{Head, Kind};

/// Bytes by which a greeting is known: the head of an array, the head of a string, and the string.
const LONGEST: usize = 5 + 5 + NAME.len();
const NAME: &[u8] = b"HELO";

/// The first bytes that an upstream says.
#[derive(Debug, Default)]
pub(super) struct Greeting(Vec<u8>);

impl Greeting {
    /// Takes what the upstream says next; whether all that it has said begins with a greeting.
    pub(super) fn begins_with(&mut self, said: &[u8]) -> bool {
        let lacks = LONGEST - self.0.len();
        self.0.extend_from_slice(&said[..lacks.min(said.len())]);
        self.is_one().unwrap_or(false)
    }

    fn is_one(&self) -> Option<bool> {
        let array = Head::read(&self.0).ok()??;
        let name = Head::read(&self.0[array.width..]).ok()??;
        let is_name = matches!(name.kind, Kind::Str | Kind::Bin) && name.count == NAME.len();
        let behind = &self.0[array.width + name.width..];
        Some(array.kind == Kind::Array && is_name && behind.starts_with(NAME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_is_known_in_pieces() {
        for said in [&b"\x92\xa4HELO\x81"[..], b"\xdd\0\0\0\x02\xd9\x04HELO\x80"] {
            let mut greeting = Greeting::default();
            let known: Vec<_> = said.iter().map(|&byte| greeting.begins_with(&[byte])).collect();
            let at = known.iter().position(|&known| known).expect("it is one");
            assert_eq!(at, said.len() - 2);
            assert!(Greeting::default().begins_with(said));
        }
        for said in
            [&b"\x81\xa3ack\xa1x"[..], b"\xa4HELO", b"\x92\xa5HELOO", b"\x95\xa4PONG", b"\xc1"]
        {
            assert!(!Greeting::default().begins_with(said));
        }
    }
}
