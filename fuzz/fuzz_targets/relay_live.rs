//! libFuzzer's way into [`aside_fuzz::relay_live`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aside_fuzz::relay_live(data));
