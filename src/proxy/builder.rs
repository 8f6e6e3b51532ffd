//! The gateway and its builder.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::door::Door;
use super::error::ProxyError;
use super::limits::ProxyLimits;
use super::look::Account;
use super::request::answer;
use super::route::Routes;
use super::status::Status;
use super::upstream::Upstream;
use crate::net::{Accept, Server, tls};
#[cfg(feature = "prometheus")]
use crate::otel::Prometheus;
use crate::prompt::{Api, PreSend};
use crate::store::SecretStore;

/// Streams that an HTTP/2 connection may have at once.
const STREAMS: u32 = 512;

/// A gateway. Cheap to clone; several listeners can serve one.
#[derive(Clone)]
pub struct Proxy(pub(super) Arc<Inner>);

/// What all requests share.
pub(super) struct Inner {
    pub(super) pre_send: PreSend,
    pub(super) account: Option<Arc<Account>>,
    pub(super) routes: Routes,
    pub(super) door: Door,
    pub(super) limits: ProxyLimits,
    /// For so many requests at once.
    pub(super) places: Arc<Semaphore>,
    pub(super) upstream: Upstream,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) status: Status,
    pub(super) store: Option<SecretStore>,
    #[cfg(feature = "prometheus")]
    pub(super) prometheus: Option<Arc<Prometheus>>,
}

impl Proxy {
    /// A gateway that looks through requests with `pre_send`, and leads `/anthropic`, `/openai`, `/gemini`, `/ollama`,
    /// `/slack` and `/slack-hooks` to where these names say.
    pub fn builder(pre_send: PreSend) -> ProxyBuilder {
        ProxyBuilder {
            pre_send,
            account: None,
            upstreams: Vec::new(),
            apis: Vec::new(),
            door: Door::default(),
            limits: ProxyLimits::default(),
            tls: None,
            store: None,
            #[cfg(feature = "prometheus")]
            prometheus: None,
        }
    }

    /// Serves `listener` until `shutdown` is done, then takes no more connections, lets requests that are under way come to
    /// their end, for [`ProxyLimits::drain_time`] at most, and cuts off the rest. Whom the listener listens to is the
    /// caller's choice: anybody who reaches it can use it.
    ///
    /// # Errors
    ///
    /// None yet: a connection that cannot be accepted does not end the server.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let limits = self.0.limits;
        let accept = Accept {
            tls: self.0.tls.clone(),
            handshake_time: limits.header_time,
            drain_time: limits.drain_time,
            connections: usize::MAX,
        };
        let server = Server {
            header: limits.header,
            header_time: limits.header_time,
            streams: STREAMS,
            window: None,
        };
        let inner = Arc::clone(&self.0);
        let speak = move |stream, draining| {
            let inner = Arc::clone(&inner);
            server.speak(stream, draining, move |request| answer(Arc::clone(&inner), request))
        };
        accept.run(listener, shutdown, speak).await;
        Ok(())
    }

    /// The names of its routes: what stands first in paths.
    pub fn routes(&self) -> impl Iterator<Item = &str> {
        self.0.routes.names()
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

/// Collects the choices of a [`Proxy`].
pub struct ProxyBuilder {
    pre_send: PreSend,
    account: Option<Arc<Account>>,
    upstreams: Vec<(String, String)>,
    apis: Vec<(String, Api)>,
    door: Door,
    limits: ProxyLimits,
    tls: Option<TlsAcceptor>,
    store: Option<SecretStore>,
    #[cfg(feature = "prometheus")]
    prometheus: Option<Arc<Prometheus>>,
}

impl ProxyBuilder {
    /// Leads requests for `/NAME/…` to `base`, an address of `http` or `https`, also if `name` is one that led elsewhere.
    /// What is said there is known by the name, if it is a built-in one, or by host and path.
    ///
    /// # Errors
    ///
    /// A name with other characters than letters, digits, `-` and `_`; an address that is none, or holds a user or a query.
    pub fn upstream(mut self, name: &str, base: &str) -> Result<Self, ProxyError> {
        Routes::builtin()?.set(name, base)?;
        self.upstreams.push((name.to_owned(), base.to_owned()));
        Ok(self)
    }

    /// Says what is said behind `name`, whatever the path is.
    #[must_use]
    pub fn speaks(mut self, name: &str, api: Api) -> Self {
        self.apis.push((name.to_owned(), api));
        self
    }

    /// Answers also requests for `host`, a name with or without a port, and requests of pages whose origin it is.
    ///
    /// ### Default
    ///
    /// Only `localhost` and addresses of this machine, and no page but the gateway's own.
    #[must_use]
    pub fn allow_host(mut self, host: &str) -> Self {
        self.door.allow_host(host);
        self
    }

    /// Asks for `token` as the first part of every path: `/TOKEN/anthropic/v1/messages`. Without it, nothing is there.
    ///
    /// ### Default
    ///
    /// None is asked for.
    ///
    /// # Errors
    ///
    /// It has under 16 characters, or others than letters, digits, `-` and `_`.
    pub fn token(mut self, token: &str) -> Result<Self, ProxyError> {
        self.door.ask_for(token)?;
        Ok(self)
    }

    /// Sets limits.
    ///
    /// ### Default
    ///
    /// [`ProxyLimits::default`].
    #[must_use]
    pub fn limits(mut self, limits: ProxyLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Has every request in which something was found accounted for before it is sent.
    ///
    /// ### Default
    ///
    /// Only the counters of the status page.
    #[must_use]
    pub fn accounted_by(mut self, account: Arc<Account>) -> Self {
        self.account = Some(account);
        self
    }

    /// Speaks TLS, with the chain of certificates and the key in two files of PEM.
    ///
    /// ### Default
    ///
    /// Plain HTTP, for this machine alone.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or holds something else.
    pub fn tls(mut self, certificates: &Path, key: &Path) -> Result<Self, ProxyError> {
        self.tls = Some(tls::acceptor((certificates, key), None, &[b"h2", b"http/1.1"])?);
        Ok(self)
    }

    /// Shows the health of the sources of `store` on the status page.
    #[must_use]
    pub fn store(mut self, store: &SecretStore) -> Self {
        self.store = Some(store.clone());
        self
    }

    /// Shows these metrics at `/metrics`.
    ///
    /// ### Default
    ///
    /// The counters of the status page.
    #[cfg(feature = "prometheus")]
    #[must_use]
    pub fn prometheus(mut self, metrics: Arc<Prometheus>) -> Self {
        self.prometheus = Some(metrics);
        self
    }

    /// Makes the gateway. Nothing listens yet.
    ///
    /// # Errors
    ///
    /// [`speaks`](Self::speaks) for a name that leads nowhere; the machine's certificates cannot be read.
    pub fn build(self) -> Result<Proxy, ProxyError> {
        let mut routes = Routes::builtin()?;
        for (name, base) in &self.upstreams {
            routes.set(name, base)?;
        }
        for (name, api) in &self.apis {
            routes.speaks(name, *api)?;
        }
        Ok(Proxy(Arc::new(Inner {
            pre_send: self.pre_send,
            account: self.account,
            routes,
            door: self.door,
            limits: self.limits,
            places: Arc::new(Semaphore::new(self.limits.requests.min(Semaphore::MAX_PERMITS))),
            upstream: Upstream::new(&self.limits)?,
            tls: self.tls,
            status: Status::default(),
            store: self.store,
            #[cfg(feature = "prometheus")]
            prometheus: self.prometheus,
        })))
    }
}

impl fmt::Debug for ProxyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyBuilder").field("limits", &self.limits).finish_non_exhaustive()
    }
}
