//! Frames of groups.

use crate::{Body, Frame, Place, Refused, frame, rules::allowed};
use aside_identity::{Address, GroupId};
use aside_primitives::{Digest, Secret, commit::Commitment};
use aside_wire::{Malformed, array, decode, pb};

/// A frame of a group. It has no encoding of its own: only [`GroupFrame::seal_with`] lets its bytes out, padded, to
/// be encrypted at once.
///
/// There is no way from a group to a thread either (CON-2):
///
/// ```compile_fail
/// use aside_content::{GroupFrame, ThreadFrame};
/// fn downgrade(group: GroupFrame) -> ThreadFrame {
///     group.into()
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupFrame {
    /// The group.
    pub group: GroupId,
    /// What it says.
    pub frame: Frame,
}

/// What only a frame of a group says: the newest entry of the group's log that its sender knows (CON-13).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// The sequence of the entry, from 1.
    pub sequence: u64,
    /// Its hash.
    pub head: Digest,
}

impl GroupFrame {
    /// Encodes, pads and hands the bytes to `encrypt`, together with the commitment for the franking key that the
    /// sending chain has for them (CON-10).
    ///
    /// # Errors
    /// [`Malformed::TooLarge`] if the content does not fit the largest size class; [`Malformed::Field`] if its kind
    /// may not stand in a group (CON-14, CON-15), without a salt, or with terms that this content cannot have; or what `encrypt` returned.
    pub fn seal_with<T, E: From<Malformed>>(
        &self,
        sender: &Address,
        stamp: &Stamp,
        encrypt: impl FnOnce(&[u8], &dyn Fn(&Secret<32>) -> Commitment) -> Result<T, E>,
    ) -> Result<T, E> {
        if !allowed(self.frame.body.kind(), Place::Group) {
            return Err(Malformed::Field("kind").into());
        }
        self.frame.check_encrypted()?;
        self.check_key()?;
        let fields = pb::Frame {
            group_sequence: stamp.sequence,
            group_head: stamp.head.as_bytes().to_vec(),
            ..self.frame.fields(self.group.as_bytes())
        };
        frame::with_padded(fields, |padded| encrypt(padded, &|key| self.commitment(key, sender)))
    }

    /// Opens what a sending chain decrypted: padding, layout, then the commitment, before anything is acted on or
    /// shown (CON-9 to CON-15, threats F1, F2). Whether the stamp is true is for the log to say.
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn open(
        padded: &[u8],
        sender: &Address,
        franking_key: &Secret<32>,
        commitment: &Commitment,
    ) -> Result<(Self, Stamp), Refused> {
        let fields: pb::Frame = decode(crate::padding::unpad(padded)?)?;
        if frame::of_a_chat(&fields) || !frame::of_a_group(&fields) || fields.salt.is_empty() {
            return Err(Refused::WrongConversation);
        }
        let sequence = Some(fields.group_sequence).filter(|n| *n != 0);
        let stamp = Stamp {
            sequence: sequence.ok_or(Malformed::Field("group_sequence"))?,
            head: Digest(array(&fields.group_head, "group_head")?),
        };
        let group = GroupId::new(array(&fields.conversation, "conversation")?);
        let frame = Self { group, frame: Frame::decode(fields)? };
        if !allowed(frame.frame.body.kind(), Place::Group) {
            return Err(Refused::WrongConversation);
        }
        frame.frame.check_terms()?;
        frame.check_key()?;
        if frame.commitment(franking_key, sender) != *commitment {
            return Err(Refused::Commitment);
        }
        Ok((frame, stamp))
    }

    /// Everybody gets the same frame, and not every device may have the key of what is opened once (EXP-22).
    fn check_key(&self) -> Result<(), Malformed> {
        match &self.frame.body {
            Body::ViewOnce(once) if once.key.is_some() => Err(Malformed::Field("key")),
            _ => Ok(()),
        }
    }

    /// The franking commitment of this frame by this sender (CON-10).
    #[must_use]
    pub fn commitment(&self, franking_key: &Secret<32>, sender: &Address) -> Commitment {
        self.frame.commitment(self.group.as_bytes(), franking_key, sender)
    }

    /// Hash of this frame, which the next one of this device in this group names.
    #[must_use]
    pub fn hash(&self) -> Digest {
        self.frame.hash(self.group.as_bytes())
    }
}

#[cfg(test)]
#[path = "group_frame_tests.rs"]
mod tests;
