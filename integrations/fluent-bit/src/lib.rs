//! keepmum as a filter of Fluent Bit: `README.md` says how it is used.
//!
//! ```text
//!   Fluent Bit ▸ abi (pointers, memory of the host, panics caught) ▸ Keepmum (options, tags) ▸ MessagePack ▸ the one engine
//! ```

mod abi;
mod filter;
mod mistyped;
mod options;

use crate::abi::Plugin;
use crate::filter::Keepmum;

/// What the host looks for in `flb-filter_keepmum.so`.
#[expect(unsafe_code, reason = "the name is the host's")]
#[unsafe(no_mangle)]
pub static filter_keepmum_plugin: Plugin =
    Plugin::of::<Keepmum>(c"keepmum", c"Keep secrets out of logs");
