//! `keepmum serve`: stages between log shippers.

mod options;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

use keepmum::serve::{Account, Bound, Serve, ServeError};
use keepmum::store::SecretStore;
use keepmum::{Finding, Guard, Surface};

use super::args::Args;
use super::audit::Audit;
use super::exit::{Exit, Failure};
use super::messages::{Color, Kind, say};
use super::passing::Known;
use super::serving::{Metrics, block_on};
use super::settings::Settings;
use super::stop;
use options::Options;
pub(super) use options::{ServeArgs, Table};

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::usage(error)
    }
}

/// Serves until a signal comes.
pub(super) fn run(args: &Args, serve: &ServeArgs) -> Result<Exit, Failure> {
    let options = Options::new(args, serve)?;
    let settings = super::said(args, Settings::kept(args)?);
    let Known::Kept(store) = &settings.known else { unreachable!("all sources are kept") };
    let stages = stages(args.color, options, store, settings.audit.clone())?;
    if serve.check {
        return check(&stages);
    }
    let stop = stop::listen(store.clone()).map_err(|error| Failure::io("signals", error))?;
    block_on(async {
        let bound = stages.bind().await.map_err(|error| Failure::new(Exit::Io, error))?;
        told(&stages, &bound)?;
        bound.run(async { stop.await.unwrap_or_default() }).await;
        Ok(Exit::Success)
    })?
}

fn stages(
    color: Color,
    options: Options,
    store: &SecretStore,
    audit: Option<Arc<Audit>>,
) -> Result<Serve, Failure> {
    let metrics = Metrics::new(store)?;
    let guard = metrics.observing(Guard::from(store.clone()));
    let mut builder = Serve::builder(guard)
        .limits(options.limits)
        .told_to(Arc::new(move |stage, why| say(color, Kind::Warning, &format!("{stage}: {why}"))));
    #[cfg(feature = "prometheus")]
    {
        builder = builder.prometheus(metrics.shown());
    }
    builder = options.stages.into_iter().fold(builder, |all, stage| all.stage(stage));
    if let Some(address) = options.status {
        builder = builder.status(address);
    }
    if let Some(audit) = audit {
        builder = builder.accounted_by(account(audit));
    }
    Ok(builder.build()?)
}

/// Rows for what is replaced.
fn account(audit: Arc<Audit>) -> Arc<Account> {
    Arc::new(move |surface: Surface, stage: &str, found: &[Finding]| {
        let found: Vec<(Finding, u64)> =
            found.iter().map(|finding| (finding.clone(), finding.span().len())).collect();
        audit.redacted(surface.as_str(), stage, &found).map_err(|error| error.to_string().into())
    })
}

fn check(stages: &Serve) -> Result<Exit, Failure> {
    let all = block_on(stages.check())?;
    let text = all.iter().fold(String::new(), |mut text, one| {
        let _ = match &one.problem {
            None => writeln!(text, "{}: good, its upstream is there", one.stage),
            Some(problem) => writeln!(text, "{}: bad, {problem}", one.stage),
        };
        text
    });
    super::print(text.as_bytes())?;
    Ok(if all.iter().all(|one| one.problem.is_none()) { Exit::Success } else { Exit::Found })
}

/// Says where each stage listens and leads.
fn told(stages: &Serve, bound: &Bound) -> Result<(), Failure> {
    let mut text = String::new();
    for (stage, address) in stages.stages().zip(bound.addresses()?) {
        let (protocol, upstream) = (stage.protocol(), stage.leads_to());
        let _ = writeln!(text, "keepmum: {protocol} listening on {address}, leads to {upstream}");
    }
    if let Some(address) = bound.status()? {
        let _ = writeln!(text, "keepmum: status on http://{address}/metrics");
    }
    // Nobody has to read it.
    let _ = io::stderr().lock().write_all(text.as_bytes());
    Ok(())
}
