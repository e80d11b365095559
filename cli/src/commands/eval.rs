//! `dunlin eval`: the value of an expression.

use crate::args::{Eval as Args, Format};
use crate::commands::run::in_file;
use crate::files;
use crate::output;
use crate::problem::{Done, Problem};
use chrono::Datelike;
use dunlin::machine::value::Date;
use dunlin::{EvaluationError, evaluate};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Prints the value.
pub fn run(args: &Args) -> Done {
    let (strategy, uses) = strategy_and_modules(args);
    let sources = match &strategy {
        Some(path) => files::sources(path, files::text(path)?),
        None => files::sources(Path::new(""), String::new()),
    };
    let uses: Vec<&str> = uses.iter().map(String::as_str).collect();
    let case = args.case.as_deref().map(files::text).transpose()?;
    let today = match &args.today {
        Some(text) => Date::parse(text).map_err(|error| Problem::usage(format!("--today {text}: {error}")))?,
        None => clock()?,
    };
    let figures = args.figures.as_deref().map(|path| files::text(path).map(|text| (path.display().to_string(), text)));
    let figures = figures.transpose()?;
    let figures = figures.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
    let value = evaluate(&sources, &uses, &args.expression, case.as_deref(), today, figures);
    let value = value.map_err(|error| said(args, error))?;
    files::print(&match args.format {
        Format::Human => format!("{value}\n"),
        Format::Json => format!("{}\n", json!({ "expression": args.expression, "value": value })),
    })
}

/// A strategy among the modules is the one whose facts and parameters can be read.
fn strategy_and_modules(args: &Args) -> (Option<PathBuf>, Vec<String>) {
    let mut strategy = args.strategy.clone();
    let mut uses = Vec::new();
    for module in &args.uses {
        let path = PathBuf::from(format!("{}.dun", module.replace('.', "/")));
        if strategy.is_none() && declares_strategy(&path) {
            strategy = Some(path);
        } else {
            uses.push(module.clone());
        }
    }
    (strategy, uses)
}

fn declares_strategy(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    dunlin::lang::syntax::parse(&text).file.strategy().is_some()
}

/// The day on the computer's clock.
pub fn clock() -> Done<Date> {
    let today = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).date_naive();
    let day = u8::try_from(today.day()).ok().zip(u8::try_from(today.month()).ok());
    let date = day.and_then(|(day, month)| Date::new(today.year(), month, day));
    date.ok_or_else(|| Problem::failed("the computer's clock shows a day outside the years that Dunlin can count"))
}

fn said(args: &Args, error: EvaluationError) -> Problem {
    match error {
        EvaluationError::Diagnostics(diagnostics) => {
            eprint!("{}", diagnostics.render(output::colour_on_stderr()));
            Problem::said()
        }
        EvaluationError::Words(words) => Problem::input(words),
        EvaluationError::Case(error) => in_file(args.case.as_deref().unwrap_or(Path::new("the case")), &error),
    }
}
