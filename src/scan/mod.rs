//! The pipeline over one window: prefilter ▸ detect ▸ check ▸ allow ▸ resolve.

mod engine;
mod prefilter;
mod resolve;
#[cfg(feature = "sealed")]
mod sealed;
mod sift;
mod spellings;
mod state;
mod tail;
mod window;

pub(crate) use engine::{CONTEXT, Engine, OPENING, Parts};
pub(crate) use resolve::{Class, Label, Region, Shown};
pub(crate) use state::State;
pub(crate) use window::Window;
