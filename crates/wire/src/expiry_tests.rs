use super::*;

const YEAR: u32 = 31_536_000;

#[test]
fn terms_have_one_encoding() {
    let all = [
        ExpiryTerms::Off,
        ExpiryTerms::AfterSend { duration_s: 1 },
        ExpiryTerms::AfterSend { duration_s: YEAR },
        ExpiryTerms::AfterRead { duration_s: 5, unread_cap_s: 2_419_200 },
        ExpiryTerms::Once { unread_cap_s: YEAR },
        ExpiryTerms::OnceWithReplay { unread_cap_s: 1 },
    ];
    for terms in all {
        let (mode, duration_s, unread_cap_s) = terms.encode();
        assert_eq!(ExpiryTerms::decode(mode.into(), duration_s, unread_cap_s), Ok(terms));
        assert_eq!(ExpiryTerms::try_from(pb::GroupSetExpiry::from(terms)), Ok(terms));
    }
}

#[test]
fn times_are_one_second_to_a_year_and_nothing_else_stands_beside_them() {
    let refused = Err(Malformed::Field("expiry"));
    for (mode, duration_s, unread_cap_s) in [
        (0, 1, 0),
        (0, 0, 1),
        (1, 0, 0),
        (1, YEAR + 1, 0),
        (1, u32::MAX, 0),
        (1, 1, 1),
        (2, 0, 1),
        (2, 1, 0),
        (2, YEAR + 1, 1),
        (2, 1, YEAR + 1),
        (3, 0, 0),
        (3, 1, 1),
        (3, 0, YEAR + 1),
        (4, 0, 0),
        (4, 1, 1),
        (4, 0, u32::MAX),
    ] {
        assert_eq!(ExpiryTerms::decode(mode, duration_s, unread_cap_s), refused, "{mode}");
    }
    for mode in [-1, 5, i32::MAX, i32::MIN] {
        assert_eq!(ExpiryTerms::decode(mode, 1, 1), Err(Malformed::Field("mode")));
    }
}
