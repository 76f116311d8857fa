use super::*;
use crate::samples::bodies;
use alloc::vec::Vec;

const CHAPTER: &str = include_str!("../../../spec/kinds.md");

/// The rows of the chapter's table: kind (`None` for any other), where it may stand, whether it is shown.
fn table() -> Vec<(Option<Kind>, Vec<bool>, bool)> {
    let (_, rest) = CHAPTER.split_once("\n| kind | message | thread |").unwrap();
    let rows = rest.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let kind = cells[0].parse().ok().map(Kind);
        assert_eq!((cells.len(), kind.is_none()), (8, cells[0] == "any other"));
        (kind, cells[2..7].iter().map(|cell| *cell == "yes").collect(), cells[7] == "yes")
    })
    .collect()
}

#[test]
fn con_15_every_kind_stands_where_the_chapter_says() {
    let table = table();
    let listed: Vec<Kind> = table.iter().filter_map(|row| row.0).collect();
    assert_eq!(listed, Kind::ALL);
    let (_, others, _) = table.last().unwrap();
    for number in 0..5000 {
        let kind = Kind(number);
        let row = table.iter().find(|row| row.0 == Some(kind)).map_or(others, |row| &row.1);
        let places: Vec<bool> = Place::ALL.iter().map(|place| allowed(kind, *place)).collect();
        assert_eq!(&places, row, "{kind:?}");
        // A retry stands between members beside what is theirs alone (HEA-11).
        assert_eq!(allowed(kind, Place::Members), kind.is_between_members() || kind == Kind::RETRY);
    }
}

#[test]
fn con_15_what_is_shown_is_what_the_chapter_says() {
    let mut seen = 0;
    for body in bodies() {
        let table = table();
        let row = table.iter().find(|row| row.0 == Some(body.kind())).or(table.last()).unwrap();
        assert_eq!(body.is_shown(), row.2, "{body:?}");
        seen += usize::from(body.is_shown());
    }
    assert_eq!(seen, 13);
}

#[test]
fn con_16_only_some_kinds_stand_in_others() {
    let kinds =
        |may: fn(Kind) -> bool| Kind::ALL.iter().map(|kind| kind.0).filter(|n| may(Kind(*n))).collect();
    let [answers, forwards]: [Vec<u32>; 2] = [kinds(may_answer), kinds(may_be_forwarded)];
    assert_eq!((answers, forwards), ([1, 6, 7, 8, 9, 14].into(), [1, 6, 7, 8, 9].into()));
    assert!(may_answer(Kind(4000)) && may_be_forwarded(Kind(4000)));
    assert!(!may_answer(Kind(0)) && !may_be_forwarded(Kind(0)));
}
