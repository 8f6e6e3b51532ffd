//! A regex of gitleaks as a pattern of ours.

use regex_syntax::hir::{Hir, HirKind, Repetition};

use super::super::pattern::{LONGEST_TRAIL, parse};

/// Where an unbounded repetition is cut off.
const CUT: u32 = 200;

/// What of a pattern's match is the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secret {
    /// All that gitleaks calls the match.
    Whole,
    /// A part of that.
    Part,
}

/// Go takes a brace that repeats nothing for itself; here it has to be escaped.
pub(super) fn with_braces_escaped(regex: &str) -> String {
    let (mut out, mut in_class, mut repeats) = (String::new(), false, false);
    let mut chars = regex.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            out.push(c);
            out.extend(chars.next().map(|(_, escaped)| escaped));
            repeats = true;
            continue;
        }
        in_class = if in_class { c != ']' } else { c == '[' };
        if c == '{' && !in_class && !(repeats && is_count(&regex[at + 1..])) {
            out.push('\\');
        }
        out.push(c);
        repeats = !matches!(c, '(' | '|');
    }
    out
}

/// Whether `text` goes on as the inside of `{2}`, `{2,}` or `{2,5}`.
fn is_count(text: &str) -> bool {
    let Some((count, _)) = text.split_once('}') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (least, most) = count.split_once(',').unwrap_or((count, ""));
    !least.is_empty() && digits(least) && digits(most)
}

/// The pattern with its secret named, its repetitions bounded and its optional beginning left out.
pub(super) fn pattern(
    regex: &str,
    group: u32,
    notes: &mut Vec<String>,
) -> Result<(String, Secret), String> {
    let hir = parse(&with_braces_escaped(regex))?;
    let group = group.max(1);
    let mut parts = Vec::new();
    flatten(&hir, group, &mut parts);
    let first = parts.iter().position(|part| !is_optional(part)).unwrap_or(0);
    let Some(at) = parts.iter().position(|part| holds(part, group)) else {
        let secret = if first == 0 { Secret::Whole } else { Secret::Part };
        return Ok((with_open_end(&parts[first..], notes).to_string(), secret));
    };
    let lead = bound(&Hir::concat(parts[first.min(at)..at].to_vec()), notes);
    let secret = bound(&parts[at], notes);
    let trail = trail(&parts[at + 1..], notes);
    Ok((format!("{lead}(?P<secret>{secret}){trail}"), Secret::Part))
}

/// The parts of a secret behind which nothing stands: a repeated class at its end goes on as far as it does.
fn with_open_end(parts: &[Hir], notes: &mut Vec<String>) -> Hir {
    let is_tail = |hir: &&Hir| match hir.kind() {
        HirKind::Repetition(last) => {
            last.max.is_none() && last.greedy && last.sub.properties().maximum_len() == Some(1)
        }
        _ => false,
    };
    let tail = parts.last().filter(is_tail);
    let before = &parts[..parts.len() - usize::from(tail.is_some())];
    let bounded = before.iter().map(|part| bound(part, notes)).collect::<Vec<_>>();
    Hir::concat(bounded.into_iter().chain(tail.cloned()).collect())
}

/// What stands behind the secret, as far as it is short.
fn trail(parts: &[Hir], notes: &mut Vec<String>) -> Hir {
    let mut trail: Vec<Hir> = parts.to_vec();
    let long = |trail: &[Hir]| {
        let longest = Hir::concat(trail.to_vec()).properties().maximum_len();
        longest.is_none_or(|len| len > LONGEST_TRAIL)
    };
    while long(&trail) {
        trail.pop();
        notes.push("the end of its regex is not asked for".into());
    }
    Hir::concat(trail)
}

/// Whether a part at the beginning may be missing, and is no boundary.
fn is_optional(part: &Hir) -> bool {
    !matches!(part.kind(), HirKind::Look(_)) && part.properties().minimum_len() == Some(0)
}

/// The parts of a sequence; groups other than the secret's are opened.
fn flatten(hir: &Hir, group: u32, parts: &mut Vec<Hir>) {
    match hir.kind() {
        HirKind::Concat(inner) => inner.iter().for_each(|part| flatten(part, group, parts)),
        HirKind::Capture(capture) if capture.index != group => flatten(&capture.sub, group, parts),
        _ => parts.push(hir.clone()),
    }
}

fn holds(hir: &Hir, group: u32) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) => capture.index == group || holds(&capture.sub, group),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().any(|part| holds(part, group))
        }
        HirKind::Repetition(repetition) => holds(&repetition.sub, group),
        _ => false,
    }
}

/// The same without groups, every repetition bounded.
fn bound(hir: &Hir, notes: &mut Vec<String>) -> Hir {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let max = repetition.max.unwrap_or_else(|| {
                let max = repetition.min.max(CUT);
                notes.push(format!("an unbounded repetition ends at {max}"));
                max
            });
            let sub = Box::new(bound(&repetition.sub, notes));
            Hir::repetition(Repetition { max: Some(max), sub, ..repetition.clone() })
        }
        HirKind::Capture(capture) => bound(&capture.sub, notes),
        HirKind::Concat(parts) => {
            Hir::concat(parts.iter().map(|part| bound(part, notes)).collect())
        }
        HirKind::Alternation(parts) => {
            Hir::alternation(parts.iter().map(|part| bound(part, notes)).collect())
        }
        _ => hir.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_that_repeat_nothing_stand_for_themselves() {
        assert_eq!(with_braces_escaped(r"^\$(?:\d+|{\d+})$"), r"^\$(?:\d+|\{\d+})$");
        assert_eq!(with_braces_escaped(r"[{]a{2,3}\{x{y}"), r"[{]a{2,3}\{x\{y}");
    }

    #[test]
    fn the_secret_is_the_match_if_there_is_no_group_and_nothing_is_left_out() {
        let secret = |regex| pattern(regex, 0, &mut Vec::new()).expect("a regex").1;
        assert_eq!(secret("acme_[a-z]{8}"), Secret::Whole);
        assert_eq!(secret("acme_([a-z]{8})"), Secret::Part);
        assert_eq!(secret("x?acme_[a-z]{8}"), Secret::Part);
    }
}
