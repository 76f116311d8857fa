//! `group/messages.json`: sending chains and what they encrypt.

use super::{
    Result,
    group::{CHAPTER, Circle, account, half},
    people::seed,
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    check::material,
    value::{Fields, Value},
    vector::{File, Level},
};
use aside_primitives::{Label, Secret, SigningKey, aead, commit::Commitment, hash::hash, kdf, label};

/// The file.
pub(super) fn messages() -> Result<File> {
    let about = "Sending chains of a group: names, steps, messages in any order, and messages that were made or moved by somebody else.";
    let mut sheet = Sheet::new(Level::Group, CHAPTER, about);
    let chain = Chain::new()?;
    steps(&mut sheet, &chain)?;
    encryption(&mut sheet, &chain)?;
    orders(&mut sheet, &chain)?;
    forged(&mut sheet, &chain)?;
    moved(&mut sheet, &chain)?;
    ends(&mut sheet, &chain)?;
    Ok(sheet.finish())
}

/// Alice's chain, by the formulas of the chapter.
#[derive(Clone)]
struct Chain {
    group: Vec<u8>,
    account: Vec<u8>,
    device: u8,
    epoch: u64,
    start: Vec<u8>,
    signing: SigningKeySeed,
}

/// The name from which a signing key follows.
type SigningKeySeed = &'static str;

/// What else goes into a message.
struct How {
    suite: u32,
    payload_label: &'static str,
    signature_label: Label,
    key_id: Option<Vec<u8>>,
    commitment: Option<[u8; 32]>,
}

const HONESTLY: How = How {
    suite: 1,
    payload_label: "aside/1 group payload",
    signature_label: label::GROUP_MESSAGE,
    key_id: None,
    commitment: None,
};

impl Chain {
    fn new() -> Result<Self> {
        Ok(Self {
            group: material("group id", 32),
            account: account(&Circle::new()?.alice),
            device: 1,
            epoch: 4,
            start: material("chain key", 32),
            signing: "chain signing key",
        })
    }

    fn signing_key(&self) -> Result<SigningKey> {
        Ok(SigningKey::from_seed(&seed(self.signing)?))
    }

    fn public(&self) -> Result<Vec<u8>> {
        Ok(self.signing_key()?.verifying_key().as_bytes().to_vec())
    }

    fn key_id(&self) -> Result<Vec<u8>> {
        let public = self.public()?;
        let parts: [&[u8]; 5] =
            [&self.group, &self.account, &[self.device], &public, &self.epoch.to_be_bytes()];
        Ok(half(&hash(label::GROUP_KEY_ID, &parts).0))
    }

    /// The chain key of an iteration, and the secret of its message.
    fn at(&self, iteration: u16) -> Result<(Vec<u8>, Secret<32>)> {
        let mut chain: Secret<32> = Secret::from_slice(&self.start).ok_or("a chain key has 32 bytes")?;
        for _ in 0..iteration {
            let [next, _] = kdf::expand_key(&chain, label::GROUP_CHAIN_STEP);
            chain = next;
        }
        let [_, secret] = kdf::expand_key(&chain, label::GROUP_CHAIN_STEP);
        Ok((chain.expose().to_vec(), secret))
    }

    fn seal(&self, iteration: u16, text: &[u8]) -> Result<Vec<u8>> {
        self.seal_as(iteration, text, &HONESTLY)
    }

    fn seal_as(&self, iteration: u16, text: &[u8], how: &How) -> Result<Vec<u8>> {
        let (_, secret) = self.at(iteration)?;
        let [message_key, franking_key] = kdf::expand_key(&secret, label::GROUP_MESSAGE_KEYS);
        let salt = material(&format!("salt {iteration}"), 8);
        let honest = Commitment::compute(&franking_key, label::COMMITMENT, &[text]).0;
        let commitment = how.commitment.unwrap_or(honest);
        let key_id = match &how.key_id {
            Some(key_id) => key_id.clone(),
            None => self.key_id()?,
        };
        let clear = [key_id.as_slice(), &iteration.to_be_bytes(), &salt, &commitment].concat();
        let suite = how.suite.to_be_bytes();
        let binding =
            [&suite, self.group.as_slice(), &self.epoch.to_be_bytes(), &self.account, &[self.device], &clear]
                .concat();
        let prefix = u32::try_from(how.payload_label.len())?.to_be_bytes();
        let associated = [&prefix, how.payload_label.as_bytes(), &binding].concat();
        let mut nonce = [0; 12];
        for (place, byte) in nonce.iter_mut().zip(&salt) {
            *place = *byte;
        }
        let mut payload = text.to_vec();
        let tag =
            aead::seal(&message_key, &nonce, &associated, &mut payload).map_err(|error| error.to_string())?;
        payload.extend(tag);
        let signature = self.signing_key()?.sign(how.signature_label, &[binding, payload.clone()].concat()).0;
        Ok([&[0x13], clear.as_slice(), &payload, &signature].concat())
    }

