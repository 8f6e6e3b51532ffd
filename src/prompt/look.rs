//! A look through one body: what is found, in which field, and what becomes of it.

use super::appends::{Appends, Follows};
use super::cut::{Cut, Told, cuts, union};
use super::media::{self, Media};
use super::mode::{KeyPolicy, Mode};
use super::modes::Modes;
use super::refused::Why;
use super::report::{Found, Treatment, Unscanned};
use super::runs::runs;
use super::shape::{Class, Guesses, Matcher, Numbered, Numbers, Place, Placeholder, Shape};
use crate::structured::{Document, Edit, Kind, Malformed, Node, NodeId, splice};
use crate::{Confidence, Finding, Origin, Redactor, Reference, ReferenceKey, Span};

/// How deep containers may stand in containers.
const DEEPEST: usize = 256;

/// What a look is made with.
#[derive(Clone, Copy)]
pub(super) struct Tools<'a> {
    pub(super) redactor: &'a Redactor,
    pub(super) key: &'a ReferenceKey,
    pub(super) modes: &'a Modes,
    pub(super) keys: KeyPolicy,
    /// How deep JSON in strings of JSON is followed.
    pub(super) strings: usize,
    pub(super) shape: &'a Shape,
    pub(super) placeholder: Placeholder,
    pub(super) fixed: Unchangeable,
    /// What is known of messages that are written piece by piece, if the body is a piece.
    pub(super) appends: Option<(&'a Appends, Follows)>,
}

/// What is done about a secret where nothing may change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unchangeable {
    /// The whole body is refused: it was never sent.
    Refuses,
    /// It stays, and is told of: it stands there already.
    Stays,
}

/// A look through one body.
pub(super) struct Look<'a> {
    pub(super) tools: Tools<'a>,
    pub(super) matcher: Matcher,
    documents: u32,
    pub(super) unscanned: Vec<Unscanned>,
}

/// What becomes of a part of a source.
pub(super) struct Change {
    pub(super) span: Span,
    /// None if it stays.
    pub(super) with: Option<Vec<u8>>,
    /// What the report tells; its span is that of the change, in the end.
    pub(super) found: Option<Found>,
}

/// Why a look ends early.
pub(super) enum Stop {
    Malformed(Malformed),
    Refused(Why),
}

impl From<Why> for Stop {
    fn from(why: Why) -> Self {
        Self::Refused(why)
    }
}

/// A leaf of a document, and what was found in it.
struct Leaf<'a> {
    document: &'a Document<'a>,
    place: Place<'a>,
    id: NodeId,
    node: Node,
    class: Class,
}

impl<'a> Look<'a> {
    pub(super) fn new(tools: Tools<'a>) -> Self {
        Self { tools, matcher: Matcher::default(), documents: 0, unscanned: Vec::new() }
    }

    /// A body that is JSON, or several documents one after the other.
    pub(super) fn json(&mut self, source: &[u8]) -> Result<Vec<Change>, Stop> {
        self.document(source, None, 0, Vec::new())
    }

    /// A body that is text.
    pub(super) fn text(&mut self, source: &[u8]) -> Result<Vec<Change>, Stop> {
        self.plain(source, None)
    }

    /// A body, or a part of one, that nobody can look into: a known secret in it, or one that a rule is
    /// sure of, stops the request.
    pub(super) fn binary(&mut self, source: &[u8], place: &str) -> Result<(), Stop> {
        let (cuts, _) = cuts(self.tools.redactor, &self.tools.modes.muted, source);
        let redactor = self.tools.redactor;
        let counts = |found: &&Finding| is_known(found) || is_sure(redactor, found);
        let known = cuts.iter().filter_map(|cut| cut.finding.as_ref()).find(counts);
        self.unscanned.push(Unscanned {
            place: place.to_owned(),
            why: "it is neither JSON nor text; it was looked through as it is",
            bytes: source.len() as u64,
        });
        known.map_or(Ok(()), |finding| Err(fixed(finding, place.to_owned()).into()))
    }

