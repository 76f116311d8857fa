//! Reading an archive: each record is checked as it comes, and the signature at the end.

use crate::{
    Item, Manifest, Mark, Message, Person, Place, Refused, Said,
    record::{Kind, MAGIC, MAGIC_BYTES, parse},
};
use aside_content::{Kind as ContentKind, rules::allowed};
use aside_identity::AccountKey;
use aside_primitives::{Signature, hash::Transcript, label};
use aside_wire::{Malformed, decode, pb};

/// Where the digit of the version stands in the magic.
const VERSION_AT: usize = 14;

/// An archive that is being read. It keeps a hash, and of the records only what the order of the next is judged by.
pub struct Reader {
    transcript: Transcript,
    manifest: Option<Manifest>,
    place: Option<Place>,
    person: Option<AccountKey>,
    message: Option<Message>,
    mark: Option<(u32, [u8; 32])>,
    ended: bool,
}

impl Reader {
    /// Begins with the first 16 bytes (ARC-1).
    ///
    /// # Errors
    /// [`Refused::Malformed`]: it is no archive, or one of another version.
    pub fn begin(head: &[u8; MAGIC_BYTES]) -> Result<Self, Refused> {
        if head != MAGIC {
            let mut other = *head;
            if let (Some(digit), Some(ours)) = (other.get_mut(VERSION_AT), MAGIC.get(VERSION_AT)) {
                let is_version = digit.is_ascii_digit();
                *digit = *ours;
                if is_version && other == *MAGIC {
                    return Err(Malformed::Version.into());
                }
            }
            return Err(Malformed::Field("magic").into());
        }
        let mut transcript = Transcript::new(label::ARCHIVE_HASH);
        transcript.add(MAGIC);
        Ok(Self {
            transcript,
            manifest: None,
            place: None,
            person: None,
            message: None,
            mark: None,
            ended: false,
        })
    }

    /// Takes the next record, without its length. What it gives counts only once [`Reader::finish`] has said so.
    ///
    /// # Errors
    /// [`Refused`], with what is wrong. The archive is refused as a whole then.
    pub fn take(&mut self, record: &[u8]) -> Result<Item, Refused> {
        let (kind, body) = parse(record)?;
        if self.ended || (self.manifest.is_none() != (kind == Kind::Manifest)) {
            return Err(Refused::Order);
        }
        let item = match kind {
            Kind::Manifest => self.take_manifest(body)?,
            Kind::Conversation => self.take_place(body)?,
            Kind::Person => self.take_person(body)?,
            Kind::Message => self.take_message(body)?,
            Kind::Mark => self.take_mark(body)?,
            Kind::Seal => return self.take_seal(body),
        };
        self.transcript.add(record);
        Ok(item)
    }

    /// Ends: everything that was read is what the device of this manifest has signed.
    ///
    /// # Errors
    /// [`Refused::Order`] if the end has not come.
    pub fn finish(self) -> Result<Manifest, Refused> {
        match self.manifest {
            Some(manifest) if self.ended => Ok(manifest),
            _ => Err(Refused::Order),
        }
    }

    fn take_manifest(&mut self, body: &[u8]) -> Result<Item, Refused> {
        let manifest = Manifest::decode(body)?;
        self.manifest = Some(manifest.clone());
        Ok(Item::Manifest(manifest))
    }

    fn take_place(&mut self, body: &[u8]) -> Result<Item, Refused> {
        let place = Place::decode(body, self.own()?)?;
        // ARC-2
        if self.place.as_ref().is_some_and(|before| before.key() >= place.key()) {
            return Err(Refused::Order);
        }
        self.place = Some(place.clone());
        (self.person, self.message, self.mark) = (None, None, None);
        Ok(Item::Place(place))
    }

    fn take_person(&mut self, body: &[u8]) -> Result<Item, Refused> {
        let person = Person::decode(body)?;
        let behind = self.person.is_none_or(|before| before.as_bytes() < person.account.as_bytes());
        if self.place.is_none() || self.message.is_some() || !behind {
            return Err(Refused::Order);
        }
        self.person = Some(person.account);
        Ok(Item::Person(person))
    }

    fn take_message(&mut self, body: &[u8]) -> Result<Item, Refused> {
        let message = Message::decode(body)?;
        let place = self.place.as_ref().ok_or(Refused::Order)?;
        if self.message.as_ref().is_some_and(|before| before.number >= message.number) {
            return Err(Refused::Order);
        }
        // ARC-5
        let sender = &message.sender.account;
        let is_theirs = place.peer().is_none_or(|peer| peer == sender) || self.own()? == sender;
        if !message.body.is_shown() || !allowed(message.body.kind(), place.stands()) || !is_theirs {
            return Err(Refused::Misplaced);
        }
        self.message = Some(message.clone());
        self.mark = None;
        Ok(Item::Message(message))
    }

    fn take_mark(&mut self, body: &[u8]) -> Result<Item, Refused> {
        let mark = Mark::decode(body)?;
        let message = self.message.as_ref().ok_or(Refused::Order)?;
        if self.mark.is_some_and(|before| before >= mark.key()) {
            return Err(Refused::Order);
        }
        let is_author = message.sender.account == mark.account;
        let is_text = message.body.kind() == ContentKind::TEXT;
        if matches!(mark.said, Said::Wording(_)) && !(is_author && is_text) {
            return Err(Refused::Misplaced);
        }
        self.mark = Some(mark.key());
        Ok(Item::Mark(mark))
    }

    /// ARC-3
    fn take_seal(&mut self, body: &[u8]) -> Result<Item, Refused> {
        let pb::ArchiveSeal { signature } = decode(body)?;
        let signature = Signature::from_slice(&signature).ok_or(Malformed::Field("signature"))?;
        let manifest = self.manifest.as_ref().ok_or(Refused::Order)?;
        let certificate = manifest.list.certificate(manifest.maker.device).ok_or(Refused::Order)?;
        let transcript = core::mem::replace(&mut self.transcript, Transcript::new(label::ARCHIVE_HASH));
        certificate.signing_key.verify(label::ARCHIVE, transcript.finish().as_bytes(), &signature)?;
        self.ended = true;
        Ok(Item::End)
    }

    fn own(&self) -> Result<&AccountKey, Refused> {
        self.manifest.as_ref().map(|manifest| &manifest.maker.account).ok_or(Refused::Order)
    }
}

impl core::fmt::Debug for Reader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reader").field("ended", &self.ended).finish_non_exhaustive()
    }
}
