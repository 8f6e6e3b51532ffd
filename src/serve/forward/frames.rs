//! Where one message ends and the next one begins.

use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

use super::head::Head;
use crate::serve::fault::Fault;

/// Reads over values of MessagePack, nested in whatever way, without a stack: what counts is how many are still to come.
///
/// Invariant: `at + open` is at most the longest length: a value is a byte at least, so that a head that promises more than can
/// come is refused at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// Where the next head stands.
    pub(super) at: usize,
    /// Values to come.
    open: usize,
}

impl Reach {
    /// For the one value at `at`.
    pub(super) fn from(at: usize) -> Self {
        Self { at, open: 1 }
    }

    /// Goes on in `bytes`; whether they hold all of it, up to [`at`](Self::at).
    pub(super) fn advance(&mut self, bytes: &[u8], longest: usize) -> Result<bool, Fault> {
        while self.open > 0 {
            let Some(rest) = bytes.get(self.at..) else { return Ok(false) };
            let Some(head) = Head::read(rest)? else { return Ok(false) };
            self.at = self.at.saturating_add(head.width).saturating_add(head.body());
            self.open = (self.open - 1).saturating_add(head.values());
            if self.at.saturating_add(self.open) > longest {
                return Err(Fault::TooLong);
            }
        }
        Ok(self.at <= bytes.len())
    }
}

/// Cuts messages out of bytes as they come. Each byte is read over once, however small the pieces are.
#[derive(Debug)]
pub(super) struct Frames {
    longest: usize,
    reach: Reach,
}

impl Frames {
    pub(super) fn new(longest: usize) -> Self {
        Self { longest, reach: Reach::from(0) }
    }
}

impl Decoder for Frames {
    type Item = Bytes;
    type Error = Fault;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, Fault> {
        if !self.reach.advance(source, self.longest)? {
            return Ok(None);
        }
        let message = source.split_to(self.reach.at).freeze();
        self.reach = Reach::from(0);
        Ok(Some(message))
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, Fault> {
        match self.decode(source)? {
            Some(message) => Ok(Some(message)),
            None if source.is_empty() => Ok(None),
            None => Err(Fault::Incomplete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind of head, nested.
    const ALL: &[u8] = b"\xdc\0\x14\x01\xff\xcc1\xcd12\xce1234\xcf12345678\xc2\xca1234\xcb12345678\xa1x\xd9\x01x\xda\0\x01x\
        \xc4\x01x\x91\xc0\x81\xa1k\xde\0\x01\xc0\xc0\xdf\0\0\0\0\xd4\x05x\xd7\x0012345678\xc7\x01\x05x\xdd\0\0\0\x01\xc0";

    fn frames(mut bytes: &[u8], piece: usize) -> Result<Vec<Bytes>, Fault> {
        let (mut frames, mut buffer, mut all) = (Frames::new(1000), BytesMut::new(), Vec::new());
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(piece.min(bytes.len()));
            buffer.extend_from_slice(now);
            bytes = later;
            while let Some(frame) = frames.decode(&mut buffer)? {
                all.push(frame);
            }
        }
        while let Some(frame) = frames.decode_eof(&mut buffer)? {
            all.push(frame);
        }
        Ok(all)
    }

    #[test]
    fn messages_end_where_they_end_in_any_pieces() {
        let input = [ALL, b"\xc0", ALL].concat();
        for piece in 1..=input.len() {
            let all = frames(&input, piece).expect("whole messages");
            assert_eq!(all, [ALL, b"\xc0", ALL], "{piece}");
        }
    }

    #[test]
    fn a_message_that_lacks_its_end_is_no_message() {
        for len in 1..ALL.len() {
            assert!(frames(&ALL[..len], len).is_err(), "{len}");
        }
    }

    #[test]
    fn what_promises_more_than_may_come_is_refused_before_it_comes() {
        for head in [
            &b"\xdd\xff\xff\xff\xff"[..],
            b"\xdf\xff\xff\xff\xff",
            b"\xc6\xff\xff\xff\xff",
            b"\xdb\0\0\x10\0",
            b"\xc9\xff\xff\xff\xff\x05",
        ] {
            assert_eq!(frames(head, 1).expect_err("too long"), Fault::TooLong);
        }
        assert!(matches!(frames(b"\xc1", 1), Err(Fault::Malformed(_))));
        // As deep as it is long: nothing is nested here but a number.
        assert!(frames(&[0x91; 2000], 64).is_err());
    }
}
