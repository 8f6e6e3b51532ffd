//! The outer archive: which blob lies where.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Take};

use serde_json::Value;

use super::entries;

/// The longest document that is read: an index, a manifest, a configuration.
const LONGEST_DOCUMENT: u64 = 16 << 20;

/// Most entries of an archive.
const MOST_ENTRIES: usize = 1 << 20;

/// An archive, and where in it what stands.
pub(super) struct Archive {
    file: File,
    places: HashMap<String, (u64, u64)>,
}

impl Archive {
    /// Reads the names of all entries.
    pub(super) fn index(file: File) -> io::Result<Self> {
        let mut places = HashMap::new();
        // Entries are passed by seeking: their bytes are not read.
        let mut archive = tar::Archive::new(&file);
        entries::each(archive.entries_with_seek()?, |entry| {
            if places.len() == MOST_ENTRIES {
                return Err(io::Error::other("it has too many entries"));
            }
            let at = entry.file.raw_file_position();
            let length = entry.file.size();
            // A link to another entry: older archives share layers so.
            let place = match entry.file.link_name_bytes().filter(|_| length == 0) {
                Some(link) => places.get(&linked(&entry.name, &link)).copied(),
                None => Some((at, length)),
            };
            places.extend(place.map(|place| (entry.name, place)));
            Ok(())
        })?;
        Ok(Self { file, places })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The bytes of an entry.
    pub(super) fn open(&self, name: &str) -> io::Result<Take<&File>> {
        let missing = || io::Error::other(format!("`{name}` is not in the archive"));
        let &(at, length) = self.places.get(name).ok_or_else(missing)?;
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at))?;
        Ok(file.take(length))
    }

    /// An entry that is a document.
    pub(super) fn json(&self, name: &str) -> io::Result<Value> {
        let file = self.open(name)?;
        if file.limit() > LONGEST_DOCUMENT {
            return Err(io::Error::other(format!("`{name}` is too long for a document")));
        }
        // What serde_json says of a document tells a line and a column, and may quote nothing of it.
        serde_json::from_reader(io::BufReader::new(file))
            .map_err(|_| io::Error::other(format!("`{name}` is no JSON")))
    }
}

/// What a link beside `name` leads to: `../HASH/layer.tar`.
fn linked(name: &str, link: &[u8]) -> String {
    let link = String::from_utf8_lossy(link);
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
