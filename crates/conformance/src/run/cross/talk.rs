//! Conversations in sessions.

use super::{
    line::{Line, Mail},
    table::{Play, Table, Who},
};
use crate::value::Fields;

/// Messages in turn that take an epoch of the KEM ratchet to its end on any side (EPO-5, EPO-6).
const WHOLE_EPOCH: u64 = 150;

/// One session: messages arrive late, twice, damaged or not at all.
pub(super) fn talk(table: &mut Table<'_>, frames: bool) -> Play<()> {
    let mut line = Line::new("one", Who::Alice, frames);
    let prekey = if table.dice.chance(50) { 7 } else { 0 };
    line.initiate(table, prekey)?;
    line.write(table, Who::Alice)?;
    let actions = table.dice.between(15, 45);
    wander(table, &mut [&mut line], actions)?;
    line.settle(table)?;
    if prekey != 0 && table.dice.chance(50) { line.refuse_prekey(table, prekey) } else { Ok(()) }
}

/// Both begin before either has heard of it, and both sessions live on.
pub(super) fn crossing(table: &mut Table<'_>, frames: bool) -> Play<()> {
    let mut lines = [Line::new("one", Who::Alice, frames), Line::new("two", Who::Bob, frames)];
    let [one, two] = &mut lines;
    for line in [&mut *one, &mut *two] {
        let prekey = if table.dice.chance(50) { 7 } else { 0 };
        line.initiate(table, prekey)?;
        let begun = table.dice.between(1, 3);
        let initiator = line.initiator;
        for _ in 0..begun {
            line.write(table, initiator)?;
        }
    }
    let actions = table.dice.between(15, 35);
    wander(table, &mut [&mut *one, &mut *two], actions)?;
    one.settle(table)?;
    two.settle(table)
}

/// Bob begins a second session, which takes the place of the first; what is under way in the first still arrives.
pub(super) fn replaced(table: &mut Table<'_>, frames: bool) -> Play<()> {
    let mut old = Line::new("one", Who::Alice, frames);
    old.initiate(table, 7)?;
    old.write(table, Who::Alice)?;
    let actions = table.dice.between(5, 15);
    wander(table, &mut [&mut old], actions)?;
    old.deliver_all(table)?;
    let late = table.dice.between(0, 3);
    for _ in 0..late {
        old.write(table, Who::Alice)?;
    }
    let mut new = Line::new("two", Who::Bob, frames);
    new.initiate(table, 8)?;
    old.retire(table, Who::Bob)?;
    new.write(table, Who::Bob)?;
    new.deliver_all(table)?;
    old.retire(table, Who::Alice)?;
    let actions = table.dice.between(5, 15);
    wander(table, &mut [&mut old, &mut new], actions)?;
    old.settle(table)?;
    new.settle(table)
}

/// Messages in turn until the KEM ratchet has passed at least one epoch on both sides.
pub(super) fn epochs(table: &mut Table<'_>) -> Play<()> {
    let mut line = Line::new("one", Who::Alice, false);
    line.initiate(table, 7)?;
    let mut writer = Who::Alice;
    for _ in 0..WHOLE_EPOCH {
        line.write(table, writer)?;
        // One in ten is lost, if another one comes from there before the turn.
        if table.dice.chance(10) {
            line.lose(table);
            line.write(table, writer)?;
        }
        line.deliver_all(table)?;
        writer = writer.other();
    }
    for who in [Who::Alice, Who::Bob] {
        let out = table.does_in(who, "one", "health", Fields::new())?;
        let health = table.field(who, "health", &out, "health")?;
        table.same(who, "health", "health", "sound", &health)?;
        if table.field(who, "health", &out, "epoch")? == "0" {
            return Err(table.stumble(who, "health", "an epoch above 0", "epoch 0"));
        }
    }
    line.settle(table)
}

/// Whatever happens on the way.
fn wander(table: &mut Table<'_>, lines: &mut [&mut Line], actions: u64) -> Play<()> {
    for _ in 0..actions {
        let place = table.dice.place(lines.len());
        let Some(line) = lines.get_mut(place) else { return Ok(()) };
        let who = if table.dice.chance(50) { Who::Alice } else { Who::Bob };
        match table.dice.below(100) {
            0..40 => line.write(table, who)?,
            40..75 => line.deliver(table, Mail::Some)?,
            75..80 => line.lose(table),
            80..88 => line.repeat(table)?,
            88..95 => line.damage(table)?,
            _ => line.hint(table, who)?,
        }
    }
    Ok(())
}
