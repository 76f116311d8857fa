//! Every kind in every envelope from everybody (CNV-15): what the table does not let pass changes nothing.

use crate::{
    client::Fuse,
    crowd::{ALICE, BOB, CAROL, Crowd, DAVE, MALLORY, NAMES},
    forge,
    store::{Faulty, dump, rows},
    transient,
    world::handle,
};
use aside_client::{
    Conversation, Event,
    admission::{Admission, Sender, admission},
    channel,
    store::{Row, Table},
};
use aside_content::{
    Answer, Attachment, Body, CaptureDetector, CaptureKind, CaptureNotice, Card, CardKind, ChatId, Choice,
    CiphertextId, Edit, EncryptedOnly, ExpiryPolicy, Form, FormField, FormFieldKind, Forward, Frame,
    GroupFrame, Handover, Kind, Media, MediaKind, MessageId, Place, Presence, Profile, Reaction, ReceiptKind,
    Receipts, Reference, ReferenceKind, Reply, Retry, Sharing, Shorten, Stamp, Sticker, Target, Text,
    ThreadId, ViewOnce, padding, rules,
};
use aside_group::{GroupInvite, Head, LogKey, LogRequest, SenderKey, SendingChain};
use aside_identity::{Address, Declaration, DeviceId, GroupId};
use aside_primitives::{Digest, Secret};
use aside_wire::{ExpiryTerms, pb};
use prost::Message;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Of the record of a message, its kind.
#[derive(Clone, PartialEq, Message)]
struct KindOf {
    #[prost(uint32, tag = "6")]
    kind: u32,
}

/// A kind of a later version.
const LATER: Kind = Kind(4000);
/// An id that nobody has used.
const UNUSED: [u8; 32] = [0x77; 32];

/// What an envelope is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Way {
    Thread,
    Pairwise,
    Lane,
    Group,
}

impl Way {
    const ALL: [Self; 4] = [Self::Thread, Self::Pairwise, Self::Lane, Self::Group];

    fn place(self, kind: Kind) -> Place {
        match self {
            Self::Thread => Place::Thread,
            Self::Pairwise if BETWEEN_MEMBERS.contains(&kind) => Place::Members,
            Self::Pairwise => Place::Chat,
            Self::Lane => Place::Transient,
            Self::Group => Place::Group,
        }
    }
}

const BETWEEN_MEMBERS: [Kind; 4] =
    [Kind::SENDER_KEY, Kind::GROUP_INVITE, Kind::GROUP_LOG_REQUEST, Kind::GROUP_LOG_ENTRIES];

/// Everybody but Alice, and Alice herself as the relay may claim it.
const EVERYBODY: [usize; 5] = [ALICE, BOB, CAROL, DAVE, MALLORY];

/// What they are to Alice in the conversation of theirs.
fn relation(who: usize, place: Place) -> Sender {
    match (who, place) {
        (ALICE, _) => Sender::Own,
        (BOB, _) => Sender::Accepted,
        (CAROL, _) => Sender::Requester,
        (MALLORY, Place::Group | Place::Members) => Sender::Member,
        _ => Sender::Stranger,
    }
}

fn kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().chain([LATER])
}

#[derive(Clone, PartialEq, Message)]
struct MessageRecord {
    #[prost(bytes = "vec", tag = "3")]
    message_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "9")]
    hash: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct ChainRecord {
    #[prost(bytes = "vec", tag = "1")]
    state: Vec<u8>,
}

/// Alice has a chat and a thread with Bob; Carol has asked for both; Dave has not; Mallory is in a group with her. All of
/// them were in that group once, so that each has a session which could carry anything.
struct Stage {
    crowd: Crowd,
    stores: Vec<Faulty>,
    group: GroupId,
    /// The key of the group's log as it is now.
    log_key: [u8; 32],
}

fn form() -> Form {
    let options = vec!["good".into(), "bad".into()];
    let kind = FormFieldKind::Choice;
    let field = FormField { id: "stars".into(), label: "stars?".into(), kind, options, required: true };
    Form { title: "Your visit".into(), fields: vec![field] }
}

