//! References turned back into values, in tool calls that a rule allows it for.

mod reply;
mod rule;

pub use reply::Reply;
pub use rule::RestoreRule;
