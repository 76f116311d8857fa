//! Messages that no honest device makes: built from the primitives alone, with the right keys or the wrong ones.

use crate::world::{EPOCH, GROUP, World, refused};
use aside_group::{ChainHandover, KeyId, ReceivingChain, Refused};
use aside_identity::{AccountKey, Address, DeviceId, GroupId};
use aside_primitives::{Secret, SigningKey, aead, kdf, label};
use aside_testkit::{Person, TestRng};
use aside_wire::group_packet::GroupPacket;

/// What a message claims, in one of the three places where it does.
#[derive(Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) suite: u32,
    pub(crate) group: GroupId,
    pub(crate) epoch: u64,
    pub(crate) owner: Address,
    pub(crate) key_id: [u8; 16],
    pub(crate) iteration: u16,
    pub(crate) salt: [u8; 8],
    pub(crate) commitment: [u8; 32],
}

impl Claim {
    /// The claim of an honest message of the chain with this signing key.
    pub(crate) fn honest(owner: Address, signing: &SigningKey, iteration: u16) -> Self {
        let key_id = *KeyId::of(&GROUP, &owner, &signing.verifying_key(), EPOCH).as_bytes();
        let (salt, commitment) = ([5; 8], [6; 32]);
        Self { suite: 1, group: GROUP, epoch: EPOCH, owner, key_id, iteration, salt, commitment }
    }

    fn binding(&self) -> Vec<u8> {
        let Self { suite, group, epoch, owner, key_id, iteration, salt, commitment } = self;
        let parts: [&[u8]; 9] = [
            &suite.to_be_bytes(),
            group.as_bytes(),
            &epoch.to_be_bytes(),
            owner.account.as_bytes(),
            &[owner.device.byte()],
            key_id,
            &iteration.to_be_bytes(),
            salt,
            commitment,
        ];
        parts.concat()
    }

    /// Label and binding.
    pub(crate) fn associated(&self) -> Vec<u8> {
        let label = label::GROUP_PAYLOAD.as_bytes();
        let length = u32::try_from(label.len()).unwrap().to_be_bytes();
        [&length[..], label, &self.binding()].concat()
    }

    /// The nonce of the payload.
    pub(crate) fn nonce(&self) -> [u8; 12] {
        [&self.salt[..], &[0; 4]].concat().try_into().unwrap()
    }

    /// The message with this claim on it, around a ciphertext that was signed under another.
    pub(crate) fn message(
        &self,
        signing: &SigningKey,
        signed: &Self,
        sealed: &(Vec<u8>, [u8; 16]),
    ) -> Vec<u8> {
        let (ciphertext, tag) = sealed;
        let body = [&signed.binding()[..], ciphertext, tag].concat();
        let signature = signing.sign(label::GROUP_MESSAGE, &body);
        let Self { key_id, iteration, salt, commitment, .. } = self;
        GroupPacket {
            key_id,
            iteration: *iteration,
            salt,
            commitment,
            ciphertext,
            tag,
            signature: &signature.0,
        }
        .join()
    }

    fn seal(&self, chain_key: &Secret<32>) -> (Vec<u8>, [u8; 16]) {
        let mut payload = b"text".to_vec();
        let key = message_key(chain_key, self.iteration);
        let tag = aead::seal(&key, &self.nonce(), &self.associated(), &mut payload).unwrap();
        (payload, tag)
    }
}

/// The message key so many steps down the chain.
pub(crate) fn message_key(chain_key: &Secret<32>, iteration: u16) -> Secret<32> {
    let mut chain_key = Secret::new(*chain_key.expose());
    for _ in 0..iteration {
        let [next, _]: [Secret<32>; 2] = kdf::expand_key(&chain_key, label::GROUP_CHAIN_STEP);
        chain_key = next;
    }
    let [_, secret]: [Secret<32>; 2] = kdf::expand_key(&chain_key, label::GROUP_CHAIN_STEP);
    let [message, _]: [Secret<32>; 2] = kdf::expand_key(&secret, label::GROUP_MESSAGE_KEYS);
    message
}

