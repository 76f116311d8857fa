//! Forms, cards and what is answered to them, in every kind of conversation.

use crate::{
    client::{Client, Halt},
    crowd::{ALICE, BOB, CAROL, Crowd},
    forge,
    store::dump,
    world::{World, handle},
};
use aside_client::{Answerer, Conversation, Error, Event, Message, Misuse};
use aside_content::{
    Answer, Body, Card, CardAction, CardKind, Choice, Form, FormField, FormFieldKind, Frame, Target,
};
use aside_primitives::Digest;
use aside_wire::Reject;

fn field(id: &str, kind: FormFieldKind, options: &[&str], required: bool) -> FormField {
    let options = options.iter().map(|option| (*option).to_owned()).collect();
    FormField { id: id.into(), label: format!("{id}?"), kind, options, required }
}

fn form() -> Body {
    let fields = vec![
        field("stars", FormFieldKind::Choice, &["good", "bad"], true),
        field("note", FormFieldKind::Text, &[], false),
        field("call", FormFieldKind::Button, &[], false),
    ];
    Body::of(Form { title: "Your visit".into(), fields }).unwrap()
}

fn card() -> Body {
    let action = |value: &str| CardAction { label: value.to_uppercase(), value: value.into() };
    Body::of(Card {
        kind: CardKind::Order,
        title: "Order 4711".into(),
        lines: vec![],
        amount: None,
        link: String::new(),
        actions: vec![action("keep"), action("cancel")],
    })
    .unwrap()
}

fn answers(pairs: &[(&str, &str)]) -> Vec<Answer> {
    pairs.iter().map(|(field, value)| Answer { field: (*field).into(), value: (*value).into() }).collect()
}

fn last(client: &mut Client, conversation: Conversation) -> Message {
    client.messages(conversation).into_iter().last().unwrap()
}

fn choose(client: &mut Client, at: Conversation, to: u64, pairs: &[(&str, &str)]) -> Result<u64, Halt> {
    client.step(|engine, step| engine.choose(step, at, to, answers(pairs)))
}

fn misuse(result: Result<u64, Halt>) -> Misuse {
    match result {
        Err(Halt::Client(Error::Misuse(misuse))) => misuse,
        other => panic!("a misuse, not {other:?}"),
    }
}

/// Bob asks Alice something. Returns its index at both.
fn ask(world: &mut World, conversation: Conversation, what: Body) -> (u64, u64) {
    let asked = world.bob.step(|engine, step| engine.say_in(step, conversation, what)).unwrap();
    world.settle();
    (asked, last(&mut world.alice, conversation).index)
}

fn rooms(world: &mut World) -> [Conversation; 2] {
    world.alice.say_openly(&handle("bob"), "first").unwrap();
    world.settle();
    [world.alice.chat_with(&world.bob.account()), world.alice.thread_with(&world.bob.account())]
}

// CON-37
#[test]
fn con_37_of_several_answers_the_latest_counts_and_all_are_kept() {
    let mut world = World::chatting(201);
    for room in rooms(&mut world) {
        let (asked, at_alice) = ask(&mut world, room, form());
        choose(&mut world.alice, room, at_alice, &[("stars", "good"), ("note", "and warm")]).unwrap();
        // A clock that goes back makes no earlier answer of a later one (CON-35).
        world.alice.now -= 60_000;
        let second = choose(&mut world.alice, room, at_alice, &[("stars", "bad"), ("call", "")]).unwrap();
        world.alice.now += 60_000;
        world.settle();
        let (alice, newest) = (world.alice.account(), last(&mut world.bob, room).index);
        let at_bob = world.bob.messages(room);
        let form = at_bob.iter().find(|message| message.index == asked).unwrap();
        assert_eq!(form.answers, [(alice, newest)]);
        assert_eq!(at_bob.iter().filter(|message| matches!(message.body, Body::Choice(_))).count(), 2);
        let form = world.alice.messages(room).into_iter().find(|message| message.index == at_alice).unwrap();
        assert_eq!(form.answers, [(alice, second)]);
        let counted = at_bob.iter().find(|message| message.index == newest).unwrap();
        let answered = world.bob.step(|engine, step| engine.answered(step, counted)).unwrap().unwrap();
        assert_eq!(answered.index, asked);
        let Body::Choice(choice) = &counted.body else { panic!("a choice") };
        assert_eq!(choice.answers[0].value, "bad");

        // Taken back, it counts no more, and none of before instead.
        world.alice.step(|engine, step| engine.unsend(step, room, second)).unwrap();
        world.settle();
        let form = world.bob.messages(room).into_iter().find(|message| message.index == asked).unwrap();
        assert_eq!(form.answers, []);
    }
}

