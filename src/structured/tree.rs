//! What a document consists of, and where in its text each part stands.

use super::reader::{Kind as Marked, Mark};

/// Says that there is none.
const NONE: u32 = u32::MAX;

/// A value, or a key, by its place in the order of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    Key,
    String,
    Scalar,
}

/// A part of a document.
///
/// Invariant: `start <= end`, and a part stands inside of its parent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// In the text. A string's quotes are outside.
    pub(crate) start: u32,
    pub(crate) end: u32,
    parent: u32,
    /// The key that it is the value of.
    key: u32,
    /// The how-manieth it is in its parent; keys count too.
    index: u32,
}

/// All parts, in the order in which they begin.
#[derive(Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Of a text that is good JSON, and shorter than 4 GiB. None if it has more than `most` parts.
    pub(super) fn new(text: &[u8], marks: &[Mark], most: usize) -> Option<Self> {
        let mut builder = Builder { most, ..Builder::default() };
        let mut at = 0;
        for mark in marks {
            let here = mark.at as usize;
            match mark.kind {
                Marked::Open => {
                    builder.structure(&text[at..here], at);
                    let kind = if builder.expects_key { Kind::Key } else { Kind::String };
                    builder.begin(kind, here);
                }
                Marked::Scalar => {
                    builder.structure(&text[at..here], at);
                    builder.begin(Kind::Scalar, here);
                }
                Marked::Close | Marked::ScalarEnd => builder.end_leaf(here),
                Marked::Escape { .. } | Marked::Text | Marked::TextEnd => continue,
            }
            at = here;
        }
        builder.structure(&text[at..], at);
        (builder.tree.nodes.len() <= most).then_some(builder.tree)
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        some(self.node(id).parent)
    }

    /// The key that a value stands behind, or a key itself.
    pub(crate) fn key(&self, id: NodeId) -> Option<NodeId> {
        match self.node(id).kind {
            Kind::Key => Some(id),
            _ => some(self.node(id).key),
        }
    }

    /// The how-manieth item of its array.
    pub(crate) fn index(&self, item: NodeId) -> u32 {
        self.node(item).index
    }

    /// Strings, keys and scalars, in order.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.all().filter(|(_, node)| !matches!(node.kind, Kind::Object | Kind::Array))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(at, node)| (NodeId(at as u32), node))
    }

    /// What stands directly in `container`.
    pub(crate) fn children(&self, container: NodeId) -> impl Iterator<Item = (NodeId, &Node)> {
        let end = self.node(container).end;
        let inside = self.nodes[container.0 as usize + 1..].iter().zip(container.0 + 1..);
        inside
            .take_while(move |(node, _)| node.start < end)
            .filter(move |(node, _)| node.parent == container.0)
            .map(|(node, at)| (NodeId(at), node))
    }

    /// The strings, keys and scalars that stand in or reach into `start..end` of the text.
    pub(crate) fn touched(&self, start: u64, end: u64) -> impl Iterator<Item = (NodeId, &Node)> {
        // Containers begin before what is in them, so those that end before are passed one by one; leaves are in order.
        let after = self.nodes.partition_point(|node| u64::from(node.start) < end);
        let inside = self.nodes[..after].iter().enumerate().rev();
        let mut touched: Vec<_> = inside
            .filter(|(_, node)| !matches!(node.kind, Kind::Object | Kind::Array))
            .take_while(|(_, node)| u64::from(node.end) > start)
            .map(|(at, node)| (NodeId(at as u32), node))
            .collect();
        touched.reverse();
        touched.into_iter()
    }
}

fn some(at: u32) -> Option<NodeId> {
    (at != NONE).then_some(NodeId(at))
}

/// Reads the structure between strings and scalars.
#[derive(Default)]
struct Builder {
    tree: Tree,
    /// Containers, and how many parts each has so far.
    open: Vec<(u32, u32)>,
    /// The last key, until its value begins.
    key: Option<u32>,
    /// Whether a string that begins now is a key.
    expects_key: bool,
    leaf: u32,
    /// One part more is remembered, so that it shows that there are too many.
    most: usize,
}

impl Builder {
    fn structure(&mut self, text: &[u8], base: usize) {
        for (&byte, at) in text.iter().zip(base..) {
            match byte {
                b'{' | b'[' => {
                    let kind = if byte == b'{' { Kind::Object } else { Kind::Array };
                    let node = self.begin(kind, at);
                    self.open.push((node, 0));
                    self.expects_key = byte == b'{';
                }
                b'}' | b']' => {
                    if let Some((node, _)) = self.open.pop() {
                        self.tree.nodes[node as usize].end = at as u32 + 1;
                    }
                    self.expects_key = false;
                }
                b',' => self.expects_key = self.in_object(),
                b':' => self.expects_key = false,
                _ => {}
            }
        }
    }

    fn in_object(&self) -> bool {
        let open = self.open.last().map(|&(at, _)| self.tree.nodes[at as usize].kind);
        open == Some(Kind::Object)
    }

    fn begin(&mut self, kind: Kind, at: usize) -> u32 {
        if self.tree.nodes.len() > self.most {
            return self.leaf;
        }
        let node = self.tree.nodes.len() as u32;
        let key = if kind == Kind::Key { None } else { self.key.take() };
        let (parent, index) = self.open.last().copied().unwrap_or((NONE, 0));
        self.open.last_mut().into_iter().for_each(|(_, parts)| *parts += 1);
        let at = at as u32;
        let key = key.unwrap_or(NONE);
        self.tree.nodes.push(Node { kind, start: at, end: at, parent, key, index });
        self.leaf = node;
        if kind == Kind::Key {
            self.key = Some(node);
        }
        node
    }

    fn end_leaf(&mut self, at: usize) {
        self.tree.nodes[self.leaf as usize].end = at as u32;
    }
}
