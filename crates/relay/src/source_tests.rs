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
    let (peer, unsaid) = ("10.0.0.7", "0.0.0.0");
    let cases: [(&str, &[&[u8]], &str); 18] = [
        ("0", &[b"192.0.2.1"], peer),
        ("1", &[b"192.0.2.1"], "192.0.2.1"),
        ("1", &[], unsaid),
        // The client wrote the first; the proxy added the last.
        ("1", &[b"198.51.100.9, 192.0.2.1"], "192.0.2.1"),
        ("1", &[b"198.51.100.9", b"192.0.2.1"], "192.0.2.1"),
        ("2", &[b"198.51.100.9, 192.0.2.1, 10.0.0.8"], "192.0.2.1"),
        ("2", &[b"192.0.2.1"], unsaid),
        ("1", &[b"nobody"], unsaid),
        // Neither bytes that are no text nor a claim to be this machine lead past the count.
        ("1", &[b"\xFF, 192.0.2.1"], "192.0.2.1"),
        ("1", &[b"\xFF"], unsaid),
        ("2", &[b"127.0.0.1, 10.0.0.8"], unsaid),
        ("10.0.0.7", &[b"\xFF, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.7", &[b"192.0.2.1, \xFF"], unsaid),
        ("1", &[b"192.0.2.1:4711"], "192.0.2.1"),
        ("1", &[b"[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.7", &[b"198.51.100.9, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.7,10.0.0.8", &[b"198.51.100.9, 192.0.2.1, 10.0.0.8"], "192.0.2.1"),
        // Whoever connects past the proxy speaks for itself.
        ("10.0.0.8", &[b"192.0.2.1"], peer),
    ];
    for (proxies, headers, address) in cases {
        let proxies: Proxies = proxies.parse().unwrap();
        let source = proxies.source(peer.parse().unwrap(), headers.iter());
        assert!(source == of(address), "{proxies} {headers:?}");
    }
    // A proxy on this machine makes nobody uncounted.
    let here: IpAddr = "127.0.0.1".parse().unwrap();
    for proxies in ["1", "127.0.0.1"] {
        let proxies: Proxies = proxies.parse().unwrap();
        for header in [b"\xFF".as_slice(), b"", b"127.0.0.1"] {
            assert!(proxies.source(here, std::iter::once(header)) == of(unsaid));
        }
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
