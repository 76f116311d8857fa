//! Where something could lie around: files, and the memory of a process.

use super::traces::Traces;
use std::{collections::BTreeSet, fs, path::Path};

/// What of it is in the files of a folder, and in which.
pub(crate) fn in_files(folder: &Path, traces: &Traces) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(in_files(&path, traces));
        } else if path.is_file() {
            // A journal may go while it is looked for.
            let Ok(bytes) = fs::read(&path) else { continue };
            found.extend(
                traces.found_in(&bytes).into_iter().map(|trace| format!("{trace} in {}", path.display())),
            );
        }
    }
    found
}

/// What of it is in the memory that a process can write to: heap, stacks, and what its libraries keep.
pub(crate) fn in_memory(process: u32, traces: &Traces) -> BTreeSet<String> {
    use std::os::unix::fs::FileExt;
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = fs::File::open(format!("/proc/{process}/mem")).unwrap();
    let mut found = BTreeSet::new();
    let mut seen = 0;
    for line in maps.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (range, rights) = (words[0], words[1]);
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // A mapping may go while it is looked at.
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            seen += bytes.len();
            let what = words.get(5).copied().unwrap_or("memory without a name");
            found.extend(traces.found_in(&bytes).into_iter().map(|trace| format!("{trace} in {what}")));
        }
    }
    assert!(seen > 1_000_000, "only {seen} bytes could be looked at");
    found
}
