//! C1: a relay that lies at random. Whatever it does, nothing typed into a chat leaves in the clear, nobody is shown
//! what was not said to them, and what does not arrive is missed by somebody.

use crate::{
    client::{Client, Halt},
    forge,
    world::{World, handle},
};
use aside_client::{ChatState, Conversation, Error, Event, Protection, channel::plain};
use aside_content::{Body, Frame, ThreadFrame, ThreadId};
use aside_wire::pb::{self, RefusalCode};
use proptest::prelude::*;
use prost::Message;
use std::{collections::BTreeSet, sync::Arc};

#[derive(Clone, Copy, Debug)]
enum Who {
    Alice,
    Bob,
}

/// What happens next. The numbers choose among the mail that waits.
#[derive(Clone, Debug)]
enum Act {
    Open(Who),
    Accept(Who),
    Say(Who),
    SayOpenly(Who),
    Sync(Who),
    Restart(Who),
    Drop(Who, u8),
    Repeat(Who, u8),
    Swap(Who, u8, u8),
    Relabel(Who, u8, i32),
    Rename(Who, u8),
    Flip(Who, u8, u16),
    Forge(Who, bool),
    HideDevices(bool),
    Rebind,
    SpoilPrekeys(bool),
    TakeOneTimePrekeys(Who),
    Refuse(i32),
    NewList(Who),
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![Just(Who::Alice), Just(Who::Bob)]
}

fn act() -> impl Strategy<Value = Act> {
    let n = any::<u8>;
    prop_oneof![
        2 => who().prop_map(Act::Open),
        3 => who().prop_map(Act::Accept),
        8 => who().prop_map(Act::Say),
        2 => who().prop_map(Act::SayOpenly),
        10 => who().prop_map(Act::Sync),
        1 => who().prop_map(Act::Restart),
        2 => (who(), n()).prop_map(|(who, n)| Act::Drop(who, n)),
        2 => (who(), n()).prop_map(|(who, n)| Act::Repeat(who, n)),
        2 => (who(), n(), n()).prop_map(|(who, n, m)| Act::Swap(who, n, m)),
        2 => (who(), n(), 0..4).prop_map(|(who, n, kind)| Act::Relabel(who, n, kind)),
        1 => (who(), n()).prop_map(|(who, n)| Act::Rename(who, n)),
        2 => (who(), n(), any::<u16>()).prop_map(|(who, n, bit)| Act::Flip(who, n, bit)),
        2 => (who(), any::<bool>()).prop_map(|(who, chat)| Act::Forge(who, chat)),
        1 => any::<bool>().prop_map(Act::HideDevices),
        1 => Just(Act::Rebind),
        1 => any::<bool>().prop_map(Act::SpoilPrekeys),
        1 => who().prop_map(Act::TakeOneTimePrekeys),
        2 => (0..17).prop_map(Act::Refuse),
        1 => who().prop_map(Act::NewList),
    ]
}

struct Run {
    world: World,
    typed: usize,
}

impl Run {
    fn pair(&mut self, who: Who) -> (&mut Client, &mut Client) {
        let World { alice, bob, .. } = &mut self.world;
        match who {
            Who::Alice => (alice, bob),
            Who::Bob => (bob, alice),
        }
    }