impl Stage {
    fn new() -> Self {
        let (mut crowd, group) = Crowd::group(700, 5);
        // Whoever wrote last has a session that can carry indicators: every epoch they hand over a chain.
        for gone in [None, Some(BOB), Some(CAROL), Some(DAVE)] {
            if let Some(gone) = gone {
                crowd.remove(ALICE, &group, gone).unwrap();
                crowd.settle();
            }
            for who in [ALICE, BOB, CAROL, DAVE, MALLORY]
                .into_iter()
                .filter(|who| Some(*who) > gone || *who == ALICE)
            {
                crowd.say(who, &group, "hello").unwrap();
                crowd.settle();
            }
        }
        for who in [BOB, CAROL] {
            crowd.people[who].open_chat(&handle("alice")).unwrap();
            crowd.people[who].say(&handle("alice"), "in the chat").unwrap();
            crowd.people[who].say_openly(&handle("alice"), "in the open").unwrap();
            crowd.settle();
        }
        let bob = crowd.people[BOB].account();
        let alice = &mut crowd.people[ALICE];
        alice.step(|engine, step| engine.accept_request(step, &handle("bob"))).unwrap();
        alice.step(|engine, step| engine.set_presence(step, true)).unwrap();
        let rooms = [alice.thread_with(&bob), alice.chat_with(&bob), Conversation::Group(group)];
        for room in rooms {
            let form = Body::of(form()).unwrap();
            crowd.people[ALICE].step(|engine, step| engine.say_in(step, room, form)).unwrap();
        }
        crowd.settle();
        crowd.people[BOB].say(&handle("alice"), "and last").unwrap();
        crowd.settle();
        crowd.hush();
        crowd.people.truncate(5);
        let stores = crowd.people.iter().map(|person| person.store.clone()).collect();
        let mut stage = Self { crowd, stores, group, log_key: [0; 32] };
        stage.find_log_key();
        stage
    }

    /// The key of the log as it is now is the one with which Alice takes a chain of Mallory's.
    fn find_log_key(&mut self) {
        for (_, key) in rows(&self.stores[MALLORY].inner, Table::LogKey) {
            self.reset();
            self.log_key = key.try_into().unwrap();
            let body = self.sender_key(MALLORY, 0);
            if self.tell(Way::Pairwise, MALLORY, *self.group.as_bytes(), body) == Admission::Acts {
                return self.reset();
            }
        }
        panic!("no key");
    }

    /// Everything as it was.
    fn reset(&mut self) {
        for (person, store) in self.crowd.people.iter_mut().zip(&self.stores) {
            person.store = store.clone();
            person.news();
        }
        let alice = self.address(ALICE);
        self.crowd.relay.mail(&alice).clear();
    }

    fn address(&self, who: usize) -> Address {
        self.crowd.people[who].address()
    }

    fn rows(&self) -> Vec<(Table, Row)> {
        let rows = dump(&self.crowd.people[ALICE].store.inner).into_iter();
        // What cannot be opened of somebody who was accepted is asked for.
        rows.filter(|(table, _)| *table != Table::Healing).collect()
    }

    fn thread(&self, who: usize) -> ThreadId {
        ThreadId::between(&self.crowd.account(ALICE), &self.crowd.account(who))
    }

    /// The only chat with somebody; for whom there is none, an id that nobody has used.
    fn chat(&mut self, who: usize) -> [u8; 32] {
        let account = self.crowd.account(who);
        let chats = self.crowd.people[ALICE].chats_with(&account);
        chats.first().map_or(UNUSED, |(chat, _)| forge::id(*chat))
    }

    /// What a frame of somebody's names if it is meant honestly.
    fn own_conversation(&mut self, way: Way, who: usize, kind: Kind) -> [u8; 32] {
        // What the relay claims to come from Alice names what is Bob's.
        let who = if who == ALICE { BOB } else { who };
        match way.place(kind) {
            Place::Thread => *self.thread(who).as_bytes(),
            Place::Chat | Place::Transient => self.chat(who),
            // Somebody who is in no group with Alice takes her into another.
            Place::Members if kind == Kind::GROUP_INVITE && who != MALLORY => UNUSED,
            Place::Group | Place::Members => *self.group.as_bytes(),
        }
    }

    /// The newest message of somebody in a conversation, as answers name it.
    fn newest(&mut self, conversation: Conversation, of: usize) -> Option<Target> {
        let author = self.crowd.account(of);
        let messages = self.crowd.people[ALICE].messages(conversation);
        let newest = messages.into_iter().rfind(|message| message.sender == author)?;
        let records = rows(&self.crowd.people[ALICE].store.inner, Table::Message).into_iter();
        let mut records = records.map(|(_, record)| MessageRecord::decode(record.as_slice()).unwrap());
        let record = records.find(|record| record.message_id == newest.message_id.as_bytes())?;
        let hash = Digest(record.hash.try_into().unwrap());
        Some(Target { message_id: newest.message_id, author, hash })
    }

