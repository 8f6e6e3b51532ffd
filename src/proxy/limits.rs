//! How much and how long.

use std::time::Duration;

/// Limits of a gateway. Crossing one ends a request in the provider's shape, or its reply as broken; never in a hang.
///
/// The longest body is [`PreSendBuilder::longest`](crate::prompt::PreSendBuilder::longest); of a compressed one both lengths
/// count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyLimits {
    /// Requests that are under way at once; further ones get status 503.
    ///
    /// ### Default
    ///
    /// 1024.
    pub requests: usize,
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
    /// How long it may take for its body.
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
    /// How long an upstream may be silent, before its reply and within it.
    ///
    /// ### Default
    ///
    /// 10 minutes: models think before they speak.
    pub idle_time: Duration,
    /// How long requests that are under way are waited for at the end.
    ///
    /// ### Default
    ///
    /// 10 seconds.
    pub drain_time: Duration,
}

impl Default for ProxyLimits {
    fn default() -> Self {
        Self {
            requests: 1024,
            header: 64 << 10,
            header_time: Duration::from_secs(30),
            body_time: Duration::from_secs(120),
            connect_time: Duration::from_secs(15),
            idle_time: Duration::from_secs(600),
            drain_time: Duration::from_secs(10),
        }
    }
}
