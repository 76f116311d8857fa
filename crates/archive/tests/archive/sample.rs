//! A small archive of Alice's with everything in it.

use aside_archive::{
    Item, MAGIC, MAGIC_BYTES, Manifest, Mark, Message, Person, Place, Reader, Refused, Said, Writer, length,
};
use aside_content::{Body, ChatId, MessageId, Text, ThreadId};
use aside_identity::{AccountKey, Address, DeviceId, GroupId, Handle};
use aside_primitives::Digest;
use aside_testkit::{TestRng, person::NOW, person::Person as Cast};

pub(crate) struct People {
    pub(crate) alice: Cast,
    pub(crate) bob: AccountKey,
    pub(crate) carol: AccountKey,
}

impl People {
    pub(crate) fn new() -> Self {
        let mut rng = TestRng::new(1);
        let account = |cast: Cast| cast.certificate.account;
        let alice = Cast::new(&mut rng);
        Self { alice, bob: account(Cast::new(&mut rng)), carol: account(Cast::new(&mut rng)) }
    }

    pub(crate) fn own(&self) -> AccountKey {
        self.alice.certificate.account
    }

    pub(crate) fn manifest(&self) -> Manifest {
        Manifest {
            maker: Address { account: self.own(), device: self.alice.certificate.device },
            handle: Handle::parse("alice").unwrap(),
            created_at: NOW,
            list: self.alice.list.clone(),
        }
    }

    pub(crate) fn thread(&self) -> Place {
        Place::Thread { id: ThreadId::between(&self.own(), &self.bob), peer: self.bob }
    }

    pub(crate) fn chat(&self) -> Place {
        Place::Chat { id: ChatId::new([3; 32]), peer: self.bob }
    }

    pub(crate) fn group(&self) -> Place {
        Place::Group { id: GroupId::new([4; 32]), name: "Friends".into() }
    }

    pub(crate) fn message(&self, number: u64, account: AccountKey, text: &str) -> Message {
        Message {
            number,
            sender: Address { account, device: DeviceId::FIRST },
            message_id: MessageId::new([u8::try_from(number).unwrap(); 16]),
            sent_at: NOW + number,
            accepted_at: NOW + number + 1,
            body: Body::text(text).unwrap(),
            hash: Digest([9; 32]),
            imported: number == 3,
        }
    }

    pub(crate) fn person(&self, account: AccountKey, handle: &str) -> Item {
        Item::Person(Person { account, handle: Handle::parse(handle).unwrap() })
    }

    pub(crate) fn reaction(&self, account: AccountKey) -> Mark {
        Mark { account, counter: 2, said: Said::Reaction("👍".into()) }
    }

    pub(crate) fn wording(&self, account: AccountKey) -> Mark {
        Mark { account, counter: 1, said: Said::Wording(Text::new("worded anew").unwrap()) }
    }

    /// Everything that can stand in an archive.
    pub(crate) fn items(&self) -> Vec<Item> {
        vec![
            Item::Manifest(self.manifest()),
            Item::Place(self.thread()),
            self.person(self.bob, "bob"),
            Item::Message(self.message(1, self.own(), "in the clear")),
            Item::Place(self.chat()),
            Item::Message(self.message(1, self.bob, "encrypted")),
            Item::Mark(self.reaction(self.own())),
            Item::Mark(self.wording(self.bob)),
            Item::Message(self.message(3, self.own(), "later")),
            Item::Place(self.group()),
            Item::Message(self.message(2, self.carol, "for all of us")),
            Item::End,
        ]
    }
}

/// Writes items in the order given, whatever it is.
pub(crate) fn write(people: &People, items: &[Item]) -> Vec<u8> {
    let mut writer: Option<Writer> = None;
    let mut bytes = Vec::new();
    for item in items {
        let next = match (item, &mut writer) {
            (Item::Manifest(manifest), None) => {
                let (begun, next) = Writer::begin(manifest);
                writer = Some(begun);
                next
            }
            (Item::Place(place), Some(writer)) => writer.place(place),
            (Item::Person(person), Some(writer)) => writer.person(person),
            (Item::Message(message), Some(writer)) => writer.message(message),
            (Item::Mark(mark), Some(writer)) => writer.mark(mark),
            (Item::End, _) => writer.take().unwrap().seal(&people.alice.keys.signing),
            _ => panic!("a manifest first, and once"),
        };
        bytes.extend(next);
    }
    bytes
}

/// Reads an archive to its end.
pub(crate) fn read(archive: &[u8]) -> Result<Vec<Item>, Refused> {
    let (head, mut rest) = archive.split_first_chunk::<MAGIC_BYTES>().ok_or(Refused::Order)?;
    let mut reader = Reader::begin(head)?;
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (prefix, behind) = rest.split_first_chunk().ok_or(Refused::Order)?;
        let (record, after) = behind.split_at_checked(length(*prefix)?).ok_or(Refused::Order)?;
        items.push(reader.take(record)?);
        rest = after;
    }
    reader.finish()?;
    Ok(items)
}

/// The records of an archive with their lengths.
pub(crate) fn records(archive: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = &archive[MAGIC.len()..];
    let mut records = Vec::new();
    while !rest.is_empty() {
        let length = 4 + length(rest[..4].try_into().unwrap()).unwrap();
        records.push(rest[..length].to_vec());
        rest = &rest[length..];
    }
    records
}

/// The items without their manifest's list, for comparing.
pub(crate) fn flat(items: &[Item]) -> Vec<Vec<u8>> {
    items
        .iter()
        .map(|item| match item {
            Item::Manifest(manifest) => manifest.list.as_bytes().to_vec(),
            Item::Place(place) => format!("{place:?}").into_bytes(),
            Item::Person(person) => format!("{person:?}").into_bytes(),
            Item::Message(message) => {
                let Message { number, sender, message_id, sent_at, accepted_at, body, hash, imported } =
                    message;
                let fields = format!(
                    "{number} {sender:?} {message_id:?} {sent_at} {accepted_at} {hash:?} {imported} {:?}",
                    body.kind()
                );
                [fields.into_bytes(), body.encode()].concat()
            }
            Item::Mark(mark) => match &mark.said {
                Said::Reaction(emoji) => format!("{:?} {} {emoji}", mark.account, mark.counter).into_bytes(),
                Said::Wording(text) => {
                    format!("{:?} {} {}", mark.account, mark.counter, text.as_str()).into_bytes()
                }
            },
            Item::End => b"end".to_vec(),
        })
        .collect()
}
