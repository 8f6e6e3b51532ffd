//! The one walk through attributes and bodies.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Display};
use std::io::Write;
use std::sync::Arc;

use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Key, KeyValue, StringValue, Value};

use crate::{Finding, Guard, Names, Origin, Span, Surface, redactor};

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

/// How the values of a field are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    /// For secrets inside them.
    Plain,
    /// As secrets: the name tells.
    Telling,
}

impl Rewriter {
    pub(super) fn new(guard: Guard, surface: Surface) -> Self {
        Self { guard, names: Names::default(), surface }
    }

    pub(super) fn text(&self, text: &str) -> Option<String> {
        self.leaf(Field::Plain, text)
    }

    /// A value that has no name of its own.
    pub(super) fn body(&self, body: &AnyValue) -> Option<AnyValue> {
        self.any(Field::Plain, body, 0)
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

    /// The new value of an entry called `name`.
    pub(super) fn named(&self, name: &str, value: &str) -> Option<String> {
        self.leaf(self.field(name), value)
    }

    fn field(&self, name: &str) -> Field {
        if self.names.tells(name) { Field::Telling } else { Field::Plain }
    }

    /// Both parts, if one of them changed.
    fn pair<V: Clone>(
        &self,
        key: &Key,
        value: &V,
        change: impl FnOnce(Field, &V) -> Option<V>,
    ) -> Option<(Key, V)> {
        let (new_key, new_value) =
            (self.text(key.as_str()), change(self.field(key.as_str()), value));
        if new_key.is_none() && new_value.is_none() {
            return None;
        }
        let key = new_key.map_or_else(|| key.clone(), Key::from);
        Some((key, new_value.unwrap_or_else(|| value.clone())))
    }

    fn value(&self, field: Field, value: &Value) -> Option<Value> {
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
    fn array(&self, field: Field, array: &Array) -> Option<Vec<StringValue>> {
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

    fn numbers<N: Display>(&self, field: Field, numbers: &[N]) -> Option<Vec<StringValue>> {
        changed(
            || numbers.iter(),
            |number| self.number(field, number).map(StringValue::from),
            |number| number.to_string().into(),
        )
    }

    fn any(&self, field: Field, value: &AnyValue, depth: usize) -> Option<AnyValue> {
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

    fn map(&self, field: Field, map: &HashMap<Key, AnyValue>, depth: usize) -> Option<AnyValue> {
        let pairs = changed(
            || map.iter(),
            |&(key, value)| {
                self.pair(key, value, |own, value| self.any(field.or(own), value, depth))
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
    fn number(&self, field: Field, number: &impl Display) -> Option<String> {
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

    fn leaf(&self, field: Field, text: &str) -> Option<String> {
        self.bytes(field, text.as_bytes()).map(redactor::text)
    }

    fn bytes(&self, field: Field, bytes: &[u8]) -> Option<Vec<u8>> {
        if field == Field::Telling && is_worth_hiding(bytes) {
            return self.hidden(bytes);
        }
        match self.guard.redact(self.surface, bytes) {
            Cow::Borrowed(_) => None,
            Cow::Owned(new) => Some(new),
        }
    }

    fn hidden(&self, value: &[u8]) -> Option<Vec<u8>> {
        let (new, finding) = self.guard.with(|redactor| redactor.hide_field(value));
        // Another adapter hid it before.
        if new == value {
            return None;
        }
        self.guard.observe(self.surface, &finding);
        Some(new)
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

impl Field {
    /// What lies inside a field that tells is a secret too.
    fn or(self, inner: Self) -> Self {
        if self == Field::Telling { self } else { inner }
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

/// Answers and nothing at all are no secrets; a placeholder says already what stood there.
fn is_worth_hiding(value: &[u8]) -> bool {
    let says_little = value.is_empty()
        || [&b"true"[..], b"false"].iter().any(|word| value.eq_ignore_ascii_case(word));
    !says_little && !is_placeholder(value)
}

/// A whole placeholder and nothing else, so that what stands inside is a name and a fingerprint.
fn is_placeholder(value: &[u8]) -> bool {
    let name = value.strip_prefix(b"[REDACTED:").and_then(|rest| rest.strip_suffix(b"]"));
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-# ".contains(byte);
    name.is_some_and(|name| name.iter().all(plain))
}