    /// A document, perhaps in a string; `more` was found in its source from outside.
    fn document(
        &mut self,
        source: &[u8],
        outer: Option<&Place<'_>>,
        depth: usize,
        more: Vec<Cut>,
    ) -> Result<Vec<Change>, Stop> {
        let document = Document::read(source, DEEPEST).map_err(Stop::Malformed)?;
        let numbered = Numbered { number: self.documents, document: &document };
        self.documents += 1;
        let (mut own, warned) = self.cuts(document.text());
        if self.tools.shape.has_runs() {
            own = union(own, runs(&self.tools, &self.matcher, numbered, outer));
        }
        let mut pieces = self.pieces(numbered, outer);
        let in_text = |cut: Cut| Cut { span: document.in_text(cut.span), ..cut };
        let mut cuts = union(own, more.into_iter().map(in_text).collect());
        let (mut changes, mut from) = (Vec::new(), 0);
        for (id, &node) in document.tree().leaves() {
            let (start, end) = (u64::from(node.start), u64::from(node.end));
            from += cuts[from..].iter().take_while(|cut| cut.span.end() <= start).count();
            let here = cuts[from..].iter().take_while(|cut| cut.span.start() < end).count();
            let here = &mut cuts[from..from + here];
            if let Some(piece) = pieces.remove(&id) {
                self.allowed(&piece)?;
                changes.extend(piece);
                continue;
            }
            if here.is_empty() && !self.has_inside(&document, id, &node) {
                continue;
            }
            let place = Place::new(numbered, id, outer);
            let class = self.tools.shape.class(&self.matcher, &place);
            let leaf = Leaf { document: &document, place, id, node, class };
            changes.extend(self.leaf(&leaf, here, depth)?);
        }
        changes.extend(pieces.into_values().flatten());
        changes.extend(self.warned(numbered, outer, warned));
        Ok(changes)
    }

    /// What is to be cut out of a text, and what is only warned of.
    fn cuts(&self, text: &[u8]) -> (Vec<Cut>, Vec<Finding>) {
        let redactor = self.tools.redactor;
        let (mut cuts, warned) = cuts(redactor, &self.tools.modes.muted, text);
        if self.tools.shape.guesses == Guesses::Left {
            let mut stays = false;
            cuts.retain(|cut| {
                // What has no finding of its own belongs to the cut before it.
                if let Some(found) = &cut.finding {
                    stays = !(is_known(found) || is_sure(redactor, found));
                }
                !stays
            });
        }
        (cuts, warned)
    }

    /// Whether pieces of a message may be sent.
    fn allowed(&self, piece: &[Change]) -> Result<(), Why> {
        let mut found = piece.iter().filter_map(|change| change.found.as_ref());
        match found.find(|found| self.tools.modes.of(&found.finding) == Mode::Block) {
            Some(Found { finding, place, .. }) => {
                Err(Why::Blocked { name: finding.name().to_owned(), place: place.clone() })
            }
            None => Ok(()),
        }
    }

    /// Whether a string may hold what has to be looked into for itself.
    fn has_inside(&self, document: &Document<'_>, id: NodeId, node: &Node) -> bool {
        if node.kind != Kind::String {
            return false;
        }
        let tree = document.tree();
        let key = tree.key(id).or_else(|| tree.parent(id).and_then(|list| tree.key(list)));
        let media = key.is_some_and(|key| self.tools.shape.may_hold_media(document.says(key)));
        media || matches!(first(document.says(id)), Some(b'{' | b'[' | b'"'))
    }

