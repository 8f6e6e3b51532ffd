//! `keepmum.toml`: one configuration, and the same answer in the program and in every host of the library.
//!
//! A [`Config`] is what a file says, or what somebody set in code. It gives a redactor ([`Config::prepare`]), its sources
//! of secrets ([`Config::sources`]), or both as a store that is kept fresh ([`Config::open`]), which is what a host that
//! runs on wants:
//!
//! ```
//! use keepmum::config::Config;
//! use keepmum::{Guard, Surface};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("keepmum.toml");
//! std::fs::write(folder.path().join("pin"), "correct horse")?;
//! std::fs::write(&path, "replacement = 'mask'\n[[source]]\nkind = 'file'\nname = 'pin'\npath = 'pin'")?;
//!
//! let store = Config::read(&path)?.open(|warning| eprintln!("{warning}"))?;
//! let guard = Guard::from(store);
//! assert_eq!(guard.redact_str(Surface::MESSAGE, "correct horse"), "*************");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A file that is good for the program is good for every host: keys that only the program reads, such as `report`, are
//! known here and passed over. Any other key is an error.

mod document;
mod error;
mod imports;
mod opened;
mod prepared;
mod profile;
mod sealed;
mod settings;
mod usual;
mod written;

pub use document::Document;
pub use error::ConfigError;
pub use opened::Opened;
pub use prepared::Prepared;
pub use profile::Profile;
pub use sealed::read_sealed_key;
pub use settings::Config;
pub use usual::Usual;
