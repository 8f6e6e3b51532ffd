//! Requests that get no reply from their upstream.

use std::io;

use hyper::StatusCode;

use super::counts::Outcome;

/// Why a request was not answered by its upstream.
///
/// What decides how each is told is what senders do about it: Vector sends again after a status of 408, 429 and 5xx but 501,
/// collectors after 429, 502, 503 and 504. Nothing that will never be good may be sent again for ever, and nothing that
/// will be may be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not what it says, and never will be.
    Malformed(&'static str),
    /// It is longer than may be.
    TooLong,
    /// Nobody here knows how to look through it.
    Unsupported(&'static str),
    /// Nothing is at this path.
    Nowhere,
    /// Nothing is done there in this way.
    Method,
    /// What comes after cannot be looked into.
    Upgrade,
    /// Its body does not come.
    TooSlow,
    /// Its client broke off.
    Incomplete,
    /// Looking through it failed. It was not sent.
    Internal,
    /// It could not be accounted for. It was not sent.
    Unaccounted,
    /// The upstream cannot be reached.
    Unreachable,
    /// The upstream broke off.
    Broken,
    /// The upstream says nothing.
    Silent,
    /// The upstream says more than may be.
    LongReply,
}

/// An error of a client's connection.
impl From<io::Error> for Fault {
    fn from(_: io::Error) -> Self {
        Self::Incomplete
    }
}

impl Fault {
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Malformed(why) | Self::Unsupported(why) => why,
            Self::TooLong => "the request is longer than may be",
            Self::Nowhere => "nothing is at this path",
            Self::Method => "this path is only posted to",
            Self::Upgrade => "WebSockets and other upgrades cannot be looked into",
            Self::TooSlow => "the body takes too long",
            Self::Incomplete => "the body is not complete",
            Self::Internal => "looking through the request failed; it was not sent",
            Self::Unaccounted => "the request cannot be accounted for; it was not sent",
            Self::Unreachable => "the upstream cannot be reached",
            Self::Broken => "the upstream broke off before its reply",
            Self::Silent => "the upstream is silent",
            Self::LongReply => "the upstream's reply is longer than may be",
        }
    }

    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Malformed(_)
            | Self::TooLong
            | Self::Unsupported(_)
            | Self::Nowhere
            | Self::Method
            | Self::Upgrade => Outcome::Refused,
            _ => Outcome::Failed,
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::Incomplete => StatusCode::BAD_REQUEST,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Nowhere => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Upgrade => StatusCode::NOT_IMPLEMENTED,
            // A 408 would say the same, but not every sender sends again after one.
            Self::TooSlow | Self::Unaccounted => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unreachable | Self::Broken | Self::LongReply => StatusCode::BAD_GATEWAY,
            Self::Silent => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}
