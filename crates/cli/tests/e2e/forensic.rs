//! What has gone is nowhere: in no file of anybody, not at the relay, and not in the memory of a program that runs on (threats
//! C5, C6, C7, C8).

mod keys;
mod places;
mod traces;

use crate::{
    person::{Person, Running, eventually, objects},
    relay::RelayProcess,
};
use aside_client::{
    Conversation,
    driver::{Client, Clock},
};
use aside_identity::Handle;
use aside_wire::ExpiryTerms;
use places::{in_files, in_memory};
use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;
use traces::Traces;

/// What everything lives in the chat and in the group.
const LIFE: ExpiryTerms = ExpiryTerms::AfterSend { duration_s: 600 };
/// It stays, and is found as long as anything is looked for.
const STAYS: &str = "zqstays70214563";
/// What goes, by the path it takes. No two have more than their first letters in common.
const TEXT: &str = "zqtext81650237";
const CAPTION: &str = "zqcaption59023716";
const REPLY: &str = "zqreply30571826";
const WORDING: &str = "zqwording74620915";
const EDITED: &str = "zqedited26093471";
const FORM: &str = "zqform90457213";
const ANSWER: &str = "zqanswer18236540";
const SCHEDULED: &str = "zqscheduled65301284";
const GROUP: &str = "zqgroup47102938";
const GROUP_REPLY: &str = "zqgroupreply83416057";
const UNSENT: &str = "zqunsent52938160";
const WAITING: &str = "zqwaiting06719324";
const ONCE: &str = "zqonce38150294";
/// Of one emoji all that can be told apart is which one.
const REACTION: &str = "🧜🏿‍♀️";
const GOES: [&str; 14] = [
    TEXT,
    CAPTION,
    REPLY,
    WORDING,
    EDITED,
    FORM,
    ANSWER,
    SCHEDULED,
    GROUP,
    GROUP_REPLY,
    UNSENT,
    WAITING,
    ONCE,
    REACTION,
];

/// A relay and two people, a chat and a group of them in which everything goes, and a listener.
struct Scene {
    folder: TempDir,
    /// What is not searched: what people take from elsewhere.
    elsewhere: TempDir,
    clock: PathBuf,
    now: u64,
    relay: RelayProcess,
    alice: Person,
    bob: Person,
}

