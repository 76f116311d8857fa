//! Operations on captures and what is told of them.

use super::{bug::Bug, inputs::Inputs, stop::Stop};
use crate::value::{Fields, Value};
use aside_content::{
    Body, ChatState, Kind, MessageId,
    captured::{Burst, Here, Scene, Shown, tell, to_show},
};
use aside_identity::AccountKey;
use aside_wire::Reject;

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    Ok(Some(match op {
        "capture.tell" => told(input)?,
        "capture.show" => shown(input)?,
        _ => return Ok(None),
    }))
}

fn told(input: &Inputs) -> Result<Fields, Stop> {
    let at = input.numbers("told_at")?;
    let waiting = ids(input, "waiting")?;
    let since = input.u64("waiting_since")?;
    let burst = Burst {
        told: ids(input, "told")?.into_iter().zip(at).collect(),
        waiting: (!waiting.is_empty()).then_some((waiting, since)),
    };
    let own = AccountKey::parse(input.bytes("own")?)?;
    let notices = tell(scene(input)?, &messages(input)?, &own, &burst, input.u64("now")?);
    let notices = notices.map_err(|_| Reject::Policy)?;
    let counts = notices.further.iter().map(|refs| u64::try_from(refs.len()).map(Value::Number));
    let counts = counts.collect::<Result<_, _>>().map_err(|_| Stop::from("a notice names few messages"))?;
    let bytes = |id: &MessageId| *id.as_bytes();
    Ok(Fields::new()
        .bytes_list("waiting", notices.waiting.iter().flatten().map(bytes))
        .bytes_list("named", notices.further.iter().flatten().map(bytes))
        .with("notices", Value::List(counts)))
}

fn shown(input: &Inputs) -> Result<Fields, Stop> {
    let Body::Capture(notice) = Body::decode(Kind::CAPTURE, input.bytes("notice")?)? else {
        return Err("a notice decodes to a notice".into());
    };
    let said = input.numbers("said")?;
    let here: Vec<_> = messages(input)?
        .into_iter()
        .zip(said)
        .map(|(message, said)| Here { message, said: said != 0 })
        .collect();
    let by = AccountKey::parse(input.bytes("by")?)?;
    let shown = to_show(scene(input)?, &by, &notice.refs, &here);
    if shown.is_empty() {
        return Err(Stop::refused(Reject::Policy, Some(Bug::ShowEveryCapture)));
    }
    Ok(Fields::new()
        .bytes_list("authors", shown.iter().map(|message| *message.author.as_bytes()))
        .bytes_list("ids", shown.iter().map(|message| *message.id.as_bytes())))
}

fn scene(input: &Inputs) -> Result<Scene, Stop> {
    Ok(match input.text("scene")? {
        "thread" => Scene::Thread,
        "opened" => Scene::Chat(ChatState::Opened),
        "requested" => Scene::Chat(ChatState::Requested),
        "accepted" => Scene::Chat(ChatState::Accepted),
        "ended" => Scene::Chat(ChatState::Ended),
        "group" => Scene::Group { notices: false },
        "group-with-notices" => Scene::Group { notices: true },
        _ => return Err("no such scene".into()),
    })
}

fn messages(input: &Inputs) -> Result<Vec<Shown>, Stop> {
    let authors = input.list("authors")?.into_iter().map(|author| Ok(AccountKey::parse(author)?));
    let authors = authors.collect::<Result<Vec<_>, Stop>>()?;
    let ids = ids(input, "ids")?;
    Ok(authors.into_iter().zip(ids).map(|(author, id)| Shown { author, id }).collect())
}

fn ids(input: &Inputs, name: &str) -> Result<Vec<MessageId>, Stop> {
    let id = |bytes: &[u8]| bytes.try_into().map(MessageId::new);
    let ids = input.list(name)?.into_iter().map(id).collect::<Result<_, _>>();
    ids.map_err(|_| Stop::Defect(format!("in.{name} has something that is no message id")))
}
