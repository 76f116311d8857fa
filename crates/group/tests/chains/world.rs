//! Alice, Bob and Carol in a group, shared by the tests of this crate.

use aside_group::{ReceivingChain, Refused, SendingChain};
use aside_identity::{AccountKey, Address, DeviceId, GroupId};
use aside_primitives::{Secret, commit::Commitment, label};
use aside_testkit::{Person, TestRng, person::NOW};
use aside_wire::group_packet::GroupPacket;

pub(crate) const GROUP: GroupId = GroupId::new([7; 32]);
pub(crate) const EPOCH: u64 = 3;

pub(crate) struct World {
    pub(crate) rng: TestRng,
    pub(crate) alice: Address,
    pub(crate) bob: Address,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = TestRng::new(seed);
        let [alice, bob] = [(); 2].map(|()| Address {
            account: AccountKey::new(Person::new(&mut rng).account.verifying_key()),
            device: DeviceId::FIRST,
        });
        Self { rng, alice, bob }
    }

    /// A new chain of Alice.
    pub(crate) fn chain(&mut self) -> SendingChain {
        SendingChain::generate(&mut self.rng, GROUP, self.alice, EPOCH, NOW).unwrap()
    }

    /// Alice's chain, and what Bob has of it from the beginning.
    pub(crate) fn pair(&mut self) -> (SendingChain, ReceivingChain) {
        let sending = self.chain();
        let receiving = self.join(&sending);
        (sending, receiving)
    }

    /// What somebody gets who is handed Alice's chain now.
    pub(crate) fn join(&self, sending: &SendingChain) -> ReceivingChain {
        ReceivingChain::accept(GROUP, self.alice, EPOCH, sending.hand_over().unwrap())
    }

    pub(crate) fn send(&mut self, chain: &mut SendingChain, text: &[u8]) -> Vec<u8> {
        chain.encrypt(&mut self.rng, text, |key| commitment(key, text)).unwrap()
    }

    pub(crate) fn send_many(&mut self, chain: &mut SendingChain, count: u16) -> Vec<Vec<u8>> {
        (0..count).map(|n| self.send(chain, &n.to_be_bytes())).collect()
    }
}

pub(crate) fn commitment(key: &Secret<32>, text: &[u8]) -> Commitment {
    Commitment::compute(key, label::COMMITMENT, &[text])
}

/// Decrypts, checks the commitment, applies.
pub(crate) fn receive(
    chain: &mut ReceivingChain,
    sender: &Address,
    message: &[u8],
) -> Result<Vec<u8>, Refused> {
    let (received, advance) = chain.decrypt(sender, &GroupPacket::parse(message)?)?;
    assert_eq!(received.commitment, commitment(&received.franking_key, &received.plaintext));
    chain.advance(advance).unwrap();
    Ok(received.plaintext.to_vec())
}

/// Refused with the word, and not a byte of the chain changed.
pub(crate) fn refused(chain: &mut ReceivingChain, sender: &Address, message: &[u8], word: &str) {
    let before = chain.export();
    assert_eq!(receive(chain, sender, message).unwrap_err().reject().word(), word);
    assert_eq!(chain.export(), before);
}
