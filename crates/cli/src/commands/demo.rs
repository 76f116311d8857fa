//! `aside demo`: a relay on loopback, Alice and Bob, and what each of them sees.

mod evidence;
mod stage;

use crate::failure::Failure;
use stage::Stage;

/// What Alice and Bob say where the relay can read it.
const IN_THE_THREAD: [&str; 2] = ["Dinner on Friday?", "Are you there?"];
/// What they say in the encrypted chat. The relay must not hold a byte of it in the clear.
const IN_THE_CHAT: [&str; 3] =
    ["It is about your surprise party.", "My lips are sealed.", "The cake is in the garage."];

pub(crate) async fn run() -> Result<(), Failure> {
    let mut stage = Stage::open().await?;
    stage.scene("Alice and Bob register at a relay on this machine.")?;
    stage.register().await?;

    stage.scene("Alice writes to Bob in an ordinary thread. The relay can read it.")?;
    stage.alice_writes_in_thread(IN_THE_THREAD[0]).await?;
    stage.relay_sees()?;
    stage.bob_reads().await?;

    stage.scene("Alice asks Bob to talk encrypted, and writes before he has answered.")?;
    stage.alice_opens_chat().await?;
    stage.alice_writes_in_chat(IN_THE_CHAT[0]).await?;
    stage.relay_sees()?;
    stage.bob_reads().await?;

    stage.scene("Bob accepts, and answers. From here on it is their choice, and nobody else's.")?;
    stage.bob_accepts().await?;
    stage.bob_reads().await?;
    stage.bob_writes_in_chat(IN_THE_CHAT[1]).await?;
    stage.relay_sees()?;
    stage.alice_reads().await?;

    stage.scene("Bob is offline. Mail waits for him at the relay, in the order it was sent.")?;
    stage.alice_writes_in_thread(IN_THE_THREAD[1]).await?;
    stage.alice_writes_in_chat(IN_THE_CHAT[2]).await?;
    stage.relay_sees()?;

    stage.scene("Bob comes online and fetches it. The relay deletes what he has.")?;
    stage.bob_reads().await?;
    stage.relay_sees()?;

    stage.verdict(&IN_THE_THREAD, &IN_THE_CHAT).await
}
