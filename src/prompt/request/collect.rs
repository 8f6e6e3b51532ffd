//! Requests whose bodies come bit by bit, and refusals as responses of HTTP.

use std::pin::pin;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt as _;

use super::exit::{Exit, coding};
use crate::prompt::{Api, Refused, Why};

const BROKEN: Why = Why::Unreadable("a body that breaks off");

impl Exit {
    /// As [`look_whole`](Self::look_whole) for a body that is still to come. The caller sends what it gets whole, or sends
    /// nothing.
    ///
    /// Trailers are left out: nobody looks at them.
    pub(in crate::prompt) async fn look<B: Body>(
        &self,
        api: Api,
        method: &Method,
        headers: &mut HeaderMap,
        body: B,
    ) -> Result<Bytes, Refused> {
        let refused = |why| Refused::new(api, why);
        let coding = coding(method, headers).map_err(refused)?;
        let body = collected(body, self.pre_send.longest()).await.map_err(refused)?;
        self.looked(api, coding, headers, body)
    }
}

/// What a client is told instead of a reply. [`Refused`] itself is among its extensions.
pub(in crate::prompt) fn refusal(refused: Refused) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(refused.body()));
    *response.status_mut() =
        StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.extensions_mut().insert(refused);
    response
}

/// All of `body`, at most `most` bytes.
async fn collected<B: Body>(body: B, most: usize) -> Result<Bytes, Why> {
    let too_large = Why::TooLarge(most as u64);
    if body.size_hint().lower() > most as u64 {
        return Err(too_large);
    }
    let (mut body, mut all) = (pin!(body), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(BROKEN) };
        let Ok(data) = frame.into_data() else { continue };
        if data.remaining() > most - all.len() {
            return Err(too_large);
        }
        all.put(data);
    }
    Ok(all.freeze())
}
