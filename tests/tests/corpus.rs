//! The corpus of the fuzz targets, run through what they try, so that nothing that was found once comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
mod properties;

fn each(target: &str, holds: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the corpus of the target") {
        let path = entry.expect("an entry").path();
        println!("{}", path.display());
        holds(&fs::read(&path).expect("a file of the corpus"));
        count += 1;
    }
    assert!(count > 0, "the corpus of {target} is empty");
}

#[test]
fn any_bytes_are_read_and_judged() {
    each("parse", properties::parse);
}

#[test]
fn formatting_keeps_the_tree() {
    each("format", properties::format);
}

#[test]
fn any_bytes_are_restored_or_refused() {
    each("restore", properties::restore);
}

#[test]
fn any_bytes_are_a_module_or_refused() {
    each("module", properties::module);
}

#[test]
fn any_seed_does_the_same_in_every_engine() {
    each("pair", properties::pair);
}

#[test]
fn any_bytes_are_loaded_or_refused() {
    each("load", properties::load);
}
