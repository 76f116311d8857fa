//! The password file of PostgreSQL's own programs: lines of `host:port:database:user:password`.

use super::ServerError;
use std::{fs, io, path::Path};

/// The password in the first line that fits; each of the first four fields may be `*`.
pub(super) fn look_up(path: &Path, wanted: [&str; 4]) -> Result<Option<String>, ServerError> {
    let unusable = |reason| ServerError::Passfile { path: path.to_owned(), reason };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(error.to_string())),
    };
    if !is_private(path) {
        return Err(unusable("others may read it; run chmod 600 on it".into()));
    }
    Ok(find(&text, wanted))
}

fn find(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let (password, rest) = fields.split_last()?;
        let fits = rest.len() == wanted.len()
            && rest.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
        fits.then(|| password.clone())
    })
}

/// `\:` and `\\` stand for themselves.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            ':' => {
                fields.push(String::new());
                continue;
            }
            '\\' => letters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(field) = fields.last_mut() {
            field.push(letter);
        }
    }
    fields
}

/// As those programs want it, too.
fn is_private(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 == 0)
    }
    #[cfg(not(unix))]
    {
        path.exists()
    }
}

#[cfg(test)]
#[path = "passfile_tests.rs"]
mod tests;
