//! How messages are written to an upstream.

use std::borrow::Cow;

use super::frames::Framing;
use crate::serve::link::Written;

/// The longest datagram of UDP over IPv4.
pub(super) const LONGEST_DATAGRAM: usize = 65_507;

/// What a message is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Framed, on a connection.
    Framed(Framing),
    /// Alone in its datagram.
    Alone,
}

impl Form {
    /// `message`, which came without a frame, as it can be written: on a line what would end that too early is a blank.
    pub(super) fn flat(self, message: &[u8]) -> Cow<'_, [u8]> {
        if self != Self::Framed(Framing::Lf) {
            return Cow::Borrowed(message);
        }
        let message = trimmed(message);
        if !message.iter().copied().any(is_end) {
            return Cow::Borrowed(message);
        }
        let blank = |&byte: &u8| if is_end(byte) { b' ' } else { byte };
        Cow::Owned(message.iter().map(blank).collect())
    }

    /// Writes one message, as it is for a line if it is written as one.
    pub(super) fn put(self, message: &[u8], out: &mut Written) {
        match self {
            Self::Framed(Framing::OctetCounted) => {
                out.bytes.extend_from_slice(message.len().to_string().as_bytes());
                out.bytes.push(b' ');
                out.bytes.extend_from_slice(message);
            }
            Self::Framed(Framing::Lf) => {
                out.bytes.extend_from_slice(&self.flat(message));
                out.bytes.push(b'\n');
            }
            Self::Alone => out.bytes.extend_from_slice(message),
        }
        out.end();
    }

    /// Writes lines, each with its end but perhaps the last.
    pub(super) fn put_lines(self, lines: &[u8], out: &mut Written) {
        for line in lines.split_inclusive(|&byte| is_end(byte)) {
            match self {
                Self::Framed(Framing::Lf) => {
                    out.bytes.extend_from_slice(line);
                    out.end();
                }
                // An empty line is no message.
                _ if trimmed(line).is_empty() => {}
                _ => self.put(trimmed(line), out),
            }
        }
    }
}

fn is_end(byte: u8) -> bool {
    matches!(byte, b'\n' | 0)
}

/// Without the ends of lines behind it.
fn trimmed(message: &[u8]) -> &[u8] {
    let end = message.iter().rposition(|&byte| !is_end(byte)).map_or(0, |last| last + 1);
    &message[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(form: Form, message: &[u8]) -> Vec<u8> {
        let mut out = Written::default();
        form.put(message, &mut out);
        assert_eq!(out.ends, [out.bytes.len()]);
        out.bytes
    }

    #[test]
    fn messages_are_written_in_each_form() {
        let message = b"<1>a\nb\n";
        assert_eq!(put(Form::Alone, message), message);
        assert_eq!(put(Form::Framed(Framing::OctetCounted), message), b"7 <1>a\nb\n");
        assert_eq!(put(Form::Framed(Framing::Lf), message), b"<1>a b\n");
    }

    #[test]
    fn lines_are_written_in_each_form() {
        let lines = b"<1>a\n\n<2>b\0<3>c";
        for (form, bytes, ends) in [
            (Form::Framed(Framing::Lf), &lines[..], &[5, 6, 11, 15][..]),
            (Form::Framed(Framing::OctetCounted), b"4 <1>a4 <2>b4 <3>c", &[6, 12, 18]),
            (Form::Alone, b"<1>a<2>b<3>c", &[4, 8, 12]),
        ] {
            let mut out = Written::default();
            form.put_lines(lines, &mut out);
            assert_eq!((out.bytes.as_slice(), out.ends.as_slice()), (bytes, ends));
        }
    }
}
