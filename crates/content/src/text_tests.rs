use super::*;
use crate::{Body, Kind};
use alloc::vec;
use aside_primitives::KeyRefused;
use aside_testkit::{Person, TestRng};

/// Ten bytes, eight characters: `ä` begins at 3, `ö` at 8.
const BODY: &str = "hi äbc ö";

fn account() -> AccountKey {
    Person::new(&mut TestRng::new(1)).certificate.account
}

fn mentions(places: &[(u32, u32)]) -> Vec<Mention> {
    let account = account();
    places.iter().map(|(start, length)| Mention { account, start: *start, length: *length }).collect()
}

/// The content as a sender who checks nothing writes it.
fn raw(body: &str, mentions: Vec<pb::Mention>) -> Vec<u8> {
    pb::Text { body: body.into(), mentions }.encode_to_vec()
}

fn raw_mentions(places: &[(u32, u32)]) -> Vec<pb::Mention> {
    let account = account().as_bytes().to_vec();
    let mention = |(start, length): &(u32, u32)| pb::Mention {
        account: account.clone(),
        start: *start,
        length: *length,
    };
    places.iter().map(mention).collect()
}

fn decode_text(content: &[u8]) -> Result<Body, Refused> {
    Body::decode(Kind::TEXT, content)
}

#[test]
fn con_12_good_mentions_survive() {
    for places in [
        vec![],
        vec![(0, 1)],
        vec![(0, 10)],
        vec![(3, 2)],
        vec![(8, 2)],
        // Side by side, and apart.
        vec![(0, 3), (3, 4), (7, 1)],
        vec![(0, 1), (8, 2)],
    ] {
        let text = Text::with_mentions(BODY, mentions(&places)).unwrap();
        assert_eq!((text.as_str(), text.mentions()), (BODY, mentions(&places).as_slice()));
        let body = Body::Text(text);
        assert_eq!(body.encode(), raw(BODY, raw_mentions(&places)));
        assert_eq!(decode_text(&body.encode()), Ok(body), "{places:?}");
    }
}

#[test]
fn con_12_mentions_in_wrong_places_are_refused() {
    for places in [
        // Empty.
        vec![(0, 0)],
        vec![(3, 0)],
        vec![(10, 0)],
        // Not inside the text.
        vec![(0, 11)],
        vec![(10, 1)],
        vec![(11, 1)],
        vec![(u32::MAX, 1)],
        vec![(1, u32::MAX)],
        vec![(u32::MAX, u32::MAX)],
        // Not between characters.
        vec![(4, 1)],
        vec![(3, 1)],
        vec![(0, 4)],
        // Not behind the one before.
        vec![(0, 3), (0, 3)],
        vec![(0, 3), (2, 1)],
        vec![(5, 1), (0, 3)],
        vec![(0, 10), (1, 1)],
    ] {
        let refused = Malformed::Field("mentions");
        assert_eq!(Text::with_mentions(BODY, mentions(&places)), Err(refused), "{places:?}");
        assert_eq!(decode_text(&raw(BODY, raw_mentions(&places))), Err(refused.into()), "{places:?}");
    }
}

#[test]
fn con_12_an_account_key_is_checked() {
    let named = |account: Vec<u8>| raw(BODY, vec![pb::Mention { account, start: 0, length: 2 }]);
    let honest = account().as_bytes().to_vec();
    assert!(decode_text(&named(honest.clone())).is_ok());
    let mut neutral = vec![0; 32];
    neutral[0] = 1;
    for (account, reason) in [
        (vec![], KeyRefused::Length),
        (honest[..31].to_vec(), KeyRefused::Length),
        ([honest.as_slice(), &[0]].concat(), KeyRefused::Length),
        (neutral, KeyRefused::SmallOrder),
    ] {
        assert_eq!(decode_text(&named(account)), Err(Refused::Key(reason)));
    }
}

#[test]
fn w2_mentions_are_bounded() {
    let body = "x".repeat(TEXT_BYTES);
    let places = |count: u32| (0..count).map(|place| (16_000 + place, 1)).collect::<Vec<_>>();
    let most = places(64);
    let text = Text::with_mentions(body.clone(), mentions(&most)).unwrap();
    assert_eq!(decode_text(&text.encode()), Ok(Body::Text(text)));
    let too_many = places(65);
    assert_eq!(Text::with_mentions(body.clone(), mentions(&too_many)), Err(Malformed::TooManyFields("Text")));
    let refused = decode_text(&raw(&body, raw_mentions(&too_many))).unwrap_err();
    assert_eq!(refused.reject(), aside_wire::Reject::Limit);
}

#[test]
fn con_8_a_text_has_1_to_16_384_bytes() {
    assert_eq!(Text::new(""), Err(Malformed::Field("text")));
    assert!(Text::new("x".repeat(TEXT_BYTES)).is_ok());
    assert_eq!(Text::new("x".repeat(TEXT_BYTES + 1)), Err(Malformed::Field("text")));
    // Somebody is named in nothing.
    assert!(decode_text(&raw("", raw_mentions(&[(0, 1)]))).is_err());
}

#[test]
fn w3_a_mention_has_one_encoding() {
    let honest = raw(BODY, raw_mentions(&[(1, 1)]));
    assert!(decode_text(&honest).is_ok());
    // The start in two bytes, the length of the mention with it.
    let (head, tail) = honest.split_at(honest.len() - 4);
    assert_eq!(tail, [0x10, 1, 0x18, 1]);
    let mut long = [head, &[0x10, 0x81, 0, 0x18, 1]].concat();
    let place = 2 + BODY.len() + 1;
    long[place] += 1;
    assert_eq!(decode_text(&long), Err(Malformed::NotCanonical("Text").into()));
    // The start written out although it is 0.
    let mut zero = [head, &[0x10, 0, 0x18, 1]].concat();
    assert_eq!(decode_text(&zero), Err(Malformed::NotCanonical("Text").into()));
    zero.truncate(zero.len() - 1);
    assert!(decode_text(&zero).is_err());
}

#[test]
fn what_people_write_and_whom_they_name_is_never_printed() {
    let text = Text::with_mentions("secret", mentions(&[(0, 6)])).unwrap();
    assert_eq!(alloc::format!("{text:?} {:?}", Body::Text(text.clone())), {
        "Text(6 bytes, 1 mentions) Text(6 bytes, 1 mentions)"
    });
}
