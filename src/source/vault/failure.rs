//! What a failure of the client means.

use rustify::errors::ClientError as RestError;
use vaultrs::error::ClientError;

use crate::source::failure::Failure;

/// The client's errors hold the whole answer: only the status is taken from them, and why there was no answer.
pub(super) fn of(error: &ClientError) -> Failure {
    match error {
        ClientError::APIError { code, .. } => Failure::status(*code),
        ClientError::RestClientError { source } => of_rest(source),
        ClientError::FileReadError { path, .. }
        | ClientError::ParseCertificateError { path, .. } => {
            Failure::Malformed(format!("no certificates in {path}"))
        }
        ClientError::RestClientBuildError { source } => Failure::unreached(source),
        _ => Failure::answer(),
    }
}

fn of_rest(error: &RestError) -> Failure {
    match error {
        RestError::ServerResponseError { code, .. } => Failure::status(*code),
        RestError::RequestError { source, .. } | RestError::ResponseError { source } => {
            Failure::Unavailable(format!("not reached: {}", source.root_cause()))
        }
        _ => Failure::answer(),
    }
}

/// A wrong role or secret id is told as a bad request.
pub(super) fn of_login(error: &ClientError) -> Failure {
    match of(error) {
        Failure::Malformed(_) | Failure::Missing => Failure::Denied("login refused".to_owned()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(code: u16) -> ClientError {
        let content = Some("correct horse battery".to_owned());
        ClientError::RestClientError { source: RestError::ServerResponseError { code, content } }
    }

    #[test]
    fn an_answer_is_not_quoted() {
        let error = of(&answered(500)).at("demo", "secret/app");
        assert_eq!(error.to_string(), "source `demo`: secret/app: status 500");
        assert!(error.is_unavailable());
    }

    #[test]
    fn a_login_that_is_not_taken_is_denied() {
        assert!(of_login(&answered(400)).at("demo", "auth/approle").is_denied());
        assert!(of_login(&answered(503)).at("demo", "auth/approle").is_unavailable());
    }
}
