//! One value of Secret Manager, by its reference.

use super::{SourceError, access, blocking, document};
use crate::Secret;

/// What errors call the service.
const SOURCE: &str = "gcp";

/// Reads `gcp:projects/PROJECT/secrets/NAME/versions/VERSION`, the whole value, or with `#KEY` behind it a field of a value
/// that is a JSON object. `VERSION` is a number, an alias or `latest`; `projects/PROJECT/locations/LOCATION/…` is regional.
///
/// Credentials are the application's default ones: `GOOGLE_APPLICATION_CREDENTIALS`, those of `gcloud`, the machine's.
///
/// # Errors
///
/// It is no such reference, there is no such version or key, or the service cannot be reached or refuses.
///
/// ```no_run
/// let secret = keepmum::source::gcp::resolve("gcp:projects/acme/secrets/db/versions/latest#password")?;
/// assert_eq!(secret.name(), "password");
/// # Ok::<(), keepmum::source::SourceError>(())
/// ```
pub fn resolve(reference: &str) -> Result<Secret, SourceError> {
    let malformed = || {
        let why = "a reference is `gcp:projects/PROJECT/secrets/NAME/versions/VERSION`";
        SourceError::malformed(SOURCE, why)
    };
    let rest = reference.strip_prefix("gcp:").ok_or_else(malformed)?;
    let (version, key) = match rest.split_once('#') {
        Some((version, key)) => (version, Some(key)),
        None => (rest, None),
    };
    let parts: Vec<&str> = version.split('/').collect();
    let (location, name) = match parts[..] {
        ["projects", _, "secrets", name, "versions", _] => (None, name),
        ["projects", _, "locations", location, "secrets", name, "versions", _] => {
            (Some(location), name)
        }
        _ => return Err(malformed()),
    };
    if parts.contains(&"") || key == Some("") {
        return Err(malformed());
    }
    blocking::run(SOURCE, async || {
        let client = super::client(SOURCE, None, location).await?;
        let value = access(&client, version).await.map_err(|failure| failure.at(SOURCE, name))?;
        document::whole_or_field(SOURCE, name, value, key)
    })
}
