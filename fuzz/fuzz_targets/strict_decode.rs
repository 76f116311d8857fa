//! libFuzzer's way into [`aside_fuzz::strict_decode`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aside_fuzz::strict_decode(data));
