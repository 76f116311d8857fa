//! `aside export FILE [@who | --group GROUP]`

use super::{
    file,
    search::{Where, places},
};
use crate::{failure::Failure, profile, show};
use aside_client::{Error, store::StoreError};
use serde_json::json;
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

/// What may go wrong while the store is read and the file written.
enum Broken {
    Step(Error),
    File(io::Error),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Step(error.into())
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Step(error)
    }
}

pub(super) fn run(directory: &Path, path: &Path, place: &Where<'_>, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let places = places(&mut client, place)?;
    let failed = |error: io::Error| Failure::Other(format!("{}: {error}", path.display()));
    let mut output = BufWriter::new(create(path).map_err(failed)?);
    let exported = client.step(|engine, step| {
        let mut sink = |part: &[u8]| output.write_all(part).map_err(Broken::File);
        match engine.export(step, places.as_deref(), &mut sink) {
            Err(Broken::Step(error)) => Err(error),
            Err(Broken::File(error)) => Ok(Err(error)),
            Ok(exported) => Ok(Ok(exported)),
        }
    });
    let written = match exported {
        Ok(Ok(exported)) => {
            match output.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all())
            {
                // What nobody could open is no archive.
                Ok(()) => file::read(path, &mut |_| Ok(())).map(|_| exported),
                Err(error) => Err(failed(error)),
            }
        }
        Ok(Err(error)) => Err(failed(error)),
        Err(error) => Err(error.into()),
    };
    let exported = match written {
        Ok(exported) => exported,
        Err(failure) => {
            fs::remove_file(path).map_err(failed)?;
            return Err(failure);
        }
    };
    if as_json {
        return show::print(json!({
            "type": "exported",
            "file": path.to_string_lossy(),
            "conversations": exported.conversations,
            "messages": exported.messages,
            "withheld": exported.withheld,
            "told": exported.told,
        }));
    }
    show::print(format_args!(
        "{} in {}, signed by this device. The file is not encrypted: whoever has it reads it.",
        count(exported.messages, "message", "messages"),
        count(exported.conversations, "conversation", "conversations"),
    ))?;
    if exported.withheld > 0 {
        show::print(format_args!(
            "{} left out, because those who wrote them do not wish it.",
            count(exported.withheld, "message", "messages")
        ))?;
    }
    if exported.told > 0 {
        show::print(format_args!(
            "Those with whom you talk encrypted are told, as soon as the relay is reached: {}.",
            count(exported.told, "message of theirs", "messages of theirs")
        ))?;
    }
    Ok(())
}

pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// A new file that only its owner reads; one that is there already stays.
fn create(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
