//! The body of a request, read whole.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::Incoming;

use super::fault::Fault;
use crate::net::body::{Unread, read as whole};
use crate::prompt::{Api, Refused, Why};

/// Reads `body`, at most `most` bytes in at most `time`.
pub(super) async fn read(
    body: Incoming,
    api: Api,
    most: usize,
    time: Duration,
) -> Result<Bytes, Fault> {
    whole(body, most, time).await.map_err(|why| match why {
        Unread::TooLong => Fault::Refused(Refused::new(api, Why::TooLarge(most as u64))),
        Unread::TooSlow => Fault::new(StatusCode::REQUEST_TIMEOUT, "the body takes too long"),
        Unread::Incomplete => Fault::new(StatusCode::BAD_REQUEST, "the body is not complete"),
    })
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
