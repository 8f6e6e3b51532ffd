//! The JSON that an agent writes into a hook.

use std::borrow::Cow;

use super::agent::Agent;
use super::contract::{Contract, Guards, On};
use super::failure::Failure;
use crate::prompt::json;

/// What an agent says, and which contract it is said under.
pub(super) struct Payload<'a> {
    pub(super) contract: &'static Contract,
    members: Vec<(Cow<'a, str>, &'a str)>,
    event: Option<Cow<'a, str>>,
    pub(super) tool: Cow<'a, str>,
}

/// A guarded field, as JSON.
pub(super) struct Part<'a> {
    pub(super) json: Cow<'a, str>,
}

impl<'a> Payload<'a> {
    /// Reads what `agent` wrote. `event` is what the command was told, of an agent that does not say it.
    pub(super) fn read(
        agent: Agent,
        event: Option<&'a str>,
        input: &'a [u8],
    ) -> Result<Self, Failure> {
        let unreadable = Failure::Unreadable("it is no object of JSON");
        let text = std::str::from_utf8(input).map_err(|_| unreadable.clone())?;
        let members = json::members(text).ok_or(unreadable)?;
        let contract = Contract::of(agent);
        let instead = contract.instead(members.iter().map(|(name, _)| &**name));
        let contract = instead.map_or(contract, Contract::of);
        let mut payload = Self { contract, members, event: None, tool: "".into() };
        // What the command was told is another agent's event then.
        let told = event.filter(|_| instead.is_none());
        payload.event = payload.event(told)?;
        payload.tool = payload.tool()?;
        Ok(payload)
    }

    fn event(&self, told: Option<&'a str>) -> Result<Option<Cow<'a, str>>, Failure> {
        let said = self.string(&self.contract.file.event)?;
        match (said, told) {
            (Some(said), Some(told)) if !self.contract.same(&said, told) => {
                Err(Failure::Unreadable("it is another event than the command was told"))
            }
            (said, told) => Ok(said.or(told.map(Cow::Borrowed))),
        }
    }

    fn tool(&self) -> Result<Cow<'a, str>, Failure> {
        for name in &self.contract.file.tool {
            if let Some(tool) = self.string(name)? {
                return Ok(tool);
            }
        }
        Ok("".into())
    }

    /// What is to be done; none if the event passes.
    pub(super) fn on(&self) -> Result<Option<&'static On>, Failure> {
        let event = self.event.as_deref().ok_or(Failure::UnknownEvent)?;
        match self.contract.on(event, &self.tool) {
            Some(on) => Ok(Some(on)),
            None if self.contract.passes(event) => Ok(None),
            None => Err(Failure::UnknownEvent),
        }
    }

    /// The guarded fields; exactly one if it can be changed.
    pub(super) fn parts(&self, on: &On) -> Result<Vec<Part<'a>>, Failure> {
        let mut parts = Vec::new();
        for name in &on.at {
            parts.extend(self.member(name)?.map(|json| Part::new(json, on)));
        }
        match parts.len() {
            0 => Err(Failure::Unreadable("the field to look through is not there")),
            1 => Ok(parts),
            _ if on.guards == Guards::Fixed => Ok(parts),
            _ => Err(Failure::Unreadable("the field to look through is there under two names")),
        }
    }

    /// A member of the object. Of two of one name readers take one or the other.
    fn member(&self, name: &str) -> Result<Option<&'a str>, Failure> {
        let mut own = self.members.iter().filter(|(key, _)| key == name);
        match (own.next(), own.next()) {
            (_, Some(_)) => Err(Failure::Unreadable("a field stands there twice")),
            (own, None) => Ok(own.map(|(_, json)| *json)),
        }
    }

    fn string(&self, name: &str) -> Result<Option<Cow<'a, str>>, Failure> {
        match self.member(name)? {
            None | Some("null") => Ok(None),
            Some(own) => match json::string(own) {
                Some(text) => Ok(Some(text)),
                None => Err(Failure::Unreadable("a name is no string")),
            },
        }
    }
}

impl<'a> Part<'a> {
    fn new(own: &'a str, on: &On) -> Self {
        let inside = || json::string(own).filter(|text| json::members(text).is_some());
        let json = if on.inside { inside() } else { None };
        Self { json: json.unwrap_or(Cow::Borrowed(own)) }
    }
}
