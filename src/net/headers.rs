//! Headers that are about one connection, and are not passed on.

use hyper::HeaderMap;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Takes out what is for one connection, and what the `Connection` header names as such.
pub(crate) fn without_hops(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

/// The headers of a request for its upstream: whom it is for and how long it is are told anew. Its trailers are left out; those
/// of a reply are passed on, and have to be announced.
pub(crate) fn outgoing(headers: &mut HeaderMap) {
    let takes_trailers = headers.get(TE).is_some_and(names_trailers);
    without_hops(headers);
    for name in [HOST, EXPECT, CONTENT_LENGTH, TRAILER] {
        headers.remove(name);
    }
    if takes_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}

fn names_trailers(written: &HeaderValue) -> bool {
    let mut all = written.to_str().unwrap_or("").split(',');
    all.any(|one| one.trim().eq_ignore_ascii_case("trailers"))
}
