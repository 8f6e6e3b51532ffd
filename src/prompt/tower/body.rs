//! Bodies of requests and replies that pass through the layer.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::prompt::request::in_bytes;

pin_project_lite::pin_project! {
    /// A body that passes frame by frame, or one that is whole in memory: a request that was looked through, or a refusal.
    #[derive(Debug)]
    pub struct OrWhole<B> {
        #[pin]
        passing: Option<B>,
        whole: Bytes,
    }
}

impl<B> OrWhole<B> {
    pub(super) fn passing(body: B) -> Self {
        Self { passing: Some(body), whole: Bytes::new() }
    }

    pub(super) fn whole(whole: Bytes) -> Self {
        Self { passing: None, whole }
    }
}

impl<B: Body> Body for OrWhole<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        match this.passing.as_pin_mut() {
            Some(body) => body.poll_frame(context).map_ok(in_bytes),
            None if this.whole.is_empty() => Poll::Ready(None),
            None => Poll::Ready(Some(Ok(Frame::data(std::mem::take(this.whole))))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.passing.as_ref().map_or(self.whole.is_empty(), Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let whole = || SizeHint::with_exact(self.whole.len() as u64);
        self.passing.as_ref().map_or_else(whole, Body::size_hint)
    }
}
