//! `keepmum scan --image`: an image of a container, as `docker save` and OCI tools write it.
//!
//! ```text
//!   archive ▸ index, manifests ▸ configuration: environment, labels, commands, history
//!                              └ layers, in order ▸ decompressed ▸ files ▸ the scanner
//! ```
//!
//! Nothing is unpacked: files are read where they lie. Memory is bounded by what a manifest may hold; the bytes of a layer,
//! decompressed, by a limit.

mod archive;
mod config;
mod entries;
mod layer;
mod manifest;

use std::fs::File;
use std::path::Path;

use indicatif::ProgressBar;

use self::archive::Archive;
use self::layer::Layers;
use self::manifest::Image;
use super::file::Scanner;
use super::{Scanned, progress, shown};
use crate::cli::args::ScanArgs;
use crate::cli::exit::Failure;
use crate::cli::messages::{Kind, say};
use crate::cli::settings::Settings;

/// Why a part of an image is not read, as told.
type Refused = String;

/// Reads all images of the archive at `path`. A part that cannot be read is told of, and the others are read all the same.
pub(super) fn scan(
    settings: &Settings,
    args: &ScanArgs,
    path: &Path,
    scanner: &mut Scanner<'_>,
) -> Result<Scanned, Failure> {
    let name = path.display().to_string();
    let failed =
        |why: &dyn std::fmt::Display| Failure::usage(format_args!("{}: {why}", shown(&name)));
    let file = File::open(path).map_err(|error| failed(&error))?;
    let archive = Archive::index(file).map_err(|why| failed(&why))?;
    let images = manifest::images(&archive).map_err(|why| failed(&why))?;
    let layers: usize = images.iter().map(|image| image.layers.len()).sum();
    let bar = progress::files(layers, settings.color);
    let mut scanned = Scanned::default();
    for image in &images {
        let reading =
            Reading { archive: &archive, name: &name, longest: args.longest.0, bar: &bar };
        for why in reading.image(image, scanner, &mut scanned) {
            scanned.failed += 1;
            let text = format!("{}: {why}", shown(&name));
            bar.suspend(|| say(settings.color, Kind::Error, &text));
        }
    }
    bar.finish_and_clear();
    Ok(scanned)
}

/// What an image is read with.
struct Reading<'a> {
    archive: &'a Archive,
    name: &'a str,
    longest: u64,
    bar: &'a ProgressBar,
}

impl Reading<'_> {
    /// Adds what an image holds; gives what could not be read.
    fn image(&self, image: &Image, scanner: &mut Scanner<'_>, to: &mut Scanned) -> Vec<Refused> {
        let mut refused = Vec::new();
        for (what, document) in [("config", &image.config), ("manifest", &image.annotations)] {
            let scanned = config::scan(document, &format!("{}/{what}", self.name), scanner, to);
            refused.extend(scanned.err());
        }
        let mut layers = Layers::new(self.name, self.longest);
        for blob in &image.layers {
            self.bar.inc(1);
            let read = layers.read(self.archive, blob, scanner, to);
            refused.extend(read.err().map(|why| format!("layer {}: {why}", blob.digest)));
        }
        layers.end(to);
        refused
    }
}
