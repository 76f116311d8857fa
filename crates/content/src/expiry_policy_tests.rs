use super::*;
use crate::{Body, MessageId, Shorten};
use aside_wire::limits::EXPIRY_SECONDS;

#[test]
fn v7_times_that_no_frame_can_say_are_refused_where_they_are_set() {
    let after_send = |duration_s| ExpiryTerms::AfterSend { duration_s };
    let after_read = |duration_s, unread_cap_s| ExpiryTerms::AfterRead { duration_s, unread_cap_s };
    let is_taken = |terms| {
        let policy = Body::of(ExpiryPolicy { version: 1, terms, parent: None });
        let shorten = Body::of(Shorten { message_id: MessageId::new([1; 16]), terms });
        assert_eq!(policy.is_ok(), shorten.is_ok(), "{terms:?}");
        policy.is_ok()
    };
    for terms in [1, 4 * 7 * 24 * 3600, EXPIRY_SECONDS].map(after_send) {
        assert!(is_taken(terms), "{terms:?}");
    }
    for terms in [0, EXPIRY_SECONDS + 1, u32::MAX].map(after_send) {
        assert!(!is_taken(terms), "{terms:?}");
    }
    for terms in [after_read(0, 1), after_read(1, 0), after_read(1, EXPIRY_SECONDS + 1)] {
        assert!(!is_taken(terms), "{terms:?}");
    }
}
