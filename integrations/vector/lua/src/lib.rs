//! `require("keepmum")`.
//!
//! ```text
//!   Lua ▸ caught (panics become errors) ▸ text, or an event as MessagePack ▸ keepmum ▸ what changed, put back in place
//! ```
//!
//! Whatever goes wrong is an error that is raised: a host that catches it must not pass the event on. Vector drops it.

mod caught;
mod event;
mod item;
mod redactor;

use mlua::{Lua, Result, Table};

use redactor::Redactor;

#[mlua::lua_module(name = "keepmum")]
fn module(lua: &Lua) -> Result<Table> {
    let module = lua.create_table()?;
    module.set("new", lua.create_function(|_, options: Table| Redactor::new(&options))?)?;
    module.set("version", env!("CARGO_PKG_VERSION"))?;
    Ok(module)
}