    fn leaf(
        &mut self,
        leaf: &Leaf<'_>,
        here: &mut [Cut],
        depth: usize,
    ) -> Result<Vec<Change>, Stop> {
        let number = leaf.node.kind == Kind::Scalar;
        let class = match leaf.class {
            Class::Text | Class::Source if number && self.tools.shape.numbers == Numbers::Fixed => {
                Class::Fixed
            }
            class => class,
        };
        match class {
            Class::Text => self.string(leaf, here, depth),
            Class::Source => self.string(leaf, here, depth),
            Class::Base64 => match media::read(leaf.document.says(leaf.id)) {
                Media::Text(media) => self.encoded(leaf, here, &media),
                // Letters of a token are base64 too.
                Media::Other if self.is_token(leaf, here) => self.string(leaf, here, depth),
                Media::Other => self.media(leaf, here),
                Media::Address => self.string(leaf, here, depth),
            },
            Class::Media => self.media(leaf, here),
            Class::Opaque => self.kept(leaf, here, is_known),
            Class::Fixed => {
                let redactor = self.tools.redactor;
                self.kept(leaf, here, |finding| is_known(finding) || is_sure(redactor, finding))
            }
            Class::Credential => {
                self.blocked(leaf, here)?;
                Ok(self.told(leaf, here, |_| true, Treatment::Credential))
            }
        }
    }

    /// What must not change: something that `refuses` stops the request, all else stays.
    fn kept(
        &self,
        leaf: &Leaf<'_>,
        here: &mut [Cut],
        refuses: impl Fn(&Finding) -> bool,
    ) -> Result<Vec<Change>, Stop> {
        self.blocked(leaf, here)?;
        if self.tools.fixed == Unchangeable::Stays {
            let counts = |cut: &Cut| {
                leaf.class == Class::Fixed || cut.finding.as_ref().is_some_and(&refuses)
            };
            return Ok(self.told(leaf, here, counts, Treatment::Left));
        }
        let refused =
            here.iter().filter_map(|cut| cut.finding.as_ref()).find(|found| refuses(found));
        if let Some(finding) = refused {
            return Err(fixed(finding, self.path(&leaf.place)).into());
        }
        if leaf.class != Class::Fixed {
            return Ok(Vec::new());
        }
        Ok(self.told(leaf, here, |_| true, Treatment::Left))
    }

    /// What is blocked is blocked wherever it stands.
    fn blocked(&self, leaf: &Leaf<'_>, here: &[Cut]) -> Result<(), Why> {
        let mut found = here.iter().filter_map(|cut| cut.finding.as_ref());
        match found.find(|finding| self.tools.modes.of(finding) == Mode::Block) {
            Some(finding) => {
                Err(Why::Blocked { name: finding.name().to_owned(), place: self.path(&leaf.place) })
            }
            None => Ok(()),
        }
    }

    fn media(&mut self, leaf: &Leaf<'_>, here: &mut [Cut]) -> Result<Vec<Change>, Stop> {
        self.unscanned.push(Unscanned {
            place: self.path(&leaf.place),
            why: "it is media; known secrets were looked for in its base64",
            bytes: leaf.document.says(leaf.id).len() as u64,
        });
        self.kept(leaf, here, is_known)
    }

    /// Whether what a rule is sure of takes up half of a string. In the base64 of a picture it would be there by chance, and be
    /// lost in it.
    fn is_token(&self, leaf: &Leaf<'_>, here: &[Cut]) -> bool {
        let (start, end) = (u64::from(leaf.node.start), u64::from(leaf.node.end));
        let sure = here.iter().filter(|cut| {
            cut.finding.as_ref().is_some_and(|found| is_sure(self.tools.redactor, found))
        });
        let covered =
            |cut: &Cut| cut.span.end().min(end).saturating_sub(cut.span.start().max(start));
        2 * sure.map(covered).sum::<u64>() >= end - start && end > start
    }

    /// Tells of what stays and `counts`.
    fn told(
        &self,
        leaf: &Leaf<'_>,
        here: &mut [Cut],
        counts: impl Fn(&Cut) -> bool,
        treatment: Treatment,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        for cut in here.iter_mut().filter(|cut| cut.told == Told::No && counts(cut)) {
            let Some(finding) = cut.finding.clone() else { continue };
            cut.told = Told::Yes;
            let span = leaf.document.edit(&leaf.node, cut.span, b"").span;
            let place = self.path(&leaf.place);
            let found = Some(Found { finding, place, treatment, reference: None });
            changes.push(Change { span, with: None, found });
        }
        changes
    }

