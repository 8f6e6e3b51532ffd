//! What an engine gave for a time, and the request for more of it.

use std::time::{Duration, Instant};

use rustify::endpoint::Endpoint;
use rustify::enums::{RequestMethod, RequestType, ResponseType};
use rustify::errors::ClientError as RestError;
use serde::Deserialize;
use vaultrs::api::exec_with_no_result;
use vaultrs::client::VaultClient;

use crate::Secret;

/// How an engine gave what it gave.
pub(super) enum Kind {
    /// Made for this reader, who may ask for more time by this id.
    Renewable(String),
    /// Made for this reader, until its end.
    Made,
    /// The same for every reader, until the engine changes it: it may be asked for as often as one likes.
    Shared,
}

/// Secrets with an end.
pub(super) struct Lease {
    pub(super) kind: Kind,
    pub(super) first: Duration,
    pub(super) until: Instant,
    pub(super) secrets: Vec<Secret>,
}

impl Lease {
    /// How long its secrets are still valid.
    pub(super) fn rest(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Asks for more time if there is any to get, and says whether more than half of the first time is left: less is given
    /// when the longest time that the role allows comes near, and then a new secret is due.
    pub(super) async fn renew(&mut self, client: &VaultClient) -> bool {
        let id = match &self.kind {
            Kind::Renewable(id) => id,
            Kind::Made => return self.rest() > self.first / 2,
            Kind::Shared => return false,
        };
        let asked = Renew { body: serde_json::json!({ "lease_id": id }).to_string() };
        let Ok(given) = exec_with_no_result(client, asked).await else { return false };
        let given = Duration::from_secs(given.lease_duration);
        self.until = Instant::now() + given;
        given > self.first / 2
    }
}

/// `PUT sys/leases/renew`, which `vaultrs` 0.8 does not have.
struct Renew {
    body: String,
}

#[derive(Deserialize)]
struct Renewed {
    lease_duration: u64,
}

impl Endpoint for Renew {
    type Response = Renewed;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        "sys/leases/renew".to_owned()
    }

    fn method(&self) -> RequestMethod {
        RequestMethod::PUT
    }

    fn body(&self) -> Result<Option<Vec<u8>>, RestError> {
        Ok(Some(self.body.clone().into_bytes()))
    }
}
