//! Whether a place is where a pattern leads.

use std::cell::RefCell;
use std::collections::HashMap;

use super::pattern::{Has, Pattern, Step, Way};
use super::place::{Link, Taken};
use crate::structured::NodeId;

/// Matches patterns. What it learned of an object it remembers, so that thousands of strings in one cost no more than a few.
#[derive(Default)]
pub(in crate::prompt) struct Matcher {
    /// By document, object, and what it should have.
    known: RefCell<HashMap<(u32, NodeId, usize), bool>>,
}

impl Matcher {
    /// Whether the last of `links` is where `pattern` leads.
    pub(super) fn is_at(&self, pattern: &Pattern, links: &[Link<'_>]) -> bool {
        self.goes(&pattern.steps, links, |rest| rest.is_empty())
    }

    /// Whether `pattern` leads to it or to something that it stands in.
    pub(super) fn leads_to(&self, pattern: &Pattern, links: &[Link<'_>]) -> bool {
        self.goes(&pattern.steps, links, |_| true)
    }

    /// Whether the steps lead on from the first of `links`, where they have led so far, to where `ends` says that it is the end.
    fn goes(&self, steps: &[Step], links: &[Link<'_>], ends: fn(&[Link<'_>]) -> bool) -> bool {
        let Some((here, further)) = links.split_first() else { return false };
        let Some((step, rest)) = steps.split_first() else { return ends(further) };
        if matches!(step.way, Way::Down) {
            // Keys are compared before fields are looked up, here and below: most patterns end there.
            return self.goes(rest, links, ends) && self.has(&step.has, here)
                || self.goes(steps, further, ends);
        }
        let Some(next) = further.first() else { return false };
        let right = match (&step.way, next.step) {
            (Way::Key(names), Taken::Key(key)) => names.iter().any(|name| name.as_bytes() == key),
            (Way::AnyKey, Taken::Key(_)) | (Way::Item, Taken::Item) => true,
            _ => false,
        };
        right && self.goes(rest, further, ends) && self.has(&step.has, next)
    }

    fn has(&self, fields: &[Has], link: &Link<'_>) -> bool {
        fields.iter().all(|has| {
            // Patterns stay where they are for good.
            let key = (link.document.number, link.node, std::ptr::from_ref(has).addr());
            if let Some(&known) = self.known.borrow().get(&key) {
                return known;
            }
            // Of a key that stands there twice, readers take the last.
            let value = link.fields().filter(|(key, _)| has.names(key)).last();
            let fits = value.is_some_and(|(_, value)| has.fits(value));
            self.known.borrow_mut().insert(key, fits);
            fits
        })
    }
}
