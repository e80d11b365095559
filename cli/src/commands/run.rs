//! `dunlin run`: one case, event by event.

use super::story;
use crate::args::{EngineChoice, Run as Args, RunFormat};
use crate::engine;
use crate::files;
use crate::output::{self, Ink, ink};
use crate::problem::{Done, Problem};
use dunlin::machine::value::{Currency, Date, Duration, Instant};
use dunlin::{Case, CaseInput, Error, EventInput, Interpreter, Lines, Run, Step, Story, Strategy, Told};
use serde_json::{Value, json};
use std::path::Path;

/// Runs the case and prints what happened.
pub fn run(args: &Args) -> Done {
    let strategy = files::strategy_with(&args.file, args.figures.as_deref())?;
    let start = start(&strategy, args)?;
    let events = events(&strategy, start.currency(&strategy), args.events.as_deref())?;
    let until = args.until.as_deref().map(|text| until(&strategy, text)).transpose()?;
    if until.is_some_and(|until| until < start.at()) {
        return Err(Problem::usage("--until lies before the instant at which the case begins"));
    }
    let mut journal = Journal::new(&strategy, start.currency(&strategy), args.format);
    let mut run = begin(&strategy, start, args, &mut journal)?;
    let end = live(&mut run, &events, until, &mut journal);
    let case = run.into_case();
    journal.finish(&case)?;
    end?;
    if let Some(path) = &args.save {
        files::write(path, case.save())?;
    }
    journal.complain(args.events.as_deref())
}

/// Where a run begins.
enum Start {
    Opening(Box<CaseInput>),
    Saved(Box<Case>),
}

impl Start {
    fn at(&self) -> Instant {
        match self {
            Self::Saved(case) => case.now(),
            Self::Opening(input) => input.at,
        }
    }

    fn currency(&self, strategy: &Strategy) -> Currency {
        let machine = strategy.machine();
        match self {
            Self::Saved(case) => strategy.currency_of(case.state()),
            Self::Opening(input) => {
                let code = input.opening.currency.as_deref();
                let known = machine.currencies.iter().find(|currency| Some(currency.code()) == code);
                known.or(machine.currencies.first()).copied().unwrap_or(Currency::EUR)
            }
        }
    }
}

fn start(strategy: &Strategy, args: &Args) -> Done<Start> {
    if let Some(path) = &args.resume {
        return saved(strategy, path).map(|case| Start::Saved(Box::new(case)));
    }
    let path = args.case.as_deref().ok_or_else(|| Problem::usage("--case CASE.json is missing"))?;
    case(strategy, path).map(|input| Start::Opening(Box::new(input)))
}

/// A case file.
pub fn case(strategy: &Strategy, path: &Path) -> Done<CaseInput> {
    let text = files::text(path)?;
    CaseInput::from_json(strategy, &text).map_err(|error| in_file(path, &error))
}

/// Every problem of a file with its name before it.
pub fn in_file(path: &Path, error: &Error) -> Problem {
    let path = path.display();
    if error.problems().is_empty() {
        return Problem::input(format!("{path}: {error}"));
    }
    let lines: Vec<String> = error.problems().iter().map(|problem| format!("{path}, {problem}")).collect();
    Problem::input(lines.join("\n"))
}

/// A case that an earlier run left: the compact form, JSON, or lines of which the last holds the state.
fn saved(strategy: &Strategy, path: &Path) -> Done<Case> {
    let bytes = files::bytes(path)?;
    let restored = match std::str::from_utf8(&bytes) {
        Ok(text) if text.trim_start().starts_with('{') => Case::from_json(strategy, last_line(text)),
        _ => Case::restore(strategy, &bytes),
    };
    restored.map_err(|error| Problem::input(format!("{}: {error}", path.display())))
}

/// The last line of JSON lines; the whole text where it is one value.
fn last_line(text: &str) -> &str {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let all_objects = lines().all(|line| line.starts_with('{') && line.len() > 1);
    match lines().next_back() {
        Some(last) if all_objects => last,
        _ => text,
    }
}

fn events(strategy: &Strategy, currency: Currency, path: Option<&Path>) -> Done<Vec<EventInput>> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let text = files::text(path)?;
    EventInput::from_json_lines(strategy, currency, &text).map_err(|error| in_file(path, &error))
}

/// The end of a day, or an instant.
fn until(strategy: &Strategy, text: &str) -> Done<Instant> {
    let wrong = |error: &dyn std::fmt::Display| Problem::usage(format!("--until {text}: {error}"));
    if text.contains(['T', 't']) {
        return Instant::parse(text).map_err(|error| wrong(&error));
    }
    let day = Date::parse(text).map_err(|error| wrong(&error))?;
    strategy.end_of(day).ok_or_else(|| wrong(&"the day lies outside the years that Dunlin can count"))
}

fn begin<'s>(strategy: &'s Strategy, start: Start, args: &Args, journal: &mut Journal<'s>) -> Done<Run<'s>> {
    let engine = match args.engine {
        EngineChoice::Interpreter => Interpreter::new(strategy),
        EngineChoice::Wasm => {
            let module = engine::module(strategy)?;
            Interpreter::over(strategy, Box::new(engine::instance(&module, strategy)?))
        }
    };
    let opened = match start {
        Start::Saved(case) => Run::resume_over(engine, *case),
        Start::Opening(input) => {
            journal.headline(&input.opening.id);
            Run::open_over(engine, &input, &mut |step| journal.note(&step))
        }
    };
    let file = args.case.as_deref().or(args.resume.as_deref()).unwrap_or(Path::new("the case"));
    let mut run = opened.map_err(|error| Problem::input(format!("{}: {error}", file.display())))?;
    if let Some(late) = &args.late {
        let length = Duration::parse(late).map_err(|error| Problem::usage(format!("--late {late}: {error}")))?;
        run.late_by(length).map_err(|error| Problem::usage(format!("--late {late}: {error}")))?;
    }
    Ok(run)
}

