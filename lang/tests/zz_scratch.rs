//! Scratch.
use std::fs;
#[test]
fn scratch() {
    let path = std::env::var("SCRATCH").unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let find = |module: &str| {
        let path = format!("{}.dun", module.replace('.', "/"));
        fs::read_to_string(format!("../stdlib/packs/{path}")).ok().map(|t| (path, t))
    };
    let checked = dunlin_lang::check::check(&dunlin_lang::check::Sources { main: ("s.dun", &text), find: &find });
    println!("{}", dunlin_lang::diagnostic::render(&checked.diagnostics, &checked.texts, false));
    if let Some(model) = &checked.model {
        match dunlin_lang::lower::lower(model) {
            Ok(machine) => { if std::env::var("PAGE").is_ok() { println!("{machine}") } else { println!("lowered") } }
            Err(error) => println!("{error}"),
        }
    }
}
