//! `keepmum hook`: what a coding agent runs at its events.

mod automata;
mod entry;
mod input;
mod options;
mod replace;
mod settings;
mod watch;

use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use keepmum::config::Usual;
use keepmum::hook::{Agent, Answer, Event, Failure as Refusal, Hook, refusal};
use keepmum::prompt::{PreSend, Report, Treatment};
use keepmum::{Finding, Guard, Surface};

use super::args::{Args, Command};
use super::audit::Audit;
use super::config::Keys;
use super::exit::{Exit, Failure};
use super::settings::Settings;
use automata::Automata;
use options::Options;
pub(super) use options::{HookArgs, Table};
use watch::Watch;

/// Answers one event, or changes settings.
pub(super) fn run(args: Args) -> Result<Exit, Failure> {
    let hook = given(&args);
    if let Some(command) = &hook.command {
        return settings::run(&args, command);
    }
    let name = "hook: name the agent by --agent, or install it: keepmum hook install";
    let agent = hook.agent.ok_or_else(|| Failure::usage(name))?;
    let args = with_own(args);
    // Never freed, as the rest: the process ends with the answer, and the agent waits for that.
    let input: &OnceLock<Vec<u8>> = Box::leak(Box::default());
    // The usual exit code of a panic would let the action go on.
    let said = catch_unwind(AssertUnwindSafe(|| say(&answered(agent, &args, input))));
    let event = given(&args).event.as_deref();
    let refuse = || say(&refusal(agent, event, b"", &Refusal::Panic));
    let said = said.or_else(|_| catch_unwind(AssertUnwindSafe(refuse)));
    Ok(Exit::Program(said.unwrap_or(REFUSED)))
}

/// The answer to arguments that cannot be read, if an agent gave them at an event, such as to another version: the exit code
/// alone hides no output.
pub(super) fn misread(error: &clap::Error) -> Option<Exit> {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let (_, options) = words.split_first().filter(|(command, _)| *command == "hook")?;
    let value = |name: &str| {
        let at = options.iter().position(|word| word == name)?;
        options.get(at + 1).map(String::as_str)
    };
    let asked = error.use_stderr() && options.first()?.starts_with("--");
    let agent = value("--agent").filter(|_| asked)?.parse::<Agent>().ok()?;
    let why = Refusal::Setup(format!("its arguments are wrong: {}", error.kind()));
    Some(Exit::Program(say(&refusal(agent, value("--event"), b"", &why))))
}

/// The arguments of this command.
fn given(args: &Args) -> &HookArgs {
    let Some(Command::Hook(hook)) = &args.command else { unreachable!("it was asked before") };
    hook
}

/// With the user's own configuration, if none is named. One that merely lies in the working folder can have come with a
/// repository, or be the work of the agent that is guarded here: it is not read.
fn with_own(mut args: Args) -> Args {
    if args.config.is_none() && !args.no_config {
        args.config = Usual::own();
        args.no_config = args.config.is_none();
    }
    args
}

/// The answer to what stands on standard input. It is there in time, whatever happens.
fn answered(agent: Agent, args: &Args, input: &'static OnceLock<Vec<u8>>) -> Answer {
    let worked = Watch::start(agent, args, input).and_then(|watch| {
        let worked = catch_unwind(AssertUnwindSafe(|| work(agent, args, input, watch.until)));
        watch.end();
        worked.unwrap_or(Err(Refusal::Panic))
    });
    worked.unwrap_or_else(|failure| {
        let input = input.get().map(Vec::as_slice).unwrap_or_default();
        refusal(agent, given(args).event.as_deref(), input, &failure)
    })
}

/// Reads an event, sets up what looks through it, looks, and records what was found.
fn work(
    agent: Agent,
    args: &Args,
    read: &OnceLock<Vec<u8>>,
    until: Instant,
) -> Result<Answer, Refusal> {
    let input = read.get_or_init(|| input::read(io::stdin().lock()));
    if input.len() > input::LONGEST {
        return Err(Refusal::TooLong);
    }
    let event = given(args).event.as_deref();
    let event = Event::read(agent, event, input)?;
    if let Some(answer) = event.passes() {
        return Ok(answer);
    }
    let setup = |failure: Failure| Refusal::Setup(failure.to_string());
    let options = Options::new(args).map_err(setup)?;
    let hook = ManuallyDrop::new(hook(args, &options).map_err(setup)?);
    let answer = hook.look(&event)?;
    record(args, &options.keys, agent, &answer.report, until).map_err(setup)?;
    Ok(answer)
}

fn hook(args: &Args, options: &Options) -> Result<Hook, Failure> {
    let key = options.key()?;
    let automata = Automata::of_user().map(|automata| Arc::new(automata) as _);
    let (settings, secrets) = Settings::with_secrets(args, &options.config, automata)?;
    let guard = Guard::from(settings.known.redactor());
    let mut builder = PreSend::builder(guard, key).restorable(secrets);
    for (glob, mode) in &options.modes {
        builder = builder.mode(glob, *mode);
    }
    let restore = options.keys.restore.iter().cloned();
    let hook = Hook::new(restore.fold(builder, |all, rule| all.restore(rule)).build()?);
    Ok(hook.warnings(settings.warnings))
}

/// Rows for what was found, if there is an audit log. Other hooks may be writing theirs.
fn record(
    args: &Args,
    keys: &Keys,
    agent: Agent,
    report: &Report,
    until: Instant,
) -> Result<(), Failure> {
    let replaced = report.found.iter().filter(|one| one.treatment == Treatment::Redacted);
    let found: Vec<(Finding, u64)> =
        replaced.map(|one| (one.finding.clone(), one.finding.span().len())).collect();
    if found.is_empty() {
        return Ok(());
    }
    match Audit::open_until(args.audit(), keys, args.color, until)? {
        Some(audit) => audit.redacted(Surface::HOOK.as_str(), agent.as_str(), &found),
        None => Ok(()),
    }
}

/// Writes an answer, once; gives the exit code. An agent that does not get all of it must not take it for a yes.
fn say(answer: &Answer) -> u8 {
    let _ = io::stderr().lock().write_all(answer.stderr.as_bytes());
    let mut out = io::stdout().lock();
    match out.write_all(&answer.stdout).and_then(|()| out.flush()) {
        Ok(()) => answer.code,
        Err(_) => REFUSED,
    }
}

/// The exit code that agents know for a no.
const REFUSED: u8 = 2;
