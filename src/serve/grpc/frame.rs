//! A message of a call as it is sent: behind a flag and its length.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::super::fault::Fault;

/// Bytes before a message.
pub(super) const HEAD: usize = 5;

/// A message, and whether it is compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) compressed: bool,
    pub(super) message: Bytes,
}

impl Frame {
    /// The one that is all of `body`, with a message of at most `longest` bytes.
    pub(super) fn only(mut body: Bytes, longest: usize) -> Result<Self, Fault> {
        let Some(&[flag, a, b, c, d]) = body.first_chunk::<HEAD>() else {
            let none = body.is_empty();
            let why = if none { "the call has no message" } else { "the message is cut off" };
            return Err(Fault::Malformed(why));
        };
        let len = usize::try_from(u32::from_be_bytes([a, b, c, d])).map_err(|_| Fault::TooLong)?;
        let message = body.split_off(HEAD);
        match flag {
            0 | 1 if len > longest => Err(Fault::TooLong),
            0 | 1 if len > message.len() => Err(Fault::Malformed("the message is cut off")),
            0 | 1 if len < message.len() => Err(Fault::Malformed("the call has several messages")),
            0 | 1 => Ok(Self { compressed: flag == 1, message }),
            _ => Err(Fault::Malformed("the message is damaged")),
        }
    }
}

/// `message` as it is sent, not compressed. None if it is longer than can be said.
pub(super) fn framed(message: &[u8]) -> Option<Bytes> {
    let mut frame = BytesMut::with_capacity(HEAD + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).ok()?);
    frame.put_slice(message);
    Some(frame.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_framed_is_one_message() {
        for message in [&b""[..], b"message"] {
            let frame = Frame::only(framed(message).expect("short"), 7).expect("a message");
            assert_eq!(frame, Frame { compressed: false, message: message.into() });
        }
        let frame = Frame::only(Bytes::from_static(b"\x01\0\0\0\x01x"), 1).expect("a message");
        assert!(frame.compressed);
    }

    #[test]
    fn what_is_no_message_alone_is_none() {
        for bad in [
            &b""[..],
            b"\0\0\0\0",
            b"\0\0\0\0\x02x",
            b"\0\0\0\0\x01xx",
            b"\0\0\0\0\0\0\0\0\0\0",
            b"\x02\0\0\0\x01x",
        ] {
            let fault = Frame::only(Bytes::from_static(bad), 7).expect_err("no message");
            assert!(matches!(fault, Fault::Malformed(_)), "{bad:?}");
        }
        assert_eq!(Frame::only(framed(&[0; 8]).expect("short"), 7), Err(Fault::TooLong));
    }
}
