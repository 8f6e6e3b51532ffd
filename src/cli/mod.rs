//! The program: arguments and configuration, then the filter.

mod args;
mod audit;
mod config;
#[cfg(any(feature = "proxy", feature = "hook", feature = "serve", feature = "sweep"))]
mod duration;
mod enroll;
mod exit;
mod filter;
mod fresh;
#[cfg(feature = "hook")]
mod hook;
mod jobs;
mod lines;
mod messages;
mod output;
mod passing;
mod progress;
#[cfg(feature = "proxy")]
mod proxy;
mod report;
mod rules;
mod run;
mod scan;
mod secrets;
#[cfg(feature = "serve")]
mod serve;
#[cfg(any(feature = "proxy", feature = "serve"))]
mod serving;
mod settings;
mod signals;
mod size;
mod sources;
#[cfg(any(feature = "proxy", feature = "serve"))]
mod stop;
#[cfg(feature = "sweep")]
mod sweep;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use keepmum::memory::{self, Protection};

use args::{Args, AuditCommand, Command, ConfigCommand};
use exit::{Exit, Failure};
use messages::{Color, Kind, say};
use settings::Settings;

/// Parses, runs, and says how it went.
pub(crate) fn main() -> ExitCode {
    let protection = memory::protect();
    hide_panics();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let exit = refused(&error);
            #[cfg(feature = "hook")]
            let exit = hook::misread(&error).unwrap_or(exit);
            return exit.into();
        }
    };
    let color = args.color;
    let exit = match std::panic::catch_unwind(|| run(args, &protection)) {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            say(color, Kind::Error, &failure.to_string());
            failure.exit()
        }
        Err(_) => Exit::Internal,
    };
    exit.into()
}

/// Help and the version are refusals too, for the parser.
fn refused(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Success;
    }
    let text = error.render();
    let text = if Color::Auto.is_on() { text.ansi().to_string() } else { text.to_string() };
    let _ = write!(io::stderr().lock(), "keepmum: {text}");
    Exit::Usage
}

fn run(args: Args, protection: &Protection) -> Result<Exit, Failure> {
    match &args.command {
        Some(Command::Config { command: ConfigCommand::Check { file } }) => {
            check(&args, file.as_deref(), protection)
        }
        Some(Command::Run(run)) => run::run(&args, run, protection),
        #[cfg(feature = "proxy")]
        Some(Command::Proxy(proxy)) => proxy::run(&args, proxy),
        #[cfg(feature = "hook")]
        Some(Command::Hook(_)) => hook::run(args),
        #[cfg(feature = "serve")]
        Some(Command::Serve(serve)) => serve::run(&args, serve),
        #[cfg(feature = "sweep")]
        Some(Command::Sweep(sweep)) => sweep::run(&args, sweep),
        #[cfg(feature = "sweep")]
        Some(Command::Watch(watch)) => sweep::watch(&args, watch),
        Some(Command::Audit { command: AuditCommand::Verify { head, files } }) => {
            let (exit, text) = audit::check(files, *head)?;
            print(text.as_bytes())?;
            Ok(exit)
        }
        Some(Command::Enroll(enroll)) => enroll::run(&args, enroll),
        Some(Command::Scan(scan)) => scan::run(&settings(&args, None)?, scan),
        Some(Command::Rules { format, command }) => {
            let settings = said(&args, Settings::without_secrets(&args)?);
            let (exit, text) = rules::run(&settings, command, *format)?;
            print(text.as_bytes())?;
            Ok(exit)
        }
        Some(Command::Secrets { format, command }) => {
            let (read, warnings) = sources::read_declared(&args)?;
            warn(args.color, &warnings);
            let (exit, text) = secrets::run(read, command, *format)?;
            print(text.as_bytes())?;
            Ok(exit)
        }
        Some(Command::Completions { shell }) => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "keepmum", &mut text);
            print(&text)
        }
        Some(Command::Man) => {
            let mut text = Vec::new();
            let man = clap_mangen::Man::new(Args::command());
            man.render(&mut text).map_err(|error| Failure::io("man page", error))?;
            print(&text)
        }
        None => {
            command_as_file(&args)?;
            let settings = said(&args, Settings::audited(&args, |_, _| Ok(Vec::new()))?);
            filter::run(&settings, protection)
        }
    }
}

/// Behind an option a command's name is a file's. If there is none, the command was meant.
fn command_as_file(args: &Args) -> Result<(), Failure> {
    let commands = Args::command();
    let meant = args.files.first().filter(|file| {
        commands.get_subcommands().any(|command| file.as_os_str() == command.get_name())
    });
    match meant.filter(|file| !file.exists()) {
        None => Ok(()),
        Some(file) => Err(Failure::usage(format_args!(
            "no file `{0}`; options stand behind a command: keepmum {0} OPTIONS",
            file.display()
        ))),
    }
}

/// What is in force, with its warnings said.
fn settings(args: &Args, file: Option<&Path>) -> Result<Settings, Failure> {
    Ok(said(args, Settings::new(args, file)?))
}

fn said(args: &Args, settings: Settings) -> Settings {
    warn(args.color, &settings.warnings);
    settings
}

fn warn(color: Color, warnings: &[String]) {
    warnings.iter().for_each(|warning| say(color, Kind::Warning, warning));
}

/// What the system refused to do for secrets in memory. Nobody has to read it.
fn told(protection: &Protection, out: &mut impl Write) {
    for refusal in protection.refusals() {
        let _ = writeln!(out, "keepmum: note: {refusal}");
    }
}

fn check(args: &Args, file: Option<&Path>, protection: &Protection) -> Result<Exit, Failure> {
    let settings = settings(args, file)?;
    let from = settings
        .config
        .as_ref()
        .map_or("no configuration file".into(), |path| path.display().to_string());
    let text = format!(
        "{from}: good\nrules: {}\nknown secrets: {}\nsealed secrets: {}\nreplacement: {}\n",
        settings.rule_count, settings.secret_count, settings.sealed_count, settings.replacement
    );
    let refusals = protection.refusals().map(|refusal| format!("note: {refusal}\n"));
    let notices = settings.notices.iter().map(|notice| format!("{notice}\n"));
    print((text + &notices.chain(refusals).collect::<String>()).as_bytes())
}

fn print(text: &[u8]) -> Result<Exit, Failure> {
    match io::stdout().lock().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::io("standard output", error))
        }
        _ => Ok(Exit::Success),
    }
}

/// A panic's message can quote what was being read, and its place names folders of the build: neither is printed.
fn hide_panics() {
    std::panic::set_hook(Box::new(|_| {
        let _ = writeln!(io::stderr().lock(), "keepmum: internal error");
    }));
}
