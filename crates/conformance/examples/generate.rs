//! Writes `test-vectors/`, or with `--check` compares it with what would be written. Called by `cargo xtask gen-vectors`.
//!
//! A ledger that shows a relay more than the one that is there is refused, unless `--shows-more` says that it is meant.

use aside_conformance::{
    files::{self, LEDGER},
    generate::{self, Failure, Generated},
    leakage::Ledger,
};
use std::{fs, path::Path, process::ExitCode};

/// Not written by this program, but by people.
const BY_HAND: &[&str] = &["LICENSE", "README.md"];

fn main() -> ExitCode {
    let given = |option: &str| std::env::args().skip(1).any(|argument| argument == option);
    match run(given("--check"), given("--shows-more")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(check: bool, shows_more: bool) -> Result<(), Failure> {
    let folder = files::folder();
    let generated = generate::all()?;
    compare_ledgers(&folder, &generated, shows_more)?;
    let mut differences = Vec::new();
    for Generated { name, text, .. } in &generated {
        let path = folder.join(name);
        if fs::read_to_string(&path).ok().as_ref() == Some(text) {
            continue;
        }
        if check {
            differences.push(format!("`{name}` is missing or differs"));
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs::write(&path, text)?;
        println!("   wrote test-vectors/{name}");
    }
    for name in there(&folder, "")?.into_iter().filter(|name| generated.iter().all(|file| file.name != name))
    {
        if check {
            differences.push(format!("`{name}` is left over"));
        } else {
            fs::remove_file(folder.join(&name))?;
            println!("   removed test-vectors/{name}");
        }
    }
    if !differences.is_empty() {
        return Err(format!("test-vectors/: {}", differences.join(", ")).into());
    }
    print_counts(&generated);
    Ok(())
}

/// LEA-1: nobody shows a relay more by habit.
fn compare_ledgers(folder: &Path, generated: &[Generated], shows_more: bool) -> Result<(), Failure> {
    let file = generated.iter().find(|file| file.name == LEDGER).ok_or("there is no ledger")?;
    let new = Ledger::parse(&file.text)?;
    let old = match fs::read_to_string(folder.join(LEDGER)) {
        Ok(text) => Ledger::parse(&text)?,
        Err(_) => Ledger::empty(),
    };
    new.in_place_of(&old, shows_more)?.iter().for_each(|line| println!("   {line}"));
    Ok(())
}

/// The files of the folder, by their paths in it, but for those written by hand.
fn there(folder: &Path, below: &str) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            names.extend(there(&entry.path(), &format!("{name}/"))?);
        } else if !BY_HAND.contains(&name.as_str()) {
            names.push(name);
        }
    }
    Ok(names)
}

fn print_counts(generated: &[Generated]) {
    let (mut vectors, mut negative) = (0usize, 0usize);
    for file in generated.iter().filter(|file| file.vectors > 0) {
        println!("   {:<32}{:>4} vectors, {:>4} of them negative", file.name, file.vectors, file.negative);
        vectors = vectors.saturating_add(file.vectors);
        negative = negative.saturating_add(file.negative);
    }
    let percent = negative.saturating_mul(100).checked_div(vectors).unwrap_or(0);
    println!("   {:<32}{vectors:>4} vectors, {negative:>4} of them negative, {percent} %", "in all");
}
