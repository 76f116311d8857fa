//! libFuzzer's way into [`aside_fuzz::back_ends`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aside_fuzz::back_ends(data));
