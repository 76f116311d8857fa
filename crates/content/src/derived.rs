//! What may be made of a message, by how long it lives: nothing that outlives it (EXP-31 to EXP-33).

/// How far a message is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// It stays.
    Stays,
    /// It goes some time.
    Goes,
    /// It is to be opened, and goes then.
    Closed,
    /// It has gone.
    Gone,
}

impl Stage {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Stays, Self::Goes, Self::Closed, Self::Gone];
}

/// What is made of a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Derived {
    /// What an answer shows of it.
    Quote,
    /// The same, said elsewhere.
    Forward,
    /// What leaves the device in an archive.
    Export,
    /// What the system tells of it.
    Notification,
    /// What an index of words remembers of it.
    SearchIndex,
    /// What is stored of it: text, pictures, keys of files.
    Storage,
}

impl Derived {
    /// All of them.
    pub const ALL: &[Self] =
        &[Self::Quote, Self::Forward, Self::Export, Self::Notification, Self::SearchIndex, Self::Storage];
}

/// What becomes of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Made {
    /// It has the message's words.
    AsItIs,
    /// It has them sealed under the key that is destroyed with the message.
    Sealed,
    /// It says that there is a message, and nothing of it.
    WithoutWords,
    /// It says that there was something.
    Placeholder,
    /// There is nothing, and nothing is left.
    Nothing,
}

/// What becomes of something made of a message; `None` if it is refused.
#[must_use]
pub const fn made(derived: Derived, stage: Stage) -> Option<Made> {
    Some(match (derived, stage) {
        (_, Stage::Stays) | (Derived::Quote, Stage::Goes) => Made::AsItIs,
        (Derived::Quote, _) => Made::Placeholder,
        (Derived::Forward | Derived::Export, _) => return None,
        (Derived::Notification, Stage::Goes | Stage::Closed) => Made::WithoutWords,
        (Derived::Storage, Stage::Goes | Stage::Closed) => Made::Sealed,
        (Derived::Notification | Derived::Storage, Stage::Gone) | (Derived::SearchIndex, _) => Made::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_31_nothing_that_has_words_outlives_what_goes() {
        for derived in Derived::ALL {
            assert_eq!(made(*derived, Stage::Stays), Some(Made::AsItIs));
            for stage in Stage::ALL {
                let made = made(*derived, *stage);
                let has_words = matches!(made, Some(Made::AsItIs));
                // A quote is rendered from the message itself, and stored nowhere.
                let may = *stage == Stage::Stays || (*derived == Derived::Quote && *stage == Stage::Goes);
                assert_eq!(has_words, may, "{derived:?} {stage:?}");
                assert!(*stage != Stage::Gone || made != Some(Made::Sealed));
            }
        }
    }
}
