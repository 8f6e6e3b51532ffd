//! Arguments and the table `[proxy]`, merged and proved good.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::ValueHint;
use keepmum::prompt::{Api, KeyPolicy, Mode, RestoreRule};
use keepmum::proxy::ProxyLimits;
use serde::Deserialize;

use crate::cli::args::{Args, AuditArgs};
use crate::cli::config::{File, Keys, LOCAL, Trust};
use crate::cli::duration::Time;
use crate::cli::exit::Failure;
use crate::cli::settings::in_force;
use crate::cli::size::Size;

/// Where the gateway listens if nobody says otherwise.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8787);

const LIMITS: &str = "Limits";

#[derive(Debug, clap::Args)]
pub(crate) struct ProxyArgs {
    /// Address to listen on; 127.0.0.1:8787 by default
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,

    /// Listen on an address that other machines can reach
    #[arg(long)]
    pub(crate) allow_remote: bool,

    /// Lead /NAME/… to another address, or to one of your own
    #[arg(long, value_name = "NAME=URL")]
    pub(crate) upstream: Vec<String>,

    /// Ask for a token as the first part of every path: draw one and print it
    #[arg(long, conflicts_with = "token_file")]
    pub(crate) token: bool,

    /// The same, with the token in a file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) token_file: Option<PathBuf>,

    /// File with the key of references, at least 32 bytes; by default reference.key in the user's state folder, drawn once
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) key_file: Option<PathBuf>,

    /// A further host name that requests may be for, and pages may come from
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) allow_host: Vec<String>,

    /// Speak TLS with the certificates in this file of PEM
    #[arg(long, value_name = "FILE", requires = "tls_key", value_hint = ValueHint::FilePath)]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The key of the certificates
    #[arg(long, value_name = "FILE", requires = "tls_cert", value_hint = ValueHint::FilePath)]
    pub(crate) tls_key: Option<PathBuf>,

    /// Send a made-up secret through every built-in interface to an upstream on this machine, and tell whether it arrives
    #[arg(long, exclusive = true)]
    pub(crate) check: bool,

    #[command(flatten)]
    pub(crate) limits: LimitOptions,

    #[command(flatten)]
    pub(crate) audit: AuditArgs,
}

/// Limits, as options and as the table `[proxy.limits]`.
#[derive(Clone, Copy, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct LimitOptions {
    /// Longest body of a request, also decompressed [64M]
    #[arg(long, value_name = "SIZE", help_heading = LIMITS)]
    longest: Option<Size>,

    /// Longest head of a request [64K]
    #[arg(long, value_name = "SIZE", help_heading = LIMITS)]
    header: Option<Size>,

    /// Requests at once [1024]
    #[arg(long, value_name = "N", help_heading = LIMITS)]
    requests: Option<u32>,

    /// How long a client may take for the head of a request [30s]
    #[arg(long, value_name = "TIME", help_heading = LIMITS)]
    header_time: Option<Time>,

    /// How long it may take for the body [2m]
    #[arg(long, value_name = "TIME", help_heading = LIMITS)]
    body_time: Option<Time>,

    /// How long connecting to an upstream may take [15s]
    #[arg(long, value_name = "TIME", help_heading = LIMITS)]
    connect_time: Option<Time>,

    /// How long an upstream may be silent [10m]
    #[arg(long, value_name = "TIME", help_heading = LIMITS)]
    idle_time: Option<Time>,

    /// How long requests under way are waited for at the end [10s]
    #[arg(long, value_name = "TIME", help_heading = LIMITS)]
    drain_time: Option<Time>,
}

/// The table `[proxy]` of `keepmum.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Table {
    listen: Option<SocketAddr>,
    allow_remote: bool,
    upstream: BTreeMap<String, Upstream>,
    /// Globs over names. Of several that match, the longest counts: a table has no order.
    modes: BTreeMap<String, Mode>,
    keys: KeyPolicy,
    token_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    allow_host: Vec<String>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    limits: LimitOptions,
}

/// Where a name leads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upstream {
    pub(crate) url: String,
    #[serde(default, deserialize_with = "api")]
    pub(crate) api: Option<Api>,
}

fn api<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Api>, D::Error> {
    let name = String::deserialize(from)?;
    let known = Api::ALL.into_iter().find(|api| api.as_str() == name);
    let names = || Api::ALL.map(Api::as_str).join(", ");
    let unknown = || serde::de::Error::custom(format_args!("unknown api; known are {}", names()));
    known.ok_or_else(unknown).map(Some)
}

