//! Whatever members do, and whatever is late, repeated or lost: one log and one reading (threats G2, G3, G12).

use crate::crowd::{Crowd, NAMES};
use aside_client::{Conversation, Event, Standing};
use aside_content::MessageId;
use aside_group::Role;
use aside_identity::GroupId;
use aside_wire::pb;
use proptest::prelude::*;
use prost::Message;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Act {
    Say(usize),
    Add(usize, usize),
    Remove(usize, usize),
    Leave(usize),
    Promote(usize, usize),
    Demote(usize, usize),
    Rename(usize),
    Accept(usize),
    /// Some people talk to the relay.
    Online(Vec<usize>),
    /// The relay swaps two deliveries, repeats one, or loses a message or the notice of an entry.
    Swap(usize, usize),
    Repeat(usize, usize),
    Lose(usize, usize),
}

fn acts(people: usize) -> impl Strategy<Value = Vec<Act>> {
    let who = 0..people;
    let pair = (0..people, 0..people);
    let act = prop_oneof![
        6 => who.clone().prop_map(Act::Say),
        3 => pair.clone().prop_map(|(a, b)| Act::Add(a, b)),
        2 => pair.clone().prop_map(|(a, b)| Act::Remove(a, b)),
        1 => who.clone().prop_map(Act::Leave),
        2 => pair.clone().prop_map(|(a, b)| Act::Promote(a, b)),
        1 => pair.clone().prop_map(|(a, b)| Act::Demote(a, b)),
        1 => who.clone().prop_map(Act::Rename),
        3 => who.prop_map(Act::Accept),
        6 => prop::collection::vec(0..people, 1..4).prop_map(Act::Online),
        1 => pair.clone().prop_map(|(a, b)| Act::Swap(a, b)),
        1 => pair.clone().prop_map(|(a, b)| Act::Repeat(a, b)),
        1 => pair.prop_map(|(a, b)| Act::Lose(a, b)),
    ];
    prop::collection::vec(act, 10..40)
}

struct Run {
    crowd: Crowd,
    group: GroupId,
    said: usize,
}

impl Run {
    fn act(&mut self, act: &Act) {
        let Self { crowd, group, said } = self;
        let group = *group;
        // What the person may not do is refused at once; that is as good as not done.
        match act {
            Act::Say(who) => {
                *said += 1;
                let _ = crowd.say(*who, &group, &format!("text {said}"));
            }
            Act::Add(who, whom) => {
                let _ = crowd.add(*who, &group, &[NAMES[*whom]]);
            }
            Act::Remove(who, whom) => {
                let _ = crowd.remove(*who, &group, *whom);
            }
            Act::Leave(who) => {
                let _ = crowd.people[*who].step(|engine, step| engine.leave_group(step, &group));
            }
            Act::Promote(who, whom) => {
                let _ = crowd.promote(*who, &group, *whom, Role::Admin);
            }
            Act::Demote(who, whom) => {
                let _ = crowd.promote(*who, &group, *whom, Role::Member);
            }
            Act::Rename(who) => {
                let name = format!("Friends of {who}");
                let _ = crowd.people[*who].step(|engine, step| engine.rename_group(step, &group, &name));
            }
            Act::Accept(who) => self.accept(*who),
            Act::Online(people) => {
                let offline: Vec<_> =
                    (0..crowd.people.len()).filter(|person| !people.contains(person)).collect();
                crowd.settle_but(&offline);
            }
            Act::Swap(who, at) => self.with_mail(*who, |crowd, to, waiting| {
                let at = at % waiting.len();
                crowd.relay.swap(to, at, (at + 1) % waiting.len());
            }),
            Act::Repeat(who, at) => self.with_mail(*who, |crowd, to, waiting| {
                crowd.relay.redeliver(to, &waiting[at % waiting.len()]);
            }),
            Act::Lose(who, at) => self.with_mail(*who, |crowd, to, waiting| {
                let at = at % waiting.len();
                if is_for_a_group(&waiting[at]) {
                    crowd.relay.mail(to).remove(at);
                }
            }),
        }
    }

    fn accept(&mut self, who: usize) {
        let group = self.group;
        let _ = self.crowd.people[who].step(|engine, step| engine.accept_group(step, &group));
    }

    fn with_mail(
        &mut self,
        who: usize,
        change: impl FnOnce(&mut Crowd, &aside_identity::Address, &[pb::Delivery]),
    ) {
        let to = self.crowd.people[who].address();
        let waiting = self.crowd.relay.waiting(&to);
        if !waiting.is_empty() {
            change(&mut self.crowd, &to, &waiting);
        }
    }

    /// Everybody comes online and accepts, and says a last word.
    fn end(&mut self) {
        self.crowd.settle();
        for who in 0..self.crowd.people.len() {
            self.accept(who);
        }
        self.crowd.settle();
        self.crowd.hush();
        for who in self.members() {
            self.crowd.say(who, &self.group.clone(), &format!("last word of {who}")).unwrap();
        }
        self.crowd.settle();
    }

    fn members(&mut self) -> Vec<usize> {
        let group = self.group;
        (0..self.crowd.people.len())
            .filter(|who| self.crowd.standing(*who, &group) == Some(Standing::Joined))
            .collect()
    }

    fn check(&mut self) {
        let group = self.group;
        let members = self.members();
        let info = self.crowd.info(members[0], &group);
        assert_eq!(info.members.len(), members.len(), "members are those who are in");
        for who in &members {
            assert_eq!(self.crowd.head(*who, &group), (info.sequence, info.head), "one log");
            let news = self.crowd.news(*who);
            assert!(!news.iter().any(|event| matches!(event, Event::GroupForked { .. })), "{news:?}");
        }
        let mut readings: BTreeMap<MessageId, String> = BTreeMap::new();
        for who in 0..self.crowd.people.len() {
            let messages = self.crowd.people[who].messages(Conversation::Group(group));
            let mut seen = Vec::new();
            for message in messages {
                let text = crate::client::text(&message.body);
                assert!(!seen.contains(&message.message_id), "shown twice: {text}");
                seen.push(message.message_id);
                let reading = readings.entry(message.message_id).or_insert_with(|| text.clone());
                assert_eq!(*reading, text, "one reading");
            }
            let received = self.crowd.received(who, &group);
            let last = received.iter().filter(|text| text.starts_with("last word")).count();
            let expected = if members.contains(&who) { members.len() - 1 } else { 0 };
            assert_eq!(last, expected, "person {who} of {members:?}: {received:?}");
        }
    }
}

fn is_for_a_group(delivery: &pb::Delivery) -> bool {
    let envelope = pb::Envelope::decode(delivery.envelope.as_slice()).unwrap();
    matches!(envelope.kind(), pb::EnvelopeKind::Group | pb::EnvelopeKind::GroupEntry)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_history_ends_in_one_log_and_one_reading((people, acts) in (2..=12usize).prop_flat_map(|people| (Just(people), acts(people)))) {
        let (crowd, group) = Crowd::group(21, people.min(4));
        let mut run = Run { crowd, group, said: 0 };
        for act in &acts {
            run.act(act);
        }
        run.end();
        run.check();
    }
}
