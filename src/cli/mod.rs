//! The program: arguments and configuration, then the filter.

mod args;
mod config;
mod enroll;
mod env_file;
mod exit;
mod filter;
mod jobs;
mod lines;
mod messages;
mod output;
mod progress;
mod report;
mod rules;
mod scan;
mod sealed;
mod settings;
mod signals;
mod sources;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Args, Command, ConfigCommand};
use exit::{Exit, Failure};
use messages::{Color, Kind, say};
use settings::Settings;

/// Parses, runs, and says how it went.
pub(crate) fn main() -> ExitCode {
    hide_panics();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return refused(&error).into(),
    };
    let color = args.color;
    let exit = match std::panic::catch_unwind(|| run(args)) {
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

fn run(args: Args) -> Result<Exit, Failure> {
    match &args.command {
        Some(Command::Config { command: ConfigCommand::Check { file } }) => {
            check(&args, file.as_deref())
        }
        Some(Command::Enroll(enroll)) => enroll::run(&args, enroll),
        Some(Command::Scan(scan)) => scan::run(&settings(&args, None)?, scan),
        Some(Command::Rules { format, command }) => {
            let (exit, text) = rules::run(&settings(&args, None)?, command, *format)?;
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
            filter::run(&settings(&args, None)?)
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
    let settings = Settings::new(args, file)?;
    settings.warnings.iter().for_each(|warning| say(args.color, Kind::Warning, warning));
    Ok(settings)
}

fn check(args: &Args, file: Option<&Path>) -> Result<Exit, Failure> {
    let settings = settings(args, file)?;
    let from = settings
        .config
        .as_ref()
        .map_or("no configuration file".into(), |path| path.display().to_string());
    let text = format!(
        "{from}: good\nrules: {}\nknown secrets: {}\nsealed secrets: {}\nreplacement: {}\n",
        settings.rule_count, settings.secret_count, settings.sealed_count, settings.replacement
    );
    let notices = settings.notices.iter().map(|notice| format!("{notice}\n"));
    print((text + &notices.collect::<String>()).as_bytes())
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
