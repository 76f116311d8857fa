//! Forms, cards, templates, broadcasts, what is sent later, and programs that say that they are, as objects.

use crate::{
    crowd::{ALICE, BOB, CAROL},
    person::{Person, messages, objects},
    said::{KINDS, everywhere},
};
use serde_json::{Value, json};
use std::fs;

async fn last(person: &Person, kind: &str) -> Value {
    let found = |message: &Value| message["kind"] == kind;
    person.history().await.into_iter().rfind(found).unwrap_or_else(|| panic!("a {kind}"))
}

// F56, F57, F63
#[tokio::test]
async fn forms_and_cards_are_asked_and_answered_wherever_people_talk() {
    let crowd = everywhere().await;
    let (alice, bob) = (&crowd.people[ALICE], &crowd.people[BOB]);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let form = json!({ "title": "Dinner", "fields": [
        { "id": "day", "label": "When?", "kind": "choice", "options": ["Friday", "Sunday"], "required": true },
    ]});
    let card = json!({ "kind": "payment", "title": "Your share", "amount": "EUR 0.50",
        "actions": [{ "label": "Done", "value": "paid" }] });
    fs::write(path("form"), form.to_string()).unwrap();
    fs::write(path("card"), card.to_string()).unwrap();
    fs::write(path("wrong"), "{ \"titel\": \"Dinner\" }").unwrap();
    for kind in &KINDS {
        let mut words = kind.words("send", kind.alice, &[]);
        let place = words.len() - 2;
        words.insert(place, "form");
        alice.run(&[&words[..], &[&path("wrong")]].concat()).await.failed(3, &["titel"]);
        alice.run(&[&words[..], &[&path("form")]].concat()).await.done();
        words[place] = "card";
        alice.run(&[&words[..], &[&path("card")]].concat()).await.done();

        let form = last(bob, "form").await;
        assert_eq!((&form["conversation"], &form["automated"]), (&json!(kind.name), &json!(false)));
        assert_eq!(form["form"]["fields"][0]["options"], json!(["Friday", "Sunday"]));
        let index = form["index"].to_string();
        let answer = |day: &'static str| {
            let mut words =
                kind.words("answer", if kind.name == "group" { "Friends" } else { "@alice" }, &[]);
            words.insert(words.len() - 2, "form");
            [words, vec![&index, day]].concat().iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()
        };
        for (day, code) in [("day=Monday", 3), ("day=Friday", 0), ("day=Sunday", 0)] {
            let words = answer(day);
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            assert_eq!(bob.run(&words).await.code, Some(code), "{day}");
        }
        let at_alice = alice.history().await;
        let choices: Vec<_> = at_alice.iter().filter(|message| message["kind"] == "choice").collect();
        let counts: Vec<_> = choices.iter().rev().take(2).map(|choice| &choice["counts"]).collect();
        assert_eq!(counts, [true, false]);
        let asked = last(alice, "form").await;
        let newest = choices.last().unwrap();
        assert_eq!(newest["choice"], json!({ "day": "Sunday" }));
        assert_eq!(newest["reply_to"]["index"], asked["index"]);
        assert_eq!(asked["answers"][0]["index"], newest["index"]);
        assert_eq!(last(bob, "card").await["card"]["amount"], "EUR 0.50");
    }
}

// F59, F61, F53
#[tokio::test]
async fn a_broadcast_names_who_is_left_out_and_what_is_later_can_be_cancelled() {
    let crowd = everywhere().await;
    let (alice, bob) = (&crowd.people[ALICE], &crowd.people[BOB]);
    alice.run(&["list", "create", "all", "@bob", "@carol"]).await.done();
    alice.run(&["template", "add", "hi", "Hi {handle}!"]).await.done();
    let told =
        alice.run(&["broadcast", "--list", "all", "--in", "chats", "--template", "hi", "--json"]).await;
    assert_eq!(told.code, Some(3));
    let told = objects(&told.out);
    assert_eq!((&told[0]["type"], &told[0]["person"]["handle"]), (&json!("left_out"), &json!("@carol")));
    assert_eq!(told[1], json!({ "type": "broadcast", "messages": 1 }));
    let got = messages(&bob.run(&["inbox", "--json"]).await.done());
    assert_eq!(
        (&got.last().unwrap()["text"], &got.last().unwrap()["shield"]),
        (&json!("Hi @bob!"), &json!("pairwise"))
    );
    assert!(crowd.people[CAROL].history().await.iter().all(|message| message["text"] != "Hi @carol!"));

    for kind in &KINDS {
        let words = kind.words("send", kind.alice, &["Later.", "--at", "+1d", "--json"]);
        let later = &objects(&alice.run(&words).await.done())[0];
        assert_eq!((&later["type"], &later["conversation"]), (&json!("scheduled"), &json!(kind.name)));
        alice.run(&["scheduled", "cancel", &later["number"].to_string()]).await.done();
        let words = kind.words("send", kind.alice, &["Now or never.", "--at", "+1s"]);
        alice.run(&words).await.done();
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    alice.run(&["inbox"]).await.done();
    assert_eq!(alice.run(&["scheduled", "--json"]).await.done(), "");
    let got = messages(&bob.run(&["inbox", "--json"]).await.done());
    assert_eq!(got.iter().filter(|message| message["text"] == "Now or never.").count(), 3);
    assert!(got.iter().all(|message| message["text"] != "Later."));
}
