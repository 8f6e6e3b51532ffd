//! Known secrets: values that never print, and the forms in which they are looked for.

mod common;
mod forms;
mod value;

pub(crate) use forms::{Form, Kept, UNBOUNDED, expand};
pub use value::Secret;
