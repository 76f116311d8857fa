use super::*;

fn of(text: &str) -> Option<Source> {
    Source::of(text.parse().unwrap())
}

// RLY-70.
#[test]
fn t1_half_an_address_of_the_sixth_version_counts_and_this_machine_does_not() {
    assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
    assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    for here in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(of(here), None);
    }
    assert_eq!(format!("{:?}", of("192.0.2.1").unwrap()), "Source(…)");
}

// RLY-70.
#[test]
fn t1_whom_a_connection_speaks_for_is_what_a_trusted_proxy_says() {
    let peer = "10.0.0.7";
    let cases: [(&str, &[&str], &str); 13] = [
        ("0", &["192.0.2.1"], peer),
        ("1", &["192.0.2.1"], "192.0.2.1"),
        ("1", &[], peer),
        // The client wrote the first; the proxy added the last.
        ("1", &["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
        ("1", &["198.51.100.9", "192.0.2.1"], "192.0.2.1"),
        ("2", &["198.51.100.9, 192.0.2.1, 10.0.0.8"], "192.0.2.1"),
        ("2", &["192.0.2.1"], peer),
        ("1", &["nobody"], peer),
        ("1", &["192.0.2.1:4711"], "192.0.2.1"),
        ("1", &["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.7", &["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.7,10.0.0.8", &["198.51.100.9, 192.0.2.1, 10.0.0.8"], "192.0.2.1"),
        // Whoever connects past the proxy speaks for itself.
        ("10.0.0.8", &["192.0.2.1"], peer),
    ];
    for (proxies, headers, address) in cases {
        let proxies: Proxies = proxies.parse().unwrap();
        let said = proxies.speaks_for(peer.parse().unwrap(), headers.iter().copied());
        assert_eq!(said, address.parse::<IpAddr>().unwrap(), "{proxies} {headers:?}");
    }
    for wrong in ["", "here", "256", "-1", "10.0.0.7,", "10.0.0.0/8"] {
        assert_eq!(wrong.parse::<Proxies>(), Err(BadProxies), "{wrong}");
    }
}

// RLY-70.
#[test]
fn t1_the_places_of_a_source_are_counted_and_given_back() {
    let crowd = Arc::new(Crowd::new(2));
    let (here, there) = (of("192.0.2.1"), of("192.0.2.2"));
    let one = crowd.enter(here).unwrap();
    let _two = crowd.enter(here).unwrap();
    assert!(crowd.enter(here).is_none());
    let other = crowd.enter(there).unwrap();
    assert!((0..9).all(|_| crowd.enter(None).is_some()));
    drop((one, other));
    assert!(crowd.enter(here).is_some());
    // Whoever has none is forgotten.
    assert_eq!(crowd.with(|there| there.len()), 1);
}
