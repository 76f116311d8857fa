//! libFuzzer's way into [`aside_fuzz::life`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aside_fuzz::life(data));
