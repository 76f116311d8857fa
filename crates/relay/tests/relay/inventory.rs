//! The inventory of what a relay keeps has a line for each column and each line of the log, and none for others (RLY-18).

use crate::running::relay;
use rusqlite::Connection;
use std::{collections::BTreeSet, fs, path::Path};

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("operate/data.md")).unwrap()
}

/// The columns that a part of the page names.
fn listed(part: &str) -> BTreeSet<String> {
    let rows = part.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(name, _)| name.to_owned()).filter(|name| name.contains('.') && !name.contains(".db")).collect()
}

#[tokio::test]
async fn each_column_of_the_database_has_a_line() {
    let (folder, running) = relay().await;
    let db = Connection::open(folder.path().join("relay.db")).unwrap();
    let columns: BTreeSet<String> = db
        .prepare(
            "SELECT tables.name || '.' || columns.name FROM sqlite_schema AS tables \
             JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    drop(db);
    let page = page();
    let (sqlite, _) = page.split_once("In PostgreSQL the same").unwrap();
    assert_eq!(listed(sqlite), columns);
    running.stop().await;
}

fn is_name(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
}

/// The columns of the tables that a schema makes.
fn columns(schema: &str) -> BTreeSet<String> {
    let mut columns = BTreeSet::new();
    let schema: String =
        schema.lines().map(|line| line.split("--").next().unwrap().to_owned() + "\n").collect();
    for part in schema.split("TABLE ").skip(1).filter(|part| !part.starts_with('(')) {
        // What is altered has more words before the first parenthesis, or none.
        let Some((table, body)) = part.split_once('(') else { continue };
        if !is_name(table.trim()) {
            continue;
        }
        let body = body.split(");").next().unwrap();
        let mut depth = 0;
        let fields = body.split(|letter| {
            depth += match letter {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            letter == ',' && depth == 0
        });
        for field in fields {
            let name = field.split_whitespace().next().unwrap_or("-");
            // Parameters of the table have a value.
            if is_name(name) && field.split_whitespace().nth(1) != Some("=") {
                columns.insert(format!("{}.{name}", table.trim()));
            }
        }
    }
    columns
}

#[test]
fn each_column_of_postgresql_has_a_line() {
    let page = page();
    let columns = columns(include_str!("../../src/store/postgres/schema_1.sql"));
    assert!(columns.contains("run.key") && columns.contains("node.lease"), "{columns:?}");
    assert!(columns.is_subset(&listed(&page)), "{:?}", columns.difference(&listed(&page)));
    let (_, differences) = page.split_once("In PostgreSQL the same").unwrap();
    let (differences, _) = differences.split_once("## Beside").unwrap();
    assert!(listed(differences).is_subset(&columns), "{:?}", listed(differences).difference(&columns));
}

/// What a file says to the log: the last text of each call.
fn lines(code: &str) -> Vec<String> {
    let calls = ["info!(", "warn!(", "error!(", "debug!("];
    let begins = calls.iter().flat_map(|call| code.match_indices(call).map(|(at, call)| at + call.len()));
    begins
        .map(|at| {
            let mut depth = 1;
            let mut in_text = false;
            let end = code[at..].find(|letter| {
                match letter {
                    '"' => in_text = !in_text,
                    '(' if !in_text => depth += 1,
                    ')' if !in_text => depth -= 1,
                    _ => (),
                }
                depth == 0
            });
            let call = &code[at..at + end.unwrap()];
            call.rsplit('"').nth(1).unwrap_or_else(|| panic!("no text in {call}")).to_owned()
        })
        .collect()
}

fn visit(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            visit(&path, found);
        } else if name.ends_with(".rs") && !name.ends_with("_tests.rs") {
            found.extend(lines(&fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
// RLY-18.
fn each_line_of_the_log_is_listed() {
    let page = page();
    let (_, log) = page.split_once("## In the log").unwrap();
    let mut said = BTreeSet::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut said);
    assert!(said.len() > 20, "{said:?}");
    let table = log.lines().filter(|line| line.starts_with("| `"));
    let listed: BTreeSet<String> = table
        .flat_map(|line| line[2..].split(" |").next().unwrap().split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, said);
}