// CON-37: the relay may hold an answer back and deliver it after a later one.
#[test]
fn con_37_an_answer_that_is_held_back_does_not_replace_a_later_one() {
    let mut world = World::chatting(202);
    let [_, thread] = rooms(&mut world);
    let (asked, at_alice) = ask(&mut world, thread, form());
    for value in ["good", "bad"] {
        choose(&mut world.alice, thread, at_alice, &[("stars", value)]).unwrap();
        world.alice.now += 1000;
    }
    world.alice.sync(&mut world.relay);
    let bob = world.bob.address();
    world.relay.swap(&bob, 0, 1);
    world.bob.sync(&mut world.relay);
    let messages = world.bob.messages(thread);
    let form = messages.iter().find(|message| message.index == asked).unwrap();
    let counted = messages.iter().find(|message| message.index == form.answers[0].1).unwrap();
    let Body::Choice(choice) = &counted.body else { panic!("a choice") };
    assert_eq!(choice.answers[0].value, "bad");
}

// CON-26, CON-35
#[test]
fn con_35_what_does_not_fit_is_not_sent_and_the_person_is_told_why() {
    let mut world = World::chatting(203);
    for room in rooms(&mut world) {
        let (_, asked) = ask(&mut world, room, form());
        let before = world.alice.messages(room).len();
        for (pairs, word) in [
            (&[("stars", "fine")][..], "stars is answered with one of: good, bad"),
            (&[("stars", "good"), ("call", "now")], "call is pressed"),
            (&[("note", "x")], "stars has to be answered"),
            (&[("stars", "good"), ("age", "7")], "no question age; there are: stars, note, call"),
            (&[("stars", "good"), ("stars", "good")], "answered once"),
        ] {
            let misuse = misuse(choose(&mut world.alice, room, asked, pairs));
            assert!(misuse.to_string().contains(word), "{misuse}");
        }
        let (_, card) = ask(&mut world, room, card());
        let refused = misuse(choose(&mut world.alice, room, card, &[("action", "burn")]));
        assert!(refused.to_string().contains("keep, cancel"));
        assert_eq!(misuse(choose(&mut world.alice, room, card + 99, &[("a", "b")])), Misuse::NoMessage);
        let text =
            world.alice.step(|engine, step| engine.say_in(step, room, Body::text("x").unwrap())).unwrap();
        assert_eq!(misuse(choose(&mut world.alice, room, text, &[("a", "b")])), Misuse::NothingAsked);
        let own = world.alice.step(|engine, step| engine.say_in(step, room, form())).unwrap();
        let answer = [("stars", "good")];
        assert_eq!(misuse(choose(&mut world.alice, room, own, &answer)), Misuse::NothingAsked);
        assert_eq!(world.alice.messages(room).len(), before + 3);
        choose(&mut world.alice, room, card, &[("action", "cancel")]).unwrap();
        world.settle();
        assert!(matches!(last(&mut world.bob, room).body, Body::Choice(_)));
    }
}

fn target(client: &mut Client, message: &Message) -> Target {
    let record = client.step(|engine, step| {
        let answer = Body::text("x").unwrap();
        engine.reply(step, message.conversation, message.index, answer)
    });
    let index = record.unwrap();
    let reply = client.messages(message.conversation).into_iter().find(|reply| reply.index == index).unwrap();
    let Body::Reply(reply) = reply.body else { panic!("a reply") };
    reply.target
}

// CON-26, CON-36
#[test]
fn con_26_answers_to_what_was_not_asked_here_or_that_do_not_fit_are_refused() {
    let mut world = World::chatting(204);
    let chat = world.alice.chat_with(&world.bob.account());
    let Conversation::Chat(id) = chat else { panic!("a chat") };
    let (asked, at_alice) = ask(&mut world, chat, form());
    world.alice.say(&handle("bob"), "no form").unwrap();
    world.settle();
    let form_here = world.alice.messages(chat).into_iter().find(|message| message.index == at_alice).unwrap();
    let text_here = last(&mut world.bob, chat);
    let of_alice = last(&mut world.alice, chat);
    assert_eq!(of_alice.message_id, text_here.message_id);
    let form_target = target(&mut world.alice, &form_here);
    let text_target = target(&mut world.alice, &of_alice);
    let own_form = world.alice.step(|engine, step| engine.say_in(step, chat, form())).unwrap();
    let own_form = world.alice.messages(chat).into_iter().find(|message| message.index == own_form).unwrap();
    let own_target = target(&mut world.alice, &own_form);
    world.settle();
    world.bob.news();
    let before = dump(&world.bob.store.inner);
    let good = [("stars", "good")];
    for (target, pairs) in [
        (Target { message_id: aside_content::MessageId::new([7; 16]), ..form_target }, &good[..]),
        (Target { hash: Digest([7; 32]), ..form_target }, &good),
        (Target { author: world.alice.account(), ..form_target }, &good),
        (text_target, &good),
        (own_target, &good),
        (form_target, &[("stars", "fine")]),
        (form_target, &[("note", "no stars")]),
    ] {
        let choice = Body::of(Choice { target, answers: answers(pairs) }).unwrap();
        let mut forged = forge::frame(&mut world.alice, choice);
        assert_eq!(deliver(&mut world, id, &mut forged), [Reject::Policy]);
    }
    assert_eq!(dump(&world.bob.store.inner), before, "nothing of it is kept");
    let choice = Body::of(Choice { target: form_target, answers: answers(&good) }).unwrap();
    let mut honest = forge::frame(&mut world.alice, choice);
    assert_eq!(deliver(&mut world, id, &mut honest), []);
    let form = world.bob.messages(chat).into_iter().find(|message| message.index == asked).unwrap();
    assert_eq!(form.answers.len(), 1);
}

