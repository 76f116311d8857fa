//! Prints the bytes that the group chapter of the specification shows, so that they can be had again.
//!
//! Every random draw is one byte repeated: the first draw is all `01`, the second all `02`, and so on. Each step
//! is computed twice, by the library and by the formulas of the specification, and the two must agree.
//! `cargo xtask spec-lint` compares the output with the ```` ```hex ```` blocks of `spec/`.
#![expect(clippy::unwrap_used, reason = "an example that stops where something is wrong")]

use aside_group::{KeyId, LogId, LogKey, ReceivingChain, SendingChain, sealed_entry};
use aside_identity::{Address, Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList, GroupId};
use aside_primitives::{
    Draw, Entropy, EntropyFailed, Label, Secret, Signature, SigningKey, aead, commit::Commitment, hash::hash,
    kdf, label,
};
use aside_wire::{
    SUITE,
    group_packet::{GroupPacket, LogEntryPacket},
    padding, pb,
};
use prost::Message;

/// 2027-01-15 08:00 UTC in milliseconds.
const NOW: u64 = 1_800_000_000_000;

/// Randomness that anybody can repeat by hand.
struct Tape(u8);

impl Entropy for Tape {
    fn draw(&mut self, what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed> {
        self.0 = self.0.checked_add(1).ok_or(EntropyFailed)?;
        println!("draw {:02x} × {:<3} {}", self.0, out.len(), what.0);
        out.fill(self.0);
        Ok(())
    }
}

/// Alice's account and one device.
struct Alice {
    address: Address,
    keys: DeviceKeys,
    list: DeviceList,
}

impl Alice {
    fn new(tape: &mut Tape) -> Self {
        let account = SigningKey::generate(tape, Draw("account key")).unwrap();
        let keys = DeviceKeys::generate(tape).unwrap();
        let certificate = Certificate::issue(&account, DeviceId::FIRST, &keys, NOW, Capabilities::NONE);
        let list = DeviceList::issue_first(&account, NOW, &certificate);
        let address = Address { account: certificate.account, device: certificate.device };
        Self { address, keys, list }
    }
}

fn main() {
    let mut tape = Tape(0);
    println!("Alice");
    let alice = Alice::new(&mut tape);

    println!("\nAlice creates a group");
    let mut nonce = [0; 32];
    tape.draw(Draw("group nonce"), &mut nonce).unwrap();
    let log_key = LogKey::generate(&mut tape).unwrap();
    let (group, entry) = create(&alice, &nonce, &log_key);
    let log = LogId::of(&group, &log_key);
    let id = hash(label::GROUP_LOG_ID, &[group.as_bytes(), log_key.expose()]);
    assert_eq!(log.as_bytes(), id.as_bytes());
    show("log id", log.as_bytes());
    let blob = sealed_entry::seal(&mut tape, &log_key, &log, &entry).unwrap();
    assert_eq!(open_entry(&log, &log_key, &blob), entry);

    println!("\nAlice begins a chain and writes");
    let mut chain = SendingChain::generate(&mut tape, group, alice.address, 1, NOW).unwrap();
    let handover = chain.hand_over().unwrap();
    show("chain signing key", handover.signing_key.as_bytes());
    let id = key_id(&group, &alice.address, handover.signing_key.as_bytes(), 1);
    assert_eq!(KeyId::new(id), *chain.key_id());
    show("key id", &id);
    let commit = |key: &Secret<32>| Commitment::compute(key, label::COMMITMENT, &[b"hello"]);
    let message = chain.encrypt(&mut tape, b"hello", commit).unwrap();
    assert_eq!(open_message(&group, &alice.address, &handover.chain_key, &message), b"hello");

    let packet = GroupPacket::parse(&message).unwrap();
    let receiving = ReceivingChain::accept(group, alice.address, 1, handover);
    let (received, _) = receiving.decrypt(&alice.address, &packet).unwrap();
    assert_eq!(*received.plaintext, b"hello");
}

/// The first entry of a group's log, by the formulas.
fn create(alice: &Alice, nonce: &[u8; 32], log_key: &LogKey) -> (GroupId, Vec<u8>) {
    let log_key_id = first_half(hash(label::GROUP_LOG_KEY_ID, &[log_key.expose()]).as_bytes());
    assert_eq!(log_key_id, *log_key.id().as_bytes());
    let action = pb::GroupCreate {
        nonce: nonce.to_vec(),
        name: "Book club".to_owned(),
        device_list: alice.list.as_bytes().to_vec(),
        announce_only: false,
        log_key_id: log_key_id.to_vec(),
    };
    let body = pb::GroupEntryBody {
        suite: SUITE,
        group: Vec::new(),
        sequence: 1,
        parent: Vec::new(),
        actor: alice.address.account.as_bytes().to_vec(),
        actor_device: alice.address.device.number(),
        made_at: NOW,
        kind: 1,
        action: action.encode_to_vec(),
    }
    .encode_to_vec();
    let signature = alice.keys.signing.sign(label::GROUP_ENTRY, &body).0;
    let id = hash(label::GROUP_ENTRY_HASH, &[&body]);
    show("entry body", &body);
    show("entry signature", &signature);
    show("log key id", &log_key_id);
    show("group id", id.as_bytes());
    (GroupId::new(id.0), pb::Signed { body, signature: signature.to_vec() }.encode_to_vec())
}

/// What a member computes from the bytes of the relay, by the formulas.
fn open_entry(log: &LogId, log_key: &LogKey, blob: &[u8]) -> Vec<u8> {
    let packet = LogEntryPacket::parse(blob).unwrap();
    let [key] = kdf::derive(packet.salt, &[log_key.expose()], label::GROUP_LOG_ENTRY_KEY);
    let associated = [part(label::GROUP_LOG_ENTRY), SUITE.to_be_bytes().to_vec()].concat();
    let associated = [associated.as_slice(), log.as_bytes(), packet.key_id].concat();
    let mut padded = packet.ciphertext.to_vec();
    aead::open(&key, &[0; 12], &associated, &mut padded, packet.tag).unwrap();
    show("entry key", key.expose());
    show("entry associated data", &associated);
    show("encrypted entry", blob);
    padding::unpad(&padded).unwrap().to_vec()
}

/// The name of a chain, by the formula.
fn key_id(group: &GroupId, owner: &Address, signing_key: &[u8; 32], epoch: u64) -> [u8; 16] {
    let device = [owner.device.byte()];
    let parts: [&[u8]; 5] =
        [group.as_bytes(), owner.account.as_bytes(), &device, signing_key, &epoch.to_be_bytes()];
    first_half(hash(label::GROUP_KEY_ID, &parts).as_bytes())
}

/// What a member computes for the first message of a chain, by the formulas.
fn open_message(group: &GroupId, owner: &Address, chain: &Secret<32>, message: &[u8]) -> Vec<u8> {
    let packet = GroupPacket::parse(message).unwrap();
    let binding = [
        SUITE.to_be_bytes().as_slice(),
        group.as_bytes(),
        &1u64.to_be_bytes(),
        owner.account.as_bytes(),
        &[owner.device.byte()],
        packet.key_id,
        &packet.iteration.to_be_bytes(),
        packet.salt,
        packet.commitment,
    ]
    .concat();
    let signed = [binding.as_slice(), packet.ciphertext, packet.tag].concat();
    // The chain's signing key is the seventh draw.
    let signing_key = SigningKey::from_seed(&Secret::new([7; 32])).verifying_key();
    signing_key.verify(label::GROUP_MESSAGE, &signed, &Signature(*packet.signature)).unwrap();

    let [next, secret] = kdf::expand_key(chain, label::GROUP_CHAIN_STEP);
    let [message_key, franking_key] = kdf::expand_key(&secret, label::GROUP_MESSAGE_KEYS);
    show("chain key 0", chain.expose());
    show("chain key 1", next.expose());
    show("message secret 0", secret.expose());
    show("message key", message_key.expose());
    show("franking key", franking_key.expose());
    show("binding", &binding);
    show("message", message);
    let mut nonce = [0; 12];
    for (place, byte) in nonce.iter_mut().zip(packet.salt) {
        *place = *byte;
    }
    let associated = [part(label::GROUP_PAYLOAD), binding].concat();
    let mut plaintext = packet.ciphertext.to_vec();
    aead::open(&message_key, &nonce, &associated, &mut plaintext, packet.tag).unwrap();
    assert_eq!(Commitment::compute(&franking_key, label::COMMITMENT, &[&plaintext]).0, *packet.commitment);
    plaintext
}

/// A label after its length.
fn part(label: Label) -> Vec<u8> {
    let label = label.as_bytes();
    [u32::try_from(label.len()).unwrap().to_be_bytes().as_slice(), label].concat()
}

fn first_half(hash: &[u8; 32]) -> [u8; 16] {
    core::array::from_fn(|i| *hash.get(i).unwrap())
}

/// Prints a value in rows of 32 bytes; a long one by its first rows and its last one.
fn show(name: &str, bytes: &[u8]) {
    let rows: Vec<String> = bytes
        .chunks(32)
        .map(|row| row.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        .collect();
    let mut name = name;
    if rows.len() <= 20 {
        for row in &rows {
            println!("{name:<24}{row}");
            name = "";
        }
    } else {
        for row in rows.iter().take(3) {
            println!("{name:<24}{row}");
            name = "";
        }
        println!("{name:<24}… {} bytes in all; the last row is", bytes.len());
        println!("{name:<24}{}", rows.last().unwrap());
    }
}
