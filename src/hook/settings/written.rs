//! A document that is changed where it stands.

use std::ops::Range;

use super::SettingsError;
use super::style::Style;
use crate::prompt::json;

const NOT_JSON: SettingsError =
    SettingsError("it is no object of JSON, or holds comments: what to add is for you to write");
const TWICE: SettingsError = SettingsError("a key stands there twice");
const OTHER_KIND: SettingsError = SettingsError("its hooks are not as the agent reads them");

/// An object of JSON, as text.
#[derive(Clone, Debug)]
pub(super) struct Written {
    text: String,
    style: Style,
}

/// A value in a container, with its key if it has one.
#[derive(Clone, Debug)]
pub(super) struct Item {
    start: usize,
    value: Range<usize>,
    depth: usize,
}

impl Item {
    /// The value alone.
    pub(super) fn value(&self) -> Self {
        Self { start: self.value.start, ..self.clone() }
    }
}

impl Written {
    /// Reads a text.
    pub(super) fn read(text: &str) -> Result<Self, SettingsError> {
        json::members(text).ok_or(NOT_JSON)?;
        Ok(Self { text: text.to_owned(), style: Style::of(text) })
    }

    /// A new one that says `text`.
    pub(super) fn new(text: &str) -> Result<Self, SettingsError> {
        let style = Style::Lines("  ".to_owned());
        Self::read(&(style.written(text, 0) + "\n")).map(|new| Self { style, ..new })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn root(&self) -> Item {
        let start = self.text.len() - self.text.trim_start().len();
        Item { start, value: start..self.text.trim_end().len(), depth: 0 }
    }

    /// The text of a value.
    pub(super) fn of(&self, item: &Item) -> &str {
        &self.text[item.value.clone()]
    }

    /// The member of an object. One that hooks stand in is an object, or a list of them.
    pub(super) fn member(&self, object: &Item, name: &str) -> Result<Option<Item>, SettingsError> {
        let members = json::members(self.of(object)).ok_or(OTHER_KIND)?;
        let mut own = members.iter().enumerate().filter(|(_, (key, _))| key == name);
        match (own.next(), own.next()) {
            (_, Some(_)) => Err(TWICE),
            (None, _) => Ok(None),
            (Some((at, (_, value))), None) => {
                let kind = if object.depth == 0 { '{' } else { '[' };
                if !value.starts_with(kind) {
                    return Err(OTHER_KIND);
                }
                Ok(self.items(object).into_iter().nth(at))
            }
        }
    }

    /// The members of an object that are lists, by name.
    pub(super) fn lists(&self, object: &Item) -> Result<Vec<(String, Item)>, SettingsError> {
        let object = object.value();
        let members = json::members(self.of(&object)).ok_or(OTHER_KIND)?;
        let mut names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        if names.windows(2).any(|both| both[0] == both[1]) {
            return Err(TWICE);
        }
        let named = members.iter().zip(self.items(&object));
        let lists = named.filter(|((_, value), _)| value.starts_with('['));
        Ok(lists.map(|((name, _), item)| (name.clone().into_owned(), item)).collect())
    }

    /// What a container holds.
    pub(super) fn items(&self, container: &Item) -> Vec<Item> {
        let own = self.of(container);
        let values: Vec<&str> = match json::members(own) {
            Some(members) => members.into_iter().map(|(_, value)| value).collect(),
            None => json::elements(own).unwrap_or_default(),
        };
        let mut before = container.value.start + 1;
        let item = |value: &str| {
            let at = container.value.start + json::offset(own, value);
            let skipped = |byte: char| byte.is_ascii_whitespace() || byte == ',';
            let start = at - self.text[before..at].trim_start_matches(skipped).len();
            before = at + value.len();
            Item { start, value: at..before, depth: container.depth + 1 }
        };
        values.into_iter().map(item).collect()
    }

    /// How much a container holds.
    pub(super) fn len(&self, container: &Item) -> usize {
        self.items(container).len()
    }

    /// With another value behind all that a container holds.
    pub(super) fn inserted(&self, container: &Item, name: Option<&str>, value: &str) -> Self {
        let depth = container.depth + 1;
        let key = name.map(|name| self.style.key(name)).unwrap_or_default();
        let item = key + &self.style.written(value, depth);
        match self.items(container).last() {
            Some(last) => {
                let before = &self.text[..last.start];
                let space = &before[before.trim_end().len()..];
                self.spliced(last.value.end..last.value.end, &format!(",{space}{item}"))
            }
            None => {
                let inside = container.value.start + 1..container.value.end - 1;
                let lines = self.style.line(depth) + &item + &self.style.line(container.depth);
                self.spliced(inside, &lines)
            }
        }
    }

    /// With another value in the place of one.
    pub(super) fn replaced(&self, item: &Item, value: &str) -> Self {
        self.spliced(item.value.clone(), &self.style.written(value, item.depth))
    }

    /// Without one of the things that a container holds.
    pub(super) fn without(&self, container: &Item, item: &Item) -> Self {
        let items = self.items(container);
        let at = items.iter().position(|own| own.start == item.start).unwrap_or(0);
        match (at.checked_sub(1).map(|before| &items[before]), items.get(at + 1)) {
            (None, None) => self.spliced(container.value.start + 1..container.value.end - 1, ""),
            (_, Some(next)) => self.spliced(items[at].start..next.start, ""),
            (Some(before), None) => self.spliced(before.value.end..items[at].value.end, ""),
        }
    }

    fn spliced(&self, span: Range<usize>, with: &str) -> Self {
        let text = [&self.text[..span.start], with, &self.text[span.end..]].concat();
        Self { text, style: self.style.clone() }
    }
}
