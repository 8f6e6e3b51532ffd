//! Forms: pairs as a browser sends them, in bodies and in addresses.

use percent_encoding::percent_decode;
use url::form_urlencoded::byte_serialize;

use super::look::{Change, Look, Stop, edits};
use super::refused::Why;
use crate::Span;
use crate::structured::{Document, splice};

/// A pair of a form, and where it stands: in the form, and in the object that stands for the form.
struct Pair {
    span: Span,
    key: String,
    value: String,
    object: Span,
}

/// A key and a value.
type Written = (Vec<u8>, Vec<u8>);

impl Look<'_> {
    /// A form, which is looked through as the object that it says. Pairs that are changed are written anew.
    pub(super) fn form(&mut self, source: &[u8]) -> Result<Vec<Change>, Stop> {
        let (pairs, object) = pairs(source)?;
        let inside = self.json(&object)?;
        let new = splice(&object, &edits(&inside));
        let mut changes = Vec::new();
        let mut inside = inside.into_iter().peekable();
        let mut new = texts(&new)?.into_iter();
        for (pair, new) in pairs.iter().zip(new.by_ref()) {
            while let Some(change) =
                inside.next_if(|change| change.span.start() < pair.object.end())
            {
                changes.push(Change { span: pair.span, with: None, found: change.found });
            }
            if new != (pair.key.as_bytes().to_vec(), pair.value.as_bytes().to_vec()) {
                let with = Some(written(&new).into_bytes());
                changes.push(Change { span: pair.span, with, found: None });
            }
        }
        let end = Span::new(source.len() as u64, source.len() as u64);
        changes.extend(inside.map(|change| Change { span: end, with: None, ..change }));
        changes.extend(new.map(|added| {
            let with = Some(format!("&{}", written(&added)).into_bytes());
            Change { span: end, with, found: None }
        }));
        Ok(changes)
    }
}

/// A pair as a form has it.
fn written((key, value): &Written) -> String {
    [key, value].map(|text| byte_serialize(text).collect::<String>()).join("=")
}

/// The pairs of a form, and the object that stands for it.
fn pairs(source: &[u8]) -> Result<(Vec<Pair>, Vec<u8>), Why> {
    let (mut pairs, mut object) = (Vec::new(), b"{".to_vec());
    let mut at = 0;
    for text in source.split(|&byte| byte == b'&') {
        let span = Span::new(at, at + text.len() as u64);
        at = span.end() + 1;
        if text.is_empty() {
            continue;
        }
        let equals = memchr::memchr(b'=', text);
        let key = decoded(&text[..equals.unwrap_or(text.len())])?;
        let value = decoded(equals.map_or(&[], |equals| &text[equals + 1..]))?;
        if object.len() > 1 {
            object.push(b',');
        }
        let start = object.len() as u64;
        for (text, behind) in [(&key, ":"), (&value, "")] {
            object.extend(serde_json::to_vec(text).expect("a string"));
            object.extend_from_slice(behind.as_bytes());
        }
        pairs.push(Pair { span, key, value, object: Span::new(start, object.len() as u64) });
    }
    object.push(b'}');
    Ok((pairs, object))
}

fn decoded(text: &[u8]) -> Result<String, Why> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let decoded: Vec<u8> = percent_decode(&spaced).collect();
    String::from_utf8(decoded).map_err(|_| Why::Unreadable("a form that is not UTF-8"))
}

/// The keys and values of an object that has strings alone.
fn texts(object: &[u8]) -> Result<Vec<Written>, Stop> {
    let document = Document::read(object, 1).map_err(Stop::Malformed)?;
    let texts: Vec<_> =
        document.tree().leaves().map(|(id, _)| document.says(id).to_vec()).collect();
    let pair = |pair: &[Vec<u8>]| (pair[0].clone(), pair[1].clone());
    Ok(texts.chunks_exact(2).map(pair).collect())
}
