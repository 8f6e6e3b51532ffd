//! What a failure of the client means.

use google_cloud_gax::client_builder;
use google_cloud_gax::error::Error;
use google_cloud_gax::error::rpc::Code;

use crate::source::failure::Failure;

/// Of an answer only the name of its code is taken.
pub(super) fn of(error: &Error) -> Failure {
    if let Some(status) = error.status() {
        return coded(status.code);
    }
    if let Some(code) = error.http_status_code() {
        return Failure::status(code);
    }
    match error {
        // What is below it can quote a file.
        error if error.is_authentication() => Failure::Denied(error.to_string()),
        error if error.is_binding() => Failure::Malformed("no name of a secret".to_owned()),
        error if error.is_deserialization() => Failure::answer(),
        error => Failure::unreached(error),
    }
}

fn coded(code: Code) -> Failure {
    let told = code.name().to_owned();
    match code {
        // The second: a version that is disabled or destroyed.
        Code::NotFound | Code::FailedPrecondition => Failure::Missing,
        Code::PermissionDenied | Code::Unauthenticated => Failure::Denied(told),
        Code::InvalidArgument | Code::OutOfRange => Failure::Malformed(told),
        _ => Failure::Unavailable(told),
    }
}

/// Met while making a client.
pub(super) fn of_client(error: &client_builder::Error) -> Failure {
    match error {
        error if error.is_default_credentials() => Failure::Denied(error.to_string()),
        error => Failure::Malformed(error.to_string()),
    }
}
