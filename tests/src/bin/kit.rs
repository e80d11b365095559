//! Writes the conformance kit into a folder: modules, and cases as JSON lines with what is to come of them.
//!
//! `kit DIR [MACHINES [HISTORIES]]`. Every case is run by the interpreter, by the second evaluator and by the module under
//! wasmi and under wasmtime before it is written; where one differs, nothing is written and the difference is said.

use dunlin_tests::generate::Version;
use dunlin_tests::kit;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("kit DIR [MACHINES [HISTORIES]]")?);
    let mut number = |otherwise: usize| match arguments.next() {
        Some(text) => text.parse::<usize>().map_err(|why| format!("{text}: {why}")),
        None => Ok(otherwise),
    };
    let (machines, histories) = (number(54)?, number(40)?);
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let engine = dunlin_wasm::Engine::new().map_err(|why| why.to_string())?;
    // As many machines of each version of the generator.
    let per_version = machines.div_ceil(Version::SEEDS.len());
    let (mut text, mut cases, mut steps, mut bytes) = (String::new(), 0, 0, Vec::new());
    for first in Version::SEEDS {
        for seed in first..first + per_version as u64 {
            let machine = kit::machine(seed)?;
            let lines = kit::lines(&machine, histories as u64)?;
            steps += kit::agree(&machine, &engine, histories as u64)?;
            cases += lines.len();
            lines.iter().for_each(|line| _ = writeln!(text, "{line}"));
            bytes.push(machine.wasm.len());
            write(&folder.join(&machine.file), &machine.wasm)?;
            write(&folder.join(&machine.file).with_extension("dunm"), &machine.compiled.machine.to_bytes())?;
        }
    }
    write(&folder.join("cases.jsonl"), text.as_bytes())?;
    bytes.sort_unstable();
    let middle = bytes.get(bytes.len() / 2).copied().unwrap_or(0);
    println!("{} machines (modules of {middle} bytes in the middle), {cases} cases, {steps} steps", bytes.len());
    for host in ["interpreter", "second evaluator", "wasmi", "wasmtime"] {
        println!("{{\"host\":\"{host}\",\"passed\":{cases},\"failed\":0}}");
    }
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(file, bytes).map_err(|why| format!("{}: {why}", file.display()))
}
