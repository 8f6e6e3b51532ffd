//! Messages of syslog on a connection, in either framing.

use bytes::{Buf as _, Bytes, BytesMut};
use serde::Deserialize;
use tokio_util::codec::Decoder;

use crate::serve::fault::Fault;

/// How messages of syslog are told apart on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// Each stands behind its length: `LENGTH SP MESSAGE`.
    #[default]
    OctetCounted,
    /// Each ends with a line end, or with NUL.
    Lf,
}

/// Digits of a length, at most.
const DIGITS: usize = 10;

/// Cuts messages out of bytes as they come.
///
/// The first byte of a connection says which framing it has: a digit begins a length, `<` a priority. Anything else is refused,
/// a stream that is compressed as a whole among it. An error stays: what it is about is not taken out.
#[derive(Debug)]
pub(super) struct Frames {
    longest: usize,
    framing: Option<Framing>,
    /// So much of a line was searched for its end.
    searched: usize,
}

impl Frames {
    pub(super) fn new(longest: usize) -> Self {
        Self { longest, framing: None, searched: 0 }
    }

    /// The framing, once a byte has come.
    pub(super) fn framing(&self) -> Option<Framing> {
        self.framing
    }

    fn counted(&self, source: &mut BytesMut) -> Result<Option<Bytes>, Fault> {
        let digits = source.iter().take(DIGITS + 1).take_while(|byte| byte.is_ascii_digit());
        let (count, len) = digits.fold((0, 0_u64), |(count, len), digit| {
            (count + 1, len * 10 + u64::from(digit - b'0'))
        });
        match source.get(count) {
            None if count <= DIGITS => return Ok(None),
            Some(b' ') if (1..=DIGITS).contains(&count) && source[0] != b'0' => {}
            _ => return Err(Fault::Malformed("no length where a message's should stand")),
        }
        let len = usize::try_from(len).ok().filter(|len| *len <= self.longest);
        let end = count + 1 + len.ok_or(Fault::TooLong)?;
        if source.len() < end {
            return Ok(None);
        }
        legible(&source[count + 1..end])?;
        source.advance(count + 1);
        Ok(Some(source.split_to(end - count - 1).freeze()))
    }

    /// A line with its end.
    fn line(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, Fault> {
        let Some(end) = memchr::memchr2(b'\n', 0, &source[self.searched..]) else {
            self.searched = source.len();
            return if source.len() > self.longest { Err(Fault::TooLong) } else { Ok(None) };
        };
        let end = self.searched + end;
        if end > self.longest {
            return Err(Fault::TooLong);
        }
        legible(&source[..end])?;
        self.searched = 0;
        Ok(Some(source.split_to(end + 1).freeze()))
    }
}

impl Decoder for Frames {
    type Item = Bytes;
    type Error = Fault;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, Fault> {
        let Some(first) = source.first() else { return Ok(None) };
        let framing = match (self.framing, first) {
            (Some(framing), _) => framing,
            (None, b'1'..=b'9') => Framing::OctetCounted,
            (None, b'<') => Framing::Lf,
            _ => {
                return Err(Fault::Malformed(
                    "no syslog: neither a length nor a priority begins it",
                ));
            }
        };
        self.framing = Some(framing);
        match framing {
            Framing::OctetCounted => self.counted(source),
            Framing::Lf => self.line(source),
        }
    }

    /// A last line may lack its end. A counted message may not: it was cut off.
    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, Fault> {
        match self.decode(source)? {
            Some(message) => Ok(Some(message)),
            None if source.is_empty() => Ok(None),
            None if self.framing == Some(Framing::Lf) => {
                legible(source)?;
                self.searched = 0;
                Ok(Some(source.split().freeze()))
            }
            None => Err(Fault::Incomplete),
        }
    }
}

/// What rsyslog compressed is known by a `z` before the head of zlib. Nobody could look into it, and its receiver would.
pub(super) fn legible(message: &[u8]) -> Result<(), Fault> {
    // A receiver may take digits for a length, also among lines.
    let digits = message.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let behind = &message[digits..];
    let behind = if digits > 0 { behind.strip_prefix(b" ").unwrap_or(behind) } else { behind };
    match behind {
        [b'z', method, flags, ..] if is_zlib(*method, *flags) => {
            Err(Fault::Malformed("messages that are compressed cannot be looked through"))
        }
        _ => Ok(()),
    }
}

/// Whether two bytes are the head of zlib (RFC 1950): deflate with a window of 256 bytes to 32 KiB, and the check of both.
fn is_zlib(method: u8, flags: u8) -> bool {
    method & 0x0f == 8 && method >> 4 <= 7 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(mut bytes: &[u8], piece: usize) -> Result<Vec<Bytes>, Fault> {
        let (mut frames, mut buffer, mut all) = (Frames::new(20), BytesMut::new(), Vec::new());
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

    #[track_caller]
    fn are(input: &[u8], expected: &[&[u8]]) {
        for piece in 1..=input.len() {
            assert_eq!(frames(input, piece).expect("messages"), expected, "{piece}");
        }
    }

    #[test]
    fn counted_messages_end_where_they_say() {
        are(b"5 <1>ab10 <2>\n11 a\0x3 <3>", &[b"<1>ab", b"<2>\n11 a\0x", b"<3>"]);
    }

    #[test]
    fn lines_end_with_a_line_end_or_nul() {
        are(b"<1>a\n12 b\n\n<2>c\0<3>d", &[b"<1>a\n", b"12 b\n", b"\n", b"<2>c\0", b"<3>d"]);
    }

    #[test]
    fn what_is_no_syslog_is_refused() {
        for input in [
            &b"x"[..],
            b"\x78\x9c",
            b"0 <1>",
            b"5 <1>ab<2>",
            b"5<1>ab",
            b"12345678901 a",
            b"3 <1",
            b"99999999999999999999",
        ] {
            for piece in 1..=input.len() {
                let fault = frames(input, piece).expect_err("no syslog");
                assert!(matches!(fault, Fault::Malformed(_) | Fault::Incomplete), "{input:?}");
            }
        }
    }

    #[test]
    fn what_rsyslog_compressed_is_refused() {
        for input in [&b"6 z\x78\x9cabc"[..], b"<1>a\nz\x78\xdaabc\n", b"<1>a\n6 z\x78\x01abc\n"] {
            assert!(matches!(frames(input, 1), Err(Fault::Malformed(_))), "{input:?}");
        }
        // With each window.
        for head in [b"\x18\xd3", b"\x28\xcf", b"\x38\xcb", b"\x48\xc7", b"\x58\xc3", b"\x68\xde"] {
            let input = [b"6 z", &head[..], b"abc"].concat();
            assert!(matches!(frames(&input, 1), Err(Fault::Malformed(_))), "{input:?}");
        }
        are(b"<1>a\nzx\nz\n2 zxy\n", &[b"<1>a\n", b"zx\n", b"z\n", b"2 zxy\n"]);
    }

    #[test]
    fn what_is_too_long_is_refused_before_it_is_read() {
        for input in [&b"21 "[..], b"<123456789012345678901", b"<1>\n<12345678901234567890\n"] {
            assert_eq!(frames(input, 1).expect_err("too long"), Fault::TooLong);
        }
        are(b"<1234567890123456789\n", &[b"<1234567890123456789\n"]);
    }
}
