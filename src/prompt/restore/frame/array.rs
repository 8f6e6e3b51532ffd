//! The elements of an array of objects, as they come.

use super::Frame;

/// An element until its end. What stands between elements goes with the one behind it.
#[derive(Debug, Default)]
pub(in super::super) struct Array {
    raw: Vec<u8>,
    depth: usize,
    start: usize,
    within: Within,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Structure,
    String,
    /// Behind a backslash.
    Escape,
}

impl Array {
    pub(super) fn push(&mut self, chunk: &[u8], found: &mut impl FnMut(Frame)) {
        for &byte in chunk {
            self.raw.push(byte);
            self.within = match (self.within, byte) {
                (Within::Structure, b'"') | (Within::Escape, _) => Within::String,
                (Within::String, b'\\') => Within::Escape,
                (Within::String, b'"') | (Within::Structure, _) => Within::Structure,
                (Within::String, _) => Within::String,
            };
            if self.within == Within::Structure {
                self.structure(byte, found);
            }
        }
    }

    fn structure(&mut self, byte: u8, found: &mut impl FnMut(Frame)) {
        match byte {
            b'{' | b'[' => {
                if self.depth == 1 {
                    self.start = self.raw.len() - 1;
                }
                self.depth += 1;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 1 {
                    let raw = std::mem::take(&mut self.raw);
                    let end = raw.len();
                    found(Frame::of(raw, self.start..end));
                }
            }
            _ => {}
        }
    }

    pub(super) fn held(&self) -> usize {
        self.raw.len()
    }

    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.raw)
    }
}
