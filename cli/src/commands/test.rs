//! `dunlin test`: runs the `test` blocks of strategies.

use super::story;
use crate::args::{Format, Test as Args};
use crate::files;
use crate::output::{self, Ink, count, ink};
use crate::problem::{Done, Problem};
use dunlin::lang::model::Model;
use dunlin::machine::ir::{Machine, RuleId};
use dunlin::{Strategy, Tested, run_test};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Runs every test of every file.
pub fn run(args: &Args) -> Done {
    let (mut failed, mut reports) = (0, Vec::new());
    for path in &args.files {
        let (strategy, model) = compiled(path)?;
        let strategy = files::with_figures(strategy, args.figures.as_deref())?;
        let tested: Vec<Tested> = model.tests.iter().map(|test| run_test(&strategy, &model, test)).collect();
        failed += tested.iter().filter(|tested| tested.failure.is_some()).count();
        let coverage = args.coverage.then(|| Coverage::of(&strategy, &tested));
        match args.format {
            Format::Human => files::print(&human(path, &tested, coverage.as_ref()))?,
            Format::Json => reports.push(report(path, &strategy, &tested, coverage.as_ref())),
        }
    }
    if args.format == Format::Json {
        let text = serde_json::to_string_pretty(&json!({ "files": reports })).map_err(Problem::failed)?;
        files::print(&format!("{text}\n"))?;
    }
    if failed > 0 { Err(Problem::said()) } else { Ok(()) }
}

fn compiled(path: &Path) -> Done<(Strategy, Model)> {
    let checked = files::checked(path)?;
    match (checked.strategy, checked.model) {
        (Some(strategy), Some(model)) => Ok((strategy, model)),
        _ if checked.diagnostics.errors() > 0 => {
            eprint!("{}", checked.diagnostics.render(output::colour_on_stderr()));
            Err(Problem::said())
        }
        _ => Err(Problem::input(format!("{} is a library; tests stand in strategies", path.display()))),
    }
}

fn human(path: &Path, tested: &[Tested], coverage: Option<&Coverage<'_>>) -> String {
    let colour = output::colour_on_stdout();
    let mut text = String::new();
    for test in tested {
        let mark = match test.failure {
            None => ink("ok    ", Ink::Green, colour),
            Some(_) => ink("FAILED", Ink::Red, colour),
        };
        text.push_str(&format!("{mark}  {}\n", test.title));
        text.push_str(&difference(path, test, colour));
    }
    let failed = tested.iter().filter(|test| test.failure.is_some()).count();
    let counted = count(tested.len(), "test", "tests");
    let verdict = if failed == 0 { format!("{counted} passed") } else { format!("{failed} of {counted} failed") };
    text.push_str(&format!("{}: {verdict}\n", path.display()));
    if let Some(coverage) = coverage {
        text.push_str(&coverage.human());
    }
    text
}

/// The timeline of a failed test up to the first difference.
fn difference(path: &Path, test: &Tested, colour: bool) -> String {
    let Some(failure) = &test.failure else { return String::new() };
    let timeline = story::lines(&test.timeline, colour);
    let timeline: String = timeline.lines().map(|line| format!("        {line}\n")).collect();
    let place = format!("{}:{}", path.display(), failure.line);
    let expected = ink(&format!("        expected  {}   ({place})", failure.expected), Ink::Green, colour);
    let found = ink(&format!("        found     {}", failure.found), Ink::Red, colour);
    format!("\n{timeline}\n{expected}\n{found}\n\n")
}

fn report(path: &Path, strategy: &Strategy, tested: &[Tested], coverage: Option<&Coverage<'_>>) -> Value {
    let one = |test: &Tested| {
        let failure = test.failure.as_ref().map(|failure| {
            json!({ "line": failure.line, "expected": failure.expected, "found": failure.found, "timeline": test.timeline })
        });
        json!({ "title": test.title, "line": test.line, "passed": test.failure.is_none(), "failure": failure })
    };
    json!({
        "file": path.display().to_string(),
        "strategy": strategy.name(),
        "tests": tested.iter().map(one).collect::<Vec<_>>(),
        "coverage": coverage.map(Coverage::json),
    })
}

/// Which stages and rules the tests reached.
struct Coverage<'s> {
    stages: usize,
    stages_missed: Vec<&'s str>,
    rules: usize,
    rules_missed: Vec<dunlin::Citation<'s>>,
}

impl<'s> Coverage<'s> {
    fn of(strategy: &'s Strategy, tested: &[Tested]) -> Self {
        let machine = strategy.machine();
        let reached: BTreeSet<RuleId> = tested.iter().flat_map(|test| test.rules.iter().copied()).collect();
        let stages: BTreeSet<_> = tested.iter().flat_map(|test| test.stages.iter().copied()).collect();
        let missed =
            machine.stages.iter().zip(0u16..).filter(|(_, n)| !stages.contains(&dunlin::machine::ir::StageId(*n)));
        let rules = rules(machine);
        let missed_rules = rules.iter().filter(|rule| !reached.contains(rule));
        let mut rules_missed: Vec<_> = missed_rules.map(|rule| strategy.citation(*rule)).collect();
        rules_missed.sort_by_key(|rule| (rule.file, rule.line));
        Self {
            stages: machine.stages.len(),
            stages_missed: missed.map(|(stage, _)| strategy.text(stage.name)).collect(),
            rules: rules.len(),
            rules_missed,
        }
    }

    fn human(&self) -> String {
        let mut text = format!(
            "  stages reached  {} of {}\n  rules reached   {} of {}\n",
            self.stages - self.stages_missed.len(),
            self.stages,
            self.rules - self.rules_missed.len(),
            self.rules
        );
        for stage in &self.stages_missed {
            text.push_str(&format!("  no test enters  {stage}\n"));
        }
        for rule in &self.rules_missed {
            text.push_str(&format!("  no test reaches {}:{}  {}\n", rule.file, rule.line, rule.name));
        }
        text
    }

    fn json(&self) -> Value {
        json!({
            "stages": self.stages,
            "stages_missed": self.stages_missed,
            "rules": self.rules,
            "rules_missed": self.rules_missed,
        })
    }
}

/// Triggers and `whenever` rules: what a test can set off.
fn rules(machine: &Machine) -> BTreeSet<RuleId> {
    let triggers = machine.triggers.iter().map(|trigger| trigger.rule);
    triggers.chain(machine.whenevers.iter().map(|whenever| whenever.rule)).collect()
}