impl Table {
    /// Makes its paths relative to `folder`.
    pub(crate) fn relative_to(&mut self, folder: &Path) {
        let paths =
            [&mut self.token_file, &mut self.key_file, &mut self.tls_cert, &mut self.tls_key];
        for path in paths.into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// The file with the key of references.
    #[cfg(any(feature = "hook", feature = "sweep"))]
    pub(crate) fn key_file(&self) -> Option<&Path> {
        self.key_file.as_deref()
    }

    /// Whether it says where requests go or who may send some.
    fn leads(&self) -> bool {
        let Self { listen, allow_remote, upstream, allow_host, .. } = self;
        let files = [&self.token_file, &self.key_file, &self.tls_cert, &self.tls_key];
        listen.is_some()
            || *allow_remote
            || !upstream.is_empty()
            || !allow_host.is_empty()
            || files.into_iter().any(Option::is_some)
    }
}

/// A token of the gateway.
#[derive(Clone, Debug)]
pub(super) enum Token {
    None,
    Drawn,
    File(PathBuf),
}

/// What is in force.
pub(super) struct Options {
    pub(super) listen: SocketAddr,
    pub(super) upstreams: Vec<(String, Upstream)>,
    pub(super) token: Token,
    pub(super) key_file: Option<PathBuf>,
    pub(super) allow_host: Vec<String>,
    /// Certificates and key.
    pub(super) tls: Option<(PathBuf, PathBuf)>,
    pub(super) modes: Vec<(String, Mode)>,
    pub(super) keys: KeyPolicy,
    pub(super) longest: Option<usize>,
    pub(super) limits: ProxyLimits,
    pub(super) restore: Vec<RestoreRule>,
}

impl Options {
    /// The one place where anything of it is refused, but for what the gateway itself refuses.
    pub(super) fn new(args: &Args, given: &ProxyArgs) -> Result<Self, Failure> {
        let File { trust, keys: Keys { proxy: table, restore, .. }, .. } = in_force(args, None)?;
        if trust == Trust::Found && (table.leads() || !restore.is_empty()) {
            return Err(Failure::usage(format_args!(
                "{LOCAL}: [proxy] and [[restore]] say where requests and values go; if you trust this file, name it: --config {LOCAL}"
            )));
        }
        let listen = given.listen.or(table.listen).unwrap_or(LISTEN);
        if !(listen.ip().is_loopback() || given.allow_remote || table.allow_remote) {
            return Err(Failure::usage(format_args!(
                "{listen}: other machines can reach it; if that is meant: --allow-remote"
            )));
        }
        let limits = [given.limits, table.limits];
        let longest = first(&limits, |limits| limits.longest);
        let mut modes: Vec<_> = table.modes.into_iter().collect();
        modes.sort_by_key(|(glob, _)| Reverse(glob.len()));
        Ok(Self {
            listen,
            upstreams: table.upstream.into_iter().chain(upstreams(&given.upstream)?).collect(),
            token: token(given, table.token_file),
            key_file: given.key_file.clone().or(table.key_file),
            allow_host: [table.allow_host, given.allow_host.clone()].concat(),
            tls: tls(given, (table.tls_cert, table.tls_key))?,
            modes,
            keys: table.keys,
            longest: longest.map(|longest| usize::try_from(longest.0).unwrap_or(usize::MAX)),
            limits: merged(&limits),
            restore,
        })
    }
}

fn upstreams(given: &[String]) -> Result<Vec<(String, Upstream)>, Failure> {
    let read = |given: &String| {
        let (name, url) =
            given.split_once('=').ok_or_else(|| Failure::usage("--upstream: use NAME=URL"))?;
        Ok((name.to_owned(), Upstream { url: url.to_owned(), api: None }))
    };
    given.iter().map(read).collect()
}

fn token(given: &ProxyArgs, written: Option<PathBuf>) -> Token {
    match given.token_file.clone() {
        _ if given.token => Token::Drawn,
        Some(path) => Token::File(path),
        None => written.map_or(Token::None, Token::File),
    }
}

type Files = (Option<PathBuf>, Option<PathBuf>);

fn tls(given: &ProxyArgs, written: Files) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
    match (given.tls_cert.clone().or(written.0), given.tls_key.clone().or(written.1)) {
        (None, None) => Ok(None),
        (Some(certificates), Some(key)) => Ok(Some((certificates, key))),
        _ => Err(Failure::usage("tls-cert and tls-key go together")),
    }
}

/// The first that is set.
fn first<T>(all: &[LimitOptions], of: impl Fn(&LimitOptions) -> Option<T>) -> Option<T> {
    all.iter().find_map(of)
}

fn merged(all: &[LimitOptions]) -> ProxyLimits {
    let mut limits = ProxyLimits::default();
    let time = |of: fn(&LimitOptions) -> Option<Time>, limit: &mut _| {
        if let Some(Time(time)) = first(all, of) {
            *limit = time;
        }
    };
    time(|limits| limits.header_time, &mut limits.header_time);
    time(|limits| limits.body_time, &mut limits.body_time);
    time(|limits| limits.connect_time, &mut limits.connect_time);
    time(|limits| limits.idle_time, &mut limits.idle_time);
    time(|limits| limits.drain_time, &mut limits.drain_time);
    if let Some(Size(header)) = first(all, |limits| limits.header) {
        limits.header = usize::try_from(header).unwrap_or(usize::MAX);
    }
    if let Some(requests) = first(all, |limits| limits.requests) {
        limits.requests = usize::try_from(requests).unwrap_or(usize::MAX);
    }
    limits
}
