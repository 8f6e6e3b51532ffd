//! Whether a call that is complete gets its values.

use zeroize::Zeroizing;

use super::again::Again;
use super::json;
use super::report::{RestoreReport, Unrestored};
use super::rule::Rules;
use super::shape::Kind;
use super::spelled::{self, Spot};
use super::table::{Known, Table};

/// A call that is complete.
pub(super) struct Complete<'a> {
    pub(super) tool: &'a str,
    pub(super) kind: Kind,
    pub(super) source: &'a [u8],
    pub(super) reasoning: Reasoning,
}

/// Whether the reply holds reasoning that must come back as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reasoning {
    #[default]
    Unsigned,
    Signed,
}

/// A part of the arguments and what takes its place.
#[derive(Clone)]
pub(super) struct Swap {
    pub(super) span: std::ops::Range<usize>,
    pub(super) with: Zeroizing<Vec<u8>>,
}

/// What calls are judged by.
pub(super) struct Judge<'a> {
    pub(super) rules: &'a Rules,
    pub(super) table: &'a Table,
    pub(super) again: &'a dyn Again,
    /// The longest arguments with values in them: a long value can be named often.
    pub(super) longest: usize,
}

impl Judge<'_> {
    /// What to put into the arguments: all the values or, if anything speaks against it, none.
    pub(super) fn swaps(&self, call: &Complete<'_>, report: &mut RestoreReport) -> Vec<Swap> {
        let (spots, damaged) = spelled::all(call.source, call.kind);
        report.damaged += damaged;
        let known = |spot: &Spot| Some((spot.clone(), self.table.get(&spot.reference)?));
        let known: Vec<_> = spots.iter().filter_map(known).collect();
        report.unknown += (spots.len() - known.len()) as u64;
        if known.is_empty() {
            return Vec::new();
        }
        match self.prove(call, &known) {
            Ok(swaps) => {
                known.iter().for_each(|(_, known)| report.restored(&known.name));
                swaps
            }
            Err(why) => {
                report.refused(why);
                Vec::new()
            }
        }
    }

    fn prove(
        &self,
        call: &Complete<'_>,
        known: &[(Spot, &Known)],
    ) -> Result<Vec<Swap>, Unrestored> {
        if !known.iter().all(|(_, known)| self.rules.allow(&known.name, call.tool)) {
            return Err(Unrestored::NotAllowed);
        }
        let signed = call.reasoning == Reasoning::Signed;
        if signed && !known.iter().all(|(spot, _)| spot.is_canonical()) {
            return Err(Unrestored::Signed);
        }
        let longer: usize = known.iter().map(|(_, known)| known.value.len()).sum();
        if call.source.len() + longer > self.longest {
            return Err(Unrestored::TooLong);
        }
        let values = swaps(known, |_, known| match call.kind {
            Kind::Text => Zeroizing::new(known.value.as_bytes().to_vec()),
            Kind::Source | Kind::Object => json::escaped(&known.value),
        });
        let same = swaps(known, |spot, _| spot.reference.clone().into_bytes().into());
        let restored = spliced(call.source, &values);
        let written = spliced(call.source, &same);
        well_formed(call.kind, &restored)?;
        self.prove_address(call, known, &values)?;
        let again = self.again.redact(call.kind, &restored);
        if again.is_none_or(|again| again != *written) {
            return Err(Unrestored::NotInverse);
        }
        Ok(values)
    }

    /// Values are part of the arguments: the address has to be right with them as well.
    fn prove_address(
        &self,
        call: &Complete<'_>,
        known: &[(Spot, &Known)],
        values: &[Swap],
    ) -> Result<(), Unrestored> {
        let restored = spliced(call.source, values);
        let json = |bytes| match call.kind {
            Kind::Text => "",
            Kind::Source | Kind::Object => std::str::from_utf8(bytes).unwrap_or(""),
        };
        let both = [json(call.source), json(&restored)];
        let right = |known: &Known| self.rules.allow_to(&known.name, call.tool, both);
        if known.iter().all(|(_, known)| right(known)) { Ok(()) } else { Err(Unrestored::Address) }
    }
}

fn swaps(
    known: &[(Spot, &Known)],
    with: impl Fn(&Spot, &Known) -> Zeroizing<Vec<u8>>,
) -> Vec<Swap> {
    let swap =
        |(spot, known): &(Spot, &Known)| Swap { span: spot.span.clone(), with: with(spot, known) };
    known.iter().map(swap).collect()
}

/// `source` with `swaps`, which stand in order.
pub(super) fn spliced(source: &[u8], swaps: &[Swap]) -> Zeroizing<Vec<u8>> {
    let (mut out, mut from) = (Zeroizing::new(Vec::with_capacity(source.len())), 0);
    for swap in swaps {
        out.extend_from_slice(&source[from..swap.span.start]);
        out.extend_from_slice(&swap.with);
        from = swap.span.end;
    }
    out.extend_from_slice(&source[from..]);
    out
}

/// Arguments that are JSON are one document.
fn well_formed(kind: Kind, source: &[u8]) -> Result<(), Unrestored> {
    let one = || serde_json::from_slice::<serde::de::IgnoredAny>(source).is_ok();
    if kind == Kind::Text || one() { Ok(()) } else { Err(Unrestored::Malformed) }
}
