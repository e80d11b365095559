//! `dunlin timeline`: what happens if the debtor never answers.

use super::{eval, story};
use crate::args::{Timeline as Args, TimelineFormat};
use crate::commands::run;
use crate::files;
use crate::output::{self, Ink, ink};
use crate::problem::{Done, Problem};
use dunlin::machine::value::Date;
use dunlin::{CaseInput, Rest, Run, Story, Strategy, Told, ToldKind};
use serde_json::json;

/// Two years show where a strategy leads; what repeats for ever is cut off there.
const MONTHS: i32 = 24;

/// Runs the silent case and prints what happens.
pub fn run(args: &Args) -> Done {
    let strategy = files::strategy_with(&args.file, args.figures.as_deref())?;
    let input = input(&strategy, args)?;
    let until = last_day(&strategy, &input, args.until.as_deref())?;
    let silent = Silent::of(&strategy, &input, until)?;
    files::print(&match args.format {
        TimelineFormat::Human => silent.human(&strategy, &input),
        TimelineFormat::Json => silent.json(&strategy)?,
        TimelineFormat::Ics => silent.ics(&strategy),
    })
}

fn input(strategy: &Strategy, args: &Args) -> Done<CaseInput> {
    if let Some(path) = &args.case {
        return run::case(strategy, path);
    }
    let open = match &args.open {
        Some(text) => day("--open", text)?,
        None => eval::clock()?,
    };
    CaseInput::sample(strategy, open)
        .map_err(|error| Problem::input(format!("{error}; give one with --case CASE.json")))
}

fn day(option: &str, text: &str) -> Done<Date> {
    Date::parse(text).map_err(|error| Problem::usage(format!("{option} {text}: {error}")))
}

fn last_day(strategy: &Strategy, input: &CaseInput, until: Option<&str>) -> Done<Date> {
    match until {
        Some(text) => day("--until", text),
        None => strategy.local(input.at).0.add_months(MONTHS).map_err(Problem::input),
    }
}

/// What happens to a silent case.
pub struct Silent {
    /// Every line, from the opening on.
    pub told: Vec<Told>,
    /// How it rests.
    pub rest: Rest,
    /// The stage or outcome at the end.
    pub stage: dunlin::machine::ir::StageId,
    /// How many bytes the case takes when it is saved at the end.
    pub bytes: usize,
    /// The case's name.
    id: String,
    until: Date,
}

impl Silent {
    /// Runs it up to the end of a day.
    pub fn of(strategy: &Strategy, input: &CaseInput, until: Date) -> Done<Self> {
        let currency =
            strategy.machine().currencies.iter().find(|c| Some(c.code()) == input.opening.currency.as_deref());
        let currency = currency.or(strategy.machine().currencies.first()).copied();
        let story = Story::new(strategy, currency.unwrap_or(dunlin::machine::value::Currency::EUR));
        let mut told = Vec::new();
        let mut watch = |step: dunlin::Step<'_>| told.extend(story.tell(&step));
        let mut run = Run::open(strategy, input, &mut watch).map_err(Problem::input)?;
        let end = strategy
            .end_of(until)
            .ok_or_else(|| Problem::usage("--until lies outside the years that Dunlin can count"))?;
        let rest = run.silently_until(end, &mut watch).map_err(Problem::failed)?;
        let case = run.into_case();
        Ok(Self {
            told,
            rest,
            stage: case.state().place.stage,
            bytes: case.save().len(),
            id: input.opening.id.clone(),
            until,
        })
    }

    fn human(&self, strategy: &Strategy, input: &CaseInput) -> String {
        let colour = output::colour_on_stdout();
        let opened = strategy.local(input.at).0;
        let head = format!(
            "If the debtor never answers: {}, version {}, opened {opened}",
            strategy.title(),
            strategy.version()
        );
        let end = format!(
            "{}{}",
            if self.ended(strategy) { "It ends in " } else { "It stays in " },
            strategy.stage_title(self.stage)
        );
        let rest = match self.rest {
            Rest::Over => ".".to_owned(),
            Rest::GoesOn => format!("; something is due after {}, where this timeline stops.", self.until),
        };
        let body = story::lines(&self.told, colour);
        format!("{}\n\n{body}\n{}\n", ink(&head, Ink::Bold, colour), ink(&format!("{end}{rest}"), Ink::Bold, colour))
    }

    fn ended(&self, strategy: &Strategy) -> bool {
        strategy.machine().stages.get(self.stage.index()).is_some_and(|stage| stage.outcome)
    }

    fn json(&self, strategy: &Strategy) -> Done<String> {
        let whole = json!({
            "strategy": strategy.name(),
            "version": strategy.version(),
            "case": self.id,
            "lines": self.told,
            "stage": strategy.stage_name(self.stage),
            "ended": self.ended(strategy),
            "goes_on": self.rest == Rest::GoesOn,
            "until": self.until.to_string(),
        });
        Ok(format!("{}\n", serde_json::to_string_pretty(&whole).map_err(Problem::failed)?))
    }

    /// A calendar of RFC 5545: one entry of a whole day for each thing that is done.
    fn ics(&self, strategy: &Strategy) -> String {
        let mut text = String::new();
        let mut line = |content: &str| text.push_str(&fold(content));
        line("BEGIN:VCALENDAR");
        line("VERSION:2.0");
        line("PRODID:-//Dunlin//timeline//EN");
        let shown = self.told.iter().filter(|told| !matches!(told.kind, ToldKind::Held));
        for (number, told) in shown.enumerate() {
            let day = told.day.replace('-', "");
            line("BEGIN:VEVENT");
            line(&format!("UID:{}-{}-{}@{}.dunlin", escaped(&self.id), day, number + 1, strategy.name()));
            // The entry's own day, not the day of printing: the same case gives the same calendar.
            line(&format!("DTSTAMP:{day}T000000Z"));
            line(&format!("DTSTART;VALUE=DATE:{day}"));
            line(&format!("SUMMARY:{}", escaped(&told.what)));
            let because = if told.values.is_empty() { String::new() } else { format!("\nbecause {}", told.values) };
            let rule = told.rule.as_ref().map_or_else(String::new, |rule| format!("by {rule}"));
            line(&format!("DESCRIPTION:{}", escaped(&format!("{rule}{because}"))));
            line("TRANSP:TRANSPARENT");
            line("END:VEVENT");
        }
        line("END:VCALENDAR");
        text
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// A line has at most 75 bytes; what is longer goes on behind a space.
fn fold(content: &str) -> String {
    let (mut text, mut length) = (String::new(), 0);
    for character in content.chars() {
        if length + character.len_utf8() > 75 {
            text.push_str("\r\n ");
            length = 1;
        }
        text.push(character);
        length += character.len_utf8();
    }
    text.push_str("\r\n");
    text
}