    fn sender_key(&mut self, who: usize, ahead: u64) -> Body {
        let (sequence, hash) = self.crowd.head(ALICE, &self.group);
        let epoch = self.chain().epoch();
        let owner = self.address(who);
        let client = &mut self.crowd.people[who];
        let chain = SendingChain::generate(&mut client.rng, self.group, owner, epoch, client.now).unwrap();
        let head = Head { sequence: sequence + ahead, hash: Digest(hash) };
        let log_key = LogKey::new(Secret::new(self.log_key));
        let key = SenderKey { epoch, head, chain: chain.hand_over().unwrap(), log_key };
        Body::Group { kind: Kind::SENDER_KEY, content: key.encode() }
    }

    /// Mallory's chain.
    fn chain(&self) -> SendingChain {
        let chains = rows(&self.crowd.people[MALLORY].store.inner, Table::SendingChain);
        let chains = chains.into_iter().map(|(_, record)| ChainRecord::decode(record.as_slice()).unwrap());
        let mut chains = chains.map(|record| SendingChain::import(&record.state).unwrap());
        chains.find(|chain| *chain.group() == self.group).unwrap()
    }

    /// What somebody says of a kind, as valid as it can be.
    fn body(&mut self, way: Way, who: usize, kind: Kind) -> Body {
        let author = if who == ALICE { BOB } else { who };
        let named = self.own_conversation(way, who, kind);
        let conversation = match way {
            Way::Thread => Conversation::Thread(ThreadId::new(named)),
            Way::Pairwise | Way::Lane => Conversation::Chat(ChatId::new(named)),
            Way::Group => Conversation::Group(GroupId::new(named)),
        };
        let account = self.crowd.account(author);
        let nothing = Target { message_id: MessageId::new([9; 16]), author: account, hash: Digest([3; 32]) };
        let theirs = self.newest(conversation, author).unwrap_or(nothing);
        let of_alice = self.newest(conversation, ALICE).unwrap_or(nothing);
        let text = Text::new("words").unwrap();
        match kind {
            Kind::TEXT => Body::Text(text),
            Kind::CHAT_OPEN => Body::ChatOpen { beside: None },
            Kind::CHAT_ACCEPT => Body::ChatAccept,
            Kind::CHAT_DECLINE => Body::ChatDecline,
            Kind::CHAT_CLOSE => Body::ChatClose,
            Kind::MEDIA => photo(),
            Kind::STICKER => sticker(),
            Kind::REFERENCE => {
                let (kind, target) = (ReferenceKind::Link, "https://example.org/".into());
                Body::of(Reference { kind, target, preview: None }).unwrap()
            }
            Kind::PROFILE => {
                let (account, handle) = (self.crowd.account(CAROL), handle("carol"));
                Body::of(Profile { account, handle, name: "Carol".into() }).unwrap()
            }
            Kind::REPLY => Body::of(Reply { target: theirs, body: Body::Text(text) }).unwrap(),
            Kind::REACTION => Body::of(Reaction { target: theirs, emoji: "👍".into(), counter: 1 }).unwrap(),
            Kind::EDIT => Body::of(Edit { target: theirs, version: 1, text }).unwrap(),
            Kind::UNSEND => Body::Unsend(theirs.message_id),
            Kind::FORWARD => Body::of(Forward::of(&Body::Text(text)).unwrap()).unwrap(),
            Kind::SENDER_KEY => self.sender_key(author, u64::from(author != MALLORY)),
            Kind::GROUP_INVITE => {
                let (sequence, hash) = self.crowd.head(ALICE, &self.group);
                let head = Head { sequence, hash: Digest(hash) };
                let log_keys = vec![LogKey::new(Secret::new(self.log_key))];
                Body::Group { kind, content: GroupInvite { head, log_keys }.encode() }
            }
            Kind::GROUP_LOG_REQUEST => {
                let content = Zeroizing::new(LogRequest { after: 1 }.encode());
                Body::Group { kind, content }
            }
            Kind::GROUP_LOG_ENTRIES => {
                let entries = pb::GroupLogEntries { entries: vec![vec![1; 200]] };
                Body::Group { kind, content: Zeroizing::new(entries.encode_to_vec()) }
            }
            Kind::FORM => Body::of(form()).unwrap(),
            Kind::CHOICE => {
                let answers = vec![Answer { field: "stars".into(), value: "good".into() }];
                Body::of(Choice { target: of_alice, answers }).unwrap()
            }
            Kind::CARD => card(),
            Kind::HANDOVER => Body::of(Handover { to_person: true, note: String::new() }).unwrap(),
            Kind::RECEIPTS => {
                let (message_ids, at) = (vec![of_alice.message_id], self.crowd.people[ALICE].now);
                Body::of(Receipts { kind: ReceiptKind::Read, message_ids, at }).unwrap()
            }
            Kind::TYPING => Body::Typing { started: true },
            Kind::PRESENCE => Body::Presence(Presence::Available),
            Kind::SHARING => {
                Body::of(Sharing { forward: false, save: true, export: true, version: 1 }).unwrap()
            }
            Kind::ENCRYPTED_ONLY => {
                let keys = forge::device_keys(&mut self.crowd.people[author]);
                let (alice, by) = (self.crowd.account(ALICE), &self.crowd.people[author]);
                let declaration = Declaration::issue(by.engine.certificate(), &keys, alice, 1).unwrap();
                Body::of(EncryptedOnly { declaration: declaration.as_bytes().to_vec() }).unwrap()
            }
            Kind::EXPIRY_POLICY => {
                Body::of(ExpiryPolicy { version: 1, terms: MINUTE, parent: None }).unwrap()
            }
            Kind::SHORTEN => Body::of(Shorten { message_id: theirs.message_id, terms: MINUTE }).unwrap(),
            Kind::VIEW_ONCE => {
                let once = ViewOnce::seal(&Body::Text(text), &Secret::new([1; 32])).unwrap();
                let in_group = matches!(way, Way::Group);
                Body::of(if in_group { once.without_key() } else { once }).unwrap()
            }
            Kind::VIEW_KEY => {
                let key = pb::ViewKey { message_id: theirs.message_id.as_bytes().to_vec(), key: vec![1; 32] };
                Body::Group { kind, content: Zeroizing::new(key.encode_to_vec()) }
            }
            Kind::CAPTURE => Body::of(CaptureNotice {
                kind: CaptureKind::Screenshot,
                refs: vec![of_alice.message_id],
                observed_at: self.crowd.people[ALICE].now,
                detector: CaptureDetector::Platform,
            })
            .unwrap(),
            Kind::RETRY => Body::of(Retry { messages: vec![CiphertextId([9; 16])] }).unwrap(),
            kind => Body::Unknown { kind, content: vec![1, 2, 3] },
        }
    }

