//! One file from its beginning to its end.

use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::bytes::Bytes;
use super::error::SweepError;
use super::fingerprint::Fingerprinting;
use super::kind::Kind;
use super::lines::Lines;
use super::text::Run;
use super::visit::{Change, Left, Stays, Visit};
use crate::prompt::{AtRest, Found, Seen, Treatment};
use crate::structured::{Edit, Malformed};
use crate::{Finding, Redactor, ReferenceKey, Span};

/// Size of a read.
const CHUNK: usize = 256 << 10;

/// The longest line of JSON and the longest document, if nobody says otherwise.
const LONGEST: usize = 64 << 20;

/// Decides what becomes of files. See the [module](super) for an example.
pub struct Sweeper {
    pub(super) redactor: Redactor,
    pub(super) rest: AtRest,
    longest: usize,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// How it was looked through. Of a database nothing was.
    pub kind: Kind,
    /// How much of it was read.
    pub bytes: u64,
    /// How many parts of it are others now.
    pub changed: u64,
    /// How many secrets stay.
    pub left: u64,
}

impl Sweeper {
    /// Looks for what `redactor` finds, and puts references under `key` in its place: those that the gateway and hooks put
    /// there too.
    pub fn new(redactor: Redactor, key: ReferenceKey) -> Self {
        Self { redactor, rest: AtRest::references(key), longest: LONGEST }
    }

    /// Puts there what the redactor prints, such as `[REDACTED:name]`.
    ///
    /// ### Default
    ///
    /// References.
    #[must_use]
    pub fn named(self) -> Self {
        Self { rest: AtRest::named(self.rest.key().clone()), ..self }
    }

    /// The longest line of JSON, document of JSON and secret, in bytes: such are held whole. Files with longer ones are
    /// refused. Text may be of any length.
    ///
    /// ### Default
    ///
    /// 64 MiB.
    #[must_use]
    pub fn longest(self, bytes: usize) -> Self {
        Self { longest: bytes, ..self }
    }

    /// A hash of a file in the making, under the key of the references.
    pub fn fingerprinting(&self) -> Fingerprinting {
        Fingerprinting::of_file(self.rest.key())
    }

    /// What it looks for.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Goes over to other known secrets and rules.
    pub fn set(&mut self, redactor: Redactor) {
        self.redactor = redactor;
    }

    /// Shows `visit` what becomes of `file`, which is called `path`. Of a database nothing is shown, of a binary file and of
    /// text in UTF-16 what is left.
    ///
    /// # Errors
    ///
    /// The file cannot be read; a part of it that has to be held whole is too long; `visit` was over.
    pub fn sweep(
        &self,
        path: &Path,
        file: &mut impl Read,
        visit: &mut impl Visit,
    ) -> Result<Swept, SweepError> {
        let head = Head::read(path, file, self.longest)?;
        let mut pass = Pass::new(self, visit);
        if head.kind == Kind::Json
            && let Ok(seen) = self.rest.look(&self.redactor, &head.bytes)
        {
            pass.seen(&head.bytes, &seen);
            return pass.swept(Kind::Json);
        }
        self.pass(pass, head, file)
    }

    /// Shows `visit` what becomes of `more`, which comes later in a file of this `kind`. What that is its beginning has told:
    /// a zero byte here makes no text binary.
    ///
    /// # Errors
    ///
    /// As for [`sweep`](Self::sweep).
    pub fn sweep_more(
        &self,
        kind: Kind,
        more: &mut impl Read,
        visit: &mut impl Visit,
    ) -> Result<Swept, SweepError> {
        let head = Head { bytes: Zeroizing::default(), kind, all: false };
        self.pass(Pass::new(self, visit), head, more)
    }

    fn pass<V: Visit>(
        &self,
        pass: Pass<'_, V>,
        mut head: Head,
        file: &mut impl Read,
    ) -> Result<Swept, SweepError> {
        let pass = match head.kind {
            Kind::Database => pass,
            Kind::Binary => self.bytes(pass, &mut head, file)?,
            Kind::Text => self.text(pass, &mut head, file)?,
            Kind::Lines | Kind::Json => self.lines(pass, &mut head, file)?,
        };
        pass.swept(head.kind)
    }

