//! How long a message lives.

use arbitrary::{Result, Unstructured};
use aside_content::{Fact, Life, MessageId};
use aside_wire::ExpiryTerms;

/// What is stored is refused or is written as it was read; facts lead to the same life in another order and repeated, and
/// never to a longer one.
pub fn life(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    match mode % 2 {
        0 => stored(rest),
        // What ends early has told less.
        _ => _ = told(&mut Unstructured::new(rest)),
    }
}

fn stored(data: &[u8]) {
    if let Ok(mut life) = Life::import(data) {
        assert_eq!(life.export(), data);
        let before = life.deadline();
        for fact in life.told() {
            life.learn(fact);
            assert!(life.deadline() <= before || before.is_none());
        }
        life.learn(Fact::Gone);
        assert!(life.is_gone(0));
    }
}

fn told(input: &mut Unstructured<'_>) -> Result<()> {
    let stamp = terms(input)?;
    let start = match input.arbitrary()? {
        true => Life::of_reader(stamp, time(input)?, time(input)?, time(input)?),
        false => Life::of_author(stamp, time(input)?),
    };
    let mut facts = Vec::new();
    while !input.is_empty() && facts.len() < 16 {
        facts.push(fact(input)?);
    }
    let (mut one, mut other) = (start.clone(), start);
    for fact in &facts {
        let before = one.deadline();
        one.learn(*fact);
        assert!(before.is_none() || one.deadline().is_some_and(|now| Some(now) <= before));
    }
    facts.iter().rev().chain(&facts).for_each(|fact| other.learn(*fact));
    assert_eq!(one, other);
    assert_eq!(Life::import(&one.export()), Ok(one));
    Ok(())
}

fn fact(input: &mut Unstructured<'_>) -> Result<Fact> {
    Ok(match input.int_in_range(0..=5)? {
        0 => Fact::Accepted { at: time(input)?, told_at: time(input)? },
        1 => Fact::Seen { at: time(input)? },
        2 => Fact::Read { at: time(input)?, told_at: time(input)? },
        3 => {
            let id = MessageId::new([input.int_in_range(0..=3)?; 16]);
            Fact::Opened { id, at: time(input)?, told_at: time(input)? }
        }
        4 => Fact::Shortened(terms(input)?),
        _ => Fact::Gone,
    })
}

/// Near each other, or anything.
fn time(input: &mut Unstructured<'_>) -> Result<u64> {
    if input.ratio(3, 4)? { input.arbitrary::<u16>().map(u64::from) } else { input.arbitrary() }
}

fn terms(input: &mut Unstructured<'_>) -> Result<ExpiryTerms> {
    let (mode, duration, cap) =
        (input.int_in_range(0..=4)?, input.arbitrary::<u16>()?, input.arbitrary::<u16>()?);
    let (duration_s, unread_cap_s) = (u32::from(duration) + 1, u32::from(cap) + 1);
    Ok(match mode {
        0 => ExpiryTerms::Off,
        1 => ExpiryTerms::AfterSend { duration_s },
        2 => ExpiryTerms::AfterRead { duration_s, unread_cap_s },
        3 => ExpiryTerms::Once { unread_cap_s },
        _ => ExpiryTerms::OnceWithReplay { unread_cap_s },
    })
}
