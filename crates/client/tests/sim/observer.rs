//! Looks over a recipient's shoulder: under which key was every ciphertext that a relay ever got?

use crate::{client::Client, relay::Relay};
use aside_client::store::{MemoryStore, Table, Transaction};
use aside_identity::{Address, PrekeySecret};
use aside_primitives::{AgreementSecret, Digest, Secret};
use aside_session::{Own, Position, Prekeys, Session, handshake_of};
use prost::Message;
use std::collections::BTreeMap;

/// The first fields of a stored session.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct SessionRecord {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) state: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub(crate) generation: u32,
}

#[derive(Clone, PartialEq, Message)]
struct PrekeyRecord {
    #[prost(bytes = "vec", tag = "1")]
    secret: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct OwnRecord {
    #[prost(bytes = "vec", tag = "4")]
    agreement_seed: Vec<u8>,
}

/// Asserts that no two different ciphertexts handed to the relay used the same message key.
///
/// Every ciphertext must be one that its recipient could open at some time: what cannot be opened proves nothing.
pub(crate) fn assert_no_key_was_used_twice(relay: &Relay, recipients: &[&Client]) {
    let mut used: BTreeMap<(Digest, Position), Vec<u8>> = BTreeMap::new();
    for (from, to, payload) in relay.pairwise_payloads() {
        // Of a device that was copied there are several.
        let mut copies = recipients.iter().filter(|client| client.address() == to);
        let key = copies.find_map(|recipient| position(recipient, &from, &payload));
        let key = key.expect("a ciphertext that its recipient can open");
        let first = used.entry(key).or_insert_with(|| payload.clone());
        assert!(*first == payload, "two ciphertexts under one key");
    }
    assert!(!used.is_empty());
}

/// Session and position of a ciphertext, by what its recipient ever knew.
fn position(recipient: &Client, from: &Address, payload: &[u8]) -> Option<(Digest, Position)> {
    let stores = recipient.past.iter().rev().chain([&recipient.store]);
    stores.into_iter().find_map(|store| {
        in_sessions(&store.inner, from, payload)
            .or_else(|| by_prekeys(recipient, &store.inner, from, payload))
    })
}

fn in_sessions(store: &MemoryStore, from: &Address, payload: &[u8]) -> Option<(Digest, Position)> {
    sessions(store, from).into_iter().find_map(|(_, session, _)| {
        let (received, _transition) = session.decrypt(payload).ok()?;
        Some((*session.id(), received.position))
    })
}

fn by_prekeys(
    recipient: &Client,
    store: &MemoryStore,
    from: &Address,
    payload: &[u8],
) -> Option<(Digest, Position)> {
    let handshake = handshake_of(payload).ok()??;
    let list = recipient.engine.list_of(store, &from.account).ok()??;
    let own = OwnRecord::decode(store.get(Table::Own, b"own").ok()??.as_slice()).ok()?;
    let agreement = AgreementSecret::from_seed(&Secret::from_slice(&own.agreement_seed)?);
    let prekey = |kind: u8, id: u32| {
        let key = [[kind].as_slice(), &id.to_be_bytes()].concat();
        let record = PrekeyRecord::decode(store.get(Table::Prekey, &key).ok()??.as_slice()).ok()?;
        PrekeySecret::import(&record.secret).ok()
    };
    let signed = prekey(1, handshake.signed_prekey)?;
    let one_time = handshake.one_time_prekey.map(|id| prekey(2, id).ok_or(())).transpose().ok()?;
    let own = Own { certificate: recipient.engine.certificate(), agreement: &agreement };
    let prekeys = Prekeys { signed: &signed, one_time: one_time.as_ref() };
    let (session, received) =
        Session::respond(&own, list.certificate(from.device)?, &prekeys, payload).ok()?;
    Some((*session.id(), received.position))
}

/// The sessions that a store has with a device: key, session, generation.
pub(crate) fn sessions(store: &dyn Transaction, with: &Address) -> Vec<(Vec<u8>, Session, u32)> {
    let prefix = [with.account.as_bytes().as_slice(), &[with.device.byte()]].concat();
    let rows = store.scan(Table::Session, &prefix, None, usize::MAX).unwrap();
    let session = |(key, record): (Vec<u8>, Vec<u8>)| {
        let record = SessionRecord::decode(record.as_slice()).unwrap();
        (key, Session::import(&record.state).unwrap(), record.generation)
    };
    rows.into_iter().map(session).collect()
}
