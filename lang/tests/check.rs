//! Every file in `check_bad` has errors or warnings, which its snapshot shows as authors see them; no file in
//! `check_good` has an error. Dropping a file into a folder adds a test.
#![allow(clippy::expect_used, reason = "a test may fail in the shortest way")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dunlin_lang::check::{Checked, Sources, check, expression};
use dunlin_lang::diagnostic::{Severity, codes::TABLE, render};

/// Modules of the tests, then the standard library.
fn find(module: &str) -> Option<(String, String)> {
    let path = format!("{}.dun", module.replace('.', "/"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("tests/modules"), root.join("../stdlib/packs")];
    let text = folders.iter().find_map(|folder| fs::read_to_string(folder.join(&path)).ok());
    text.map(|text| (path, text))
}

fn checked(path: &Path) -> Checked {
    let text = fs::read_to_string(path).expect("a fixture");
    let name = path.file_name().expect("a file").to_string_lossy();
    let rows = |rows: &str| fs::read_to_string(path.parent()?.join(rows)).ok();
    check(&Sources { main: (&name, &text), find: &find, rows: &rows })
}

#[test]
fn bad_files_say_what_is_wrong() {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::glob!("check_bad/*.dun", |path| {
            let checked = checked(path);
            assert!(!checked.diagnostics.is_empty(), "{} has nothing wrong", path.display());
            let errors = checked.diagnostics.iter().any(|d| d.severity == Severity::Error);
            assert_eq!(checked.model.is_none(), errors, "a model comes out exactly where there is no error");
            insta::assert_snapshot!(render(&checked.diagnostics, &checked.texts, false));
        });
    });
}

#[test]
fn good_files_have_no_errors() {
    insta::glob!("check_good/*.dun", |path| {
        let checked = checked(path);
        let errors: Vec<_> = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
        assert!(errors.is_empty(), "{}\n{}", path.display(), render(&errors, &checked.texts, false));
        assert!(checked.model.is_some());
    });
}

fn packs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            packs(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "dun") {
            found.push(path);
        }
    }
}

#[test]
fn the_standard_library_has_no_errors() {
    let mut found = Vec::new();
    packs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../stdlib/packs"), &mut found);
    assert!(!found.is_empty());
    for path in found {
        let checked = checked(&path);
        assert!(checked.diagnostics.is_empty(), "{}", render(&checked.diagnostics, &checked.texts, false));
    }
}

#[test]
fn every_number_of_the_checker_has_a_failing_file() {
    let mut seen = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_bad");
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        seen.extend(checked(&path).diagnostics.iter().map(|d| d.code));
    }
    let ours = |number: u16| (100..700).contains(&number) || (701..900).contains(&number);
    // Only a machine with more parts than 16 bits can number, and a table tangled on purpose, bring these about.
    let out_of_reach = [226, 511];
    let missing: Vec<String> = TABLE
        .iter()
        .filter(|entry| ours(entry.code.number()) && !out_of_reach.contains(&entry.code.number()))
        .filter(|entry| !seen.contains(&entry.code))
        .map(|entry| format!("{} {}", entry.code, entry.title))
        .collect();
    assert!(missing.is_empty(), "no file in check_bad brings about: {missing:#?}");
}

#[test]
fn errors_of_one_declaration_do_not_spread() {
    let text = "strategy s\ntime zone UTC\nfacts { score : nonsense }\nparam p : duration = 5\nvar v : money = 3 days\n\
                stage a { after p when score > 5 -> b\n every 1 day: set v = score }\noutcome b";
    let checked = check(&Sources { main: ("s.dun", text), find: &|_| None, rows: &|_| None });
    let codes: Vec<String> = checked.diagnostics.iter().map(|d| d.code.to_string()).collect();
    assert_eq!(codes, ["D0106", "D0200", "D0200"], "{}", render(&checked.diagnostics, &checked.texts, false));
}

#[test]
fn an_expression_is_checked_against_modules_and_strategies() {
    let nothing = Sources { main: ("", ""), find: &find, rows: &|_| None };
    let checked = expression(&nothing, &["tariffs.north"], "letter_cost * 3 + 2.50 EUR");
    assert!(checked.expression.is_some(), "{}", render(&checked.diagnostics, &checked.texts, false));
    let text = "strategy s\ntime zone UTC\nparam cost : money = 2 EUR\nstage a { }";
    let strategy = Sources { main: ("s.dun", text), find: &find, rows: &|_| None };
    assert!(expression(&strategy, &[], "balance + cost > 5 EUR").expression.is_some());
    let wrong = expression(&strategy, &[], "balance + 5");
    assert!(wrong.expression.is_none());
    insta::assert_snapshot!(render(&wrong.diagnostics, &wrong.texts, false));
}

/// Whatever is left out of a good file, the checker comes to an end, and says something where it gives no model.
#[test]
fn no_missing_line_or_word_brings_the_checker_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_good");
    for entry in fs::read_dir(folder).expect("a folder") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a fixture");
        let lines: Vec<&str> = text.lines().collect();
        for n in 0..lines.len() {
            let without: Vec<&str> =
                lines.iter().enumerate().filter(|(at, _)| *at != n).map(|(_, line)| *line).collect();
            comes_to_an_end(&without.join("\n"));
        }
        let words: Vec<&str> = text.split_inclusive([' ', '\n']).collect();
        for n in (0..words.len()).step_by(7) {
            let changed = |(at, word): (usize, &&str)| if at == n { "x ".to_owned() } else { (*word).to_owned() };
            comes_to_an_end(&words.iter().enumerate().map(changed).collect::<String>());
        }
    }
}

fn comes_to_an_end(text: &str) {
    let checked = check(&Sources { main: ("changed.dun", text), find: &find, rows: &|_| None });
    let library = !text.contains("strategy ");
    let errors = checked.diagnostics.iter().any(|d| d.severity == Severity::Error);
    assert!(checked.model.is_some() || errors || library, "neither a model nor an error:\n{text}");
    render(&checked.diagnostics, &checked.texts, false);
}
