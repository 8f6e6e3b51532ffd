//! The entries of an archive of tar, with a bound on what an entry's name may take.

use std::io::{self, Read};

use tar::{Entries, EntryType};

/// The longest name, and the longest record of attributes that may hold one.
const LONGEST_NAME: u64 = 1 << 20;

/// The attribute of an entry whose length does not fit into its head.
const SIZE: &[u8] = b"size";

/// An entry with its whole name.
pub(super) struct Entry<'a, R: Read> {
    pub(super) name: String,
    pub(super) file: tar::Entry<'a, R>,
    pub(super) kind: EntryType,
}

/// Calls `each` with the entries of an archive, in order.
///
/// The crate would hold a long name whole, however long it says that it is, so records of names are read here.
///
/// # Errors
///
/// It is no archive, or breaks off; a name is too long; an entry's length stands in a record of attributes, as in archives with
/// files of over 8 GiB; `each` fails.
pub(super) fn each<R: Read>(
    entries: Entries<'_, R>,
    mut each: impl FnMut(Entry<'_, R>) -> io::Result<()>,
) -> io::Result<()> {
    let mut long = None;
    for entry in entries.raw(true) {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        match kind {
            EntryType::GNULongName => long = Some(bounded(&mut entry)?),
            EntryType::XHeader => long = path(&bounded(&mut entry)?)?.or(long),
            EntryType::GNULongLink | EntryType::XGlobalHeader => {}
            _ => {
                let name = long.take().unwrap_or_else(|| entry.path_bytes().into_owned());
                let name = name.strip_suffix(b"\0").unwrap_or(&name);
                let name = String::from_utf8_lossy(name);
                let name = name.trim_start_matches("./").trim_matches('/').to_owned();
                each(Entry { name, file: entry, kind })?;
            }
        }
    }
    Ok(())
}

fn bounded<R: Read>(entry: &mut tar::Entry<'_, R>) -> io::Result<Vec<u8>> {
    if entry.size() > LONGEST_NAME {
        return Err(io::Error::other("a name of an entry is too long"));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The path among records of attributes, `LENGTH KEY=VALUE\n` each.
fn path(mut records: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let broken = || io::Error::other("an entry's attributes are broken");
    let mut path = None;
    while !records.is_empty() {
        let blank = memchr::memchr(b' ', records).ok_or_else(broken)?;
        let length = std::str::from_utf8(&records[..blank]).ok().and_then(|text| text.parse().ok());
        let length: usize = length.filter(|&length| length > blank).ok_or_else(broken)?;
        let record = records.get(blank + 1..length).ok_or_else(broken)?;
        let record = record.strip_suffix(b"\n").ok_or_else(broken)?;
        let equals = memchr::memchr(b'=', record).ok_or_else(broken)?;
        match &record[..equals] {
            b"path" => path = Some(record[equals + 1..].to_vec()),
            SIZE => return Err(io::Error::other("an entry of over 8 GiB cannot be read")),
            _ => {}
        }
        records = &records[length..];
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_among_attributes_is_found() {
        assert_eq!(path(b"12 path=a/b\n11 mtime=1\n").expect("good"), Some(b"a/b".to_vec()));
        assert_eq!(path(b"").expect("good"), None);
        for broken in [&b"12 path=a/"[..], b"x path=a\n", b"2 \n", b"15 size=999999\n"] {
            assert!(path(broken).is_err());
        }
    }
}
