//! How long messages live, in words and as objects.

use crate::seen::Seen;
use aside_client::{Conversation, Delivery, Gone, Lifetime, Message};
use aside_content::Body;
use aside_wire::{ExpiryTerms, pb::ExpiryMode};
use serde_json::{Value, json};

/// Units of time, the longest first.
const UNITS: [(u64, &str, &str); 6] = [
    (365 * 24 * 60 * 60, "year", "years"),
    (7 * 24 * 60 * 60, "week", "weeks"),
    (24 * 60 * 60, "day", "days"),
    (60 * 60, "hour", "hours"),
    (60, "minute", "minutes"),
    (1, "second", "seconds"),
];

/// "1 minute", "4 weeks", "1 hour 30 minutes": all of it.
pub(crate) fn duration(seconds: u32) -> String {
    in_units(seconds.into(), UNITS.len())
}

/// What is left until then, the two greatest units of it: never more than there is.
fn left(deadline: u64, now: u64) -> String {
    match deadline.saturating_sub(now) / 1000 {
        0 => "less than 1 second".to_owned(),
        seconds => in_units(seconds, 2),
    }
}

fn in_units(mut seconds: u64, most: usize) -> String {
    let mut parts = Vec::new();
    for (unit, one, several) in UNITS {
        let count = seconds.checked_div(unit).unwrap_or_default();
        // 30 days are no 4 weeks and 2 days.
        let is_odd = one == "week" && !seconds.is_multiple_of(unit);
        if count == 0 || is_odd || parts.len() == most {
            continue;
        }
        seconds = seconds.saturating_sub(count.saturating_mul(unit));
        parts.push(format!("{count} {}", if count == 1 { one } else { several }));
    }
    parts.join(" ")
}

/// What holds for messages, behind "messages".
pub(crate) fn terms(terms: ExpiryTerms) -> String {
    words(terms, ("stay", "go", "they are"))
}

/// What holds for one message, behind "it".
pub(crate) fn of_one(terms: ExpiryTerms) -> String {
    words(terms, ("stays", "goes", "it is"))
}

fn words(terms: ExpiryTerms, (stay, go, are): (&str, &str, &str)) -> String {
    let at_the_latest = |seconds| format!("at the latest {} after {are} sent", duration(seconds));
    match terms {
        ExpiryTerms::Off => stay.to_owned(),
        ExpiryTerms::AfterSend { duration_s } => format!("{go} {} after {are} sent", duration(duration_s)),
        ExpiryTerms::AfterRead { duration_s, unread_cap_s } => {
            format!("{go} {} after {are} read, {}", duration(duration_s), at_the_latest(unread_cap_s))
        }
        ExpiryTerms::Once { unread_cap_s } => {
            format!("{go} when {are} opened, {}", at_the_latest(unread_cap_s))
        }
        ExpiryTerms::OnceWithReplay { unread_cap_s } => {
            format!("{go} when {are} opened the second time, {}", at_the_latest(unread_cap_s))
        }
    }
}

/// When a message goes that is there, for what stands before its text.
pub(crate) fn countdown(seen: &Seen<'_>) -> Option<String> {
    let Lifetime::Goes { bounds, deadline, read } = seen.message.lifetime else { return None };
    let waits = seen.message.delivery == Delivery::Received && !read;
    Some(match (deadline, bounds.after_read_s) {
        (None, _) => of_one(bounds.terms()),
        (Some(deadline), Some(after)) if waits => format!(
            "goes {} after it is read, at the latest in {}",
            duration(after),
            left(deadline, seen.now)
        ),
        (Some(deadline), _) => format!("goes in {}", left(deadline, seen.now)),
    })
}

/// What stands in the place of a message that is not shown.
pub(crate) fn placeholder(message: &Message) -> Option<&'static str> {
    let is_own = message.delivery != Delivery::Received;
    Some(match message.lifetime {
        Lifetime::Gone(Gone::Opened) | Lifetime::Closed { .. } if is_own => {
            "sent to be opened; nothing of it stays here"
        }
        Lifetime::Gone(Gone::Expired) => "its time is over",
        Lifetime::Gone(Gone::Opened) => "it was opened",
        Lifetime::Closed { openings: 0, .. } => "can be opened once: not on this device",
        Lifetime::Closed { openings: 1, .. } => "can be opened once",
        Lifetime::Closed { .. } => "can be opened twice",
        _ => return None,
    })
}