    /// How a member holds this chain who got it at an iteration.
    fn held(&self, iteration: u16) -> Result<Fields> {
        Ok(Fields::new()
            .bytes("group", &self.group)
            .bytes("account_key", &self.account)
            .number("device_id", self.device)
            .number("epoch", self.epoch)
            .number("iteration", iteration)
            .bytes("chain_key", self.at(iteration)?.0)
            .bytes("signing_key", self.public()?))
    }

    /// A message that the relay says is of the chain's device.
    fn received(&self, iteration: u16, earlier: &[Vec<u8>], message: &[u8]) -> Result<Fields> {
        self.received_from(&self.account, self.device, self.held(iteration)?, (earlier, 1_000), message)
    }

    fn received_from(
        &self,
        sender: &[u8],
        device: u8,
        held: Fields,
        (earlier, cut): (&[Vec<u8>], u16),
        message: &[u8],
    ) -> Result<Fields> {
        Ok(held
            .bytes_list("earlier", earlier)
            .number("cut", cut)
            .bytes("sender", sender)
            .number("sender_device", device)
            .bytes("message", message))
    }
}

const DECRYPT: &str = "group.decrypt";

fn steps(sheet: &mut Sheet, chain: &Chain) -> Result<()> {
    let input = |device: u32, epoch: u64| -> Result<Fields> {
        Ok(Fields::new()
            .bytes("group", &chain.group)
            .bytes("account_key", &chain.account)
            .number("device_id", device)
            .bytes("signing_key", chain.public()?)
            .number("epoch", epoch))
    };
    for (id, comment, device, epoch) in [
        ("of-device-1", "Sixteen bytes of a hash over five parts.", 1, 4),
        ("of-device-2", "Another device, another name.", 2, 4),
        ("of-epoch-5", "Another epoch, another name.", 1, 5),
    ] {
        let note = note(format!("group-key-id-{id}"), "GRP-21", comment).threat("G5");
        sheet.accept(note, "group.key_id", input(device, epoch)?)?;
    }
    let comment = "The next chain key, and what this message's keys follow from.";
    let step = Fields::new().bytes("chain_key", &chain.start);
    let out = sheet.accept(note("group-chain-step", "GRP-22", comment), "group.chain_step", step)?;
    let comment = "The secret of group-chain-step.";
    let keys = Fields::new().bytes("secret", bytes_of(&out, "secret")?);
    sheet.accept(note("group-message-keys", "GRP-22", comment), "group.message_keys", keys)?;
    Ok(())
}

fn encryption(sheet: &mut Sheet, chain: &Chain) -> Result<()> {
    let input = |texts: &[&[u8]]| {
        Fields::new()
            .bytes("group", &chain.group)
            .bytes("account_key", &chain.account)
            .number("device_id", chain.device)
            .number("epoch", chain.epoch)
            .bytes_list("plaintexts", texts)
    };
    for (id, reqs, comment, texts) in [
        ("new", "GRP-18 GRP-21", "Signing key, then chain key; nothing is sent yet.", [].as_slice()),
        ("one-message", "GRP-23 GRP-24 GRP-25", "A salt for the message.", [b"hello".as_slice()].as_slice()),
        (
            "three-messages",
            "GRP-22 GRP-34",
            "A new member gets the chain at iteration 3.",
            [b"one".as_slice(), b"", b"three"].as_slice(),
        ),
    ] {
        sheet.accept(note(format!("group-chain-{id}"), reqs, comment), "group.encrypt", input(texts))?;
    }
    let comment = "A thousand messages, and one more: another chain is due.";
    let spent = note("group-chain-spent", "GRP-18", comment).threat("G4");
    sheet.refuse(spent, "group.encrypt", input(&[b"".as_slice(); 1_001]), "exhausted")?;
    let comment = "A chain at its end is not handed over: another one is due.";
    let spent = note("group-chain-at-its-end", "GRP-18 GRP-34", comment).threat("G4");
    sheet.refuse(spent, "group.encrypt", input(&[b"".as_slice(); 1_000]), "exhausted")?;
    let comment = "More than 65,536 bytes.";
    let long = vec![0; 65_537];
    let note_ = note("group-chain-text-too-long", "GRP-40", comment).threat("W2");
    sheet.refuse(note_, "group.encrypt", input(&[&long]), "limit")
}

