//! `content/frames.json`: people named in texts.

use super::{
    Result,
    chat_frame::opened,
    curve,
    frames::{accept_with_commitment, chat, sender},
    people::Cast,
    sheet::{Sheet, note},
};
use aside_content::padding::pad;
use aside_wire::{limits::MENTIONS, pb};
use prost::Message;

/// Ten bytes, eight characters: `ä` begins at 3, `ö` at 8.
const TEXT: &str = "hi äbc ö";

pub(super) fn mentions(sheet: &mut Sheet, commitment: &[u8]) -> Result<()> {
    let alice = Cast::new("alice")?.certificate.account.as_bytes().to_vec();
    let bob = Cast::new("bob")?.certificate.account.as_bytes().to_vec();
    for (id, comment, places) in [
        ("chat-frame-mention", "Somebody is named; the place counts bytes.", vec![(3, 4)]),
        ("chat-frame-mention-of-everything", "The whole text is a name.", vec![(0, 10)]),
        ("chat-frame-mention-last-character", "It ends where the text ends.", vec![(8, 2)]),
        (
            "chat-frame-mentions-side-by-side",
            "The second begins where the first ends.",
            vec![(0, 3), (3, 2), (5, 5)],
        ),
    ] {
        let people = [&alice, &bob].into_iter().cycle();
        let mentions: Vec<_> = places.into_iter().zip(people).map(|(at, who)| mention(who, at)).collect();
        let frame = saying(&mentions);
        accept_with_commitment(sheet, note(id, "CON-12", comment), "chat_frame.open", id, &frame)?;
    }
    let most: Vec<_> = (0..MENTIONS).map(|_| mention(&alice, (0, 1))).collect();
    let too_many = [most.as_slice(), &[mention(&alice, (0, 1))]].concat();
    let sender = sender()?;
    for (id, comment, mentions, word) in [
        ("chat-frame-mention-empty", "A name of no bytes.", vec![mention(&alice, (3, 0))], "malformed"),
        (
            "chat-frame-mention-behind-the-end",
            "It ends a byte too late.",
            vec![mention(&alice, (8, 3))],
            "malformed",
        ),
        (
            "chat-frame-mention-outside",
            "It begins where the text ends.",
            vec![mention(&alice, (10, 1))],
            "malformed",
        ),
        (
            "chat-frame-mention-end-beyond-32-bits",
            "Start and length add up to 1 in 32 bits.",
            vec![mention(&alice, (2, u32::MAX))],
            "malformed",
        ),
        (
            "chat-frame-mention-begins-inside-a-character",
            "The second byte of two.",
            vec![mention(&alice, (4, 2))],
            "malformed",
        ),
        (
            "chat-frame-mention-ends-inside-a-character",
            "The first byte of two.",
            vec![mention(&alice, (0, 4))],
            "malformed",
        ),
        (
            "chat-frame-mentions-overlap",
            "The second begins in the first.",
            vec![mention(&alice, (0, 3)), mention(&bob, (2, 3))],
            "malformed",
        ),
        (
            "chat-frame-mentions-in-one-place",
            "Two people under one name.",
            vec![mention(&alice, (0, 2)), mention(&bob, (0, 2))],
            "malformed",
        ),
        (
            "chat-frame-mentions-out-of-order",
            "The later place comes first.",
            vec![mention(&bob, (5, 1)), mention(&alice, (0, 2))],
            "malformed",
        ),
        ("chat-frame-mention-of-nobody", "The account is missing.", vec![mention(&[], (0, 2))], "key"),
        (
            "chat-frame-mention-account-31-bytes",
            "An account key has 32 bytes.",
            vec![mention(alice.get(..31).unwrap_or_default(), (0, 2))],
            "key",
        ),
        ("chat-frame-mentions-too-many", "One more than the limit.", too_many, "limit"),
    ] {
        let note = note(id, "CON-12", comment).threat("W6");
        let input = opened(&pad(&saying(&mentions).encode_to_vec())?, &sender, commitment);
        sheet.refuse(note, "chat_frame.open", input, word)?;
    }
    let neutral = curve::low_order_edwards().first().map(|key| key.to_vec()).unwrap_or_default();
    let comment = "An account under whose name anybody signs anything.";
    let weak = note("chat-frame-mention-account-small-order", "CON-12 PRM-7", comment).threat("P3");
    let input = opened(&pad(&saying(&[mention(&neutral, (0, 2))]).encode_to_vec())?, &sender, commitment);
    sheet.refuse(weak.catches(&["accept-low-order"]), "chat_frame.open", input, "key")
}

fn mention(account: &[u8], (start, length): (u32, u32)) -> pb::Mention {
    pb::Mention { account: account.to_vec(), start, length }
}

fn saying(mentions: &[pb::Mention]) -> pb::Frame {
    let text = pb::Text { body: TEXT.to_owned(), mentions: mentions.to_vec() };
    pb::Frame { content: text.encode_to_vec(), ..chat() }
}
