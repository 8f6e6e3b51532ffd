//! Values that name where the real one lives, such as `vault:secret/app#password`.

use std::fmt;
use std::fs::File;
use std::path::Path;

use super::{OnePassword, Source, SourceError, bytes};
use crate::Secret;

/// A value that names where the real one lives.
///
/// ```
/// use keepmum::source::{Reference, Scheme};
///
/// let reference = Reference::parse("op://app/db/password").expect("a reference");
/// assert_eq!(reference.scheme(), Scheme::OnePassword);
/// assert!(Reference::parse("correct horse").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    scheme: Scheme,
    text: String,
}

/// Where a referenced value lives; told by the beginning of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scheme {
    /// `vault:PATH#FIELD`, in HashiCorp Vault or OpenBao. Needs the feature `vault`.
    Vault,
    /// `aws:NAME#KEY`, in AWS Secrets Manager. Needs the feature `aws`.
    Aws,
    /// `gcp:NAME`, in Google Cloud Secret Manager. Needs the feature `gcp`.
    Gcp,
    /// `op://VAULT/ITEM/FIELD`, in 1Password; the program `op` reads it.
    OnePassword,
    /// `file:PATH`, the file's content without a line end at its end.
    File,
}

impl Scheme {
    const ALL: [Self; 5] = [Self::Vault, Self::Aws, Self::Gcp, Self::OnePassword, Self::File];

    /// What a reference begins with.
    pub fn prefix(self) -> &'static str {
        match self {
            Scheme::Vault => "vault:",
            Scheme::Aws => "aws:",
            Scheme::Gcp => "gcp:",
            Scheme::OnePassword => "op://",
            Scheme::File => "file:",
        }
    }

    /// The name in errors and audit rows.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Vault => "vault",
            Scheme::Aws => "aws",
            Scheme::Gcp => "gcp",
            Scheme::OnePassword => "op",
            Scheme::File => "file",
        }
    }
}

impl Reference {
    /// The reference that `text` is, if it begins like one.
    pub fn parse(text: &str) -> Option<Self> {
        let scheme = Scheme::ALL.into_iter().find(|scheme| text.starts_with(scheme.prefix()))?;
        Some(Self { scheme, text: text.to_owned() })
    }

    /// Where the value lives.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Reads the value that it names.
    ///
    /// ```
    /// use keepmum::source::Reference;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("db-password");
    /// std::fs::write(&path, "correct horse\n")?;
    /// let reference = Reference::parse(&format!("file:{}", path.display())).expect("a reference");
    /// assert_eq!(reference.resolve()?.expose(), b"correct horse");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such value, it cannot be reached, or the scheme's feature is not built in.
    pub fn resolve(&self) -> Result<Secret, SourceError> {
        match self.scheme {
            Scheme::Vault => self.vault(),
            Scheme::Aws => self.aws(),
            Scheme::Gcp => self.gcp(),
            Scheme::OnePassword => self.one_password(),
            Scheme::File => self.file(),
        }
    }

    fn file(&self) -> Result<Secret, SourceError> {
        let path = &self.text[Scheme::File.prefix().len()..];
        // `file:///run/x` as in a URL; no host is anybody's.
        let path = Path::new(path.strip_prefix("//").unwrap_or(path));
        let read = File::open(path).and_then(|file| bytes::read(file, bytes::MOST));
        let value = read.map_err(|error| SourceError::io(Scheme::File.name(), path, &error))?;
        let value = value.strip_suffix(b"\n").unwrap_or(&value);
        let value = value.strip_suffix(b"\r").unwrap_or(value);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Secret::new(&name, value))
    }

    fn one_password(&self) -> Result<Secret, SourceError> {
        let mut source = OnePassword::references([self.text.as_str()])?.named(self.scheme.name());
        let secret = source.fetch()?.secrets.pop();
        secret.ok_or_else(|| SourceError::missing(self.scheme.name(), self))
    }

    #[cfg(feature = "vault")]
    fn vault(&self) -> Result<Secret, SourceError> {
        super::vault::resolve(&self.text)
    }

    #[cfg(not(feature = "vault"))]
    fn vault(&self) -> Result<Secret, SourceError> {
        Err(self.not_built_in("vault"))
    }

    #[cfg(feature = "aws")]
    fn aws(&self) -> Result<Secret, SourceError> {
        super::aws::resolve(&self.text)
    }

    #[cfg(not(feature = "aws"))]
    fn aws(&self) -> Result<Secret, SourceError> {
        Err(self.not_built_in("aws"))
    }

    #[cfg(feature = "gcp")]
    fn gcp(&self) -> Result<Secret, SourceError> {
        super::gcp::resolve(&self.text)
    }

    #[cfg(not(feature = "gcp"))]
    fn gcp(&self) -> Result<Secret, SourceError> {
        Err(self.not_built_in("gcp"))
    }

    #[cfg(not(all(feature = "vault", feature = "aws", feature = "gcp")))]
    fn not_built_in(&self, feature: &str) -> SourceError {
        let why = format_args!("`{self}`: built without feature `{feature}`");
        SourceError::malformed(self.scheme.name(), why)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
