//! The same to everybody on a list: as many messages of their own as there are people (CON-38).

use super::{Engine, Step};
use crate::{
    ChatState,
    conversation::Conversation,
    error::{Error, Misuse},
    store::StoreError,
};
use aside_content::Body;
use aside_identity::{AccountKey, Handle};

/// Where something is said to everybody on a list. It has to be said: nothing goes by itself where the relay can read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    /// In the plaintext threads.
    Threads,
    /// In the accepted encrypted chats.
    Chats,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Broadcast {
    /// To whom it was said, and the message that says it.
    pub said: Vec<(AccountKey, Conversation, u64)>,
    /// To whom nothing was said, and why not.
    pub left_out: Vec<(AccountKey, Misuse)>,
}

impl Engine {
    /// Says something to everybody on a list, each in a message of its own. `words` makes the text for somebody.
    /// Whoever cannot be reached in such a room is left out; nothing goes to them elsewhere (CON-38, threat C1).
    ///
    /// # Errors
    /// [`Misuse::NoList`], or what is wrong with the text; then nothing was said to anybody.
    pub fn broadcast(
        &self,
        step: &mut Step<'_>,
        list: &str,
        room: Room,
        words: &dyn Fn(&Handle) -> String,
    ) -> Result<Broadcast, Error> {
        let mut broadcast = Broadcast::default();
        for account in self.list_named(step.tx, list)? {
            let handle = self.handle_of(step.tx, &account)?.ok_or(StoreError::Damaged("list of people"))?;
            let text = words(&handle);
            let body = Body::text(text.as_str()).map_err(|_| Misuse::of_text(&text))?;
            match self.say_to_one(step, (&account, &handle), room, body) {
                Ok((conversation, index)) => broadcast.said.push((account, conversation, index)),
                Err(Error::Misuse(misuse)) => broadcast.left_out.push((account, misuse)),
                Err(error) => return Err(error),
            }
        }
        Ok(broadcast)
    }

    fn say_to_one(
        &self,
        step: &mut Step<'_>,
        (account, handle): (&AccountKey, &Handle),
        room: Room,
        body: Body,
    ) -> Result<(Conversation, u64), Error> {
        // The list names an account, and the handle may be another's by now (CNV-9).
        if self.reachable(step.tx, handle)? != *account {
            return Err(Misuse::AccountChanged(handle.clone()).into());
        }
        let conversation = match room {
            Room::Threads => self.thread_with(step, handle)?,
            Room::Chats => match self.chat_with(step.tx, account)? {
                Some((chat, ChatState::Accepted)) => Conversation::Chat(chat),
                Some((_, ChatState::Opened)) => return Err(Misuse::NotTheirsYet(handle.clone()).into()),
                _ => self.chat_to_write_in(step.tx, handle)?,
            },
        };
        Ok((conversation, self.say_in(step, conversation, body)?))
    }
}
