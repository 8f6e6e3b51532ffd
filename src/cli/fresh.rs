//! Sources that are kept fresh, and what is told of them.

use std::sync::{Arc, Mutex, PoisonError};

use keepmum::config::Opened;
use keepmum::store::{Event, SecretStore};
use keepmum::{Redactor, Secret};

use super::audit::Audit;
use super::exit::Failure;
use super::messages::{Color, Kind, say};
use super::passing::Known;

/// A store of `sources` and of what stays as it is, with the rules of `redactor`.
pub(crate) fn known(
    redactor: Redactor,
    fixed: Vec<Secret>,
    sources: Vec<Opened>,
    audit: Option<Arc<Audit>>,
    color: Color,
) -> Result<Known, Failure> {
    let told = Arc::new(Told { audit, color, start: Mutex::new(Start::Goes) });
    let heard = Arc::clone(&told);
    let builder = SecretStore::builder(redactor).secrets(fixed);
    let builder = builder.observer(move |event| heard.hear(event));
    let builder = sources.into_iter().fold(builder, |builder, opened| opened.kept_by(builder));
    let store = builder.open()?;
    told.started().map_or(Ok(Known::Kept(store)), Err)
}

/// Who is told.
struct Told {
    audit: Option<Arc<Audit>>,
    color: Color,
    start: Mutex<Start>,
}

/// Whether what happens at the start can be accounted for.
enum Start {
    Goes,
    Failed(Failure),
    /// It is over.
    Over,
}

impl Told {
    fn hear(&self, event: &Event) {
        if event.is_warning() {
            say(self.color, Kind::Warning, &event.to_string());
        }
        let recorded = self.audit.as_ref().map_or(Ok(()), |audit| audit.happened(event));
        let Err(failure) = recorded else { return };
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        match &*start {
            Start::Goes => *start = Start::Failed(failure),
            Start::Failed(_) => {}
            // The log takes no row after one that is lost: the next redaction stops the program.
            Start::Over => say(self.color, Kind::Error, &failure.to_string()),
        }
    }

    /// The start is over; gives why it must not go on.
    fn started(&self) -> Option<Failure> {
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *start, Start::Over) {
            Start::Failed(failure) => Some(failure),
            Start::Goes | Start::Over => None,
        }
    }
}
