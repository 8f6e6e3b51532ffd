//! The stream without its sink: what is carried from chunk to chunk, and what leaves when.

use zeroize::Zeroizing;

use super::sink::Sink;
use crate::Span;
use crate::redactor::Compiled;
use crate::scan::{CONTEXT, Class, Label, Region, Shown, State, Window};

/// How much of a chunk joins the carry at first, to find out whether the rest can be read where it lies.
const JOIN: usize = 512;

/// The state of one stream.
///
/// ```text
///   ◂── printed or dropped ──▸◂──── held ────▸
///   ·············|············|··············|
///              base        printed          end of the input so far
///                ◂──── carry: bytes kept ────▸
/// ```
///
/// Invariant: `base <= printed <= end`, and all starts before `state.resolved` were read.
#[derive(Default)]
pub(crate) struct Core {
    pub(crate) state: State,
    carry: Zeroizing<Vec<u8>>,
    /// Offset of the carry's first byte.
    base: u64,
    /// Every byte before it was given to the sink or replaced.
    printed: u64,
}

impl Core {
    /// Makes it as new, keeping its memory.
    pub(crate) fn reset(&mut self) {
        self.state.reset();
        self.carry.clear();
        (self.base, self.printed) = (0, 0);
    }

    pub(crate) fn held(&self) -> usize {
        (self.end() - self.printed) as usize
    }

    pub(crate) fn printed(&self) -> u64 {
        self.printed
    }

    fn end(&self) -> u64 {
        self.base + self.carry.len() as u64
    }

    pub(crate) fn push(&mut self, compiled: &Compiled, chunk: &[u8], sink: &mut impl Sink) {
        let start = self.end();
        let mut taken = 0;
        // The carry grows until nothing undecided begins in it; the rest of the chunk is read where it lies.
        while !self.carry.is_empty()
            && taken < chunk.len()
            && (taken == 0 || self.keep_from() < start)
        {
            let next = (chunk.len() - taken).min(JOIN.max(taken));
            self.extend(compiled, &chunk[taken..taken + next], sink);
            taken += next;
        }
        if taken == chunk.len() {
            return;
        }
        let from = if taken == 0 { 0 } else { self.keep_from().saturating_sub(start) as usize };
        let base = start + from as u64;
        self.carry.clear();
        self.base = base;
        self.read(compiled, Window::new(&chunk[from..], base), sink);
    }

    /// Reads more bytes behind the carry.
    fn extend(&mut self, compiled: &Compiled, bytes: &[u8], sink: &mut impl Sink) {
        let mut carry = std::mem::take(&mut self.carry);
        carry.extend_from_slice(bytes);
        let window = Window::new(&carry, self.base);
        self.step(compiled, window, false, sink);
        let drop = window.index(self.keep_from());
        // Moving the rest down costs its length; wait until as much was let go.
        if drop >= carry.len() / 2 {
            self.base += drop as u64;
            carry.drain(..drop);
        }
        self.carry = carry;
    }

    /// Reads a window in place and carries its undecided end.
    fn read(&mut self, compiled: &Compiled, window: Window<'_>, sink: &mut impl Sink) {
        self.step(compiled, window, false, sink);
        let keep = self.keep_from().max(window.base);
        self.base = keep;
        self.carry.extend_from_slice(window.from(keep));
    }

    /// The first byte that is needed again: undecided ones and the context before them.
    fn keep_from(&self) -> u64 {
        self.printed.min(self.state.needed()).saturating_sub(CONTEXT as u64)
    }

    fn step(&mut self, compiled: &Compiled, window: Window<'_>, eof: bool, sink: &mut impl Sink) {
        let mut frontier = compiled.engine.scan(&mut self.state, window, eof);
        if window.end() - frontier.min(window.end()) > compiled.engine.limits().held as u64 {
            self.close(frontier, window.end());
            frontier = window.end();
        }
        self.print(compiled, window, if eof { u64::MAX } else { frontier }, sink);
    }

    /// Too much is held: it is taken out, undecided as it is, and the gap is marked.
    fn close(&mut self, from: u64, to: u64) {
        let label = Label { class: Class::Limit, index: 0, fingerprint: None };
        self.state.regions.add(from, to, label, [b'*'; 4]);
    }

    /// Gives the sink what is decided: everything before `frontier`.
    fn print(
        &mut self,
        compiled: &Compiled,
        window: Window<'_>,
        frontier: u64,
        sink: &mut impl Sink,
    ) {
        let mut done = 0;
        for region in self.state.regions.iter_mut() {
            if region.start >= frontier {
                break;
            }
            if self.printed < region.start {
                sink.clean(window.slice(self.printed, region.start));
            }
            self.printed = self.printed.max(region.end.min(frontier));
            if region.end >= frontier {
                // It can still grow; until then its bytes are dropped and nothing is printed.
                break;
            }
            sink.removed(Span::new(region.start, region.end));
            show(compiled, region, sink);
            done += 1;
        }
        self.state.regions.forget(done);
        let frontier = frontier.min(window.end());
        if self.printed < frontier {
            sink.clean(window.slice(self.printed, frontier));
            self.printed = frontier;
        }
    }

