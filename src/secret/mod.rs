//! Known secrets: values that never print, and the forms in which they are looked for.

mod common;
mod forms;
#[cfg(feature = "sealed")]
mod sealed;
mod value;

pub(crate) use forms::{Form, Kept, UNBOUNDED, expand};
#[cfg(feature = "sealed")]
pub(crate) use forms::{expand_strong, leaves};
#[cfg(feature = "sealed")]
pub(crate) use sealed::{ANCHOR, Anchor, Hash, SealedForm, first_half};
#[cfg(feature = "sealed")]
pub use sealed::{Refusal, SealedKey, SealedSet};
pub use value::Secret;
