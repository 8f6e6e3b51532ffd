//! A regex of gitleaks as a pattern of ours.

use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};

use super::super::pattern::{LONGEST_TRAIL, parse};

/// Where an unbounded repetition is cut off.
const CUT: u32 = 200;
/// A repetition whose counts differ by more is a gap.
const GAP: u32 = 40;

/// What becomes of repetitions in the middle of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeats {
    /// They are counted, to [`CUT`] where they have no bound.
    Counted,
    /// Long ones have no bound: an automaton that does not count stays small.
    Open,
}

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

/// A regex, parsed as Go would.
pub(super) fn read(regex: &str) -> Result<Hir, String> {
    parse(&with_braces_escaped(regex))
}

/// The alternatives of `hir`, each as a regex of its own: those of its first alternation, whatever groups lie around it.
/// Empty if there is none.
pub(super) fn alternatives(hir: &Hir) -> Vec<Hir> {
    match hir.kind() {
        HirKind::Alternation(branches) => branches.clone(),
        HirKind::Capture(capture) => alternatives(&capture.sub)
            .into_iter()
            .map(|sub| Hir::capture(Capture { sub: Box::new(sub), ..capture.clone() }))
            .collect(),
        HirKind::Concat(parts) => {
            let split = parts.iter().map(alternatives).enumerate();
            let Some((at, branches)) = split.into_iter().find(|(_, found)| !found.is_empty())
            else {
                return Vec::new();
            };
            let with = |branch: Hir| {
                let mut parts = parts.clone();
                parts[at] = branch;
                Hir::concat(parts)
            };
            branches.into_iter().map(with).collect()
        }
        _ => Vec::new(),
    }
}

/// The group that gitleaks takes the secret from: the one asked for, or else the first.
pub(super) fn secret_group(hir: &Hir, asked: u32) -> u32 {
    if asked > 0 { asked } else { first_group(hir).unwrap_or(1) }
}

fn first_group(hir: &Hir) -> Option<u32> {
    match hir.kind() {
        HirKind::Capture(capture) => Some(capture.index),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().filter_map(first_group).min()
        }
        HirKind::Repetition(repetition) => first_group(&repetition.sub),
        _ => None,
    }
}

/// The pattern with its secret named and its optional beginning left out.
pub(super) fn pattern(
    regex: &Hir,
    group: u32,
    repeats: Repeats,
    notes: &mut Vec<String>,
) -> (String, Secret) {
    let mut parts = Vec::new();
    flatten(regex, group, &mut parts);
    let first = parts.iter().position(|part| !is_optional(part)).unwrap_or(0);
    let Some(at) = parts.iter().position(|part| holds(part, group)) else {
        let secret = if first == 0 { Secret::Whole } else { Secret::Part };
        return (with_open_end(&parts[first..], repeats, notes).to_string(), secret);
    };
    let lead = bound(&Hir::concat(parts[first.min(at)..at].to_vec()), repeats, notes);
    let secret = bound(&parts[at], repeats, notes);
    let trail = bound(&trail(&parts[at + 1..], notes), Repeats::Counted, notes);
    (format!("{lead}(?P<secret>{secret}){trail}"), Secret::Part)
}

/// The parts of a secret behind which nothing stands: a repeated class at its end goes on as far as it does.
fn with_open_end(parts: &[Hir], repeats: Repeats, notes: &mut Vec<String>) -> Hir {
    let is_tail = |hir: &&Hir| match hir.kind() {
        HirKind::Repetition(last) => {
            last.max.is_none() && last.greedy && last.sub.properties().maximum_len() == Some(1)
        }
        _ => false,
    };
    let tail = parts.last().filter(is_tail);
    let before = &parts[..parts.len() - usize::from(tail.is_some())];
    let bounded = before.iter().map(|part| bound(part, repeats, notes)).collect::<Vec<_>>();
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

/// The same without groups, its repetitions bounded or opened.
fn bound(hir: &Hir, repeats: Repeats, notes: &mut Vec<String>) -> Hir {
    let mut all = |parts: &[Hir]| parts.iter().map(|part| bound(part, repeats, notes)).collect();
    match hir.kind() {
        HirKind::Concat(parts) => Hir::concat(all(parts)),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)),
        HirKind::Capture(capture) => bound(&capture.sub, repeats, notes),
        HirKind::Repetition(repetition) => {
            let sub = Box::new(bound(&repetition.sub, repeats, notes));
            let max = most(repetition, repeats, notes);
            Hir::repetition(Repetition { max, sub, ..repetition.clone() })
        }
        _ => hir.clone(),
    }
}

/// How often a repetition may repeat.
fn most(repetition: &Repetition, repeats: Repeats, notes: &mut Vec<String>) -> Option<u32> {
    match (repeats, repetition.max) {
        (Repeats::Counted, None) => {
            let max = repetition.min.max(CUT);
            notes.push(format!("an unbounded repetition ends at {max}"));
            Some(max)
        }
        (Repeats::Open, Some(max)) if max - repetition.min > GAP => {
            notes.push(format!("what repeats up to {max} times may repeat more often"));
            None
        }
        (_, max) => max,
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
        let secret =
            |regex| pattern(&read(regex).expect("a regex"), 1, Repeats::Counted, &mut Vec::new()).1;
        assert_eq!(secret("acme_[a-z]{8}"), Secret::Whole);
        assert_eq!(secret("acme_([a-z]{8})"), Secret::Part);
        assert_eq!(secret("x?acme_[a-z]{8}"), Secret::Part);
    }

    #[test]
    fn alternatives_keep_what_stands_around_them() {
        let shown = |regex| -> Vec<String> {
            let all = alternatives(&read(regex).expect("a regex"));
            all.iter().map(|hir| pattern(hir, 1, Repeats::Counted, &mut Vec::new()).0).collect()
        };
        assert_eq!(shown("xx(ab|cd)yy").len(), 2);
        assert!(shown("xx(ab|cd)yy")[1].contains("cd") && shown("xx(ab|cd)yy")[1].contains("yy"));
        assert!(shown("abcd").is_empty());
    }

    #[test]
    fn long_repetitions_have_no_bound_where_they_are_gaps() {
        let open =
            |regex| pattern(&read(regex).expect("a regex"), 1, Repeats::Open, &mut Vec::new()).0;
        assert!(open("curl .{0,200}?-u (x{4,9})").contains("*?"));
        assert!(!open("curl .{0,9}?-u (x{4,9})").contains("*?"));
    }
}
