//! What goes.

use super::{Eye, Stage};
use crate::{failure::Failure, life};
use aside_client::{Lifetime, Misuse};
use aside_wire::ExpiryTerms;
use std::time::Duration;

/// How long after it was read.
const SECONDS: u32 = 1;

impl Stage {
    /// Alice decides that what is said from here on goes a second after it was read.
    pub(in super::super) async fn alice_sets_timer(&mut self) -> Result<(), Failure> {
        let terms = ExpiryTerms::AfterRead { duration_s: SECONDS, unread_cap_s: 24 * 60 * 60 };
        self.tell(Eye::Alice, &format!("I decide: from here on messages {}", life::terms(terms)))?;
        self.write(Eye::Alice, |engine, step, to| {
            let chat = engine.chat_to_write_in(step.tx, to)?;
            engine.set_expiry(step, chat, terms).map(drop)
        })
        .await
    }

    /// What Bob sees of the last message of the chat when its time is over.
    pub(in super::super) async fn bob_looks_again(&mut self) -> Result<(), Failure> {
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let alice = self.client(Eye::Alice)?.engine().handle().clone();
        let client = self.client(Eye::Bob)?;
        client.sweep()?;
        let last = client.step(|engine, step| {
            let chat = engine.chat_to_write_in(step.tx, &alice)?;
            Ok::<_, aside_client::Error>(engine.messages_before(step, chat, u64::MAX, 1)?.pop())
        })?;
        let last = last.ok_or(Misuse::NoMessage)?;
        match (last.lifetime, life::placeholder(&last)) {
            (Lifetime::Gone(_), Some(words)) => self.tell(Eye::Bob, &format!("{alice}, chat: [{words}]")),
            _ => Err(Failure::Other("what was to go is still there".to_owned())),
        }
    }
}
