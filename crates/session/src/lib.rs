//! A session between two devices: a hybrid handshake, then a double ratchet with encrypted headers.
//!
//! * The handshake is X3DH made hybrid with ML-KEM-768: it protects what is sent today from a quantum computer
//!   of tomorrow, and the first message can be sent while the peer is offline.
//! * Every message has its own key. Messages may be lost, late or repeated.
//! * A stolen state is healed by the next message each way; against somebody with a quantum computer, by the next epoch of the
//!   KEM ratchet, whose keys go in the headers, 32 bytes in each message.
//! * The relay sees neither counters nor ratchet keys nor whether a KEM exchange is under way: headers are encrypted,
//!   and of one length.
//! * Nothing changes before a message has authenticated and the caller has accepted it.
//!
//! `no_std` with `alloc`; pure Rust by default, AWS-LC with the feature `aws-lc-rs`. No `unsafe`, and no panics.
//!
//! # What this crate does not do
//!
//! It has no clock, no storage, no randomness and no network of its own: time and randomness are arguments. It does not know who
//! an account is (`aside-identity` verifies certificates and prekeys), or what a payload means and how it is padded
//! (`aside-content`). It checks no franking commitment; it hands out what is needed to. It fetches no prekeys and asks for
//! nothing again when a message does not open: it tells why, and [`Refused::reject`] gives the word of the protocol. Authentication
//! is classical: a quantum computer at the time of the handshake can pretend to be somebody, one that comes later reads nothing.
//!
//! # Rules for the caller
//!
//! 1. Persist the state after [`Session::encrypt`] and *before* the ciphertext leaves the device (SES-11).
//! 2. Check what [`Session::decrypt`] returned, apply the [`Transition`], and persist state and message together.
//! 3. A transient message may leave before the state is stored, and be acted on before (SES-32). If
//!    [`Session::encrypt_transient`] refuses, drop it.
//! 4. Store a session from [`Session::respond`] in the same transaction that forgets the one-time prekey and
//!    remembers [`handshake_hash`] (HSK-14).
//! 5. When [`Session::health`] is not [`Health::Sound`], start a new session (EPO-10, EPO-12). [`Sessions`] keeps several with one
//!    device, chooses the one that sends, and retires the others.
//! 6. After restoring a store from a copy, call [`Sessions::retire_all`]: another copy may have used the keys.
//!
//! # Storing a session
//!
//! [`Session::export`] gives the whole state: about 450 bytes at rest, up to 1,300 more while a KEM exchange is under way, and 36 for
//! each message that was skipped. It holds secrets: encrypt it, or put it where nobody else reads. [`Session::import`]
//! refuses damage, and states that no sequence of messages leads to. A version that is too old or too new is
//! [`ImportError::Version`]: treat such a session as lost, and start a new one.
//!
//! ```no_run
//! # use aside_session::{ImportError, Session};
//! # fn store(_: &[u8]) {}
//! # fn stored() -> Vec<u8> { Vec::new() }
//! # fn some_session() -> Session { unreachable!() }
//! let session = some_session();
//! store(&session.export());
//! match Session::import(&stored()) {
//!     Ok(session) => assert!(!session.is_retired()),
//!     Err(ImportError::Version(version)) => println!("a session of version {version}: starting anew"),
//!     Err(damaged) => println!("{damaged}"),
//! }
//! ```
//!
//! # A conversation
//!
//! ```
//! use aside_identity::{AccountKey, Capabilities, Certificate, DeviceId, DeviceKeys, Prekey, PrekeyKind,
//!     PrekeySecret};
//! use aside_primitives::{Draw, Secret, SigningKey, commit::Commitment, label};
//! use aside_session::{Bundle, Own, Prekeys, Refused, Session};
//! # struct Rng(u64);
//! # impl rand_core::TryRng for Rng {
//! #     type Error = core::convert::Infallible;
//! #     fn try_next_u32(&mut self) -> Result<u32, Self::Error> { self.try_next_u64().map(|n| n as u32) }
//! #     fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
//! #         self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
//! #         Ok(self.0 ^ (self.0 >> 29))
//! #     }
//! #     fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
//! #         for byte in out { *byte = self.try_next_u64()?.to_be_bytes()[0]; }
//! #         Ok(())
//! #     }
//! # }
//! # impl rand_core::TryCryptoRng for Rng {}
//! # let mut rng = Rng(7);
//! # let now = 1_000;
//! // Each device has keys and a certificate of its account.
//! let device = |rng: &mut Rng| {
//!     let account = SigningKey::generate(rng, Draw("account key")).unwrap();
//!     let keys = DeviceKeys::generate(rng).unwrap();
//!     let certificate = Certificate::issue(&account, DeviceId::FIRST, &keys, now, Capabilities::NONE);
//!     (keys, certificate)
//! };
//! let (alice_keys, alice) = device(&mut rng);
//! let (bob_keys, bob) = device(&mut rng);
//!
//! // Bob leaves a signed prekey with the relay, and Alice fetches and verifies it.
//! let (secret, published) =
//!     PrekeySecret::generate(&mut rng, &bob, &bob_keys, PrekeyKind::Signed, 1, now + 1).unwrap();
//! let prekey = Prekey::verify(&published, &bob, PrekeyKind::Signed, now)?;
//!
//! // Alice writes to him at once.
//! let own = Own { certificate: &alice, agreement: &alice_keys.agreement };
//! let bundle = Bundle { certificate: &bob, signed: &prekey, one_time: None };
//! let mut at_alice = Session::initiate(&mut rng, &own, &bundle).unwrap();
//! let commit = |key: &Secret<32>, text: &[u8]| Commitment::compute(key, label::COMMITMENT, &[text]);
//! let message = at_alice.encrypt(&mut rng, b"hello", |key| commit(key, b"hello")).unwrap();
//!
//! // Bob comes online, opens it, and checks the commitment before he looks at the text.
//! let own = Own { certificate: &bob, agreement: &bob_keys.agreement };
//! let prekeys = Prekeys { signed: &secret, one_time: None };
//! let (mut at_bob, received) = Session::respond(&own, &alice, &prekeys, &message).unwrap();
//! assert_eq!(received.commitment, commit(&received.franking_key, &received.plaintext));
//! assert_eq!(*received.plaintext, b"hello");
//!
//! // He answers in the same session.
//! let answer = at_bob.encrypt(&mut rng, b"hi", |key| commit(key, b"hi")).unwrap();
//! let (received, transition) = at_alice.decrypt(&answer).unwrap();
//! assert_eq!(received.commitment, commit(&received.franking_key, &received.plaintext));
//! assert_eq!(*received.plaintext, b"hi");
//! at_alice.advance(transition).unwrap();
//!
//! // A second copy is recognised.
//! assert_eq!(at_alice.decrypt(&answer).unwrap_err(), Refused::Replay);
//! # Ok::<(), aside_identity::Refused>(())
//! ```
//!
//! The clauses cited as `HSK-n`, `SES-n` and `HEA-n` are those of `spec/handshake.md`, `spec/session.md` and
//! `spec/healing.md`.
#![no_std]

extern crate alloc;

mod associated;
mod chain;
mod change;
mod digest;
mod epoch;
mod error;
#[cfg(test)]
mod fake;
mod handshake;
pub mod limits;
mod pieces;
mod receiving;
mod sealing;
mod session;
pub mod sessions;
mod state;
mod transient;
mod trouble;
#[cfg(test)]
mod whole_tests;

pub use epoch::Health;
pub use error::{CannotSend, ImportError, Refused, StaleTransition};
pub use handshake::{Bundle, Own, Prekeys, handshake_hash};
pub use session::{Position, Received, Role, Session, Transition, handshake_of};
pub use sessions::Sessions;
pub use trouble::Trouble;
