//! What is looked for, in every form in which it could lie around.

use aho_corasick::AhoCorasick;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes to find, by name.
pub(crate) struct Traces {
    /// What each of the forms is, in their order.
    names: Vec<String>,
    forms: AhoCorasick,
}

impl Traces {
    /// Texts: as they are, in UTF-16, in base64 and in hexadecimal digits.
    pub(crate) fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms = BTreeMap::new();
        for text in texts {
            let wide: Vec<u16> = text.encode_utf16().collect();
            let little: Vec<u8> = wide.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = wide.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            add(&mut forms, text, "utf-16", vec![little, big]);
            add_bytes(&mut forms, text, text.as_bytes());
        }
        Self::of(forms)
    }

    /// Keys: of each either half, for half a key is found as easily as a whole one, and half a copy is one too many.
    pub(crate) fn of_keys(keys: &[(String, [u8; 32])]) -> Self {
        let mut forms = BTreeMap::new();
        for (name, key) in keys {
            for half in key.chunks(16) {
                add_bytes(&mut forms, name, half);
            }
        }
        Self::of(forms)
    }

    fn of(forms: BTreeMap<Vec<u8>, String>) -> Self {
        let (forms, names): (Vec<_>, Vec<_>) = forms.into_iter().unzip();
        Self { names, forms: AhoCorasick::new(forms).unwrap() }
    }

    /// What of it is in there, and in which form.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> BTreeSet<&str> {
        self.forms.find_overlapping_iter(bytes).map(|found| self.names[found.pattern()].as_str()).collect()
    }
}

fn add_bytes(forms: &mut BTreeMap<Vec<u8>, String>, name: &str, bytes: &[u8]) {
    let hex = |digits: fn(&u8) -> String| bytes.iter().map(digits).collect::<String>().into_bytes();
    add(forms, name, "as it is", vec![bytes.to_vec()]);
    add(
        forms,
        name,
        "hexadecimal",
        vec![hex(|byte| format!("{byte:02x}")), hex(|byte| format!("{byte:02X}"))],
    );
    let shifts = (0..3).flat_map(|shift| [base64(bytes, shift, b"+/"), base64(bytes, shift, b"-_")]);
    add(forms, name, "base64", shifts.collect());
}

fn add(forms: &mut BTreeMap<Vec<u8>, String>, name: &str, form: &str, bytes: Vec<Vec<u8>>) {
    forms.extend(bytes.into_iter().map(|bytes| (bytes, format!("{name} ({form})"))));
}

/// The characters that stand for these bytes alone, when so many bytes stand before them in their group of three.
fn base64(bytes: &[u8], shift: usize, last: &[u8; 2]) -> Vec<u8> {
    let alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*last).collect();
    let bit = |n: usize| bytes[n / 8] >> (7 - n % 8) & 1;
    // The first whole character begins at a multiple of six bits from the start of the group.
    let first = (6 - shift * 8 % 6) % 6;
    let starts = (first..).step_by(6).take_while(|start| start + 6 <= bytes.len() * 8);
    starts
        .map(|start| alphabet[(start..start + 6).fold(0, |value, n| value << 1 | usize::from(bit(n)))])
        .collect()
}

#[test]
fn every_form_of_a_text_and_a_key_is_found() {
    let traces = Traces::of_texts(["canary"]);
    // base64 of "canary", "xcanary!" and "xxcanary".
    for text in ["..canary..", "63616e617279", "63616E617279", "Y2FuYXJ5", "eGNhbmFyeSE=", "eHhjYW5hcnk="] {
        assert_eq!(traces.found_in(text.as_bytes()).len(), 1, "{text}");
    }
    assert_eq!(traces.found_in(b"c\0a\0n\0a\0r\0y\0").len(), 1);
    assert_eq!(traces.found_in(b"\0c\0a\0n\0a\0r\0y").len(), 1);
    assert!(traces.found_in(b"canar canury Y2FuYXJ eGNhbmF").is_empty());
    let key: [u8; 32] = std::array::from_fn(|n| u8::try_from(n).unwrap() * 7 + 3);
    let traces = Traces::of_keys(&[("key".to_owned(), key)]);
    for half in [&key[..16], &key[16..]] {
        assert_eq!(traces.found_in(&[b"x", half, b"y"].concat()), ["key (as it is)"].into());
    }
    assert!(traces.found_in(&key[1..16]).is_empty());
}
