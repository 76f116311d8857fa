//! `conversations/`: the opt-in against a relay that holds back, repeats and reorders, and who may say what.

use super::{
    Result,
    sheet::{Sheet, note},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_content::{
    Kind, Place,
    admission::{Admission, Sender, admission},
    rules::allowed,
};

/// Id, requirements, what happens, why it ends well.
type Case = (&'static str, &'static str, &'static str, &'static str);

const ACCEPTED: &[Case] = &[
    ("opened", "CNV-3", "open", "The question is all that is said."),
    (
        "written-before-the-answer",
        "CNV-3",
        "open write write",
        "What is written meanwhile waits at the peer.",
    ),
    ("accepted", "CNV-3", "open 3", "The peer accepts."),
    (
        "acceptance-held-back",
        "CNV-7",
        "open 1",
        "A message says what the acceptance before it would have said.",
    ),
    ("acceptance-late", "CNV-7", "open 1 3", "It changes nothing any more."),
    ("acceptance-overtaken-by-a-reaction", "CNV-7", "open 11 3", "So does anything else that is said there."),
    ("acceptance-repeated", "CNV-7", "open 3 3", "The second changes nothing."),
    ("peer-has-lost-everything", "CNV-14", "open 3 2", "Whoever asks again is told, and both agree."),
    (
        "peer-has-lost-everything-before-it-answered",
        "CNV-14",
        "open 2",
        "The question of one answers that of the other.",
    ),
    ("peer-asks-again-and-again", "CNV-14", "open 3 2 2", "Each time the answer is the same."),
    ("requested", "CNV-4", "2", "Nothing goes out."),
    ("request-repeated", "CNV-4", "2 2", "Nothing goes out, and there is one request."),
    ("messages-of-a-request", "CNV-16", "2 1 6 8", "They are held."),
    ("message-of-an-unknown-kind-of-a-request", "CNV-16", "2 4000", "It is held, too."),
    ("request-mended", "CNV-16", "2 1 12 13", "Whoever asks can word it anew, and take it back."),
    ("accepted-by-an-edit", "CNV-7", "open 12", "An edit says so too, and is no message."),
    ("accepted-by-an-unsending", "CNV-7", "open 13", "An unsending says so too, and is no message."),
    ("accepted-by-a-policy", "CNV-7", "open 29", "A policy says so too, and is no message."),
    ("accepted-by-a-shortening", "CNV-7", "open 30", "A shortening says so too, and is no message."),
    ("accepted-by-a-receipt", "CNV-7", "open 24 1", "A receipt says so too, and is no message."),
    ("accepted-by-a-wish", "CNV-7", "open 27", "A wish says so too, and is no message."),
    ("accepted-by-an-unknown-kind", "CNV-7", "open 4000", "It is shown like any message."),
    ("both-ask-in-two-chats", "CNV-6", "open-another 2", "Both want to talk: it is accepted."),
    ("both-ask-in-two-chats-and-talk", "CNV-6", "open-another 2 1 write 24", "It is a chat like any other."),
    (
        "both-ask-in-two-chats-again",
        "CNV-6",
        "open-another 2 2",
        "The second question is answered like the first.",
    ),
    ("request-with-a-policy", "CNV-16", "2 29", "It is held, and is no message."),
    ("request-shortened", "CNV-16", "2 1 30", "It is held, and is no message."),
    ("request-with-a-policy-accepted", "CNV-16", "2 29 1 30 accept 29 30 1", "Two messages in all."),
    ("ended-is-ended-for-both", "CNV-13", "open 3 close 4 5", "The peer says so too."),
    ("request-accepted", "CNV-4", "2 1 accept 1", "What comes afterwards is shown."),
    ("request-declined", "CNV-12", "2 1 decline", "Nothing goes out, and nothing is left."),
    ("request-declined-openly", "CNV-12", "2 1 decline-openly", "The person has it said."),
    ("request-after-a-decline", "CNV-18", "2 decline 2", "They can ask again; it is a new request."),
    ("request-taken-back", "CNV-12", "2 1 5", "Nothing is left of it, and nothing goes out."),
    ("closed-here", "CNV-13", "open 3 1 close", "It has ended."),
    ("closed-before-the-answer", "CNV-13", "open close", "The question is taken back."),
    ("closed-by-the-peer", "CNV-13", "open 3 5", "It has ended."),
    ("declined-by-the-peer", "CNV-13", "open write 4", "It has ended."),
    (
        "declined-by-a-peer-who-has-lost-everything",
        "CNV-13",
        "open 3 4",
        "It has ended, though they had accepted it.",
    ),
    ("closed-by-both-at-once", "CNV-13", "open 3 close 5", "It has ended once."),
    ("closing-repeated", "CNV-13", "open 3 5 5 4", "It has ended once."),
];

const REFUSED: &[Case] = &[
    ("message-without-a-chat", "CNV-7", "1", "The opening was stripped."),
    ("acceptance-without-a-question", "CNV-7", "3", "Nobody has asked."),
    ("decline-without-a-question", "CNV-7", "4", "Nobody has asked."),
    ("closing-without-a-chat", "CNV-7", "5", "There is nothing to close."),
    ("reaction-without-a-chat", "CNV-7", "11", "The opening was stripped."),
    ("receipt-without-a-chat", "CNV-15", "24", "The opening was stripped."),
    ("wish-without-a-chat", "CNV-15", "27", "The opening was stripped."),
    ("declaration-without-a-chat", "CNV-15", "28", "The opening was stripped."),
    ("edit-without-a-chat", "CNV-7", "12", "There is nothing to word anew."),
    ("policy-without-a-chat", "CNV-7", "29", "The opening was stripped."),
    ("shortening-without-a-chat", "CNV-7", "30", "The opening was stripped."),
    (
        "message-beside-a-question",
        "CNV-6",
        "open-another 1",
        "The question of the other chat opens no second one.",
    ),
    (
        "acceptance-beside-a-question",
        "CNV-6",
        "open-another 3",
        "It answers in a chat that nobody has opened.",
    ),
    ("decline-beside-a-question", "CNV-6", "open-another 4", "It answers in a chat that nobody has opened."),
    ("closing-beside-a-question", "CNV-6", "open-another 5", "There is nothing to close."),
    ("edit-beside-a-question", "CNV-6", "open-another 12", "There is nothing to word anew."),
    ("receipt-beside-a-question", "CNV-6", "open-another 24", "There is nothing that it could be for."),
    ("requester-declares", "CNV-15", "2 28", "Nobody has agreed to talk."),
    ("requester-tells-of-a-capture", "CNV-15", "2 33", "They have seen nothing."),
    ("requester-asks-again", "CNV-15", "2 34", "Nothing was said to them."),
    ("policy-after-the-end", "CNV-13", "open 3 close 29", "Nothing changes there any more."),
    ("shortening-after-the-end", "CNV-13", "open 3 close 30", "Nothing changes there any more."),
    (
        "unknown-kind-after-the-end",
        "CNV-13",
        "open 3 close 4000",
        "It was held back until the chat had ended.",
    ),
    ("requester-accepts", "CNV-7", "2 3", "Only whoever was asked can."),
    ("requester-declines", "CNV-7", "2 4", "Only whoever was asked can."),
    ("requester-reacts", "CNV-15", "2 1 11", "Nothing is said about what nobody has seen."),
    ("requester-sends-receipts", "CNV-15", "2 24", "Nothing was said to them."),
    ("requester-makes-wishes", "CNV-15", "2 27", "Nobody has agreed to talk."),
    ("message-after-the-end", "CNV-13", "open 3 close 1", "It was held back until the chat had ended."),
    (
        "acceptance-after-the-end",
        "CNV-13",
        "open close 3",
        "It was held back until the question was taken back.",
    ),
    ("opening-after-the-end", "CNV-13", "open 3 close 2", "Nothing brings back what has ended."),
    ("message-after-the-peer-has-ended-it", "CNV-13", "open 3 5 1", "It overtook, or the peer lies."),
    (
        "opening-after-the-peer-has-ended-it",
        "CNV-13",
        "open 3 5 2",
        "An old question does not open it again.",
    ),
    ("acceptance-after-a-decline", "CNV-13", "open 4 3", "What is said twice counts the first time."),
    ("edit-after-the-end", "CNV-13", "open 3 1 close 12", "Nothing changes there any more."),
    ("receipt-after-the-end", "CNV-13", "open 3 close 24", "Nothing changes there any more."),
    ("message-after-a-decline", "CNV-12", "2 1 decline 1", "Its id means nothing any more."),
    ("closing-after-a-decline", "CNV-12", "2 decline 5", "Its id means nothing any more."),
    ("message-after-a-request-was-taken-back", "CNV-12", "2 5 1", "Its id means nothing any more."),
    (
        "typing-that-was-stored",
        "CNV-15",
        "open 3 25",
        "It belongs to the lane of what is delivered now or never.",
    ),
    (
        "presence-that-was-stored",
        "CNV-15",
        "open 3 26",
        "It belongs to the lane of what is delivered now or never.",
    ),
    ("sender-key-in-a-chat", "CNV-15", "open 3 16", "Keys of a group belong between its members."),
    ("invitation-in-a-chat", "CNV-15", "open 3 17", "It belongs between members."),
];

pub(super) fn opt_in() -> Result<File> {
    let about = "The opt-in as one device sees it, whatever the relay strips, holds back, repeats or reorders. A number is the \
                 kind of a frame of the peer's; words are what the person here does.";
    let mut sheet = Sheet::new(Level::Conversations, "spec/conversations.md", about);
    let events = |events: &str| Fields::new().text("events", events);
    for (id, reqs, history, why) in ACCEPTED {
        sheet.accept(note(*id, reqs, *why).threat("C1"), "opt_in.history", events(history))?;
    }
    for (id, reqs, history, why) in REFUSED {
        sheet.refuse(note(*id, reqs, *why).threat("C1"), "opt_in.history", events(history), "policy")?;
    }
    Ok(sheet.finish())
}

/// Every kind that may stand in a place, from everybody.
pub(super) fn senders() -> Result<File> {
    let about =
        "What becomes of a frame of each kind in each place, by what its sender is to whoever receives it.";
    let mut sheet = Sheet::new(Level::Conversations, "spec/conversations.md", about);
    let places = Place::ALL.iter().zip(["thread", "chat", "transient", "group", "members"]);
    for (place, where_) in places {
        for kind in Kind::ALL.iter().copied().chain([Kind(4_000)]).filter(|kind| allowed(*kind, *place)) {
            let names = ["own", "accepted", "requester", "member", "stranger"];
            for (sender, who) in Sender::ALL.iter().zip(names) {
                let input = Fields::new().number("kind", kind.0).text("place", where_).text("sender", who);
                let id = format!("{where_}-{}-{who}", kind.0);
                let op = "conversations.sender";
                match (admission(kind, *place, *sender), place) {
                    (Admission::Refused, Place::Group | Place::Members) => {
                        let note = note(id, "CNV-15", "They have no part in the group.").threat("G7");
                        sheet.refuse(note, op, input, "not_member")?;
                    }
                    (Admission::Refused, _) => {
                        let note = note(id, "CNV-15", "They have no part in the conversation.").threat("D4");
                        sheet.refuse(note, op, input, "policy")?;
                    }
                    _ => drop(sheet.accept(note(id, "CNV-15", "It is theirs to say."), op, input)?),
                }
            }
        }
    }
    Ok(sheet.finish())
}
