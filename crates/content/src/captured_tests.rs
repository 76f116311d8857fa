use super::*;
use alloc::vec;
use aside_primitives::{Secret, SigningKey};

const CHAT: Scene = Scene::Chat(ChatState::Accepted);
const NOW: u64 = 1_800_000_000_000;

fn account(number: u8) -> AccountKey {
    AccountKey::new(SigningKey::from_seed(&Secret::new([number; 32])).verifying_key())
}

fn id(number: u8) -> MessageId {
    MessageId::new([number; 16])
}

fn theirs(numbers: impl IntoIterator<Item = u8>) -> Vec<Shown> {
    numbers.into_iter().map(|number| Shown { author: account(2), id: id(number) }).collect()
}

fn ids(numbers: impl IntoIterator<Item = u8>) -> Vec<MessageId> {
    numbers.into_iter().map(id).collect()
}

#[test]
fn cap_3_where_nobody_was_promised_anything_nobody_is_told() {
    let scenes = [
        Scene::Thread,
        Scene::Chat(ChatState::Opened),
        Scene::Chat(ChatState::Requested),
        Scene::Chat(ChatState::Ended),
        Scene::Group { notices: false },
    ];
    for scene in scenes {
        let told = tell(scene, &theirs([1]), &account(1), &Burst::default(), NOW);
        assert_eq!(told, Err(Nobody::Scene), "{scene:?}");
        let here = [Here { message: Shown { author: account(1), id: id(1) }, said: false }];
        assert_eq!(to_show(scene, &account(2), &ids([1]), &here), [], "{scene:?}");
    }
}

#[test]
fn cap_5_who_captures_their_own_words_tells_nobody() {
    let own = Shown { author: account(1), id: id(1) };
    let told = |screen: &[Shown]| tell(CHAT, screen, &account(1), &Burst::default(), NOW);
    assert_eq!(told(&[]), Err(Nobody::OwnAlone));
    assert_eq!(told(&[own]), Err(Nobody::OwnAlone));
    let both = [theirs([3]), vec![own], theirs([2])].concat();
    assert_eq!(told(&both).unwrap().further, [ids([2, 3])]);
}

#[test]
fn cap_4_cap_7_a_notice_names_eight_messages_and_a_capture_the_newest_sixty_four() {
    let screen = theirs(0..100);
    let Notices { waiting, further } = tell(CHAT, &screen, &account(1), &Burst::default(), NOW).unwrap();
    assert_eq!(waiting, None);
    assert!(further.iter().all(|refs| refs.len() == 8 && refs.is_sorted()));
    assert_eq!(further.concat(), ids(36..100));
}

#[test]
fn cap_6_a_burst_is_one_capture() {
    let told = |numbers: &[u8], at| numbers.iter().map(|number| (id(*number), at)).collect();
    let waiting = |refs: &[u8], since| Some((ids(refs.iter().copied()), since));
    let tell =
        |burst, numbers: &[u8], now| tell(CHAT, &theirs(numbers.iter().copied()), &account(1), &burst, now);
    let burst = Burst { told: told(&[1, 2], NOW), waiting: None };
    assert_eq!(tell(burst.clone(), &[1, 2], NOW + 1_999), Err(Nobody::Told));
    assert_eq!(tell(burst.clone(), &[1, 3], NOW + 1_999).unwrap().further, [ids([3])]);
    assert_eq!(tell(burst.clone(), &[1, 2], NOW + 2_000).unwrap().further, [ids([1, 2])]);
    // A clock that was set back by an hour.
    assert_eq!(tell(burst, &[1, 2], NOW - 3_600_000).unwrap().further, [ids([1, 2])]);

    let burst = Burst { told: told(&[2], NOW), waiting: waiting(&[2], NOW) };
    let more = tell(burst.clone(), &[2, 1, 3], NOW + 500).unwrap();
    assert_eq!((more.waiting, more.further), (Some(ids([1, 2, 3])), vec![]));
    let later = tell(burst, &[1], NOW + 2_000).unwrap();
    assert_eq!((later.waiting, later.further), (None, vec![ids([1])]));
    // What does not fit is said in further notices.
    let burst = Burst { told: told(&[9], NOW), waiting: waiting(&[2, 4, 6, 8, 10, 12, 14], NOW) };
    let more = tell(burst, &[1, 3], NOW).unwrap();
    assert_eq!((more.waiting, more.further), (Some(ids([1, 2, 4, 6, 8, 10, 12, 14])), vec![ids([3])]));
    let burst = Burst { told: vec![], waiting: waiting(&[1, 2, 3, 4, 5, 6, 7, 8], NOW) };
    let more = tell(burst, &[9], NOW).unwrap();
    assert_eq!((more.waiting, more.further), (None, vec![ids([9])]));
}

#[test]
fn cap_11_cap_12_only_what_is_here_of_others_and_new_is_shown() {
    let here =
        |author, number, said| Here { message: Shown { author: account(author), id: id(number) }, said };
    let shown = to_show(
        Scene::Group { notices: true },
        &account(2),
        &ids([1, 2, 3, 4]),
        &[here(1, 1, false), here(2, 2, false), here(3, 3, true), here(3, 4, false), here(1, 9, false)],
    );
    let mut expected = vec![Shown { author: account(1), id: id(1) }, Shown { author: account(3), id: id(4) }];
    expected.sort();
    assert_eq!(shown, expected);
}
