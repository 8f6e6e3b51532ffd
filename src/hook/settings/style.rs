//! How JSON is laid out.

use std::borrow::Cow;

use crate::prompt::json;

/// How a document puts its values into lines.
#[derive(Clone, Debug)]
pub(super) enum Style {
    /// One value a line, each level further in by this.
    Lines(String),
    /// All in one line.
    Compact,
}

impl Style {
    /// That of an object, by what stands before its first member.
    pub(super) fn of(text: &str) -> Self {
        let inside = text.trim_start().strip_prefix('{').unwrap_or("");
        let before = &inside[..inside.len() - inside.trim_start().len()];
        match before.rsplit_once('\n') {
            Some((_, indent)) if !indent.is_empty() => Self::Lines(indent.to_owned()),
            Some(_) => Self::Lines("  ".to_owned()),
            None if inside.trim_start().starts_with('}') => Self::Lines("  ".to_owned()),
            None => Self::Compact,
        }
    }

    /// The beginning of a line at this depth.
    pub(super) fn line(&self, depth: usize) -> String {
        match self {
            Self::Lines(indent) => format!("\n{}", indent.repeat(depth)),
            Self::Compact => String::new(),
        }
    }

    /// A key, up to its value.
    pub(super) fn key(&self, name: &str) -> String {
        let space = if matches!(self, Self::Lines(_)) { " " } else { "" };
        format!("{}:{space}", super::text(name))
    }

    /// A value, which begins at this depth.
    pub(super) fn written(&self, value: &str, depth: usize) -> String {
        let (open, items, close) = if let Some(members) = json::members(value) {
            let item =
                |(name, own): &(Cow<'_, str>, &str)| self.key(name) + &self.written(own, depth + 1);
            ('{', members.iter().map(item).collect::<Vec<_>>(), '}')
        } else if let Some(elements) = json::elements(value) {
            let item = |own: &&str| self.written(own, depth + 1);
            ('[', elements.iter().map(item).collect::<Vec<_>>(), ']')
        } else {
            return value.trim().to_owned();
        };
        if items.is_empty() {
            return format!("{open}{close}");
        }
        let line = self.line(depth + 1);
        let items: Vec<String> = items.into_iter().map(|item| line.clone() + &item).collect();
        format!("{open}{}{}{close}", items.join(","), self.line(depth))
    }
}
