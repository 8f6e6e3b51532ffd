//! `keepmum proxy`: the gateway.

mod options;
mod told;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use keepmum::prompt::{PreSend, Report, Treatment, read_key, usual_key};
use keepmum::proxy::{Account, Proxy, ProxyError};
use keepmum::store::SecretStore;
use keepmum::{Finding, Guard, ReferenceKey, Surface};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::args::Args;
use super::audit::Audit;
use super::exit::{Exit, Failure};
use super::messages::{Kind, say};
use super::passing::Known;
use super::serving::{Metrics, block_on};
use super::settings::Settings;
use super::stop;
use options::{Options, Token};
pub(super) use options::{ProxyArgs, Table};

impl From<ProxyError> for Failure {
    fn from(error: ProxyError) -> Self {
        Self::usage(error)
    }
}

/// Serves until a signal comes.
pub(super) fn run(args: &Args, proxy: &ProxyArgs) -> Result<Exit, Failure> {
    if proxy.check {
        return check();
    }
    let options = Options::new(args, proxy)?;
    let settings = super::said(args, Settings::kept(args)?);
    let Known::Kept(store) = &settings.known else { unreachable!("all sources are kept") };
    let token = token(&options)?;
    let key = options.key_file.as_deref().map_or_else(usual_key, read_key)?;
    let proxy = gateway(&options, store, key, token.as_ref(), settings.audit.clone())?;
    warn(args, &options);
    let stop = stop::listen(store.clone()).map_err(|error| Failure::io("signals", error))?;
    block_on(async {
        let listener = bind(options.listen).await?;
        let address = listener.local_addr().map_err(|error| Failure::io("listener", error))?;
        told::start(address, &options, token.as_ref(), &mut io::stderr().lock());
        let stopped = async { stop.await.unwrap_or_default() };
        proxy.serve(listener, stopped).await.map_err(|error| Failure::io("listener", error))?;
        Ok(Exit::Success)
    })?
}

fn check() -> Result<Exit, Failure> {
    let all = block_on(keepmum::proxy::check())??;
    let line = |one: &keepmum::proxy::Checked| match one.problem {
        None => format!("{}: good, the upstream saw a placeholder\n", one.route),
        Some(problem) => format!("{}: bad, {problem}\n", one.route),
    };
    super::print(all.iter().map(line).collect::<String>().as_bytes())?;
    let good = !all.is_empty() && all.iter().all(|one| one.problem.is_none());
    Ok(if good { Exit::Success } else { Exit::Found })
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| Failure::io(address, error))
}

/// The token that is asked for, if one is.
fn token(options: &Options) -> Result<Option<Zeroizing<String>>, Failure> {
    match &options.token {
        Token::None => Ok(None),
        Token::Drawn => {
            let mut random = Zeroizing::new([0; 16]);
            getrandom::fill(random.as_mut())
                .map_err(|error| Failure::io("token", io::Error::other(error)))?;
            Ok(Some(Zeroizing::new(format!("{:032x}", u128::from_ne_bytes(*random)))))
        }
        Token::File(path) => read_token(path).map(Some),
    }
}

fn read_token(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: io::Error| Failure::usage(format_args!("{}: {error}", path.display()));
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
    Ok(Zeroizing::new(text.trim().to_owned()))
}

fn gateway(
    options: &Options,
    store: &SecretStore,
    key: ReferenceKey,
    token: Option<&Zeroizing<String>>,
    audit: Option<Arc<Audit>>,
) -> Result<Proxy, Failure> {
    let metrics = Metrics::new(store)?;
    let guard = metrics.observing(Guard::from(store.clone()));
    let pre_send = pre_send(options, guard, key)?;
    let mut builder = Proxy::builder(pre_send).store(store).limits(options.limits);
    #[cfg(feature = "prometheus")]
    {
        builder = builder.prometheus(metrics.shown());
    }
    for (name, upstream) in &options.upstreams {
        builder = builder.upstream(name, &upstream.url)?;
        if let Some(api) = upstream.api {
            builder = builder.speaks(name, api);
        }
    }
    builder = options.allow_host.iter().fold(builder, |builder, host| builder.allow_host(host));
    if let Some(token) = token {
        builder = builder.token(token)?;
    }
    if let Some((certificates, key)) = &options.tls {
        builder = builder.tls(certificates, key)?;
    }
    if let Some(audit) = audit {
        builder = builder.accounted_by(account(audit));
    }
    Ok(builder.build()?)
}

fn pre_send(options: &Options, guard: Guard, key: ReferenceKey) -> Result<PreSend, Failure> {
    let mut builder = PreSend::builder(guard, key).keys(options.keys);
    for (glob, mode) in &options.modes {
        builder = builder.mode(glob, *mode);
    }
    if let Some(longest) = options.longest {
        builder = builder.longest(longest);
    }
    Ok(options.restore.iter().cloned().fold(builder, |all, rule| all.restore(rule)).build()?)
}

/// Rows for what is replaced. What is left is in no audit log: it was not redacted.
fn account(audit: Arc<Audit>) -> Arc<Account> {
    Arc::new(move |surface: Surface, route: &str, report: &Report| {
        let replaced = report.found.iter().filter(|one| one.treatment == Treatment::Redacted);
        let found: Vec<(Finding, u64)> =
            replaced.map(|one| (one.finding.clone(), one.finding.span().len())).collect();
        audit.redacted(surface.as_str(), route, &found).map_err(|error| error.to_string().into())
    })
}

fn warn(args: &Args, options: &Options) {
    let remote = !options.listen.ip().is_loopback();
    let warning = |text: &str| say(args.color, Kind::Warning, text);
    if remote {
        warning("other machines can reach the gateway, and use it as this one does");
    }
    if remote && matches!(options.token, Token::None) {
        warning("no --token: whoever reaches the gateway can use it");
    }
    if remote && options.tls.is_none() {
        warning("no --tls-cert: what is sent to the gateway can be read on its way");
    }
}
