//! What is spoken, and how a client sends it.

use serde_json::Value;

use super::events;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Vector,
    Otlp,
    Forward,
    Syslog,
}

/// How batches travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Travel {
    /// A request each, answered before the next one.
    Requests(&'static Target),
    /// One behind the other, over a connection.
    Bytes,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

const NDJSON: Target =
    Target { path: "/", media_type: "application/x-ndjson", version: Version::Http1 };
const PUSH_EVENTS: Target = Target {
    path: "/vector.Vector/PushEvents",
    media_type: "application/grpc",
    version: Version::Http2,
};
const EXPORT: Target = Target {
    path: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    media_type: "application/grpc",
    version: Version::Http2,
};

impl Protocol {
    pub(crate) const ALL: [Self; 5] =
        [Self::Http, Self::Vector, Self::Otlp, Self::Forward, Self::Syslog];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Vector => "vector",
            Self::Otlp => "otlp",
            Self::Forward => "forward",
            Self::Syslog => "syslog",
        }
    }

    pub(crate) fn travel(self) -> Travel {
        match self {
            Self::Http => Travel::Requests(&NDJSON),
            Self::Vector => Travel::Requests(&PUSH_EVENTS),
            Self::Otlp => Travel::Requests(&EXPORT),
            Self::Forward | Self::Syslog => Travel::Bytes,
        }
    }

    /// Where a stage leads, for a sink on `port`.
    pub(crate) fn upstream(self, port: u16) -> String {
        let scheme = if self.travel() == Travel::Bytes { "tcp" } else { "http" };
        format!("{scheme}://127.0.0.1:{port}")
    }

    /// A batch as it stands on the wire.
    pub(crate) fn batch(self, all: &[Value]) -> Vec<u8> {
        match self {
            Self::Http => events::lines(all),
            Self::Vector => framed(&events::vector(all)),
            Self::Otlp => framed(&events::otlp(all)),
            Self::Forward => events::forward(all),
            Self::Syslog => events::syslog(all),
        }
    }
}

/// A message of gRPC, not compressed.
fn framed(message: &[u8]) -> Vec<u8> {
    [&[0][..], &(message.len() as u32).to_be_bytes(), message].concat()
}
