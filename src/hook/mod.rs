//! Hooks of coding agents: what a tool gets, what it gives back and what somebody types, without secrets.
//!
//! ```text
//!   JSON ▸ event ▸ contract (data): what is guarded ▸ look, restore ▸ answer in the agent's own words
//!           └── anything wrong ──────────────────────────────────────▸ the agent's own refusal
//! ```
//!
//! An agent runs a command at each event, writes JSON into it and reads JSON from it. A [`Hook`] is what such a command does,
//! without its input and output. What stands in place of a secret is a [reference](crate::Reference), as in
//! [prompts](crate::prompt).
//!
//! Agents let an action go on when a hook fails. So a hook that fails says no: what cannot be read, is not known, takes too long
//! or panics is answered with the agent's own refusal.

mod agent;
mod answer;
mod contract;
mod event;
mod failure;
mod guard;
mod mask;
mod settings;
mod template;

pub use agent::{Agent, UnknownAgent};
pub use answer::Answer;
pub use event::Event;
pub use failure::Failure;
pub use guard::{Hook, refusal};
pub use settings::{Entry, Scope, Settings, SettingsError, Status, Switch};
