//! What a failure of the SDK means.

use std::error::Error;
use std::fmt::Debug;

use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

use crate::source::failure::{Failure, root};

/// Of an answer only the name of its error is taken.
pub(super) fn of<E, R>(error: SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
    R: Debug + 'static,
{
    match &error {
        SdkError::ServiceError(answer) => named(answer.err().code().unwrap_or("no name")),
        SdkError::ResponseError(_) => Failure::answer(),
        SdkError::ConstructionFailure(_) => Failure::Denied(root(&error)),
        _ => Failure::unreached(&error),
    }
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
