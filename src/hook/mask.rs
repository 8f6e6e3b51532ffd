//! What stands in place of a value and is not it.

use crate::prompt::references;
use crate::structured::{Document, Kind};

/// How deep containers may stand in containers.
const DEEPEST: usize = 256;

/// How masks begin.
const MASKS: [&[u8]; 2] = [b"[REDACTED:", b"[REDACTED]"];

/// How a patch begins that says line by line what goes and what comes.
const PATCH: &[u8] = b"*** Begin Patch";

/// Something that would take a value's place in a file.
pub(super) enum Mask {
    /// A mask, such as a log has it: nobody can turn it back.
    Redacted,
    /// A reference, and its text.
    Reference(String),
    /// What looks like a reference and is none.
    Damaged,
}

/// The first of them that the input of a tool, which is JSON, puts into a file. `replaced` are fields that say what stands there
/// already: files hold masks too, such as in documentation, and a reference never matches one.
pub(super) fn first(json: &[u8], replaced: &[String]) -> Option<Mask> {
    let (mut references, damaged) = references(json);
    if !references.is_empty() {
        return Some(Mask::Reference(references.swap_remove(0)));
    }
    if damaged > 0 {
        return Some(Mask::Damaged);
    }
    let masks = match Document::read(json, DEEPEST) {
        Ok(document) => in_document(&document, replaced),
        Err(_) => Masks { added: masks(json), removed: 0 },
    };
    (masks.added > masks.removed).then_some(Mask::Redacted)
}

/// How many masks come into a file, and how many are taken out.
#[derive(Clone, Copy, Default)]
struct Masks {
    added: usize,
    removed: usize,
}

fn in_document(document: &Document<'_>, replaced: &[String]) -> Masks {
    let tree = document.tree();
    let mut all = Masks::default();
    for (id, node) in tree.leaves() {
        let says = document.says(id);
        let named =
            |name: &String| tree.key(id).is_some_and(|key| document.says(key) == name.as_bytes());
        match node.kind {
            Kind::String if replaced.iter().any(named) => all.removed += masks(says),
            Kind::String if memchr::memmem::find(says, PATCH).is_some() => {
                let lines = |sign: u8| {
                    let lines = says.split(|&byte| byte == b'\n');
                    lines.filter(move |line| line.first() == Some(&sign)).map(masks).sum::<usize>()
                };
                all.added += masks(says) - lines(b'-') - lines(b' ') - lines(b'@');
                all.removed += lines(b'-');
            }
            _ => all.added += masks(says),
        }
    }
    all
}

fn masks(text: &[u8]) -> usize {
    MASKS.iter().map(|mask| memchr::memmem::find_iter(text, mask).count()).sum()
}