fn orders(sheet: &mut Sheet, chain: &Chain) -> Result<()> {
    let message = |iteration: u16| chain.seal(iteration, format!("message {iteration}").as_bytes());
    let (zero, one, three) = (message(0)?, message(1)?, message(3)?);
    for (id, reqs, comment, input) in [
        ("first", "GRP-23", "From the beginning of a chain.", chain.received(0, &[], &zero)?),
        ("empty", "GRP-23", "A payload of no bytes.", chain.received(0, &[], &chain.seal(0, b"")?)?),
        (
            "longest",
            "GRP-40",
            "A payload of 65,536 bytes.",
            chain.received(0, &[], &chain.seal(0, &[0; 65_536])?)?,
        ),
        (
            "next",
            "GRP-22",
            "The second after the first.",
            chain.received(0, std::slice::from_ref(&zero), &one)?,
        ),
        ("skipping", "GRP-28", "Iterations 0 to 2 are under way.", chain.received(0, &[], &three)?),
        (
            "late",
            "GRP-28",
            "Iteration 1 after iteration 3.",
            chain.received(0, std::slice::from_ref(&three), &one)?,
        ),
        ("after-hand-over", "GRP-34", "Handed over at iteration 3.", chain.received(3, &[], &three)?),
        ("last", "GRP-27", "The longest jump there is.", chain.received(0, &[], &message(999)?)?),
        (
            "below-the-cut",
            "GRP-27",
            "The last message that counts.",
            chain.received_from(&chain.account, 1, chain.held(0)?, (&[], 4), &three)?,
        ),
        (
            "late-below-the-cut",
            "GRP-27 GRP-35",
            "Kept when the chain was cut.",
            chain.received_from(
                &chain.account,
                1,
                chain.held(0)?,
                (std::slice::from_ref(&three), 2),
                &one,
            )?,
        ),
    ] {
        sheet.accept(note(format!("group-message-{id}"), reqs, comment), DECRYPT, input)?;
    }
    for (id, comment, input) in [
        ("replayed", "The same message again.", chain.received(0, std::slice::from_ref(&zero), &zero)?),
        (
            "replayed-later",
            "The same message after others.",
            chain.received(0, &[zero.clone(), one.clone(), three.clone()], &one)?,
        ),
        ("late-replayed", "A late message again.", chain.received(0, &[three.clone(), one.clone()], &one)?),
        (
            "iteration-used-twice",
            "Another text under a key that was used.",
            chain.received(0, std::slice::from_ref(&zero), &chain.seal(0, b"another")?)?,
        ),
    ] {
        let note =
            note(format!("group-message-{id}"), "GRP-28", comment).threat("R2").catches(&["accept-replay"]);
        sheet.refuse(note, DECRYPT, input, "replay")?;
    }
    let comment = "Sent before the chain was handed over.";
    let note_ = note("group-message-before-hand-over", "GRP-34", comment).threat("G3");
    sheet.refuse(note_, DECRYPT, chain.received(3, &[], &one)?, "no_session")
}

/// One bit off at an offset.
fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    bytes.iter().enumerate().map(|(place, byte)| if place == at { byte ^ 1 } else { *byte }).collect()
}

