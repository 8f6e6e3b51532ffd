//! Clients that are services of `tower`.

mod layer;
mod service;

pub use layer::PreSendLayer;
pub use service::PreSendService;
