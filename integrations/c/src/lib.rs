//! keepmum for C: `keepmum.h` is the front page, and is made of the comments here.
//!
//! ```text
//!   C ▸ entry (arguments proved, panics caught, errors kept as text) ▸ Guard or stream of a store ▸ keepmum
//! ```
//!
//! Rules that hold for every function: a null pointer where something is needed is an error and never followed; what is
//! given out stays the caller's until it is given to the function that frees it; no error text holds a value of a secret.
#![allow(unsafe_code, reason = "the other side is C")]
#![allow(non_camel_case_types, reason = "types are named as C names them")]

mod buffer;
mod bytes;
mod entry;
mod redactor;
mod status;
mod stream;

pub use buffer::{keepmum_buffer, keepmum_buffer_free};
pub use redactor::{
    keepmum_add_secret, keepmum_free, keepmum_new, keepmum_new_from_toml, keepmum_redact,
    keepmum_redact_json, keepmum_redact_msgpack, keepmum_redactor, keepmum_refresh,
    keepmum_warn_fn,
};
pub use status::{keepmum_last_error, keepmum_status, keepmum_version};
pub use stream::{
    keepmum_stream, keepmum_stream_finish, keepmum_stream_free, keepmum_stream_new,
    keepmum_stream_new_json, keepmum_stream_push, keepmum_stream_release, keepmum_write_fn,
};
