//! What is written is read again.

use crate::sample::{People, flat, read, write};
use aside_archive::{Item, Place};
use aside_content::{Body, ChatId};
use proptest::prelude::*;

// ARC-2
#[test]
fn arc_2_everything_that_can_stand_in_an_archive_is_read_as_it_was_written() {
    let people = People::new();
    let items = people.items();
    let archive = write(&people, &items);
    assert_eq!(flat(&read(&archive).unwrap()), flat(&items));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    // ARC-2, ARC-3
    #[test]
    fn any_conversations_come_back(
        chats in prop::collection::btree_map(any::<[u8; 32]>(), prop::collection::vec((".{1,40}", any::<bool>(), any::<bool>()), 0..6), 0..5)
    ) {
        let people = People::new();
        let mut items = vec![Item::Manifest(people.manifest())];
        for (id, said) in chats {
            items.push(Item::Place(Place::Chat { id: ChatId::new(id), peer: people.bob }));
            for (number, (text, own, marked)) in (1..).zip(said) {
                let sender = if own { people.own() } else { people.bob };
                let mut message = people.message(number, sender, "x");
                message.body = Body::text(text).unwrap();
                items.push(Item::Message(message));
                if marked {
                    items.push(Item::Mark(people.reaction(people.bob)));
                    items.push(Item::Mark(people.wording(sender)));
                }
            }
        }
        items.push(Item::End);
        let archive = write(&people, &items);
        prop_assert_eq!(flat(&read(&archive).unwrap()), flat(&items));
    }
}
