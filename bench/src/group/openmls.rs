//! OpenMLS: MLS (RFC 9420), on its RustCrypto provider; each change is written to its store in memory.

use crate::{
    clock::{stopped, time},
    group::{Membership, TEXT_BYTES},
};
use openmls::prelude::{tls_codec::Deserialize, *};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;

/// A group as Alice and Bob see it. The others exist only in it.
pub struct Mls {
    alice: Client,
    alices: MlsGroup,
    bob: Client,
    bobs: MlsGroup,
}

/// Somebody with keys and a store.
struct Client {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
}

impl Mls {
    /// A group of so many. With `filled`, everybody has committed once, which MLS is at its best with; otherwise Alice has
    /// added them all at once.
    #[must_use]
    pub fn new(members: usize, filled: bool) -> Self {
        let (alice, bob) = (Client::new("alice"), Client::new("bob"));
        let mut alices = MlsGroup::new(&alice.provider, &alice.signer, &config(), alice.credential.clone())
            .expect("a group");
        let mut together = vec![bob.key_package()];
        let others: Vec<_> = (2..members).map(|number| Client::new(&format!("{number}"))).collect();
        if !filled {
            together.extend(others.iter().map(Client::key_package));
        }
        let mut bobs = bob.join(&alice.add(&mut alices, &together).1);
        for other in others.iter().filter(|_| filled) {
            let (commit, welcome) = alice.add(&mut alices, &[other.key_package()]);
            bob.process(&mut bobs, &commit);
            let update = other.join(&welcome).self_update(
                &other.provider,
                &other.signer,
                LeafNodeParameters::default(),
            );
            let commit = update.expect("an update").into_commit().to_bytes().expect("it encodes");
            alice.process(&mut alices, &commit);
            bob.process(&mut bobs, &commit);
        }
        Self { alice, alices, bob, bobs }
    }

    /// Encrypts.
    pub fn encrypt(&mut self, count: usize) -> f64 {
        time(vec![(); count], |()| self.message())
    }

    /// Decrypts, in order.
    pub fn decrypt(&mut self, count: usize) -> f64 {
        let messages: Vec<_> = (0..count).map(|_| self.message()).collect();
        time(messages, |message| self.bob.process(&mut self.bobs, &message))
    }

    /// A message.
    pub fn message(&mut self) -> Vec<u8> {
        let Client { provider, signer, .. } = &self.alice;
        let message = self.alices.create_message(provider, signer, &[7; TEXT_BYTES]).expect("it encrypts");
        message.to_bytes().expect("it encodes")
    }

    /// Carol comes and goes.
    pub fn membership(&mut self) -> Membership {
        let carol = Client::new("carol");
        let package = [carol.key_package()];
        let (add, (commit, welcome)) = stopped(|| self.alice.add(&mut self.alices, &package));
        let (added, ()) = stopped(|| self.bob.process(&mut self.bobs, &commit));
        let (join, carol) = stopped(|| carol.join(&welcome));
        let index = carol.own_leaf_index();
        let (remove, commit) = stopped(|| {
            let Client { provider, signer, .. } = &self.alice;
            let commit = self.alices.remove_members(provider, signer, &[index]).expect("a member").0;
            self.alices.merge_pending_commit(provider).expect("the own commit");
            commit.to_bytes().expect("it encodes")
        });
        let (removed, ()) = stopped(|| self.bob.process(&mut self.bobs, &commit));
        Membership { add, added, join, remove, removed }
    }
}

impl Client {
    fn new(name: &str) -> Self {
        let signer = SignatureKeyPair::new(SUITE.signature_algorithm()).expect("a key");
        let credential = CredentialWithKey {
            credential: BasicCredential::new(name.into()).into(),
            signature_key: signer.to_public_vec().into(),
        };
        Self { provider: OpenMlsRustCrypto::default(), signer, credential }
    }

    fn key_package(&self) -> KeyPackage {
        let Self { provider, signer, credential } = self;
        let package = KeyPackage::builder().build(SUITE, provider, signer, credential.clone());
        package.expect("a key package").key_package().clone()
    }

    /// Commit and welcome.
    fn add(&self, group: &mut MlsGroup, packages: &[KeyPackage]) -> (Vec<u8>, Vec<u8>) {
        let Self { provider, signer, .. } = self;
        let (commit, welcome, _) =
            group.add_members_without_update(provider, signer, packages).expect("key packages");
        group.merge_pending_commit(provider).expect("the own commit");
        (commit.to_bytes().expect("it encodes"), welcome.to_bytes().expect("it encodes"))
    }

    fn join(&self, welcome: &[u8]) -> MlsGroup {
        let message = MlsMessageIn::tls_deserialize_exact(welcome).expect("a message");
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else { panic!("a welcome") };
        let staged = StagedWelcome::new_from_welcome(&self.provider, config().join_config(), welcome, None);
        staged.and_then(|staged| staged.into_group(&self.provider)).expect("a welcome")
    }

    fn process(&self, group: &mut MlsGroup, message: &[u8]) {
        let message = MlsMessageIn::tls_deserialize_exact(message).expect("a message");
        let message = message.try_into_protocol_message().expect("a message of a group");
        let processed = group.process_message(&self.provider, message).expect("a message of the group");
        match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                group.merge_staged_commit(&self.provider, *commit).expect("a commit");
            }
            ProcessedMessageContent::ApplicationMessage(message) => drop(message.into_bytes()),
            _ => panic!("a commit or a text"),
        }
    }
}

fn config() -> MlsGroupCreateConfig {
    MlsGroupCreateConfig::builder().ciphersuite(SUITE).use_ratchet_tree_extension(true).build()
}
