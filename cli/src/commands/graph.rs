//! `dunlin graph`: the state chart of a strategy.

use crate::args::Graph as Args;
use crate::files;
use crate::graph::{Chart, dot, mermaid, svg};
use crate::problem::{Done, Problem};

/// Draws the chart.
pub fn run(args: &Args) -> Done {
    let ending = args.output.as_ref().map(|path| path.extension().map(|ending| ending.to_string_lossy().into_owned()));
    let write: fn(&Chart) -> String = match ending.as_ref().map(Option::as_deref) {
        None | Some(Some("mmd")) => mermaid::write,
        Some(Some("dot")) => dot::write,
        Some(Some("svg")) => svg::write,
        Some(_) => return Err(Problem::usage("-o OUT: a drawing ends in .svg, .dot or .mmd")),
    };
    let drawing = write(&Chart::of(&files::strategy(&args.file)?));
    match &args.output {
        Some(path) => files::write(path, drawing),
        None => files::print(&drawing),
    }
}
