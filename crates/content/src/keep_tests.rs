use super::*;
use alloc::{vec, vec::Vec};

/// All terms of one length.
fn terms(seconds: u32) -> Vec<ExpiryTerms> {
    vec![
        ExpiryTerms::AfterSend { duration_s: seconds },
        // How soon it goes when it was read says nothing about one that was not.
        ExpiryTerms::AfterRead { duration_s: 1, unread_cap_s: seconds },
        ExpiryTerms::AfterRead { duration_s: 31_536_000, unread_cap_s: seconds },
        ExpiryTerms::Once { unread_cap_s: seconds },
        ExpiryTerms::OnceWithReplay { unread_cap_s: seconds },
    ]
}

#[test]
fn rly_44_the_class_is_the_shortest_that_no_message_outlives() {
    for (seconds, class) in [
        (1, Keep::Day),
        (DAY_S - 1, Keep::Day),
        (DAY_S, Keep::Day),
        (DAY_S + 1, Keep::Week),
        (WEEK_S, Keep::Week),
        (WEEK_S + 1, Keep::Longest),
        (31_536_000, Keep::Longest),
    ] {
        for terms in terms(seconds) {
            assert_eq!(keep(Kind::TEXT, terms), class, "{terms:?}");
            let days = aside_wire::keep::days(class).map_or(u32::MAX, u32::from);
            assert!(days.saturating_mul(DAY_S) >= seconds);
        }
    }
    assert_eq!(keep(Kind::TEXT, ExpiryTerms::Off), Keep::Longest);
}

#[test]
fn rly_44_what_is_said_asks_for_what_a_text_asks_for() {
    let lasting: Vec<u32> = Kind::ALL
        .iter()
        .filter(|kind| keep(**kind, ExpiryTerms::Once { unread_cap_s: 1 }) == Keep::Longest)
        .map(|kind| kind.0)
        .collect();
    assert_eq!(lasting, [2, 3, 4, 5, 16, 17, 18, 19, 23, 27, 28, 29, 32]);
    for kind in Kind::ALL.iter().copied().chain([Kind(1000)]).filter(|kind| !lasting.contains(&kind.0)) {
        for seconds in [1, DAY_S, DAY_S + 1, WEEK_S, WEEK_S + 1] {
            for terms in terms(seconds) {
                assert_eq!(keep(kind, terms), keep(Kind::TEXT, terms), "{kind:?}");
            }
        }
    }
}
