//! A group of a thousand: taken in, written to, one put out. A few of them look; the others stay offline.

use crate::{client::Client, relay::Relay, store::Faulty};
use aside_client::{Conversation, Standing};
use aside_content::Text;
use aside_identity::{GroupId, Handle};
use aside_wire::pb::LoggedIn;

const MEMBERS: usize = 1000;
const LOOKING: [usize; 4] = [1, 2, 500, 999];

fn name(number: usize) -> String {
    format!("member{number}")
}

/// Registered with a signed prekey alone: a hundred thousand one-time prekeys would prove nothing.
fn person(relay: &mut Relay, number: usize) -> Client {
    let name = name(number);
    let mut client = Client::create(Faulty::default(), &name, number.try_into().unwrap());
    relay.register(&name, client.account(), client.engine.list().as_bytes());
    let status = LoggedIn { one_time_prekeys: 100, ..LoggedIn::default() };
    let upload = client.step(|engine, step| engine.upkeep(step, &status)).unwrap().unwrap();
    relay.publish(&client.address(), upload);
    client
}

fn exchange(relay: &mut Relay, people: &mut [Client]) {
    let fuse = &mut crate::client::Fuse::default();
    for who in std::iter::once(0).chain(LOOKING).chain([0]).chain(LOOKING) {
        people[who].receive(relay, fuse).unwrap();
        people[who].flush(relay, fuse).unwrap();
    }
}

fn say(people: &mut [Client], who: usize, group: &GroupId, text: &str) {
    people[who].step(|engine, step| engine.send_to_group(step, group, Text::new(text).unwrap())).unwrap();
}

#[test]
fn a_group_of_a_thousand_is_written_to_and_somebody_is_put_out() {
    let mut relay = Relay::default();
    let mut people: Vec<Client> = (0..MEMBERS).map(|number| person(&mut relay, number)).collect();
    let handles: Vec<Handle> = (1..MEMBERS).map(|number| Handle::parse(&name(number)).unwrap()).collect();
    for handle in &handles {
        people[0].resolve(&relay, handle);
    }
    let group = people[0].step(|engine, step| engine.create_group(step, "Everybody", false)).unwrap();
    for some in handles.chunks(100) {
        people[0].step(|engine, step| engine.add_to_group(step, &group, some)).unwrap();
    }
    say(&mut people, 0, &group, "welcome");
    exchange(&mut relay, &mut people);
    for who in LOOKING {
        people[who].step(|engine, step| engine.accept_group(step, &group)).unwrap();
        assert_eq!(people[who].received(Conversation::Group(group)), ["welcome"], "{who}");
    }
    let info = people[999].step(|engine, step| engine.group_info(step.tx, &group)).unwrap();
    assert_eq!(info.members.len(), MEMBERS);

    let last = people[999].account();
    people[0].step(|engine, step| engine.remove_from_group(step, &group, &[last])).unwrap();
    say(&mut people, 0, &group, "without the last");
    exchange(&mut relay, &mut people);
    let fan_out = &relay.fanned_out.last().unwrap().1;
    assert_eq!(fan_out.recipients.len(), MEMBERS - 2);
    assert_eq!(people[500].received(Conversation::Group(group)), ["welcome", "without the last"]);
    assert_eq!(people[999].received(Conversation::Group(group)), ["welcome"]);
    let groups = people[999].step(|engine, step| engine.groups(step.tx)).unwrap();
    assert_eq!(groups[0].standing, Standing::Out);
}
