//! The way on from a stage of syslog.

use std::io::ErrorKind;
use std::sync::Arc;

use tokio::net::UdpSocket;

use super::form::{Form, LONGEST_DATAGRAM};
use super::frames::Framing;
use crate::serve::counts::Outcome;
use crate::serve::lane::Lane;
use crate::serve::link::{Link, Written};

/// Where messages of one client go, or all datagrams of a stage.
pub(super) enum Way {
    /// On a connection.
    Stream(Box<Link>),
    /// In datagrams; the socket is made for the first.
    Datagrams(Option<UdpSocket>),
}

impl Way {
    pub(super) fn new(lane: &Arc<Lane>) -> Self {
        if lane.stage.sends_datagrams() {
            Self::Datagrams(None)
        } else {
            Self::Stream(Box::new(Link::new(lane)))
        }
    }

    /// How messages are written that came in `framing`.
    pub(super) fn form(&self, framing: Framing) -> Form {
        match self {
            Self::Stream(_) => Form::Framed(framing),
            Self::Datagrams(_) => Form::Alone,
        }
    }

    /// Waits for a connection, if there is to be one.
    pub(super) async fn ready(&mut self) {
        if let Self::Stream(link) = self {
            link.ready().await;
        }
    }

    /// Writes messages. On a connection all of them; of datagrams those that can be sent: others are lost, and counted.
    pub(super) async fn write(&mut self, lane: &Lane, written: &Written) {
        match self {
            Self::Stream(link) => {
                link.write(written).await;
                written.ends.iter().for_each(|_| lane.counts.ended(Outcome::Passed));
            }
            Self::Datagrams(socket) => {
                for message in written.messages() {
                    lane.counts.ended(send(lane, socket, message).await);
                }
            }
        }
    }

    /// Ends a connection in order.
    pub(super) async fn end(self) {
        if let Self::Stream(link) = self {
            link.end().await;
        }
    }
}

async fn send(lane: &Lane, socket: &mut Option<UdpSocket>, message: &[u8]) -> Outcome {
    if message.len() > LONGEST_DATAGRAM {
        return Outcome::Refused;
    }
    if socket.is_none() {
        *socket = lane.upstream.socket().await.ok();
    }
    let Some(socket) = socket else { return Outcome::Failed };
    let sent = match socket.send(message).await {
        // The system tells now that nobody took the datagram before this one.
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            lane.counts.ended(Outcome::Failed);
            socket.send(message).await
        }
        sent => sent,
    };
    if sent.is_ok() { Outcome::Passed } else { Outcome::Failed }
}
