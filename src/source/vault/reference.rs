//! One value of a vault, by its reference.

use super::config::{Auth, Connection};
use super::place::Place;
use super::{SourceError, blocking, document, session};
use crate::Secret;

/// What errors call the vault that the environment names.
const SOURCE: &str = "vault";

/// Reads `vault:PATH#FIELD`, such as `vault:secret/app#password` or `vault:secret/data/app#password`.
///
/// The vault is the one that `VAULT_ADDR`, `VAULT_NAMESPACE`, `VAULT_CACERT` and `VAULT_TOKEN` (or `~/.vault-token`) name.
/// Without a field the secret must have a single one.
///
/// # Errors
///
/// It is no such reference, there is no such secret or field, or the vault cannot be reached or refuses.
///
/// ```no_run
/// let secret = keepmum::source::vault::resolve("vault:secret/app#password")?;
/// assert_eq!(secret.name(), "password");
/// # Ok::<(), keepmum::source::SourceError>(())
/// ```
pub fn resolve(reference: &str) -> Result<Secret, SourceError> {
    let malformed = || SourceError::malformed(SOURCE, "a reference is `vault:PATH#FIELD`");
    let rest = reference.strip_prefix("vault:").ok_or_else(malformed)?;
    let (path, field) = match rest.split_once('#') {
        Some((path, field)) => (path, Some(field)),
        None => (rest, None),
    };
    if path.trim_matches('/').is_empty() || path.ends_with('/') || field == Some("") {
        return Err(malformed());
    }
    blocking::run(SOURCE, async || read(path, field).await)
}

async fn read(path: &str, field: Option<&str>) -> Result<Secret, SourceError> {
    let connection = Connection::new(SOURCE, None, None, None)?;
    let mut client = session::client(SOURCE, &connection)?;
    session::open(SOURCE, &mut client, &Auth::default()).await?;
    let place = Place::find(SOURCE, &client, path).await?;
    let answer = place.read(&client).await.map_err(|failure| failure.at(SOURCE, path))?;
    let field = match (field, answer.data.as_object()) {
        (Some(field), _) => field.to_owned(),
        (None, Some(fields)) if fields.len() == 1 => fields.keys().cloned().collect(),
        (None, _) => {
            let why = format_args!("{path} has several fields: name one, `vault:{path}#FIELD`");
            return Err(SourceError::malformed(SOURCE, why));
        }
    };
    document::field(SOURCE, path, answer.data, &field)
}
