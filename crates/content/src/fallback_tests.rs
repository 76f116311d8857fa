use super::*;
use crate::{Body, Kind};
use alloc::{vec, vec::Vec};

fn unknown(content: &[u8]) -> String {
    Body::Unknown { kind: Kind(4000), content: content.to_vec() }.fallback_text()
}

const NONE: &str = "[not supported here: content kind 4000]";

/// Field 15 with this text.
fn field(text: &[u8]) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    assert!(length < 128);
    [&[0x7A, length], text].concat()
}

#[test]
fn con_17_an_unknown_kind_is_shown_by_its_fallback() {
    let text = "a poll: tea or coffee?";
    let alone = field(text.as_bytes());
    assert_eq!(unknown(&alone), text);
    // Behind a number, bytes, and a number 15; before whatever is broken.
    let among = [&[0x08, 0xFF, 0x01, 0x12, 0x02, 0x7A, 0x7A, 0x78, 0x05], alone.as_slice(), &[0xFF]].concat();
    assert_eq!(unknown(&among), text);
    // The first counts.
    assert_eq!(unknown(&[alone.as_slice(), &field(b"other")].concat()), text);
}

#[test]
fn con_17_what_is_no_fallback_is_not_shown() {
    let long = [&[0x7A, 0x81, 0x04][..], &[b'x'; 513]].concat();
    let short = [&[0x7A, 0x80, 0x04][..], &[b'x'; 512]].concat();
    assert_eq!(unknown(&short).len(), 512);
    let inside = [&[0x0A, 0x04], field(b"hi").as_slice()].concat();
    for content in [
        vec![],
        field(b""),
        field(&[0xC3, 0x28]),
        long,
        inside,
        vec![0x7A],
        vec![0x7A, 5, b'x'],
        vec![0x7D, 1, 2, 3, 4],
        [&[0x0D, 1, 2, 3, 4], field(b"hi").as_slice()].concat(),
    ] {
        assert_eq!(unknown(&content), NONE, "{content:02x?}");
    }
}

#[test]
fn w2_the_walk_to_a_fallback_is_bounded() {
    let behind = |fields: usize| unknown(&[[0x08, 0x01].repeat(fields), field(b"hi")].concat());
    assert_eq!((behind(127).as_str(), behind(128).as_str()), ("hi", NONE));
}

#[test]
fn con_17_a_long_text_is_cut_between_characters() {
    let cut_of = |text: &str| cut(text.into());
    assert_eq!(cut_of(&"x".repeat(512)), "x".repeat(512));
    assert_eq!(cut_of(&"x".repeat(513)), "x".repeat(509) + "…");
    let emoji = cut_of(&"👋".repeat(200));
    assert_eq!(emoji, "👋".repeat(127) + "…");
    assert!(check(&emoji).is_ok());
}
