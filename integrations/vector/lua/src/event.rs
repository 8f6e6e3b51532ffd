//! Tables of Lua, redacted in place.
//!
//! A table is written as MessagePack, so that keys tell what their values are and the answer is that of every other host; what
//! comes back has the same parts in the same order, and those that differ are put into the table.

use std::borrow::Cow;

use keepmum::Redactor;
use keepmum::structured::MessagePack;
use mlua::{Error, Lua, Result, Table, Value};
use rmp::encode;

use crate::item::{Item, next};

/// How deep tables are followed; a table that holds itself is as deep as can be.
const DEEPEST: usize = 128;

/// Takes the secrets out of `event`: out of its strings, keys and numbers, and those of the tables in it.
pub(crate) fn redact(lua: &Lua, redactor: &Redactor, event: &Table) -> Result<()> {
    let mut written = Written::default();
    written.table(event, 0)?;
    let output = MessagePack::new().redact(redactor, &written.bytes, &mut |_| {});
    match output.map_err(Error::runtime)? {
        Cow::Borrowed(_) => Ok(()),
        Cow::Owned(output) => {
            changes(written.entries, &output)?.iter().try_for_each(|change| change.make(lua))
        }
    }
}

/// A table as bytes, and where each part of them stands.
#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    /// In the order of the bytes.
    entries: Vec<Entry>,
}

struct Entry {
    table: Table,
    key: Value,
    /// Whether the key is in the bytes: that of a list's value is not.
    keyed: bool,
    value: Value,
}

impl Written {
    fn table(&mut self, table: &Table, depth: usize) -> Result<()> {
        if depth == DEEPEST {
            return Err(Error::runtime("tables lie too deep in one another"));
        }
        let pairs: Vec<(Value, Value)> = table.pairs().collect::<Result<_>>()?;
        let len = u32::try_from(pairs.len()).map_err(Error::runtime)?;
        let listed = len > 0
            && table.raw_len() == pairs.len()
            && pairs.iter().all(|(key, _)| key.is_integer());
        let header = if listed {
            encode::write_array_len(&mut self.bytes, len)
        } else {
            encode::write_map_len(&mut self.bytes, len)
        };
        header.map_err(Error::runtime)?;
        for (key, value) in pairs {
            if !listed {
                self.leaf(&key)?;
            }
            let (table, nested) = (table.clone(), value.as_table().cloned());
            self.entries.push(Entry { table, key, keyed: !listed, value: value.clone() });
            match nested {
                Some(nested) => self.table(&nested, depth + 1)?,
                None => self.leaf(&value)?,
            }
        }
        Ok(())
    }

    fn leaf(&mut self, value: &Value) -> Result<()> {
        let out = &mut self.bytes;
        match value {
            Value::Boolean(value) => encode::write_bool(out, *value).map_err(Error::runtime),
            Value::Integer(value) => {
                encode::write_sint(out, *value).map(drop).map_err(Error::runtime)
            }
            Value::Number(value) => encode::write_f64(out, *value).map_err(Error::runtime),
            Value::String(value) => {
                encode::write_str_len(
                    out,
                    u32::try_from(value.as_bytes().len()).map_err(Error::runtime)?,
                )
                .map_err(Error::runtime)?;
                out.extend_from_slice(&value.as_bytes());
                Ok(())
            }
            // Nobody can look into it.
            other => {
                let kind = other.type_name();
                Err(Error::runtime(format!("a {kind} in an event cannot be looked through")))
            }
        }
    }
}

/// What a place in a table has to hold instead.
struct Change<'a> {
    entry: Entry,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
}

/// What of `entries` is something else in `output`.
fn changes(entries: Vec<Entry>, mut output: &[u8]) -> Result<Vec<Change<'_>>> {
    let input = &mut output;
    let mut changes = Vec::new();
    next(input)?.container()?;
    for entry in entries {
        let key = if entry.keyed { changed(&entry.key, next(input)?)? } else { None };
        let item = next(input)?;
        let value = if entry.value.is_table() {
            item.container().map(|()| None)
        } else {
            changed(&entry.value, item)
        }?;
        if key.is_some() || value.is_some() {
            changes.push(Change { entry, key, value });
        }
    }
    if input.is_empty() {
        Ok(changes)
    } else {
        Err(Error::runtime("more came back than was given"))
    }
}

/// What stands for `value`, if that is something else now.
fn changed<'a>(value: &Value, item: Item<'a>) -> Result<Option<&'a [u8]>> {
    match (value, item) {
        (Value::String(value), Item::Text(text)) => {
            Ok((*value.as_bytes() != *text).then_some(text))
        }
        (Value::Integer(_) | Value::Number(_), Item::Text(text)) => Ok(Some(text)),
        (Value::Integer(_) | Value::Number(_) | Value::Boolean(_), Item::Word) => Ok(None),
        _ => Err(Error::runtime("something else came back than was given")),
    }
}

impl Change<'_> {
    fn make(&self, lua: &Lua) -> Result<()> {
        let Entry { table, key, value, .. } = &self.entry;
        let value = match self.value {
            Some(text) => Value::String(lua.create_string(text)?),
            None => value.clone(),
        };
        let Some(text) = self.key else { return table.raw_set(key.clone(), value) };
        let text = lua.create_string(text)?;
        if !table.raw_get::<Value>(text.clone())?.is_nil() {
            return Err(Error::runtime("two keys with secrets in them would be one"));
        }
        table.raw_set(key.clone(), Value::Nil)?;
        table.raw_set(text, value)
    }
}
