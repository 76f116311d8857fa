//! mls-rs: MLS (RFC 9420), on the same RustCrypto libraries.

use crate::{
    clock::{stopped, time},
    group::{Membership, TEXT_BYTES},
};
use mls_rs::{
    CipherSuite, CipherSuiteProvider, Client, CryptoProvider, Group, MlsMessage,
    client_builder::{BaseConfig, PaddingMode, WithCryptoProvider, WithIdentityProvider, WithMlsRules},
    identity::{
        SigningIdentity,
        basic::{BasicCredential, BasicIdentityProvider},
    },
    mls_rules::{DefaultMlsRules, EncryptionOptions},
};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;

const SUITE: CipherSuite = CipherSuite::CURVE25519_CHACHA;

type Config = WithMlsRules<
    DefaultMlsRules,
    WithCryptoProvider<RustCryptoProvider, WithIdentityProvider<BasicIdentityProvider, BaseConfig>>,
>;

/// A group as Alice and Bob see it. The others exist only in it.
pub struct Mls {
    alice: Group<Config>,
    bob: Group<Config>,
}

impl Mls {
    /// A group of so many. With `filled`, everybody has committed once, which MLS is at its best with; otherwise Alice has
    /// added them all at once.
    #[must_use]
    pub fn new(members: usize, filled: bool) -> Self {
        let mut alice = client("alice").create_group(Default::default(), Default::default(), None);
        let alice = alice.as_mut().expect("a group");
        let bob = client("bob");
        let mut together = vec![key_package(&bob)];
        let others: Vec<_> = (2..members).map(|number| client(&format!("{number}"))).collect();
        if !filled {
            together.extend(others.iter().map(key_package));
        }
        let mut bob = join(&bob, &add(alice, together).1);
        for other in others.iter().filter(|_| filled) {
            let (commit, welcome) = add(alice, vec![key_package(other)]);
            process(&mut bob, &commit);
            let commit = join(other, &welcome).commit(Vec::new()).expect("an empty commit").commit_message;
            let commit = commit.to_bytes().expect("it encodes");
            process(alice, &commit);
            process(&mut bob, &commit);
        }
        Self { alice: alice.clone(), bob }
    }

    /// Encrypts.
    pub fn encrypt(&mut self, count: usize) -> f64 {
        time(vec![(); count], |()| self.message())
    }

    /// Decrypts, in order.
    pub fn decrypt(&mut self, count: usize) -> f64 {
        let messages: Vec<_> = (0..count).map(|_| self.message()).collect();
        time(messages, |message| process(&mut self.bob, &message))
    }

    /// A message.
    pub fn message(&mut self) -> Vec<u8> {
        let message = self.alice.encrypt_application_message(&[7; TEXT_BYTES], Vec::new());
        message.and_then(|message| message.to_bytes()).expect("it encrypts")
    }

    /// Carol comes and goes.
    pub fn membership(&mut self) -> Membership {
        let carol = client("carol");
        let package = key_package(&carol);
        let (add, (commit, welcome)) = stopped(|| add(&mut self.alice, vec![package]));
        let (added, ()) = stopped(|| process(&mut self.bob, &commit));
        let (join, carol) = stopped(|| join(&carol, &welcome));
        let index = carol.current_member_index();
        let (remove, commit) = stopped(|| {
            let commit = self.alice.commit_builder().remove_member(index).and_then(|commit| commit.build());
            let commit = commit.expect("a member").commit_message.to_bytes().expect("it encodes");
            self.alice.apply_pending_commit().expect("the own commit");
            commit
        });
        let (removed, ()) = stopped(|| process(&mut self.bob, &commit));
        Membership { add, added, join, remove, removed }
    }
}

fn client(name: &str) -> Client<Config> {
    let crypto = RustCryptoProvider::default();
    let suite = crypto.cipher_suite_provider(SUITE).expect("a suite it has");
    let (secret, public) = suite.signature_key_generate().expect("a key");
    let identity = SigningIdentity::new(BasicCredential::new(name.into()).into_credential(), public);
    Client::builder()
        .identity_provider(BasicIdentityProvider)
        .crypto_provider(crypto)
        .mls_rules(
            DefaultMlsRules::new().with_encryption_options(EncryptionOptions::new(true, PaddingMode::None)),
        )
        .signing_identity(identity, secret, SUITE)
        .build()
}

fn key_package(client: &Client<Config>) -> MlsMessage {
    let package = client.generate_key_package_message(Default::default(), Default::default(), None);
    package.expect("a key package")
}

/// Commit and welcome.
fn add(group: &mut Group<Config>, packages: Vec<MlsMessage>) -> (Vec<u8>, Vec<u8>) {
    let mut commit = group.commit_builder();
    for package in packages {
        commit = commit.add_member(package).expect("a key package");
    }
    let output = commit.build().expect("a commit");
    group.apply_pending_commit().expect("the own commit");
    let [commit, welcome] = [&output.commit_message, &output.welcome_messages[0]]
        .map(|message| message.to_bytes().expect("it encodes"));
    (commit, welcome)
}

fn join(client: &Client<Config>, welcome: &[u8]) -> Group<Config> {
    let welcome = MlsMessage::from_bytes(welcome).expect("a welcome");
    client.join_group(None, &welcome, None).expect("a welcome").0
}

fn process(group: &mut Group<Config>, message: &[u8]) {
    let message = MlsMessage::from_bytes(message).expect("a message");
    group.process_incoming_message(message).expect("a message of the group");
}