    /// An envelope of somebody's. What is to pass for Alice's is Bob's work, and Mallory's in the group.
    fn seal(&mut self, way: Way, who: usize, named: [u8; 32], frame: Frame) -> Vec<u8> {
        let alice = self.address(ALICE);
        let by = if who == ALICE { BOB } else { who };
        let chat = ChatId::new(named);
        let client = &mut self.crowd.people[by];
        match way {
            Way::Thread => forge::in_the_open(Conversation::Thread(ThreadId::new(named)), frame),
            Way::Pairwise => forge::encrypt(client, &alice, chat, frame, |_| ()),
            Way::Lane => transient::forged(client, &alice, chat, frame, |_| ()),
            Way::Group => self.seal_in_group(who, named, frame),
        }
    }

    /// In Mallory's chain, whoever it is: with a chain of their own they are not even heard.
    fn seal_in_group(&mut self, who: usize, named: [u8; 32], frame: Frame) -> Vec<u8> {
        let (mut chain, sender) = (self.chain(), self.address(who));
        let (group_sequence, group_head) = self.crowd.head(ALICE, &self.group);
        let fields = pb::Frame {
            conversation: named.to_vec(),
            message_id: frame.message_id.as_bytes().to_vec(),
            sent_at: frame.sent_at,
            kind: frame.body.kind().0,
            content: frame.body.encode(),
            group_sequence,
            group_head: group_head.to_vec(),
            expiry: frame.expiry.map(pb::Expiry::from),
            salt: frame.salt.map(|salt| salt.0.to_vec()).unwrap_or_default(),
            ..Default::default()
        };
        let padded = padding::pad(&fields.encode_to_vec()).unwrap();
        let frame = GroupFrame { group: GroupId::new(named), frame };
        let rng = &mut self.crowd.people[MALLORY].rng;
        let payload = chain.encrypt(rng, &padded, |key| frame.commitment(key, &sender)).unwrap();
        pb::Envelope { kind: pb::EnvelopeKind::Group.into(), payload }.encode_to_vec()
    }

