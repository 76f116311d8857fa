//! Stored state: damaged, or edited by whoever can write to the disk.

use crate::world::commitment;
use aside_session::{ImportError, Session};
use aside_testkit::TestRng;

/// Importing refuses or gives a session that exports the same bytes, and whatever that session then receives or sends,
/// it can be stored again.
///
/// Input: length of the state (2 bytes, big-endian), state, a message for it.
pub fn session_from_bytes(data: &[u8]) {
    let Some((length, rest)) = data.split_first_chunk::<2>() else { return };
    let (state, message) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
    let mut session = match Session::import(state) {
        Ok(session) => session,
        Err(ImportError::Version(version)) => return assert_eq!(state.first(), Some(&version)),
        Err(_) => return,
    };
    assert_eq!(session.export().as_slice(), state, "not the bytes that were imported");
    let before = session.digest();

    match session.decrypt(message) {
        Ok((_, transition)) => {
            session.advance(transition).expect("the session has not changed");
            storable(&session);
        }
        Err(_) => assert_eq!(session.digest(), before, "a refused message changed the state"),
    }
    match session.decrypt_transient(message) {
        Ok((_, transition)) => {
            session.advance(transition).expect("the session has not changed");
            storable(&session);
            assert!(session.decrypt_transient(message).is_err(), "it opens a second time");
        }
        Err(_) => storable(&session),
    }
    let commit = |key: &_| commitment(key, b"");
    // The second message goes through a chain that is certainly there.
    for seed in 0..2 {
        if session.encrypt(&mut TestRng::new(seed), b"", commit).is_ok() {
            storable(&session);
        }
        if session.encrypt_transient(&mut TestRng::new(seed), b"", commit).is_ok() {
            storable(&session);
        }
    }
}

/// What a session was brought to can be stored and read back.
pub(crate) fn storable(session: &Session) {
    let state = session.export();
    match Session::import(&state) {
        Ok(again) => {
            assert_eq!(again.export(), state, "stored twice, it differs");
            assert_eq!(again.digest(), session.digest());
        }
        Err(error) => panic!("a reachable state does not import: {error}"),
    }
}
