//! Cross-play: random conversations between two implementations, one person played by each.
//!
//! What is said, what arrives and when follows from a seed. The keys of the people follow from it, too; all else is drawn by the
//! implementations themselves, so that a conversation is never quite the same again.

mod dice;
mod group;
mod line;
mod papers;
mod people;
mod table;
mod talk;

use super::driver::Shim;
use crate::{
    protocol::Hello,
    vector::{Level, Person},
};
use dice::Dice;
use serde::Serialize;
use std::collections::BTreeMap;
use table::{Stumble, Table};

/// Every so many conversations, one is long.
const LONG: u64 = 50;
/// So many conversations in a row that end with a breakdown end it all.
const BREAKDOWNS: u32 = 3;

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct CrossPlan {
    /// How many conversations.
    pub conversations: u64,
    /// The number of the first one, counted from 0.
    pub from: u64,
    /// What the conversations follow from.
    pub seed: u64,
}

/// A conversation that went wrong.
#[derive(Serialize, Clone, Debug)]
pub struct Broken {
    /// Its number.
    pub conversation: u64,
    /// What it is about.
    pub scene: Scene,
    /// Who played Alice, and who Bob.
    pub players: [String; 2],
    /// What went wrong, at which step.
    pub what: String,
    /// What had been done before, the newest last.
    pub before: Vec<String>,
}

/// What came of it.
#[derive(Serialize, Clone, Default, Debug)]
pub struct CrossScore {
    /// How many conversations there were, by what they are about.
    pub played: BTreeMap<Scene, u64>,
    /// How many steps.
    pub steps: u64,
    /// Those that went wrong.
    pub broken: Vec<Broken>,
    /// Why not all were played.
    pub given_up: Option<String>,
}

impl CrossScore {
    /// Whether conversations were played, and all went well.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.played.is_empty() && self.broken.is_empty() && self.given_up.is_none()
    }
}

/// What a conversation is about.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Scene {
    /// One session: late, lost, repeated and damaged messages, turns, hints.
    Talk,
    /// Both begin at once.
    Crossing,
    /// A session takes the place of another.
    Replaced,
    /// Whole epochs of the KEM ratchet.
    Epochs,
    /// Messages of a group.
    Group,
    /// What one signs or encrypts, and the other verifies or opens.
    Papers,
}

impl Scene {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Crossing => "crossing",
            Self::Replaced => "replaced",
            Self::Epochs => "epochs",
            Self::Group => "group",
            Self::Papers => "papers",
        }
    }
}

/// What both implementations claim.
#[derive(Clone, Copy, Debug)]
struct Common {
    sessions: bool,
    frames: bool,
    papers: bool,
    expiry: bool,
    relay: bool,
}

impl Common {
    fn of(hellos: [&Hello; 2]) -> Self {
        let claims = |level, files: &[&str]| hellos.iter().all(|hello| claims(hello, level, files));
        Self {
            sessions: claims(Level::Session, &["handshake/first-message.json", "session/order.json"]),
            frames: claims(Level::Transcripts, &["transcripts/talk.json", "transcripts/group.json"]),
            papers: claims(Level::Wire, &["identity/prekey.json", "identity/certificate.json"]),
            expiry: claims(Level::Expiry, &["expiry/view-once.json"]),
            relay: claims(Level::Relay, &["relay/proofs.json"]),
        }
    }

    /// Each scene as often as it stands here.
    fn scenes(self) -> Vec<Scene> {
        let mut scenes = Vec::new();
        if self.sessions {
            scenes.extend([Scene::Talk, Scene::Talk, Scene::Talk, Scene::Talk]);
            scenes.extend([Scene::Crossing, Scene::Crossing, Scene::Replaced]);
        }
        if self.frames {
            scenes.push(Scene::Group);
        }
        if self.papers {
            scenes.push(Scene::Papers);
        }
        scenes
    }
}

fn claims(hello: &Hello, level: Level, files: &[&str]) -> bool {
    let levels = hello.levels.iter().filter_map(|name| Level::of(name));
    levels.flat_map(Level::with_base).any(|claimed| claimed == level)
        || files.iter().all(|file| hello.files.iter().any(|name| name == file))
}

/// Lets two implementations talk, in turns as Alice and as Bob. `tell` hears of each conversation when it is over.
#[must_use]
pub fn converse(a: &mut Shim, b: &mut Shim, plan: CrossPlan, mut tell: impl FnMut(u64)) -> CrossScore {
    let common = Common::of([a.hello(), b.hello()]);
    let scenes = common.scenes();
    let mut score = CrossScore::default();
    let mut breakdowns = 0u32;
    for number in plan.from..plan.from.saturating_add(plan.conversations) {
        let mut dice = Dice::new(plan.seed, number);
        let picked = dice.of(&scenes).copied();
        let long = common.sessions && number % LONG == LONG - 1;
        let picked = if long { Some(Scene::Epochs) } else { picked };
        let Some(scene) = picked else { break };
        let players = if number % 2 == 0 { [&mut *a, &mut *b] } else { [&mut *b, &mut *a] };
        let names = players.each_ref().map(|shim| shim.hello().name.clone());
        let mut table = Table::new(players, dice);
        let result = play(&mut table, scene, common, &format!("{}/{number}", plan.seed));
        let (steps, before) = table.leave();
        score.steps = score.steps.saturating_add(steps);
        let count = score.played.entry(scene).or_default();
        *count = count.saturating_add(1);
        if let Err(Stumble { what, broke }) = result {
            score.broken.push(Broken { conversation: number, scene, players: names, what, before });
            // Each costs time, and the next would break down as well.
            breakdowns = if broke { breakdowns.saturating_add(1) } else { 0 };
            if breakdowns == BREAKDOWNS {
                score.given_up = Some(format!("given up: {breakdowns} breakdowns in a row"));
                break;
            }
        } else {
            breakdowns = 0;
        }
        tell(number);
    }
    score
}

fn play(table: &mut Table<'_>, scene: Scene, common: Common, name: &str) -> Result<(), Stumble> {
    let people: BTreeMap<String, Person> =
        people::people(name).map_err(|error| Stumble::of(error.to_string()))?;
    table.begin(&people)?;
    match scene {
        Scene::Talk => talk::talk(table, common.frames),
        Scene::Crossing => talk::crossing(table, common.frames),
        Scene::Replaced => talk::replaced(table, common.frames),
        Scene::Epochs => talk::epochs(table),
        Scene::Group => group::group(table, &people),
        Scene::Papers => papers::papers(table, &people, common),
    }
}
