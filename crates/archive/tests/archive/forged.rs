//! What is altered, cut, moved, repeated or added is refused.

use crate::sample::{People, read, records, write};
use aside_archive::{Item, LENGTH_BYTES, MAGIC, Mark, Place, Said, length};
use aside_content::{Body, Text, ThreadId};
use aside_identity::GroupId;
use aside_wire::{Reject, limits::ARCHIVE_RECORD_BYTES};

fn word(archive: &[u8]) -> Option<Reject> {
    read(archive).err().map(|refused| refused.reject())
}

// ARC-3
#[test]
fn arc_3_no_byte_of_an_archive_can_be_changed_and_no_end_be_cut_off() {
    let people = People::new();
    let archive = write(&people, &people.items());
    assert_eq!(word(&archive), None);
    for place in 0..archive.len() {
        for mask in [0x01, 0x80, 0xFF] {
            let mut forged = archive.clone();
            forged[place] ^= mask;
            assert!(word(&forged).is_some(), "byte {place} with {mask:02x}");
        }
        assert!(word(&archive[..place]).is_some(), "the first {place} bytes");
    }
}

// ARC-2, ARC-3
#[test]
fn arc_2_records_cannot_be_left_out_moved_repeated_or_added() {
    let people = People::new();
    let archive = write(&people, &people.items());
    let records = records(&archive);
    let joined = |records: &[Vec<u8>]| [MAGIC.to_vec(), records.concat()].concat();
    assert_eq!(word(&joined(&records)), None);
    for place in 0..records.len() {
        let mut without = records.clone();
        without.remove(place);
        assert!(word(&joined(&without)).is_some(), "without {place}");
        let mut twice = records.clone();
        twice.insert(place, records[place].clone());
        assert!(word(&joined(&twice)).is_some(), "{place} twice");
        let mut swapped = records.clone();
        swapped.swap(place, (place + 1) % records.len());
        assert!(word(&joined(&swapped)).is_some(), "{place} moved");
        let mut behind = records.clone();
        behind.push(records[place].clone());
        assert_eq!(word(&joined(&behind)), Some(Reject::Malformed), "{place} behind the end");
    }
}

// ARC-2: the device itself cannot sign these.
#[test]
fn arc_2_a_signature_does_not_make_up_for_an_order_that_is_wrong() {
    let people = People::new();
    let manifest = || Item::Manifest(people.manifest());
    let message = |number| Item::Message(people.message(number, people.bob, "hi"));
    let chat = || Item::Place(people.chat());
    let bob = || people.person(people.bob, "bob");
    let mark = || Item::Mark(people.reaction(people.bob));
    let wrong: [&[Item]; 9] = [
        &[manifest(), message(1), Item::End],
        &[manifest(), bob(), Item::End],
        &[manifest(), chat(), mark(), Item::End],
        &[manifest(), chat(), chat(), Item::End],
        &[manifest(), chat(), Item::Place(people.thread()), Item::End],
        &[manifest(), chat(), message(2), message(2), Item::End],
        &[manifest(), chat(), message(2), message(1), Item::End],
        &[manifest(), chat(), message(1), bob(), Item::End],
        &[manifest(), chat(), message(1), mark(), mark(), Item::End],
    ];
    for (place, items) in wrong.iter().enumerate() {
        assert_eq!(word(&write(&people, items)), Some(Reject::Malformed), "{place}");
    }
}

// ARC-5
#[test]
fn arc_5_what_cannot_have_been_said_there_is_refused_though_it_is_signed() {
    let people = People::new();
    let archive = |items: Vec<Item>| {
        let all = [vec![Item::Manifest(people.manifest())], items, vec![Item::End]].concat();
        write(&people, &all)
    };
    let strange = Item::Message(people.message(1, people.carol, "I am not in it"));
    let mut accept = people.message(1, people.bob, "x");
    accept.body = Body::ChatAccept;
    let mut unsent = people.message(1, people.bob, "x");
    unsent.body = Body::Unsend(unsent.message_id);
    let other = Place::Thread { id: ThreadId::new([7; 32]), peer: people.bob };
    let oneself = Place::Chat { id: aside_content::ChatId::new([7; 32]), peer: people.own() };
    let hers = Item::Message(people.message(1, people.own(), "hers"));
    let reworded =
        Mark { account: people.bob, counter: 1, said: Said::Wording(Text::new("not hers").unwrap()) };
    for (place, items) in [
        vec![Item::Place(people.chat()), strange.clone()],
        vec![Item::Place(people.thread()), strange],
        vec![Item::Place(people.chat()), Item::Message(accept)],
        vec![Item::Place(people.chat()), Item::Message(unsent)],
        vec![Item::Place(other)],
        vec![Item::Place(oneself)],
        vec![Item::Place(people.chat()), hers, Item::Mark(reworded)],
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(word(&archive(items)), Some(Reject::Policy), "{place}");
    }
}

// CON-18, GRP-10
#[test]
fn arc_2_emojis_and_names_of_groups_show_what_they_are() {
    let people = People::new();
    let archive = |items: Vec<Item>| {
        let all = [vec![Item::Manifest(people.manifest())], items, vec![Item::End]].concat();
        write(&people, &all)
    };
    let chat = || vec![Item::Place(people.chat()), Item::Message(people.message(1, people.own(), "hers"))];
    for text in ["a\nb", "a\u{202E}b", "\u{7F}"] {
        let group = Place::Group { id: GroupId::new([7; 32]), name: text.into() };
        assert_eq!(word(&archive(vec![Item::Place(group)])), Some(Reject::Malformed), "{text:?}");
        let mark = Mark { account: people.bob, counter: 1, said: Said::Reaction(text.into()) };
        let marked = [chat(), vec![Item::Mark(mark)]].concat();
        assert_eq!(word(&archive(marked)), Some(Reject::Malformed), "{text:?}");
    }
}

// ARC-4
#[test]
fn arc_4_another_device_or_account_cannot_sign_it() {
    let (people, others) = (People::new(), People::new());
    let mut strangers = aside_testkit::TestRng::new(9);
    let mallory = aside_testkit::person::Person::new(&mut strangers);
    let items = people.items();
    let by_mallory = People { alice: mallory, ..others };
    assert_eq!(word(&write(&by_mallory, &items)), Some(Reject::Signature));
    let mut foreign = items;
    let Some(Item::Manifest(manifest)) = foreign.first_mut() else { panic!("the manifest") };
    manifest.list = by_mallory.alice.list.clone();
    assert!(word(&write(&by_mallory, &foreign)).is_some());
}

// ARC-2
#[test]
fn arc_2_a_record_that_is_too_long_costs_nothing() {
    let over = u32::try_from(ARCHIVE_RECORD_BYTES + 1).unwrap().to_be_bytes();
    assert_eq!(length(over).unwrap_err().reject(), Reject::Limit);
    assert_eq!(length([0; LENGTH_BYTES]).unwrap_err().reject(), Reject::Malformed);
    assert!(length(u32::try_from(ARCHIVE_RECORD_BYTES).unwrap().to_be_bytes()).is_ok());
}

// ARC-1
#[test]
fn arc_1_another_version_is_told_from_what_is_no_archive() {
    let people = People::new();
    let mut archive = write(&people, &people.items());
    archive[14] = b'2';
    assert_eq!(word(&archive), Some(Reject::Version));
    archive[14] = b'x';
    assert_eq!(word(&archive), Some(Reject::Malformed));
}
