//! `dunlin check`: every error and warning, and what a strategy comes to.

use super::timeline::Silent;
use crate::args::{Check as Args, Format};
use crate::files;
use crate::output::{self, Ink, count, ink};
use crate::problem::{Done, Problem};
use crate::templates::Templates;
use dunlin::machine::ir::{Block, Does, Machine, On, StageId, Target};
use dunlin::machine::value::Date;
use dunlin::runtime::input::{ClaimGiven, PersonGiven};
use dunlin::{CaseInput, Checked, Diagnostics, Interpreter, Strategy, ToldKind};
use serde_json::{Value, json};
use std::path::Path;

/// Checks every file.
pub fn run(args: &Args) -> Done {
    let (mut errors, mut reports) = (0, Vec::new());
    for path in &args.files {
        let mut checked = files::checked(path)?;
        let figures = Figures::of(&mut checked, args.figures.as_deref())?;
        errors += checked.diagnostics.errors() + figures.errors();
        match args.format {
            Format::Human => human(path, &checked, &figures)?,
            Format::Json => reports.push(report(path, &checked, &figures)?),
        }
    }
    if args.format == Format::Json {
        let text = serde_json::to_string_pretty(&json!({ "files": reports })).map_err(Problem::failed)?;
        files::print(&format!("{text}\n"))?;
    }
    if errors > 0 { Err(Problem::said()) } else { Ok(()) }
}

/// What the checker says of a file of figures; nothing where there is none.
struct Figures(Option<Diagnostics>);

impl Figures {
    /// Adds the later rows to a strategy without errors.
    fn of(checked: &mut Checked, path: Option<&Path>) -> Done<Self> {
        let Some(path) = path else { return Ok(Self(None)) };
        let Some(strategy) = checked.strategy.take() else { return Ok(Self(None)) };
        let found = match strategy.with_figures(&path.display().to_string(), &files::text(path)?) {
            Ok((strategy, found)) => {
                checked.strategy = Some(strategy);
                found
            }
            Err(found) => found,
        };
        Ok(Self(Some(found)))
    }

    fn errors(&self) -> usize {
        self.0.as_ref().map_or(0, Diagnostics::errors)
    }

    fn warnings(&self) -> usize {
        self.0.as_ref().map_or(0, Diagnostics::warnings)
    }
}

fn human(path: &Path, checked: &Checked, figures: &Figures) -> Done {
    for found in std::iter::once(&checked.diagnostics).chain(&figures.0) {
        eprint!("{}", found.render(output::colour_on_stderr()));
    }
    let errors = checked.diagnostics.errors() + figures.errors();
    let warnings = checked.diagnostics.warnings() + figures.warnings();
    let verdict = match (errors, warnings) {
        (0, 0) => "no errors, no warnings".to_owned(),
        _ => format!("{}, {}", count(errors, "error", "errors"), count(warnings, "warning", "warnings")),
    };
    let colour = output::colour_on_stdout();
    let verdict = ink(&verdict, if errors > 0 { Ink::Red } else { Ink::Green }, colour);
    let mut text = format!("{}: {verdict}\n", path.display());
    match (&checked.strategy, errors) {
        (Some(strategy), _) => text.push_str(&Sheet::of(strategy, templates(path, checked)?).human(strategy)),
        (None, 0) => text.push_str("  a library\n"),
        _ => {}
    }
    files::print(&text)
}

fn report(path: &Path, checked: &Checked, figures: &Figures) -> Done<Value> {
    let sheet = match &checked.strategy {
        Some(strategy) => Some(Sheet::of(strategy, templates(path, checked)?).json(strategy)),
        None => None,
    };
    let views: Vec<_> = std::iter::once(&checked.diagnostics).chain(&figures.0).flat_map(Diagnostics::views).collect();
    Ok(json!({
        "file": path.display().to_string(),
        "errors": checked.diagnostics.errors() + figures.errors(),
        "warnings": checked.diagnostics.warnings() + figures.warnings(),
        "diagnostics": views,
        "sheet": sheet,
    }))
}

fn templates(path: &Path, checked: &Checked) -> Done<Option<Templates>> {
    checked.model.as_ref().map_or(Ok(None), |model| Templates::of(path, model))
}

/// What a strategy comes to.
struct Sheet {
    stages: usize,
    outcomes: usize,
    groups: usize,
    procedures: usize,
    rules: usize,
    chain: usize,
    limits: Vec<String>,
    silent: Result<SilentPath, String>,
    full: Option<FullCase>,
    templates: Option<Templates>,
}

/// Where a case goes whose debtor never answers.
struct SilentPath {
    days: i32,
    contacts: usize,
    stage: StageId,
    ended: bool,
    bytes: usize,
}

