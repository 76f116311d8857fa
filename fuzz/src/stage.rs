//! A relay in this process, and two people who use it as they should while somebody else does not.

use crate::{line::Line, world::world};
use aside_identity::{AccountKey, Handle};
use aside_relay::{Config, Rates, Relay};
use aside_testkit::{Person, TestRng};
use aside_wire::pb::{self, reply, request};
use prost::Message as _;
use std::{
    fs,
    net::SocketAddr,
    panic,
    path::{Path, PathBuf},
    process,
    sync::{
        Mutex, Once, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

/// Inputs that one relay gets before another takes its place.
const INPUTS: u32 = 500;
/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(15);
/// What all relays after the first may add to this process; libFuzzer keeps inputs of its own.
const MEMORY: u64 = 1 << 30;
/// What the names of the folders begin with; the number of the process follows.
const FOLDER: &str = "aside-fuzz-relay-";

/// Whether any thread has panicked since it was asked last.
static PANICKED: AtomicBool = AtomicBool::new(false);
static STAGE: Mutex<Option<Stage>> = Mutex::new(None);

/// A relay that serves, and those who use it.
pub(crate) struct Stage {
    runtime: Runtime,
    relay: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    address: SocketAddr,
    folder: PathBuf,
    alice: Line,
    bob: Line,
    letters: u64,
    inputs: u32,
}

/// Runs something against the relay; then it must serve as before, without a panic anywhere.
pub(crate) fn on_stage(act: impl AsyncFnOnce(SocketAddr)) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICKED.store(true, Ordering::SeqCst);
            before(info);
        }));
    });
    PANICKED.store(false, Ordering::SeqCst);
    let mut place = STAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut stage = match place.take() {
        Some(stage) if stage.inputs < INPUTS => stage,
        old => {
            if let Some(old) = old {
                old.end();
            }
            Stage::begin()
        }
    };
    stage.inputs += 1;
    let Stage { runtime, address, alice, bob, letters, .. } = &mut stage;
    *letters += 1;
    runtime.block_on(async {
        timeout(PATIENCE, act(*address)).await.expect("the relay answers or closes the connection");
        timeout(PATIENCE, still_serves(*address, alice, bob, *letters))
            .await
            .expect("the relay serves others");
    });
    assert!(!PANICKED.load(Ordering::SeqCst), "something has panicked");
    *place = Some(stage);
}

/// Shuts the relay down, if there is one.
pub fn close() {
    if let Some(stage) = STAGE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        stage.end();
    }
}

/// Who harasses the relay: with an account there, but not with the keys of anybody else.
pub(crate) fn mallory() -> &'static Person {
    static MALLORY: OnceLock<Person> = OnceLock::new();
    MALLORY.get_or_init(|| Person::new(&mut TestRng::new(666)))
}

impl Stage {
    fn begin() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let folder = folder();
        let mut config = Config::new(&folder);
        // The rates are tested elsewhere; here they would only hide what is behind them.
        config.rates = Rates::default().times(1_000_000);
        let (relay, stop, address, alice, bob) = runtime.block_on(async {
            let relay = Relay::bind(config).await.expect("a relay");
            let address = relay.local_addr();
            let (stop, stopped) = oneshot::channel::<()>();
            let relay = tokio::spawn(relay.serve(async { stopped.await.unwrap_or(()) }));
            join(address, "mallory", mallory()).await;
            let alice = join(address, "alice", &world().alice).await;
            let mut bob = join(address, "bob", &world().bob).await;
            let answer = bob.ask(request::Body::Subscribe(pb::Subscribe {})).await;
            assert!(matches!(answer, reply::Body::Subscribed(_)));
            (relay, stop, address, alice, bob)
        });
        Self { runtime, relay, stop, address, folder, alice, bob, letters: 0, inputs: 0 }
    }

    /// It shuts down in time, and has given back what it took.
    fn end(self) {
        let Self { runtime, relay, stop, folder, alice, bob, .. } = self;
        runtime.block_on(async {
            let _ = stop.send(());
            timeout(PATIENCE, relay).await.expect("the relay shuts down").expect("without a panic");
            drop((alice, bob));
        });
        drop(runtime);
        let _ = fs::remove_dir_all(folder);
        static FIRST: OnceLock<u64> = OnceLock::new();
        if let Some(resident) = resident() {
            let first = *FIRST.get_or_init(|| resident);
            assert!(resident < first + MEMORY, "{resident} bytes, and {first} after the first relay");
        }
    }
}

async fn join(address: SocketAddr, handle: &str, person: &Person) -> Line {
    let handle = Handle::parse(handle).expect("a handle");
    let mut line = Line::open(address).await;
    let registration = line.greeting.registration(person, &handle);
    let answer = line.ask(request::Body::Register(registration)).await;
    assert!(matches!(answer, reply::Body::Registered(_)));
    line.log_in(person).await;
    line
}

/// Health is asked for, and Alice writes to Bob, who gets it.
async fn still_serves(address: SocketAddr, alice: &mut Line, bob: &mut Line, number: u64) {
    let request = b"GET /health HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n";
    let health = get(address, request, PATIENCE).await;
    assert!(health.starts_with(b"HTTP/1.1 200 "), "the relay is not well");
    let text = number.to_be_bytes();
    let to = &world().bob.certificate.account;
    let answer = alice.ask(request::Body::Send(letter(to, number, &text))).await;
    assert!(matches!(answer, reply::Body::Accepted(_)), "an honest letter is refused");
    loop {
        let pb::Reply { body: Some(reply::Body::Delivery(delivery)), .. } = bob.read().await else {
            continue;
        };
        // The window must not close.
        bob.post(request::Body::Acknowledge(pb::Acknowledge { up_to: delivery.sequence })).await;
        if delivery.sender == world().alice.certificate.account.as_bytes() {
            let envelope: pb::Envelope = aside_wire::decode(&delivery.envelope).expect("as it was sent");
            assert_eq!(envelope.payload, text, "what Alice sent arrives, in order");
            return;
        }
    }
}

/// Sends bytes and reads until the relay closes the connection, or says nothing more for a while.
pub(crate) async fn get(address: SocketAddr, bytes: &[u8], patience: Duration) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("the relay listens");
    let mut answer = Vec::new();
    // It may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    while let Ok(Ok(read)) = timeout(patience, stream.read_buf(&mut answer)).await {
        if read == 0 {
            break;
        }
    }
    answer
}

/// A message in the clear to somebody's first device.
pub(crate) fn letter(to: &AccountKey, number: u64, text: &[u8]) -> pb::Send {
    let kind = pb::EnvelopeKind::Thread.into();
    let envelope = pb::Envelope { kind, payload: text.to_vec() }.encode_to_vec();
    pb::Send {
        client_id: [[0; 8], number.to_be_bytes()].concat(),
        recipient: to.as_bytes().to_vec(),
        list_version: 1,
        parcels: vec![pb::Parcel { device_id: 1, envelope }],
        keep: 0,
    }
}

/// A new folder, in memory where that is possible. Those of processes that have ended go.
fn folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(FOLDER));
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let folder = place.join(format!("{FOLDER}{}", process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// Bytes of memory that this process holds, if the system tells.
fn resident() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
