//! One value of Secrets Manager, by its reference.

use super::{Config, SourceError, Stage, blocking, document};
use crate::Secret;

/// What errors call the service that the environment names.
const SOURCE: &str = "aws";

/// Reads `aws:NAME`, the whole value, or `aws:NAME#KEY`, a field of a value that is a JSON object. An ARN is a name too.
///
/// Region, credentials and endpoint are the ones that `AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL` and their kind tell.
///
/// # Errors
///
/// It is no such reference, there is no such secret or key, or the service cannot be reached or refuses.
///
/// ```no_run
/// let secret = keepmum::source::aws::resolve("aws:prod/db#password")?;
/// assert_eq!(secret.name(), "password");
/// # Ok::<(), keepmum::source::SourceError>(())
/// ```
pub fn resolve(reference: &str) -> Result<Secret, SourceError> {
    let malformed =
        || SourceError::malformed(SOURCE, "a reference is `aws:NAME` or `aws:NAME#KEY`");
    let rest = reference.strip_prefix("aws:").ok_or_else(malformed)?;
    let (name, key) = match rest.split_once('#') {
        Some((name, key)) => (name, Some(key)),
        None => (rest, None),
    };
    if name.is_empty() || key == Some("") {
        return Err(malformed());
    }
    blocking::run(SOURCE, async || read(name, key).await)
}

async fn read(name: &str, key: Option<&str>) -> Result<Secret, SourceError> {
    let client = super::client(&Config::default()).await;
    let answer = super::value(&client, name, Stage::Current).await;
    let answer = answer.map_err(|failure| failure.at(SOURCE, name))?;
    let value = match (answer.secret_string, answer.secret_binary) {
        (Some(text), _) => text.into_bytes(),
        (None, Some(binary)) => binary.into_inner(),
        (None, None) => return Err(super::Failure::answer().at(SOURCE, name)),
    };
    document::whole_or_field(SOURCE, name, value, key)
}
