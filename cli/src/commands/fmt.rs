//! `dunlin fmt`: the one layout.

use crate::args::Fmt;
use crate::files;
use crate::output::{self, count};
use crate::problem::{Done, Problem};
use dunlin::lang::diagnostic::{Sources, render};
use dunlin::lang::syntax;
use std::path::Path;

/// Lays every file out, or says which are not.
pub fn run(args: &Fmt) -> Done {
    if args.to.as_deref() == Some("de") {
        return Err(Problem::usage("This version of Dunlin does not have the German words of the language yet."));
    }
    let (mut changed, mut broken) = (0, 0);
    for path in &args.files {
        match one(path, args.check)? {
            Found::AsIs => {}
            Found::Other => changed += 1,
            Found::Broken => broken += 1,
        }
    }
    if broken > 0 {
        return Err(Problem::input(format!(
            "{} left as it is: a text with errors is not touched",
            count(broken, "file", "files")
        )));
    }
    if args.check && changed > 0 {
        return Err(Problem::input(format!(
            "{} laid out otherwise; `dunlin fmt` changes that",
            count(changed, "file is", "files are")
        )));
    }
    Ok(())
}

enum Found {
    AsIs,
    Other,
    Broken,
}

fn one(path: &Path, check: bool) -> Done<Found> {
    let text = files::text(path)?;
    let formatted = match syntax::format(&text) {
        Ok(formatted) => formatted,
        Err(diagnostics) => {
            let sources = Sources::single(path.display().to_string(), text);
            eprint!("{}", render(&diagnostics, &sources, output::colour_on_stderr()));
            return Ok(Found::Broken);
        }
    };
    if formatted == text {
        return Ok(Found::AsIs);
    }
    if !check {
        files::write(path, &formatted)?;
    }
    files::print(&format!("{}\n", path.display()))?;
    Ok(Found::Other)
}
