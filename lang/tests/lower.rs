//! Every strategy that checks can be lowered: its machine is verified, stored and read back, and those in `lower` are
//! shown on a page. Dropping a file into the folder adds a page to review.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use dunlin_lang::check::{Sources, check};
use dunlin_lang::diagnostic::render;
use dunlin_lang::lower::lower;
use dunlin_lang::model::Model;
use dunlin_machine::ir::Machine;
use dunlin_machine::verify::{types, verify};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn find(module: &str) -> Option<(String, String)> {
    let path = format!("{}.dun", module.replace('.', "/"));
    let folders = [root().join("tests/modules"), root().join("../stdlib/packs")];
    let text = folders.iter().find_map(|folder| fs::read_to_string(folder.join(&path)).ok());
    text.map(|text| (path, text))
}

/// The model, where the file has no errors; otherwise what the checker says.
fn model(path: &Path) -> Result<Model, String> {
    let text = fs::read_to_string(path).expect("a fixture");
    let name = path.file_name().expect("a file").to_string_lossy();
    let rows = |rows: &str| fs::read_to_string(path.parent()?.join(rows)).ok();
    let checked = check(&Sources { main: (&name, &text), find: &find, rows: &rows });
    checked.model.ok_or_else(|| render(&checked.diagnostics, &checked.texts, false))
}

fn machine(path: &Path) -> Machine {
    let model = model(path).unwrap_or_else(|said| panic!("{}\n{said}", path.display()));
    let machine = lower(&model).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    agrees(&model, &machine);
    let bytes = machine.to_bytes();
    assert_eq!(Machine::from_bytes(&bytes).as_ref(), Ok(&machine), "{}", path.display());
    assert_eq!(lower(&model).expect("the same").to_bytes(), bytes, "{}", path.display());
    machine
}

/// The verifier works out the types that the checker gave.
fn agrees(model: &Model, machine: &Machine) {
    let types = types(machine).expect("a verified machine");
    let settled = types.get(machine.ledger.settled.index()).copied();
    assert_eq!(settled, Some(model.ledger.settled.ty));
    for (var, flat) in model.vars.iter().zip(&machine.vars) {
        assert_eq!(types.get(flat.start.index()).copied(), Some(var.start.ty));
    }
    let conditions = |m: &Model| m.stages.iter().flat_map(|stage| &stage.triggers).filter(|t| t.when.is_some()).count();
    let runs = machine.stages.iter().flat_map(|stage| machine.triggers.get(stage.triggers.range()).unwrap());
    assert_eq!(runs.filter(|trigger| trigger.when.is_some()).count(), conditions(model));
}

#[test]
fn strategies_on_a_page() {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::glob!("lower/*.dun", |path| insta::assert_snapshot!(machine(path).to_string()));
    });
}

#[test]
fn good_strategies_can_be_lowered() {
    insta::glob!("check_good/*.dun", |path| {
        machine(path);
    });
}

/// Examples use forms that are still to come; those that check can be lowered.
#[test]
fn examples_can_be_lowered() {
    let folders = fs::read_dir(root().join("../examples")).expect("the examples");
    let strategies = folders.map(|folder| folder.expect("a folder").path().join("strategy.dun"));
    let checked = strategies.filter(|path| path.exists() && model(path).is_ok());
    let lowered = checked.map(|path| verify(&machine(&path))).collect::<Vec<_>>();
    assert!(lowered.iter().all(Result::is_ok));
    assert!(!lowered.is_empty(), "no example checks");
}

#[test]
fn a_test_more_leaves_the_machine_as_it_is() {
    let strategy = "strategy acme \"Bills\"\ncurrency EUR\ntime zone Europe/Berlin\n\
                    facts { tag : text = \"a\" }\n\
                    stage reminder \"Reminder\" {\n    send reminder by email\n    after 14 days -> done\n}\n\
                    outcome done \"Done\"\n";
    let test = "test \"b stays b\" {\n    case claim 100 EUR due 2026-01-02, tag = \"b\"\n    open 2026-01-05\n    \
                expect tag \"b\"\n}\n";
    let lowered = |text: &str| {
        let checked = check(&Sources { main: ("acme.dun", text), find: &find, rows: &|_| None });
        let model = checked.model.unwrap_or_else(|| panic!("{}", render(&checked.diagnostics, &checked.texts, false)));
        lower(&model).expect("a machine").to_bytes()
    };
    assert_eq!(lowered(&format!("{strategy}{test}")), lowered(strategy));
}