    /// A text that says who typed it, and where.
    fn text(&mut self, who: Who, place: &str) -> String {
        self.typed += 1;
        format!("{who:?} {place} {}.", self.typed)
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Open(who) => self.try_to(who, |client, peer| client.open_chat(peer)),
            Act::Accept(who) => self.try_to(who, |client, peer| client.accept_chat(peer)),
            Act::Say(who) => {
                let text = self.text(who, "closed");
                self.try_to(who, |client, peer| client.say(peer, &text).map(|_| ()));
            }
            Act::SayOpenly(who) => {
                let text = self.text(who, "open");
                self.try_to(who, |client, peer| client.say_openly(peer, &text).map(|_| ()));
            }
            Act::Sync(who) => self.sync(who),
            Act::Restart(who) => self.pair(who).0.reboot(),
            Act::Drop(who, n) => {
                self.with_mail(who, n, |mail, n| drop(mail.remove(n)));
            }
            Act::Repeat(who, n) => {
                let to = self.pair(who).0.address();
                if let Some(mail) = self.with_mail(who, n, |mail, n| mail[n].clone()) {
                    self.world.relay.redeliver(&to, &mail);
                }
            }
            Act::Swap(who, n, m) => {
                let to = self.pair(who).0.address();
                let waiting = self.world.relay.mail(&to).len();
                if waiting > 0 {
                    self.world.relay.swap(&to, usize::from(n) % waiting, usize::from(m) % waiting);
                }
            }
            Act::Relabel(who, n, kind) => {
                self.with_mail(who, n, |mail, n| {
                    if let Ok(mut envelope) = pb::Envelope::decode(mail[n].envelope.as_slice()) {
                        envelope.kind = kind;
                        mail[n].envelope = envelope.encode_to_vec();
                    }
                });
            }
            Act::Rename(who, n) => {
                let carol = self.world.carol.account().as_bytes().to_vec();
                self.with_mail(who, n, |mail, n| mail[n].sender = carol);
            }
            Act::Flip(who, n, bit) => {
                self.with_mail(who, n, |mail, n| {
                    let at = usize::from(bit / 8) % mail[n].envelope.len();
                    mail[n].envelope[at] ^= 1 << (bit % 8);
                });
            }
            Act::Forge(who, chat) => self.forge(who, chat),
            Act::HideDevices(hide) => {
                self.world.relay.lie_about_devices = None;
                if hide {
                    self.world.relay.lie_about_devices = Some(Arc::new(|devices| devices.lists.clear()));
                }
            }
            Act::Rebind => {
                let World { relay, alice, carol, .. } = &mut self.world;
                relay.rebind("bob", carol.account());
                alice.resolve(relay, &handle("bob"));
                self.world.relay.rebind("bob", self.world.bob.account());
            }
            Act::SpoilPrekeys(spoil) => {
                self.world.relay.lie_about_prekeys = None;
                if spoil {
                    self.world.relay.lie_about_prekeys = Some(Arc::new(|prekeys| {
                        prekeys.signed_prekey.reverse();
                    }));
                }
            }
            Act::TakeOneTimePrekeys(who) => {
                let of = self.pair(who).0.address();
                self.world.relay.one_time_prekeys(&of).clear();
            }
            Act::Refuse(code) => {
                let code = RefusalCode::try_from(code).unwrap();
                self.world.relay.refuse_sends = Some(code).filter(|code| *code != RefusalCode::Unspecified);
            }
            Act::NewList(who) => {
                let (client, _) = self.pair(who);
                let (list, account) = (forge::next_list(client), client.account());
                self.world.relay.lists(&account).push(list.as_bytes().to_vec());
            }
        }
    }

    /// What a person may be told that they cannot do; nothing else goes wrong.
    fn try_to(
        &mut self,
        who: Who,
        act: impl FnOnce(&mut Client, &aside_identity::Handle) -> Result<(), Halt>,
    ) {
        let (client, peer) = self.pair(who);
        let peer = peer.engine.handle().clone();
        match act(client, &peer) {
            Ok(()) | Err(Halt::Client(Error::Misuse(_))) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    fn sync(&mut self, who: Who) {
        let World { relay, alice, bob, .. } = &mut self.world;
        match who {
            Who::Alice => alice.sync(relay),
            Who::Bob => bob.sync(relay),
        }
    }

    fn with_mail<T>(
        &mut self,
        who: Who,
        n: u8,
        change: impl FnOnce(&mut std::collections::VecDeque<pb::Delivery>, usize) -> T,
    ) -> Option<T> {
        let to = self.pair(who).0.address();
        let mail = self.world.relay.mail(&to);
        (!mail.is_empty()).then(|| change(mail, usize::from(n) % mail.len()))
    }

    /// The relay writes in the clear, in the name of the other: in the thread, or as if in a chat.
    fn forge(&mut self, who: Who, chat: bool) {
        let (client, peer) = self.pair(who);
        let (to, from) = (client.address(), peer.address());
        let first = client.chats_with(&from.account).first().copied();
        let thread = match first {
            Some((Conversation::Chat(id), _)) if chat => ThreadId::new(*id.as_bytes()),
            _ => ThreadId::between(&to.account, &from.account),
        };
        let frame = Frame { salt: None, ..forge::frame(client, Body::text("forged").unwrap()) };
        let envelope = plain::seal(&ThreadFrame { thread, frame }).unwrap().encode_to_vec();
        self.world.relay.deliver(&to, &from, &envelope);
    }

    /// From here on the relay does what it should.
    fn repent(&mut self) {
        let relay = &mut self.world.relay;
        relay.lie_about_devices = None;
        relay.lie_about_prekeys = None;
        relay.refuse_sends = None;
        // Alice believes none of it, so that both have a last word.
        self.try_to(Who::Alice, |client, peer| {
            client.step(|engine, step| engine.keep_old_account(step, peer))
        });
        self.world.settle();
    }

    fn check(&mut self) {
        assert!(!self.world.relay.has_read(" closed "), "typed into a chat, and read by the relay");
        for who in [Who::Alice, Who::Bob] {
            self.check_what_was_received(who);
        }
        // The last word in the chat in use, so that what was dropped before it must be missed.
        for who in [Who::Alice, Who::Bob] {
            let text = self.text(who, "closed");
            let (client, peer) = self.pair(who);
            let (account, peer) = (peer.account(), peer.engine.handle().clone());
            let chats: BTreeSet<_> = client.chats_with(&account).into_iter().map(|(chat, _)| chat).collect();
            if client.say(&peer, &text).is_err() {
                continue;
            }
            let says = |client: &mut Client, chat| client.texts(chat).iter().any(|(_, said)| *said == text);
            let chat = chats.into_iter().find(|chat| says(client, *chat)).unwrap();
            self.world.settle();
            let (client, peer) = self.pair(who);
            let sent = client.sent(chat);
            let received = peer.received(chat);
            let noticed = peer.events.iter().any(|event| match event {
                Event::Gap { conversation, .. } => *conversation == chat,
                Event::Refused { .. } => true,
                _ => false,
            });
            assert!(sent == received || noticed, "{who:?} said {sent:?}, arrived {received:?}, unnoticed");
        }
        assert!(!self.world.relay.has_read(" closed "), "typed into a chat, and read by the relay");
    }

    fn check_what_was_received(&mut self, who: Who) {
        let (client, peer) = self.pair(who);
        let account = peer.account();
        let mut all = BTreeSet::new();
        for summary in client.conversations() {
            for message in client.messages(summary.conversation) {
                let text = crate::client::text(&message.body);
                let closed = matches!(summary.conversation, Conversation::Chat(_));
                let protection = if closed { Protection::Pairwise } else { Protection::None };
                assert_eq!(message.shield.protection(), protection);
                if !closed {
                    // What the relay says here is its own affair.
                    assert!(!text.contains(" closed "), "{text} in a thread");
                    continue;
                }
                if message.sender == account {
                    let said: Vec<_> = peer.texts(summary.conversation);
                    assert!(said.contains(&(account, text.clone())), "{text} was never said here");
                }
                assert!(!text.contains(" open ") && text != "forged", "{text} in a chat");
                assert!(all.insert((message.sender, text.clone())), "{text} twice");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn c1_no_lie_makes_a_chat_leave_in_the_clear_or_differ_in_silence(
        acts in prop::collection::vec(act(), 10..60),
        seed in any::<u64>(),
        chatting in any::<bool>(),
    ) {
        let world = if chatting { World::chatting(seed) } else { World::new(seed) };
        let mut run = Run { world, typed: 0 };
        for act in &acts {
            let accepted = run.accepted();
            run.act(act);
            prop_assert!(accepted.is_subset(&run.accepted()), "a chat is undone");
        }
        run.repent();
        run.check();
    }
}

impl Run {
    /// All chats that anybody holds for accepted.
    fn accepted(&mut self) -> BTreeSet<(aside_identity::AccountKey, Conversation)> {
        let mut all = BTreeSet::new();
        for client in [&mut self.world.alice, &mut self.world.bob] {
            let own = client.account();
            let accepted = client.conversations().into_iter();
            let accepted = accepted.filter(|summary| summary.state == Some(ChatState::Accepted));
            all.extend(accepted.map(|summary| (own, summary.conversation)));
        }
        all
    }
}