    /// A string that may be changed, a key or a number.
    fn string(
        &mut self,
        leaf: &Leaf<'_>,
        here: &mut [Cut],
        depth: usize,
    ) -> Result<Vec<Change>, Stop> {
        let says = leaf.document.says(leaf.id);
        let begins = match first(says) {
            Some(b'"') => leaf.class == Class::Source,
            first => matches!(first, Some(b'{' | b'[')),
        };
        if leaf.node.kind == Kind::String && begins && depth < self.tools.strings {
            let place = if leaf.class == Class::Source { leaf.place.meant() } else { leaf.place };
            match self.document(says, Some(&place), depth + 1, inside(&leaf.node, here)) {
                Ok(changes) => {
                    here.iter_mut().for_each(|cut| cut.told = Told::Yes);
                    return Ok(changes.into_iter().map(|change| change.outside(leaf)).collect());
                }
                // What only looks like JSON is text.
                Err(Stop::Malformed(_)) => {}
                Err(stop) => return Err(stop),
            }
        }
        let text = leaf.document.text();
        here.iter_mut()
            .map(|cut| {
                let (with, found) = self.replacement(cut, text, Some(leaf))?;
                let Edit { span, with } = leaf.document.edit(&leaf.node, cut.span, &with);
                Ok(Change { span, with: Some(with), found })
            })
            .collect()
    }

    /// Text in base64, perhaps behind `data:` and its type. It is written anew if something is found.
    fn encoded(
        &mut self,
        leaf: &Leaf<'_>,
        here: &mut [Cut],
        media: &media::Text,
    ) -> Result<Vec<Change>, Stop> {
        let inside =
            match self.document(&media.text, Some(&leaf.place), self.tools.strings, Vec::new()) {
                Err(Stop::Malformed(_)) => self.plain(&media.text, Some(&leaf.place))?,
                inside => inside?,
            };
        if inside.is_empty() {
            // What was found in the base64 itself may not be there once it is read.
            return self.kept(leaf, here, is_known);
        }
        let whole = Span::new(leaf.node.start.into(), leaf.node.end.into());
        let edits = edits(&inside);
        let new = media.encode(&splice(&media.text, &edits));
        let Edit { span, with } = leaf.document.edit(&leaf.node, whole, &new);
        let told = |change: Change| Change { span, with: None, found: change.found };
        let mut changes: Vec<Change> = inside.into_iter().map(told).collect();
        if !edits.is_empty() {
            changes.push(Change { span, with: Some(with), found: None });
        }
        Ok(changes)
    }

    /// Text that is no JSON.
    fn plain(&self, text: &[u8], outer: Option<&Place<'_>>) -> Result<Vec<Change>, Stop> {
        let (cuts, warned) = self.cuts(text);
        let place = || outer.map_or_else(|| "body".to_owned(), |place| self.path(place));
        let mut changes = Vec::new();
        for mut cut in cuts {
            let (with, mut found) = self.replacement(&mut cut, text, None)?;
            found.iter_mut().for_each(|found| found.place = place());
            changes.push(Change { span: cut.span, with: Some(with), found });
        }
        changes.extend(warned.into_iter().map(|finding| Change {
            span: finding.span(),
            with: None,
            found: Some(Found {
                finding,
                place: place(),
                treatment: Treatment::Warned,
                reference: None,
            }),
        }));
        Ok(changes)
    }

    /// What stands for a cut, and what is told of it.
    fn replacement(
        &self,
        cut: &mut Cut,
        text: &[u8],
        leaf: Option<&Leaf<'_>>,
    ) -> Result<(Vec<u8>, Option<Found>), Why> {
        let Some(finding) = &cut.finding else { return Ok((Vec::new(), None)) };
        let place = || leaf.map_or_else(|| "body".to_owned(), |leaf| self.path(&leaf.place));
        if self.tools.modes.of(finding) == Mode::Block {
            return Err(Why::Blocked { name: finding.name().to_owned(), place: place() });
        }
        let in_key = leaf.is_some_and(|leaf| leaf.node.kind == Kind::Key);
        if in_key && self.tools.keys == KeyPolicy::Refuse {
            return Err(fixed(finding, format!("a key of {}", place())));
        }
        let reference = match self.tools.placeholder {
            Placeholder::Named => None,
            Placeholder::Reference => {
                let value = &text[cut.span.start() as usize..cut.span.end() as usize];
                Some(reference(&self.tools, finding.name(), value))
            }
        };
        let with = reference
            .as_ref()
            .map_or_else(|| cut.named.clone(), |reference| reference.as_str().into());
        let told = std::mem::replace(&mut cut.told, Told::Yes);
        let found = (told == Told::No).then(|| Found {
            finding: finding.clone(),
            place: place(),
            treatment: Treatment::Redacted,
            reference,
        });
        Ok((with, found))
    }

