//! Replies, passed on as they come.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};

use crate::prompt::Reply;

pin_project_lite::pin_project! {
    /// The body of a reply, in whose tool calls values are restored where a rule allows it. Nothing is read before it is asked
    /// for.
    pub struct Restored<B: Body> {
        #[pin]
        body: B,
        state: State<B::Error>,
    }
}

enum State<E> {
    /// Frames pass as they come.
    Passing,
    Restoring(Box<Reply>),
    /// What comes behind the last data: trailers or an error. The body itself is not asked again.
    Ending(Option<Result<Frame<Bytes>, E>>),
}

impl<B: Body> Restored<B> {
    pub(in crate::prompt) fn new(body: B, reply: Option<Reply>) -> Self {
        Self {
            body,
            state: reply.map_or(State::Passing, |reply| State::Restoring(Box::new(reply))),
        }
    }
}

impl<B: Body> Body for Restored<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        loop {
            let reply = match this.state {
                State::Passing => return this.body.poll_frame(context).map_ok(in_bytes),
                State::Ending(last) => return Poll::Ready(last.take()),
                State::Restoring(reply) => reply,
            };
            let frame =
                ready!(this.body.as_mut().poll_frame(context)).map(|frame| frame.map(in_bytes));
            let mut out = Vec::new();
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => reply.push(&data, &mut out),
                Some(Ok(Err(trailers))) => this.state.end(&mut out, Some(Ok(trailers))),
                Some(Err(error)) => this.state.end(&mut out, Some(Err(error))),
                None => this.state.end(&mut out, None),
            }
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(out.into()))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Passing => self.body.is_end_stream(),
            State::Restoring(_) => false,
            State::Ending(last) => last.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self.state {
            State::Passing => self.body.size_hint(),
            State::Restoring(_) | State::Ending(_) => SizeHint::default(),
        }
    }
}

impl<E> State<E> {
    /// There is no more data: what was held goes to `out`, and `last` comes behind it.
    fn end(&mut self, out: &mut Vec<u8>, last: Option<Result<Frame<Bytes>, E>>) {
        if let Self::Restoring(reply) = std::mem::replace(self, Self::Ending(last)) {
            drop(reply.finish(out));
        }
    }
}

impl<B: Body> fmt::Debug for Restored<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restored").finish_non_exhaustive()
    }
}

/// The same frame. Data that is `Bytes` already is not copied.
pub(in crate::prompt) fn in_bytes<D: Buf>(frame: Frame<D>) -> Frame<Bytes> {
    frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))
}
