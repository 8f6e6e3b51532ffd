//! The subscriber around all others.

use std::any::TypeId;
use std::fmt;

use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{Dispatch, Event, LevelFilter, Metadata, Subscriber};

use super::rewrite::rewrite;
use super::scratch::{Answers, called, gathered};
use super::unstable;
use crate::{Guard, Names};

/// A finished subscriber, none of whose layers sees a secret: the values of events and spans are looked through before they
/// get there, and where something is found, a rewritten set of values goes on.
///
/// Values without a secret keep their types, and an event or span without one goes on as it is. A number with a secret in
/// its digits becomes text. An error with one becomes an error that shows the same without it, in its causes too, and
/// cannot be downcast.
///
/// It has to be outermost: a layer on top of it would see everything. It is no `LookupSpan` for that reason.
///
/// ```
/// use keepmum::{Redactor, subscriber::Redacting};
/// use tracing_subscriber::{layer::SubscriberExt as _, registry, fmt};
///
/// let redactor = Redactor::builder().builtin_rules().secret("db", "correct horse battery")?.build()?;
/// let layers = registry().with(fmt::layer());
/// let subscriber = Redacting::new(layers, redactor);
/// # let _: &dyn tracing_core::Subscriber = &subscriber;
/// // tracing::subscriber::set_global_default(subscriber)?;
/// # Ok::<(), keepmum::BuildError>(())
/// ```
pub struct Redacting<S> {
    inner: S,
    guard: Guard,
    names: Names,
}

impl<S: Subscriber> Redacting<S> {
    /// Redacts what `inner` sees with a redactor or a store of secrets.
    pub fn new(inner: S, guard: impl Into<Guard>) -> Self {
        Self { inner, guard: guard.into(), names: Names::default() }
    }

    /// Which fields are hidden as a whole because of their names. `true`, `false`, `None` and nothing at all are shown.
    ///
    /// ### Default
    ///
    /// [`Names::default`].
    #[must_use]
    pub fn names(mut self, names: Names) -> Self {
        self.names = names;
        self
    }

    /// Whether the event is enabled still. Where its filters have been asked about another one since, they are asked again.
    fn stays_enabled(&self, answers: Answers, metadata: &Metadata<'_>) -> bool {
        answers == Answers::Fresh || self.inner.enabled(metadata)
    }
}

/// Wraps a finished subscriber where it is made.
pub trait RedactingExt: Subscriber + Sized {
    /// As [`Redacting::new`].
    fn redacting(self, guard: impl Into<Guard>) -> Redacting<Self> {
        Redacting::new(self, guard)
    }
}

impl<S: Subscriber> RedactingExt for S {}

#[expect(unsafe_code, reason = "the trait has an unsafe method, which is passed on as it is")]
impl<S: Subscriber> Subscriber for Redacting<S> {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.inner.on_register_dispatch(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.inner.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        called();
        self.inner.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.inner.max_level_hint()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        called();
        let visit = |visitor: &mut dyn tracing_core::field::Visit| span.record(visitor);
        gathered(&self.names, visit, |gathered, answers| {
            // A span is made whatever its filters say by now: it was promised an id.
            let _ = self.stays_enabled(answers, span.metadata());
            match rewrite(&self.guard, gathered) {
                None => self.inner.new_span(span),
                Some(new) => {
                    unstable::with_span(span, &new.slots(), |span| self.inner.new_span(span))
                }
            }
        })
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let visit = |visitor: &mut dyn tracing_core::field::Visit| values.record(visitor);
        gathered(&self.names, visit, |gathered, _| {
            match (rewrite(&self.guard, gathered), gathered.fields) {
                (Some(new), Some(fields)) => {
                    unstable::with_record(fields, &new.slots(), |values| {
                        self.inner.record(id, values);
                    });
                }
                _ => self.inner.record(id, values),
            }
        });
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.inner.record_follows_from(span, follows);
    }

    /// Always: layers are asked in [`event`](Self::event), and see the rewritten event.
    fn event_enabled(&self, _: &Event<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        called();
        let forward = |event: &Event<'_>| {
            if self.inner.event_enabled(event) {
                self.inner.event(event);
            }
        };
        let visit = |visitor: &mut dyn tracing_core::field::Visit| event.record(visitor);
        gathered(&self.names, visit, |gathered, answers| {
            if !self.stays_enabled(answers, event.metadata()) {
                return;
            }
            match rewrite(&self.guard, gathered) {
                None => forward(event),
                Some(new) => unstable::with_event(event, &new.slots(), forward),
            }
        });
    }

    fn enter(&self, span: &Id) {
        self.inner.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.inner.exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.inner.clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.inner.try_close(id)
    }

    fn current_span(&self) -> Current {
        self.inner.current_span()
    }

    /// Layers are found through their types, as `tracing-opentelemetry` does.
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        // SAFETY: the caller's promise is passed on. What `inner` gives lives in it, and so as long as `self`.
        unsafe { self.inner.downcast_raw(id) }
    }
}

impl<S: fmt::Debug> fmt::Debug for Redacting<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redacting")
            .field("inner", &self.inner)
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}