impl SilentPath {
    fn words(&self, strategy: &Strategy) -> String {
        let contacts = count(self.contacts, "message or call", "messages and calls");
        let (days, stage) = (count(self.days.unsigned_abs() as usize, "day", "days"), strategy.stage_name(self.stage));
        let rests = if self.ended { "ends" } else { "comes to rest" };
        format!("{rests} in {stage} after {days}, with {contacts}")
    }
}

impl Sheet {
    fn of(strategy: &Strategy, templates: Option<Templates>) -> Self {
        let machine = strategy.machine();
        let outcomes = machine.stages.iter().filter(|stage| stage.outcome).count();
        let silent = silent_path(strategy);
        let limit = |limit: &dunlin::machine::ir::Limit| strategy.citation(limit.rule).name.to_owned();
        Self {
            stages: machine.stages.len() - outcomes,
            outcomes,
            groups: machine.scopes.iter().filter(|scope| scope.first.is_none()).count(),
            procedures: machine.scopes.iter().filter(|scope| scope.first.is_some()).count(),
            rules: machine.triggers.len() + machine.whenevers.len(),
            chain: longest_chain(machine),
            limits: machine.contact.limits.iter().map(limit).collect(),
            silent,
            full: FullCase::of(strategy),
            templates,
        }
    }

    fn human(&self, strategy: &Strategy) -> String {
        let mut rows = vec![
            ("strategy", format!("{}, version {}", strategy.name(), strategy.version())),
            ("stages", self.stage_words()),
            ("rules", self.rules.to_string()),
            ("chain", format!("at most {} entered in one step", count(self.chain, "stage is", "stages are"))),
        ];
        rows.push(("contacts", if self.limits.is_empty() { "no limit".into() } else { self.limits.join("; ") }));
        rows.push(("silent case", self.silent.as_ref().map_or_else(String::clone, |silent| silent.words(strategy))));
        if let Ok(silent) = &self.silent {
            rows.push(("case", format!("{} bytes saved, at the end of the silent case", silent.bytes)));
        }
        if let Some(full) = &self.full {
            rows.push((if self.silent.is_ok() { "" } else { "case" }, full.words()));
        }
        let figures = strategy.machine().figure_files();
        if !figures.is_empty() {
            rows.push(("figures", figures.join(", ")));
        }
        for (at, line) in self.templates.iter().flat_map(Templates::lines).enumerate() {
            rows.push((if at == 0 { "templates" } else { "" }, line));
        }
        for (at, guarantee) in strategy.machine().guarantees.iter().enumerate() {
            let name = if at == 0 { "guarantees" } else { "" };
            rows.push((name, format!("not yet proven: {}", strategy.text(guarantee.text))));
        }
        rows.push(("hash", strategy.hash().to_string()));
        let rows: Vec<Vec<String>> = rows.into_iter().map(|(name, words)| vec![name.to_owned(), words]).collect();
        output::table(&rows, &[], "  ")
    }

    fn stage_words(&self) -> String {
        let groups =
            if self.groups == 0 { String::new() } else { format!(", {}", count(self.groups, "group", "groups")) };
        let (stages, outcomes) = (count(self.stages, "stage", "stages"), count(self.outcomes, "outcome", "outcomes"));
        let procedures = match self.procedures {
            0 => String::new(),
            n => format!(", {}", count(n, "procedure", "procedures")),
        };
        format!("{stages}, {outcomes}{groups}{procedures}")
    }

    fn json(&self, strategy: &Strategy) -> Value {
        let silent = self.silent.as_ref().ok().map(|silent| {
            json!({
                "days": silent.days,
                "contacts": silent.contacts,
                "stage": strategy.stage_name(silent.stage),
                "ended": silent.ended,
            })
        });
        json!({
            "strategy": strategy.name(),
            "title": strategy.title(),
            "version": strategy.version(),
            "stages": self.stages,
            "outcomes": self.outcomes,
            "groups": self.groups,
            "procedures": self.procedures,
            "rules": self.rules,
            "longest_chain": self.chain,
            "limits": self.limits,
            "silent": silent,
            "case_bytes": self.silent.as_ref().ok().map(|silent| silent.bytes),
            "full_case": self.full.as_ref().map(FullCase::json),
            "figures": strategy.machine().figure_files(),
            "templates": self.templates.as_ref().map(Templates::json),
            "guarantees": self.guarantees(strategy),
            "hash": strategy.hash().to_string(),
        })
    }

    /// What the strategy promises, and how far it is proven: not at all as long as nothing proves it.
    fn guarantees(&self, strategy: &Strategy) -> Vec<Value> {
        let one = |guarantee: &dunlin::machine::ir::Guarantee| {
            let cited = strategy.citation(guarantee.rule);
            let text = strategy.text(guarantee.text);
            json!({ "guarantee": text, "file": cited.file, "line": cited.line, "result": "not yet proven" })
        };
        strategy.machine().guarantees.iter().map(one).collect()
    }
}

/// The largest case that can open: with as many debtors and claims as `limits` allows.
struct FullCase {
    debtors: u32,
    claims: u32,
    bytes: usize,
}

