//! `aside block|unblock|mute|unmute @bob`

use super::send::know;
use crate::{failure::Failure, json, name::Name, profile, show};
use aside_client::{Misuse, driver::Client};
use aside_identity::Handle;
use std::path::Path;

pub(crate) async fn block(
    directory: &Path,
    who: &Handle,
    blocked: bool,
    as_json: bool,
) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    know(&mut client, who).await?;
    client.step(|engine, step| engine.set_blocked(step, who, blocked))?;
    let words = match blocked {
        true => format!(
            "Nothing of what {who} writes is kept from now on, and nothing goes out to them. They are not told."
        ),
        false => format!("You hear {who} again. What they wrote meanwhile is lost."),
    };
    told(&mut client, who, &words, as_json)
}

pub(crate) async fn mute(directory: &Path, who: &Handle, muted: bool, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    know(&mut client, who).await?;
    client.step(|engine, step| engine.set_muted(step, who, muted))?;
    let told_of = if muted { "are not told of" } else { "are told of" };
    told(&mut client, who, &format!("New messages of {who} {told_of} in: aside listen"), as_json)
}

fn told(client: &mut Client, who: &Handle, words: &str, as_json: bool) -> Result<(), Failure> {
    if !as_json {
        return show::print(words);
    }
    let (account, relation) = client.step(|engine, step| {
        let account = engine.peer_by_handle(step.tx, who)?.ok_or_else(|| Misuse::UnknownPeer(who.clone()))?;
        Ok((account, engine.relation(step.tx, &account)?))
    })?;
    show::print(json::relation(&Name::of(client, &account)?, relation))
}
