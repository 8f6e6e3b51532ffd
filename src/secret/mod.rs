//! Known secrets: values that never print, and the forms in which they are looked for.

mod collisions;
mod common;
mod forms;
mod occurrences;
#[cfg(feature = "sealed")]
mod sealed;
mod value;

pub use collisions::{Collision, collisions};
pub(crate) use forms::{Form, Kept, UNBOUNDED, expand, kept};
#[cfg(feature = "sealed")]
pub(crate) use forms::{expand_strong, leaves};
pub use occurrences::Occurrences;
#[cfg(feature = "sealed")]
pub(crate) use sealed::{ANCHOR, Anchor, Hash, SealedForm, first_half};
#[cfg(feature = "sealed")]
pub use sealed::{Refusal, SealedKey, SealedSet};
pub use value::Secret;
