//! Any bytes can be read as a strategy: what is wrong is said, and nothing panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dunlin_fuzz::parse(data));
