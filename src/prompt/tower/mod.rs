//! Clients that are services of `tower`.

mod body;
mod layer;
mod service;

pub use body::OrWhole;
pub use layer::PreSendLayer;
pub use service::PreSendService;