    /// Somebody says something, and what became of it.
    fn tell(&mut self, way: Way, who: usize, named: [u8; 32], body: Body) -> Admission {
        let by = if who == ALICE { BOB } else { who };
        let frame = forge::frame(&mut self.crowd.people[by], body);
        let envelope = self.seal(way, who, named, frame);
        self.hand_over(way, self.address(who), &envelope)
    }

    /// The relay hands something over, and what became of it. What is refused has changed nothing.
    fn hand_over(&mut self, way: Way, from: Address, envelope: &[u8]) -> Admission {
        let before = self.rows();
        if way == Way::Lane {
            let (sender, envelope) = (from.account.as_bytes().to_vec(), envelope.to_vec());
            let delivery = pb::TransientDelivery { sender, sender_device: from.device.number(), envelope };
            let event =
                self.crowd.people[ALICE].step(|engine, step| engine.on_transient(step, &delivery)).unwrap();
            let changed = changed(&before, &self.rows());
            let (became, may_change) = match event {
                None => (Admission::Refused, vec![]),
                Some(Event::Typing { .. } | Event::Presence { .. }) => {
                    (Admission::Acts, vec![Table::Session])
                }
                Some(other) => panic!("{other:?}"),
            };
            assert_eq!(changed, BTreeSet::from_iter(may_change));
            return became;
        }
        let alice = self.address(ALICE);
        self.crowd.relay.deliver(&alice, &from, envelope);
        let Crowd { relay, people } = &mut self.crowd;
        people[ALICE].receive(relay, &mut Fuse::default()).unwrap();
        let events = people[ALICE].news();
        let after = self.rows();
        // What only has its place among the messages acts like what has none.
        let is_message = |record: &[u8]| rules::is_message(Kind(KindOf::decode(record).unwrap().kind));
        let messages = |rows: &[(Table, Row)]| {
            rows.iter().filter(|(table, (_, record))| *table == Table::Message && is_message(record)).count()
        };
        // A request that is taken back takes its messages along.
        let more = messages(&after).saturating_sub(messages(&before));
        let is_refusal = |event: &Event| matches!(event, Event::Refused { .. } | Event::Unopened { .. });
        let refused = events.iter().any(is_refusal);
        let shown = events.iter().any(|event| matches!(event, Event::Message(_)));
        let is_notice = events.iter().any(|event| matches!(event, Event::Captured { .. }));
        let became = match (refused, shown, more) {
            (true, false, 0) => Admission::Refused,
            (false, true, 1) => Admission::Shown,
            // A notice stands among the messages and is none (CAP-13).
            (false, false, 1) if is_notice => Admission::Acts,
            (false, false, 1) => Admission::Held,
            (false, false, 0) => Admission::Acts,
            _ => panic!("{more} messages more, and {events:?}"),
        };
        let same = before == after;
        assert_eq!(same, became == Admission::Refused, "{became:?}: {:?}", changed(&before, &after));
        became
    }
}

/// The tables in which two states of a store differ.
fn changed(before: &[(Table, Row)], after: &[(Table, Row)]) -> BTreeSet<Table> {
    let rows = |of: &[(Table, Row)]| of.iter().cloned().collect::<BTreeSet<_>>();
    rows(before).symmetric_difference(&rows(after)).map(|(table, _)| *table).collect()
}

fn photo() -> Body {
    Body::of(Media {
        kind: MediaKind::Image,
        attachment: attachment(),
        name: String::new(),
        width: 640,
        height: 480,
        duration_ms: 0,
        waveform: vec![],
        thumbnail: vec![],
        caption: String::new(),
    })
    .unwrap()
}

fn attachment() -> Attachment {
    let (id, key, hash) = ([3; 32], Zeroizing::new([4; 32]), Digest([5; 32]));
    Attachment { id, key, size: 119_300, hash, media_type: "image/jpeg".into() }
}

fn sticker() -> Body {
    let image = Some(attachment());
    Body::of(Sticker { pack: [7; 16], sticker: [8; 16], image, emoji: "👋".into() }).unwrap()
}

fn card() -> Body {
    let (kind, title, link) = (CardKind::Order, "Order 4711".into(), String::new());
    Body::of(Card { kind, title, lines: vec![], amount: None, link, actions: vec![] }).unwrap()
}

