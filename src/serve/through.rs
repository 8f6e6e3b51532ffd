//! Looking through what comes on a connection, closed against whatever happens meanwhile.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::fault::Fault;
use super::lane::Lane;
use super::look::{LARGE, closed};
use crate::{Finding, Redactor};

impl Lane {
    /// Does `work`, which looks through `bytes` bytes of a message, where that keeps nobody else waiting. What was found has
    /// been accounted for when this gives what it made.
    pub(super) async fn looked_through<T: Send + 'static>(
        self: &Arc<Self>,
        bytes: usize,
        work: impl FnOnce(&Redactor, &mut dyn FnMut(&Finding)) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let place = self.place().await;
        let lane = Arc::clone(self);
        let look = move || closed(|| lane.accounted(bytes, work));
        if self.account.is_none() && bytes < LARGE {
            return look();
        }
        // The place is not given up before the work is done, also if nobody waits for that any more.
        let look = move || (look(), place).0;
        spawn_blocking(look).await.map_err(|_| Fault::Internal)?
    }

    /// A connection ended, with or without a fault.
    pub(super) fn ended(&self, how: Result<(), Fault>) {
        let Err(fault) = how else { return };
        self.counts.ended(fault.outcome());
        // A client that breaks off has its reasons.
        if fault != Fault::Incomplete {
            let why = format!("the connection of a client was closed: {}", fault.why());
            self.teller.tell(&self.name, &why);
        }
    }

    /// Does `work` with the set in force, and accounts for what it found: with an error, nothing of it may be sent.
    pub(super) fn accounted<T>(
        &self,
        bytes: usize,
        work: impl FnOnce(&Redactor, &mut dyn FnMut(&Finding)) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let (mut found, surface) = (Vec::new(), self.stage.protocol.surface());
        let made = self.guard.timed(surface, bytes, |redactor| {
            work(redactor, &mut |finding: &Finding| found.push(finding.clone()))
        })?;
        self.counts.looked(bytes, found.len());
        found.iter().for_each(|finding| self.guard.observe(surface, finding));
        if let Some(account) = self.account.as_ref().filter(|_| !found.is_empty()) {
            account(surface, &self.name, &found).map_err(|_| Fault::Unaccounted)?;
        }
        Ok(made)
    }
}
