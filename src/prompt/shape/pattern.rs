//! Patterns of places in a document.

/// Where something may stand.
///
/// ```text
///   messages[].content[]{type=thinking}.thinking
///   **.source{type=base64,media_type=text/*}.data
///   parts[].inlineData|inline_data.data
/// ```
///
/// A name is a key's, or one of several; `*` is any key, `[]` any item of an array, `**` any way down, also none. Braces say
/// what the object there has: each of its fields has to be a string that the glob (with `*` at its ends) fits.
pub(super) struct Pattern {
    pub(super) steps: Vec<Step>,
}

pub(super) struct Step {
    pub(super) way: Way,
    pub(super) has: Vec<Has>,
}

pub(super) enum Way {
    Key(Vec<String>),
    AnyKey,
    Item,
    Down,
}

/// A field that an object has to have.
pub(super) struct Has {
    keys: Vec<String>,
    glob: String,
}

impl Has {
    pub(super) fn names(&self, key: &[u8]) -> bool {
        self.keys.iter().any(|name| name.as_bytes() == key)
    }

    pub(super) fn fits(&self, value: &[u8]) -> bool {
        let glob = self.glob.as_bytes();
        match (glob.strip_prefix(b"*"), glob.strip_suffix(b"*")) {
            (Some(end), _) => value.ends_with(end),
            (_, Some(start)) => value.starts_with(start),
            _ => value == glob,
        }
    }
}

impl Pattern {
    /// The names of the last key on the way.
    pub(super) fn last_keys(&self) -> &[String] {
        let keys = self.steps.iter().rev().find_map(|step| match &step.way {
            Way::Key(names) => Some(&names[..]),
            _ => None,
        });
        keys.unwrap_or_default()
    }

    /// `at`, below `root`.
    pub(super) fn parse(root: &str, at: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        for text in [root, at].into_iter().filter(|text| !text.is_empty()) {
            for part in split(text) {
                part_of(part, &mut steps).ok_or_else(|| format!("`{at}`: `{part}` is no step"))?;
            }
        }
        // With two of them every way down would be tried with every other one.
        let down = steps.iter().filter(|step| matches!(step.way, Way::Down)).count();
        if down > 1 { Err(format!("`{at}`: `**` stands there twice")) } else { Ok(Self { steps }) }
    }
}

/// Parts of a path: points in braces part nothing.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut braces = false;
    text.split(move |byte: char| {
        braces = (braces || byte == '{') && byte != '}';
        byte == '.' && !braces
    })
}

/// `name[]{field=glob}`, each but the first as often as may be.
fn part_of(part: &str, steps: &mut Vec<Step>) -> Option<()> {
    let end = part.find(['[', '{']).unwrap_or(part.len());
    let (name, mut rest) = part.split_at(end);
    let way = match name {
        "" if rest.starts_with('[') => None,
        "" => return None,
        "*" => Some(Way::AnyKey),
        "**" => Some(Way::Down),
        name => Some(Way::Key(name.split('|').map(str::to_owned).collect())),
    };
    steps.extend(way.map(|way| Step { way, has: Vec::new() }));
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix("[]") {
            steps.push(Step { way: Way::Item, has: Vec::new() });
            rest = behind;
            continue;
        }
        let (inside, behind) = rest.strip_prefix('{')?.split_once('}')?;
        let has = inside.split(',').map(|field| {
            let (keys, glob) = field.split_once('=')?;
            let keys = keys.split('|').map(str::to_owned).collect();
            Some(Has { keys, glob: glob.to_owned() })
        });
        steps.last_mut()?.has.extend(has.collect::<Option<Vec<_>>>()?);
        rest = behind;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told() {
        for at in ["a.", "a[", "a{b}", "a{b=c", ".a", "a[]b", "**.a.**"] {
            assert!(Pattern::parse("", at).is_err(), "{at}");
        }
        let good = Pattern::parse("x[]", "a|b{c.d=e.f}.**[]").map(|pattern| pattern.steps.len());
        assert_eq!(good, Ok(5));
    }
}
