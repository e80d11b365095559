//! `dunlin build`: the machine of a strategy as a file, or as a WebAssembly module.

use crate::args::Build;
use crate::engine;
use crate::files;
use crate::output::count;
use crate::problem::{Done, Problem};

/// Writes the machine.
pub fn run(args: &Build) -> Done {
    let ending = args.output.extension().map(|ending| ending.to_string_lossy().into_owned());
    match ending.as_deref() {
        Some("dunm" | "wasm" | "txt") => {}
        _ => {
            return Err(Problem::usage(format!(
                "-o {}: a machine ends in .dunm, a WebAssembly module in .wasm, a machine for reading in .txt",
                args.output.display()
            )));
        }
    }
    let strategy = files::strategy(&args.file)?;
    let bytes = match ending.as_deref() {
        Some("wasm") => engine::emit(&strategy)?,
        Some("txt") => strategy.machine().to_string().into_bytes(),
        _ => strategy.to_bytes(),
    };
    files::write(&args.output, &bytes)?;
    let stages = count(strategy.machine().stages.len(), "stage", "stages");
    files::print(&format!(
        "{}: {} version {}, {stages}, {} bytes, hash {}\n",
        args.output.display(),
        strategy.name(),
        strategy.version(),
        bytes.len(),
        strategy.hash()
    ))
}