fn forged(sheet: &mut Sheet, chain: &Chain) -> Result<()> {
    let honest = chain.seal(2, b"message 2")?;
    let end = honest.len();
    let part = |to: usize| honest.get(..to).unwrap_or_default().to_vec();
    let first = |byte: u8| [&[byte], honest.get(1..).unwrap_or_default()].concat();
    let other = Chain { signing: "another signing key", ..chain.clone() };
    let insider = other.seal_as(2, b"message 2", &How { key_id: Some(chain.key_id()?), ..HONESTLY })?;
    for (id, reqs, threat, comment, message, word) in [
        ("nothing", "GRP-40", "W7", "Nothing is there.", Vec::new(), "malformed"),
        ("of-version-2", "GRP-40", "H8", "A later version.", first(0x23), "version"),
        ("of-version-0", "GRP-40", "H8", "No version.", first(0x03), "version"),
        ("of-kind-1", "GRP-40", "P5", "A session message's first byte.", first(0x11), "malformed"),
        ("of-kind-4", "GRP-40", "P5", "A log entry's first byte.", first(0x14), "malformed"),
        ("of-138-bytes", "GRP-40", "W5", "One byte less than the shortest.", part(138), "malformed"),
        (
            "of-65675-bytes",
            "GRP-40 GRP-21",
            "W2",
            "The largest there is, of a chain that nobody has.",
            [&[0x13u8], vec![0; 65_674].as_slice()].concat(),
            "no_session",
        ),
        (
            "of-65676-bytes",
            "GRP-40",
            "W2",
            "One byte more than the largest.",
            [&[0x13u8], vec![0; 65_675].as_slice()].concat(),
            "limit",
        ),
        ("key-id-bit", "GRP-21", "G5", "A chain that nobody has.", flipped(&honest, 1), "no_session"),
        ("iteration-bit", "GRP-26", "G5", "Another place in the chain.", flipped(&honest, 18), "signature"),
        (
            "iteration-high-bit",
            "GRP-26",
            "G13",
            "The signature is looked at before the jump.",
            honest
                .iter()
                .enumerate()
                .map(|(place, byte)| if place == 17 { byte ^ 0x80 } else { *byte })
                .collect(),
            "signature",
        ),
        ("salt-bit", "GRP-25 GRP-26", "G5", "Another nonce.", flipped(&honest, 19), "signature"),
        ("commitment-bit", "GRP-24 GRP-26", "F2", "Another commitment.", flipped(&honest, 27), "signature"),
        ("ciphertext-bit", "GRP-26", "G5", "Another text.", flipped(&honest, 59), "signature"),
        ("tag-bit", "GRP-26", "G5", "Another tag.", flipped(&honest, end.saturating_sub(65)), "signature"),
        (
            "signature-first-bit",
            "GRP-26",
            "P3",
            "One bit off.",
            flipped(&honest, end.saturating_sub(64)),
            "signature",
        ),
        (
            "signature-last-bit",
            "GRP-26",
            "P3",
            "One bit off.",
            flipped(&honest, end.saturating_sub(1)),
            "signature",
        ),
        ("cut", "GRP-26", "W5", "The last byte is missing.", part(end.saturating_sub(1)), "signature"),
        ("longer", "GRP-26", "W5", "Something follows.", [honest.as_slice(), &[0]].concat(), "signature"),
        (
            "by-an-insider",
            "GRP-26",
            "G6",
            "Whoever has the chain key signs with a key of their own.",
            insider,
            "signature",
        ),
        (
            "signed-as-an-entry",
            "GRP-23",
            "G11",
            "The chain's key under another label.",
            chain.seal_as(2, b"message 2", &How { signature_label: label::GROUP_ENTRY, ..HONESTLY })?,
            "signature",
        ),
        (
            "signed-as-a-prekey",
            "GRP-23",
            "G11",
            "The chain's key under another label.",
            chain.seal_as(2, b"message 2", &How { signature_label: label::PREKEY, ..HONESTLY })?,
            "signature",
        ),
        (
            "payload-under-another-label",
            "GRP-23",
            "G11",
            "Signed rightly, and encrypted as something else.",
            chain.seal_as(2, b"message 2", &How { payload_label: "aside/1 payload", ..HONESTLY })?,
            "mac",
        ),
        (
            "of-another-suite",
            "GRP-23",
            "H8",
            "Made under suite 2.",
            chain.seal_as(2, b"message 2", &How { suite: 2, ..HONESTLY })?,
            "signature",
        ),
    ] {
        let note = note(format!("group-message-{id}"), reqs, comment).threat(threat);
        sheet.refuse(note, DECRYPT, chain.received(0, &[], &message)?, word)?;
    }
    let lie = chain.seal_as(2, b"message 2", &How { commitment: Some([7; 32]), ..HONESTLY })?;
    let comment = "Signed and encrypted rightly; a report would show nothing.";
    let note_ = note("group-message-commitment-to-another-text", "GRP-24", comment).threat("F2");
    sheet.refuse(note_.catches(&["skip-commitment"]), DECRYPT, chain.received(0, &[], &lie)?, "commitment")
}

