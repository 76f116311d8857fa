//! Archives as files: read record by record, in whole or not at all.

use crate::failure::Failure;
use aside_archive::{Item, LENGTH_BYTES, MAGIC_BYTES, Manifest, Reader, Refused, length};
use std::{
    fs::File,
    io::{self, BufReader, ErrorKind, Read},
    path::Path,
};

/// Reads an archive to its end. What `each` is given counts only once this returns.
pub(super) fn read(
    path: &Path,
    each: &mut dyn FnMut(&Item) -> Result<(), Failure>,
) -> Result<Manifest, Failure> {
    let failed = |error: io::Error| Failure::Other(format!("{}: {error}", path.display()));
    let mut input = BufReader::new(File::open(path).map_err(failed)?);
    let mut head = [0; MAGIC_BYTES];
    fill(&mut input, &mut head).map_err(failed)?.then_some(()).ok_or_else(|| refused(&Refused::Order))?;
    let mut reader = Reader::begin(&head).map_err(|error| refused(&error))?;
    let mut record = Vec::new();
    loop {
        let mut prefix = [0; LENGTH_BYTES];
        let began = input.read(&mut prefix).map_err(failed)?;
        if began == 0 {
            return reader.finish().map_err(|error| refused(&error));
        }
        let rest = prefix.get_mut(began..).unwrap_or_default();
        let whole = fill(&mut input, rest).map_err(failed)?;
        record.resize(length(prefix).map_err(|error| refused(&error))?, 0);
        if !whole || !fill(&mut input, &mut record).map_err(failed)? {
            return Err(refused(&Refused::Order));
        }
        each(&reader.take(&record).map_err(|error| refused(&error))?)?;
    }
}

/// Whether there was enough to fill it.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match input.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn refused(error: &Refused) -> Failure {
    Failure::Cannot(format!(
        "the archive is refused, and nothing of it was taken in ({}): {error}. It is damaged, not whole, or somebody has \
         changed it",
        error.reject()
    ))
}
