//! A text as words that compare equal however they are written: compatibility forms and case are folded.

use caseless::Caseless;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Different words of one text that can be found: those of three pages. Whoever sends longer ones cannot make them costly.
const WORDS: usize = 1_000;
/// One word in bytes: longer than those of any language; a longer one is found by its beginning.
const WORD_BYTES: usize = 64;

/// The versions of Unicode by which texts become words. Others make other words of the same text.
pub(crate) fn unicode() -> String {
    let (cases, forms) = (caseless::UNICODE_VERSION, unicode_normalization::UNICODE_VERSION);
    format!("{:?} {forms:?} {cases:?}", unicode_segmentation::UNICODE_VERSION)
}

/// The different words of a text, at most a thousand.
pub(crate) fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for word in folded(text).unicode_words() {
        if words.len() == WORDS {
            break;
        }
        words.insert(cut(word));
    }
    words
}

/// What is searched for: whole words, and the beginning of one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) whole: BTreeSet<String>,
    /// The last word, unless something follows it that ends it.
    pub(crate) beginning: Option<String>,
}

impl Words {
    /// Reads what somebody has typed; nothing of it may be words.
    pub(crate) fn read(typed: &str) -> Self {
        let folded = folded(typed);
        let mut whole: Vec<&str> = folded.unicode_words().collect();
        let unfinished = whole.last().is_some_and(|last| folded.ends_with(last));
        let beginning = if unfinished { whole.pop().map(cut) } else { None };
        Self { whole: whole.into_iter().map(cut).collect(), beginning }
    }

    /// Whether all of them are among the words of a text.
    pub(crate) fn are_in(&self, words: &BTreeSet<String>) -> bool {
        let begins = |beginning: &String| words.iter().any(|word| word.starts_with(beginning));
        self.whole.is_subset(words) && self.beginning.as_ref().is_none_or(begins)
    }

    /// Whether there is nothing to search for.
    pub(crate) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.beginning.is_none()
    }
}

fn folded(text: &str) -> String {
    text.nfkd().default_case_fold().nfkc().collect()
}

fn cut(word: &str) -> String {
    word.get(..word.floor_char_boundary(WORD_BYTES)).unwrap_or(word).to_owned()
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