/// Why something that the table lets pass is refused all the same.
fn why_not(kind: Kind, place: Place, sender: Sender) -> Option<&'static str> {
    match (kind, place, sender) {
        (Kind::CHOICE, Place::Thread | Place::Chat, Sender::Requester | Sender::Stranger) => {
            Some("nothing was asked of them")
        }
        (Kind::GROUP_LOG_ENTRIES, Place::Members, Sender::Member) => Some("nobody has asked for them"),
        _ => None,
    }
}

// CNV-15; threats D4, H12
#[test]
fn d4_every_kind_in_every_envelope_from_everybody_is_judged_by_the_table() {
    let mut stage = Stage::new();
    let mut wrong = Vec::new();
    let (mut seen, mut excused) = (BTreeSet::new(), 0);
    for kind in kinds() {
        for way in Way::ALL {
            for who in EVERYBODY {
                stage.reset();
                let place = way.place(kind);
                let sender = relation(who, place);
                let of_table = admission(kind, place, sender);
                let expected = match why_not(kind, place, sender) {
                    Some(_) if of_table != Admission::Refused => {
                        excused += 1;
                        Admission::Refused
                    }
                    _ => of_table,
                };
                let named = stage.own_conversation(way, who, kind);
                let body = stage.body(way, who, kind);
                let became = stage.tell(way, who, named, body);
                seen.insert((format!("{became:?}"), way));
                if became != expected {
                    wrong.push((kind.0, way, sender, became, expected));
                }
            }
        }
    }
    assert_eq!(wrong, []);
    // All there is in threads and chats, what acts and nothing else on the lane, and nobody asks in a group.
    assert_eq!(seen.len(), 4 + 4 + 2 + 3, "{seen:?}");
    assert_eq!(excused, 5, "what is said to be refused all the same");
}

// CNV-7, CNV-15; threat C9
#[test]
fn c9_nothing_is_taken_in_a_conversation_of_others() {
    let mut stage = Stage::new();
    let mut wrong = Vec::new();
    for who in [BOB, CAROL, DAVE, MALLORY] {
        let others = [BOB, CAROL, DAVE, MALLORY].into_iter().filter(|other| *other != who);
        let chats = [BOB, CAROL].into_iter().filter(|other| *other != who);
        let chats: Vec<_> = chats.map(|other| stage.chat(other)).collect();
        let threads: Vec<_> = others.map(|other| *stage.thread(other).as_bytes()).collect();
        let group = *stage.group.as_bytes();
        for kind in kinds() {
            for way in Way::ALL {
                let named = match way.place(kind) {
                    Place::Thread => [&threads[..], &chats[..], &[group]].concat(),
                    Place::Chat | Place::Transient => chats.clone(),
                    Place::Group => [&chats[..], &[UNUSED]].concat(),
                    Place::Members => vec![],
                };
                for named in named {
                    stage.reset();
                    let body = stage.body(way, who, kind);
                    if stage.tell(way, who, named, body) != Admission::Refused {
                        wrong.push((kind.0, way, NAMES[who]));
                    }
                }
            }
        }
    }
    assert_eq!(wrong, []);
}

/// What acts on a conversation or a message.
const CONTROLS: [Kind; 13] = [
    Kind::CHAT_OPEN,
    Kind::CHAT_ACCEPT,
    Kind::CHAT_DECLINE,
    Kind::CHAT_CLOSE,
    Kind::REACTION,
    Kind::EDIT,
    Kind::UNSEND,
    Kind::RECEIPTS,
    Kind::SHARING,
    Kind::ENCRYPTED_ONLY,
    Kind::EXPIRY_POLICY,
    Kind::SHORTEN,
    Kind::CAPTURE,
];

const MINUTE: ExpiryTerms = ExpiryTerms::AfterSend { duration_s: 60 };

