//! How much and how long.

use std::time::Duration;

/// Limits of all stages. Crossing one refuses a request, so that its sender sees it; never in a hang.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeLimits {
    /// Bytes of a request or a message, as it comes and decoded; also of an upstream's reply.
    ///
    /// ### Default
    ///
    /// 32 MiB.
    pub longest: usize,
    /// Requests that a stage looks through or has under way at once. Further ones wait, and hold their senders back; none is
    /// refused for that. Of those whose body has not come to its end, or that wait, a stage holds `longest` times `requests`
    /// bytes, and `longest` once more, beside 64 KiB of each.
    ///
    /// ### Default
    ///
    /// 32.
    pub requests: usize,
    /// Connections that a stage has at once; further ones wait in the system's queue.
    ///
    /// ### Default
    ///
    /// 1024.
    pub connections: usize,
    /// Bytes of a request's line and headers, at least 8192.
    ///
    /// ### Default
    ///
    /// 64 KiB.
    pub header: usize,
    /// How long a client may take for its headers, also for a handshake of TLS.
    ///
    /// ### Default
    ///
    /// 30 seconds.
    pub header_time: Duration,
    /// How long it may take for its body; also how long one of which more than 64 KiB have come may wait until there is room for
    /// the rest.
    ///
    /// ### Default
    ///
    /// 2 minutes.
    pub body_time: Duration,
    /// How long connecting to an upstream may take, with TLS.
    ///
    /// ### Default
    ///
    /// 15 seconds.
    pub connect_time: Duration,
    /// How long an upstream may take to take a request and to reply.
    ///
    /// ### Default
    ///
    /// 60 seconds.
    pub reply_time: Duration,
    /// How long requests that are under way are waited for at the end.
    ///
    /// ### Default
    ///
    /// 10 seconds.
    pub drain_time: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            longest: 32 << 20,
            requests: 32,
            connections: 1024,
            header: 64 << 10,
            header_time: Duration::from_secs(30),
            body_time: Duration::from_secs(120),
            connect_time: Duration::from_secs(15),
            reply_time: Duration::from_secs(60),
            drain_time: Duration::from_secs(10),
        }
    }
}
