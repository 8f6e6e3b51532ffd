//! The servers that the tests talk to.

mod bao;
mod moto;
mod python;
mod server;
mod stand_in;

pub(crate) use bao::{Bao, quoted};
pub(crate) use moto::Moto;
pub(crate) use python::script;
pub(crate) use server::free_port;
pub(crate) use stand_in::{Answer, Request, StandIn};
