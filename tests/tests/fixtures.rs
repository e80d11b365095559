//! The tests that stand in the checker's good files pass, and each of them can fail: what a form is said to do there,
//! the interpreter does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use dunlin::{Sources, check, run_test};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lang/tests").join(name)
}

/// A module beside the fixtures, else one of the standard library.
fn find(module: &str) -> Option<(String, String)> {
    let name = format!("{}.dun", module.replace('.', "/"));
    let folders = [folder("modules"), folder("../../stdlib/packs")];
    let text = folders.iter().find_map(|folder| fs::read_to_string(folder.join(&name)).ok());
    text.map(|text| (name, text))
}

/// What the tests of a file found, and how many there are.
fn failures(path: &Path) -> (usize, Vec<String>) {
    let text = fs::read_to_string(path).expect("a fixture");
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    let rows = |rows: &str| fs::read_to_string(path.parent()?.join(rows)).ok();
    let checked = check(&Sources::new(name.clone(), text).with_modules(find).with_rows(rows));
    let (strategy, model) = checked.strategy.zip(checked.model).unwrap_or_else(|| panic!("{name} has errors"));
    let tested: Vec<_> = model.tests.iter().map(|test| run_test(&strategy, &model, test)).collect();
    let failed = tested.iter().filter_map(|tested| Some((tested, tested.failure.as_ref()?)));
    let failed = failed.map(|(tested, failure)| {
        format!("{name}:{}: {}: `{}`, but {}", failure.line, tested.title, failure.expected, failure.found)
    });
    (tested.len(), failed.collect())
}

#[test]
fn what_good_files_expect_happens() {
    let mut count = 0;
    let mut failed = Vec::new();
    for entry in fs::read_dir(folder("check_good")).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "dun") {
            let (tests, found) = failures(&path);
            count += tests;
            failed.extend(found);
        }
    }
    assert!(count > 10, "only {count} tests were found");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