/// The same, with what can be done about it.
pub(crate) fn instead(seen: &Seen<'_>) -> Option<String> {
    let (message, words) = (seen.message, placeholder(seen.message)?);
    let Lifetime::Closed { openings: 1.., deadline: Some(deadline) } = message.lifetime else {
        return Some(words.to_owned());
    };
    let place = match message.conversation {
        Conversation::Group(_) => "group view GROUP".to_owned(),
        _ => format!("chat view {}", seen.from),
    };
    Some(format!("{words}, within {}: aside {place} {}", left(deadline, seen.now), message.index))
}

/// The fields of its object in JSON.
pub(crate) fn fields(message: &Message) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
    let lifetime = match message.lifetime {
        Lifetime::Goes { bounds, deadline, read } => json!({
            "state": "goes",
            "deadline": deadline,
            "read": read,
            "after_send_s": bounds.after_send_s,
            "after_read_s": bounds.after_read_s,
            "unread_cap_s": bounds.unread_cap_s,
        }),
        Lifetime::Closed { openings, deadline } => {
            json!({ "state": "closed", "openings": openings, "deadline": deadline })
        }
        Lifetime::Gone(Gone::Expired) => json!({ "state": "expired" }),
        Lifetime::Gone(Gone::Opened) => json!({ "state": "opened" }),
        _ => Value::Null,
    };
    if !lifetime.is_null() {
        fields.push(("lifetime", lifetime));
    }
    if let Body::ExpiryPolicy(policy) = &message.body {
        fields.push(("expiry", object(policy.terms)));
        fields.push(("superseded", message.superseded.into()));
    }
    fields
}

/// Terms with all their times.
pub(crate) fn object(terms: ExpiryTerms) -> Value {
    let (mode, duration_s, unread_cap_s) = terms.encode();
    let mode = match mode {
        ExpiryMode::Off => "off",
        ExpiryMode::AfterSend => "after_send",
        ExpiryMode::AfterRead => "after_read",
        ExpiryMode::Once => "once",
        ExpiryMode::OnceWithReplay => "once_with_replay",
    };
    let some = |seconds: u32| Some(seconds).filter(|seconds| *seconds != 0);
    json!({ "mode": mode, "duration_s": some(duration_s), "unread_cap_s": some(unread_cap_s) })
}

#[cfg(test)]
mod tests {
    use super::*;

    // V7
    #[test]
    fn durations_are_said_in_full_and_what_is_left_never_longer_than_it_is() {
        let said = [
            (1, "1 second"),
            (90, "1 minute 30 seconds"),
            (5_400, "1 hour 30 minutes"),
            (2_419_200, "4 weeks"),
            (2_592_000, "30 days"),
            (31_536_000, "1 year"),
            (31_535_999, "364 days 23 hours 59 minutes 59 seconds"),
        ];
        for (seconds, words) in said {
            assert_eq!(duration(seconds), words);
        }
        assert_eq!(left(60_000, 1), "59 seconds");
        assert_eq!(left(2_419_200_000, 1), "27 days 23 hours");
        assert_eq!(left(1_999, 1_000), "less than 1 second");
        assert_eq!(left(0, 1_000), "less than 1 second");
    }

    #[test]
    fn terms_are_said_of_many_and_of_one() {
        let read = ExpiryTerms::AfterRead { duration_s: 3_600, unread_cap_s: 86_400 };
        assert_eq!(terms(read), "go 1 hour after they are read, at the latest 1 day after they are sent");
        assert_eq!(of_one(read), "goes 1 hour after it is read, at the latest 1 day after it is sent");
        let once = ExpiryTerms::Once { unread_cap_s: 86_400 };
        assert_eq!(of_one(once), "goes when it is opened, at the latest 1 day after it is sent");
        assert_eq!(of_one(ExpiryTerms::Off), "stays");
    }
}
