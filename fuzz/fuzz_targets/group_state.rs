//! libFuzzer's way into [`aside_fuzz::group_state`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aside_fuzz::group_state(data));
