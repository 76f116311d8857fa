//! What leaves in an archive, and what one brings.

use crate::{
    client::{Client, Halt},
    crowd::{ALICE, BOB, Crowd},
    relay::contains,
    store::{Faulty, dump, rows},
    world::{World, handle},
};
use aside_archive::{Item, LENGTH_BYTES, MAGIC_BYTES, Reader, length};
use aside_client::{
    Conversation, Error, Misuse, Protection,
    engine::{Exported, Import},
    store::{Store, StoreError, Table},
};
use aside_content::{Sharing, Text};

fn export(client: &mut Client, only: Option<&[Conversation]>) -> (Vec<u8>, Exported) {
    let mut archive = Vec::new();
    let exported = client
        .step(|engine, step| {
            engine.export(step, only, &mut |part: &[u8]| {
                archive.extend_from_slice(part);
                Ok::<_, Error>(())
            })
        })
        .unwrap();
    (archive, exported)
}

/// Everything in one step, as a program does it.
fn import(client: &mut Client, archive: &[u8]) -> Result<Import, Halt> {
    client.step(|engine, step| {
        let refused = |_| Error::Store(StoreError::Failed("refused".into()));
        let (head, mut rest) = archive.split_first_chunk::<MAGIC_BYTES>().unwrap();
        let mut reader = Reader::begin(head).map_err(refused)?;
        let mut import = Import::default();
        while let Some((prefix, behind)) = rest.split_first_chunk::<LENGTH_BYTES>() {
            let (record, after) = behind.split_at(length(*prefix).map_err(refused)?);
            let item: Item = reader.take(record).map_err(refused)?;
            engine.import(step, &mut import, &item)?;
            rest = after;
        }
        reader.finish().map_err(refused)?;
        Ok::<_, Error>(import)
    })
}

/// The same account on a device that has lost everything else.
fn bare(client: &Client) -> Client {
    let mut store = Faulty::default();
    let copied: Result<(), StoreError> = store.step(|tx| {
        for (key, record) in rows(&client.store.inner, Table::Own) {
            tx.put(Table::Own, &key, &record)?;
        }
        Ok(())
    });
    copied.unwrap();
    Client::load(store, 99)
}

/// A thread, a chat with marks, and everything that has to stay.
fn world(seed: u64) -> World {
    let mut world = World::chatting(seed);
    world.alice.say_openly(&handle("bob"), "in the clear").unwrap();
    world.bob.say(&handle("alice"), "xylophone").unwrap();
    world.settle();
    let chat = world.alice.chat_with(&world.bob.account());
    let index = world.alice.messages(chat).last().unwrap().index;
    world.alice.step(|engine, step| engine.react(step, chat, index, "👍")).unwrap();
    let at_bob = world.bob.messages(chat).last().unwrap().index;
    let reworded = Text::new("marimba").unwrap();
    world.bob.step(|engine, step| engine.edit(step, chat, at_bob, reworded)).unwrap();
    world.settle();
    world
}

// ARC-7, ARC-8
#[test]
fn arc_8_what_an_archive_brings_is_shown_as_imported_and_never_as_protected() {
    let mut world = world(81);
    let chat = world.alice.chat_with(&world.bob.account());
    let thread = world.alice.thread_with(&world.bob.account());
    let (archive, exported) = export(&mut world.alice, None);
    assert_eq!(exported, Exported { conversations: 2, messages: 4, withheld: 0, told: 2 });
    let mut again = bare(&world.alice);
    let imported = import(&mut again, &archive).unwrap();
    assert_eq!((imported.messages, imported.known), (4, 0));
    for conversation in [chat, thread] {
        assert_eq!(again.texts(conversation), world.alice.texts(conversation));
        for message in again.messages(conversation) {
            assert_eq!(message.shield.protection(), Protection::Imported);
        }
    }
    let last = again.messages(chat).into_iter().next_back().unwrap();
    assert!(last.edited && last.reactions == [(world.alice.account(), "👍".to_owned())]);
    // It is no conversation to write in, and tells of nothing new.
    assert_eq!(again.conversations(), []);
    let places = again.step(|engine, step| engine.imported_places(step.tx)).unwrap();
    let known: Vec<_> = places.iter().map(|place| (place.conversation, place.handle.clone())).collect();
    assert_eq!(known, [(thread, Some(handle("bob"))), (chat, Some(handle("bob")))]);
    let found = again.step(|engine, step| engine.search(step, "marimba", None, 9)).unwrap();
    assert_eq!(found.len(), 1);
    assert!(again.step(|engine, step| engine.search(step, "xylophone", None, 9)).unwrap().is_empty());
    // What was imported leaves again as what it is.
    let (second, exported) = export(&mut again, None);
    assert_eq!(exported.messages, 4);
    let mut third = bare(&world.alice);
    import(&mut third, &second).unwrap();
    assert_eq!(third.texts(chat), world.alice.texts(chat));
}

// ARC-8
#[test]
fn arc_8_nobody_is_told_that_something_imported_was_read() {
    let mut world = world(86);
    let chat = world.alice.chat_with(&world.bob.account());
    let (archive, _) = export(&mut world.alice, None);
    forget_messages(&mut world.alice);
    assert_eq!(import(&mut world.alice, &archive).unwrap().messages, 4);
    world.alice.step(|engine, step| engine.mark_shown(step, chat, u64::MAX)).unwrap();
    assert_eq!(rows(&world.alice.store.inner, Table::Receipt), []);
}

