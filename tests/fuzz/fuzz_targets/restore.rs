//! Any bytes can be offered as a saved case: it is refused, or it goes on without a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dunlin_fuzz::restore(data));
