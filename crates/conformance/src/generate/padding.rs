//! `content/padding.json`.

use super::{
    Result,
    frames::CHAPTER,
    sheet::{Sheet, note},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_content::padding::pad;

pub(super) fn padding() -> Result<File> {
    let about = "Padding: a length, a frame, and zeros up to one of eight size classes.";
    let mut sheet = Sheet::new(Level::Content, CHAPTER, about);
    for length in [
        0, 1, 508, 509, 1_020, 1_021, 2_044, 2_045, 4_092, 4_093, 8_188, 8_189, 16_380, 16_381, 32_764,
        32_765, 65_532,
    ] {
        let comment = "The smallest class that holds four bytes and the frame.";
        let input = Fields::new().bytes("frame", vec![0x5A; length]);
        sheet.accept(note(format!("pad-{length}"), "CON-9", comment).threat("W8"), "pad", input)?;
    }
    let comment = "No class holds it.";
    let input = Fields::new().bytes("frame", vec![0x5A; 65_533]);
    sheet.refuse(note("pad-65533", "CON-9", comment), "pad", input, "limit")?;
    let input = |padded: &[u8]| Fields::new().bytes("padded", padded);
    let honest = pad(&[0x5A; 300])?;
    let comment = "What was padded is found again.";
    sheet.accept(note("unpad-honest", "CON-9", comment), "unpad", input(&honest))?;
    sheet.accept(note("unpad-empty-frame", "CON-9", "A frame of no bytes."), "unpad", input(&[0; 512]))?;
    for length in [508, 1_020, 2_044, 4_092, 8_188, 16_380, 32_764, 65_532] {
        let comment = "It fills its class: no zero follows.";
        let full = pad(&vec![0x5A; length])?;
        sheet.accept(note(format!("unpad-full-{}", length + 4), "CON-9", comment), "unpad", input(&full))?;
    }
    let set = |at: usize, value: u8| {
        let mut padded = honest.clone();
        if let Some(byte) = padded.get_mut(at) {
            *byte = value;
        }
        padded
    };
    let resized = |length: usize| {
        let mut padded = honest.clone();
        padded.resize(length, 0);
        padded
    };
    let length = |length: u32, class: usize| [length.to_be_bytes().as_slice(), &vec![0; class - 4]].concat();
    for (id, comment, padded) in [
        ("unpad-first-zero-is-not", "Something is hidden behind the frame.", set(304, 1)),
        ("unpad-last-zero-is-not", "Something is hidden at the end.", set(511, 0x80)),
        ("unpad-next-class", "The frame fits a smaller class.", resized(1_024)),
        ("unpad-511-bytes", "No class has 511 bytes.", resized(511)),
        ("unpad-513-bytes", "No class has 513 bytes.", resized(513)),
        ("unpad-nothing", "Not even a length.", Vec::new()),
        ("unpad-three-bytes", "Not even a length.", vec![0; 3]),
        ("unpad-length-alone", "A length and no class.", vec![0; 4]),
        ("unpad-length-beyond-the-end", "The frame would end after the plaintext.", length(509, 512)),
        ("unpad-greatest-length", "2^32 - 1.", length(u32::MAX, 512)),
        ("unpad-little-endian-length", "300 in the other byte order.", length(300u32.swap_bytes(), 512)),
        ("unpad-768-bytes", "A multiple of 256 is no power of two.", length(600, 768)),
        ("unpad-131072-bytes", "Beyond the greatest class.", length(65_533, 131_072)),
    ] {
        let note = note(id, "CON-9", comment).threat("W10").catches(&["ignore-padding"]);
        sheet.refuse(note, "unpad", input(&padded), "malformed")?;
    }
    Ok(sheet.finish())
}
