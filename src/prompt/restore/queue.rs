//! Events that are held, with what will change in them.

use std::collections::VecDeque;

use super::frame::{Edit, Frame};

/// Events in order. All behind one that is held are held too: order and numbers of a stream stay, and no event is made up.
#[derive(Default)]
pub(super) struct Queue {
    held: VecDeque<(Frame, Vec<Edit>)>,
    /// Number of the first.
    first: u64,
    bytes: usize,
}

impl Queue {
    /// Takes an event and gives its number.
    pub(super) fn push(&mut self, frame: Frame) -> u64 {
        self.bytes += frame.raw.len();
        self.held.push_back((frame, Vec::new()));
        self.first + self.held.len() as u64 - 1
    }

    /// How many bytes are held.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// An event that was not given away.
    pub(super) fn frame(&self, event: u64) -> Option<&Frame> {
        let at = event.checked_sub(self.first)?;
        self.held.get(at as usize).map(|(frame, _)| frame)
    }

    /// Changes an event that was not given away.
    pub(super) fn edit(&mut self, event: u64, edit: Edit) {
        let at = event.checked_sub(self.first);
        if let Some((_, edits)) = at.and_then(|at| self.held.get_mut(at as usize)) {
            edits.push(edit);
        }
    }

    /// Appends all events before `event` to `out`; all of them if there is none.
    pub(super) fn release(&mut self, before: Option<u64>, out: &mut Vec<u8>) {
        while before.is_none_or(|before| self.first < before) {
            let Some((frame, edits)) = self.held.pop_front() else { return };
            self.bytes -= frame.raw.len();
            self.first += 1;
            frame.write(edits, out);
        }
    }
}