fn live(run: &mut Run<'_>, events: &[EventInput], until: Option<Instant>, journal: &mut Journal<'_>) -> Done {
    let mut left = 0;
    for event in events {
        let at = run.instant_of(event.at);
        if until.zip(at).is_some_and(|(until, at)| at > until) {
            left += 1;
            continue;
        }
        run.event(event, &mut |step| journal.note(&step)).map_err(|error| Problem::failed(&error))?;
    }
    if left > 0 {
        eprintln!(
            "{} after --until {} left out",
            output::count(left, "event", "events"),
            if left == 1 { "is" } else { "are" }
        );
    }
    match until {
        Some(until) => run.until(until, &mut |step| journal.note(&step)).map_err(|error| Problem::failed(&error)),
        None => Ok(()),
    }
}

/// Prints what happens, or gathers it.
struct Journal<'s> {
    strategy: &'s Strategy,
    format: RunFormat,
    story: Story<'s>,
    lines: Lines<'s>,
    told: Vec<Told>,
    values: Vec<Value>,
    refused: Vec<(u64, String, String)>,
    case: Option<String>,
}

impl<'s> Journal<'s> {
    fn new(strategy: &'s Strategy, currency: Currency, format: RunFormat) -> Self {
        let (story, lines) = (Story::new(strategy, currency), Lines::new(strategy, currency));
        Self { strategy, format, story, lines, told: Vec::new(), values: Vec::new(), refused: Vec::new(), case: None }
    }

    fn headline(&mut self, id: &str) {
        self.case = Some(id.to_owned());
    }

    fn note(&mut self, step: &Step<'_>) {
        if self.format == RunFormat::Human {
            self.told.extend(self.story.tell(step));
        }
        let state = step.case.state();
        match (step.result, step.event) {
            (Ok(outcome), Some(event)) if outcome.already_taken => {
                let name = self.strategy.event_name(event.event.event);
                self.values.push(self.lines.already_taken(step.at, state, name, event.line));
            }
            (Ok(outcome), _) => self.values.extend(self.lines.outcome(step.at, state, outcome)),
            (Err(error), Some(event)) => {
                let name = self.strategy.event_name(event.event.event);
                self.refused.push((event.line, name.to_owned(), error.to_string()));
                self.values.push(self.lines.refused(step.at, state, name, event.line, error));
            }
            (Err(_), None) => {}
        }
    }

    fn finish(&mut self, case: &Case) -> Done {
        let last = self.lines.last(case.state()).map_err(|error| Problem::failed(&error))?;
        match self.format {
            RunFormat::Jsonl => {
                let lines = self.values.iter().chain([&last]);
                files::print(&lines.map(|line| format!("{line}\n")).collect::<String>())
            }
            RunFormat::Json => {
                let whole = json!({
                    "strategy": self.strategy.name(),
                    "version": self.strategy.version(),
                    "case": case.id(),
                    "lines": self.values,
                    "final": last,
                });
                files::print(&format!("{}\n", serde_json::to_string_pretty(&whole).map_err(Problem::failed)?))
            }
            RunFormat::Human => files::print(&self.human(case, &last)),
        }
    }

    fn human(&self, case: &Case, last: &Value) -> String {
        let colour = output::colour_on_stdout();
        let head = format!("Case {}: {}, version {}", case.id(), self.strategy.title(), self.strategy.version());
        format!(
            "{}\n\n{}\n{}",
            ink(&head, Ink::Bold, colour),
            if self.told.is_empty() { "Nothing happens.\n".into() } else { story::lines(&self.told, colour) },
            self.account(case, last, colour)
        )
    }

    fn account(&self, case: &Case, last: &Value, colour: bool) -> String {
        let place = self.story.stage(case.state().place.stage);
        let place = match &last["outcome"] {
            Value::Null => format!("is in {place}"),
            _ => format!("has ended in {place}"),
        };
        let currency = last["currency"].as_str().unwrap_or_default();
        let sum = |field: &str| format!("{} {currency}", last[field].as_str().unwrap_or_default());
        let next = self.next(case, last);
        let (date, _) = self.strategy.local(case.now());
        let owed = ["principal", "interest", "costs", "balance", "paid"].map(|name| vec![name.to_owned(), sum(name)]);
        let head = ink(&format!("On {date} the case {place}{next}"), Ink::Bold, colour);
        format!("{head}\n{}", output::table(&owed, &[1], "  "))
    }

    fn next(&self, case: &Case, last: &Value) -> String {
        match last["next_due"].as_str().and_then(|text| Instant::parse(text).ok()) {
            Some(at) => format!("; something is due on {}", self.story.clock(at)),
            None if last["outcome"].is_null() && case.state().holds.is_empty() => {
                "; nothing is due: it waits for an event".into()
            }
            None => String::new(),
        }
    }

    /// Refused events are errors of the input: said, though the run went on.
    fn complain(&self, events: Option<&Path>) -> Done {
        if self.refused.is_empty() {
            return Ok(());
        }
        let file = events.map_or_else(String::new, |path| path.display().to_string());
        let sentence =
            |(line, name, why): &(u64, String, String)| format!("{file}, line {line}: `{name}` was refused: {why}");
        Err(Problem::input(self.refused.iter().map(sentence).collect::<Vec<_>>().join("\n")))
    }
}
