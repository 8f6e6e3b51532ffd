//! Following the runs of a class of bytes: candidates that no fixed bytes announce.
//!
//! 1. A candidate is a maximal run: no byte of the class stands right before it or right behind it.
//! 2. One of fewer bytes than the rule's minimum is none.
//! 3. The checks see its first [`Limits::judged`](crate::Limits::judged) bytes, or the minimum if that is more, or all of
//!    a shorter one. Until these bytes or its end are there, the run is held.
//! 4. If they accept it, the whole run is redacted: what comes is dropped as it comes. Otherwise nothing of it is.

use crate::rule::RunClass;
use crate::scan::{Label, Window};

/// How far one rule's runs were followed. Every byte before `read` was seen, and no run is forgotten.
#[derive(Clone, Copy, Default)]
pub(crate) struct Run {
    start: u64,
    read: u64,
    phase: Phase,
}

/// ```text
/// outside ──▸ undecided ──▸ accepted ──▸ outside
///    ▴             ├──────▸ rejected ──▸ outside
///    ╰── too short ╯
/// ```
#[derive(Clone, Copy, Default)]
enum Phase {
    #[default]
    Outside,
    Undecided,
    Accepted(Label),
    Rejected,
}

/// What the bytes at hand came to.
pub(crate) enum RunStep {
    /// `start..end` is what the checks look at; answer with [`Run::decide`].
    Judge { start: u64, end: u64 },
    /// The accepted run now reaches `end`.
    Reached { start: u64, end: u64, label: Label },
    /// They are used up.
    Done,
}

impl Run {
    /// Reads on in `window` up to the next step. At `eof` no run goes on behind it.
    pub(crate) fn advance(
        &mut self,
        class: &RunClass,
        window: Window<'_>,
        eof: bool,
        judged: usize,
    ) -> RunStep {
        while self.read < window.end() || eof && matches!(self.phase, Phase::Undecided) {
            let step = match self.phase {
                Phase::Outside => self.begin(class, window),
                Phase::Undecided => self.gather(class, window, eof, judged.max(class.least)),
                Phase::Accepted(label) => self.go_on(class, window, label),
                Phase::Rejected => {
                    self.read_on(class, window, u64::MAX);
                    None
                }
            };
            if let Some(step) = step {
                return step;
            }
        }
        RunStep::Done
    }

    /// Whether the run that was judged is redacted, and as what.
    pub(crate) fn decide(&mut self, label: Option<Label>) {
        self.phase = label.map_or(Phase::Rejected, Phase::Accepted);
    }

    /// The first byte that can still be claimed.
    pub(crate) fn claim(&self) -> u64 {
        match self.phase {
            Phase::Undecided => self.start,
            Phase::Accepted(_) => self.read,
            Phase::Outside | Phase::Rejected => u64::MAX,
        }
    }

    fn begin(&mut self, class: &RunClass, window: Window<'_>) -> Option<RunStep> {
        self.start = window.base + class.find(window.bytes, window.index(self.read)) as u64;
        self.read = self.start;
        if self.start < window.end() {
            self.phase = Phase::Undecided;
        }
        None
    }

    /// Collects what the checks look at.
    fn gather(
        &mut self,
        class: &RunClass,
        window: Window<'_>,
        eof: bool,
        most: usize,
    ) -> Option<RunStep> {
        let most = self.start + most as u64;
        let over = self.read_on(class, window, most) || eof && self.read == window.end();
        let (start, end) = (self.start, self.read);
        if end == most || over && end - start >= class.least as u64 {
            return Some(RunStep::Judge { start, end });
        }
        if over {
            self.phase = Phase::Outside;
        }
        None
    }

    fn go_on(&mut self, class: &RunClass, window: Window<'_>, label: Label) -> Option<RunStep> {
        let before = self.read;
        self.read_on(class, window, u64::MAX);
        let (start, end) = (self.start, self.read);
        (end > before).then_some(RunStep::Reached { start, end, label })
    }

    /// Reads up to the end of the run, or to `most`; whether the run ends there. One that was judged is over then.
    fn read_on(&mut self, class: &RunClass, window: Window<'_>, most: u64) -> bool {
        let to = window.index(most);
        let end = class.end(window.bytes, window.index(self.read), to);
        self.read = window.base + end as u64;
        if end < to && matches!(self.phase, Phase::Accepted(_) | Phase::Rejected) {
            self.phase = Phase::Outside;
        }
        end < to
    }
}
