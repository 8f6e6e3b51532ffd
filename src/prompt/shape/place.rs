//! Where in a body something stands.

use crate::structured::{Document, Kind, NodeId};

/// A document, with a number that no other one of the same body has.
#[derive(Clone, Copy)]
pub(in crate::prompt) struct Numbered<'a> {
    pub(in crate::prompt) number: u32,
    pub(in crate::prompt) document: &'a Document<'a>,
}

/// A part of a document, which may itself stand in a string of another one.
#[derive(Clone, Copy)]
pub(in crate::prompt) struct Place<'a> {
    document: Numbered<'a>,
    node: NodeId,
    outer: Option<&'a Place<'a>>,
    inside: Inside,
}

/// What fields mean in JSON that a string holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Nothing: it is what somebody wrote.
    Free,
    /// What they would mean if it stood there itself.
    Meant,
}

/// A step of the way to a place, and what stands there.
#[derive(Clone, Copy)]
pub(super) struct Link<'a> {
    pub(super) step: Taken<'a>,
    pub(super) document: Numbered<'a>,
    pub(super) node: NodeId,
}

#[derive(Clone, Copy)]
pub(super) enum Taken<'a> {
    Start,
    Key(&'a [u8]),
    Item,
}

impl<'a> Place<'a> {
    pub(in crate::prompt) fn new(
        document: Numbered<'a>,
        node: NodeId,
        outer: Option<&'a Place<'a>>,
    ) -> Self {
        Self { document, node, outer, inside: Inside::Free }
    }

    /// The same, if JSON in its string is a part of the request as if it stood there itself.
    pub(in crate::prompt) fn meant(self) -> Self {
        Self { inside: Inside::Meant, ..self }
    }

    /// Whether it stands in JSON that means nothing.
    pub(super) fn is_free(&self) -> bool {
        self.outer.is_some_and(|outer| outer.inside == Inside::Free || outer.is_free())
    }

    /// The way from the outermost document. A document in a string takes the string's place.
    pub(super) fn links(&self) -> Vec<Link<'a>> {
        let mut links = self.outer.map(Place::links).unwrap_or_default();
        let from = links.len();
        let (document, mut at) = (self.document.document, Some(self.node));
        let tree = document.tree();
        while let Some(node) = at {
            let step = match tree.key(node) {
                Some(key) => Taken::Key(document.says(key)),
                None if tree.parent(node).is_some() => Taken::Item,
                None => Taken::Start,
            };
            links.push(Link { step, document: self.document, node });
            at = tree.parent(node);
        }
        links[from..].reverse();
        if let Some(string) = from.checked_sub(1) {
            let root = links.remove(from);
            links[string] = Link { step: links[string].step, ..root };
        }
        links
    }

    /// The way as text, with `*` for keys of which `shows` does not say that they may be read.
    pub(in crate::prompt) fn path(&self, shows: impl Fn(&[u8]) -> bool) -> String {
        let mut path = String::new();
        for link in self.links() {
            match link.step {
                Taken::Start => {}
                Taken::Key(key) => {
                    let name = std::str::from_utf8(key).ok().filter(|_| shows(key));
                    path += if path.is_empty() { "" } else { "." };
                    path += name.unwrap_or("*");
                }
                Taken::Item => {
                    path += &format!("[{}]", link.document.document.tree().index(link.node));
                }
            }
        }
        if path.is_empty() { "body".to_owned() } else { path }
    }
}

impl Link<'_> {
    /// The strings of the object there, with their keys.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let document = self.document.document;
        let tree = document.tree();
        let object = tree.node(self.node).kind == Kind::Object;
        let children = object.then(|| tree.children(self.node)).into_iter().flatten();
        children
            .filter(|(_, node)| node.kind == Kind::String)
            .filter_map(|(id, _)| Some((document.says(tree.key(id)?), document.says(id))))
    }
}
