//! Operations on messages that go.

use super::{bug::Bug, inputs::Inputs, stop::Stop, tape::Tape};
use crate::value::{Fields, Value};
use aside_content::{
    Body, ChatId, Expiry, Fact, Kind, Life, MessageId, Policies, Policy, ViewKey, ViewOnce, bounds,
    derived::{Derived, Made, Stage, made},
    policy::Learned,
};
use aside_identity::AccountKey;
use aside_primitives::{Draw, Secret, entropy};
use aside_wire::{ExpiryTerms, Reject, decode, pb};

pub(super) fn run(op: &str, input: &Inputs, tape: &mut Tape) -> Result<Option<Fields>, Stop> {
    Ok(Some(match op {
        "life.deadline" => deadline(&life(input)?),
        "life.show" => {
            let life = life(input)?;
            if life.is_gone(number(input.text("now")?)?) {
                return Err(Stop::refused(Reject::Policy, Some(Bug::NeverGone)));
            }
            deadline(&life)
        }
        "life.told" => {
            let facts: Vec<String> = life(input)?.told().into_iter().map(spelled).collect();
            Fields::new().text("told", &facts.join("; "))
        }
        "message.derive" => derive(input)?,
        "policies.learn" => policies(input)?,
        "expiry.stamp" => {
            let (policy, wish) = (terms(input, "")?, terms(input, "wish_")?);
            let (mode, duration_s, unread_cap_s) = bounds::stamp(policy, wish).encode();
            Fields::new()
                .number("mode", mode_number(mode)?)
                .number("duration", duration_s)
                .number("unread_cap", unread_cap_s)
        }
        "expiry.decode" => {
            let fields: pb::Expiry = decode(input.bytes("expiry")?)?;
            let Expiry { policy, terms } = Expiry::try_from(&fields)?;
            let (mode, duration_s, unread_cap_s) = terms.encode();
            Fields::new()
                .text("policy", &policy.to_string())
                .number("mode", mode_number(mode)?)
                .number("duration", duration_s)
                .number("unread_cap", unread_cap_s)
        }
        "view_once.seal" => {
            let body = Body::decode(Kind(input.u32("kind")?), input.bytes("content")?)?;
            let key: Secret<32> =
                entropy::secret(tape, Draw("view key")).map_err(|error| error.to_string())?;
            let once = ViewOnce::seal(&body, &key)?;
            Fields::new()
                .bytes("sealed", &once.sealed)
                .bytes("commitment", once.commitment)
                .bytes("key", key.expose())
        }
        "view_once.open" => {
            let once = ViewOnce {
                sealed: input.bytes("sealed")?.to_vec(),
                commitment: input.array("commitment")?,
                key: None,
            };
            let body = once.open(&input.secret("key")?)?;
            Fields::new().number("kind", body.kind().0).bytes("content", body.encode())
        }
        "view_key.decode" => {
            let handed = ViewKey::decode(input.bytes("content")?)?;
            let key = handed.key.as_ref().map(|key| key.expose().as_slice());
            Fields::new()
                .bytes("message_id", handed.message_id.as_bytes())
                .bytes("key", key.unwrap_or_default())
        }
        _ => return Ok(None),
    }))
}

fn derive(input: &Inputs) -> Result<Fields, Stop> {
    let derived = match input.text("derived")? {
        "quote" => Derived::Quote,
        "forward" => Derived::Forward,
        "export" => Derived::Export,
        "notification" => Derived::Notification,
        "search_index" => Derived::SearchIndex,
        "storage" => Derived::Storage,
        _ => return Err("nothing is made so".into()),
    };
    let stage = match input.text("stage")? {
        "stays" => Stage::Stays,
        "goes" => Stage::Goes,
        "closed" => Stage::Closed,
        "gone" => Stage::Gone,
        _ => return Err("no such stage".into()),
    };
    let becomes = match made(derived, stage).ok_or(Reject::Policy)? {
        Made::AsItIs => "as_it_is",
        Made::Sealed => "sealed",
        Made::WithoutWords => "without_words",
        Made::Placeholder => "placeholder",
        Made::Nothing => "nothing",
    };
    Ok(Fields::new().text("becomes", becomes))
}

fn deadline(life: &Life) -> Fields {
    let number = |number: Option<u64>| number.map_or("none".into(), |number| number.to_string());
    let left = life.openings_left().map(|left| u64::try_from(left).unwrap_or(u64::MAX));
    Fields::new().text("deadline", &number(life.deadline())).text("openings_left", &number(left))
}

