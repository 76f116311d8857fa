//! The store-and-forward relay: it knows queues, handles and keys, not messages.
//!
//! What it promises (the clauses cited as `RLY-n` are those of `spec/relay.md`):
//!
//! * **Accepted means durable.** A send is answered only after its transaction is on disk. A crash after that
//!   loses nothing until the recipient's device has acknowledged it, or its time is over (RLY-8, RLY-42).
//! * **Kept for its time.** Mail that nobody fetches is deleted after as long as its sender asked for, at most as long as
//!   the operator allows, by the time that has passed and not by what the clock says (RLY-42, RLY-43).
//! * **At least once, in order.** Each device has a mailbox with ascending sequence numbers; everything is
//!   delivered until it is acknowledged, and a repeated send is stored once (RLY-9, RLY-11, RLY-13).
//! * **One order of a log.** An entry stands at the position after the newest or nowhere, and everybody it is for is
//!   told of it in the same step; one message for many is stored once (RLY-28, RLY-29).
//! * **Who may write.** What an account has published about who reaches it, and what two people have declared to each
//!   other, holds before anything is stored (RLY-36, RLY-39).
//! * **Stopped, not marked.** A suspended account can do nothing, and only it is told; a released name is nobody's for a time
//!   (RLY-60 to RLY-62).
//! * **Now or never.** What is worth nothing later goes to the connections that are there, and whoever sent it does not
//!   learn whether there are any (RLY-32, RLY-33).
//! * **Nothing in the clear that need not be.** It stores handles, public keys, queues, and the addresses it
//!   needs to deliver; it does not link the code that could read a chat, and its log names nobody (RLY-18).
//! * **Bounded.** Every frame, mailbox, window, queue and rate has a limit in [`limits`], and exceeding it is
//!   answered with a typed refusal (RLY-2, RLY-14, RLY-15).
//!
//! A relay runs inside any Tokio runtime:
//!
//! ```
//! use aside_relay::{Config, Relay};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let relay = Relay::bind(Config::new(folder.path())).await?;
//! println!("listening on {}", relay.url());
//! relay.serve(async { /* until this future ends */ }).await;
//! # Ok(())
//! # }
//! ```
//!
//! The path of a request: [`mod@relay`] accepts a connection, `connection` reads frames and writes replies,
//! `requests` decides, [`store`] remembers.

mod alias;
mod budget;
mod clock;
mod config;
mod connection;
mod data_dir;
mod hub;
mod keeping;
mod ledger;
pub mod limits;
mod meter;
mod metrics;
pub mod operate;
mod place;
mod refused;
pub mod relay;
mod relay_key;
mod requests;
mod seldom;
pub mod settings;
mod source;
pub mod store;
mod tls;
mod unfinished;

pub use config::{BadKeepDays, BadName, Config, KeepDays, Rate, Rates, RelayName, Timeouts, TlsFiles};
pub use data_dir::StartError;
pub use ledger::{Entry, LedgerError, Logged, logged, stored};
pub use place::{BadPlace, Place};
pub use refused::Refused;
pub use relay::Relay;
pub use source::{BadProxies, Proxies};
pub use tls::{Served, TlsError, certificate};
