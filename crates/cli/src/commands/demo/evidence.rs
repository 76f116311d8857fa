//! Everything the relay was seen to hold, and what can be read in it.

use crate::failure::Failure;
use std::{fs, path::Path};

/// Bytes from the relay: envelopes and whole files.
#[derive(Default)]
pub(super) struct Evidence(Vec<Vec<u8>>);

impl Evidence {
    pub(super) fn add(&mut self, bytes: Vec<u8>) {
        self.0.push(bytes);
    }

    /// Adds all files under a directory.
    pub(super) fn add_files(&mut self, directory: &Path) -> Result<(), Failure> {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                self.add_files(&path)?;
            } else {
                self.add(fs::read(path)?);
            }
        }
        Ok(())
    }

    /// Looks for everything that was said. What was said in the clear must be found, or the search proves nothing.
    pub(super) fn verdict(&self, thread: &[&str], chat: &[&str], group: &[&str]) -> Result<String, Failure> {
        let read = |texts: &[&str]| texts.iter().filter(|text| self.holds(text)).count();
        let (read_thread, read_chat, read_group) = (read(thread), read(chat), read(group));
        let verdict = format!(
            "The relay could read {read_thread} of {} messages of the thread,\nand {read_chat} of {} messages of the \
             chat.\nThe relay could read {read_group} of {} messages of the group.",
            thread.len(),
            chat.len(),
            group.len()
        );
        if read_thread != thread.len() {
            return Err(Failure::Other(format!(
                "{verdict}\nThe search misses the thread, so it proves nothing."
            )));
        }
        if read_chat != 0 {
            return Err(Failure::Other(format!("{verdict}\nThe encrypted chat was readable.")));
        }
        if read_group != 0 {
            return Err(Failure::Other(format!("{verdict}\nThe encrypted group was readable.")));
        }
        Ok(verdict)
    }

    fn holds(&self, text: &str) -> bool {
        self.0.iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREAD: [&str; 2] = ["read", "me"];
    const CHAT: [&str; 1] = ["secret"];
    const GROUP: [&str; 1] = ["between us"];

    /// A relay whose directory has these files.
    fn relay(files: &[&[u8]]) -> Evidence {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("inner");
        fs::create_dir(&inner).unwrap();
        for (number, bytes) in files.iter().enumerate() {
            fs::write(inner.join(number.to_string()), bytes).unwrap();
        }
        let mut evidence = Evidence::default();
        evidence.add_files(directory.path()).unwrap();
        evidence
    }

    #[test]
    fn a_chat_that_the_relay_could_read_fails_the_demo() {
        let harmless = relay(&[b"..read..", b"..me.."]);
        let verdict = harmless.verdict(&THREAD, &CHAT, &GROUP).unwrap();
        assert!(verdict.contains("0 of 1 messages of the chat."));
        assert!(verdict.ends_with("0 of 1 messages of the group."));
        let in_a_file = relay(&[b"..read..me..", b"\0\0secret\0"]);
        assert!(
            in_a_file
                .verdict(&THREAD, &CHAT, &GROUP)
                .unwrap_err()
                .to_string()
                .contains("1 of 1 messages of the chat")
        );
        let in_a_log = relay(&[b"..read..me..", b"\0between us\0"]);
        assert!(
            in_a_log
                .verdict(&THREAD, &CHAT, &GROUP)
                .unwrap_err()
                .to_string()
                .contains("1 of 1 messages of the group")
        );
        let mut in_an_envelope = harmless;
        in_an_envelope.add(b"secret".to_vec());
        assert!(in_an_envelope.verdict(&THREAD, &CHAT, &GROUP).is_err());
    }

    #[test]
    fn a_search_that_misses_the_thread_proves_nothing() {
        let blind = relay(&[b"..read.."]);
        assert!(blind.verdict(&THREAD, &CHAT, &GROUP).unwrap_err().to_string().contains("proves nothing"));
    }
}
