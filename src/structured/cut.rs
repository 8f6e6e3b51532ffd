//! What a look through a whole text finds.

use crate::{Finding, Sink, Span};

/// Something to take out of a text.
#[derive(Clone)]
pub(crate) struct Cut {
    pub(crate) span: Span,
    /// None if it belongs to the cut before it, like the rest of a secret behind a colour code.
    pub(crate) finding: Option<Finding>,
    /// What the redactor prints for it.
    pub(crate) named: Vec<u8>,
}

/// A sink that keeps what is taken out: in order, and apart.
#[derive(Default)]
pub(crate) struct Cuts(pub(crate) Vec<Cut>);

impl Sink for Cuts {
    fn clean(&mut self, _: &[u8]) {}

    fn removed(&mut self, span: Span) {
        self.0.push(Cut { span, finding: None, named: Vec::new() });
    }

    fn replaced(&mut self, bytes: &[u8]) {
        self.0.last_mut().into_iter().for_each(|cut| cut.named.extend_from_slice(bytes));
    }

    fn found(&mut self, finding: &Finding) {
        self.0.last_mut().into_iter().for_each(|cut| cut.finding = Some(finding.clone()));
    }
}
