//! Files of figures for the strategy in `figures`: every file in `figures_bad` has errors or warnings, which its snapshot
//! shows as authors see them; those in `figures` fit. Dropping a file into `figures_bad` adds a test.
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail in the shortest way")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dunlin_lang::check::{CheckedFigures, Sources, check, figures};
use dunlin_lang::diagnostic::{Severity, codes::TABLE, render};
use dunlin_lang::lower::lower;
use dunlin_machine::binary::MachineHash;
use dunlin_machine::ir::{Figure, Machine};
use dunlin_machine::value::Date;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn find(module: &str) -> Option<(String, String)> {
    let path = format!("{}.dun", module.replace('.', "/"));
    let text = fs::read_to_string(folder("../../stdlib/packs").join(&path)).ok()?;
    Some((path, text))
}

fn strategy() -> Machine {
    machine("figures/strategy.dun")
}

fn machine(path: &str) -> Machine {
    let text = fs::read_to_string(folder(path)).expect("the strategy");
    let checked = check(&Sources { main: ("strategy.dun", &text), find: &find, rows: &|_| None });
    let model = checked.model.unwrap_or_else(|| panic!("{}", render(&checked.diagnostics, &checked.texts, false)));
    lower(&model).expect("a machine")
}

fn checked(path: &Path) -> CheckedFigures {
    let text = fs::read_to_string(path).expect("a fixture");
    figures(&path.file_name().expect("a file").to_string_lossy(), &text, &strategy())
}

#[test]
fn bad_figures_say_what_is_wrong() {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::glob!("figures_bad/*.dun", |path| {
            let checked = checked(path);
            assert!(!checked.diagnostics.is_empty(), "{} has nothing wrong", path.display());
            let errors = checked.diagnostics.iter().any(|d| d.severity == Severity::Error);
            assert_eq!(checked.rows.is_none(), errors, "rows come out exactly where there is no error");
            insta::assert_snapshot!(render(&checked.diagnostics, &checked.texts, false));
        });
    });
}

#[test]
fn every_number_of_figures_has_a_failing_file() {
    let files = fs::read_dir(folder("figures_bad")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let seen: BTreeSet<_> = files.flat_map(|path| checked(&path).diagnostics).map(|found| found.code).collect();
    let ours = TABLE.iter().filter(|entry| (900..1000).contains(&entry.code.number()));
    let missing: Vec<String> = ours.filter(|entry| !seen.contains(&entry.code)).map(|e| e.code.to_string()).collect();
    assert!(missing.is_empty(), "no file in figures_bad brings about {missing:?}");
}

/// The value of that name on a day.
fn on(machine: &Machine, name: &str, day: &str) -> Option<Figure> {
    let named = |id: dunlin_machine::ir::TextId| machine.texts[id.index()] == name;
    let dated = machine.dated.iter().find(|dated| named(dated.name)).expect("the value");
    dated.on(Date::parse(day).expect("a day"))
}

#[test]
fn later_rows_go_on_where_the_machine_ends_and_leave_its_hash() {
    let mut machine = strategy();
    let (hash, bytes): (MachineHash, Vec<u8>) = (machine.hash(), machine.to_bytes());
    assert_eq!(on(&machine, "postage", "2027-03-01"), Some(Figure { value: 95, provisional: true, added: false }));
    let rows = checked(&folder("figures/later_rows.dun")).rows.expect("rows that fit");
    machine.add_rows(rows).expect("rows that fit");
    let own = Figure { value: 95, provisional: false, added: false };
    assert_eq!(on(&machine, "postage", "2026-12-31"), Some(own));
    assert_eq!(on(&machine, "postage", "2027-01-01"), Some(Figure { value: 105, added: true, ..own }));
    assert_eq!(on(&machine, "postage", "2027-12-31"), Some(Figure { value: 110, added: true, ..own }));
    assert_eq!(on(&machine, "postage", "2028-01-01"), Some(Figure { value: 110, added: true, provisional: true }));
    assert_eq!(on(&machine, "postage", "2021-12-31"), None);
    assert_eq!((machine.hash(), machine.to_bytes()), (hash, bytes), "cases go on with the machine that they have");
    assert_eq!(machine.figure_files(), ["later_rows.dun"]);
}

#[test]
fn interest_looks_at_the_days_of_added_rows() {
    let mut machine = strategy();
    let rows = checked(&folder("figures/later_rows.dun")).rows.expect("rows that fit");
    machine.add_rows(rows).expect("rows that fit");
    let changes = &machine.ledger.interest.as_ref().expect("interest").added_changes;
    let days: Vec<String> = changes.iter().map(Date::to_string).collect();
    assert_eq!(days, ["2026-01-01", "2027-01-01", "2027-07-01"]);
}

#[test]
fn rows_that_do_not_fit_leave_the_machine_as_it_was() {
    let mut machine = strategy();
    let rows = checked(&folder("figures/later_rows.dun")).rows.expect("rows that fit");
    let mut early = rows.clone();
    early[0].1.rows[0].0 = Date::parse("2025-01-01").expect("a day");
    assert!(machine.add_rows(early).is_err());
    let mut late = rows;
    late[0].1.verified_until = Date::parse("2027-06-30").ok();
    assert!(machine.add_rows(late).is_err());
    assert_eq!(machine, strategy());
}

#[test]
fn later_amounts_go_on_in_each_currency() {
    let mut machine = machine("figures/currencies.dun");
    let text = fs::read_to_string(folder("figures/later_amounts.dun")).expect("a fixture");
    let found = figures("later_amounts.dun", &text, &machine);
    let rows = found.rows.unwrap_or_else(|| panic!("{}", render(&found.diagnostics, &found.texts, false)));
    machine.add_rows(rows).expect("rows that fit");
    let day = Date::parse("2027-01-01").expect("a day");
    let values: Vec<_> = machine.dated.iter().filter_map(|dated| dated.on(day)).map(|figure| figure.value).collect();
    assert_eq!(values, [105, 130], "in euros, in francs");
}
