//! `dunlin simulate`: a portfolio of cases through strategies.

mod portfolio;
mod report;
mod results;

use crate::args::{EngineChoice, Format, Simulate as Args};
use crate::engine;
use crate::files;
use crate::problem::{Done, Problem};
use crate::progress::Progress;
use dunlin::Strategy;
use dunlin::machine::value::Date;
use dunlin::runtime::Interpreter;
use dunlin_simulate::{Portfolio, Summary, simulate};
use portfolio::Jobs;
use report::Report;
use results::Results;
use serde_json::json;
use std::path::Path;
use std::sync::Mutex;

/// Runs every strategy over the same cases.
pub fn run(args: &Args) -> Done {
    let mut results = args.out.as_deref().map(Results::new);
    let mut reports = Vec::new();
    for path in &args.files {
        let strategy = files::strategy_with(path, args.figures.as_deref())?;
        let jobs = portfolio::read(&strategy, &args.cases, args.events.as_deref())?;
        let until = until(args, &jobs)?;
        let portfolio = live(args, &strategy, &jobs, until)?;
        say_failures(args, &portfolio);
        let summary = Summary::of(strategy.machine(), &portfolio).map_err(Problem::input)?;
        let report = Report { strategy: &strategy, summary: &summary, until };
        if args.format == Format::Human {
            let apart = if reports.is_empty() { "" } else { "\n" };
            files::print(&format!("{apart}{}", report.human()))?;
        }
        reports.push(report.json());
        if let Some(results) = &mut results {
            results.add(&strategy, &portfolio)?;
        }
    }
    finish(args, results, &reports)
}

fn finish(args: &Args, results: Option<Results<'_>>, reports: &[serde_json::Value]) -> Done {
    let report = serde_json::to_string_pretty(&json!({ "strategies": reports })).map_err(Problem::failed)? + "\n";
    if args.format == Format::Json {
        files::print(&report)?;
    }
    if let Some((results, dir)) = results.zip(args.out.as_deref()) {
        results.finish()?;
        files::write(&dir.join("report.json"), &report)?;
        eprintln!("Written: {}", written(dir));
    }
    Ok(())
}

fn written(dir: &Path) -> String {
    ["cases.parquet", "effects.parquet", "report.json"].map(|name| dir.join(name).display().to_string()).join(", ")
}

fn until(args: &Args, jobs: &Jobs) -> Done<Date> {
    match &args.until {
        Some(text) => Date::parse(text).map_err(|error| Problem::usage(format!("--until {text}: {error}"))),
        None => jobs.last_day.ok_or_else(|| Problem::input(format!("{} holds no case", args.cases.display()))),
    }
}

fn live(args: &Args, strategy: &Strategy, jobs: &Jobs, until: Date) -> Done<Portfolio> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.map_or(cores, usize::from);
    let progress = Mutex::new(Progress::new(strategy.name(), u64::try_from(jobs.list.len()).ok()));
    let done = |cases: usize| {
        if let Ok(mut progress) = progress.lock() {
            progress.advance(cases as u64);
        }
    };
    let machine = strategy.machine();
    Ok(match args.engine {
        EngineChoice::Interpreter => simulate(machine, || Interpreter::new(machine), &jobs.list, until, threads, done),
        EngineChoice::Wasm => {
            let instance = engine::instance(&engine::module(strategy)?, strategy)?;
            simulate(machine, || instance.clone(), &jobs.list, until, threads, done)
        }
    })
}

/// More would hide the summary.
const SHOWN: usize = 10;

/// Cases that could not be run and events that were refused are said, and counted in the summary.
fn say_failures(args: &Args, portfolio: &Portfolio) {
    let failed = portfolio.cases.iter().filter_map(|case| case.as_ref().err());
    let mut words: Vec<String> =
        failed.map(|failed| format!("{}, case {}: {}", args.cases.display(), failed.id, failed.why)).collect();
    let events = args.events.as_ref().map_or_else(String::new, |path| path.display().to_string());
    for case in portfolio.cases.iter().flatten() {
        let refused = case.refused.iter();
        words.extend(refused.map(|event| {
            format!("{events}, line {}: case {} refused the event: {}", event.line, case.row.id, event.why)
        }));
    }
    words.iter().take(SHOWN).for_each(|words| eprintln!("{words}"));
    if words.len() > SHOWN {
        eprintln!("… and {} more", words.len() - SHOWN);
    }
}
