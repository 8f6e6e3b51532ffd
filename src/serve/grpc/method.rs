//! Which methods are known, and what their messages are.

use super::super::look::Format;
use super::super::stage::Protocol;
use crate::structured::Protobuf;

/// A method of a service.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    /// Brings data, which is looked through.
    Brings(Format),
    /// Asks how the upstream is.
    Health,
}

const COLLECTOR: &str = "/opentelemetry.proto.collector.";

impl Method {
    /// The one at `path`; none that is known here.
    pub(super) fn of(protocol: Protocol, path: &str) -> Option<Self> {
        if path == "/grpc.health.v1.Health/Check" {
            return Some(Self::Health);
        }
        match (protocol, path) {
            (Protocol::Vector, "/vector.Vector/PushEvents") => {
                Some(Self::Brings(Format::Protobuf(Protobuf::VECTOR_EVENTS)))
            }
            (Protocol::Vector, "/vector.Vector/HealthCheck") => Some(Self::Health),
            (Protocol::Otlp, path) => {
                let format = match path.strip_prefix(COLLECTOR)? {
                    "logs.v1.LogsService/Export" => Protobuf::OTLP_LOGS,
                    "trace.v1.TraceService/Export" => Protobuf::OTLP_TRACES,
                    "metrics.v1.MetricsService/Export" => Protobuf::OTLP_METRICS,
                    _ => return None,
                };
                Some(Self::Brings(Format::Protobuf(format)))
            }
            _ => None,
        }
    }
}
