//! The programs of PostgreSQL, and the user they run as.

use super::Trouble;
use std::{
    env, fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

#[derive(Debug, Clone)]
pub(super) struct Programs {
    pub(super) folder: PathBuf,
    /// User and group, if it cannot be us.
    user: Option<(u32, u32)>,
}

impl Programs {
    pub(super) fn find() -> Result<Self, Trouble> {
        let folder = in_path().or_else(of_debian).ok_or_else(|| {
            Trouble("no PostgreSQL server on this machine: `apt-get install postgresql` brings one".into())
        })?;
        let user = if id(&["-u"])? == 0 { Some(somebody()?) } else { None };
        Ok(Self { folder, user })
    }

    /// A program, with nothing inherited that could change it, in a folder its user can enter.
    pub(super) fn command(&self, name: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.folder.join(name));
        command.current_dir(folder).stdin(Stdio::null()).env("LC_ALL", "C");
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes a file or folder that of the user.
    pub(super) fn give(&self, path: &Path) -> Result<(), Trouble> {
        if let Some((user, group)) = self.user {
            chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }
}

/// Runs a command to its end, and returns what it wrote.
pub(super) fn run(mut command: Command) -> Result<String, Trouble> {
    let output = command.output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
        Err(Trouble(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr))))
    }
}

/// Both may be links from elsewhere into the folder that has all of them.
fn in_path() -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).filter(|folder| folder.join("initdb").exists()).find_map(whole)
}

/// The newest of the versions that Debian lays side by side.
fn of_debian() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<_> = versions.filter_map(|version| Some(version.ok()?.path())).collect();
    folders.sort_by_key(|folder| folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    folders.into_iter().rev().map(|folder| folder.join("bin")).find_map(whole)
}

fn whole(folder: PathBuf) -> Option<PathBuf> {
    let server = fs::canonicalize(folder.join("postgres")).ok()?;
    let folder = server.parent()?;
    let all = ["initdb", "pg_basebackup", "pg_ctl", "psql"];
    all.iter().all(|name| folder.join(name).exists()).then(|| folder.to_owned())
}

fn somebody() -> Result<(u32, u32), Trouble> {
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| Some((id(&["-u", name]).ok()?, id(&["-g", name]).ok()?)))
        .ok_or_else(|| {
            Trouble("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`".into())
        })
}

fn id(arguments: &[&str]) -> Result<u32, Trouble> {
    let mut command = Command::new("id");
    command.args(arguments);
    run(command)?.trim().parse().map_err(|_| Trouble("`id` answered no number".into()))
}
