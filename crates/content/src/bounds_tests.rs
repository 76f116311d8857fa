use super::*;

const DAY: u32 = 86_400;
const YEAR: u32 = EXPIRY_SECONDS;

fn all_terms() -> impl Iterator<Item = ExpiryTerms> + Clone {
    let times = [1, 60, DAY, YEAR];
    let pairs = times.into_iter().flat_map(move |duration_s| times.map(|cap| (duration_s, cap)));
    core::iter::once(ExpiryTerms::Off)
        .chain(times.into_iter().map(|duration_s| ExpiryTerms::AfterSend { duration_s }))
        .chain(pairs.map(|(duration_s, unread_cap_s)| ExpiryTerms::AfterRead { duration_s, unread_cap_s }))
        .chain(times.into_iter().map(|unread_cap_s| ExpiryTerms::Once { unread_cap_s }))
        .chain(times.into_iter().map(|unread_cap_s| ExpiryTerms::OnceWithReplay { unread_cap_s }))
}

fn is_at_most<T: Ord>(one: Option<T>, other: Option<T>) -> bool {
    other.is_none_or(|other| one.is_some_and(|one| one <= other))
}

#[test]
fn exp_10_terms_are_the_bounds_they_set() {
    for terms in all_terms() {
        assert_eq!(Bounds::of(terms).terms(), terms);
    }
}

#[test]
fn exp_11_meeting_is_idempotent_commutative_and_associative() {
    for one in all_terms().map(Bounds::of) {
        assert_eq!(one.meet(one), one);
        assert_eq!(one.meet(Bounds::NONE), one);
        for other in all_terms().map(Bounds::of) {
            assert_eq!(one.meet(other), other.meet(one));
            for third in all_terms().map(Bounds::of) {
                assert_eq!(one.meet(other).meet(third), one.meet(other.meet(third)));
            }
        }
    }
}

// V21, EXP-4
#[test]
fn v21_a_wish_longer_than_the_policy_changes_nothing() {
    let policy = ExpiryTerms::AfterSend { duration_s: DAY };
    assert_eq!(stamp(policy, ExpiryTerms::AfterSend { duration_s: YEAR }), policy);
    assert_eq!(stamp(policy, ExpiryTerms::Off), policy);
    let shorter = ExpiryTerms::AfterSend { duration_s: 60 };
    assert_eq!(stamp(policy, shorter), shorter);
    assert_eq!(stamp(ExpiryTerms::Off, shorter), shorter);
    assert_eq!(stamp(ExpiryTerms::Off, ExpiryTerms::Off), ExpiryTerms::Off);
}

// V21: a stamp is one mode, and no bound in it is above either of the two it comes from. Openings are the one thing
// that may be fewer; a reading is then an opening.
#[test]
fn v21_no_stamp_is_longer_than_the_policy_or_the_wish() {
    for policy in all_terms() {
        for wish in all_terms() {
            let (meet, stamped) =
                (Bounds::of(policy).meet(Bounds::of(wish)), Bounds::of(stamp(policy, wish)));
            let ends = |bounds: Bounds| lower(bounds.after_send_s, bounds.unread_cap_s);
            assert!(is_at_most(ends(stamped), ends(meet)), "{policy:?} {wish:?}");
            assert!(is_at_most(stamped.openings, meet.openings), "{policy:?} {wish:?}");
            let by_opening = stamped.openings == Some(Openings::Once);
            assert!(by_opening || is_at_most(stamped.after_read_s, meet.after_read_s), "{policy:?} {wish:?}");
            // And it is the policy itself where nothing shorter is wished.
            assert!(wish != ExpiryTerms::Off || stamp(policy, wish) == policy);
        }
    }
}

#[test]
fn bounds_that_no_terms_set_are_said_as_shorter_ones() {
    let read = Bounds { after_read_s: Some(5), ..Bounds::NONE };
    assert_eq!(read.terms(), ExpiryTerms::AfterRead { duration_s: 5, unread_cap_s: YEAR });
    let twice = Bounds { openings: Some(Openings::Twice), ..Bounds::NONE };
    assert_eq!(twice.terms(), ExpiryTerms::OnceWithReplay { unread_cap_s: YEAR });
    assert_eq!(twice.meet(read).terms(), ExpiryTerms::Once { unread_cap_s: YEAR });
}

#[test]
fn exp_6_shortening_counts_no_openings_that_were_not_counted() {
    let text = Bounds::of(ExpiryTerms::AfterSend { duration_s: DAY });
    let once = Bounds::of(ExpiryTerms::Once { unread_cap_s: 60 });
    assert_eq!(text.shortened(once).openings, None);
    assert_eq!(text.shortened(once).unread_cap_s, Some(60));
    let replay = Bounds::of(ExpiryTerms::OnceWithReplay { unread_cap_s: DAY });
    assert_eq!(replay.shortened(once).openings, Some(Openings::Once));
    assert_eq!(once.shortened(replay), once);
}
