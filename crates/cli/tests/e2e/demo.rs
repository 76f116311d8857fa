//! `aside demo`

use crate::person::{aside, finish};

#[tokio::test]
async fn the_demo_shows_what_the_relay_can_read_and_what_not() {
    let shown = finish(aside(["demo"]), "").await.done();
    for words in [
        "the relay can see",
        "encrypted bytes",
        "\"Dinner",
        "wants to write to",
        "@bob reacted 🎂",
        "@alice, chat: [its time",
        "@bob ended the chat",
        "[the encrypted chat",
        "an empty mailbox",
        "Carol sees",
        "@alice put me out",
    ] {
        assert!(shown.contains(words), "{words}");
    }
    assert!(shown.ends_with(
        "The relay could read 2 of 2 messages of the thread,\nand 0 of 4 messages of the chat.\n\
         The relay could read 0 of 4 messages of the group.\n"
    ));
}
