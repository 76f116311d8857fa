//! `aside whois @bob`

use crate::{failure::Failure, json, profile, show};
use aside_identity::Handle;
use serde_json::json;
use std::path::Path;

pub(crate) async fn run(directory: &Path, handle: &Handle, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let own = handle == client.engine().handle();
    if !own {
        client.look_up(handle).await?;
    }
    let (account, list) = client.step(|engine, step| {
        if own {
            return Ok((engine.address().account, Some(engine.list().clone())));
        }
        let account = engine
            .peer_by_handle(step.tx, handle)?
            .ok_or_else(|| aside_client::Misuse::UnknownPeer(handle.clone()))?;
        Ok((account, engine.list_of(step.tx, &account)?))
    })?;
    let key = json::hex(account.as_bytes());
    let devices = list.as_ref().map_or(0, |list| list.certificates().len());
    let version = list.as_ref().map_or(0, |list| list.reference().version);
    if as_json {
        let line = json!({
            "type": "account",
            "handle": handle.to_string(),
            "account_key": key,
            "device_list_version": version,
            "devices": devices,
            "own": own,
        });
        show::print(line)?;
    } else {
        show::print(format_args!("{handle}{}", if own { "  (you)" } else { "" }))?;
        show::print(format_args!("  account key  {key}"))?;
        show::print(format_args!("  devices      {devices} (list {version})"))?;
    }
    Ok(())
}
