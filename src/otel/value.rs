//! The one walk through attributes and bodies.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Display};
use std::io::Write;
use std::sync::Arc;

use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Key, KeyValue, StringValue, Value};

use super::scratch;
use crate::{Finding, Guard, Names, Origin, Redactor, Span, Surface, redactor};

/// How deep lists and maps are followed. What lies deeper is replaced.
const DEEPEST: usize = 64;

/// What stands for a value that was not looked through. It begins as the marks of gaps do, which no rule redacts again.
const UNREAD: &str = "[REDACTED:limit depth]";

/// The longest numbers as text: an `f64` near zero has 326 digits in front of those that count.
const DIGITS: usize = 400;

/// What each adapter redacts with. Its methods answer `None` if nothing changed, and have allocated nothing then.
pub(super) struct Rewriter {
    guard: Guard,
    pub(super) names: Names,
    surface: Surface,
}

/// What values stand in.
#[derive(Clone, Copy)]
struct Field<'a> {
    /// The key, without its secrets; nothing for a body.
    name: &'a str,
    look: Look,
}

/// How the values of a field are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// For secrets inside them.
    Inside,
    /// As secrets: the name tells.
    Hide,
}

impl Rewriter {
    pub(super) fn new(guard: Guard, surface: Surface) -> Self {
        Self { guard, names: Names::default(), surface }
    }

    pub(super) fn text(&self, text: &str) -> Option<String> {
        self.leaf(Field::NONE, text)
    }

    /// A value that has no name of its own.
    pub(super) fn body(&self, body: &AnyValue) -> Option<AnyValue> {
        self.any(Field::NONE, body, 0)
    }

    /// All attributes, if one of them changed.
    pub(super) fn attributes<'a, I>(&self, attributes: impl Fn() -> I) -> Option<Vec<KeyValue>>
    where
        I: Iterator<Item = (&'a Key, &'a Value)>,
    {
        changed(
            attributes,
            |&(key, value)| {
                let (key, value) =
                    self.pair(key, value, |field, value| self.value(field, value))?;
                Some(KeyValue::new(key, value))
            },
            |(key, value)| KeyValue::new(key.clone(), value.clone()),
        )
    }

