//! Every limit of the relay, with its reason. Sizes of the wire itself are in [`aside_wire::limits`].

use std::time::Duration;

/// Messages in one mailbox: months of ordinary use while a device is away, and still a bounded table (RLY-14).
pub const MAILBOX_MESSAGES: u64 = 20_000;
/// Bytes of envelopes in one mailbox: what one absent device may cost the disk (RLY-14).
pub const MAILBOX_BYTES: u64 = 64 * 1024 * 1024;
/// The part of a mailbox, one in so many, that fan-outs and notices leave free: 5,000 messages and 16 MiB for whoever the settings
/// let in. A device that was off misses the messages of a group after 15,000, three days of 5,000 (RLY-112).
pub const KEPT_FREE: u64 = 4;
/// How long an accepted client id is remembered, in milliseconds: 30 days, longer than a client keeps retrying
/// (RLY-9).
pub const CLIENT_ID_MS: u64 = 30 * DAY_MS;

/// A day in milliseconds.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Days that mail waits for its device unless the operator says otherwise: a long absence, and still an end (RLY-42).
pub const KEEP_DAYS: u16 = 30;
/// The most days that an operator may say: sessions and prekeys are of little use after that (RLY-42).
pub const KEEP_DAYS_MOST: u16 = 365;

/// Entries of one log: years of a busy group, which everybody who joins has to read (RLY-28).
pub const LOG_ENTRIES: u64 = 100_000;
/// Bytes of entries in one answer; an answer has at least one entry if there is one.
pub const ENTRIES_BYTES: usize = 200 * 1024;
/// Entries that one account appends at once: a group being put together (RLY-30).
pub const APPENDS: u32 = 30;
/// Entries that one account appends in a minute after that: more often nobody changes a group (RLY-30).
pub const APPENDS_PER_MINUTE: u32 = 60;
/// KiB of entries that one account appends at once: a thousand people added, several times over. Logs are kept for
/// good, so these two bound what an account can fill the disk with (RLY-30).
pub const APPENDED_KIB: u32 = 4 * 1024;
/// KiB of entries that one account appends in a minute after that (RLY-30).
pub const APPENDED_KIB_PER_MINUTE: u32 = 256;
/// Logs that one account begins at once, and in a day after that: people make a few groups (RLY-30).
pub const LOGS_PER_DAY: u32 = 50;
/// Devices that one account fans out to at once: 256 messages to the largest group (RLY-30).
pub const FANNED_OUT: u32 = 256 * 1024;
/// Devices that one account fans out to in a minute after that: a message to the largest group each second. Without
/// it one request would fill a thousand mailboxes at the price of one (RLY-30).
pub const FANNED_OUT_PER_MINUTE: u32 = 64 * 1024;

/// Fan-outs and notices that one account puts before another at once, each begun [`FANNED_UNIT`] counting as one: as many as wait
/// while a client is away. They pass no settings, and this is a fifteenth of the messages, and a third of the bytes, that they
/// may take of a mailbox: whoever wants to fill one alone needs it to lie there for seven hours (RLY-111, threat T6).
pub const FANNED_TO_ONE: u32 = 1_000;
/// The same in a minute after that: one in two seconds to each person, over all groups shared. Whoever reads along in a group
/// of 1,024 sees one message a second at the most (RLY-30), of all who write there; no person writes half of them (RLY-111).
pub const FANNED_TO_ONE_PER_MINUTE: u32 = 30;
/// Bytes of an envelope that count as one message where messages to one account are counted: text fits, and 2,000 of the
/// largest do not come at the price of 2,000 (RLY-72, RLY-111).
pub const FANNED_UNIT: usize = 16 * 1024;

