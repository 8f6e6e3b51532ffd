//! References turned back into values, in tool calls that a rule allows it for.
//!
//! ```text
//!   chunks ▸ frame (events) ▸ shape (parts of calls) ▸ call ─ complete ▸ judge ─┐
//!              └──────────────▸ queue (events that are held) ◂── edits ─────────┘ ▸ chunks
//! ```
//!
//! An event leaves at once unless a reference may begin in it; what is held leaves as it came, or with values in place of
//! references and all else as it was.

mod again;
mod call;
mod destination;
mod frame;
pub(crate) mod json;
mod judge;
mod queue;
mod reply;
mod report;
mod rule;
mod shape;
#[cfg(feature = "hook")]
mod single;
mod spelled;
mod table;

pub use reply::Reply;
pub use report::{RestoreReport, Unrestored};
pub use rule::RestoreRule;
#[cfg(feature = "hook")]
pub(crate) use single::references;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use again::NextRequest;
use frame::Framing;
use rule::Rules;
use shape::Shape;
use table::Table;

use super::api::Api;
use super::pre_send::PreSend;
use crate::{BuildError, Guard, ReferenceKey, Secret};

/// How many bytes of a stream are held, if nobody says otherwise.
pub(super) const HELD: usize = 1 << 20;

/// A reply that is one document is looked through as a whole: it may be so many times as long as what a stream holds.
const WHOLE: usize = 16;

/// What replies are restored by.
pub(super) struct Restoring {
    rules: Rules,
    secrets: Vec<Secret>,
    most: usize,
    /// References of the set whose number stands beside them.
    table: Mutex<Option<(u64, Arc<Table>)>>,
}

impl Restoring {
    /// # Errors
    ///
    /// A glob that is none.
    pub(super) fn new(
        rules: &[RestoreRule],
        secrets: Vec<Secret>,
        most: usize,
    ) -> Result<Self, BuildError> {
        Ok(Self { rules: Rules::new(rules)?, secrets, most, table: Mutex::new(None) })
    }

    /// What restores a reply; none if it can hold no call.
    pub(super) fn reply(
        self: &Arc<Self>,
        api: Api,
        content_type: &str,
        pre_send: &PreSend,
    ) -> Option<Reply> {
        let (framing, shape) = (Framing::of(content_type)?, Shape::of(api)?);
        let table = self.table(&pre_send.guard, &pre_send.key);
        Some(Reply::new(framing, shape, Arc::clone(self), table, NextRequest(pre_send.clone())))
    }

    /// The references of the set in force. They are made once for each set.
    fn table(&self, guard: &Guard, key: &ReferenceKey) -> Arc<Table> {
        let mut made = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((generation, table)) = &*made
            && *generation == guard.generation()
        {
            return Arc::clone(table);
        }
        let (generation, redactor, known) = guard.known();
        let table = Table::new(key, &redactor, self.secrets.iter().chain(&known));
        let (_, table) = made.insert((generation, Arc::new(table)));
        Arc::clone(table)
    }

    fn longest_whole(&self) -> usize {
        self.most.saturating_mul(WHOLE)
    }
}

impl fmt::Debug for Restoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restoring").field("rules", &self.rules).finish_non_exhaustive()
    }
}
