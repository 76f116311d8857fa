//! `aside verify @bob`

use super::send::know;
use crate::{failure::Failure, json, profile, show};
use aside_client::IdentityState;
use aside_identity::Handle;
use qrcode::{QrCode, render::unicode};
use serde_json::json;
use std::path::Path;

/// What the person wants beside seeing the number.
pub(crate) enum Wish<'a> {
    Show,
    Confirm(&'a str),
    Undo,
    AcceptNewKey,
    KeepOldKey,
}

impl<'a> Wish<'a> {
    /// The options exclude each other.
    pub(crate) const fn of(confirm: Option<&'a str>, undo: bool, accept: bool, keep: bool) -> Self {
        match (confirm, undo, accept, keep) {
            (Some(number), ..) => Self::Confirm(number),
            (_, true, ..) => Self::Undo,
            (_, _, true, _) => Self::AcceptNewKey,
            (.., true) => Self::KeepOldKey,
            _ => Self::Show,
        }
    }
}

pub(crate) async fn run(
    directory: &Path,
    with: &Handle,
    wish: Wish<'_>,
    as_json: bool,
) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    match wish {
        Wish::Show => know(&mut client, with).await?,
        Wish::Confirm(number) => client.step(|engine, step| engine.confirm(step, with, number))?,
        Wish::Undo => client.step(|engine, step| engine.unconfirm(step, with))?,
        Wish::KeepOldKey => client.step(|engine, step| engine.keep_old_account(step, with))?,
        Wish::AcceptNewKey => {
            client.step(|engine, step| engine.accept_new_account(step, with))?;
            client.look_up(with).await?;
        }
    }
    let (number, state) = client.step(|engine, step| {
        let number = engine.safety_number(step.tx, with)?;
        let account = engine.peer_by_handle(step.tx, with)?;
        let state = match account {
            Some(account) => engine.identity_state(step.tx, &account)?,
            None => IdentityState::Unverified,
        };
        Ok((number, state))
    })?;
    if as_json {
        let line = json!({
            "type": "safety_number",
            "with": with.to_string(),
            "digits": number.digits(),
            "qr": number.qr_payload(),
            "state": word(state),
        });
        return show::print(line);
    }
    show::print(format_args!("Safety number of {} and {with}:", client.engine().handle()))?;
    for line in rows(&number.to_string()) {
        show::print(format_args!("    {line}"))?;
    }
    if let Ok(code) = QrCode::new(number.qr_payload()) {
        // Most terminals are dark: what is to be light is drawn.
        let (dark, light) = (unicode::Dense1x2::Light, unicode::Dense1x2::Dark);
        let drawn = code.render().dark_color(dark).light_color(light).quiet_zone(true).build();
        show::print(drawn)?;
    }
    show::print(advice(with, state))
}

fn word(state: IdentityState) -> &'static str {
    match state {
        IdentityState::Unverified => "unverified",
        IdentityState::Verified => "verified",
        IdentityState::Contested { .. } => "contested",
        IdentityState::Former => "former",
    }
}

fn advice(with: &Handle, state: IdentityState) -> String {
    match state {
        IdentityState::Unverified => format!(
            "Not compared yet. Look at it together with {with}, or read it to each other in a call. If {with} sees the \
             same:\n    aside verify {with} --confirm \"NUMBER\"\nIf it differs, somebody stands between you: do not \
             write there what the relay must not read."
        ),
        IdentityState::Verified => format!("You have compared it: {with} is who you think."),
        IdentityState::Contested { by, verified } => {
            let before = if verified { " that you have compared" } else { "" };
            format!(
                "BLOCKED. The relay says that {with} is another account now:\n    {}\nThe number above is that of the \
                 account known before{before}. Nothing is sent until you decide:\n    aside verify {with} \
                 --accept-new-key    {with} has really begun anew\n    aside verify {with} --keep-old-key      anything \
                 else",
                json::hex(by.as_bytes())
            )
        }
        IdentityState::Former => format!("{with} is another account now."),
    }
}

/// Four groups a line, as people read them to each other.
fn rows(number: &str) -> Vec<String> {
    let groups: Vec<&str> = number.split(' ').collect();
    groups.chunks(4).map(|row| row.join("  ")).collect()
}
