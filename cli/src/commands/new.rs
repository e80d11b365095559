//! `dunlin new`: a first strategy, ready to run.

use crate::args::New as Args;
use crate::files;
use crate::problem::{Done, Problem};
use std::path::Path;

const FILES: &[(&str, &str)] = &[
    ("strategy.dun", include_str!("../first/strategy.dun")),
    ("case.json", include_str!("../first/case.json")),
    ("events.jsonl", include_str!("../first/events.jsonl")),
];

/// Makes the folder and writes the files.
pub fn run(args: &Args) -> Done {
    let dir = &args.dir;
    if dir.exists() && !is_empty(dir) {
        return Err(Problem::input(format!("{} is there already and is not empty; name a new folder", dir.display())));
    }
    files::make_folder(dir)?;
    for (name, text) in FILES {
        files::write(&dir.join(name), text)?;
    }
    let dir = dir.display();
    files::print(&format!(
        "{dir}: a strategy with tests, a case and its events. Try:\n\n  \
         cd {dir}\n  \
         dunlin check strategy.dun\n  \
         dunlin test strategy.dun\n  \
         dunlin run strategy.dun --case case.json --events events.jsonl --until 2026-03-31\n  \
         dunlin timeline strategy.dun\n  \
         dunlin graph strategy.dun -o strategy.svg\n"
    ))
}

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}
