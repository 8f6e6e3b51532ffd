//! Frames of `application/vnd.amazon.eventstream`.
//!
//! ```text
//!   total length │ length of headers │ CRC of both ║ headers │ payload ║ CRC of all before it
//!        4       │         4         │      4      ║                   ║          4
//! ```

use super::{Broken, Frame, Sealed};

/// Bytes before the headers.
const PRELUDE: usize = 12;

/// Bytes behind the payload.
const CRC: usize = 4;

/// A frame until its end. A wrong checksum stays in the buffer: it is passed on for its receiver to see.
#[derive(Debug, Default)]
pub(in super::super) struct EventStream(Vec<u8>);

impl EventStream {
    pub(super) fn push(
        &mut self,
        chunk: &[u8],
        found: &mut impl FnMut(Frame),
    ) -> Result<(), Broken> {
        self.0.extend_from_slice(chunk);
        while let Some(prelude) = self.0.get(..PRELUDE) {
            let (total, headers) = (number(prelude, 0), number(prelude, 4));
            if crc32fast::hash(&prelude[..8]) as usize != number(prelude, 8)
                || headers > total.checked_sub(PRELUDE + CRC).ok_or(Broken)?
            {
                return Err(Broken);
            }
            if self.0.len() < total {
                break;
            }
            let end = total - CRC;
            if crc32fast::hash(&self.0[..end]) as usize != number(&self.0, end) {
                return Err(Broken);
            }
            let rest = self.0.split_off(total);
            let raw = std::mem::replace(&mut self.0, rest);
            found(frame(raw, headers));
        }
        Ok(())
    }

    pub(super) fn held(&self) -> usize {
        self.0.len()
    }

    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

/// A frame that is complete.
fn frame(raw: Vec<u8>, headers: usize) -> Frame {
    let name = event_type(&raw[PRELUDE..PRELUDE + headers]);
    let end = raw.len() - CRC;
    Frame { name, sealed: Sealed::EventStream, ..Frame::of(raw, PRELUDE + headers..end) }
}

/// The text of the header `:event-type`.
fn event_type(mut headers: &[u8]) -> Option<String> {
    loop {
        let (&len, rest) = headers.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(len))?;
        let (&kind, rest) = rest.split_first()?;
        let (len, rest) = match kind {
            0 | 1 => (0, rest),
            2 => (1, rest),
            3 => (2, rest),
            4 => (4, rest),
            5 | 8 => (8, rest),
            9 => (16, rest),
            6 | 7 => {
                let (len, rest) = rest.split_at_checked(2)?;
                (usize::from(len[0]) << 8 | usize::from(len[1]), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(len)?;
        if name == b":event-type" {
            return String::from_utf8(value.to_vec()).ok();
        }
        headers = rest;
    }
}

/// Makes lengths and checksums of a frame whose payload changed.
pub(super) fn seal(frame: &mut [u8]) {
    let (len, end) = (frame.len(), frame.len() - CRC);
    frame[..4].copy_from_slice(&(len as u32).to_be_bytes());
    let prelude = crc32fast::hash(&frame[..8]);
    frame[8..12].copy_from_slice(&prelude.to_be_bytes());
    let all = crc32fast::hash(&frame[..end]);
    frame[end..].copy_from_slice(&all.to_be_bytes());
}

fn number(bytes: &[u8], at: usize) -> usize {
    bytes[at..at + 4].iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
}
