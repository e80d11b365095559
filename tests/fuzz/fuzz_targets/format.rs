//! Formatting keeps the meaning, and formatting twice changes nothing.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dunlin_fuzz::format(data));
