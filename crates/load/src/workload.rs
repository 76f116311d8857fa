//! What is sent, by whom and to whom. Everything that is compared with this relay gets the same: the bare store here, other
//! servers in `bench/`.

use std::time::Duration;

/// Senders at a time, each with one message on its way.
pub const SENDERS: usize = 64;
/// Bytes of a message's payload.
pub const PAYLOAD_BYTES: usize = 300;
/// Accounts that the messages go to, in turn. None of them is connected while messages are sent.
pub const RECIPIENTS: usize = 100;
/// Of a hundred messages, so many are encrypted.
pub const ENCRYPTED: u32 = 50;
/// How long is sent.
pub const SENDING: Duration = Duration::from_secs(10);

/// Messages that wait in each mailbox before it is drained.
pub const WAITING: usize = 1_000;
/// Messages after which a client that drains its mailbox acknowledges.
pub const ACKNOWLEDGED_TOGETHER: u64 = 64;
/// Messages that a client has on its way while mailboxes are filled for another measurement.
pub const FILLING: usize = 32;

/// Messages a second, all senders together, while it is measured how soon those who are there get them.
pub const ONLINE_RATE: u32 = 1_000;
/// Connections that are logged in and do nothing.
pub const IDLE: usize = 10_000;
/// Stored messages of the large database.
pub const STORED: usize = 1_000_000;
/// Clients that do not read.
pub const SLOW: usize = 50;
/// People of a group to which each message goes.
pub const GROUP: usize = 100;

/// The numbers of one run.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// As [`SENDERS`].
    pub senders: usize,
    /// As [`RECIPIENTS`].
    pub recipients: usize,
    /// As [`PAYLOAD_BYTES`].
    pub payload: usize,
    /// As [`ENCRYPTED`].
    pub encrypted: u32,
    /// As [`SENDING`].
    pub sending: Duration,
    /// As [`WAITING`].
    pub waiting: usize,
    /// As [`IDLE`].
    pub idle: usize,
    /// As [`STORED`].
    pub stored: usize,
    /// As [`SLOW`].
    pub slow: usize,
}

impl Default for Workload {
    fn default() -> Self {
        Self {
            senders: SENDERS,
            recipients: RECIPIENTS,
            payload: PAYLOAD_BYTES,
            encrypted: ENCRYPTED,
            sending: SENDING,
            waiting: WAITING,
            idle: IDLE,
            stored: STORED,
            slow: SLOW,
        }
    }
}

impl Workload {
    /// So little of everything that it takes a few seconds: whether the tool works, not how fast the relay is.
    #[must_use]
    pub fn smoke() -> Self {
        Self {
            senders: 4,
            recipients: 4,
            sending: Duration::from_millis(500),
            waiting: 200,
            idle: 20,
            stored: 2_000,
            slow: 2,
            ..Self::default()
        }
    }
}
