//! What commands that serve have in common.

use std::future::Future;
#[cfg(feature = "prometheus")]
use std::sync::Arc;

use keepmum::Guard;
use keepmum::store::SecretStore;
use tokio::runtime::Runtime;

use super::exit::Failure;

/// Runs `future` on threads of its own, and leaves them when it is done.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = Runtime::new().map_err(|error| Failure::io("threads", error))?;
    let done = runtime.block_on(future);
    // What is still looked through on a thread of its own is for nobody.
    runtime.shutdown_background();
    Ok(done)
}

/// What counts, and is shown at `/metrics`.
#[cfg(feature = "prometheus")]
pub(crate) struct Metrics {
    shown: Arc<keepmum::otel::Prometheus>,
    counting: Arc<keepmum::otel::Metrics>,
}

#[cfg(feature = "prometheus")]
impl Metrics {
    pub(crate) fn new(store: &SecretStore) -> Result<Self, Failure> {
        use opentelemetry::metrics::MeterProvider as _;

        let provider = opentelemetry_sdk::metrics::SdkMeterProvider::builder();
        let shown = keepmum::otel::Prometheus::new(provider).map_err(Failure::usage)?;
        let meter = shown.provider().meter("keepmum");
        let counting = keepmum::otel::Metrics::new(&meter).watch(store);
        Ok(Self { shown: Arc::new(shown), counting: Arc::new(counting) })
    }

    pub(crate) fn observing(&self, guard: Guard) -> Guard {
        guard.observed_by(self.counting.clone())
    }

    pub(crate) fn shown(&self) -> Arc<keepmum::otel::Prometheus> {
        Arc::clone(&self.shown)
    }
}

/// Without the feature `prometheus` only the server's own counters are there.
#[cfg(not(feature = "prometheus"))]
pub(crate) struct Metrics;

#[cfg(not(feature = "prometheus"))]
impl Metrics {
    pub(crate) fn new(_: &SecretStore) -> Result<Self, Failure> {
        Ok(Self)
    }

    pub(crate) fn observing(&self, guard: Guard) -> Guard {
        guard
    }
}
