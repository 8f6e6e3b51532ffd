//! A stage as it is chosen: what it speaks, where it listens, where it leads.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use hyper::Uri;
use serde::Deserialize;

use super::error::ServeError;
use super::syslog::Framing;
use crate::Surface;

/// What is spoken on both sides of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Protocol {
    /// HTTP with bodies of JSON, lines of JSON, text or MessagePack, as Vector's sink `http` sends it to a source `http_server`.
    Http,
    /// Vector's own, over gRPC: from its sink `vector` to its source `vector`.
    Vector,
    /// OTLP, over gRPC and over HTTP as protobuf or JSON; a request goes on in the form in which it came.
    Otlp,
    /// The Forward protocol of Fluentd and Fluent Bit.
    Forward,
    /// Syslog over TCP, TLS or UDP.
    Syslog,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Http, Self::Vector, Self::Otlp, Self::Forward, Self::Syslog];

    /// Its name, as configuration and metrics have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Vector => "vector",
            Self::Otlp => "otlp",
            Self::Forward => "forward",
            Self::Syslog => "syslog",
        }
    }

    /// The way out that it is.
    pub(super) fn surface(self) -> Surface {
        Surface::new(self.as_str())
    }

    /// How addresses of its upstreams begin.
    fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Http | Self::Vector | Self::Otlp => &["http", "https"],
            Self::Forward => &["tcp", "tls"],
            Self::Syslog => &["tcp", "tls", "udp"],
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Protocol {
    type Err = ServeError;

    fn from_str(name: &str) -> Result<Self, ServeError> {
        Self::ALL.into_iter().find(|one| one.as_str() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            ServeError::new(format_args!("unknown protocol; known are {names}"))
        })
    }
}

/// How what is sent to the upstream is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Compression {
    /// As it came.
    #[default]
    Same,
    /// Not at all.
    None,
    /// With gzip.
    Gzip,
    /// With zstd.
    Zstd,
}

/// What clients send on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Connections,
    Datagrams,
}

/// One listener, one upstream, and what is spoken on both sides.
///
/// Written as text it is `PROTOCOL:LISTEN=UPSTREAM`:
///
/// ```
/// use keepmum::serve::{Protocol, Stage};
///
/// let stage: Stage = "http:127.0.0.1:8080=https://logs.example.com/in".parse()?;
/// assert_eq!(stage.protocol(), Protocol::Http);
/// assert_eq!(stage.name(), "http:127.0.0.1:8080");
/// # Ok::<(), keepmum::serve::ServeError>(())
/// ```
#[derive(Clone)]
pub struct Stage {
    pub(super) protocol: Protocol,
    pub(super) listen: SocketAddr,
    pub(super) upstream: Uri,
    pub(super) compression: Compression,
    /// What its clients send is told apart by datagrams.
    pub(super) over: Over,
    pub(super) framing: Option<Framing>,
    /// Certificates and key of the listener.
    pub(super) tls: Option<(PathBuf, PathBuf)>,
    pub(super) client_ca: Option<PathBuf>,
    pub(super) upstream_ca: Option<PathBuf>,
    /// Certificates and key that the upstream is shown.
    pub(super) upstream_tls: Option<(PathBuf, PathBuf)>,
}

