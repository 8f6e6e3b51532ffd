//! Looking through a request, closed against whatever happens meanwhile.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::body::media_type;
use super::fault::Fault;
use super::query;
use crate::Surface;
use crate::net::coding::{Coding, Undecoded};
use crate::net::media::{MediaType, is_compressed, is_wide};
use crate::prompt::{Api, PreSend, Refused, Report, Why};

/// Accounts for what was done to a request on a route, before the request is sent. It is not sent if this fails.
///
/// Called on a thread that may block.
pub type Account = dyn Fn(Surface, &str, &Report) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
    + Send
    + Sync;

/// From this length on, bodies are looked through on a thread of their own. 64 KiB of JSON take about a millisecond: a median
/// of three in the dev profile on a busy machine, 2026-11-25, by a test that is gone; not measured in the release profile.
const LARGE: usize = 64 << 10;

/// A request that is to be looked through.
pub(super) struct Look {
    pub(super) pre_send: PreSend,
    pub(super) account: Option<Arc<Account>>,
    pub(super) api: Api,
    pub(super) route: String,
    /// As a header says; empty if none does.
    pub(super) media_type: String,
    /// The same as it is understood.
    pub(super) kind: Option<MediaType>,
    pub(super) coding: Option<Coding>,
    pub(super) query: Option<String>,
    pub(super) body: Bytes,
}

/// A request that was looked through.
pub(super) struct Looked {
    pub(super) body: Sent,
    pub(super) report: Report,
}

/// What is sent.
pub(super) enum Sent {
    /// The bytes as they came, compressed or not.
    AsItCame(Bytes),
    /// Others, not compressed.
    Changed(Vec<u8>),
}

impl Look {
    /// Looks through it, where that keeps nobody else waiting.
    pub(super) async fn run(self) -> Result<Looked, Fault> {
        if self.account.is_none() && self.coding.is_none() && self.body.len() < LARGE {
            return closed(|| self.look());
        }
        spawn_blocking(move || closed(|| self.look())).await.map_err(|_| failed())?
    }

    fn look(self) -> Result<Looked, Fault> {
        query::look(&self.pre_send, self.api, self.query.as_deref())?;
        let (changed, report) = self.redacted()?;
        if let Some(account) = self.account.filter(|_| report != Report::default()) {
            account(surface(self.api), &self.route, &report).map_err(|_| {
                Fault::internal("the request cannot be accounted for; it was not sent")
            })?;
        }
        let body = changed.map_or(Sent::AsItCame(self.body), Sent::Changed);
        Ok(Looked { body, report })
    }

    /// The body that takes the place of the one that came; none if that one is sent.
    fn redacted(&self) -> Result<(Option<Vec<u8>>, Report), Fault> {
        if self.body.is_empty() {
            return Ok((None, Report::default()));
        }
        let plain = self.decoded()?;
        let is_text = self.kind.as_ref().is_none_or(MediaType::is_text);
        if is_text && (is_wide(&plain) || is_compressed(&plain)) {
            let why = Why::Unreadable("a body that is something else than it says");
            return Err(Fault::Refused(Refused::new(self.api, why)));
        }
        let media_type = media_type(&self.media_type, &plain);
        let out = self.pre_send.redact_request(self.api, media_type, &plain);
        let out = out.map_err(Fault::Refused)?;
        let same = *out.body == *plain;
        let changed = if same { None } else { Some(out.body.into_owned()) };
        Ok((changed, out.report))
    }

    fn decoded(&self) -> Result<Cow<'_, [u8]>, Fault> {
        let Some(coding) = self.coding else { return Ok(Cow::Borrowed(&self.body)) };
        let most = self.pre_send.longest();
        let refused = |why| Fault::Refused(Refused::new(self.api, why));
        coding.decoded(&self.body, most).map(Cow::Owned).map_err(|why| match why {
            Undecoded::TooLong => refused(Why::TooLarge(most as u64)),
            Undecoded::Damaged => refused(Why::Unreadable("a compressed body that is damaged")),
        })
    }
}

/// A panic is an error: nothing is sent.
fn closed(look: impl FnOnce() -> Result<Looked, Fault>) -> Result<Looked, Fault> {
    catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| Err(failed()))
}

fn failed() -> Fault {
    Fault::internal("looking through the request failed; it was not sent")
}

/// The way out that a request takes.
pub(super) fn surface(api: Api) -> Surface {
    if api.is_slack() { Surface::SLACK } else { Surface::PROMPT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_without_what_it_says() {
        let Err(fault) = closed(|| panic!("correct horse")) else { panic!("it was let pass") };
        assert_eq!(fault.status(), 500);
        assert!(!format!("{fault:?}").contains("horse"));
    }
}
