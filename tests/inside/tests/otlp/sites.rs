//! Where secrets are planted, and which sinks get to see what stands there.

use crate::arrived::Sink;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// An event's message.
    Message,
    /// `&str`.
    Field,
    /// `?debug` of a struct in a struct.
    Debug,
    /// `%display`.
    Display,
    /// `&dyn Error`, as it shows itself.
    Error,
    /// The cause of the cause of an error.
    Cause,
    /// A span's field, when it is made.
    Span,
    /// A span's field, recorded later.
    Late,
    /// A record of `log`.
    Log,
    /// `OpenTelemetrySpanExt::set_attribute`.
    Attribute,
    /// Baggage, which a processor copies onto spans.
    Baggage,
    /// The same in the header of a request.
    Header,
}

impl Site {
    pub(crate) const ALL: [Self; 12] = [
        Self::Message,
        Self::Field,
        Self::Debug,
        Self::Display,
        Self::Error,
        Self::Cause,
        Self::Span,
        Self::Late,
        Self::Log,
        Self::Attribute,
        Self::Baggage,
        Self::Header,
    ];

    /// What is planted here: it tells where it comes from.
    pub(crate) fn text(self, text: &str) -> String {
        // Baggage is planted once and seen in two places.
        let site = if self == Self::Header { Self::Baggage } else { self };
        format!("at {site:?} {text} end")
    }

    /// Which sinks show it.
    pub(crate) fn sinks(self) -> impl Iterator<Item = Sink> {
        Sink::ALL.into_iter().filter(move |sink| match self {
            Self::Header => *sink == Sink::Header,
            Self::Attribute | Self::Baggage => sink.has_spans(),
            // Neither JSON nor log records tell causes.
            Self::Cause => matches!(sink, Sink::Lines | Sink::File) || sink.has_spans(),
            Self::Span | Self::Late => !sink.has_logs() && *sink != Sink::Header,
            _ => *sink != Sink::Header,
        })
    }

    /// Whether the subscriber never sees it.
    pub(crate) fn is_past_tracing(self) -> bool {
        matches!(self, Self::Attribute | Self::Baggage | Self::Header)
    }
}
