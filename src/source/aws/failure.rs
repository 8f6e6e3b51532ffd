//! What a failure of the SDK means.

use std::error::Error;
use std::fmt::Debug;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

use crate::source::failure::Failure;

/// Of an answer only the name of its error is taken.
pub(super) fn of<E, R>(error: SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
    R: Debug + 'static,
{
    match (&error, of_credentials(&error)) {
        (SdkError::ServiceError(answer), _) => named(answer.err().code().unwrap_or("no name")),
        (SdkError::ResponseError(_), _) => Failure::answer(),
        (_, Some(CredentialsError::ProviderTimedOut(_)) | None) => Failure::unreached(&error),
        // What is below it can quote a file.
        (_, Some(credentials)) => Failure::Denied(credentials.to_string()),
    }
}

/// That there are no credentials is told as a request that could not be sent.
fn of_credentials<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsError> {
    let mut error = Some(error);
    while let Some(cause) = error {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        error = cause.source();
    }
    None
}

fn named(code: &str) -> Failure {
    let told = code.to_owned();
    match code {
        // The second: marked for deletion.
        "ResourceNotFoundException" | "InvalidRequestException" => Failure::Missing,
        "InvalidParameterException" | "ValidationException" | "InvalidNextTokenException" => {
            Failure::Malformed(told)
        }
        "InternalServiceError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "ThrottlingException"
        | "ServiceUnavailableException"
        | "RequestExpired"
        | "LimitExceededException" => Failure::Unavailable(told),
        // The rest are of rights, credentials and keys: AccessDeniedException, DecryptionFailure, …
        _ => Failure::Denied(told),
    }
}