/// Transient messages that one account hands over at once: what a person types and reads in some conversations (RLY-30).
pub const TRANSIENTS: u32 = 20;
/// Transient messages that one account hands over in a minute after that: two a second, more than people notice
/// (RLY-30).
pub const TRANSIENTS_PER_MINUTE: u32 = 120;
/// Settings and declarations that one account publishes at once: an evening of putting things in order. Each may
/// rewrite thousands of rows (RLY-30).
pub const STATEMENTS: u32 = 60;
/// Settings and declarations that one account publishes in an hour after that (RLY-30).
pub const STATEMENTS_PER_HOUR: u32 = 60;
/// Declarations that are kept for one account: as many people as its settings can name (RLY-38).
pub const DECLARATIONS: u64 = 2_000;

/// Messages that one account sends at once: a group of a thousand whose chains are cut several times hands out its keys
/// one by one (RLY-72).
pub const SENDS: u32 = 10_000;
/// Messages that one account sends in a minute after that: twenty a second, over all its devices (RLY-72).
pub const SENDS_PER_MINUTE: u32 = 1_200;
/// Messages that one account sends to another at once, each begun [`FANNED_UNIT`] of the longest parcel counting as one: what
/// waited while a client was away, and half a mailbox. It bounds what a stranger makes
/// somebody's device fetch (RLY-72, threat T6).
pub const SENDS_TO_ONE: u32 = 2_000;
/// Messages that one account sends to another in a minute after that: two a second (RLY-72).
pub const SENDS_TO_ONE_PER_MINUTE: u32 = 120;
/// KiB of messages that one account hands over at once: as much as one mailbox holds (RLY-72).
pub const SENT_KIB: u32 = 64 * 1024;
/// KiB of messages that one account hands over in a minute after that: 2.8 GB a day, which no person types (RLY-72).
pub const SENT_KIB_PER_MINUTE: u32 = 2 * 1024;
/// Accounts that one account begins to write to in the clear at once, and in a day after that: who is new somewhere tells
/// everybody, who sells something tells more. In a session one begins with prekeys, which are counted (RLY-72).
pub const CONTACTS_PER_DAY: u32 = 200;
/// Handles that one account looks up at once: an address book (RLY-73).
pub const RESOLVES: u32 = 300;
/// Handles that one account looks up in an hour after that: to try a hundred million takes a century (threat T4).
pub const RESOLVES_PER_HOUR: u32 = 100;
/// Prekeys that one account asks for at once: sessions with two groups of the greatest size (RLY-71).
pub const BUNDLES: u32 = 2_048;
/// Prekeys that one account asks for in an hour after that (RLY-71).
pub const BUNDLES_PER_HOUR: u32 = 120;
/// Prekeys of one device that one account asks for at once: eight devices that begin anew a few times (RLY-71, threat H2).
pub const BUNDLES_OF_ONE: u32 = 24;
/// Prekeys of one device that one account asks for in an hour after that: clients begin anew once an hour (RLY-71).
pub const BUNDLES_OF_ONE_PER_HOUR: u32 = 4;
/// One-time prekeys of one device that are handed out at once: some stay for whoever comes next, however many ask together
/// (RLY-71, threat H2).
pub const ONE_TIME_OF_ONE: u32 = 50;
/// One-time prekeys of one device that are handed out in an hour after that (RLY-71).
pub const ONE_TIME_OF_ONE_PER_HOUR: u32 = 20;
/// Prekeys that one device publishes at once: its first hundred and the signed one, and the same again after its store was restored
/// a few times. Their keys are remembered for good (RLY-110).
pub const PUBLISHED: u32 = 500;
/// Prekeys that one device publishes in a day after that: the 480 that can go out meanwhile, and signed ones (RLY-110).
pub const PUBLISHED_PER_DAY: u32 = 500;
/// Registrations that one source tries at once: a family, a class (RLY-70).
pub const REGISTRATIONS_OF_SOURCE: u32 = 30;
/// Registrations that one source tries in a day after that (RLY-70).
pub const REGISTRATIONS_OF_SOURCE_PER_DAY: u32 = 100;
/// Connections that one source begins at once: an office after its network was away (RLY-70).
pub const CONNECTIONS_BEGUN: u32 = 600;
/// Connections that one source begins in a minute after that (RLY-70).
pub const CONNECTIONS_BEGUN_PER_MINUTE: u32 = 300;
/// Connections of one source at a time: an office, and no more than a twentieth of all (RLY-70).
pub const CONNECTIONS_OF_SOURCE: usize = 500;
/// Of each thing that is counted, so many accounts, sources or pairs are told apart, at about 40 bytes each; more of them
/// share counts (RLY-15).
pub const COUNTED: usize = 256 * 1024;

