//! An agent: a loop that calls tools. Whatever a tool says can hold a secret, and ends up in logs, in panics and in the file
//! that the agent remembers things in.
//!
//! ```sh
//! AGENT_API_KEY='open sesame, please' cargo run -p keepmum-examples --example agent [MEMORY]
//! ```

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;
use std::{env, thread};

use keepmum::source::{EnvFile, Environment};
use keepmum::store::{Event, Policy, SecretStore};
use keepmum::{Redactor, Writer, subscriber};
use tracing::{error, info, info_span};

/// Stands for the password in a deployment's `.env` file, before and after somebody changes it.
const PASSWORDS: [&str; 2] = ["correct horse battery", "staple of another day"];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let env_file = folder.path().join(".env");
    set_password(&env_file, PASSWORDS[0])?;

    // What is secret: tokens that the built-in rules know, variables with the usual names, and all of the `.env` file. The
    // store follows its sources: no restart when a secret changes.
    let (tell, rotated) = channel();
    let store = SecretStore::builder(Redactor::builder().builtin_rules().build()?)
        .source(Box::new(Environment::new(Environment::USUAL)?), Policy::new())
        .source(Box::new(EnvFile::new(&env_file).named("agent")), Policy::new())
        .observer(move |event| {
            if let Event::Rotated { .. } = event {
                // Nobody waits any more if this fails.
                let _ = tell.send(event.to_string());
            }
        })
        .open()?;

    // From here on nothing that goes through `tracing` or `log` and no panic shows a secret: one line for the whole program.
    subscriber::init_with(store.clone())?;

    let memory = env::args_os().nth(1).map(PathBuf::from);
    let memory = memory.unwrap_or_else(|| folder.path().join("memory.md"));
    for (turn, tool) in ["whoami", "query", "rotate", "query", "crash"].into_iter().enumerate() {
        // A field whose name tells is hidden whole, in spans too.
        let _span = info_span!("turn", turn, password = PASSWORDS[0]).entered();
        match call(tool, &env_file) {
            Ok(answer) => {
                info!(tool, answer, "done");
                remember(&store, &memory, &format!("{tool}: {answer}"))?;
            }
            Err(error) => {
                // An error is redacted with all of its causes.
                error!(tool, error = &*error as &dyn Error, "failed");
                remember(&store, &memory, &format!("{tool} failed: {error}"))?;
            }
        }
        if tool == "rotate" {
            // The store would find out by itself in a moment. A program that makes a secret tells it: `store.add(secret)`.
            store.refresh_now();
            info!("{}", rotated.recv_timeout(Duration::from_secs(30))?);
        }
    }
    info!("the agent remembers:\n{}", fs::read_to_string(&memory)?);
    Ok(())
}

/// Adds a note to the memory file. A `Writer` keeps the secrets that are in force when it is made, so each note has one.
fn remember(store: &SecretStore, memory: &Path, note: &str) -> io::Result<()> {
    let file = File::options().append(true).create(true).open(memory)?;
    let mut writer = Writer::new(&store.redactor(), file);
    writeln!(writer, "- {note}")?;
    writer.finish()?;
    Ok(())
}

fn set_password(env_file: &Path, password: &str) -> io::Result<()> {
    fs::write(env_file, format!("DB_PASSWORD='{password}'\n"))
}

/// The tools. None of them knows about redaction.
fn call(tool: &str, env_file: &Path) -> Result<String, Box<dyn Error>> {
    match tool {
        "whoami" => {
            let key = env::var("AGENT_API_KEY").unwrap_or("(AGENT_API_KEY is not set)".to_owned());
            Ok(format!("an agent with the key {key}"))
        }
        "query" => {
            // A database that repeats in its error what it was given.
            let settings = fs::read_to_string(env_file)?;
            Err(format!("refused with the settings {}", settings.trim()).into())
        }
        "rotate" => {
            set_password(env_file, PASSWORDS[1])?;
            Ok("the password is another one now".to_owned())
        }
        // The panic is reported on standard error, redacted.
        _ => match thread::spawn(|| panic!("no entry with {}", PASSWORDS[1])).join() {
            Ok(()) => Ok("quiet".to_owned()),
            Err(_) => Err("the tool crashed".into()),
        },
    }
}