/// Alice's frame as Bob gets it. Returns why he refuses it.
fn deliver(world: &mut World, chat: aside_content::ChatId, frame: &mut Frame) -> Vec<Reject> {
    let (to, from) = (world.bob.address(), world.alice.address());
    let envelope = forge::encrypt(&mut world.alice, &to, chat, frame.clone(), |_| ());
    world.relay.deliver(&to, &from, &envelope);
    world.bob.sync(&mut world.relay);
    world.bob.refusals()
}

// CON-36
#[test]
fn con_36_in_a_group_everybody_answers_and_whoever_came_later_sees_the_answers() {
    let (mut crowd, group) = Crowd::group(205, 3);
    let room = Conversation::Group(group);
    crowd.people[ALICE].step(|engine, step| engine.say_in(step, room, form())).unwrap();
    crowd.settle();
    crowd.add(ALICE, &group, &["dave"]).unwrap();
    crowd.settle();
    crowd.people[3].step(|engine, step| engine.accept_group(step, &group)).unwrap();
    for (who, value) in [(BOB, "good"), (CAROL, "bad"), (ALICE, "good")] {
        let asked = crowd.people[who].messages(room);
        let asked = asked.iter().find(|message| matches!(message.body, Body::Form(_))).unwrap().index;
        choose(&mut crowd.people[who], room, asked, &[("stars", value)]).unwrap();
        crowd.settle();
    }
    let form = crowd.people[ALICE].messages(room);
    let form = form.iter().find(|message| matches!(message.body, Body::Form(_))).unwrap();
    assert_eq!(form.answers.len(), 3);
    let at_dave = crowd.people[3].messages(room);
    assert_eq!(at_dave.iter().filter(|message| matches!(message.body, Body::Choice(_))).count(), 3);
    for person in &mut crowd.people[..4] {
        assert!(!person.news().iter().any(|event| matches!(event, Event::Refused { .. })));
    }
}

// CON-34: the relay may hold the earlier one back.
#[test]
fn con_34_of_several_handovers_the_latest_counts_whatever_the_order() {
    let mut world = World::chatting(207);
    let [_, thread] = rooms(&mut world);
    let (alice, bob) = (world.alice.address(), world.bob.account());
    for to in [Answerer::Person, Answerer::Program] {
        world.bob.step(|engine, step| engine.say_who_answers(step, thread, to, "")).unwrap();
    }
    world.bob.sync(&mut world.relay);
    world.relay.swap(&alice, 0, 1);
    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.messages(thread).len(), 3);
    let known = world.alice.step(|engine, step| engine.answerer(step.tx, thread, &bob)).unwrap();
    assert_eq!(known, Some(Answerer::Program));
}

// CON-34
#[test]
fn con_34_who_answers_is_what_was_said_last_and_changes_no_label() {
    let mut world = World::chatting(206);
    let (alice, bob) = (world.alice.account(), world.bob.account());
    for room in rooms(&mut world) {
        let seen = |world: &mut World| {
            let of =
                |summary: aside_client::Summary| (summary.conversation == room).then_some(summary.answerer);
            world.alice.conversations().into_iter().find_map(of).unwrap()
        };
        assert_eq!(seen(&mut world), None);
        for to in [Answerer::Person, Answerer::Program, Answerer::Person] {
            world.bob.now -= 1000;
            world.bob.step(|engine, step| engine.say_who_answers(step, room, to, "Carol")).unwrap();
            world.settle();
            assert_eq!(seen(&mut world), Some(to));
            assert!(matches!(last(&mut world.alice, room).body, Body::Handover(_)));
            assert!(!last(&mut world.alice, room).automated);
        }
        let own = world.alice.step(|engine, step| engine.answerer(step.tx, room, &alice)).unwrap();
        let of_bob = world.bob.step(|engine, step| engine.answerer(step.tx, room, &bob)).unwrap();
        assert_eq!((own, of_bob), (None, Some(Answerer::Person)));
    }
}
