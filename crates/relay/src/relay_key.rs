//! The relay's long-term key: drawn on the first start, kept in the data directory.

use crate::data_dir::{DataDir, StartError, private_file};
use aside_primitives::{Draw, Secret, SigningKey, entropy};
use getrandom::SysRng;
use std::{fs, io, io::Write as _, path::Path};

/// Reads the key from the file named, or from the data directory; there it draws one if there is none, and stores it durably
/// before it is first shown to a client (RLY-19).
pub(crate) fn load_or_create(dir: &DataDir, file: Option<&Path>) -> Result<SigningKey, StartError> {
    if let Some(path) = file {
        let seed = fs::read(path).map_err(|source| StartError::KeyFile { path: path.to_owned(), source })?;
        return Secret::from_slice(&seed)
            .map(|seed| SigningKey::from_seed(&seed))
            .ok_or_else(|| StartError::BadKey { path: path.to_owned() });
    }
    let path = dir.key();
    let unusable = |source| StartError::DataDir { path: path.clone(), source };
    match fs::read(&path) {
        Ok(bytes) => Secret::from_slice(&bytes)
            .map(|seed| SigningKey::from_seed(&seed))
            .ok_or_else(|| StartError::BadKey { path: path.clone() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let seed =
                entropy::secret::<32>(&mut SysRng, Draw("relay key")).map_err(|_| StartError::Entropy)?;
            create(dir, &seed).map_err(unusable)?;
            Ok(SigningKey::from_seed(&seed))
        }
        Err(error) => Err(unusable(error)),
    }
}

/// The key in a file, if there is one.
#[cfg(feature = "postgres")]
pub(crate) fn read(path: &Path) -> Option<SigningKey> {
    Secret::from_slice(&fs::read(path).ok()?).map(|seed| SigningKey::from_seed(&seed))
}

/// Writes beside and renames, so that a crash leaves a whole key or none.
fn create(dir: &DataDir, seed: &Secret<32>) -> io::Result<()> {
    let path = dir.key();
    let draft = path.with_extension("key.new");
    let mut file = private_file().create(true).truncate(true).open(&draft)?;
    file.write_all(seed.expose())?;
    file.sync_all()?;
    fs::rename(&draft, &path)?;
    dir.sync()
}