impl Scene {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let clock = elsewhere.path().join("clock");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        fs::write(&clock, now.to_string()).unwrap();
        let relay = RelayProcess::start(&folder.path().join("relay")).await;
        let person = async |name: &str| {
            let person = Person::registered(folder.path(), name, &relay.url).await;
            fs::create_dir_all(folder.path().join("tmp")).unwrap();
            person.with_env("ASIDE_TEST_CLOCK", &clock).with_env("TMPDIR", &folder.path().join("tmp"))
        };
        let (alice, bob) = (person("alice").await, person("bob").await);
        alice.knows(&bob).await;
        bob.knows(&alice).await;
        let now = u64::try_from(now).unwrap();
        Self { folder, elsewhere, clock, now, relay, alice, bob }
    }

    fn pass(&mut self, seconds: u64) {
        self.now += seconds * 1000;
        fs::write(&self.clock, self.now.to_string()).unwrap();
    }

    fn client(&self, person: &Person) -> Client {
        Client::open(&person.profile).unwrap().with_clock(Clock::of_file(self.clock.clone()))
    }

    /// What stays is found where it is.
    fn assert_looks_everywhere(&self) {
        let found = in_files(self.folder.path(), &Traces::of_texts([STAYS]));
        for place in ["alice/profile.db", "bob/profile.db", "/archive"] {
            assert!(found.iter().any(|found| found.ends_with(place)), "not in {place}: {found:?}");
        }
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.elsewhere.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Opens a chat and a group, lets everything in them go after a while, and something before that stay.
    async fn begin(&self) {
        let Self { alice, bob, .. } = self;
        alice.run(&["chat", "open", "@bob"]).await.done();
        bob.run(&["inbox"]).await.done();
        bob.run(&["chat", "accept", "@alice"]).await.done();
        alice.run(&["inbox"]).await.done();
        alice.run(&["chat", "send", "@bob", STAYS]).await.done();
        alice.run(&["group", "create", "Friends", "@bob"]).await.done();
        bob.run(&["inbox"]).await.done();
        bob.run(&["group", "accept", "Friends"]).await.done();
        {
            let mut client = self.client(alice);
            let handle: Handle = "@bob".parse().unwrap();
            client
                .step(|engine, step| {
                    let chat = engine.conversations(step)?.into_iter().find(|summary| {
                        summary.handle == handle && matches!(summary.conversation, Conversation::Chat(_))
                    });
                    engine.set_expiry(step, chat.unwrap().conversation, LIFE)?;
                    let group = engine.groups(step.tx)?[0].group;
                    engine.set_group_expiry(step, &group, LIFE)
                })
                .unwrap();
        }
        alice.run(&["outbox", "--retry"]).await.done();
        bob.run(&["inbox"]).await.done();
        alice.run(&["inbox"]).await.done();
    }

    /// Everything that can be said, by every way in which it is kept.
    async fn say_everything(&mut self) {
        let picture = self.file("beach.png", &[b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 40]].concat());
        let form = self.file(
            "form.json",
            format!(r#"{{"title": "{FORM}", "fields": [{{"id": "how", "label": "How?", "kind": "text"}}]}}"#)
                .as_bytes(),
        );
        let (alice, bob) = (&self.alice, &self.bob);
        alice.run(&["chat", "send", "@bob", TEXT]).await.done();
        alice.run(&["chat", "send", "@bob", "--file", &picture, CAPTION]).await.done();
        alice.run(&["chat", "send", "@bob", WORDING]).await.done();
        alice.run(&["chat", "send", "@bob", UNSENT]).await.done();
        alice.run(&["chat", "form", "send", "@bob", &form]).await.done();
        alice.run(&["group", "send", "Friends", GROUP]).await.done();
        alice.run(&["chat", "send", "@bob", "--once", ONCE]).await.done();
        alice.run(&["group", "send", "Friends", "--once", ONCE]).await.done();
        bob.run(&["inbox"]).await.done();
        bob.run(&["chat", "reply", "@alice", &number(bob, TEXT).await, REPLY]).await.done();
        bob.run(&["chat", "react", "@alice", &number(bob, TEXT).await, REACTION]).await.done();
        let answer = format!("how={ANSWER}");
        bob.run(&["chat", "form", "answer", "@alice", &number(bob, FORM).await, &answer]).await.done();
        bob.run(&["group", "reply", "Friends", &number(bob, GROUP).await, GROUP_REPLY]).await.done();
        alice.run(&["chat", "edit", "@bob", &number(alice, WORDING).await, EDITED]).await.done();
        alice.run(&["chat", "unsend", "@bob", &number(alice, UNSENT).await]).await.done();
        alice.run(&["chat", "send", "@bob", SCHEDULED, "--at", "+60s"]).await.done();
        self.pass(61);
        let (alice, bob) = (&self.alice, &self.bob);
        alice.run(&["inbox"]).await.done();
        bob.run(&["inbox"]).await.done();
        alice.run(&["chat", "send", "@bob", WAITING, "--at", "+7d"]).await.done();
    }
}

/// The number of the message that says it, in whatever words.
async fn number(person: &Person, says: &str) -> String {
    let history = objects(&person.run(&["inbox", "--all", "--json"]).await.done());
    let message =
        history.iter().find(|object| object["type"] == "message" && object.to_string().contains(says));
    message.unwrap_or_else(|| panic!("{says} is not in {history:?}"))["index"].to_string()
}

async fn listen(person: &Person) -> Running {
    let mut listening = person.start(&["listen", "--json"], "").await;
    listening.object("connected").await;
    listening
}

/// What of it is in the memory of a listener once it has come to rest.
async fn stays_in_memory(listening: &Running, traces: &Traces) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for _ in 0..20 {
        found = in_memory(listening.id(), traces);
        if found.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    found
}

fn nothing() -> BTreeSet<String> {
    BTreeSet::new()
}