    /// What was found of rules that only warn.
    fn warned(
        &self,
        numbered: Numbered<'_>,
        outer: Option<&Place<'_>>,
        warned: Vec<Finding>,
    ) -> Vec<Change> {
        let document = numbered.document;
        let changes = warned.into_iter().filter_map(|finding| {
            let span = finding.span();
            let (id, node) = document.tree().touched(span.start(), span.end()).next()?;
            let place = self.path(&Place::new(numbered, id, outer));
            let span = document.edit(node, span, b"").span;
            let found = Found { finding, place, treatment: Treatment::Warned, reference: None };
            Some(Change { span, with: None, found: Some(found) })
        });
        changes.collect()
    }

    /// Where something stands, as the report tells it.
    pub(super) fn path(&self, place: &Place<'_>) -> String {
        place.path(|key| {
            let letters =
                key.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            letters && key.len() <= 40 && self.tools.redactor.find(key).is_empty()
        })
    }
}

impl Change {
    /// The same in the document in whose string the change was made.
    fn outside(self, leaf: &Leaf<'_>) -> Self {
        let base = u64::from(leaf.node.start);
        let span = Span::new(base + self.span.start(), base + self.span.end());
        let edit = leaf.document.edit(&leaf.node, span, self.with.as_deref().unwrap_or_default());
        Self { span: edit.span, with: self.with.map(|_| edit.with), found: self.found }
    }
}

/// The edits among `changes`, in order and apart.
pub(super) fn edits(changes: &[Change]) -> Vec<Edit> {
    let with = changes.iter().filter_map(|change| Some((change.span, change.with.clone()?)));
    let mut edits: Vec<Edit> = with.map(|(span, with)| Edit { span, with }).collect();
    edits.sort_by_key(|edit| edit.span.start());
    // Two secrets in a number are one edit: it becomes one string.
    edits.dedup_by(|next, last| {
        let overlap = next.span.start() < last.span.end();
        if overlap {
            last.span = Span::new(last.span.start(), last.span.end().max(next.span.end()));
        }
        overlap
    });
    edits
}

/// The reference of a value; one whose name would show a known secret has another name.
pub(super) fn reference(tools: &Tools<'_>, name: &str, value: &[u8]) -> Reference {
    let reference = tools.key.reference(name, value);
    match tools.redactor.find(reference.as_str().as_bytes())[..] {
        [] => reference,
        _ => tools.key.reference("", value),
    }
}

/// What of `here` stands in a node, by its offset in the node.
fn inside(node: &Node, here: &[Cut]) -> Vec<Cut> {
    let (start, end) = (u64::from(node.start), u64::from(node.end));
    let inside = here.iter().map(|cut| {
        let from = cut.span.start().max(start) - start;
        Cut { span: Span::new(from, cut.span.end().min(end) - start), ..cut.clone() }
    });
    inside.collect()
}

/// The first byte of `says` that is no white space.
fn first(says: &[u8]) -> Option<u8> {
    says.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

fn is_known(finding: &Finding) -> bool {
    finding.origin() != Origin::Rule
}

/// Whether a rule is no mere guess.
fn is_sure(redactor: &Redactor, finding: &Finding) -> bool {
    redactor.confidence(finding.name()).is_some_and(|confidence| confidence >= Confidence::Medium)
}

fn fixed(finding: &Finding, place: String) -> Why {
    Why::Fixed { name: finding.name().to_owned(), place }
}
