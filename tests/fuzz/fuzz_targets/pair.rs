//! Any seed gives a strategy and a history that do the same in every engine.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dunlin_fuzz::pair(data));