impl FullCase {
    /// None where a case has to state facts, so that no example of one can be made.
    fn of(strategy: &Strategy) -> Option<Self> {
        let mut input = CaseInput::sample(strategy, sample_day()?).ok()?;
        let limits = strategy.machine().limits;
        let (person, claim) = (input.opening.persons.pop()?, input.opening.claims.pop()?);
        let persons = (1..=limits.debtors).map(|n| PersonGiven { id: format!("debtor {n}"), ..person.clone() });
        input.opening.persons = persons.collect();
        let claims = (1..=limits.claims).map(|n| ClaimGiven { id: format!("R-{n}"), ..claim.clone() });
        input.opening.claims = claims.collect();
        let (case, _) = Interpreter::new(strategy).open(&input, input.at).ok()?;
        Some(Self { debtors: limits.debtors, claims: limits.claims, bytes: case.save().len() })
    }

    fn words(&self) -> String {
        let debtors = count(self.debtors as usize, "debtor", "debtors");
        let claims = count(self.claims as usize, "claim", "claims");
        format!("{} bytes when it opens with {debtors} and {claims}, the most it may have", self.bytes)
    }

    fn json(&self) -> Value {
        json!({ "debtors": self.debtors, "claims": self.claims, "bytes": self.bytes })
    }
}

/// A fixed day, so that a sheet does not change with the date of printing.
fn sample_day() -> Option<Date> {
    Date::new(2026, 1, 5)
}

/// The silent path of a sample case, where facts need not be stated.
fn silent_path(strategy: &Strategy) -> Result<SilentPath, String> {
    let outside = || "the day lies outside the years that Dunlin can count".to_owned();
    let open = sample_day().ok_or_else(outside)?;
    let hint = |error: dunlin::Error| format!("{error}; `dunlin timeline --case` shows one");
    let input = CaseInput::sample(strategy, open).map_err(hint)?;
    let silent = Silent::of(strategy, &input, open.add_years(3).map_err(|_| outside())?)
        .map_err(|problem| problem.words().to_owned())?;
    let moved = silent.told.iter().rev().find(|told| told.kind == ToldKind::Move);
    let last = moved.and_then(|told| Date::parse(&told.day).ok()).unwrap_or(open);
    let contact = |told: &&dunlin::Told| {
        told.kind == ToldKind::Effect && (told.what.starts_with("send ") || told.what.starts_with("call "))
    };
    Ok(SilentPath {
        days: last.days() - open.days(),
        contacts: silent.told.iter().filter(contact).count(),
        stage: silent.stage,
        ended: strategy.machine().stages.get(silent.stage.index()).is_some_and(|stage| stage.outcome),
        bytes: silent.bytes,
    })
}

/// The most stages that can be entered one after another at once: by moves on entry, and by `as soon as`.
fn longest_chain(machine: &Machine) -> usize {
    let next: Vec<Vec<usize>> = machine.stages.iter().map(|stage| at_once(machine, stage)).collect();
    let mut known = vec![Chain::Unknown; next.len()];
    // In a circle every stage may come before every other, each once.
    (0..next.len())
        .map(|stage| chain_from(&next, stage, &mut known))
        .try_fold(0, |most, chain| Some(most.max(chain?)))
        .unwrap_or(next.len())
}

#[derive(Clone, Copy)]
enum Chain {
    Unknown,
    Open,
    Known(usize),
}

/// How many stages a chain from there has; none where it comes back to itself.
fn chain_from(next: &[Vec<usize>], stage: usize, known: &mut [Chain]) -> Option<usize> {
    match known.get(stage)? {
        Chain::Open => return None,
        Chain::Known(length) => return Some(*length),
        Chain::Unknown => known[stage] = Chain::Open,
    }
    let mut longest = 0;
    for to in &next[stage] {
        longest = longest.max(chain_from(next, *to, known)?);
    }
    known[stage] = Chain::Known(longest + 1);
    Some(longest + 1)
}

fn at_once(machine: &Machine, stage: &dunlin::machine::ir::Stage) -> Vec<usize> {
    let mut targets = Vec::new();
    moves(machine, stage.entry, &mut targets);
    for trigger in machine.triggers.get(stage.triggers.range()).unwrap_or_default() {
        if matches!(trigger.on, On::AsSoonAs(_)) {
            moves(machine, trigger.body, &mut targets);
        }
    }
    targets
}

fn moves(machine: &Machine, block: Block, targets: &mut Vec<usize>) {
    for action in machine.actions.get(block.range()).unwrap_or_default() {
        match &action.does {
            Does::Move(Target::Stage(stage)) => targets.push(stage.index()),
            // What is asked for moves the case in a later step.
            Does::Approval(_) => {}
            other => other.blocks().into_iter().for_each(|block| moves(machine, *block, targets)),
        }
    }
}
