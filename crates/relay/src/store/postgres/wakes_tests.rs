use super::*;

#[test]
// RLY-33.
fn what_is_handed_on_arrives_as_it_was() {
    let to = Mailbox { account: Account([0xA7; 32]), device: DeviceId::parse(127).unwrap() };
    let handed = HandedOn { to, delivery: (0..=255).collect() };
    let word = handed.word();
    assert!(word.len() < WORD_BYTES);
    assert_eq!(HandedOn::read(&word), Some(handed));
    for broken in ["", "a", "zz", &word[..64], &word[..word.len() - 1]] {
        assert_eq!(HandedOn::read(broken), None, "{broken}");
    }
}
