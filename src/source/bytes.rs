//! Bytes that are read into memory which is wiped.

use std::io::{self, Read};

use zeroize::Zeroizing;

/// More than this of one file or one program is not read.
pub(super) const MOST: usize = 16 << 20;

const CHUNK: usize = 64 << 10;

/// Reads `input` to its end. A buffer that grows leaves copies of what it held behind: here none is.
///
/// # Errors
///
/// Reading fails, or there are more than `most` bytes.
pub(super) fn read(mut input: impl Read, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut chunks: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    let mut total = 0;
    loop {
        let mut chunk = Zeroizing::new(vec![0; CHUNK]);
        let count = fill(&mut input, &mut chunk)?;
        total += count;
        if total > most {
            let why = format!("more than {most} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        chunk.truncate(count);
        chunks.push(chunk);
        if count < CHUNK {
            break;
        }
    }
    let mut all = Zeroizing::new(Vec::with_capacity(total));
    chunks.iter().for_each(|chunk| all.extend_from_slice(chunk));
    Ok(all)
}

/// Fills `chunk` as far as the input goes.
fn fill(input: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < chunk.len() {
        match input.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_or_refuses() {
        let input: Vec<u8> = (0..CHUNK * 2 + 5).map(|at| at as u8).collect();
        assert_eq!(*read(&input[..], input.len()).expect("it fits"), input);
        assert_eq!(*read(&input[..CHUNK], CHUNK).expect("it fits"), input[..CHUNK]);
        assert!(read(&input[..], input.len() - 1).is_err());
    }
}
