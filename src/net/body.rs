//! Bodies that are there as a whole.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;

/// The body of every response.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is longer than may be.
    TooLong,
    /// It takes too long.
    TooSlow,
    /// It broke off.
    Incomplete,
}

/// A body that is there already.
pub(crate) fn whole(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never| -> io::Error { match never {} }).boxed_unsync()
}

/// Reads `body`, at most `most` bytes in at most `time`. Trailers are left out: nobody looks at them.
pub(crate) async fn read(body: Incoming, most: usize, time: Duration) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > most as u64 {
        return Err(Unread::TooLong);
    }
    match timeout(time, Limited::new(body, most).collect()).await {
        Err(_) => Err(Unread::TooSlow),
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLong),
        Ok(Err(_)) => Err(Unread::Incomplete),
    }
}
