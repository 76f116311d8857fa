//! libFuzzer's way into [`aside_fuzz::session_forged`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aside_fuzz::session_forged(data));