impl Stage {
    /// A stage that listens on `listen` and leads to `upstream`, an address of `http` or `https`, whose path stands in front of
    /// the paths of requests; of `tcp` or `tls` with a port for [`Protocol::Forward`], for [`Protocol::Syslog`] also of `udp`.
    ///
    /// # Errors
    ///
    /// An address that is none, holds a user or a query, or is the stage's own.
    pub fn new(protocol: Protocol, listen: SocketAddr, upstream: &str) -> Result<Self, ServeError> {
        let stage = |why: fmt::Arguments<'_>| {
            ServeError::new(format_args!("stage {protocol}:{listen}: {why}"))
        };
        let refused = |why: &str| stage(format_args!("its upstream {why}"));
        let upstream: Uri = upstream.parse().map_err(|_| refused("is no address"))?;
        let schemes = protocol.schemes();
        if !upstream.scheme_str().is_some_and(|scheme| schemes.contains(&scheme)) {
            let known = schemes.join("://, ");
            return Err(stage(format_args!("its upstream begins with none of {known}://")));
        }
        let authority = upstream.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            return Err(refused("holds a user; have the sender send an authorization header"));
        }
        if upstream.query().is_some() {
            return Err(refused("has a query"));
        }
        if listen.port() != 0 && authority.parse() == Ok(listen) {
            return Err(refused("is the stage itself"));
        }
        Ok(Self {
            protocol,
            listen,
            upstream,
            compression: Compression::default(),
            over: Over::Connections,
            framing: None,
            tls: None,
            client_ca: None,
            upstream_ca: None,
            upstream_tls: None,
        })
    }

    /// The same with the listener's address as text: `ADDRESS:PORT`, or `udp://ADDRESS:PORT` for
    /// [`datagrams`](Self::datagrams).
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn read(protocol: Protocol, listen: &str, upstream: &str) -> Result<Self, ServeError> {
        let (listen, datagrams) = match listen.strip_prefix("udp://") {
            Some(listen) => (listen, true),
            None => (listen.strip_prefix("tcp://").unwrap_or(listen), false),
        };
        let listen = listen.parse().map_err(|_| {
            ServeError::new(format_args!("a stage of {protocol} listens on no ADDRESS:PORT"))
        })?;
        let stage = Self::new(protocol, listen, upstream)?;
        Ok(if datagrams { stage.datagrams() } else { stage })
    }

    /// How what is sent on is compressed.
    ///
    /// ### Default
    ///
    /// [`Compression::Same`].
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Listens over UDP.
    ///
    /// ### Default
    ///
    /// Over TCP.
    #[must_use]
    pub fn datagrams(mut self) -> Self {
        self.over = Over::Datagrams;
        self
    }

    /// How messages that came as datagrams are told apart on a connection to the upstream.
    ///
    /// ### Default
    ///
    /// [`Framing::OctetCounted`].
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = Some(framing);
        self
    }

    /// Speaks TLS to clients, with the chain of certificates and the key in two files of PEM.
    ///
    /// ### Default
    ///
    /// No TLS.
    #[must_use]
    pub fn tls(mut self, certificates: &Path, key: &Path) -> Self {
        self.tls = Some((certificates.to_owned(), key.to_owned()));
        self
    }

    /// Takes only clients with a certificate that one of the authorities in this file of PEM signed.
    ///
    /// ### Default
    ///
    /// Any client.
    #[must_use]
    pub fn client_ca(mut self, authorities: &Path) -> Self {
        self.client_ca = Some(authorities.to_owned());
        self
    }

    /// Trusts an upstream whose certificate one of the authorities in this file of PEM signed.
    ///
    /// ### Default
    ///
    /// The authorities that the machine trusts, or those of the file that `SSL_CERT_FILE` names.
    #[must_use]
    pub fn upstream_ca(mut self, authorities: &Path) -> Self {
        self.upstream_ca = Some(authorities.to_owned());
        self
    }

    /// Shows the upstream the chain of certificates in a file of PEM, with the key in another.
    ///
    /// ### Default
    ///
    /// None is shown.
    #[must_use]
    pub fn upstream_tls(mut self, certificates: &Path, key: &Path) -> Self {
        self.upstream_tls = Some((certificates.to_owned(), key.to_owned()));
        self
    }

    /// What it speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Where it leads: scheme, host and port. A path is left out: it can hold a token.
    pub fn leads_to(&self) -> String {
        let scheme = self.upstream.scheme_str().unwrap_or("");
        format!("{scheme}://{}", self.upstream.authority().map_or("", |host| host.as_str()))
    }

    /// Its name in metrics, audit rows and messages: `PROTOCOL:LISTEN`.
    pub fn name(&self) -> String {
        let over = if self.over == Over::Datagrams { "udp://" } else { "" };
        format!("{}:{over}{}", self.protocol, self.listen)
    }

    /// Refuses what does not go together.
    pub(super) fn proved(self) -> Result<Self, ServeError> {
        let connections = self.over == Over::Connections;
        let why = match self.protocol {
            Protocol::Forward | Protocol::Syslog if self.upstream.port_u16().is_none() => {
                "its upstream has no port"
            }
            Protocol::Forward | Protocol::Syslog if self.upstream.path().len() > 1 => {
                "its upstream has a path"
            }
            Protocol::Syslog
                if self.framing.is_some() && (connections || self.sends_datagrams()) =>
            {
                "a framing is chosen where datagrams go on over TCP or TLS"
            }
            Protocol::Syslog if !connections && self.tls.is_some() => "UDP has no TLS here",
            Protocol::Syslog => return Ok(self),
            _ if !connections => "only syslog listens over UDP",
            _ if self.framing.is_some() => "only syslog has a framing",
            _ => return Ok(self),
        };
        Err(ServeError::new(format_args!("stage {}: {why}", self.name())))
    }

    /// Whether messages leave as datagrams.
    pub(super) fn sends_datagrams(&self) -> bool {
        self.upstream.scheme_str() == Some("udp")
    }

    /// Whether the upstream is spoken to with TLS.
    pub(super) fn secures_upstream(&self) -> bool {
        matches!(self.upstream.scheme_str(), Some("https" | "tls"))
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stage({} to {})", self.name(), self.leads_to())
    }
}

impl FromStr for Stage {
    type Err = ServeError;

    fn from_str(text: &str) -> Result<Self, ServeError> {
        let form = || ServeError::new("a stage is written PROTOCOL:LISTEN=UPSTREAM");
        let (protocol, rest) = text.split_once(':').ok_or_else(form)?;
        let (listen, upstream) = rest.split_once('=').ok_or_else(form)?;
        let protocol: Protocol = protocol.parse()?;
        Self::read(protocol, listen, upstream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_written_as_one_word() {
        let stage: Stage = "http:[::1]:80=https://h.example:1/a".parse().expect("good");
        assert_eq!(stage.listen, "[::1]:80".parse().expect("an address"));
        assert_eq!(stage.upstream.to_string(), "https://h.example:1/a");
        assert_eq!(format!("{stage:?}"), "Stage(http:[::1]:80 to https://h.example:1)");
        assert!(stage.secures_upstream());
    }

    #[test]
    fn bad_ones_are_refused_without_being_quoted() {
        for bad in [
            "zebra",
            "zebra:127.0.0.1:1=http://h",
            "http:zebra=http://h",
            "http:127.0.0.1:1=zebra",
            "http:127.0.0.1:1=ftp://zebra",
            "http:127.0.0.1:1=http://user:zebra@h",
            "http:127.0.0.1:1=http://h/?zebra",
            "http:127.0.0.1:1=http://127.0.0.1:1/zebra",
        ] {
            let error = bad.parse::<Stage>().expect_err(bad).to_string();
            assert!(!error.contains("zebra"), "{error}");
        }
    }
}