/// True messages in another group, epoch or mouth: the same keys, and the name of the chain they are offered to.
fn moved(sheet: &mut Sheet, chain: &Chain) -> Result<()> {
    let carol = account(&Circle::new()?.carol);
    let named = || -> Result<How> { Ok(How { key_id: Some(chain.key_id()?), ..HONESTLY }) };
    for (id, comment, other) in [
        (
            "of-another-group",
            "The same people, chain and keys in another group.",
            Chain { group: vec![1; 32], ..chain.clone() },
        ),
        ("of-another-epoch", "An epoch later.", Chain { epoch: 5, ..chain.clone() }),
        (
            "of-another-account",
            "Carol's, by the same keys.",
            Chain { account: carol.clone(), ..chain.clone() },
        ),
        ("of-another-device", "Device 2, by the same keys.", Chain { device: 2, ..chain.clone() }),
    ] {
        let renamed = other.seal_as(2, b"message 2", &named()?)?;
        let note_ = note(format!("group-message-{id}"), "GRP-23", comment).threat("G5");
        sheet.refuse(note_, DECRYPT, chain.received(0, &[], &renamed)?, "signature")?;
        let comment = "As it was sent: it names a chain that is not this one.";
        let note_ = note(format!("group-message-{id}-as-sent"), "GRP-21", comment).threat("G5");
        sheet.refuse(note_, DECRYPT, chain.received(0, &[], &other.seal(2, b"message 2")?)?, "no_session")?;
    }
    let honest = chain.seal(2, b"message 2")?;
    for (id, comment, sender, device) in [
        ("from-another-account", "The relay says that Carol sent it.", &carol, 1),
        ("from-another-device", "The relay says that Alice's device 2 sent it.", &chain.account, 2),
    ] {
        let input = chain.received_from(sender, device, chain.held(0)?, (&[], 1_000), &honest)?;
        let note = note(format!("group-message-{id}"), "GRP-23", comment).threat("G7");
        sheet.refuse(note, DECRYPT, input, "policy")?;
    }
    let other = SigningKey::from_seed(&seed("another signing key")?).verifying_key();
    for (id, comment, field, key, word) in [
        ("other-chain-key", "A chain key that is not the chain's.", "chain_key", [9; 32], "mac"),
        (
            "other-signing-key",
            "Another signing key makes another chain.",
            "signing_key",
            *other.as_bytes(),
            "no_session",
        ),
    ] {
        let held = chain.held(0)?.iter().fold(Fields::new(), |all, (name, value)| {
            all.with(name, if name == field { Value::bytes(&key) } else { value.clone() })
        });
        let input = chain.received_from(&chain.account, 1, held, (&[], 1_000), &honest)?;
        let note = note(format!("group-message-{id}"), "GRP-23", comment).threat("G6");
        sheet.refuse(note, DECRYPT, input, word)?;
    }
    Ok(())
}

/// Beyond the end of a chain.
fn ends(sheet: &mut Sheet, chain: &Chain) -> Result<()> {
    let three = chain.seal(3, b"message 3")?;
    let one = chain.seal(1, b"message 1")?;
    let whole =
        |iteration: u16| -> Result<Fields> { chain.received(0, &[], &chain.seal(iteration, b"too far")?) };
    let cut = |at: u16, earlier: &[Vec<u8>], message: &[u8]| {
        chain.received_from(&chain.account, 1, chain.held(0)?, (earlier, at), message)
    };
    for (id, reqs, threat, comment, input) in [
        ("iteration-1000", "GRP-27", "G13", "The first that no honest sender uses.", whole(1_000)?),
        ("iteration-1001", "GRP-27", "G13", "Signed by the chain's key.", whole(1_001)?),
        (
            "iteration-65535",
            "GRP-27",
            "G13",
            "The greatest number, signed by the chain's key.",
            whole(65_535)?,
        ),
        ("at-the-cut", "GRP-27 GRP-35", "G3", "The first message after the removal.", cut(3, &[], &three)?),
        ("beyond-the-cut", "GRP-27 GRP-35", "G3", "Carol goes on after the removal.", cut(1, &[], &three)?),
        (
            "chain-that-counts-for-nothing",
            "GRP-27 GRP-35",
            "G3",
            "A cut before the first message.",
            cut(0, &[], &one)?,
        ),
        (
            "late-beyond-the-cut",
            "GRP-27 GRP-35",
            "G3",
            "Its secret was kept, and wiped with the cut.",
            cut(1, std::slice::from_ref(&three), &one)?,
        ),
    ] {
        sheet.refuse(
            note(format!("group-message-{id}"), reqs, comment).threat(threat),
            DECRYPT,
            input,
            "too_far",
        )?;
    }
    Ok(())
}