    /// The same for those of log records.
    pub(super) fn log_attributes<'a, I>(
        &self,
        attributes: impl Fn() -> I,
    ) -> Option<Vec<(Key, AnyValue)>>
    where
        I: Iterator<Item = &'a (Key, AnyValue)>,
    {
        changed(
            attributes,
            |(key, value)| self.pair(key, value, |field, value| self.any(field, value, 0)),
            Clone::clone,
        )
    }

    /// The new value of an entry called `name`, which holds no secret.
    pub(super) fn named(&self, name: &str, value: &str) -> Option<String> {
        self.leaf(Field { name, look: self.look(name) }, value)
    }

    fn look(&self, name: &str) -> Look {
        if self.names.tells(name) { Look::Hide } else { Look::Inside }
    }

    /// Both parts, if one of them changed.
    fn pair<V: Clone>(
        &self,
        key: &Key,
        value: &V,
        change: impl FnOnce(Field<'_>, &V) -> Option<V>,
    ) -> Option<(Key, V)> {
        let new_key = self.text(key.as_str());
        let name = new_key.as_deref().unwrap_or(key.as_str());
        let new_value = change(Field { name, look: self.look(key.as_str()) }, value);
        if new_key.is_none() && new_value.is_none() {
            return None;
        }
        let key = new_key.map_or_else(|| key.clone(), Key::from);
        Some((key, new_value.unwrap_or_else(|| value.clone())))
    }

    fn value(&self, field: Field<'_>, value: &Value) -> Option<Value> {
        match value {
            Value::Bool(_) => None,
            Value::I64(number) => self.number(field, number).map(Value::from),
            Value::F64(number) => self.number(field, number).map(Value::from),
            Value::String(text) => self.leaf(field, text.as_str()).map(Value::from),
            Value::Array(array) => {
                self.array(field, array).map(|new| Value::Array(Array::String(new)))
            }
            _ => Some(Value::from(self.unread())),
        }
    }

    /// Arrays have elements of one type: one number that becomes text makes text of all.
    fn array(&self, field: Field<'_>, array: &Array) -> Option<Vec<StringValue>> {
        match array {
            Array::Bool(_) => None,
            Array::I64(numbers) => self.numbers(field, numbers),
            Array::F64(numbers) => self.numbers(field, numbers),
            Array::String(texts) => changed(
                || texts.iter(),
                |text| self.leaf(field, text.as_str()).map(StringValue::from),
                StringValue::clone,
            ),
            _ => Some(vec![self.unread().into()]),
        }
    }

    fn numbers<N: Display>(&self, field: Field<'_>, numbers: &[N]) -> Option<Vec<StringValue>> {
        changed(
            || numbers.iter(),
            |number| self.number(field, number).map(StringValue::from),
            |number| number.to_string().into(),
        )
    }

    fn any(&self, field: Field<'_>, value: &AnyValue, depth: usize) -> Option<AnyValue> {
        match value {
            AnyValue::Boolean(_) => None,
            AnyValue::Int(number) => self.number(field, number).map(AnyValue::from),
            AnyValue::Double(number) => self.number(field, number).map(AnyValue::from),
            AnyValue::String(text) => self.leaf(field, text.as_str()).map(AnyValue::from),
            AnyValue::Bytes(bytes) => {
                self.bytes(field, bytes).map(|new| AnyValue::Bytes(Box::new(new)))
            }
            AnyValue::ListAny(list) if depth < DEEPEST => {
                changed(|| list.iter(), |item| self.any(field, item, depth + 1), AnyValue::clone)
                    .map(|new| AnyValue::ListAny(Box::new(new)))
            }
            AnyValue::Map(map) if depth < DEEPEST => self.map(field, map, depth + 1),
            _ => Some(AnyValue::from(self.unread())),
        }
    }

    fn map(
        &self,
        field: Field<'_>,
        map: &HashMap<Key, AnyValue>,
        depth: usize,
    ) -> Option<AnyValue> {
        let pairs = changed(
            || map.iter(),
            |&(key, value)| {
                self.pair(key, value, |own, value| self.any(own.inside(field), value, depth))
            },
            |(key, value)| (key.clone(), value.clone()),
        )?;
        let mut new = HashMap::with_capacity(pairs.len());
        let mut met = 1;
        for (mut key, value) in pairs {
            // Two keys that were redacted are one now; no value is lost for that.
            while new.contains_key(&key) {
                met += 1;
                key = Key::from(format!("{key} {met}"));
            }
            new.insert(key, value);
        }
        Some(AnyValue::Map(Box::new(new)))
    }

    /// What becomes of a number that is a secret is text.
    fn number(&self, field: Field<'_>, number: &impl Display) -> Option<String> {
        let mut digits = [0; DIGITS];
        let mut rest = &mut digits[..];
        let new = match write!(rest, "{number}") {
            Ok(()) => {
                let len = DIGITS - rest.len();
                self.bytes(field, &digits[..len])
            }
            Err(_) => self.bytes(field, number.to_string().as_bytes()),
        };
        new.map(redactor::text)
    }

    fn leaf(&self, field: Field<'_>, text: &str) -> Option<String> {
        self.bytes(field, text.as_bytes()).map(redactor::text)
    }

    fn bytes(&self, field: Field<'_>, value: &[u8]) -> Option<Vec<u8>> {
        self.guard.timed(self.surface, value.len(), |redactor| {
            if field.look == Look::Hide
                && let Some(hidden) = self.guard.hide(redactor, self.surface, value)
            {
                return Some(hidden);
            }
            if field.name.is_empty() {
                return self.redacted(redactor, value);
            }
            let named = |text: &[u8]| {
                let mut suspect = false;
                let told = redactor.suspects(text, |_| suspect = true);
                (suspect || !told).then(|| self.both(redactor, text, value.len())).flatten()
            };
            scratch::with([field.name.as_bytes(), b"=", value], named)
        })
    }

    /// A value of `len` bytes at the end of `name=value`, alone and behind its name.
    fn both(&self, redactor: &Redactor, named: &[u8], len: usize) -> Option<Vec<u8>> {
        let name = named.len() - len;
        let alone = self.redacted(redactor, &named[name..]);
        self.guard.behind_name(redactor, self.surface, (named, name), alone)
    }

    fn redacted(&self, redactor: &Redactor, input: &[u8]) -> Option<Vec<u8>> {
        match self.guard.look(redactor, self.surface, input) {
            Cow::Borrowed(_) => None,
            Cow::Owned(new) => Some(new),
        }
    }

    /// What lies too deep, or is of a kind that is newer than this code.
    fn unread(&self) -> &'static str {
        self.guard.observe(
            self.surface,
            &Finding {
                origin: Origin::Limit,
                name: Arc::from("depth"),
                span: Span::new(0, 0),
                fingerprint: None,
            },
        );
        UNREAD
    }
}

impl fmt::Debug for Rewriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rewriter")
            .field("guard", &self.guard)
            .field("surface", &self.surface)
            .finish_non_exhaustive()
    }
}

impl Field<'_> {
    const NONE: Self = Self { name: "", look: Look::Inside };

    /// What lies inside a field that tells is a secret too.
    fn inside(self, outer: Field<'_>) -> Self {
        if outer.look == Look::Hide { Self { look: Look::Hide, ..self } } else { self }
    }
}

/// All items made new, if `change` changes one; the others as `keep` makes them.
pub(super) fn changed<T, U, I: Iterator<Item = T>>(
    items: impl Fn() -> I,
    change: impl Fn(&T) -> Option<U>,
    keep: impl Fn(T) -> U,
) -> Option<Vec<U>> {
    let mut all: Option<Vec<U>> = None;
    for (at, item) in items().enumerate() {
        match (change(&item), &mut all) {
            (None, None) => {}
            (None, Some(all)) => all.push(keep(item)),
            (Some(new), all) => {
                all.get_or_insert_with(|| items().take(at).map(&keep).collect()).push(new);
            }
        }
    }
    all
}
