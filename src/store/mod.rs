//! A set of known secrets that is kept fresh while streams run.
//!
//! A [`SecretStore`] asks its [sources](crate::source) again when a lease nears its end, when an interval has passed,
//! when a mounted file changed, or when it is told to. A new set takes the place of the old one at once and for everybody;
//! a running [`FreshStream`] goes over to it at its next push. What a source no longer gives stays covered for a while:
//! see [`Policy`]. A source that fails takes nothing away.
//!
//! ```text
//!   sources ▸ keeper (what is due, what is covered) ▸ set, by number ▸ streams
//!                └ side exit: Event ▸ observer (names, never values)
//! ```

mod asked;
mod counts;
mod driver;
mod error;
mod event;
mod follow;
mod holding;
mod keeper;
mod policy;
#[cfg(feature = "audit")]
mod rows;
mod schedule;
mod secret_store;
mod shared;
mod watch;

pub use counts::Counts;
pub use error::StoreError;
pub use event::Event;
pub use follow::{Follower, FreshStream};
pub use policy::Policy;
pub use secret_store::{SecretStore, StoreBuilder};
