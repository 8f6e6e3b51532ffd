//! The layers of an image, from the lowest up.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Cursor, Read};
use std::sync::Arc;

use tar::EntryType;

use super::Scanned;
use super::archive::Archive;
use super::entries::{self, Entry};
use super::manifest::{Blob, Form};
use crate::cli::scan::file::Scanner;
use crate::cli::scan::{Found, InLayer, Later};

/// How names begin that say that another one is deleted, and what says it of all of a folder.
const DELETES: &str = ".wh.";
const DELETES_ALL: &str = ".wh..wh..opq";

/// How compressed layers begin.
const GZIP: &[u8] = &[0x1F, 0x8B];
const ZSTD: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];

/// What was found in the layers so far.
pub(super) struct Layers<'a> {
    image: &'a str,
    longest: u64,
    /// The number of the layer at hand, from 1.
    number: usize,
    found: Vec<Found>,
    /// Paths in the image, and which of `found` stand there.
    paths: HashMap<String, Vec<usize>>,
}

impl<'a> Layers<'a> {
    pub(super) fn new(image: &'a str, longest: u64) -> Self {
        Self { image, longest, number: 0, found: Vec::new(), paths: HashMap::new() }
    }

    /// Reads the next layer.
    pub(super) fn read(
        &mut self,
        archive: &Archive,
        blob: &Blob,
        scanner: &mut Scanner<'_>,
        to: &mut Scanned,
    ) -> io::Result<()> {
        self.number += 1;
        let layer = Arc::<str>::from(&*blob.digest);
        let bytes = decompressed(archive.open(&blob.name)?)?;
        let (mut bytes, mut head) = (Bounded { bytes, left: self.longest }, Vec::new());
        bytes.by_ref().take(512).read_to_end(&mut head)?;
        // What a manifest calls something else may be a layer all the same.
        let document = blob.form == Form::Document && !is_archive(&head);
        let mut bytes = Cursor::new(head).chain(bytes);
        if document {
            return self.file(&blob.name, &layer, &mut bytes, scanner, to);
        }
        let mut tar = tar::Archive::new(bytes);
        entries::each(tar.entries()?, |entry| self.entry(entry, &layer, scanner, to))
    }

    /// Gives all that was found.
    pub(super) fn end(self, to: &mut Scanned) {
        to.found.extend(self.found);
    }

    fn entry<R: Read>(
        &mut self,
        entry: Entry<'_, R>,
        layer: &Arc<str>,
        scanner: &mut Scanner<'_>,
        to: &mut Scanned,
    ) -> io::Result<()> {
        let Entry { name, mut file, kind } = entry;
        let (folder, last) = name.rsplit_once('/').unwrap_or(("", &name));
        if last == DELETES_ALL {
            self.gone(Later::Deleted, |path| is_below(path, folder));
        } else if let Some(deleted) = last.strip_prefix(DELETES) {
            let deleted =
                if folder.is_empty() { deleted.to_owned() } else { format!("{folder}/{deleted}") };
            self.gone(Later::Deleted, |path| path == deleted || is_below(path, &deleted));
        }
        // What deletes others should be empty, and is read in case that it is not.
        if kind != EntryType::Directory && self.paths.contains_key(&name) {
            self.gone(Later::Replaced, |path| path == name);
        }
        match kind {
            EntryType::Regular | EntryType::Continuous => {
                self.file(&name, layer, &mut file, scanner, to)
            }
            EntryType::GNUSparse => Err(io::Error::other(format!("`{name}` is a sparse file"))),
            _ => Ok(()),
        }
    }

    fn file(
        &mut self,
        name: &str,
        layer: &Arc<str>,
        file: &mut impl Read,
        scanner: &mut Scanner<'_>,
        to: &mut Scanned,
    ) -> io::Result<()> {
        let from = self.found.len();
        let path = format!("{}/{name}", self.image);
        let scanned = scanner.scan(&path, file, &mut self.found);
        if self.found.len() > from {
            self.paths.entry(name.to_owned()).or_default().extend(from..self.found.len());
        }
        for found in &mut self.found[from..] {
            let (digest, number) = (Arc::clone(layer), self.number);
            found.layer = Some(InLayer { digest, number, later: None });
        }
        match scanned? {
            true => to.read += 1,
            false => to.skipped += 1,
        }
        Ok(())
    }

    /// Notes that what lower layers have at the paths of which `is` says so is not seen any more.
    fn gone(&mut self, how: fn(usize) -> Later, is: impl Fn(&str) -> bool) {
        let number = self.number;
        let at = self.paths.iter().filter(|(path, _)| is(path)).flat_map(|(_, at)| at);
        for &at in at {
            let layer = self.found[at].layer.as_mut();
            let lower = layer.filter(|layer| layer.number < number && layer.later.is_none());
            lower.into_iter().for_each(|layer| layer.later = Some(how(number)));
        }
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether an archive of tar begins so: its first head is summed up in it.
fn is_archive(head: &[u8]) -> bool {
    let Some(head) = head.first_chunk::<512>() else { return false };
    let header = tar::Header::from_byte_slice(head);
    let sum = |(at, &byte): (usize, &u8)| match at {
        148..156 => u32::from(b' '),
        _ => u32::from(byte),
    };
    let sum: u32 = head.iter().enumerate().map(sum).sum();
    header.cksum().is_ok_and(|told| told == sum)
}

/// The bytes of a layer, by how they begin.
fn decompressed<'a>(file: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut file = BufReader::with_capacity(256 << 10, file);
    let head = file.fill_buf()?;
    if head.starts_with(GZIP) {
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(file)));
    }
    if head.starts_with(ZSTD) {
        return Ok(Box::new(zstd::Decoder::with_buffer(file)?));
    }
    Ok(Box::new(file))
}

/// Bytes, up to a limit.
struct Bounded<R> {
    bytes: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(room)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::other("it is longer than --longest allows once it is decompressed")
        })?;
        Ok(read)
    }
}
