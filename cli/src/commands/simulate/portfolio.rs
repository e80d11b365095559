//! Reads the tables of cases and events.

use crate::problem::{Done, Problem};
use crate::tables::{Row, Source, Table, TableError};
use dunlin::machine::value::{Currency, Date, Instant};
use dunlin::{CaseInput, Error, EventInput, Moment, Strategy};
use dunlin_simulate::{Job, TimedEvent, When};
use std::collections::BTreeMap;
use std::path::Path;

/// The cases with their events.
pub struct Jobs {
    /// In the order of the table.
    pub list: Vec<Job>,
    /// The last day on which a case opens or something happens.
    pub last_day: Option<Date>,
}

/// More would scroll the first ones off the screen, and they are mostly the same.
const SHOWN: usize = 20;

/// Reads both tables whole, or says everything that is wrong with them.
pub fn read(strategy: &Strategy, cases: &Path, events: Option<&Path>) -> Done<Jobs> {
    let mut reader = Reader { strategy, problems: Vec::new(), jobs: Vec::new(), numbers: BTreeMap::new() };
    reader.cases(cases)?;
    if let Some(events) = events {
        reader.events(events)?;
    }
    reader.finish()
}

struct Reader<'s> {
    strategy: &'s Strategy,
    problems: Vec<String>,
    jobs: Vec<Job>,
    numbers: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn cases(&mut self, path: &Path) -> Done {
        let table = Table::open(path).map_err(Problem::input)?;
        table.require(&["id", "opened", "principal", "due"]).map_err(Problem::input)?;
        let source = table.source().clone();
        CaseInput::check_columns(self.strategy, table.columns()).map_err(|error| in_header(&source, &error))?;
        for row in table {
            match row.map_err(|error| vec![error.to_string()]).and_then(|row| self.case(&source, &row)) {
                Ok(()) => {}
                Err(found) => self.problems.extend(found),
            }
        }
        Ok(())
    }

    fn case(&mut self, source: &Source, row: &Row) -> Result<(), Vec<String>> {
        let input =
            CaseInput::from_row(self.strategy, row.line, &row.cells).map_err(|error| in_row(source, row, &error))?;
        let id = input.opening.id.clone();
        if self.numbers.insert(id.clone(), self.jobs.len()).is_some() {
            return Err(vec![cell(
                source,
                row,
                "id",
                &format!("is \"{id}\", as of an earlier row; each case has its own"),
            )]);
        }
        self.jobs.push(Job { opening: input.opening, at: input.at, events: Vec::new() });
        Ok(())
    }

    fn events(&mut self, path: &Path) -> Done {
        let table = Table::open(path).map_err(Problem::input)?;
        table.require(&["case_id", "at", "event"]).map_err(Problem::input)?;
        let source = table.source().clone();
        EventInput::check_columns(self.strategy, table.columns()).map_err(|error| in_header(&source, &error))?;
        for row in table {
            match row.map_err(|error| vec![error.to_string()]).and_then(|row| self.event(&source, &row)) {
                Ok(()) => {}
                Err(found) => self.problems.extend(found),
            }
        }
        Ok(())
    }

    fn event(&mut self, source: &Source, row: &Row) -> Result<(), Vec<String>> {
        let case = match row.cells.get("case_id") {
            Some(serde_json::Value::String(id)) => id.clone(),
            Some(id) => id.to_string(),
            None => return Err(vec![cell(source, row, "case_id", "is empty; every event names its case")]),
        };
        let Some(job) = self.numbers.get(&case).and_then(|number| self.jobs.get_mut(*number)) else {
            return Err(vec![cell(
                source,
                row,
                "case_id",
                &format!("is \"{case}\", and no such case stands in the table of cases"),
            )]);
        };
        let currency = currency(self.strategy, job);
        let read = EventInput::from_row(self.strategy, currency, row.line, &row.cells);
        let event = read.map_err(|error| in_row(source, row, &error))?;
        let at = match event.at {
            Moment::Day(day) => When::Day(day),
            Moment::At(at) => When::At(at),
        };
        job.events.push(TimedEvent { at, event: event.event, line: event.line });
        Ok(())
    }

    fn finish(mut self) -> Done<Jobs> {
        if !self.problems.is_empty() {
            let more = self.problems.len().saturating_sub(SHOWN);
            self.problems.truncate(SHOWN);
            if more > 0 {
                self.problems.push(format!("… and {more} more"));
            }
            return Err(Problem::input(self.problems.join("\n")));
        }
        let strategy = self.strategy;
        let mut last_day = None;
        for job in &mut self.jobs {
            // Tables are sorted by anything; what happened first comes first, and rows of one instant in their order.
            job.events.sort_by_key(|event| instant(strategy, event));
            let days = job.events.iter().map(|event| day(strategy, event)).chain([strategy.local(job.at).0]);
            last_day = days.chain(last_day).max();
        }
        Ok(Jobs { list: self.jobs, last_day })
    }
}

fn currency(strategy: &Strategy, job: &Job) -> Currency {
    let known = &strategy.machine().currencies;
    let own = known.iter().find(|currency| Some(currency.code()) == job.opening.currency.as_deref());
    own.or(known.first()).copied().unwrap_or(Currency::EUR)
}

fn instant(strategy: &Strategy, event: &TimedEvent) -> Option<Instant> {
    match event.at {
        When::At(at) => Some(at),
        When::Day(day) => strategy.midnight(day),
    }
}

fn day(strategy: &Strategy, event: &TimedEvent) -> Date {
    match event.at {
        When::At(at) => strategy.local(at).0,
        When::Day(day) => day,
    }
}

fn in_header(source: &Source, error: &Error) -> Problem {
    let problems = error.problems().iter().map(|problem| format!("{}: the column {problem}", source.file()));
    Problem::input(problems.collect::<Vec<_>>().join("\n"))
}

fn in_row(source: &Source, row: &Row, error: &Error) -> Vec<String> {
    let problems = error.problems().iter();
    problems.map(|problem| cell(source, row, &problem.field, &problem.sentence)).collect()
}

fn cell(source: &Source, row: &Row, column: &str, sentence: &str) -> String {
    let error: TableError = source.in_row(row.line, format_args!("`{column}` {sentence}"));
    error.to_string()
}