// CNV-7, CON-6; threat C9
#[test]
fn c9_what_acted_once_acts_neither_again_nor_in_another_chat() {
    let mut stage = Stage::new();
    let [bob, carol] = [BOB, CAROL].map(|who| stage.address(who));
    for kind in CONTROLS {
        stage.reset();
        let (chat, elsewhere) = (stage.chat(BOB), stage.chat(CAROL));
        let body = stage.body(Way::Pairwise, BOB, kind);
        let frame = forge::frame(&mut stage.crowd.people[BOB], body);
        let envelope = stage.seal(Way::Pairwise, BOB, chat, frame.clone());
        assert_eq!(stage.hand_over(Way::Pairwise, bob, &envelope), Admission::Acts, "{kind:?}");
        for from in [bob, carol, stage.address(ALICE)] {
            let again = stage.hand_over(Way::Pairwise, from, &envelope);
            assert_eq!(again, Admission::Refused, "{kind:?} byte for byte");
        }
        let mut elsewhere = vec![elsewhere];
        if kind != Kind::CHAT_OPEN {
            elsewhere.extend([UNUSED, *stage.thread(BOB).as_bytes(), *stage.group.as_bytes()]);
        }
        for named in elsewhere {
            let other = stage.seal(Way::Pairwise, BOB, named, frame.clone());
            assert_eq!(stage.hand_over(Way::Pairwise, bob, &other), Admission::Refused, "{kind:?} elsewhere");
        }
        // As the relay could put it into the thread, had it read it.
        let named = *stage.thread(BOB).as_bytes();
        if admission(kind, Place::Thread, Sender::Accepted) == Admission::Refused {
            let open = stage.seal(Way::Thread, BOB, named, frame);
            assert_eq!(stage.hand_over(Way::Thread, bob, &open), Admission::Refused, "{kind:?} in the open");
        }
    }
}

// CNV-1, CNV-15; threat H12: nothing of any kind counts that its sender has not authenticated.
#[test]
fn h12_nothing_of_any_kind_is_taken_under_another_name_or_in_another_envelope() {
    let mut stage = Stage::new();
    let mut wrong = Vec::new();
    for kind in kinds() {
        for way in [Way::Pairwise, Way::Lane, Way::Group] {
            let author = if way == Way::Group { MALLORY } else { BOB };
            stage.reset();
            let named = stage.own_conversation(way, author, kind);
            let body = stage.body(way, author, kind);
            let frame = forge::frame(&mut stage.crowd.people[author], body);
            let envelope = stage.seal(way, author, named, frame);
            for other in EVERYBODY.into_iter().filter(|other| *other != author) {
                if stage.hand_over(way, stage.address(other), &envelope) != Admission::Refused {
                    wrong.push((kind.0, way, NAMES[other]));
                }
            }
            let second = Address { device: DeviceId::parse(2).unwrap(), ..stage.address(author) };
            if stage.hand_over(way, second, &envelope) != Admission::Refused {
                wrong.push((kind.0, way, "another device"));
            }
            // The same bytes as another envelope, on either lane.
            let sealed = pb::Envelope::decode(envelope.as_slice()).unwrap();
            for of in 0..=5 {
                for lane in [Way::Pairwise, Way::Lane] {
                    let its_own = sealed.kind == of && (lane == Way::Lane) == (way == Way::Lane);
                    let envelope = pb::Envelope { kind: of, ..sealed.clone() }.encode_to_vec();
                    if !its_own
                        && stage.hand_over(lane, stage.address(author), &envelope) != Admission::Refused
                    {
                        wrong.push((kind.0, way, "another envelope"));
                    }
                }
            }
        }
    }
    assert_eq!(wrong, []);
}

// GRP-20, GRP-38, CON-14; threat G7
#[test]
fn g7_keys_of_a_group_come_from_members_over_their_sessions_only() {
    let mut stage = Stage::new();
    let group = *stage.group.as_bytes();
    for kind in BETWEEN_MEMBERS {
        for who in EVERYBODY {
            for way in Way::ALL {
                stage.reset();
                let body = match kind {
                    Kind::SENDER_KEY => stage.sender_key(if who == ALICE { BOB } else { who }, 0),
                    _ => stage.body(Way::Pairwise, MALLORY, kind),
                };
                let named =
                    if way == Way::Thread && who != ALICE { *stage.thread(who).as_bytes() } else { group };
                let is_member = way == Way::Pairwise && who == MALLORY && kind != Kind::GROUP_LOG_ENTRIES;
                let expected = if is_member { Admission::Acts } else { Admission::Refused };
                assert_eq!(stage.tell(way, who, named, body), expected, "{kind:?} {way:?} {}", NAMES[who]);
            }
        }
    }
}