/// The first word is how it begins here, and what follows what becomes known of it.
fn life(input: &Inputs) -> Result<Life, Stop> {
    let stamp = terms(input, "")?;
    let mut lines = input.text("facts")?.split("; ");
    let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let mut life = match first.as_slice() {
        ["received", sent, accepted, seen] => {
            Life::of_reader(stamp, number(sent)?, number(accepted)?, number(seen)?)
        }
        ["written", sent] => Life::of_author(stamp, number(sent)?),
        _ => return Err("a message is received or written".into()),
    };
    for line in lines {
        let fact = fact(line)?;
        if matches!(fact, Fact::Opened { .. }) && input.mistake(Bug::ForgetOpenings) {
            continue;
        }
        life.learn(fact);
    }
    Ok(life)
}

fn fact(line: &str) -> Result<Fact, Stop> {
    let words: Vec<&str> = line.split(' ').collect();
    Ok(match words.as_slice() {
        ["accepted", at, told_at] => Fact::Accepted { at: number(at)?, told_at: number(told_at)? },
        ["seen", at] => Fact::Seen { at: number(at)? },
        ["read", at, told_at] => Fact::Read { at: number(at)?, told_at: number(told_at)? },
        ["opened", id, at, told_at] => {
            let id = MessageId::new([u8::try_from(number(id)?).unwrap_or(u8::MAX); 16]);
            Fact::Opened { id, at: number(at)?, told_at: number(told_at)? }
        }
        ["shortened", mode, duration, unread_cap] => {
            let small = |text| Ok::<_, Stop>(u32::try_from(number(text)?).unwrap_or(u32::MAX));
            let mode = i32::try_from(number(mode)?).unwrap_or(i32::MAX);
            Fact::Shortened(ExpiryTerms::decode(mode, small(duration)?, small(unread_cap)?)?)
        }
        ["gone"] => Fact::Gone,
        _ => return Err(format!("`{line}` is no fact").into()),
    })
}

/// The reverse of [`fact`].
fn spelled(fact: Fact) -> String {
    match fact {
        Fact::Accepted { at, told_at } => format!("accepted {at} {told_at}"),
        Fact::Seen { at } => format!("seen {at}"),
        Fact::Read { at, told_at } => format!("read {at} {told_at}"),
        Fact::Opened { id, at, told_at } => {
            let [first, ..] = id.as_bytes();
            format!("opened {first} {at} {told_at}")
        }
        Fact::Shortened(terms) => {
            let (mode, duration_s, unread_cap_s) = terms.encode();
            format!("shortened {} {duration_s} {unread_cap_s}", i32::from(mode))
        }
        Fact::Gone => "gone".into(),
    }
}

/// A policy is the account of its setter, 32 bytes, and the content of its frame.
fn policies(input: &Inputs) -> Result<Fields, Stop> {
    let chat = ChatId::new(input.array("chat")?);
    let mut policies = Policies::new(AccountKey::parse(input.bytes("own")?)?, None);
    let mut superseded = Vec::new();
    for (place, set) in (1u64..).zip(input.list("policies")?) {
        let (setter, content) = set.split_at_checked(32).ok_or("there is no setter")?;
        let Body::ExpiryPolicy(said) = Body::decode(Kind::EXPIRY_POLICY, content)? else {
            return Err("a policy decodes to a policy".into());
        };
        let learned = policies.learn(Policy::of(&said, chat, AccountKey::parse(setter)?))?;
        if learned == Learned::Superseded {
            superseded.push(Value::Number(place));
        }
    }
    let in_force = policies.in_force().ok_or("there is no policy")?;
    Ok(Fields::new()
        .text("version", &in_force.version.to_string())
        .bytes("setter", in_force.setter.as_bytes())
        .bytes("name", in_force.hash)
        .with("superseded", Value::List(superseded)))
}

fn terms(input: &Inputs, prefix: &str) -> Result<ExpiryTerms, Stop> {
    let field = |name: &str| input.u32(&format!("{prefix}{name}"));
    let mode = i32::try_from(field("mode")?).unwrap_or(i32::MAX);
    Ok(ExpiryTerms::decode(mode, field("duration")?, field("unread_cap")?)?)
}

fn mode_number(mode: pb::ExpiryMode) -> Result<u32, Stop> {
    u32::try_from(i32::from(mode)).map_err(|error| error.to_string().into())
}

/// Times reach beyond what a number of a vector holds.
fn number(text: &str) -> Result<u64, Stop> {
    text.parse().map_err(|_| Stop::Defect(format!("`{text}` is no number")))
}
