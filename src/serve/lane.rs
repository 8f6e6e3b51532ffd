//! A stage that runs.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;

use super::budget::Budget;
use super::counts::Counts;
use super::error::ServeError;
use super::limits::ServeLimits;
use super::look::Account;
use super::stage::{Protocol, Stage};
use super::told::Teller;
use super::upstream::Upstream;
use crate::Guard;
use crate::net::tls;

/// What all requests of a stage share.
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) stage: Stage,
    pub(super) guard: Guard,
    pub(super) account: Option<Arc<Account>>,
    pub(super) limits: ServeLimits,
    pub(super) counts: Counts,
    pub(super) teller: Teller,
    pub(super) upstream: Upstream,
    pub(super) tls: Option<TlsAcceptor>,
    /// Of what has not come to its end, or waits for its place.
    pub(super) budget: Budget,
    /// For so many requests at once.
    places: Arc<Semaphore>,
}

impl Lane {
    pub(super) fn new(
        stage: Stage,
        guard: Guard,
        account: Option<Arc<Account>>,
        limits: ServeLimits,
    ) -> Result<Self, ServeError> {
        let tls = match (&stage.tls, &stage.client_ca) {
            (Some((certificates, key)), authorities) => {
                let alpn: &[&[u8]] = match stage.protocol {
                    Protocol::Forward | Protocol::Syslog => &[],
                    _ => &[b"h2", b"http/1.1"],
                };
                Some(tls::acceptor((certificates, key), authorities.as_deref(), alpn)?)
            }
            (None, Some(_)) => {
                return Err(ServeError::new(format_args!(
                    "stage {}: certificates of clients are asked for, but it has none itself",
                    stage.name()
                )));
            }
            (None, None) => None,
        };
        Ok(Self {
            name: stage.name(),
            upstream: Upstream::new(&stage, &limits)?,
            tls,
            stage,
            guard,
            account,
            budget: Budget::new(&limits),
            limits,
            counts: Counts::default(),
            teller: Teller::default(),
            places: Arc::new(Semaphore::new(limits.requests.clamp(1, Semaphore::MAX_PERMITS))),
        })
    }

    /// Waits for a place among the requests at once. What waits is held of the budget, so that senders wait too.
    pub(super) async fn place(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.places).acquire_owned().await.expect("nobody closes it")
    }
}