/// Places in which messages of one account to another are counted, in each of two rows, at 8 bytes each. At a hundred thousand
/// deliveries a second, a place is used once in ten seconds, a fifth of what a pair may do (RLY-15, RLY-111).
pub const PAIRS: usize = 1024 * 1024;

/// Connections at a time: at well under 64 KB of memory each, what a small machine can hold (RLY-15).
pub const CONNECTIONS: usize = 10_000;
/// TCP connections beyond the WebSockets, for health checks and handshakes in progress.
pub const SPARE_CONNECTIONS: usize = 256;
/// TCP connections of one source beyond its WebSockets: whoever begins one too many is told so.
pub const SPARE_CONNECTIONS_OF_SOURCE: usize = 32;
/// Requests of one connection being answered at a time: enough to fill the store's batches from one client, then
/// TCP slows it down (RLY-15).
pub const PIPELINE: usize = 64;
/// Bytes of requests being answered at a time, over all connections, in KiB: what a flood can make us hold before
/// we stop reading (threat T1).
pub const REQUEST_KIB: u32 = 64 * 1024;
/// Of those, what one account can have, over all its connections: as many of the largest frames as a device that catches up
/// sends at a time, and a thirtieth of all (RLY-100).
pub const ACCOUNT_KIB: u32 = 2 * 1024;
/// Of those, what all have together who have not logged in: some thousand logins (RLY-100).
pub const STRANGERS_KIB: u32 = 4 * 1024;
/// Frames that wait to be written to one connection; more wait where they come from.
pub const OUTBOX_FRAMES: usize = 32;
/// Of those, what transient messages may take: what is stored finds the other half free (RLY-33).
pub const OUTBOX_TRANSIENTS: usize = OUTBOX_FRAMES / 2;
/// Bytes of the same frames: two of the largest, so that a client that asks for much and reads nothing costs no more.
pub const OUTBOX_BYTES: u32 = 512 * 1024;

/// Deliveries of one connection that are not acknowledged: hides the round trip without letting a stuck client
/// draw its whole mailbox into buffers (RLY-12).
pub const WINDOW_MESSAGES: usize = 256;
/// Bytes of the same window (RLY-12).
pub const WINDOW_BYTES: usize = 1024 * 1024;
/// Messages read from the store at a time: bounds what a slow reader makes us hold.
pub const PAGE_MESSAGES: usize = 128;
/// Bytes read from the store at a time; a page has at least one message.
pub const PAGE_BYTES: usize = 256 * 1024;

/// Registrations tried on one connection: a person needs one and may mistype a few (RLY-15).
pub const REGISTRATIONS: u32 = 5;
/// Logins tried on one connection: a client needs one (RLY-15).
pub const LOGINS: u32 = 5;
/// Frames that break the protocol before the connection is closed: a bug shows its refusals, a fuzzer is cut off
/// (RLY-16).
pub const VIOLATIONS: u32 = 8;