// ARC-9
#[test]
fn arc_9_importing_again_changes_nothing_and_brings_back_nothing_that_was_deleted() {
    let mut world = world(82);
    let chat = world.alice.chat_with(&world.bob.account());
    let (archive, _) = export(&mut world.alice, None);
    let before = dump(&world.alice.store.inner);
    let imported = import(&mut world.alice, &archive).unwrap();
    assert_eq!((imported.messages, imported.known), (0, 4));
    assert!(dump(&world.alice.store.inner) == before);

    let indexes: Vec<_> = world.alice.messages(chat).iter().map(|message| message.index).collect();
    world.alice.step(|engine, step| engine.unsend(step, chat, indexes[0])).unwrap();
    world.alice.step(|engine, step| engine.delete(step, chat, indexes[2])).unwrap();
    world.settle();
    let before = dump(&world.alice.store.inner);
    import(&mut world.alice, &archive).unwrap();
    assert!(dump(&world.alice.store.inner) == before);

    let mut again = bare(&world.alice);
    import(&mut again, &archive).unwrap();
    let once = dump(&again.store.inner);
    import(&mut again, &archive).unwrap();
    assert!(dump(&again.store.inner) == once);
}

// ARC-7
#[test]
fn arc_7_an_archive_that_is_refused_or_foreign_changes_nothing() {
    let mut world = world(83);
    let (archive, _) = export(&mut world.alice, None);
    let mut forged = archive.clone();
    *forged.last_mut().unwrap() ^= 1;
    for (client, bytes) in [(bare(&world.alice), &forged), (bare(&world.bob), &archive)] {
        let mut client = client;
        let before = dump(&client.store.inner);
        assert!(import(&mut client, bytes).is_err());
        assert!(dump(&client.store.inner) == before);
    }
    let refused = import(&mut world.bob, &archive);
    assert!(
        matches!(refused, Err(Halt::Client(Error::Misuse(Misuse::ForeignArchive(of)))) if of == handle("alice"))
    );
}

// ARC-6, CON-29, CNV-4
#[test]
fn arc_6_nothing_leaves_that_may_not() {
    let mut world = world(84);
    let chat = world.alice.chat_with(&world.bob.account());
    let wish = |sharing| Sharing { export: false, ..sharing };
    world.bob.step(|engine, step| engine.set_sharing(step, &handle("alice"), wish)).unwrap();
    world.settle();
    world.carol.open_chat(&handle("alice")).unwrap();
    world.carol.say(&handle("alice"), "request").unwrap();
    world.settle();
    let mine = world.alice.messages(chat)[0].index;
    world.alice.step(|engine, step| engine.unsend(step, chat, mine)).unwrap();
    world.settle();
    world.alice.say(&handle("bob"), "not sent yet").unwrap();
    let (archive, exported) = export(&mut world.alice, None);
    assert_eq!(exported, Exported { conversations: 1, messages: 1, withheld: 2, told: 0 });
    for word in ["xylophone", "marimba", "request", "not sent yet", "first", "second"] {
        assert!(!contains(&archive, word.as_bytes()), "{word}");
    }
    assert!(contains(&archive, b"in the clear"));
    for table in [Table::Own, Table::Session, Table::Prekey] {
        for (_, record) in rows(&world.alice.store.inner, table) {
            // The public device list stands in the first record, behind the private keys.
            assert!(!record[..100].windows(24).any(|window| contains(&archive, window)), "{table:?}");
        }
    }
    let thread = world.alice.thread_with(&world.bob.account());
    assert_eq!(export(&mut world.alice, Some(&[thread])).1.conversations, 1);
    assert_eq!(export(&mut world.alice, Some(&[chat])).1, Exported { withheld: 2, ..Default::default() });
}

// ARC-6
#[test]
fn arc_6_a_group_leaves_with_those_who_wrote_in_it_and_what_they_take_back_is_wiped() {
    let (mut crowd, group) = Crowd::group(85, 3);
    let conversation = Conversation::Group(group);
    crowd.say(BOB, &group, "xylophone").unwrap();
    crowd.say(ALICE, &group, "mine").unwrap();
    crowd.settle();
    let (archive, exported) = export(&mut crowd.people[ALICE], None);
    assert_eq!((exported.conversations, exported.messages), (1, 2));
    let mut again = bare(&crowd.people[ALICE]);
    import(&mut again, &archive).unwrap();
    assert_eq!(again.texts(conversation), crowd.people[ALICE].texts(conversation));
    // On the device that left the group's messages behind and has them from the archive again.
    let client = &mut crowd.people[ALICE];
    forget_messages(client);
    import(client, &archive).unwrap();
    assert!(contains(&dump(&client.store.inner).concat_records(), b"xylophone"));
    let index = crowd.people[BOB].messages(conversation)[0].index;
    crowd.people[BOB].step(|engine, step| engine.unsend(step, conversation, index)).unwrap();
    crowd.settle();
    assert!(!contains(&dump(&crowd.people[ALICE].store.inner).concat_records(), b"xylophone"));
}

/// As if they had never been here, but for the conversations.
fn forget_messages(client: &mut Client) {
    let wiped: Result<(), StoreError> = client.store.step(|tx| {
        for table in [Table::Message, Table::MessageId, Table::Term, Table::Mark, Table::Receipt] {
            for (key, _) in tx.scan(table, &[], None, usize::MAX)? {
                tx.delete(table, &key)?;
            }
        }
        Ok(())
    });
    wiped.unwrap();
}

trait Records {
    fn concat_records(&self) -> Vec<u8>;
}

impl Records for Vec<(Table, (Vec<u8>, Vec<u8>))> {
    fn concat_records(&self) -> Vec<u8> {
        self.iter().flat_map(|(_, (key, record))| [key.as_slice(), record].concat()).collect()
    }
}
