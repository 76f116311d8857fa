//! Servers from Debian's packages, unpacked into a folder and not installed.

use super::Failure;
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A package with what it needs, unpacked.
pub(crate) struct Unpacked {
    /// What stands for `/`.
    pub(crate) root: PathBuf,
    pub(crate) version: String,
}

impl Unpacked {
    /// The one entry of a folder whose name begins so.
    pub(crate) fn find(&self, folder: &str, prefix: &str) -> Result<PathBuf, Failure> {
        let begins =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix));
        let mut entries = fs::read_dir(self.root.join(folder))?.flatten().map(|entry| entry.path());
        entries.find(begins).ok_or_else(|| format!("the package has no {folder}/{prefix}").into())
    }

    /// Where its libraries are.
    pub(crate) fn libraries(&self) -> Result<PathBuf, Failure> {
        self.find("usr/lib", &format!("{}-linux", std::env::consts::ARCH))
    }
}

/// A package of this machine's Debian with whatever it needs and is not here.
pub(crate) fn unpack(folder: &Path, package: &str) -> Result<Unpacked, Failure> {
    let plan = run(Command::new("apt-get").args(["-s", "install", "--no-install-recommends", package]))?;
    let mut packages: Vec<_> = plan
        .lines()
        .filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next())
        .filter(|name| *name != package)
        .collect();
    packages.push(package);
    download(folder, package, &packages, &[])
}

/// A package of a later Debian, which needs nothing but a C library.
pub(crate) fn unpack_from(folder: &Path, package: &str, release: &str) -> Result<Unpacked, Failure> {
    let here = fs::read_to_string("/etc/os-release")?;
    let codename = here.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).unwrap_or_default();
    let lists = folder.join("lists");
    for part in ["state/partial", "cache/archives/partial"] {
        fs::create_dir_all(lists.join(part))?;
    }
    let (sources, text) = [
        ("debian.sources", "/etc/apt/sources.list.d/debian.sources"),
        ("debian.list", "/etc/apt/sources.list"),
    ]
    .into_iter()
    .find_map(|(name, path)| Some((lists.join(name), fs::read_to_string(path).ok()?)))
    .ok_or("there are no sources of Debian's packages")?;
    fs::write(&sources, text.replace(codename, release))?;
    let options = [
        format!("Dir::Etc::sourcelist={}", sources.display()),
        "Dir::Etc::sourceparts=/dev/null".into(),
        format!("Dir::State::lists={}", lists.join("state").display()),
        format!("Dir::Cache={}", lists.join("cache").display()),
    ];
    let options: Vec<_> = options.iter().flat_map(|option| ["-o", option]).collect();
    run(Command::new("apt-get").args(&options).args(["-o", "APT::Sandbox::User=root", "update"]))?;
    download(folder, package, &[package], &options)
}

fn download(folder: &Path, package: &str, packages: &[&str], options: &[&str]) -> Result<Unpacked, Failure> {
    let (archives, root) = (folder.join("archives"), folder.join("root"));
    fs::create_dir_all(&archives)?;
    let sandbox = ["-o", "APT::Sandbox::User=root"];
    run(Command::new("apt-get")
        .current_dir(&archives)
        .args(options)
        .args(sandbox)
        .arg("download")
        .args(packages))?;
    let mut version = String::new();
    for archive in fs::read_dir(&archives)? {
        let archive = archive?.path();
        run(Command::new("dpkg").args([OsStr::new("-x"), archive.as_os_str(), root.as_os_str()]))?;
        if archive.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{package}_")))
        {
            version = run(Command::new("dpkg-deb").arg("-f").arg(&archive).arg("Version"))?.trim().to_owned();
        }
    }
    Ok(Unpacked { root, version })
}

/// Runs to the end and returns what it printed.
fn run(command: &mut Command) -> Result<String, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|failure| format!("{name} does not run: {failure}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name}: {}", said.trim().lines().last().unwrap_or("failed")).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
