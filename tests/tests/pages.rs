//! Each diagnostic has a failing fixture and a page that shows it as it is printed today.

use std::process::Command;

#[test]
fn each_number_has_a_fixture_and_an_up_to_date_page() {
    let ran =
        Command::new(env!("CARGO_BIN_EXE_pages")).arg("--check").output().expect("the program that writes the pages");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}