    fn bytes<'a, V: Visit>(
        &'a self,
        pass: Pass<'a, V>,
        head: &mut Head,
        file: &mut impl Read,
    ) -> Result<Pass<'a, V>, SweepError> {
        let mut bytes = Bytes::new(pass, &head.bytes);
        head.each_chunk(file, |chunk| bytes.push(chunk))?;
        Ok(bytes.end())
    }

    fn text<'a, V: Visit>(
        &'a self,
        pass: Pass<'a, V>,
        head: &mut Head,
        file: &mut impl Read,
    ) -> Result<Pass<'a, V>, SweepError> {
        let mut run = Run::begin(pass);
        head.each_chunk(file, |chunk| run.push(chunk))?;
        Ok(run.end())
    }

    fn lines<'a, V: Visit>(
        &'a self,
        pass: Pass<'a, V>,
        head: &mut Head,
        file: &mut impl Read,
    ) -> Result<Pass<'a, V>, SweepError> {
        let mut lines = Lines::new(pass);
        head.each_chunk(file, |chunk| lines.push(chunk))?;
        lines.end()
    }

    /// The same for a value of a database, which is held whole anyway.
    #[cfg(feature = "sqlite")]
    pub(super) fn value(&self, value: &[u8], visit: &mut impl Visit) -> Result<(), SweepError> {
        let mut pass = Pass::new(self, visit);
        let first = value.iter().find(|byte| !byte.is_ascii_whitespace());
        let may_be = matches!(first, Some(b'{' | b'[' | b'"'));
        if may_be && let Ok(seen) = pass.look(value) {
            pass.seen(value, &seen);
            return Ok(());
        }
        let mut run = Run::begin(pass);
        run.push(value)?;
        run.end();
        Ok(())
    }
}

/// The beginning of a file: as much as tells what it is.
struct Head {
    bytes: Zeroizing<Vec<u8>>,
    kind: Kind,
    /// Whether it is all of the file.
    all: bool,
}

