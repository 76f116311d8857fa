//! The arguments of what is said: a text, or something else; and of what is known about saying it.

use super::{
    Sooner,
    desk::{When, when},
    handle,
};
use aside_client::Manner;
use aside_content::ReferenceKind;
use aside_identity::Handle;
use clap::{Args, Subcommand, ValueEnum};
use std::{path::PathBuf, str::FromStr};

/// What is to be said.
#[derive(Args)]
pub(crate) struct What {
    /// The text; "-" reads one message from each line of standard input. With a file it is the caption, with anything
    /// else it answers that.
    #[arg(allow_hyphen_values = true, required_unless_present = "thing")]
    pub(crate) text: Option<String>,
    /// A template instead of a text.
    #[arg(long, value_name = "NAME", group = "thing", conflicts_with = "text")]
    pub(crate) template: Option<String>,
    /// A picture, a video or any other file; again for several. The file itself does not travel yet.
    #[arg(long, value_name = "PATH", group = "thing")]
    pub(crate) file: Vec<PathBuf>,
    /// A recording; of a WAV its length and its loudness are told too. The file itself does not travel yet.
    #[arg(long, value_name = "PATH", group = "thing")]
    pub(crate) voice: Option<PathBuf>,
    /// A sticker of a pack, both by their ids of 32 digits.
    #[arg(long, value_name = "PACK/ID", group = "thing")]
    pub(crate) sticker: Option<StickerId>,
    /// What the sticker stands for, for whoever does not have the pack.
    #[arg(long, requires = "sticker")]
    pub(crate) emoji: Option<String>,
    /// Something published elsewhere: a post, a reel, a story or a link, and its address. Nobody fetches it.
    #[arg(long = "ref", value_names = ["KIND", "TARGET"], num_args = 2, group = "thing")]
    pub(crate) reference: Option<Vec<String>>,
    /// How what is published looks: its title.
    #[arg(long, requires = "reference")]
    pub(crate) title: Option<String>,
    /// How it looks: what it is about.
    #[arg(long, requires = "reference")]
    pub(crate) description: Option<String>,
    /// Where it is published.
    #[arg(long, requires = "reference")]
    pub(crate) site: Option<String>,
    /// React to it at once, as to a story.
    #[arg(long, value_name = "EMOJI", requires = "reference", conflicts_with = "text")]
    pub(crate) react: Option<String>,
    /// Somebody's profile, for example @carol, or your own.
    #[arg(long, value_name = "WHO", value_parser = handle, group = "thing")]
    pub(crate) profile_of: Option<Handle>,
    /// What you call them.
    #[arg(long, requires = "profile_of")]
    pub(crate) name: Option<String>,
    /// A small picture of a file or of what is published, up to 8,192 bytes.
    #[arg(long, value_name = "PATH", requires = "thing", conflicts_with_all = ["voice", "sticker", "profile_of"])]
    pub(crate) thumbnail: Option<PathBuf>,
}

/// How it is to be said.
#[derive(Args, Clone, Copy)]
pub(crate) struct How {
    /// Ask for no alert; in a chat or a group.
    #[arg(long)]
    pub(crate) silent: bool,
    /// Say it later: at a time like 2026-12-24T18:00:00+01:00, or in a while like +90s, +30m, +2h, +7d.
    #[arg(long, value_name = "TIME", value_parser = when, allow_hyphen_values = true)]
    pub(crate) at: Option<When>,
    #[command(flatten)]
    pub(crate) sooner: Sooner,
}

impl How {
    pub(crate) const PLAINLY: Self = Self { silent: false, at: None, sooner: Sooner::NOT };

    pub(crate) fn manner(self) -> Manner {
        Manner { silent: self.silent, terms: self.sooner.terms() }
    }
}

/// A sticker of a pack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StickerId {
    pub(crate) pack: [u8; 16],
    pub(crate) sticker: [u8; 16],
}

impl FromStr for StickerId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a sticker is named PACK/ID, each of 32 hexadecimal digits";
        let (pack, sticker) = text.split_once('/').ok_or(wrong)?;
        Ok(Self { pack: id(pack).ok_or(wrong)?, sticker: id(sticker).ok_or(wrong)? })
    }
}

/// 16 bytes in hexadecimal digits.
pub(super) fn id(digits: &str) -> Option<[u8; 16]> {
    let is_id = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)).flatten()
}