const CHAIN_KEY: Secret<32> = Secret::new([1; 32]);

fn signing(seed: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new([seed; 32]))
}

/// Bob's half of a chain of Alice with known keys.
fn at_bob(alice: Address) -> ReceivingChain {
    let signing_key = signing(2).verifying_key();
    let handover = ChainHandover { iteration: 0, chain_key: CHAIN_KEY, signing_key };
    ReceivingChain::accept(GROUP, alice, EPOCH, handover)
}

/// Decrypts; the commitments of these messages are not checked.
fn open(chain: &ReceivingChain, sender: &Address, message: &[u8]) -> Result<Vec<u8>, Refused> {
    chain.decrypt(sender, &GroupPacket::parse(message)?).map(|(received, _)| received.plaintext.to_vec())
}

/// Every field that a message is bound to, and another value for it.
fn other_claims(honest: &Claim) -> [(&'static str, Claim); 9] {
    let owner = honest.owner;
    let account = AccountKey::new(Person::new(&mut TestRng::new(99)).account.verifying_key());
    let device = DeviceId::parse(2).unwrap();
    [
        ("suite", Claim { suite: 2, ..*honest }),
        ("group", Claim { group: GroupId::new([8; 32]), ..*honest }),
        ("epoch", Claim { epoch: EPOCH + 1, ..*honest }),
        ("account", Claim { owner: Address { account, ..owner }, ..*honest }),
        ("device", Claim { owner: Address { device, ..owner }, ..*honest }),
        ("key id", Claim { key_id: [9; 16], ..*honest }),
        ("iteration", Claim { iteration: honest.iteration + 1, ..*honest }),
        ("salt", Claim { salt: [9; 8], ..*honest }),
        ("commitment", Claim { commitment: [9; 32], ..*honest }),
    ]
}

// GRP-22, GRP-23: what these tests build is what the crate accepts.
#[test]
fn a_message_made_of_the_primitives_alone_opens() {
    let alice = World::new(1).alice;
    for iteration in [0, 1, 7, 999] {
        let claim = Claim::honest(alice, &signing(2), iteration);
        let message = claim.message(&signing(2), &claim, &claim.seal(&CHAIN_KEY));
        assert_eq!(open(&at_bob(alice), &alice, &message), Ok(b"text".to_vec()));
    }
}

// GRP-23
#[test]
fn g5_the_signature_binds_everything() {
    let alice = World::new(2).alice;
    let mut chain = at_bob(alice);
    let honest = Claim::honest(alice, &signing(2), 4);
    let sealed = honest.seal(&CHAIN_KEY);
    for (field, other) in other_claims(&honest) {
        let message = honest.message(&signing(2), &other, &sealed);
        let refusal = open(&chain, &alice, &message).unwrap_err();
        assert_eq!(refusal.reject().word(), "signature", "{field}");
        refused(&mut chain, &alice, &message, "signature");
    }
}

// GRP-23
#[test]
fn g5_the_associated_data_binds_everything_too() {
    let alice = World::new(3).alice;
    let chain = at_bob(alice);
    let honest = Claim::honest(alice, &signing(2), 4);
    let key = message_key(&CHAIN_KEY, honest.iteration);
    for (field, other) in other_claims(&honest) {
        // Key and nonce are the right ones: only what it was sealed with differs.
        let mut payload = b"text".to_vec();
        let tag = aead::seal(&key, &honest.nonce(), &other.associated(), &mut payload).unwrap();
        let message = honest.message(&signing(2), &honest, &(payload, tag));
        assert_eq!(open(&chain, &alice, &message), Err(Refused::Mac), "{field}");
    }
}

// GRP-21, GRP-23
#[test]
fn g5_a_message_belongs_to_one_group_one_device_and_one_epoch() {
    let World { alice, bob, .. } = World::new(4);
    let honest = Claim::honest(alice, &signing(2), 0);
    let message = honest.message(&signing(2), &honest, &honest.seal(&CHAIN_KEY));
    let second = Address { device: DeviceId::parse(2).unwrap(), ..alice };
    let elsewhere = [
        (GroupId::new([8; 32]), alice, EPOCH),
        (GROUP, bob, EPOCH),
        (GROUP, second, EPOCH),
        (GROUP, alice, EPOCH + 1),
    ];
    for (group, owner, epoch) in elsewhere {
        // The same chain key and signing key, as a member would have who gives one chain for two.
        let signing_key = signing(2).verifying_key();
        let handover = ChainHandover { iteration: 0, chain_key: CHAIN_KEY, signing_key };
        let mut chain = ReceivingChain::accept(group, owner, epoch, handover);
        refused(&mut chain, &owner, &message, "no_session");
        // Under the name of the other chain as well.
        let renamed = Claim { key_id: *chain.key_id().as_bytes(), ..honest };
        let renamed = renamed.message(&signing(2), &honest, &honest.seal(&CHAIN_KEY));
        refused(&mut chain, &owner, &renamed, "signature");
    }
    // From another device than the chain's.
    for sender in [bob, second] {
        refused(&mut at_bob(alice), &sender, &message, "policy");
    }
    assert!(open(&at_bob(alice), &alice, &message).is_ok());
}

// GRP-23
#[test]
fn g6_the_chain_key_alone_writes_nothing_in_its_owners_name() {
    let alice = World::new(5).alice;
    let mut chain = at_bob(alice);
    // Mallory is a member: the chain key and everything public is known to her, and she signs with a key of her own.
    let claim = Claim::honest(alice, &signing(2), 0);
    let message = claim.message(&signing(66), &claim, &claim.seal(&CHAIN_KEY));
    refused(&mut chain, &alice, &message, "signature");
    // Nor does the name of a chain of her own help.
    let own = Claim::honest(alice, &signing(66), 0);
    let message = own.message(&signing(66), &own, &own.seal(&CHAIN_KEY));
    refused(&mut chain, &alice, &message, "no_session");
    // With a signature of Alice's from another message.
    let other = Claim::honest(alice, &signing(2), 1);
    let signed = other.message(&signing(2), &other, &other.seal(&CHAIN_KEY));
    let mut spliced = claim.message(&signing(2), &claim, &claim.seal(&CHAIN_KEY));
    let at = spliced.len() - 64;
    spliced[at..].copy_from_slice(&signed[signed.len() - 64..]);
    refused(&mut chain, &alice, &spliced, "signature");
}

// GRP-26, GRP-27
#[test]
fn g13_a_number_beyond_the_chain_is_refused_without_work_on_the_chain() {
    let alice = World::new(6).alice;
    let mut chain = at_bob(alice);
    for iteration in [1_000, 1_001, u16::MAX] {
        let claim = Claim::honest(alice, &signing(2), iteration);
        let message = claim.message(&signing(2), &claim, &claim.seal(&CHAIN_KEY));
        refused(&mut chain, &alice, &message, "too_far");
        // A walk would hold what it passes: 34 bytes for each of the numbers.
        let work = allocation_counter::measure(|| drop(open(&chain, &alice, &message)));
        assert!(work.bytes_total < 2_048, "{iteration}: {} bytes", work.bytes_total);

        // Nor does a number within the chain cause work if the signature is not the owner's.
        let claim = Claim { iteration: 999, ..claim };
        let message = claim.message(&signing(66), &claim, &claim.seal(&CHAIN_KEY));
        refused(&mut chain, &alice, &message, "signature");
        let work = allocation_counter::measure(|| drop(open(&chain, &alice, &message)));
        assert!(work.bytes_total < 2_048, "{} bytes", work.bytes_total);
    }
    // The last number there is opens, in one jump over all others.
    let claim = Claim::honest(alice, &signing(2), 999);
    let message = claim.message(&signing(2), &claim, &claim.seal(&CHAIN_KEY));
    assert!(open(&chain, &alice, &message).is_ok());
}