    pub(crate) fn release(&mut self, compiled: &Compiled, sink: &mut impl Sink) {
        let end = self.end();
        let frontier = compiled.engine.frontier(&self.state);
        // A region that begins here may grow, but nothing says it will: show it now, and let it grow silently.
        for region in self.state.regions.iter_mut().filter(|region| region.shown == Shown::NotYet) {
            if region.start > self.printed {
                break;
            }
            show(compiled, region, sink);
            region.shown = Shown::Yes;
            self.printed = self.printed.max(region.end);
        }
        let undecided = end.saturating_sub(frontier);
        let short = undecided < compiled.engine.limits().released as u64;
        if self.printed < end && short && !self.holds_a_match(compiled) {
            let window = Window::new(&self.carry, self.base);
            sink.clean(window.slice(self.printed, end));
            self.printed = end;
        }
    }

    /// Whether held bytes would be redacted if the input ended here: a short secret that waits for its boundary, a
    /// password that may grow. Such bytes are no mere beginning and are not let go.
    fn holds_a_match(&self, compiled: &Compiled) -> bool {
        let mut trial = self.state.clone();
        compiled.engine.scan(&mut trial, Window::new(&self.carry, self.base), true);
        trial.regions.iter_mut().any(|region| region.end > self.printed)
    }

    /// Goes over to another set of known secrets. What is held is looked through again.
    pub(crate) fn adopt(&mut self, compiled: &Compiled) {
        let window = Window::new(&self.carry, self.base);
        compiled.engine.look_again(&mut self.state, window, self.printed);
    }

    pub(crate) fn finish(&mut self, compiled: &Compiled, sink: &mut impl Sink) {
        if self.held() > 0 || !compiled.engine.is_idle(&self.state) {
            let carry = std::mem::take(&mut self.carry);
            self.step(compiled, Window::new(&carry, self.base), true, sink);
            self.carry = carry;
        }
        self.reset();
    }

    /// Reads a whole input at once; whether nothing had to be replaced. The sink gets nothing then.
    pub(crate) fn whole(
        &mut self,
        compiled: &Compiled,
        input: &[u8],
        sink: &mut impl Sink,
    ) -> Clean {
        let window = Window::new(input, 0);
        compiled.engine.scan_whole(&mut self.state, window);
        self.end_whole(compiled, window, sink)
    }

    /// Reads parts of `haystack`, each as a whole input: the first begins at 0, and each ends at the next of `ends`. Calls
    /// `changed` with the number and the new bytes of those in which something had to be replaced.
    #[cfg(feature = "columns")]
    pub(crate) fn parts(
        &mut self,
        compiled: &Compiled,
        haystack: &[u8],
        ends: &[usize],
        mut changed: impl FnMut(usize, Vec<u8>),
    ) {
        let mut sifted = compiled.engine.sift(&mut self.state, haystack);
        let (mut start, mut out) = (0, Vec::new());
        for (number, &end) in ends.iter().enumerate() {
            let part = Window::new(&haystack[start..end], 0);
            let hits = sifted.as_mut().map(|sifted| sifted.part(start, end));
            start = end;
            match hits {
                Some(None) => continue,
                Some(Some(hits)) => compiled.engine.scan_sifted(&mut self.state, part, hits),
                None => compiled.engine.scan_whole(&mut self.state, part),
            }
            if self.end_whole(compiled, part, &mut out) == Clean::No {
                changed(number, std::mem::take(&mut out));
            }
        }
        if let Some(sifted) = sifted {
            sifted.end(&mut self.state);
        }
    }

    /// Behind the scan of a whole input.
    fn end_whole(
        &mut self,
        compiled: &Compiled,
        window: Window<'_>,
        sink: &mut impl Sink,
    ) -> Clean {
        let clean = if self.state.regions.is_empty() { Clean::Yes } else { Clean::No };
        if clean == Clean::No {
            self.print(compiled, window, u64::MAX, sink);
        }
        self.reset();
        clean
    }
}

/// Whether an input can be passed on as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clean {
    Yes,
    No,
}

fn show(compiled: &Compiled, region: &Region, sink: &mut impl Sink) {
    if region.shown != Shown::NotYet {
        return;
    }
    compiled.texts.write(region, &mut |text| sink.replaced(text));
    sink.found(&compiled.finding(region));
}
