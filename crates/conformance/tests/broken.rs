//! Tests of the tests: with a mistake made on purpose, exactly the vectors fail that say they catch it.

use aside_conformance::{
    check::{self, bug::Bug},
    files::{self, Named},
    load,
    vector::Vector,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
};

/// The vectors that fail with each mistake. Only those are run with it in which it came into question.
fn failing(named: &Named) -> Vec<(Bug, String)> {
    let mut failing = Vec::new();
    for vector in &named.file.vectors {
        let honest = check::run_vector(&named.file, vector, None);
        assert_eq!(honest.failure, None);
        for bug in honest.met {
            if check::run_vector(&named.file, vector, Some(bug)).failure.is_some() {
                failing.push((bug, vector.id.clone()));
            }
        }
    }
    failing
}

fn says(vector: &Vector, bug: Bug) -> bool {
    vector.catches.iter().any(|name| name == bug.name())
}

#[test]
fn each_mistake_fails_exactly_the_vectors_that_say_so() {
    let files = load::all_in(&files::folder()).unwrap();
    let mut failing_with = BTreeMap::<Bug, BTreeSet<String>>::new();
    let found: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = files.iter().map(|named| scope.spawn(|| failing(named))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    for (bug, id) in found {
        failing_with.entry(bug).or_default().insert(id);
    }
    let mut wrong = Vec::new();
    for bug in Bug::ALL {
        let failing = failing_with.remove(bug).unwrap_or_default();
        let vectors = files.iter().flat_map(|named| &named.file.vectors);
        let wanted: BTreeSet<_> =
            vectors.filter(|vector| says(vector, *bug)).map(|vector| vector.id.clone()).collect();
        if wanted.is_empty() {
            wrong.push(format!("{}: no vector says that it catches it", bug.name()));
        }
        if wanted != failing {
            let missed: Vec<_> = wanted.difference(&failing).collect();
            let unnamed: Vec<_> = failing.difference(&wanted).collect();
            wrong.push(format!("{}: missed {missed:?}, fail without saying so {unnamed:?}", bug.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
