//! `dunlin completions`: what a shell completes.

use crate::args::{Arguments, Completions};
use crate::files;
use crate::problem::{Done, Problem};
use clap::CommandFactory;

/// Prints the completions.
pub fn run(args: &Completions) -> Done {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "dunlin", &mut text);
    let text = String::from_utf8(text).map_err(Problem::failed)?;
    files::print(&text)
}
