//! What can be noticed of captures, as devices say.

use super::{Engine, group::audience};
use crate::{
    conversation::Conversation,
    store::{StoreError, Transaction},
};
use aside_identity::CaptureDetection;

impl Engine {
    /// What the devices of the others in a conversation can notice of captures: the weakest of what they say (CAP-15). Of a
    /// thread nobody says anything.
    ///
    /// It is what their clients say. That none tells of a capture does not mean that nothing was captured (CAP-1).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn can_notice(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
    ) -> Result<CaptureDetection, StoreError> {
        let others = match conversation {
            Conversation::Thread(_) => return Ok(CaptureDetection::None),
            Conversation::Chat(_) => self.peer_of(tx, conversation)?.into_iter().collect(),
            Conversation::Group(group) => audience(tx, group)?.unwrap_or_default(),
        };
        let mut weakest = None;
        for account in others.into_iter().filter(|account| *account != self.address().account) {
            // Of whom nothing is known, nothing is claimed.
            let Some(list) = self.list_of(tx, &account)? else { return Ok(CaptureDetection::None) };
            let claims = list.certificates().iter().map(|device| device.capabilities.capture);
            weakest = weakest.into_iter().chain(claims).min();
        }
        Ok(weakest.unwrap_or(CaptureDetection::None))
    }
}
