//! Any bytes can be offered as a module: it is refused, or it runs without a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dunlin_fuzz::module(data));
