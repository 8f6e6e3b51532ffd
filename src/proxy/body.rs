//! The body of a request, read whole.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;

use super::fault::Fault;
use crate::prompt::{Api, Refused, Why};

/// Reads `body`, at most `most` bytes in at most `time`. Trailers are left out: nobody looks at them.
pub(super) async fn read(
    body: Incoming,
    api: Api,
    most: usize,
    time: Duration,
) -> Result<Bytes, Fault> {
    let too_long = || Fault::Refused(Refused::new(api, Why::TooLarge(most as u64)));
    if body.size_hint().lower() > most as u64 {
        return Err(too_long());
    }
    match timeout(time, Limited::new(body, most).collect()).await {
        Err(_) => Err(Fault::new(StatusCode::REQUEST_TIMEOUT, "the body takes too long")),
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long()),
        Ok(Err(_)) => Err(Fault::new(StatusCode::BAD_REQUEST, "the body is not complete")),
    }
}

/// The media type of `body`, for which a header says `written`, or nothing. What begins as JSON is JSON if it says nothing,
/// or what programs say of whatever they send when nobody tells them better (`curl -d`): a form would hide it.
pub(super) fn media_type<'a>(written: &'a str, body: &[u8]) -> &'a str {
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    let says_little =
        written.is_empty() || written.starts_with("application/x-www-form-urlencoded");
    match (is_json, says_little) {
        (true, true) => "application/json",
        _ if written.is_empty() => "application/octet-stream",
        _ => written,
    }
}