// CON-6; threat C9: a relay that repeats what it can read turns nothing back.
#[test]
fn c9_what_was_said_in_a_thread_or_a_group_does_nothing_a_second_time() {
    let mut stage = Stage::new();
    for (way, who) in [(Way::Thread, BOB), (Way::Group, MALLORY)] {
        for kind in kinds() {
            stage.reset();
            let (from, named) = (stage.address(who), stage.own_conversation(way, who, kind));
            let body = stage.body(way, who, kind);
            let later = match &body {
                Body::Reaction(reaction) => {
                    let (target, emoji, counter) = (reaction.target, String::new(), 2);
                    Body::of(Reaction { target, emoji, counter }).unwrap()
                }
                Body::Edit(edit) => {
                    let (target, text) = (edit.target, Text::new("better words").unwrap());
                    Body::of(Edit { target, version: 2, text }).unwrap()
                }
                _ => Body::text("something else").unwrap(),
            };
            let frame = forge::frame(&mut stage.crowd.people[who], body);
            let envelope = stage.seal(way, who, named, frame);
            if stage.hand_over(way, from, &envelope) == Admission::Refused {
                continue;
            }
            if way == Way::Thread {
                assert_ne!(stage.tell(way, who, named, later), Admission::Refused);
            }
            let before = stage.rows();
            let alice = stage.address(ALICE);
            stage.crowd.relay.deliver(&alice, &from, &envelope);
            let Crowd { relay, people } = &mut stage.crowd;
            people[ALICE].receive(relay, &mut Fuse::default()).unwrap();
            let events = people[ALICE].news();
            let quiet = |event: &Event| {
                matches!(event, Event::Refused { .. } | Event::Unopened { .. } | Event::Gap { .. })
            };
            assert!(events.iter().all(quiet), "{kind:?} {way:?}: {events:?}");
            // A mark is remembered by what it did, not by its id: the next frame may be missed, and no more.
            let mut changed = changed(&before, &stage.rows());
            let may_miss = way == Way::Thread && [Kind::REACTION, Kind::EDIT, Kind::UNSEND].contains(&kind);
            if may_miss {
                changed.remove(&Table::LastFrame);
            }
            assert_eq!(changed, BTreeSet::new(), "{kind:?} {way:?}");
        }
    }
}

// GRP-20, GRP-27; threat G7
#[test]
fn g7_who_is_not_in_the_group_is_not_heard_in_a_chain_of_their_own() {
    let mut stage = Stage::new();
    let group = *stage.group.as_bytes();
    for who in [BOB, CAROL, DAVE] {
        for ahead in [0, 1] {
            stage.reset();
            let (sequence, hash) = stage.crowd.head(ALICE, &stage.group);
            let (epoch, owner, id) = (stage.chain().epoch(), stage.address(who), stage.group);
            let client = &mut stage.crowd.people[who];
            let mut chain = SendingChain::generate(&mut client.rng, id, owner, epoch, client.now).unwrap();
            let head = Head { sequence: sequence + ahead, hash: Digest(hash) };
            let log_key = LogKey::new(Secret::new(stage.log_key));
            let key = SenderKey { epoch, head, chain: chain.hand_over().unwrap(), log_key };
            let body = Body::Group { kind: Kind::SENDER_KEY, content: key.encode() };
            let expected = if ahead == 0 { Admission::Refused } else { Admission::Acts };
            assert_eq!(stage.tell(Way::Pairwise, who, group, body), expected);

            let client = &mut stage.crowd.people[who];
            let frame = GroupFrame { group: id, frame: forge::frame(client, Body::text("me too").unwrap()) };
            let stamp = Stamp { sequence, head: Digest(hash) };
            let envelope = channel::group::seal(&mut client.rng, &mut chain, &owner, &stamp, &frame).unwrap();
            let before = stage.rows();
            let alice = stage.address(ALICE);
            stage.crowd.relay.deliver(&alice, &owner, &envelope.encode_to_vec());
            let Crowd { relay, people } = &mut stage.crowd;
            people[ALICE].receive(relay, &mut Fuse::default()).unwrap();
            // It waits for what would show that they are a member, and that does not come.
            let only = BTreeSet::from([Table::Held, Table::Counter, Table::Group]);
            assert!(changed(&before, &stage.rows()).is_subset(&only));
            let messages =
                |stage: &mut Stage| stage.crowd.people[ALICE].messages(Conversation::Group(id)).len();
            let had = messages(&mut stage);
            let Crowd { relay, people } = &mut stage.crowd;
            people[ALICE].step(|engine, step| engine.rename_group(step, &id, "Two")).unwrap();
            let logs = relay.logs.clone();
            people[ALICE].sync(relay);
            assert_eq!(messages(&mut stage), had);
            assert!(!stage.crowd.news(ALICE).iter().any(|event| matches!(event, Event::Message(_))));
            assert!(stage.crowd.relay.logs != logs, "the log has moved on");
            stage.crowd.relay.logs = logs;
        }
    }
}
