//! Known secrets: values that never print, and the forms in which they are looked for.

mod collisions;
mod common;
mod forms;
mod occurrences;
mod value;

pub use collisions::{Collision, collisions};
pub(crate) use forms::{Form, Kept, UNBOUNDED, expand, kept};
pub use occurrences::Occurrences;
pub use value::Secret;
