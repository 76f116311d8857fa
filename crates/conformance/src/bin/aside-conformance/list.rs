//! What there is: lists, and one vector by itself.

use crate::{
    Failure,
    arguments::{List, Show},
};
use aside_conformance::{
    files, load,
    ops::{self, Op},
    run::lines_of,
    value::Value,
};
use std::{
    collections::BTreeMap,
    io::{self, Write as _},
};

pub(crate) fn list(asked: &List) -> Result<(), Failure> {
    let files = load::all_in(&asked.vectors.clone().unwrap_or_else(files::folder))?;
    let pick = asked.picked.pick();
    let (mut lines, mut counts) = (Vec::new(), BTreeMap::<_, usize>::new());
    for named in &files {
        for vector in named.file.vectors.iter().filter(|vector| pick.takes(named, vector)) {
            let outcome = if vector.is_negative() { "refuses" } else { "works" };
            let op = vector.op.as_deref().unwrap_or("a script");
            lines.push(format!(
                "{:<13} {:<30} {op:<26} {outcome:<8} {}",
                named.file.level, named.name, vector.id
            ));
            let mut used: Vec<_> = vector.steps().into_iter().map(|step| step.op).collect();
            used.sort_unstable();
            used.dedup();
            for op in used {
                let count = counts.entry(op).or_default();
                *count = count.saturating_add(1);
            }
        }
    }
    if lines.is_empty() {
        return Err("no vector is picked".into());
    }
    if asked.ops {
        let line = |op: &Op| Some(format!("{:<26} {:>5}  {}", op.name, counts.get(op.name)?, op.about));
        lines = ops::OPS.iter().filter_map(line).collect();
    }
    print(&lines)
}

pub(crate) fn show(asked: &Show) -> Result<(), Failure> {
    let files = load::all_in(&asked.vectors.clone().unwrap_or_else(files::folder))?;
    let mut all = files.iter().flat_map(|named| named.file.vectors.iter().map(move |vector| (named, vector)));
    let (named, vector) = all
        .find(|(_, vector)| vector.id == asked.id)
        .ok_or_else(|| format!("there is no vector `{}`", asked.id))?;
    if asked.lines {
        return print(&lines_of(&named.file, vector)?);
    }
    let value: Value = serde_json::from_str(&serde_json::to_string(vector)?)?;
    print(&[format!("{}, level {}, {}", named.name, named.file.level, named.file.chapter), value.print()])
}

fn print(lines: &[String]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for line in lines {
        match writeln!(out, "{line}") {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            other => other?,
        }
    }
    Ok(())
}
