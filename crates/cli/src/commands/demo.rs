//! `aside demo`: a relay on loopback, Alice, Bob and Carol, and what each of them sees.

mod evidence;
mod stage;

use crate::failure::Failure;
use stage::{Eye, Stage};

/// What Alice and Bob say where the relay can read it.
const IN_THE_THREAD: [&str; 2] = ["Dinner on Friday?", "Are you there?"];
/// What they say in the encrypted chat. The relay must not hold a byte of it in the clear.
const IN_THE_CHAT: [&str; 4] = [
    "It is about your surprise party.",
    "My lips are sealed.",
    "The cake is in the garage.",
    "The spare key is under the blue pot.",
];

/// What is said in the group while Carol is in it.
const IN_THE_GROUP: [&str; 3] =
    ["Carol brings the candles.", "I bring two dozen.", "And I bring the matches."];
/// What is said there when she is not any more.
const WITHOUT_CAROL: &str = "Carol told the birthday child.";

pub(crate) async fn run() -> Result<(), Failure> {
    let mut stage = Stage::open().await?;
    stage.scene("Alice and Bob register at a relay on this machine.")?;
    stage.register().await?;

    stage.scene("Alice writes to Bob in an ordinary thread. The relay can read it.")?;
    stage.alice_writes_in_thread(IN_THE_THREAD[0]).await?;
    stage.relay_sees()?;
    stage.reads(Eye::Bob).await?;

    stage.scene(
        "Bob has never written to her: it is a request. He accepts, and she does not learn when he looked.",
    )?;
    stage.bob_accepts_request().await?;
    stage.reads(Eye::Bob).await?;

    stage.scene("Alice asks Bob to talk encrypted, and writes before he has answered.")?;
    stage.alice_opens_chat().await?;
    stage.alice_writes_in_chat(IN_THE_CHAT[0]).await?;
    stage.relay_sees()?;
    stage.reads(Eye::Bob).await?;

    stage.scene("Bob accepts, and answers. From here on it is their choice, and nobody else's.")?;
    stage.bob_accepts().await?;
    stage.reads(Eye::Bob).await?;
    stage.bob_writes_in_chat(IN_THE_CHAT[1]).await?;
    stage.relay_sees()?;
    stage.reads(Eye::Alice).await?;

    stage.scene("Bob is offline. Mail waits for him at the relay, in the order it was sent.")?;
    stage.alice_writes_in_thread(IN_THE_THREAD[1]).await?;
    stage.alice_writes_in_chat(IN_THE_CHAT[2]).await?;
    stage.relay_sees()?;

    stage.scene("Bob comes online and fetches it. The relay deletes what he has.")?;
    stage.reads(Eye::Bob).await?;
    stage.relay_sees()?;

    stage.scene("Bob reacts. To the relay a reaction looks like a text.")?;
    stage.bob_reacts("🎂").await?;
    stage.relay_sees()?;
    stage.reads(Eye::Alice).await?;

    stage.scene(
        "Alice lets what she says go a second after it was read. A camera would remember it all the same.",
    )?;
    stage.alice_sets_timer().await?;
    stage.alice_writes_in_chat(IN_THE_CHAT[3]).await?;
    stage.relay_sees()?;
    stage.reads(Eye::Bob).await?;
    stage.bob_looks_again().await?;

    stage.scene(
        "Bob ends the chat. What Alice types for it then goes nowhere, and least of all into the thread.",
    )?;
    stage.bob_ends_chat().await?;
    stage.reads(Eye::Alice).await?;
    stage.alice_writes_in_vain("One more thing.").await?;

    stage.scene("Carol registers too. Alice makes a group of three; being taken in is a request.")?;
    stage.carol_comes().await?;
    stage.alice_makes_group("Birthday").await?;
    stage.relay_sees()?;
    for who in [Eye::Bob, Eye::Carol] {
        stage.reads(who).await?;
        stage.accepts_group(who).await?;
    }

    stage.scene("What is said goes out once, and the relay hands a copy to each of them.")?;
    for (who, text) in [Eye::Alice, Eye::Carol, Eye::Bob].into_iter().zip(IN_THE_GROUP) {
        stage.says_in_group(who, text).await?;
    }
    stage.relay_sees()?;
    for who in [Eye::Alice, Eye::Bob, Eye::Carol] {
        stage.reads(who).await?;
    }

    stage.scene("Alice puts Carol out. Whatever is said from now on has keys that Carol never gets.")?;
    stage.alice_puts_carol_out().await?;
    stage.reads(Eye::Bob).await?;
    stage.says_in_group(Eye::Bob, WITHOUT_CAROL).await?;
    stage.relay_sees()?;
    stage.reads(Eye::Alice).await?;
    stage.reads(Eye::Carol).await?;
    stage.carol_has_not(WITHOUT_CAROL)?;

    let in_the_group = [&IN_THE_GROUP[..], &[WITHOUT_CAROL]].concat();
    stage.verdict(&IN_THE_THREAD, &IN_THE_CHAT, &in_the_group).await
}
