//! The program: arguments and configuration, then the filter.

mod args;
mod config;
mod exit;
mod filter;
mod jobs;
mod output;
mod progress;
mod report;
mod settings;
mod signals;
mod sources;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Args, Command, ConfigCommand};
use exit::{Exit, Failure};
use settings::Settings;

/// Parses, runs, and says how it went.
pub(crate) fn main() -> ExitCode {
    let args = Args::parse();
    hide_panics();
    let ended = std::panic::catch_unwind(|| run(args));
    let exit = match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            say("error", &failure.to_string());
            failure.exit()
        }
        Err(_) => Exit::Internal,
    };
    exit.into()
}

fn run(args: Args) -> Result<Exit, Failure> {
    match &args.command {
        Some(Command::Config { command: ConfigCommand::Check { file } }) => {
            check(&args, file.as_deref())
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
            let settings = Settings::new(&args, None)?;
            settings.warnings.iter().for_each(|warning| say("warning", warning));
            filter::run(&settings)
        }
    }
}

fn check(args: &Args, file: Option<&std::path::Path>) -> Result<Exit, Failure> {
    let settings = Settings::new(args, file)?;
    settings.warnings.iter().for_each(|warning| say("warning", warning));
    let from = settings
        .config
        .as_ref()
        .map_or("no configuration file".into(), |path| path.display().to_string());
    let text = format!(
        "{from}: good\nrules: {}\nknown secrets: {}\nreplacement: {}\n",
        settings.rule_count, settings.secret_count, settings.replacement
    );
    print(text.as_bytes())
}

fn print(text: &[u8]) -> Result<Exit, Failure> {
    match io::stdout().lock().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::io("standard output", error))
        }
        _ => Ok(Exit::Success),
    }
}

/// One line on standard error. A terminal that is gone is no reason to stop.
pub(crate) fn say(kind: &str, text: &str) {
    let _ = writeln!(io::stderr().lock(), "keepmum: {kind}: {text}");
}

/// A panic's message can quote what was being read, so nothing of it is printed.
fn hide_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place =
            panic.location().map_or(String::new(), |at| format!(" at {}:{}", at.file(), at.line()));
        say("error", &format!("internal error{place}; what was held back is dropped"));
    }));
}
