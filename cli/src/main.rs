//! The command `dunlin`: the edge between the strategy and the world of files, clocks and terminals.
//!
//! Stays free of decisions about debt: it reads, calls the crate `dunlin`, and prints.

mod args;
mod commands;
mod engine;
mod files;
mod graph;
mod output;
mod problem;
mod progress;
mod tables;
mod templates;

use args::{Arguments, Command};
use clap::Parser;
use problem::Done;
use std::process::ExitCode;

/// Commands of later versions: asking for one is told in a sentence, not as a spelling mistake.
const NOT_YET: &[&str] = &["explain", "prove", "diff", "migrate", "lsp", "playground"];

fn main() -> ExitCode {
    if let Some(name) = std::env::args().nth(1).filter(|name| NOT_YET.contains(&name.as_str())) {
        eprintln!("This version of Dunlin does not have `dunlin {name}` yet.");
        return ExitCode::from(problem::WRONG_USAGE);
    }
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.report(),
    }
}

fn run(command: Command) -> Done {
    match command {
        Command::New(args) => commands::new::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Fmt(args) => commands::fmt::run(&args),
        Command::Test(args) => commands::test::run(&args),
        Command::Run(args) => commands::run::run(&args),
        Command::Timeline(args) => commands::timeline::run(&args),
        Command::Eval(args) => commands::eval::run(&args),
        Command::Build(args) => commands::build::run(&args),
        Command::Graph(args) => commands::graph::run(&args),
        Command::Simulate(args) => commands::simulate::run(&args),
        Command::Import(args) => commands::import::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
    }
}
