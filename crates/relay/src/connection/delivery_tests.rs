use super::*;

#[test]
// RLY-12.
fn the_window_fills_and_opens_again() {
    let mut window = Window::default();
    for sequence in 1..=WINDOW_MESSAGES {
        assert!(window.room().is_some());
        window.take(u64::try_from(sequence).unwrap(), 1);
    }
    assert!(window.room().is_none());
    window.release(1);
    assert_eq!(window.room().unwrap().messages, 1);
    window.release(u64::MAX);
    assert_eq!((window.in_flight.len(), window.bytes), (0, 0));
}

#[test]
// RLY-12.
fn the_window_counts_bytes_too() {
    let mut window = Window::default();
    window.take(1, WINDOW_BYTES - 1);
    assert_eq!(window.room().unwrap().bytes, 1);
    window.take(2, 60_000);
    assert!(window.room().is_none());
    window.release(1);
    assert!(window.room().is_some());
}
