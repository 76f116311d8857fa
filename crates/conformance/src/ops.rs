//! The table of operations: what a vector may ask for, what it has to give, and what comes back.
//!
//! The loader, the schema and the checker follow this table; an operation that is not in it does not exist.

/// What form a value has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A byte expression (see [`crate::check::bytes`]).
    Bytes,
    /// A list of byte expressions.
    BytesList,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A number.
    Number,
    /// A list of numbers.
    Numbers,
    /// `true` or `false`.
    Flag,
}

/// A name and its form.
pub type Place = (&'static str, Kind);

/// An operation.
#[derive(Debug)]
pub struct Op {
    /// Its name in vectors.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// The fields of `in`, all of them required.
    pub inputs: &'static [Place],
    /// The fields of `out`, all of them required.
    pub outputs: &'static [Place],
    /// It works on a session of an actor, and so stands in scripts only. One without state stands in both.
    pub in_session: bool,
}

use Kind::{Bytes, BytesList, Flag, Number, Numbers, Text, Texts};

/// An operation without state.
const fn pure(
    name: &'static str,
    about: &'static str,
    inputs: &'static [Place],
    outputs: &'static [Place],
) -> Op {
    Op { name, about, inputs, outputs, in_session: false }
}

/// An operation on a session.
const fn session(
    name: &'static str,
    about: &'static str,
    inputs: &'static [Place],
    outputs: &'static [Place],
) -> Op {
    Op { name, about, inputs, outputs, in_session: true }
}

/// What a frame says, as the operations on frames give it.
macro_rules! frame {
    ($($more:expr),*) => {
        &[
            ("conversation", Bytes),
            ("message_id", Bytes),
            ("sent_at", Number),
            ("kind", Number),
            ("content", Bytes),
            ("previous", Bytes),
            ("expiry", Bytes),
            ("salt", Bytes),
            $($more),*
        ]
    };
}

/// What somebody says who makes a frame; message id and salt are drawn if they are empty.
macro_rules! said {
    ($($more:expr),*) => {
        &[
            ("conversation", Bytes),
            ("message_id", Bytes),
            ("sent_at", Number),
            ("kind", Number),
            ("content", Bytes),
            ("previous", Bytes),
            $($more),*
        ]
    };
}

/// What comes of making a frame.
macro_rules! made {
    ($($more:expr),*) => {
        &[("message_id", Bytes), ("hash", Bytes), $($more),*]
    };
}

const REQUEST: &[Place] = &[("request", Bytes)];

const CHALLENGE_AND_LOGIN: &[Place] = &[
    ("relay_name", Text),
    ("relay_key", Bytes),
    ("nonce", Bytes),
    ("account_key", Bytes),
    ("device_id", Number),
    ("store", Bytes),
    ("private", Bytes),
];

/// A group after the newest entry. Members stand in ascending order of account key, with their roles and how many devices
/// they have; times are in seconds.
const GROUP: &[Place] = &[
    ("group", Bytes),
    ("sequence", Number),
    ("head", Bytes),
    ("epoch", Number),
    ("exposed", Flag),
    ("log_key_id", Bytes),
    ("name", Text),
    ("announce_only", Flag),
    ("capture_notices", Flag),
    ("expiry_mode", Number),
    ("expiry_duration", Number),
    ("expiry_unread_cap", Number),
    ("members", BytesList),
    ("roles", Numbers),
    ("devices", Numbers),
];

/// The stamp of a message, and what is known of its life.
const LIFE: &[Place] = &[("mode", Number), ("duration", Number), ("unread_cap", Number), ("facts", Text)];

/// In milliseconds, or `none`; how often it can be opened, or `none` if that is not counted.
const DEADLINE: &[Place] = &[("deadline", Text), ("openings_left", Text)];

/// What the tags of a session message cover beside label and suite.
const ASSOCIATED: &[Place] =
    &[("session_id", Bytes), ("direction", Number), ("commitment", Bytes), ("header", Bytes), ("tag", Bytes)];

/// All operations, lowest layer first.
pub const OPS: &[Op] = &[
    // primitives
    pure("hash", "H(label; parts)", &[("label", Text), ("parts", BytesList)], &[("hash", Bytes)]),
    pure(
        "kdf",
        "KDF(salt, ikm, label, count)",
        &[("salt", Bytes), ("ikm", Bytes), ("label", Text), ("count", Number)],
        &[("keys", BytesList)],
    ),
    pure(
        "expand",
        "EXPAND(key, label, count)",
        &[("key", Bytes), ("label", Text), ("count", Number)],
        &[("keys", BytesList)],
    ),
    pure(
        "commit",
        "COMMIT(key, label; parts)",
        &[("key", Bytes), ("label", Text), ("parts", BytesList)],
        &[("commitment", Bytes)],
    ),
    pure(
        "commit.verify",
        "compares a commitment with COMMIT(key, label; parts)",
        &[("key", Bytes), ("label", Text), ("parts", BytesList), ("commitment", Bytes)],
        &[],
    ),
    pure(
        "aead.seal",
        "SEAL(key, nonce, ad, plaintext)",
        &[("key", Bytes), ("nonce", Bytes), ("ad", Bytes), ("plaintext", Bytes)],
        &[("ciphertext", Bytes), ("tag", Bytes)],
    ),
    pure(
        "aead.open",
        "the reverse of aead.seal",
        &[("key", Bytes), ("nonce", Bytes), ("ad", Bytes), ("ciphertext", Bytes), ("tag", Bytes)],
        &[("plaintext", Bytes)],
    ),
    pure("x25519.public", "the public key of 32 private bytes", &[("private", Bytes)], &[("key", Bytes)]),
    pure("x25519.parse", "decodes a short-lived public key", &[("key", Bytes)], &[]),
    pure("x25519.parse_long_lived", "decodes a key of a certificate or prekey", &[("key", Bytes)], &[]),
    pure(
        "x25519.agree",
        "DH(private, key), after the key was decoded as a short-lived one",
        &[("private", Bytes), ("key", Bytes)],
        &[("agreement", Bytes)],
    ),
    pure("ed25519.public", "the public key of a 32-byte seed", &[("private", Bytes)], &[("key", Bytes)]),
    pure("ed25519.parse", "decodes a public key", &[("key", Bytes)], &[]),
    pure(
        "ed25519.sign",
        "SIGN(private, label, body)",
        &[("private", Bytes), ("label", Text), ("body", Bytes)],
        &[("signature", Bytes)],
    ),
    pure(
        "ed25519.verify",
        "decodes the key, then verifies",
        &[("key", Bytes), ("label", Text), ("body", Bytes), ("signature", Bytes)],
        &[],
    ),
    pure("kem.public", "the encapsulation key of a 64-byte seed", &[("seed", Bytes)], &[("key", Bytes)]),
    pure("kem.parse", "decodes an encapsulation key", &[("key", Bytes)], &[]),
    pure(
        "kem.encapsulate",
        "ENCAPSULATE(key, m); m is the draw `KEM message`",
        &[("key", Bytes)],
        &[("ciphertext", Bytes), ("secret", Bytes)],
    ),
    pure(
        "kem.decapsulate",
        "DECAPSULATE(seed, ciphertext)",
        &[("seed", Bytes), ("ciphertext", Bytes)],
        &[("secret", Bytes)],
    ),
    // envelope
    pure(
        "decode",
        "strict decoding of a message type of proto/, ENV-2 to ENV-5",
        &[("message", Text), ("bytes", Bytes)],
        &[],
    ),
    pure(
        "packet.parse",
        "splits a session message; an absent handshake is empty",
        &[("message", Bytes)],
        &[
            ("handshake", Bytes),
            ("header", Bytes),
            ("header_tag", Bytes),
            ("commitment", Bytes),
            ("ciphertext", Bytes),
            ("tag", Bytes),
        ],
    ),
    pure(
        "handshake.parse",
        "splits the 1,162 bytes of a handshake",
        &[("handshake", Bytes)],
        &[
            ("account_key", Bytes),
            ("device_id", Number),
            ("ephemeral_key", Bytes),
            ("signed_prekey", Number),
            ("one_time_prekey", Number),
            ("ciphertext", Bytes),
        ],
    ),
    pure(
        "header.encode",
        "the 80 bytes of a header",
        &[
            ("ratchet_key", Bytes),
            ("previous", Number),
            ("number", Number),
            ("salt", Bytes),
            ("control", Number),
            ("chunk", Bytes),
        ],
        &[("header", Bytes)],
    ),
    pure(
        "header.decode",
        "splits the 80 bytes of a header; the chunk is the last 32, whatever kind it is",
        &[("header", Bytes)],
        &[
            ("ratchet_key", Bytes),
            ("previous", Number),
            ("number", Number),
            ("salt", Bytes),
            ("epoch", Number),
            ("kind", Number),
            ("index", Number),
            ("adopts", Flag),
            ("chunk", Bytes),
        ],
    ),
    pure(
        "header.control",
        "the control field of a header in a chain of an epoch, which may be greater than 127",
        &[("epoch", Number), ("kind", Number), ("index", Number), ("adopts", Flag)],
        &[("control", Number)],
    ),
    // identity
    pure(
        "device.generate",
        "draws an account and a device; issues its certificate without capabilities, and list 1",
        &[("device_id", Number), ("now", Number)],
        &[("account_key", Bytes), ("certificate", Bytes), ("device_list", Bytes)],
    ),
    pure(
        "certificate.verify",
        "verifies a certificate of an expected account",
        &[("account_key", Bytes), ("certificate", Bytes)],
        &[
            ("device_id", Number),
            ("signing_key", Bytes),
            ("agreement_key", Bytes),
            ("created_at", Number),
            ("expiry", Flag),
            ("capture", Number),
            ("protected_viewer", Flag),
            ("groups", Flag),
            ("automated", Flag),
        ],
    ),
    pure(
        "device_list.verify",
        "verifies a device list of an expected account",
        &[("account_key", Bytes), ("list", Bytes)],
        &[("version", Number), ("hash", Bytes), ("issued_at", Number), ("devices", Numbers)],
    ),
    pure(
        "device_list.succeed",
        "verifies two lists, then asks whether the second may replace the first",
        &[("account_key", Bytes), ("known", Bytes), ("offered", Bytes)],
        &[("version", Number), ("hash", Bytes)],
    ),
    pure(
        "prekey.generate",
        "draws a prekey and signs it with the device's signing key",
        &[
            ("account_key", Bytes),
            ("certificate", Bytes),
            ("signing_private", Bytes),
            ("kind", Text),
            ("id", Number),
            ("not_after", Number),
        ],
        &[("prekey", Bytes)],
    ),
    pure(
        "prekey.verify",
        "verifies a prekey of an expected device and kind (`signed`, `one-time`)",
        &[("account_key", Bytes), ("certificate", Bytes), ("kind", Text), ("now", Number), ("prekey", Bytes)],
        &[("id", Number), ("not_after", Number), ("agreement_key", Bytes), ("encapsulation_key", Bytes)],
    ),
    pure("handle.parse", "checks a handle as it travels, without @", &[("handle", Text)], &[]),
    // handshake
    pure("handshake.hash", "the hash a responder remembers", &[("handshake", Bytes)], &[("hash", Bytes)]),
    pure(
        "handshake.transcript",
        "the session id; an absent one-time prekey body is empty",
        &[
            ("handshake", Bytes),
            ("initiator_account", Bytes),
            ("initiator_device", Number),
            ("initiator_signing", Bytes),
            ("initiator_agreement", Bytes),
            ("responder_account", Bytes),
            ("responder_device", Number),
            ("responder_signing", Bytes),
            ("responder_agreement", Bytes),
            ("signed_prekey", Bytes),
            ("one_time_prekey", Bytes),
        ],
        &[("session_id", Bytes)],
    ),
    pure(
        "handshake.keys",
        "the keys of a handshake from DH1 to DH3 or DH4, and SS",
        &[("session_id", Bytes), ("agreements", BytesList), ("kem_secret", Bytes)],
        &[("root", Bytes), ("initiator_header_key", Bytes), ("responder_header_key", Bytes)],
    ),
    // session, the steps
    pure(
        "root_step",
        "a root step",
        &[("root", Bytes), ("agreement", Bytes)],
        &[("root", Bytes), ("chain", Bytes), ("next_header_key", Bytes), ("transient_key", Bytes)],
    ),
    pure(
        "epoch_secret",
        "the secret of an epoch, from key, ciphertext and SS",
        &[
            ("session_id", Bytes),
            ("epoch", Number),
            ("key", Bytes),
            ("ciphertext", Bytes),
            ("kem_secret", Bytes),
        ],
        &[("key_hash", Bytes), ("ciphertext_hash", Bytes), ("transcript", Bytes), ("epoch_secret", Bytes)],
    ),
    pure(
        "adopting_step",
        "a root step that adopts an epoch",
        &[("root", Bytes), ("agreement", Bytes), ("epoch_secret", Bytes)],
        &[("root", Bytes), ("chain", Bytes), ("next_header_key", Bytes), ("transient_key", Bytes)],
    ),
    pure("chain_step", "a chain step", &[("chain", Bytes)], &[("chain", Bytes), ("secret", Bytes)]),
    pure(
        "message_keys",
        "the keys of a message secret",
        &[("secret", Bytes)],
        &[("message_key", Bytes), ("franking_key", Bytes)],
    ),
    pure("associated_data", "AD_payload and AD_header", ASSOCIATED, &[("payload", Bytes), ("header", Bytes)]),
    pure(
        "transient_secret",
        "the message secret of a transient message",
        &[("transient_key", Bytes), ("number", Number)],
        &[("secret", Bytes)],
    ),
    pure(
        "transient_associated_data",
        "AD_payload and AD_header of a transient message",
        ASSOCIATED,
        &[("payload", Bytes), ("header", Bytes)],
    ),
    // session, whole devices
    session(
        "initiate",
        "verifies the peer's prekeys and starts a session; one_time_prekey 0 for none",
        &[("peer", Text), ("signed_prekey", Number), ("one_time_prekey", Number), ("now", Number)],
        &[("session_id", Bytes)],
    ),
    session(
        "encrypt",
        "encrypts, with a commitment that covers the plaintext alone",
        &[("plaintext", Bytes)],
        &[("message", Bytes)],
    ),
    session(
        "decrypt",
        "decrypts in this session, checks the commitment, moves the state on",
        &[("message", Bytes)],
        &[("plaintext", Bytes), ("number", Number)],
    ),
    session(
        "encrypt_transient",
        "encrypts a transient message, with a commitment that covers the plaintext alone",
        &[("plaintext", Bytes)],
        &[("message", Bytes)],
    ),
    session(
        "decrypt_transient",
        "decrypts a transient message in this session, checks the commitment, marks its number",
        &[("message", Bytes)],
        &[("plaintext", Bytes), ("number", Number)],
    ),
    session(
        "receive",
        "what a device does with a message of a peer: it finds or makes the session",
        &[("peer", Text), ("message", Bytes)],
        &[("plaintext", Bytes), ("number", Number), ("session_id", Bytes)],
    ),
    session(
        "copy",
        "copies the state of a session into this one, as a restored backup does",
        &[("of", Text)],
        &[],
    ),
    session(
        "exchange",
        "rounds of messages with one text to the session `with` and back, but for the lost ones; the last message, the \
         last 16 bytes of each, and the state digest of `with`",
        &[
            ("with", Text),
            ("plaintext", Bytes),
            ("there", Number),
            ("back", Number),
            ("rounds", Number),
            ("lost", Numbers),
            ("reversed", Flag),
        ],
        &[("message", Bytes), ("tags", Bytes), ("state_of_other", Bytes)],
    ),
    session("retire", "gives up sending for good", &[], &[]),
    session(
        "health",
        "whether the session is `sound`, `broken` or `starved`, its epoch, and whether it can send",
        &[],
        &[("health", Text), ("epoch", Number), ("sends", Flag)],
    ),
    session("forget", "wipes a session; the device remembers its handshake", &[], &[]),
    session(
        "chat_frame.send",
        "makes a frame for a place (chat, transient, members), and encrypts it padded, with its commitment",
        said!(
            ("expiry", Bytes),
            ("silent", Flag),
            ("salt", Bytes),
            ("sender_list", Number),
            ("sender_list_hash", Bytes),
            ("recipient_list", Number),
            ("recipient_list_hash", Bytes),
            ("generation", Number),
            ("place", Text)
        ),
        made!(("salt", Bytes), ("message", Bytes)),
    ),
    session(
        "chat_frame.receive",
        "what a device does with a message of a peer that holds a frame for a place (chat, transient, members): it finds or \
         makes the session, and opens the frame",
        &[("peer", Text), ("message", Bytes), ("place", Text)],
        frame!(
            ("silent", Flag),
            ("sender_list", Number),
            ("sender_list_hash", Bytes),
            ("recipient_list", Number),
            ("recipient_list_hash", Bytes),
            ("generation", Number),
            ("hash", Bytes),
            ("session_id", Bytes)
        ),
    ),
    // content
    pure("pad", "length, frame, zeros up to the size class", &[("frame", Bytes)], &[("padded", Bytes)]),
    pure("unpad", "the frame in a padded plaintext", &[("padded", Bytes)], &[("frame", Bytes)]),
    pure(
        "attachment.seal",
        "encrypts a file: how many pieces and bytes it is then, and what names and opens it",
        &[("file", Bytes)],
        &[("id", Bytes), ("key", Bytes), ("pieces", Number), ("length", Number), ("hash", Bytes)],
    ),
    pure(
        "time.observe",
        "what a device keeps of the time after an observation, and which times count then",
        &[
            ("confirmed", Number),
            ("mark", Number),
            ("heard", Number),
            ("wall", Number),
            ("counted", Number),
            ("told", Number),
        ],
        &[
            ("confirmed", Number),
            ("mark", Number),
            ("heard", Number),
            ("hides_by", Number),
            ("destroys_by", Number),
        ],
    ),
    pure("thread_id", "the thread of two accounts", &[("accounts", BytesList)], &[("thread_id", Bytes)]),
    pure("chat_id", "draws the id of a chat", &[], &[("chat_id", Bytes)]),
    pure("thread_frame.encode", "makes a frame of a thread", said!(), made!(("frame", Bytes))),
    pure("thread_frame.decode", "decodes a frame of a thread", &[("frame", Bytes)], frame!()),
    pure(
        "chat_frame.open",
        "opens the padded plaintext of a chat: padding, layout, commitment",
        &[
            ("padded", Bytes),
            ("account_key", Bytes),
            ("device_id", Number),
            ("franking_key", Bytes),
            ("commitment", Bytes),
        ],
        frame!(
            ("sender_list", Number),
            ("sender_list_hash", Bytes),
            ("recipient_list", Number),
            ("recipient_list_hash", Bytes),
            ("generation", Number)
        ),
    ),
    pure(
        "group_frame.open",
        "opens the padded plaintext of a group: padding, layout, commitment",
        &[
            ("padded", Bytes),
            ("account_key", Bytes),
            ("device_id", Number),
            ("franking_key", Bytes),
            ("commitment", Bytes),
        ],
        frame!(("group_sequence", Number), ("group_head", Bytes)),
    ),
    pure(
        "frame.commitment",
        "the commitment on a frame of a chat or a group",
        frame!(("account_key", Bytes), ("device_id", Number), ("franking_key", Bytes)),
        &[("commitment", Bytes)],
    ),
    pure("frame.hash", "the hash that the next frame names", frame!(), &[("hash", Bytes)]),
    // content, its kinds
    pure(
        "content.decode",
        "decodes content of a kind; whether it is a message of its own",
        &[("kind", Number), ("content", Bytes)],
        &[("content", Bytes), ("shown", Flag)],
    ),
    pure(
        "content.fallback",
        "the text for content of a kind that is not known",
        &[("kind", Number), ("content", Bytes)],
        &[("fallback", Text)],
    ),
    pure(
        "content.place",
        "whether a kind may stand in a thread, a chat, its transient lane, a group, or between members",
        &[("kind", Number), ("place", Text)],
        &[],
    ),
    pure(
        "opt_in.history",
        "what one device sees of a chat: a number is the kind of a frame of the peer's; open, accept, decline, \
         decline-openly, close and write are what its person does, as is open-another beside it (CNV-6)",
        &[("events", Text)],
        &[("state", Text), ("says", Numbers), ("shown", Number), ("held", Number)],
    ),
    pure(
        "conversations.sender",
        "what becomes of a frame: shown, held, or it acts; from own, accepted, requester, member or stranger",
        &[("kind", Number), ("place", Text), ("sender", Text)],
        &[("becomes", Text)],
    ),
    pure(
        "content.answers",
        "whether a choice answers a form or a card",
        &[("kind", Number), ("content", Bytes), ("choice", Bytes)],
        &[],
    ),
    pure(
        "encrypted_only.issue",
        "signs a declaration to be reached only encrypted",
        &[
            ("account_key", Bytes),
            ("certificate", Bytes),
            ("signing_private", Bytes),
            ("peer", Bytes),
            ("version", Number),
        ],
        &[("declaration", Bytes)],
    ),
    pure(
        "encrypted_only.verify",
        "verifies a declaration with the certificate of the device",
        &[("account_key", Bytes), ("certificate", Bytes), ("declaration", Bytes)],
        &[("peer", Bytes), ("version", Number)],
    ),
    // expiry
    pure(
        "message.derive",
        "what becomes of a quote, forward, export, notification, search_index or storage made of a message that stays, \
         goes, is closed (to be opened first) or gone: as_it_is, sealed, without_words, placeholder, nothing",
        &[("derived", Text), ("stage", Text)],
        &[("becomes", Text)],
    ),
    pure(
        "life.deadline",
        "when a message is due, after these facts: first `received SENT ACCEPTED SEEN` or `written SENT`, then any of \
         `accepted AT TOLD`, `seen AT`, `read AT TOLD`, `opened ID AT TOLD`, `shortened MODE DURATION CAP`, `gone`, with \
         `; ` between them; numbers are decimal, up to 2^64 - 1",
        LIFE,
        DEADLINE,
    ),
    pure(
        "life.show",
        "the same, refused with `policy` if the message is gone by then",
        &[("mode", Number), ("duration", Number), ("unread_cap", Number), ("facts", Text), ("now", Text)],
        DEADLINE,
    ),
    pure(
        "life.told",
        "what a device tells the others of its account about a message, in the order and the words of life.deadline",
        LIFE,
        &[("told", Text)],
    ),
    pure(
        "policies.learn",
        "what a device of an account makes of policies in this order, each the account of its setter and the content of \
         its frame: the one in force, and which were superseded when they came, by their place from 1",
        &[("own", Bytes), ("chat", Bytes), ("policies", BytesList)],
        &[("version", Text), ("setter", Bytes), ("name", Bytes), ("superseded", Numbers)],
    ),
    pure(
        "expiry.stamp",
        "the stamp of a message, by the policy in force and what is wished for it",
        &[
            ("mode", Number),
            ("duration", Number),
            ("unread_cap", Number),
            ("wish_mode", Number),
            ("wish_duration", Number),
            ("wish_unread_cap", Number),
        ],
        &[("mode", Number), ("duration", Number), ("unread_cap", Number)],
    ),
    pure(
        "expiry.decode",
        "decodes the `Expiry` of a frame",
        &[("expiry", Bytes)],
        &[("policy", Text), ("mode", Number), ("duration", Number), ("unread_cap", Number)],
    ),
    pure(
        "view_once.seal",
        "encrypts a message to be opened once",
        &[("kind", Number), ("content", Bytes)],
        &[("sealed", Bytes), ("commitment", Bytes), ("key", Bytes)],
    ),
    pure(
        "view_once.open",
        "the reverse of view_once.seal",
        &[("sealed", Bytes), ("commitment", Bytes), ("key", Bytes)],
        &[("kind", Number), ("content", Bytes)],
    ),
    pure(
        "view_key.decode",
        "what a ViewKey hands over: an empty key to a device that is not to have it",
        &[("content", Bytes)],
        &[("message_id", Bytes), ("key", Bytes)],
    ),
    // capture
    pure(
        "capture.tell",
        "what is said of a capture: what the notice that waits names from now on, and how many each further one names",
        &[
            ("scene", Text),
            ("own", Bytes),
            ("authors", BytesList),
            ("ids", BytesList),
            ("told", BytesList),
            ("told_at", Numbers),
            ("waiting", BytesList),
            ("waiting_since", Number),
            ("now", Number),
        ],
        &[("waiting", BytesList), ("named", BytesList), ("notices", Numbers)],
    ),
    pure(
        "capture.show",
        "of which messages that are here a notice is shown",
        &[
            ("scene", Text),
            ("by", Bytes),
            ("notice", Bytes),
            ("authors", BytesList),
            ("ids", BytesList),
            ("said", Numbers),
        ],
        &[("authors", BytesList), ("ids", BytesList)],
    ),
    // healing
    pure(
        "session.begun",
        "what a session that a peer begins is beside the one of first rank, which is none if its generation is 0: whether it \
         sends from now on, takes the place of one that the peer had, and shows that the peer is behind",
        &[
            ("generation", Number),
            ("id", Bytes),
            ("first_generation", Number),
            ("first_id", Bytes),
            ("first_answered", Flag),
        ],
        &[("sends", Flag), ("replaces", Flag), ("behind", Flag)],
    ),
    pure(
        "session.trouble",
        "whether a device begins anew because a message was refused with this word; if not, policy",
        &[("word", Text)],
        &[],
    ),
    pure("retry.id", "the ciphertext id of a session message", &[("message", Bytes)], &[("id", Bytes)]),
    pure(
        "retry.plan",
        "when a device asks for what it cannot open: the times in milliseconds, the number drawn",
        &[("now", Number), ("began_at", Number), ("drawn", Number)],
        &[("asks_at", Number)],
    ),
    pure(
        "retry.repeat",
        "whether a frame is sent again that a device asks for; if not, policy",
        &[
            ("kind", Number),
            ("age_ms", Number),
            ("times", Number),
            ("same_device", Flag),
            ("in_audience", Flag),
            ("arrived", Flag),
            ("there", Flag),
        ],
        &[],
    ),
    // group, its log
    pure(
        "group.append",
        "builds a group from entries, then judges one more, sealed under the newest log key",
        &[("log", BytesList), ("entry", Bytes)],
        GROUP,
    ),
    pure(
        "group.append_under",
        "the same for an entry sealed under the log key of this name",
        &[("log", BytesList), ("entry", Bytes), ("log_key_id", Bytes)],
        GROUP,
    ),
    pure(
        "group.replay",
        "reads what a relay has of a log, beginning in the segment of the first key: stored[i] was appended to logs[i]; \
         skipped are those read and refused, by their place in stored from 1; position is the last read of the newest \
         segment; waits if its key is not here",
        &[("group", Bytes), ("log_keys", BytesList), ("logs", BytesList), ("stored", BytesList)],
        &[("sequence", Number), ("head", Bytes), ("skipped", Numbers), ("position", Number), ("waits", Flag)],
    ),
    pure(
        "group.judge",
        "judges the head that a message names, and its sender; times are in milliseconds",
        &[
            ("log", BytesList),
            ("learned", Numbers),
            ("now", Number),
            ("account_key", Bytes),
            ("device_id", Number),
            ("epoch", Number),
            ("last", Number),
            ("sequence", Number),
            ("head", Bytes),
        ],
        &[("standing", Text)],
    ),
    // group, the steps
    pure("group.id", "the name of a group", &[("body", Bytes)], &[("group", Bytes)]),
    pure(
        "group.log_id",
        "the name of the segment of a group's log that a log key encrypts",
        &[("group", Bytes), ("log_key", Bytes)],
        &[("log", Bytes)],
    ),
    pure("group.log_key_id", "the name of a log key", &[("log_key", Bytes)], &[("id", Bytes)]),
    pure(
        "group.key_id",
        "the name of a sending chain",
        &[
            ("group", Bytes),
            ("account_key", Bytes),
            ("device_id", Number),
            ("signing_key", Bytes),
            ("epoch", Number),
        ],
        &[("key_id", Bytes)],
    ),
    pure(
        "group.chain_step",
        "a chain step of a group",
        &[("chain_key", Bytes)],
        &[("chain_key", Bytes), ("secret", Bytes)],
    ),
    pure(
        "group.message_keys",
        "the keys of a message secret of a group",
        &[("secret", Bytes)],
        &[("message_key", Bytes), ("franking_key", Bytes)],
    ),
    pure(
        "group.entry.seal",
        "encrypts an entry for the relay",
        &[("group", Bytes), ("log_key", Bytes), ("entry", Bytes)],
        &[("stored", Bytes)],
    ),
    pure(
        "group.entry.open",
        "the reverse of group.entry.seal",
        &[("group", Bytes), ("log_key", Bytes), ("stored", Bytes)],
        &[("entry", Bytes)],
    ),
    // group, sending chains
    pure(
        "group.encrypt",
        "begins a chain and encrypts with it, with commitments that cover the plaintexts alone; what a new member gets then",
        &[
            ("group", Bytes),
            ("account_key", Bytes),
            ("device_id", Number),
            ("epoch", Number),
            ("plaintexts", BytesList),
        ],
        &[
            ("key_id", Bytes),
            ("messages", BytesList),
            ("iteration", Number),
            ("chain_key", Bytes),
            ("signing_key", Bytes),
        ],
    ),
    pure(
        "group.decrypt",
        "takes a chain, decrypts earlier messages, cuts it, then decrypts one more and checks that its commitment covers the plaintext alone",
        &[
            ("group", Bytes),
            ("account_key", Bytes),
            ("device_id", Number),
            ("epoch", Number),
            ("iteration", Number),
            ("chain_key", Bytes),
            ("signing_key", Bytes),
            ("earlier", BytesList),
            ("cut", Number),
            ("sender", Bytes),
            ("sender_device", Number),
            ("message", Bytes),
        ],
        &[("plaintext", Bytes), ("iteration", Number)],
    ),
    pure(
        "group_frame.send",
        "makes a frame of a group, and encrypts it padded, with its commitment, by a chain that has sent `iteration` messages; \
         the chain key of the next",
        said!(
            ("expiry", Bytes),
            ("silent", Flag),
            ("salt", Bytes),
            ("group_sequence", Number),
            ("group_head", Bytes),
            ("account_key", Bytes),
            ("device_id", Number),
            ("epoch", Number),
            ("signing_private", Bytes),
            ("iteration", Number),
            ("chain_key", Bytes)
        ),
        made!(("salt", Bytes), ("message", Bytes), ("chain_key", Bytes)),
    ),
    pure(
        "group_frame.receive",
        "takes a chain as it was handed over, decrypts a message with it, and opens the frame",
        &[
            ("group", Bytes),
            ("account_key", Bytes),
            ("device_id", Number),
            ("epoch", Number),
            ("iteration", Number),
            ("chain_key", Bytes),
            ("signing_key", Bytes),
            ("message", Bytes),
        ],
        frame!(
            ("silent", Flag),
            ("group_sequence", Number),
            ("group_head", Bytes),
            ("iteration", Number),
            ("hash", Bytes)
        ),
    ),
    pure(
        "sender_key.decode",
        "decodes content of kind 16",
        &[("content", Bytes)],
        &[
            ("epoch", Number),
            ("sequence", Number),
            ("head", Bytes),
            ("iteration", Number),
            ("chain_key", Bytes),
            ("signing_key", Bytes),
            ("log_key", Bytes),
        ],
    ),
    pure(
        "group_invite.decode",
        "decodes content of kind 17",
        &[("content", Bytes)],
        &[("sequence", Number), ("head", Bytes), ("log_keys", BytesList)],
    ),
    pure(
        "group_log_request.decode",
        "decodes content of kind 18",
        &[("content", Bytes)],
        &[("after", Number)],
    ),
    pure(
        "group_log_entries.decode",
        "decodes content of kind 19",
        &[("content", Bytes)],
        &[("entries", BytesList)],
    ),
    // archive
    pure(
        "archive.read",
        "reads an archive to its end: whose it is, and how many records of each kind it has",
        &[("archive", Bytes)],
        &[
            ("account_key", Bytes),
            ("device_id", Number),
            ("handle", Text),
            ("created_at", Number),
            ("conversations", Number),
            ("people", Number),
            ("messages", Number),
            ("marks", Number),
        ],
    ),
    // relay
    pure("relay.login", "signs a login", CHALLENGE_AND_LOGIN, &[("digest", Bytes), ("signature", Bytes)]),
    pure(
        "relay.login.verify",
        "verifies a login with the signing key of the device",
        &[
            ("relay_name", Text),
            ("relay_key", Bytes),
            ("nonce", Bytes),
            ("account_key", Bytes),
            ("device_id", Number),
            ("store", Bytes),
            ("signing_key", Bytes),
            ("signature", Bytes),
        ],
        &[],
    ),
    pure(
        "relay.register",
        "signs a registration with the account key",
        &[
            ("relay_name", Text),
            ("relay_key", Bytes),
            ("nonce", Bytes),
            ("handle", Text),
            ("device_list", Bytes),
            ("private", Bytes),
        ],
        &[("digest", Bytes), ("signature", Bytes)],
    ),
    pure(
        "relay.register.verify",
        "verifies a registration",
        &[
            ("relay_name", Text),
            ("relay_key", Bytes),
            ("nonce", Bytes),
            ("account_key", Bytes),
            ("handle", Text),
            ("device_list", Bytes),
            ("signature", Bytes),
        ],
        &[],
    ),
    pure(
        "store.judge",
        "what a relay keeps after a login with this encoded `StoreGeneration`, if it knows that number and token; number 0 for \
         nothing",
        &[("store", Bytes), ("known_number", Number), ("known_token", Bytes)],
        &[("number", Number), ("token", Bytes)],
    ),
    pure(
        "parameters.read",
        "what a relay of this name and key says in its challenge that it allows",
        &[("parameters", Bytes), ("relay_name", Text), ("relay_key", Bytes)],
        &[
            ("issued_at", Number),
            ("keep_days", Number),
            ("mailbox_messages", Number),
            ("mailbox_bytes", Number),
            ("frame_bytes", Number),
            ("sends", Number),
            ("sends_each_us", Number),
            ("sends_to_one", Number),
            ("sends_to_one_each_us", Number),
            ("fanned_out", Number),
            ("fanned_out_each_us", Number),
            ("transients", Number),
            ("transients_each_us", Number),
            ("fanned_to_one", Number),
            ("fanned_to_one_each_us", Number),
        ],
    ),
    pure(
        "keep.choose",
        "the class that is asked for what is said in a conversation of these terms",
        &[("kind", Number), ("mode", Number), ("duration", Number), ("unread_cap", Number)],
        &[("keep", Text)],
    ),
    pure(
        "keep.read",
        "the class that a `Request` with a `Send` or a `FanOut` asks for",
        &[("bytes", Bytes)],
        &[("keep", Text)],
    ),
    // relay, what is asked of it
    pure(
        "request.register",
        "a request that claims a handle",
        &[
            ("id", Number),
            ("handle", Text),
            ("account_key", Bytes),
            ("device_list", Bytes),
            ("signature", Bytes),
        ],
        REQUEST,
    ),
    pure(
        "request.login",
        "a request that proves a device; store is an encoded `StoreGeneration`",
        &[
            ("id", Number),
            ("account_key", Bytes),
            ("device_id", Number),
            ("signature", Bytes),
            ("store", Bytes),
        ],
        REQUEST,
    ),
    pure(
        "request.publish_prekeys",
        "a request that leaves prekeys",
        &[("id", Number), ("signed_prekey", Bytes), ("one_time", BytesList)],
        REQUEST,
    ),
    pure("request.resolve", "a request for a handle", &[("id", Number), ("handle", Text)], REQUEST),
    pure(
        "request.fetch_devices",
        "a request for device lists",
        &[("id", Number), ("account_key", Bytes), ("known_version", Number)],
        REQUEST,
    ),
    pure(
        "request.fetch_prekeys",
        "a request for prekeys",
        &[("id", Number), ("account_key", Bytes), ("device_id", Number)],
        REQUEST,
    ),
    pure(
        "request.send",
        "a request that hands over one payload for each device, in whatever order they are given",
        &[
            ("id", Number),
            ("recipient", Bytes),
            ("list_version", Number),
            ("devices", Numbers),
            ("channel", Text),
            ("payloads", BytesList),
            ("keep", Text),
        ],
        REQUEST,
    ),
    pure("request.subscribe", "a request for what waits", &[("id", Number)], REQUEST),
    pure("request.acknowledge", "a request that acknowledges", &[("id", Number), ("up_to", Number)], REQUEST),
    pure(
        "request.fan_out",
        "a request that hands over one payload for all; devices[i] are those of accounts[i], in whatever order they are given",
        &[
            ("id", Number),
            ("accounts", BytesList),
            ("devices", BytesList),
            ("payload", Bytes),
            ("keep", Text),
        ],
        REQUEST,
    ),
    pure(
        "request.append_entry",
        "a request that appends to a log; devices[i] are those of accounts[i], in whatever order they are given",
        &[
            ("id", Number),
            ("log", Bytes),
            ("position", Number),
            ("entry", Bytes),
            ("accounts", BytesList),
            ("devices", BytesList),
        ],
        REQUEST,
    ),
    pure(
        "request.fetch_entries",
        "a request for entries of a log",
        &[("id", Number), ("log", Bytes), ("from", Number)],
        REQUEST,
    ),
    pure(
        "request.transient",
        "a request that hands over one transient payload for each device, in whatever order they are given",
        &[
            ("id", Number),
            ("recipient", Bytes),
            ("list_version", Number),
            ("devices", Numbers),
            ("payloads", BytesList),
        ],
        REQUEST,
    ),
    pure(
        "request.publish_settings",
        "a request that publishes settings",
        &[("id", Number), ("settings", Bytes)],
        REQUEST,
    ),
    pure("request.fetch_settings", "a request for one's own settings", &[("id", Number)], REQUEST),
    pure(
        "request.declare",
        "a request that leaves a declaration",
        &[("id", Number), ("declaration", Bytes)],
        REQUEST,
    ),
    pure(
        "relay.see",
        "what a relay sees of a request on the connection of a device, account key empty before a login: which request, whom \
         it names, and each field",
        &[("account_key", Bytes), ("device_id", Number), ("request", Bytes)],
        &[("request", Text), ("to", BytesList), ("fields", Texts)],
    ),
];

/// The operation of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Op> {
    OPS.iter().find(|op| op.name == name)
}
