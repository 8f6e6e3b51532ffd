//! Arguments and the table `[serve]`, merged and proved good.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use keepmum::serve::{Compression, Framing, Protocol, ServeLimits, Stage};
use serde::Deserialize;

use crate::cli::args::{Args, AuditArgs};
use crate::cli::config::{File, Keys, LOCAL, Trust};
use crate::cli::duration::Time;
use crate::cli::exit::Failure;
use crate::cli::settings::in_force;
use crate::cli::size::Size;

const LIMITS: &str = "Limits";

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// Stages, such as vector:0.0.0.0:6000=http://next:6001; protocols are vector, otlp, http, forward and syslog. Those of the configuration file are there too
    #[arg(value_name = "PROTOCOL:LISTEN=UPSTREAM")]
    stages: Vec<String>,

    /// Show /healthz and /metrics on this address
    #[arg(long, value_name = "ADDRESS")]
    status: Option<SocketAddr>,

    /// Prove the configuration, connect to every upstream once, and serve nothing
    #[arg(long)]
    pub(super) check: bool,

    #[command(flatten)]
    limits: LimitOptions,

    #[command(flatten)]
    pub(crate) audit: AuditArgs,
}

/// Limits, as options and as the table `[serve.limits]`.
#[derive(Clone, Copy, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct LimitOptions {
    /// Longest request or message, also decompressed, and longest reply [32M]
    #[arg(long, value_name = "SIZE", help_heading = LIMITS)]
    longest: Option<Size>,

    /// Longest head of a request [64K]
    #[arg(long, value_name = "SIZE", help_heading = LIMITS)]
    header: Option<Size>,

    /// Requests of a stage that are looked through or on their way at once; further ones wait [32]
    #[arg(long, value_name = "N", help_heading = LIMITS)]
    requests: Option<std::num::NonZeroU32>,

    /// Connections of a stage at once; further ones wait [1024]
    #[arg(long, value_name = "N", help_heading = LIMITS)]
    connections: Option<std::num::NonZeroU32>,

    /// How long a client may take for the head of a request [30s]
    #[arg(long, value_name = "TIME", help_heading = LIMITS)]
    header_time: Option<Time>,

    /// How long it may take for the body [2m]
    #[arg(long, value_name = "TIME", help_heading = LIMITS)]
    body_time: Option<Time>,

    /// How long connecting to an upstream may take [15s]
    #[arg(long, value_name = "TIME", help_heading = LIMITS)]
    connect_time: Option<Time>,

    /// How long an upstream may take for its reply [60s]
    #[arg(long, value_name = "TIME", help_heading = LIMITS)]
    reply_time: Option<Time>,

    /// How long requests under way are waited for at the end [10s]
    #[arg(long, value_name = "TIME", help_heading = LIMITS)]
    drain_time: Option<Time>,
}

/// The table `[serve]` of `keepmum.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Table {
    stages: Vec<Entry>,
    status: Option<SocketAddr>,
    limits: LimitOptions,
}

/// A stage of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    protocol: Protocol,
    listen: String,
    upstream: String,
    #[serde(default)]
    compression: Compression,
    framing: Option<Framing>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    tls_client_ca: Option<PathBuf>,
    upstream_ca: Option<PathBuf>,
    upstream_cert: Option<PathBuf>,
    upstream_key: Option<PathBuf>,
}

impl Table {
    /// Makes its paths relative to `folder`.
    pub(crate) fn relative_to(&mut self, folder: &Path) {
        let paths = self.stages.iter_mut().flat_map(|entry| {
            let listener = [&mut entry.tls_cert, &mut entry.tls_key, &mut entry.tls_client_ca];
            let upstream =
                [&mut entry.upstream_ca, &mut entry.upstream_cert, &mut entry.upstream_key];
            listener.into_iter().chain(upstream)
        });
        for path in paths.flatten() {
            *path = folder.join(&*path);
        }
    }
}

impl Entry {
    fn stage(self) -> Result<Stage, Failure> {
        let mut stage = Stage::read(self.protocol, &self.listen, &self.upstream)?;
        stage = stage.compression(self.compression);
        if let Some(framing) = self.framing {
            stage = stage.framing(framing);
        }
        if let Some((certificates, key)) = together("tls", self.tls_cert, self.tls_key)? {
            stage = stage.tls(&certificates, &key);
        }
        if let Some(authorities) = self.tls_client_ca {
            stage = stage.client_ca(&authorities);
        }
        if let Some(authorities) = self.upstream_ca {
            stage = stage.upstream_ca(&authorities);
        }
        let shown = together("upstream", self.upstream_cert, self.upstream_key)?;
        if let Some((certificates, key)) = shown {
            stage = stage.upstream_tls(&certificates, &key);
        }
        Ok(stage)
    }
}

fn together(
    whose: &str,
    certificates: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
    match (certificates, key) {
        (None, None) => Ok(None),
        (Some(certificates), Some(key)) => Ok(Some((certificates, key))),
        _ => Err(Failure::usage(format_args!("{whose}-cert and {whose}-key go together"))),
    }
}

/// What is in force.
pub(super) struct Options {
    pub(super) stages: Vec<Stage>,
    pub(super) status: Option<SocketAddr>,
    pub(super) limits: ServeLimits,
}

impl Options {
    /// The command line goes first; stages add up.
    pub(super) fn new(args: &Args, given: &ServeArgs) -> Result<Self, Failure> {
        let File { trust, keys: Keys { serve: table, .. }, .. } = in_force(args, None)?;
        if trust == Trust::Found && !(table.stages.is_empty() && table.status.is_none()) {
            return Err(Failure::usage(format_args!(
                "{LOCAL}: [serve] says where logs go; if you trust this file, name it: --config {LOCAL}"
            )));
        }
        let mut stages: Vec<Stage> =
            table.stages.into_iter().map(Entry::stage).collect::<Result<_, _>>()?;
        for stage in &given.stages {
            stages.push(stage.parse()?);
        }
        let status = given.status.or(table.status);
        Ok(Self { stages, status, limits: merged(&[given.limits, table.limits]) })
    }
}

/// The first that is set.
fn first<T>(all: &[LimitOptions], of: impl Fn(&LimitOptions) -> Option<T>) -> Option<T> {
    all.iter().find_map(of)
}

fn merged(all: &[LimitOptions]) -> ServeLimits {
    let mut limits = ServeLimits::default();
    let time = |of: fn(&LimitOptions) -> Option<Time>, limit: &mut _| {
        if let Some(Time(time)) = first(all, of) {
            *limit = time;
        }
    };
    time(|limits| limits.header_time, &mut limits.header_time);
    time(|limits| limits.body_time, &mut limits.body_time);
    time(|limits| limits.connect_time, &mut limits.connect_time);
    time(|limits| limits.reply_time, &mut limits.reply_time);
    time(|limits| limits.drain_time, &mut limits.drain_time);
    let count = |of: fn(&LimitOptions) -> Option<u64>, limit: &mut usize| {
        if let Some(count) = first(all, of) {
            *limit = usize::try_from(count).unwrap_or(usize::MAX);
        }
    };
    count(|limits| limits.longest.map(|size| size.0), &mut limits.longest);
    count(|limits| limits.header.map(|size| size.0), &mut limits.header);
    count(|limits| limits.requests.map(|count| count.get().into()), &mut limits.requests);
    count(|limits| limits.connections.map(|count| count.get().into()), &mut limits.connections);
    limits
}
