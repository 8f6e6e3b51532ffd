//! The query of a request's address.

use serde_json::Value;

use super::fault::Fault;
use crate::prompt::{Api, PreSend, Refused};
use hyper::StatusCode;

/// Parameters that hold what the provider itself gave out.
const OWN: [&str; 2] = ["key", "token"];

/// Refuses a query in which something is found. It is looked through by what it says, as JSON of its names and values: what
/// stands in an address is written to logs on the way, and a changed address is another one.
pub(super) fn look(pre_send: &PreSend, api: Api, query: Option<&str>) -> Result<(), Fault> {
    let pairs = form_urlencoded::parse(query.unwrap_or("").as_bytes());
    let pairs: Vec<Value> = pairs
        .filter(|(name, _)| !OWN.contains(&name.as_ref()))
        .map(|(name, value)| Value::Object([(name.into(), value.into())].into_iter().collect()))
        .collect();
    if pairs.is_empty() {
        return Ok(());
    }
    let text = Value::Array(pairs).to_string();
    let refused = |refused: Refused| Fault::Refused(Refused::new(api, refused.why().clone()));
    let looked = pre_send.redact_body(Api::Json, text.as_bytes()).map_err(refused)?;
    if *looked.body == *text.as_bytes() {
        return Ok(());
    }
    Err(Fault::new(StatusCode::BAD_REQUEST, "a secret stands in the query, which is not sent"))
}
