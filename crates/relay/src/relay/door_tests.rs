use super::{
    super::{Keeping, Meter, Relay},
    *,
};
use std::time::Instant;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Shorter than a caller that says nothing is waited for.
const MOMENT: Duration = Duration::from_secs(9);
const MALLORY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const ALICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

/// A door before which anybody can be said to stand.
struct Street {
    door: Door,
    well: Health,
    metrics: Arc<Metrics>,
    listener: TcpListener,
    _folder: TempDir,
}

impl Street {
    async fn new(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new(folder.path());
        change(&mut config);
        let Relay { store, config, key, parameters, passing, .. } = Relay::bind(config).await.unwrap();
        let metrics = Arc::new(Metrics::new(&store.commits()));
        let desk = Arc::new(Desk {
            name: config.name.clone(),
            key,
            parameters,
            budget: Arc::default(),
            lane: Arc::default(),
            meter: Arc::new(Meter::new(&config.rates)),
            keeping: Keeping::new(passing, config.keep),
            metrics: Arc::clone(&metrics),
            store,
        });
        let stop = CancellationToken::new();
        let well = Health::new(Arc::clone(&desk.store), stop.clone());
        let tasks = TaskTracker::new();
        let door = Door::new(desk, &config, well.clone(), None, tasks, stop, CancellationToken::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { door, well, metrics, listener, _folder: folder }
    }

    async fn call(&self, from: IpAddr) -> TcpStream {
        let caller = TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap();
        self.door.admit(self.listener.accept().await.unwrap().0, from);
        caller
    }
}

/// Whether the other end is still there; it says nothing by itself.
async fn is_held(caller: &mut TcpStream) -> bool {
    timeout(Duration::from_millis(200), caller.read_u8()).await.is_err()
}

async fn is_served(mut caller: TcpStream) -> bool {
    let request = b"GET /health HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    let asked = async {
        caller.write_all(request).await?;
        caller.read_to_string(&mut answer).await
    };
    timeout(MOMENT, asked).await.unwrap().is_ok_and(|_| answer.starts_with("HTTP/1.1 200 "))
}

// RLY-70.
#[tokio::test]
async fn t1_whoever_calls_from_one_place_and_says_nothing_leaves_room_for_others() {
    let most = 2 + limits::SPARE_CONNECTIONS_OF_SOURCE;
    let street = Street::new(|config| config.connections_of_source = 2).await;
    let mut silent = Vec::new();
    for _ in 0..most {
        silent.push(street.call(MALLORY).await);
    }
    let mut one_more = street.call(MALLORY).await;
    assert!(!is_held(&mut one_more).await, "as many as there are places");
    assert!(is_held(silent.last_mut().unwrap()).await);
    assert!(is_served(street.call(ALICE).await).await);
    assert!(street.metrics.text().contains("turned_away_total{why=\"source\"} 1"));
    // Whoever leaves makes room.
    silent.pop();
    let again = async { while !is_served(street.call(MALLORY).await).await {} };
    timeout(MOMENT, again).await.unwrap();

    // A proxy that is trusted speaks for many.
    let street = Street::new(|config| {
        config.connections_of_source = 2;
        config.proxies = Proxies::At(vec![MALLORY]);
    })
    .await;
    let mut silent = Vec::new();
    for _ in 0..=most {
        silent.push(street.call(MALLORY).await);
    }
    assert!(is_held(silent.last_mut().unwrap()).await);
}

// Threat T1: each look is a transaction.
#[tokio::test]
async fn t1_whoever_asks_for_the_health_all_the_time_makes_the_store_do_little() {
    let street = Street::new(|_| ()).await;
    let began = Instant::now();
    for _ in 0..200 {
        assert_eq!(street.well.answer().await.0, StatusCode::OK);
    }
    let text = street.metrics.text();
    let count = text.lines().find_map(|line| line.strip_prefix("aside_relay_commit_seconds_count "));
    let commits: u64 = count.unwrap().parse().unwrap();
    assert!((1..=began.elapsed().as_secs() + 2).contains(&commits), "{commits}");
}