// EXP-41, EXP-42, EXP-43, EXP-46, EXP-48
#[tokio::test]
async fn c7_what_has_gone_is_in_no_file_and_in_no_memory() {
    let mut scene = Scene::open().await;
    scene.begin().await;
    let listening = listen(&scene.bob).await;
    assert!(
        !in_memory(listening.id(), &Traces::of_texts(["profile.db"])).is_empty(),
        "it looks in the wrong place"
    );
    scene.say_everything().await;
    let (alice, bob) = (&scene.alice, &scene.bob);

    // While it lives, it is there to be read and to be found.
    let history = bob.run(&["inbox", "--all", "--json"]).await.done();
    for canary in [TEXT, CAPTION, REPLY, EDITED, FORM, ANSWER, SCHEDULED, GROUP, GROUP_REPLY, REACTION] {
        assert!(history.contains(canary), "{canary}: {history}");
    }
    assert!(bob.run(&["search", TEXT]).await.done().contains(TEXT));
    let archive = scene.folder.path().join("archive").display().to_string();
    bob.run(&["export", &archive]).await.done();

    // And yet no file has it: only what stays is written as it is, and the page keys are in the files of page keys.
    let canaries = Traces::of_texts(GOES);
    assert_eq!(in_files(scene.folder.path(), &canaries), nothing());
    scene.assert_looks_everywhere();
    let living = [keys::of_profile(&alice.profile), keys::of_profile(&bob.profile)].concat();
    assert!(living.len() > 20, "{}", living.len());
    let (page_keys, message_keys): (Vec<_>, Vec<_>) =
        living.iter().cloned().partition(|(name, _)| name.starts_with("page key"));
    let (page_keys, message_keys) = (Traces::of_keys(&page_keys), Traces::of_keys(&message_keys));
    let found = in_files(scene.folder.path(), &page_keys);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|found| found.ends_with("profile.db-keys")), "{found:?}");
    assert_eq!(in_files(scene.folder.path(), &message_keys), nothing());

    // Then its time is over. What is still to be said keeps its key, under a page key that was not there before.
    scene.pass(601);
    let (alice, bob) = (&scene.alice, &scene.bob);
    alice.run(&["inbox"]).await.done();
    eventually(|| keys::of_profile(&bob.profile).is_empty().then_some(())).await;
    let left = keys::of_profile(&alice.profile);
    let gone: Vec<_> = living.iter().filter(|key| !left.contains(key)).cloned().collect();
    assert_eq!((left.len(), living.len() - gone.len()), (2, 1));
    let keys = Traces::of_keys(&gone);
    assert_eq!(in_files(scene.folder.path(), &canaries), nothing());
    assert_eq!(in_files(scene.folder.path(), &keys), nothing());
    assert_eq!(stays_in_memory(&listening, &canaries).await, nothing());
    assert_eq!(stays_in_memory(&listening, &keys).await, nothing());
    for person in [alice, bob] {
        let history = person.run(&["inbox", "--all", "--json"]).await.done();
        assert!(history.contains(STAYS));
        assert!(GOES.iter().all(|canary| !history.contains(canary)), "{history}");
        assert!(!person.run(&["search", TEXT]).await.done().contains(TEXT));
    }
    listening.kill().await;
    assert_eq!(in_files(scene.folder.path(), &canaries), nothing());

    // At last that is not to be said either.
    let number = objects(&alice.run(&["scheduled", "--json"]).await.done())[0]["number"].to_string();
    alice.run(&["scheduled", "cancel", &number]).await.done();
    assert_eq!(in_files(scene.folder.path(), &Traces::of_keys(&left)), nothing());
    for person in [alice, bob] {
        let counted = person.run(&["gc", "--verify", "--json"]).await.done();
        let counted = &objects(&counted)[0];
        assert_eq!((&counted["clean"], &counted["living"]), (&true.into(), &0.into()), "{counted}");
        assert!(counted["gone"].as_u64() > Some(6), "{counted}");
    }
    scene.assert_looks_everywhere();
}

/// EXP-47: whoever copies a profile and leaves its page keys behind has tombstones, and goes on.
#[tokio::test]
async fn c7_a_profile_without_its_page_keys_has_tombstones_and_goes_on() {
    let mut scene = Scene::open().await;
    scene.begin().await;
    let Scene { relay, alice, bob, .. } = &mut scene;
    alice.run(&["chat", "send", "@bob", TEXT]).await.done();
    alice.run(&["chat", "send", "@bob", SCHEDULED, "--at", "+7d"]).await.done();
    bob.run(&["chat", "send", "@alice", REPLY]).await.done();
    alice.run(&["inbox"]).await.done();
    bob.run(&["chat", "react", "@alice", &number(bob, TEXT).await, REACTION]).await.done();
    relay.kill().await;
    alice.run(&["chat", "send", "@bob", WAITING]).await.failed(4, &["waiting in the outbox"]);
    relay.restart().await;

    fs::remove_file(alice.profile.join("profile.db-keys")).unwrap();
    let history = alice.run(&["inbox", "--all"]).await.done();
    assert!(history.contains(STAYS));
    assert!(GOES.iter().all(|canary| !history.contains(canary)), "{history}");
    assert!(!alice.run(&["search", TEXT]).await.done().contains(TEXT));
    assert!(!alice.run(&["scheduled"]).await.done().contains(SCHEDULED));
    alice.run(&["chat", "send", "@bob", EDITED]).await.done();
    let history = bob.run(&["inbox", "--all"]).await.out;
    assert!(history.contains(EDITED) && history.contains(TEXT), "{history}");
    assert!(!history.contains(WAITING), "{history}");
    let counted = alice.run(&["gc", "--verify", "--json"]).await.done();
    assert_eq!(objects(&counted)[0]["locked"], 3, "{counted}");
    assert_eq!(keys::of_profile(&alice.profile).len(), 2);
}
