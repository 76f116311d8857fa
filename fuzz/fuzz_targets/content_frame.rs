//! libFuzzer's way into [`aside_fuzz::content_frame`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aside_fuzz::content_frame(data));
