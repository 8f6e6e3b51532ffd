//! Before a prompt leaves: requests to language models and to Slack without secrets, and their replies.
//!
//! ```text
//!   request ▸ body (JSON, form, parts) ▸ scan ▸ shape: redact, refuse, pass ▸ splice ▸ request, report
//!   reply   ▸ events ▸ tool calls ▸ restore, where a rule allows it ▸ reply
//! ```
//!
//! What stands in place of a secret is a [reference](crate::Reference), so that a model can name a value without knowing it.

mod api;
mod appends;
mod body;
mod cut;
mod form;
mod look;
mod media;
mod mode;
mod modes;
mod parts;
mod pieces;
mod pre_send;
mod refused;
mod report;
mod restore;
mod runs;
mod shape;

pub use api::Api;
pub use mode::{KeyPolicy, Mode};
pub use pre_send::{Outgoing, PreSend, PreSendBuilder};
pub use refused::{Refused, Why};
pub use report::{Found, Report, Treatment, Unscanned};
pub use restore::{Reply, RestoreReport, RestoreRule, Unrestored};
