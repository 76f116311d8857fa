//! Handles that change hands: shown, blocking, and never followed by what was written for somebody else.

use super::*;
use crate::{
    engine::{Engine, Step},
    store::{MemoryStore, Store},
};
use aside_testkit::{Person, TestRng, person::NOW};
use aside_wire::pb;

/// Alice's profile, and Bob pinned in it.
struct Stage {
    store: MemoryStore,
    rng: TestRng,
    alice: Engine,
    bob: Handle,
}

impl Stage {
    fn new(seed: u64) -> Self {
        let mut store = MemoryStore::default();
        let mut rng = TestRng::new(seed);
        let handle = Handle::parse("alice").unwrap();
        let alice = store
            .step(|tx| Engine::create(&mut Step { tx, now: NOW, entropy: &mut rng }, &handle, "ws://relay"))
            .unwrap();
        let mut stage = Self { store, rng, alice, bob: Handle::parse("bob").unwrap() };
        let first = Person::new(&mut stage.rng);
        assert!(stage.relay_says_bob_is(&first));
        stage
    }

    fn step<T>(&mut self, step: impl FnOnce(&Engine, &mut Step<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let (alice, rng) = (&self.alice, &mut self.rng);
        self.store.step(|tx| step(alice, &mut Step { tx, now: NOW, entropy: rng }))
    }

    /// Whether the relay's answer was taken in.
    fn relay_says_bob_is(&mut self, person: &Person) -> bool {
        let devices = pb::Devices {
            handle: "bob".into(),
            account_key: person.certificate.account.as_bytes().to_vec(),
            lists: vec![person.list.as_bytes().to_vec()],
            declarations: Vec::new(),
        };
        let bob = self.bob.clone();
        let learned = self.step(|engine, step| engine.on_devices(step, Some(&bob), &devices)).unwrap();
        learned.events.is_empty()
    }

    fn write(&mut self) -> Result<u64, Error> {
        let bob = self.bob.clone();
        self.step(|engine, step| engine.send_to_thread(step, &bob, "hello"))
    }

    fn state(&mut self, account: &AccountKey) -> IdentityState {
        self.step(|engine, step| Ok(engine.identity_state(step.tx, account)?)).unwrap()
    }

    fn pinned(&mut self) -> AccountKey {
        let bob = self.bob.clone();
        self.step(|engine, step| Ok(engine.peer_by_handle(step.tx, &bob)?)).unwrap().unwrap()
    }

    fn sealed(&mut self) -> usize {
        let outgoing = self.step(|engine, step| engine.outgoing(step, &Default::default(), 9)).unwrap();
        outgoing.ready.len()
    }
}

// IDN-21
#[test]
fn d5_a_wrong_number_verifies_nobody_and_the_right_one_does() {
    let mut stage = Stage::new(1);
    let (bob, account) = (stage.bob.clone(), stage.pinned());
    let number = stage.step(|engine, step| engine.safety_number(step.tx, &bob)).unwrap();
    let wrong = stage.step(|engine, step| engine.confirm(step, &bob, &number.to_string().replace('1', "2")));
    assert!(matches!(wrong, Err(Error::Misuse(Misuse::NumbersDiffer(_)))));
    for slip in ["", "123", "yes", &number.digits()[1..], "ASIDE-VERIFY:1:00"] {
        let slip = stage.step(|engine, step| engine.confirm(step, &bob, slip));
        assert!(matches!(slip, Err(Error::Misuse(Misuse::NoSafetyNumber))));
    }
    assert_eq!(stage.state(&account), IdentityState::Unverified);
    stage.step(|engine, step| engine.confirm(step, &bob, &number.to_string())).unwrap();
    assert_eq!(stage.state(&account), IdentityState::Verified);
    stage.step(|engine, step| engine.unconfirm(step, &bob)).unwrap();
    stage.step(|engine, step| engine.confirm(step, &bob, &number.qr_payload())).unwrap();
    assert_eq!(stage.state(&account), IdentityState::Verified);
}

#[test]
fn h11_a_handle_that_changes_hands_blocks_until_the_person_decides() {
    let mut stage = Stage::new(2);
    let (bob, account) = (stage.bob.clone(), stage.pinned());
    let number = stage.step(|engine, step| engine.safety_number(step.tx, &bob)).unwrap();
    stage.step(|engine, step| engine.confirm(step, &bob, number.digits())).unwrap();
    stage.write().unwrap();
    let impostor = Person::new(&mut stage.rng);
    assert!(!stage.relay_says_bob_is(&impostor));

    assert_eq!(stage.pinned(), account);
    let contested = IdentityState::Contested { by: impostor.certificate.account, verified: true };
    assert_eq!(stage.state(&account), contested);
    assert!(matches!(stage.write(), Err(Error::Misuse(Misuse::AccountChanged(_)))));
    // What was written before waits too: it is sealed for nobody.
    assert_eq!(stage.sealed(), 0);

    stage.step(|engine, step| engine.keep_old_account(step, &bob)).unwrap();
    assert_eq!(stage.state(&account), IdentityState::Verified);
    assert_eq!(stage.sealed(), 1);
}

#[test]
fn h11_an_accepted_change_starts_anew_and_takes_nothing_along() {
    let mut stage = Stage::new(3);
    let (bob, before) = (stage.bob.clone(), stage.pinned());
    stage.write().unwrap();
    let anew = Person::new(&mut stage.rng);
    assert!(!stage.relay_says_bob_is(&anew));
    stage.step(|engine, step| engine.accept_new_account(step, &bob)).unwrap();
    assert!(stage.relay_says_bob_is(&anew));

    assert_eq!(stage.pinned(), anew.certificate.account);
    assert_eq!(stage.state(&before), IdentityState::Former);
    assert_eq!(stage.state(&anew.certificate.account), IdentityState::Unverified);
    // The queued message failed; it was not sealed for the new account.
    assert_eq!(stage.sealed(), 0);
    stage.write().unwrap();
    assert_eq!(stage.sealed(), 1);
    let again = stage.step(|engine, step| engine.accept_new_account(step, &bob));
    assert!(matches!(again, Err(Error::Misuse(Misuse::NotChanged(_)))));
}