/// From the TCP connection to the end of the HTTP headers (threat T1, slow-loris).
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// From the challenge to a login: an anonymous connection is not worth keeping.
pub const LOGIN_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two pings of the relay; below the idle timeout of common proxies (60 s).
pub const PING_INTERVAL: Duration = Duration::from_secs(30);
/// Without a complete frame, a pong included: two pings were missed.
pub const DEAD_PEER: Duration = Duration::from_secs(75);
/// For writing frames to a client that does not read: then it is cut off (RLY-15).
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// For answering what was accepted when the relay shuts down.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// For the store's answer to a health check.
pub const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);
/// For a store that fails to come back before those whose mail it cannot read are sent away, perhaps to another node.
pub const STORE_PATIENCE: Duration = Duration::from_secs(15);
/// Between two attempts to read.
pub const STORE_PAUSE: Duration = Duration::from_secs(1);
/// How long such an answer serves everybody who asks.
pub const HEALTH_FRESH: Duration = Duration::from_secs(1);
/// Between two lines of the log about the same thing, if anybody can cause it.
pub const SELDOM: Duration = Duration::from_secs(60);
/// Between two rounds of deleting what is past its time.
pub const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Bytes that may wait for the end of a frame before a login: three of the largest registrations (RLY-101).
pub const STRANGER_BYTES: usize = 16 * 1024;
/// From a look that finds part of a frame to its end: the largest one over a line of 40 kbit/s (RLY-101).
pub const FRAME_TIMEOUT: Duration = Duration::from_secs(60);
/// Buffer for reading from a WebSocket: an idle connection costs this much, a large frame grows it for a moment.
pub const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Buffer for writing to a WebSocket before it is handed to the socket.
pub const WRITE_BUFFER_BYTES: usize = 8 * 1024;
/// Bytes of HTTP headers.
pub const HEADER_BYTES: usize = 16 * 1024;
/// Fields of HTTP headers.
pub const HEADER_FIELDS: usize = 64;

/// Jobs in one transaction of the store: bounds how long the first of them waits for the last.
pub const BATCH_JOBS: usize = 1024;
/// Mailboxes that one transaction of the store puts mail into, before it ends with the job at hand: bounds the same
/// wait when messages go to many.
pub const BATCH_DELIVERIES: usize = 4096;
/// Rows deleted in one step, so that nobody waits long behind a deletion.
pub const SWEEP_ROWS: u32 = 512;
/// A database up to so many bytes is looked through before it serves, in a fraction of a second; a larger one while it
/// serves, because people wait for a relay that starts.
pub const CHECKED_BYTES: u64 = 64 * 1024 * 1024;
/// For looking through a database while it serves: some ten gigabytes on a good disk. Meanwhile its write-ahead log grows.
pub const INSPECTION: Duration = Duration::from_secs(60);
/// Pages of the write-ahead log after which they are copied into the database: 16 MB, which are read again in a moment after a
/// crash.
pub const LOG_PAGES: u32 = 4_000;
/// For those who read to let go of the write-ahead log when it is to be emptied; nothing is written meanwhile.
pub const CLEARING: Duration = Duration::from_millis(100);
/// Connections to the database for reading.
pub const READERS: usize = 2;

/// Connections of one node to PostgreSQL for reading: each asks one thing at a time.
pub const POSTGRES_READERS: usize = 4;
/// Connections of one node to PostgreSQL for what has a transaction of its own: logins, keys, statements, deletions.
pub const POSTGRES_KEEPERS: usize = 4;
/// How long a node counts as there that does not say so, in seconds: three times what it takes it to say so.
pub const NODE_LEASE_SECONDS: i32 = 30;
/// Between two times that a node says it is there, and looks for mail that nobody told it of.
pub const NODE_TICK: Duration = Duration::from_secs(10);
/// Transient messages that wait to be handed to other nodes, or come from them; more are dropped (RLY-33).
pub const HANDED_ON: usize = 1024;
/// How long after a suspension sweeps look for connections to end: several rounds of them, in milliseconds.
pub const OF_LATE_MS: u64 = 10 * 60 * 1000;
/// The highest number that an operator can set: more is a mistake in typing.
pub const SETTING_MOST: u64 = 1 << 40;

/// Between two looks at the files of the certificate.
pub const RENEWAL_INTERVAL: Duration = Duration::from_secs(10);
