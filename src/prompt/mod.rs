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
#[cfg(feature = "sweep")]
mod at_rest;
#[cfg(feature = "aws-interceptor")]
mod aws;
mod before;
mod body;
mod caught;
mod cut;
mod form;
mod key;
mod look;
mod media;
mod mode;
mod modes;
mod parts;
mod pieces;
mod pre_send;
mod refused;
mod report;
#[cfg(feature = "request")]
mod request;
#[cfg(feature = "reqwest-middleware")]
mod reqwest_middleware;
mod restore;
mod runs;
mod shape;
#[cfg(feature = "tower")]
mod tower;

#[cfg(feature = "reqwest-middleware")]
pub use self::reqwest_middleware::PreSendMiddleware;
#[cfg(feature = "tower")]
pub use self::tower::{OrWhole, PreSendLayer, PreSendService};
pub use api::Api;
#[cfg(feature = "sweep")]
pub(crate) use at_rest::{AtRest, Seen};
#[cfg(feature = "aws-interceptor")]
pub use aws::PreSendInterceptor;
#[cfg(feature = "sweep")]
pub(crate) use key::state_folder;
pub use key::{KeyError, read_key, usual_key};
pub use mode::{KeyPolicy, Mode};
pub use pre_send::{Outgoing, PreSend, PreSendBuilder};
pub use refused::{Refused, Why};
pub use report::{Found, Report, Treatment, Unscanned};
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub use request::Restored;
#[cfg(feature = "request")]
pub use request::{Exit, Hosts};
pub use restore::{Reply, RestoreReport, RestoreRule, Unrestored};
#[cfg(feature = "hook")]
pub(crate) use restore::{json, references};
#[cfg(feature = "hook")]
pub(crate) use shape::{Guesses, Numbers, Shape, ShapeFile};
