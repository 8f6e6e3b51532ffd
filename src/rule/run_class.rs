//! A class of bytes of which long runs are looked for.

use regex_syntax::hir::{Hir, HirKind};

use super::byte_set::ByteSet;
use crate::Limits;

/// The pattern of a rule with `run = true`: one class, and from which length on a run of it counts.
pub(crate) struct RunClass {
    // A table, since every byte of the input may be asked for.
    members: Box<[bool; 256]>,
    /// At least one.
    pub(crate) least: usize,
}

impl RunClass {
    pub(super) fn new(hir: &Hir, limits: &Limits) -> Result<Self, String> {
        const WHY: &str =
            "a run is one class with a minimum and no maximum, such as `[A-Za-z0-9]{20,}`";
        let HirKind::Repetition(repetition) = hir.kind() else { return Err(WHY.into()) };
        let (least, HirKind::Class(class)) = (repetition.min as usize, repetition.sub.kind())
        else {
            return Err(WHY.into());
        };
        let set = ByteSet::from_class(class).ok_or(WHY)?;
        if least == 0 || repetition.max.is_some() || !repetition.greedy {
            return Err(WHY.into());
        }
        if least > limits.rule_bound {
            return Err(format!("a run of {least} bytes is more than {}", limits.rule_bound));
        }
        let members = Box::new(std::array::from_fn(|byte| set.contains(byte as u8)));
        Ok(Self { members, least })
    }

    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.members[usize::from(byte)]
    }

    /// Where a run starts that has enough bytes or that the end of `bytes` cuts off; that end if there is none. No run
    /// reaches over `at`.
    ///
    /// It looks at the last byte that a run from `at` on would need, and goes back from there: most text is skipped.
    /// What it reads a second time is part of what it returns, so it takes linear time.
    pub(crate) fn find(&self, bytes: &[u8], mut at: usize) -> usize {
        let other = |byte: &u8| !self.contains(*byte);
        while let Some(next) = bytes.get(at..at + self.least) {
            match next.iter().rposition(other) {
                Some(gap) => at += gap + 1,
                None => return at,
            }
        }
        at + bytes[at..].iter().rposition(other).map_or(0, |gap| gap + 1)
    }

    /// Where the run that reaches over `at` ends, at `to` at the latest.
    pub(crate) fn end(&self, bytes: &[u8], at: usize, to: usize) -> usize {
        bytes[at..to].iter().position(|&byte| !self.contains(byte)).map_or(to, |len| at + len)
    }
}
