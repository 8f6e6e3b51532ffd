//! The oracle: redaction as DESIGN states it, in the slowest and most obvious way, on another regular expression engine.

use std::ops::Range;

use regex::bytes::Regex;

/// A rule as the oracle sees it: what tells, what is hidden.
pub(crate) struct OracleRule {
    lead: Option<Regex>,
    secret: Regex,
    trail: usize,
    except: Option<Except>,
    /// What goes on where a match ended: what tells and what is hidden.
    next: Option<(Regex, Regex)>,
    refuses: fn(&[u8]) -> bool,
}

/// What a run must not hold in its first bytes.
struct Except {
    found: Regex,
    judged: usize,
}

impl OracleRule {
    /// A rule without checks. `lead` and `secret` are patterns; `trail` bytes at the end of `secret` are not hidden.
    pub(crate) fn new(lead: &str, secret: &str, trail: usize) -> Self {
        let lead = (!lead.is_empty()).then(|| regex(lead));
        Self { lead, secret: regex(secret), trail, except: None, next: None, refuses: |_| false }
    }

    /// The rule that goes on behind its matches, and whose checks refuse some of what it finds.
    pub(crate) fn chained(self, lead: &str, secret: &str, refuses: fn(&[u8]) -> bool) -> Self {
        Self { next: Some((regex(lead), regex(secret))), refuses, ..self }
    }

    /// A rule of runs. The leftmost, longest matches of a class with a minimum are its maximal runs; those in whose first
    /// `judged` bytes `except` is found stay, and nothing else begins in them.
    pub(crate) fn run(class: &str, except: &str, judged: usize) -> Self {
        let found = Regex::new(&format!("(?s-u){except}")).expect("a pattern of a test");
        Self { except: Some(Except { found, judged }), ..Self::new("", class, 0) }
    }

    /// Whether the checks let `secret` be one.
    fn accepts(&self, secret: &[u8]) -> bool {
        self.except
            .as_ref()
            .is_none_or(|except| !except.found.is_match(&secret[..secret.len().min(except.judged)]))
    }

    /// Hides the match `found`, which ended at `end`, and what goes on behind it. Where it all ended.
    fn hide(
        &self,
        input: &[u8],
        found: (Range<usize>, usize),
        all: &mut Vec<Range<usize>>,
    ) -> usize {
        let (hidden, end) = found;
        if self.accepts(&input[hidden.clone()]) && !(self.refuses)(&input[hidden.clone()]) {
            all.push(hidden);
        }
        let goes_on = self.next.as_ref().and_then(|(lead, secret)| {
            let from = end + lead.find(&input[end..])?.end();
            let end = from + secret.find(&input[from..])?.end();
            Some((from..end, end))
        });
        goes_on.map_or(end, |next| self.hide(input, next, all))
    }

    /// The match that starts at `at`: what is hidden, and where the match ends.
    fn at(&self, input: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
        let from = match &self.lead {
            Some(lead) => at + lead.find(&input[at..])?.end(),
            None => at,
        };
        let end = from + self.secret.find(&input[from..])?.end();
        Some((from..end - self.trail, end))
    }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(&format!("(?s-u)^(?:{pattern})")).expect("a pattern of a test")
}

/// What has to be redacted because it is base64 of a match of `token`, which begins with `literal`: from the letter that
/// the literal alone determines to the one that completes the match, at each of the three alignments.
pub(crate) fn encoded_ranges(input: &[u8], literal: &[u8], token: &str) -> Vec<Range<usize>> {
    let (mut all, token) = (Vec::new(), regex(token));
    for shared in [0, 2, 4] {
        let mut at = 0;
        while at < input.len() {
            match encoded_at(&input[at..], literal, &token, shared) {
                Some(len) => {
                    all.push(at..at + len);
                    at += len;
                }
                None => at += 1,
            }
        }
    }
    all
}

/// How many letters of `text` are a token whose first `shared` bits stand in the letter before.
fn encoded_at(text: &[u8], literal: &[u8], token: &Regex, shared: usize) -> Option<usize> {
    let mut bits: Vec<u8> = (0..shared).map(|bit| literal[0] >> (7 - bit) & 1).collect();
    for &letter in text {
        let value = match letter {
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'0'..=b'9' => letter - b'0' + 52,
            b'a'..=b'z' => letter - b'a' + 26,
            b'A'..=b'Z' => letter - b'A',
            _ => break,
        };
        bits.extend((0..6).map(|bit| value >> (5 - bit) & 1));
    }
    let bytes: Vec<u8> =
        bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
    let len = token.find(&bytes)?.end();
    Some((len * 8 - shared).div_ceil(6))
}

/// Every byte range that has to be redacted, not merged.
pub(crate) fn ranges(
    input: &[u8],
    secrets: &[&[u8]],
    rules: &[OracleRule],
    ending: usize,
) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    for secret in secrets {
        all.extend(
            (0..input.len())
                .filter(|&at| occurs(input, at, secret))
                .map(|at| at..at + secret.len()),
        );
        // A beginning of a secret at the very end.
        let beginnings = ending..secret.len().min(input.len() + 1);
        all.extend(
            beginnings
                .filter(|&len| input.ends_with(&secret[..len]))
                .map(|len| input.len() - len..input.len()),
        );
    }
    for rule in rules {
        let mut at = 0;
        while at < input.len() {
            match rule.at(input, at) {
                Some(found) => at = rule.hide(input, found, &mut all),
                None => at += 1,
            }
        }
    }
    all
}

/// Secrets of under eight bytes count at word boundaries only.
fn occurs(input: &[u8], at: usize, secret: &[u8]) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(|&b| b.is_ascii_alphanumeric() || b == b'_');
    let before = at.checked_sub(1).and_then(|before| input.get(before));
    let alone = !word(before) && !word(input.get(at + secret.len()));
    input[at..].starts_with(secret) && (secret.len() >= 8 || alone)
}

/// The input with every union of `ranges` replaced by `placeholder`.
pub(crate) fn redact(input: &[u8], mut ranges: Vec<Range<usize>>, placeholder: &[u8]) -> Vec<u8> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let (mut out, mut at, mut ranges) = (Vec::new(), 0, ranges.into_iter().peekable());
    while let Some(range) = ranges.next() {
        out.extend_from_slice(&input[at..range.start]);
        let mut end = range.end;
        while let Some(next) = ranges.next_if(|next| next.start <= end) {
            end = end.max(next.end);
        }
        out.extend_from_slice(placeholder);
        at = end;
    }
    out.extend_from_slice(&input[at..]);
    out
}
