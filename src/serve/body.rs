//! The body of a request, read whole.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::budget::Held;
use super::fault::Fault;
use super::lane::Lane;

impl Lane {
    /// Reads `body`, at most `most` bytes in at most the body time, and gives it with its place among the requests at once. It
    /// has none before all of it has come: whoever sends slowly keeps nobody else waiting.
    pub(super) async fn taken(
        &self,
        body: Incoming,
        most: usize,
    ) -> Result<(Bytes, OwnedSemaphorePermit), Fault> {
        let (body, _held) = self.read(body, most).await?;
        // From here on the place stands for what it holds.
        Ok((body, self.place().await))
    }

    /// Reads `body` without a place for it; what it holds of the budget. Trailers are left out: nobody looks at them.
    pub(super) async fn read(
        &self,
        mut body: Incoming,
        most: usize,
    ) -> Result<(Bytes, Held), Fault> {
        if body.size_hint().lower() > most as u64 {
            return Err(Fault::TooLong);
        }
        let (mut read, mut held) = (BytesMut::new(), self.budget.nothing());
        let mut late = Instant::now() + self.limits.body_time;
        while let Some(frame) = timeout_at(late, body.frame()).await.map_err(|_| Fault::TooSlow)? {
            let Ok(data) = frame.map_err(|_| Fault::Incomplete)?.into_data() else { continue };
            if data.len() > most - read.len() {
                return Err(Fault::TooLong);
            }
            held.grow(read.len() + data.len(), &mut late).await?;
            // Copied: frames of a byte each would hold many times as much.
            read.extend_from_slice(&data);
        }
        Ok((read.freeze(), held))
    }
}
