//! Whether every upstream is there.

use std::io;

use super::builder::Serve;
use super::lane::Lane;

/// A stage, and whether its upstream can be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// Its name.
    pub stage: String,
    /// What is wrong; none if all is well.
    pub problem: Option<String>,
}

impl Serve {
    /// Connects to every upstream once, with TLS where that is spoken, and sends nothing.
    pub async fn check(&self) -> Vec<Checked> {
        let mut all = Vec::new();
        for lane in &self.0.lanes {
            // Of what takes datagrams nobody can tell more than that it has an address.
            let reached = match lane.stage.sends_datagrams() {
                true => lane.upstream.socket().await.map(drop),
                false => lane.upstream.dial().await.map(drop),
            };
            let problem = reached.err().map(|error| why(lane, &error));
            all.push(Checked { stage: lane.name.clone(), problem });
        }
        all
    }
}

fn why(lane: &Lane, error: &io::Error) -> String {
    format!("{} cannot be reached: {error}", lane.stage.leads_to())
}
