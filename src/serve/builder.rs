//! Stages that are made, and their builder.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use super::error::ServeError;
use super::lane::Lane;
use super::limits::ServeLimits;
use super::look::Account;
use super::stage::Stage;
use super::told::{Teller, Told};
use crate::Guard;
#[cfg(feature = "prometheus")]
use crate::otel::Prometheus;

/// All stages of a process. Cheap to clone.
#[derive(Clone)]
pub struct Serve(pub(super) Arc<Inner>);

/// What all stages share.
pub(super) struct Inner {
    pub(super) lanes: Vec<Arc<Lane>>,
    pub(super) status: Option<SocketAddr>,
    pub(super) limits: ServeLimits,
    #[cfg(feature = "prometheus")]
    pub(super) prometheus: Option<Arc<Prometheus>>,
}

impl Serve {
    /// Stages that redact with `guard`.
    pub fn builder(guard: Guard) -> ServeBuilder {
        ServeBuilder {
            guard,
            stages: Vec::new(),
            status: None,
            account: None,
            told: None,
            limits: ServeLimits::default(),
            #[cfg(feature = "prometheus")]
            prometheus: None,
        }
    }

    /// Its stages, in the order in which they were given.
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        self.0.lanes.iter().map(|lane| &lane.stage)
    }
}

impl fmt::Debug for Serve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

/// Collects the choices of a [`Serve`].
pub struct ServeBuilder {
    guard: Guard,
    stages: Vec<Stage>,
    status: Option<SocketAddr>,
    account: Option<Arc<Account>>,
    told: Option<Arc<Told>>,
    limits: ServeLimits,
    #[cfg(feature = "prometheus")]
    prometheus: Option<Arc<Prometheus>>,
}

impl ServeBuilder {
    /// Adds a stage.
    #[must_use]
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stages.push(stage);
        self
    }

    /// Shows `/healthz` and `/metrics` on this address. Whoever reaches it can read them.
    ///
    /// ### Default
    ///
    /// They are shown nowhere.
    #[must_use]
    pub fn status(mut self, address: SocketAddr) -> Self {
        self.status = Some(address);
        self
    }

    /// Sets limits.
    ///
    /// ### Default
    ///
    /// [`ServeLimits::default`].
    #[must_use]
    pub fn limits(mut self, limits: ServeLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Has every request in which something was found accounted for before it is sent.
    ///
    /// ### Default
    ///
    /// Only the counters of `/metrics`.
    #[must_use]
    pub fn accounted_by(mut self, account: Arc<Account>) -> Self {
        self.account = Some(account);
        self
    }

    /// Tells what went wrong on connections of `forward` and `syslog`: why one was closed, that an upstream is away. Of a stage
    /// one thing in ten seconds at most.
    ///
    /// ### Default
    ///
    /// It only counts.
    #[must_use]
    pub fn told_to(mut self, told: Arc<Told>) -> Self {
        self.told = Some(told);
        self
    }

    /// Shows these metrics at `/metrics` too.
    #[cfg(feature = "prometheus")]
    #[must_use]
    pub fn prometheus(mut self, metrics: Arc<Prometheus>) -> Self {
        self.prometheus = Some(metrics);
        self
    }

    /// Makes the stages. Nothing listens yet.
    ///
    /// # Errors
    ///
    /// There is no stage; certificates or keys that cannot be read or do not fit together.
    pub fn build(self) -> Result<Serve, ServeError> {
        if self.stages.is_empty() {
            return Err(ServeError::new("no stage: nothing to serve"));
        }
        let lane = |stage: Stage| {
            let mut lane =
                Lane::new(stage.proved()?, self.guard.clone(), self.account.clone(), self.limits)?;
            lane.teller = Teller::new(self.told.clone());
            Ok::<_, ServeError>(Arc::new(lane))
        };
        Ok(Serve(Arc::new(Inner {
            lanes: self.stages.into_iter().map(lane).collect::<Result<_, _>>()?,
            status: self.status,
            limits: self.limits,
            #[cfg(feature = "prometheus")]
            prometheus: self.prometheus,
        })))
    }
}

impl fmt::Debug for ServeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeBuilder").field("limits", &self.limits).finish_non_exhaustive()
    }
}
