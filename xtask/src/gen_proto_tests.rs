use super::*;

fn files(list: &[(&str, &str)]) -> Files {
    list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn every_kind_of_difference_is_named() {
    let wanted = files(&[("a.rs", "1"), ("b.rs", "2"), ("c.rs", "3")]);
    let there = files(&[("a.rs", "1"), ("b.rs", "2 "), ("d.rs", "4")]);
    assert_eq!(differences(&wanted, &there), ["`b.rs` differs", "`c.rs` is missing", "`d.rs` is left over"]);
    assert!(differences(&wanted, &wanted).is_empty());
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    assert!(generate().unwrap() == generate().unwrap());
}

#[test]
fn every_proto_file_is_a_source() {
    let folder = workspace::root().join("proto/aside/v1");
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut there: Vec<String> = names.map(|name| format!("aside/v1/{name}")).collect();
    let mut sources = SOURCES.to_vec();
    there.sort();
    sources.sort();
    assert_eq!(there, sources);
}