/// The kind of something published elsewhere.
pub(crate) fn reference_kind(word: &str) -> Result<ReferenceKind, String> {
    match word {
        "post" => Ok(ReferenceKind::Post),
        "reel" => Ok(ReferenceKind::Reel),
        "story" => Ok(ReferenceKind::Story),
        "link" => Ok(ReferenceKind::Link),
        _ => Err("what is published is a post, a reel, a story or a link: --ref KIND TARGET".to_owned()),
    }
}

/// About saying things.
#[derive(Subcommand)]
pub(crate) enum About {
    /// Show what can be sent, and how much of it.
    Limits,
    /// Show somebody's devices, or your own: since when they are there, and what they can do.
    Devices {
        /// Whose, for example @bob.
        #[arg(value_parser = handle)]
        who: Option<Handle>,
    },
    /// Say that this profile was restored from a backup, or is a copy: it begins anew with everybody, and what waits
    /// to be sent is sent.
    Restored,
}

/// About a chat.
#[derive(Subcommand)]
pub(crate) enum AboutChat {
    /// Say what may be done with what you write in the chat. It is a wish: `aside` keeps to it, other programs may not.
    Sharing {
        /// With whom, for example @bob.
        #[arg(value_parser = handle)]
        with: Handle,
        /// What may be done and what not, for example forward=no export=no; none shows what is wished.
        #[arg(value_name = "WHAT=yes|no")]
        wishes: Vec<Wish>,
    },
    /// Show what is known of the chat with somebody.
    Info {
        /// With whom, for example @bob.
        #[arg(value_parser = handle)]
        with: Handle,
    },
}

/// One thing that may be done or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Wish {
    pub(crate) act: Act,
    pub(crate) allowed: bool,
}

/// What can be done with what somebody wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Act {
    /// To pass it on.
    Forward,
    /// To keep what came with it.
    Save,
    /// To take it out of the program with the rest of the chat.
    Export,
}

impl FromStr for Wish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "what may be done is forward, save or export, with =yes or =no behind it".to_owned();
        let (act, allowed) = text.split_once('=').ok_or_else(wrong)?;
        let act = Act::from_str(act, false).map_err(|_| wrong())?;
        match allowed {
            "yes" => Ok(Self { act, allowed: true }),
            "no" => Ok(Self { act, allowed: false }),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arguments;
    use clap::Parser;

    #[test]
    fn f17_a_sticker_is_named_by_two_ids() {
        let (pack, sticker) = ("07".repeat(16), "0a".repeat(16));
        let named = format!("{pack}/{sticker}").parse();
        assert_eq!(named, Ok(StickerId { pack: [7; 16], sticker: [10; 16] }));
        for wrong in [
            "",
            "/",
            &pack,
            &format!("{pack}/"),
            &format!("{pack}/{sticker}0"),
            &format!("{pack}/+{}", &sticker[1..]),
        ] {
            assert!(wrong.parse::<StickerId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn f21_a_wish_says_what_and_whether() {
        let wish = |text: &str| text.parse::<Wish>().ok().map(|wish| (wish.act, wish.allowed));
        assert_eq!(wish("forward=no"), Some((Act::Forward, false)));
        assert_eq!(wish("export=yes"), Some((Act::Export, true)));
        for wrong in ["forward", "forward=", "forward=No", "Forward=no", "print=no", "=no"] {
            assert_eq!(wish(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn one_thing_is_said_at_a_time_and_something_is() {
        let parses = |line: &str| Arguments::try_parse_from(line.split(' ')).is_ok();
        for place in
            ["send @bob", "chat send @bob", "group send Friends", "reply @bob 3", "group reply Friends 3"]
        {
            for what in [
                "hello",
                "- -5",
                "-5",
                "--file a --file b caption",
                "--voice a",
                "--ref story x --react y",
                "--ref link https://example.org --title a --description b --site c text",
                "--profile-of @carol --name Carol",
                "--file a --thumbnail b",
                "--silent hello",
            ] {
                let one = what != "- -5";
                assert_eq!(parses(&format!("aside {place} {what}")), one, "{place} {what}");
            }
            for what in [
                "",
                "--silent",
                "--file a --voice b",
                "--voice a --voice b",
                "--emoji x",
                "--title x hello",
                "--ref story",
                "--ref story x --profile-of @carol",
                "--ref story x --react y text",
                "--name x hello",
                "--thumbnail x hello",
                "--voice a --thumbnail b",
            ] {
                assert!(!parses(format!("aside {place} {what}").trim_end()), "{place} {what}");
            }
        }
    }
}
