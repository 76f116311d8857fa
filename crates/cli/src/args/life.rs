//! The arguments of what is to go some time.

use super::number;
use aside_wire::{ExpiryTerms, limits::EXPIRY_SECONDS};
use clap::{Args, Subcommand};

/// When what nobody reads or opens goes, unless it is said: four weeks.
const UNREAD: &str = "4w";
const UNREAD_SECONDS: u32 = 4 * 7 * 24 * 60 * 60;

/// How long messages live in a chat or a group.
#[derive(Subcommand)]
pub(crate) enum Life<P: Args> {
    /// Decide how long what is said from here on lives, or show it. What was said before lives as long as it was to.
    Expiry {
        #[command(flatten)]
        place: P,
        #[command(subcommand)]
        terms: Option<Terms>,
    },
    /// Let a message of your own go sooner. Nothing lets it go later.
    Shorten {
        #[command(flatten)]
        place: P,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
        /// How long after it was sent, like 30s, 10m, 1h, 1d or 4w; at once, if that is over.
        #[arg(value_name = "TIME", value_parser = seconds)]
        time: u32,
    },
    /// Open what can be opened once, and show it. Then it is gone.
    View {
        #[command(flatten)]
        place: P,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
    },
}

/// When messages go.
#[derive(Subcommand, Clone, Copy)]
pub(crate) enum Terms {
    /// Never.
    Off,
    /// Some time after they are sent.
    AfterSend {
        /// How long after, like 30s, 10m, 1h, 1d, 4w or 1y.
        #[arg(value_name = "TIME", value_parser = seconds)]
        time: u32,
    },
    /// Some time after they are read.
    AfterRead {
        /// How long after, like 30s, 10m, 1h, 1d, 4w or 1y.
        #[arg(value_name = "TIME", value_parser = seconds)]
        time: u32,
        /// At the latest so long after they are sent, whether anybody reads them or not.
        #[arg(long, value_name = "TIME", value_parser = seconds, default_value = UNREAD)]
        unread: u32,
    },
    /// When they are opened.
    Once {
        /// At the latest so long after they are sent, whether anybody opens them or not.
        #[arg(long, value_name = "TIME", value_parser = seconds, default_value = UNREAD)]
        unread: u32,
    },
    /// When they are opened the second time.
    Twice {
        /// At the latest so long after they are sent, whether anybody opens them or not.
        #[arg(long, value_name = "TIME", value_parser = seconds, default_value = UNREAD)]
        unread: u32,
    },
}

impl From<Terms> for ExpiryTerms {
    fn from(terms: Terms) -> Self {
        match terms {
            Terms::Off => Self::Off,
            Terms::AfterSend { time } => Self::AfterSend { duration_s: time },
            Terms::AfterRead { time, unread } => Self::AfterRead { duration_s: time, unread_cap_s: unread },
            Terms::Once { unread } => Self::Once { unread_cap_s: unread },
            Terms::Twice { unread } => Self::OnceWithReplay { unread_cap_s: unread },
        }
    }
}

/// What is wished for one message. It only ever goes sooner than what holds where it is said.
#[derive(Args, Clone, Copy)]
#[group(multiple = false)]
pub(crate) struct Sooner {
    /// Let it go so long after it is sent, like 30s, 10m, 1h, 1d or 4w; in a chat or a group. Only sooner than what holds
    /// there, never later.
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    expire: Option<u32>,
    /// Let it go so long after it is read, and four weeks after it is sent at the latest.
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    expire_read: Option<u32>,
    /// Let it be opened once, by devices that show what is seen once.
    #[arg(long)]
    once: bool,
    /// Let it be opened once and once again.
    #[arg(long)]
    twice: bool,
}

impl Sooner {
    pub(crate) const NOT: Self = Self { expire: None, expire_read: None, once: false, twice: false };

    pub(crate) fn terms(self) -> Option<ExpiryTerms> {
        let unread_cap_s = UNREAD_SECONDS;
        let sent = self.expire.map(|duration_s| ExpiryTerms::AfterSend { duration_s });
        let read = self.expire_read.map(|duration_s| ExpiryTerms::AfterRead { duration_s, unread_cap_s });
        let once = self.once.then_some(ExpiryTerms::Once { unread_cap_s });
        let twice = self.twice.then_some(ExpiryTerms::OnceWithReplay { unread_cap_s });
        sent.or(read).or(once).or(twice)
    }
}

/// A time like `10m` in seconds.
fn seconds(text: &str) -> Result<u32, String> {
    let read = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let each: u64 = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            "w" => 7 * 24 * 60 * 60,
            "y" => 365 * 24 * 60 * 60,
            _ => return None,
        };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        // What is too great for any number is too long.
        is_number.then(|| number.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(each))
    };
    let seconds = read().ok_or("a time is like 30s, 10m, 1h, 1d, 4w or 1y")?;
    let fits = u32::try_from(seconds).ok().filter(|seconds| (1..=EXPIRY_SECONDS).contains(seconds));
    fits.ok_or_else(|| "a time is 1 second to 1 year, which has 365 days".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arguments;
    use clap::Parser;

    // F42, V7
    #[test]
    fn times_are_one_second_to_one_year() {
        let year = EXPIRY_SECONDS;
        for (text, expected) in
            [("1s", 1), ("90m", 5_400), ("2h", 7_200), ("4w", UNREAD_SECONDS), ("1y", year)]
        {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        assert_eq!(seconds(UNREAD), Ok(UNREAD_SECONDS));
        assert_eq!((seconds("31536000s"), seconds("365d")), (Ok(year), Ok(year)));
        for text in ["0s", "0y", "31536001s", "366d", "53w", "2y", "99999999999999999999y"] {
            assert!(seconds(text).is_err_and(|why| why.contains("1 second to 1 year")), "{text}");
        }
        for text in ["", "s", "10", "+1s", "-1s", "1.5h", "1 h", "1M", "1é", "for ever"] {
            assert!(seconds(text).is_err_and(|why| why.contains("like 30s")), "{text}");
        }
    }

    #[test]
    fn one_thing_is_wished_for_a_message_at_a_time() {
        let parses = |line: &str| Arguments::try_parse_from(line.split(' ')).is_ok();
        for place in ["send @bob", "chat send @bob", "group send Friends", "chat reply @bob 3"] {
            for wish in ["--expire 10m", "--expire-read 1h", "--once", "--twice"] {
                assert!(parses(&format!("aside {place} {wish} hello")), "{place} {wish}");
                assert!(!parses(&format!("aside {place} {wish} --expire 1s hello")), "{place} {wish}");
            }
        }
        for terms in
            ["", " off", " after-send 1d", " after-read 1h --unread 4w", " once", " twice --unread 1d"]
        {
            for place in ["chat expiry @bob", "group expiry Friends"] {
                assert!(parses(&format!("aside {place}{terms}")), "{place}{terms}");
            }
        }
        for terms in
            ["after-send", "after-send 0s", "after-send 1d --unread 1d", "once 1h", "off 1h", "sometime"]
        {
            assert!(!parses(&format!("aside chat expiry @bob {terms}")), "{terms}");
        }
    }
}
