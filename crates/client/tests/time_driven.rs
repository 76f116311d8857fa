//! The driver looks at the time: at the relay's with each connection, and at what nobody can set as it passes.

#[cfg(test)]
mod tests {
    use aside_client::{
        Conversation, Event,
        driver::{Client, Clock},
    };
    use aside_identity::Handle;
    use aside_relay::{Config, Relay};
    use aside_wire::ExpiryTerms;
    use std::{fs, path::Path};
    use tempfile::TempDir;

    const HOUR: u64 = 60 * 60 * 1000;
    const DAY: u64 = 24 * HOUR;

    /// A registered profile whose clock a file moves.
    struct Device {
        folder: TempDir,
        client: Client,
    }

    impl Device {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let relay = Relay::bind(Config::new(folder.path().join("relay"))).await.unwrap();
            let url = relay.url();
            tokio::spawn(relay.serve(std::future::pending()));
            let handle = Handle::parse("alice").unwrap();
            let client = Client::register(&profile(folder.path()), &handle, &url).await.unwrap();
            Self { client: client.with_clock(Clock::of_file(folder.path().join("clock"))), folder }
        }

        fn clock(&self, wall: u64, counted: u64) {
            fs::write(self.folder.path().join("clock"), format!("{wall}\n{counted}\n")).unwrap();
        }

        fn restart(&mut self) {
            let client = Client::open(&profile(self.folder.path())).unwrap();
            self.client = client.with_clock(Clock::of_file(self.folder.path().join("clock")));
        }

        fn destroys_by(&mut self) -> u64 {
            self.client.step(|engine, step| Ok(engine.destroys_by(step.tx)?)).unwrap()
        }
    }

    fn profile(folder: &Path) -> std::path::PathBuf {
        folder.join("alice")
    }

    // TIM-1: after a restart, too.
    #[tokio::test]
    async fn v6_tim_2_a_clock_three_days_ahead_is_believed_an_hour() {
        let mut device = Device::new().await;
        let before = Clock::default().now();
        device.clock(before + 3 * DAY, 0);
        device.client.catch_up(&mut |_| {}).await.unwrap();
        let after = Clock::default().now();
        assert!((before + HOUR..=after + HOUR).contains(&device.destroys_by()));
        device.restart();
        assert!((before + HOUR..=after + HOUR).contains(&device.destroys_by()));
    }

    #[tokio::test]
    async fn c5_v14_tim_2_what_passes_counts_though_the_clock_is_set_back_and_the_program_begins_anew() {
        let mut device = Device::new().await;
        let now = Clock::default().now();
        device.clock(now - 3 * DAY, 5 * DAY);
        let start = device.destroys_by();
        assert!(start <= now, "what was counted before is of another process");
        // The mark was where the clock was, a little later than the relay had said.
        let about = |time: u64| time - 60_000..=time;
        for passed in [HOUR / 2, 2 * HOUR / 3, HOUR] {
            device.clock(now - 3 * DAY, 5 * DAY + passed);
            assert!(about(start + passed).contains(&device.destroys_by()));
        }
        device.restart();
        assert!(about(start + HOUR).contains(&device.destroys_by()));
        device.clock(now - 3 * DAY, 5 * DAY + 2 * HOUR);
        assert!(about(start + 2 * HOUR).contains(&device.destroys_by()));
    }

    #[tokio::test]
    async fn c5_what_falls_due_between_two_looks_goes_when_it_is_due() {
        let mut device = Device::new().await;
        let now = Clock::default().now();
        device.clock(now, now);
        let bob = Handle::parse("bob").unwrap();
        let url = device.client.engine().relay_url().to_owned();
        Client::register(&device.folder.path().join("bob"), &bob, &url).await.unwrap();
        device.client.look_up(&bob).await.unwrap();
        let terms = ExpiryTerms::AfterSend { duration_s: 10 };
        let chat = device.client.step(|engine, step| engine.open_chat(step, &bob)).unwrap();
        let chat = Conversation::Chat(chat);
        device.client.step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
        device.client.step(|engine, step| engine.send_to_chat(step, &bob, "soon over")).unwrap();
        device.client.catch_up(&mut |_| {}).await.unwrap();
        let due = device.client.step(|engine, step| Ok(engine.next_expiry(step.tx)?)).unwrap().unwrap();
        for early in [900, 1] {
            device.clock(due - early, due - early);
            assert_eq!(device.client.sweep().unwrap(), []);
        }
        device.clock(due, due);
        let swept = device.client.sweep().unwrap();
        assert!(matches!(swept.as_slice(), [Event::Expired { conversation, .. }] if *conversation == chat));
    }

    #[tokio::test]
    async fn tim_5_the_first_day_may_be_any() {
        let mut device = Device::new().await;
        let by = device.destroys_by();
        assert!(by <= Clock::default().now(), "a new profile knows what its relay says, and no more");
    }
}
