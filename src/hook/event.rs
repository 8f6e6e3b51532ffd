//! The JSON that an agent writes into a hook.

use std::borrow::Cow;
use std::fmt;

use super::agent::Agent;
use super::answer::Answer;
use super::contract::{Contract, Guards, On};
use super::failure::Failure;
use crate::prompt::json;

/// An event, read as far as it takes to know what has to be looked through.
pub struct Event<'a> {
    pub(super) contract: &'static Contract,
    pub(super) tool: Cow<'a, str>,
    /// What is done at it; none if it passes.
    pub(super) on: Option<&'static On>,
    /// The guarded fields: exactly one if it can be changed.
    pub(super) parts: Vec<Part<'a>>,
}

/// A guarded field, as JSON.
pub(super) struct Part<'a> {
    pub(super) json: Cow<'a, str>,
}

/// The members of the object that an agent wrote.
struct Payload<'a> {
    contract: &'static Contract,
    members: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Event<'a> {
    /// Reads what `agent` wrote. `event` is the name of the event, of an agent that does not say it; if both say one they have
    /// to agree.
    ///
    /// # Errors
    ///
    /// It is no object of JSON, not known, or lacks a field: to be answered by a [`refusal`](super::refusal).
    pub fn read(agent: Agent, event: Option<&'a str>, input: &'a [u8]) -> Result<Self, Failure> {
        let unreadable = Failure::Unreadable("it is no object of JSON");
        let text = std::str::from_utf8(input).map_err(|_| unreadable.clone())?;
        let members = json::members(text).ok_or(unreadable)?;
        let contract = Contract::of(agent);
        let instead = contract.instead(members.iter().map(|(name, _)| &**name));
        let payload = Payload { contract: instead.map_or(contract, Contract::of), members };
        // What the command was told is another agent's event then.
        let name = payload.event(event.filter(|_| instead.is_none()))?;
        let tool = payload.tool()?;
        let contract = payload.contract;
        let on = contract.on(&name, &tool);
        if on.is_none() && !contract.passes(&name) {
            return Err(Failure::UnknownEvent);
        }
        let parts = on.map_or(Ok(Vec::new()), |on| payload.parts(on))?;
        Ok(Self { contract, tool, on, parts })
    }

    /// The answer, if nothing has to be looked through for it: the event carries nothing that leaves.
    pub fn passes(&self) -> Option<Answer> {
        self.on.is_none().then(Answer::pass)
    }
}

impl<'a> Payload<'a> {
    fn event(&self, told: Option<&'a str>) -> Result<Cow<'a, str>, Failure> {
        let said = self.string(&self.contract.file.event)?;
        match (said, told) {
            (Some(said), Some(told)) if !self.contract.same(&said, told) => {
                Err(Failure::Unreadable("it is another event than the command was told"))
            }
            (said, told) => said.or(told.map(Cow::Borrowed)).ok_or(Failure::UnknownEvent),
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

    fn parts(&self, on: &On) -> Result<Vec<Part<'a>>, Failure> {
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

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("guarded", &self.parts.len()).finish_non_exhaustive()
    }
}