impl Head {
    /// Reads until it is told what the file is. One that may still be a document is read to its end.
    fn read(path: &Path, file: &mut impl Read, longest: usize) -> Result<Self, SweepError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(CHUNK));
        let mut wanted = CHUNK;
        loop {
            let more = (wanted - bytes.len()) as u64;
            let read = file.by_ref().take(more).read_to_end(&mut bytes)?;
            let all = (read as u64) < more;
            if let Some(kind) = Kind::of(path, &bytes, all) {
                return Ok(Self { bytes, kind, all });
            }
            if bytes.len() > longest {
                // Text that begins like JSON is text; what is called a document is to be looked at as one.
                if Kind::is_document(path) {
                    return Err(SweepError::too_long("the document", longest));
                }
                return Ok(Self { bytes, kind: Kind::Lines, all });
            }
            wanted = (wanted * 4).min(longest.saturating_add(1)).max(bytes.len());
        }
    }

    /// Gives what was read, and then the rest of the file.
    fn each_chunk(
        &mut self,
        file: &mut impl Read,
        mut each: impl FnMut(&[u8]) -> Result<(), SweepError>,
    ) -> Result<(), SweepError> {
        if !self.bytes.is_empty() {
            each(&self.bytes)?;
        }
        if self.all {
            return Ok(());
        }
        self.bytes.resize(CHUNK, 0);
        loop {
            match file.read(&mut self.bytes) {
                Ok(0) => return Ok(()),
                Ok(read) => each(&self.bytes[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The way through one file, and who is shown it.
pub(super) struct Pass<'a, V> {
    pub(super) sweeper: &'a Sweeper,
    visit: &'a mut V,
    /// How far it was shown.
    pub(super) at: u64,
    changed: u64,
    left: u64,
}

impl<'a, V: Visit> Pass<'a, V> {
    fn new(sweeper: &'a Sweeper, visit: &'a mut V) -> Self {
        Self { sweeper, visit, at: 0, changed: 0, left: 0 }
    }

    /// What became of the file.
    fn swept(self, kind: Kind) -> Result<Swept, SweepError> {
        self.goes_on()?;
        Ok(Swept { kind, bytes: self.at, changed: self.changed, left: self.left })
    }

    /// Tells of a secret in bytes that are not shown.
    pub(super) fn leave_unseen(&mut self, finding: &Finding, place: &str) {
        let (span, name) = (finding.span(), finding.name());
        self.visit.left(&Left { span, name, place, stays: Stays::Fixed });
        self.left += 1;
    }

    /// # Errors
    ///
    /// Who visits is over.
    pub(super) fn goes_on(&self) -> Result<(), SweepError> {
        if self.visit.over() { Err(SweepError::stopped()) } else { Ok(()) }
    }

    /// The longest part that is held whole.
    pub(super) fn longest(&self) -> usize {
        self.sweeper.longest
    }

    pub(super) fn look(&self, source: &[u8]) -> Result<Seen, Malformed> {
        self.sweeper.rest.look(&self.sweeper.redactor, source)
    }

    pub(super) fn kept(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.at += bytes.len() as u64;
            self.visit.kept(bytes);
        }
    }

    /// Puts `with` in the place of `value`, which comes next.
    pub(super) fn change(&mut self, value: &[u8], with: &[u8], finding: Option<&Finding>) {
        let span = Span::new(self.at, self.at + value.len() as u64);
        let print = super::Print::of_value(self.sweeper.rest.key(), value);
        let finding = finding.map(|finding| Finding { span, ..finding.clone() });
        self.visit.changed(&Change { span, with, finding: finding.as_ref(), print });
        self.at = span.end();
        self.changed += 1;
    }

    /// Shows what was seen in `source`, which comes next.
    pub(super) fn seen(&mut self, source: &[u8], seen: &Seen) {
        let base = self.at;
        let mut stays = seen.found.iter().filter_map(|found| Some((stays(found)?, found)));
        let mut next = stays.next();
        let edits = seen.edits.iter().map(Some).chain([None]);
        for edit in edits {
            let to = edit.map_or(source.len() as u64, |edit| edit.span.start());
            while let Some((why, found)) = next.filter(|(_, found)| start(found) <= to) {
                self.keep_to(source, base, start(found));
                self.leave(base, found, why);
                next = stays.next();
            }
            self.keep_to(source, base, to);
            if let Some(edit) = edit {
                let value = &source[edit.span.start() as usize..edit.span.end() as usize];
                self.change(value, &edit.with, named(edit, &seen.found));
            }
        }
    }

    /// Keeps what of `source` stands before `to`, and was not shown.
    fn keep_to(&mut self, source: &[u8], base: u64, to: u64) {
        let from = (self.at - base) as usize;
        let to = (to as usize).max(from);
        self.kept(&source[from..to]);
    }

    fn leave(&mut self, base: u64, found: &Found, stays: Stays) {
        let (name, place) = (found.finding.name(), &*found.place);
        let span = found.finding.span();
        let span = Span::new(base + span.start(), base + span.end());
        self.visit.left(&Left { span, name, place, stays });
        self.left += 1;
    }
}

fn start(found: &Found) -> u64 {
    found.finding.span().start()
}

/// Why something that was found stays; none if it does not.
fn stays(found: &Found) -> Option<Stays> {
    match found.treatment {
        Treatment::Left => Some(Stays::Fixed),
        Treatment::Credential => Some(Stays::Credential),
        Treatment::Redacted | Treatment::Warned => None,
    }
}

/// What was found where an edit is made.
fn named<'a>(edit: &Edit, found: &'a [Found]) -> Option<&'a Finding> {
    let touches = |found: &&Found| {
        let span = found.finding.span();
        span.start() < edit.span.end() && edit.span.start() < span.end()
    };
    let found = found.iter().filter(|found| stays(found).is_none()).find(touches);
    // The rest of a secret that reaches over several strings is told of where it begins.
    found.map(|found| &found.finding)
}
