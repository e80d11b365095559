//! One strategy and one history in both evaluators, step by step.

use crate::generate::{self, Draft, Forms, History, Version, When};
use crate::interpreter::{self, Teller};
use crate::oracle;
use crate::situations::{self, Taken};
use dunlin_lang::check::{Sources, check};
use dunlin_lang::lower::lower;
use dunlin_lang::model::Model;
use dunlin_machine::ir::Machine;
use dunlin_machine::value::Instant;
use dunlin_runtime::case::Case;
use dunlin_runtime::outcome::{Effect, Entry, What};
use dunlin_runtime::{Engine, Event, Input, Interpreter, Outcome, read, step, store};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A strategy, checked and lowered.
pub struct Compiled {
    /// For the slow evaluator.
    pub model: Model,
    /// For the interpreter.
    pub machine: Machine,
}

/// Compiles a source text; it may use the modules of [`generate::module`].
///
/// # Errors
/// The errors in words.
pub fn compile(text: &str) -> Result<Compiled, String> {
    let checked = check(&Sources { main: ("generated.dun", text), find: &generate::module, rows: &|_| None });
    let Some(model) = checked.model else {
        let mut words = String::new();
        for diagnostic in &checked.diagnostics {
            let _ = writeln!(words, "{diagnostic:?}");
        }
        return Err(words);
    };
    let machine = lower(&model).map_err(|e| e.to_string())?;
    Ok(Compiled { model, machine })
}

/// Where two evaluators part.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What happened until then, and the lines in which they differ.
    pub story: String,
    /// How many inputs were taken.
    pub inputs: usize,
}

/// What a pair did, when both agreed.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// Inputs taken.
    pub steps: usize,
    /// Lines said.
    pub lines: usize,
    /// Inputs refused.
    pub refused: usize,
    /// Kinds of lines and refusals, counted.
    pub said: BTreeMap<String, usize>,
    /// Situations met, counted.
    pub met: BTreeMap<&'static str, usize>,
}

/// Runs a history in both.
///
/// # Errors
/// The first difference.
pub fn run(compiled: &Compiled, history: &History) -> Result<Ran, Difference> {
    through(Pair::open(compiled, history, None)?, history)
}

/// Runs a history in both, and in a further engine that must do what the interpreter does, to the byte.
///
/// # Errors
/// The first difference.
pub fn run_beside(compiled: &Compiled, history: &History, beside: &mut dyn Engine) -> Result<Ran, Difference> {
    through(Pair::open(compiled, history, Some(beside))?, history)
}

fn through(mut pair: Pair<'_, '_>, history: &History) -> Result<Ran, Difference> {
    for (n, (when, event)) in history.inputs.iter().enumerate() {
        if pair.case.is_none() {
            break;
        }
        pair.take(*when, event.as_ref(), n + 1)?;
    }
    Ok(pair.ran)
}

struct Pair<'c, 'e> {
    compiled: &'c Compiled,
    interpreter: Interpreter<'c>,
    beside: Option<&'e mut dyn Engine>,
    case: Option<Case>,
    slow: Option<oracle::Case<'c>>,
    now: Instant,
    next_due: Option<Instant>,
    story: String,
    ran: Ran,
}

type Told = Result<(Vec<String>, Option<Instant>), String>;

impl<'c, 'e> Pair<'c, 'e> {
    fn open(compiled: &'c Compiled, history: &History, beside: Option<&'e mut dyn Engine>) -> Result<Self, Difference> {
        let mut interpreter = Interpreter::new(&compiled.machine);
        let mut out = Outcome::default();
        let fast = interpreter.open(&history.opening, history.at, &mut out);
        let slow = oracle::open(&compiled.model, &history.opening, history.at);
        let mut pair = Self {
            compiled,
            interpreter,
            beside,
            case: None,
            slow: None,
            now: history.at,
            next_due: None,
            story: format!("opening at {}: {:?}\n", history.at, history.opening),
            ran: Ran::default(),
        };
        pair.ran.met.extend(situations::from_elsewhere(&history.opening).map(|one| (one, 1)));
        if let Some(engine) = pair.beside.as_mut() {
            let mut told = Outcome::default();
            let opened = engine.open(&history.opening, history.at, &mut told);
            let same = match (&fast, &opened) {
                (Ok(case), Ok(other)) => case == other && alike(&out, &told),
                (Err(why), Err(other)) => interpreter::refusal(why) == interpreter::refusal(other),
                _ => false,
            };
            if !same {
                let words = format!("opening, beside:\n  {opened:?} {told:?}\n  {fast:?} {out:?}");
                return Err(pair.broken(&words, 0));
            }
        }
        let fast_told = match fast {
            Ok(case) => {
                let told = pair.tell(&case, &out);
                pair.case = Some(case);
                told
            }
            Err(refusal) => Err(interpreter::refusal(&refusal)),
        };
        let slow_told = match slow {
            Ok((case, report)) => {
                pair.slow = Some(case);
                Ok((report.lines, report.next_due))
            }
            Err(refusal) => Err(slow_refusal(&refusal)),
        };
        pair.compare(fast_told, slow_told, 0)?;
        Ok(pair)
    }

    fn tell(&self, case: &Case, out: &Outcome) -> Told {
        let lines = Teller { machine: &self.compiled.machine, case, outcome: out }.lines();
        if out.already_taken {
            return Ok((vec!["already taken".to_owned()], None));
        }
        Ok((lines, out.next_due))
    }

    fn take(&mut self, when: When, event: Option<&Event>, number: usize) -> Result<(), Difference> {
        let at = when.instant(self.now, self.next_due, &self.compiled.model.zones[0]);
        let (Some(case), Some(slow)) = (&self.case, &self.slow) else { return Ok(()) };
        let _ = writeln!(self.story, "input {number} at {at}: {}", event.map_or("time".to_owned(), |e| self.words(e)));
        let (mut next, mut out) = (case.clone(), Outcome::default());
        let input = event.map_or(Input::Advance, Input::Event);
        let fast = self.interpreter.step(&mut next, input, at, &mut out);
        let slow = oracle::step(&self.compiled.model, slow, event, at);
        let beside = self.beside.as_mut().map(|engine| {
            let (mut other, mut told) = (case.clone(), Outcome::default());
            let done = engine.step(&mut other, input, at, &mut told);
            let same = match (&fast, &done) {
                (Ok(()), Ok(())) => other == next && alike(&out, &told),
                (Err(why), Err(words)) => interpreter::refusal(why) == interpreter::refusal(words) && other == *case,
                _ => false,
            };
            if same { None } else { Some(format!("beside: {done:?} {told:#?}\ninterpreter: {fast:?} {out:#?}")) }
        });
        if let Some(Some(words)) = beside {
            return Err(self.broken(&words, number));
        }
        let met = situations::met(&Taken {
            compiled: self.compiled,
            before: case,
            after: &next,
            at,
            due: self.next_due,
            event,
            refusal: fast.as_ref().err(),
            out: &out,
        });
        met.into_iter().for_each(|one| *self.ran.met.entry(one).or_default() += 1);
        let fast_told = match fast {
            Ok(()) => {
                let told = self.tell(&next, &out);
                self.now = at.max(self.now);
                self.case = Some(next);
                told
            }
            Err(refusal) if next != *case => Err(format!("refused ({refusal:?}), and the case has changed")),
            Err(refusal) => Err(interpreter::refusal(&refusal)),
        };
        let slow_told = match slow {
            Ok((_, report)) if report.already_taken => Ok((vec!["already taken".to_owned()], None)),
            Ok((case, report)) => {
                self.slow = Some(case);
                Ok((report.lines, report.next_due))
            }
            Err(refusal) => Err(slow_refusal(&refusal)),
        };
        self.compare(fast_told, slow_told, number)
    }

    fn words(&self, event: &Event) -> String {
        let ty = &self.compiled.model.events[event.event.index()];
        let args: Vec<String> = event
            .args
            .iter()
            .map(|(n, given)| {
                let name = ty.params.get(usize::from(*n)).map_or("?", |p| self.compiled.model.text(p.name));
                format!("{name} = {given:?}")
            })
            .collect();
        format!("{}({}) id {:?}", self.compiled.model.text(ty.name), args.join(", "), event.id)
    }

    fn compare(&mut self, fast: Told, slow: Told, number: usize) -> Result<(), Difference> {
        self.ran.steps += 1;
        let (fast_lines, slow_lines) = (lay_out(&fast), lay_out(&slow));
        if fast_lines != slow_lines {
            return Err(self.part(&fast_lines, &slow_lines, number));
        }
        self.count(&fast);
        // It says that the machine does not hold together, which no strategy and no input can bring about.
        if fast_lines.iter().any(|line| line == "refused: Broken") {
            return Err(self.part(&fast_lines, &slow_lines, number));
        }
        for line in &fast_lines {
            let _ = writeln!(self.story, "    {line}");
        }
        if let Ok((_, next_due)) = fast
            && fast_lines.first().is_none_or(|l| l != "already taken")
        {
            self.next_due = next_due;
        }
        let (Some(case), Some(slow)) = (&self.case, &self.slow) else { return Ok(()) };
        let after = (interpreter::summary(&self.compiled.machine, case), oracle::summary(&self.compiled.model, slow));
        if after.0 != after.1 {
            return Err(self.part(&after.0, &after.1, number));
        }
        self.properties(number)
    }

    /// What holds at every step, whatever the strategy says.
    fn properties(&self, number: usize) -> Result<(), Difference> {
        let Some(case) = &self.case else { return Ok(()) };
        let saved = store::save(case).map_err(|e| self.broken(&format!("save: {e:?}"), number))?;
        let back = store::restore(&self.compiled.machine, &saved)
            .map_err(|e| self.broken(&format!("restore: {e:?}"), number))?;
        if back != *case {
            return Err(self.broken("restore ∘ save is another case", number));
        }
        let json = serde_json::to_string(case).map_err(|e| self.broken(&format!("JSON: {e}"), number))?;
        let back: Case = serde_json::from_str(&json).map_err(|e| self.broken(&format!("JSON: {e}"), number))?;
        if back != *case {
            return Err(self.broken("the case is another one after JSON", number));
        }
        self.account_adds_up(case, number)?;
        self.nothing_is_left_to_do(case, number)
    }

    fn account_adds_up(&self, case: &Case, number: usize) -> Result<(), Difference> {
        let Ok(account) = read::statement(&self.compiled.machine, case) else { return Ok(()) };
        let parts = account.principal.0 + account.interest.0 + account.costs.0;
        if parts == account.balance.0 && account.costs.0 >= 0 && account.principal.0 >= 0 {
            return Ok(());
        }
        Err(self.broken(&format!("the account does not add up: {account:?}"), number))
    }

    /// Time that does not go by changes nothing, and what was told last is true.
    fn nothing_is_left_to_do(&self, case: &Case, number: usize) -> Result<(), Difference> {
        let Ok((after, out)) = step(&self.compiled.machine, case, Input::Advance, case.now) else {
            return Err(self.broken("an input without an event at the same instant is refused", number));
        };
        if after != *case || !out.entries.is_empty() || out.next_due != self.next_due {
            return Err(self.broken("an input without an event at the same instant changes the case", number));
        }
        Ok(())
    }

    fn broken(&self, what: &str, inputs: usize) -> Difference {
        Difference { story: format!("{}\n{what}\n", self.story), inputs }
    }

    fn part(&self, fast: &[String], slow: &[String], inputs: usize) -> Difference {
        let mut story = self.story.clone();
        let same = fast.iter().zip(slow).take_while(|(a, b)| a == b).count();
        fast.iter().take(same).for_each(|line| _ = writeln!(story, "    {line}"));
        fast.iter().skip(same).for_each(|line| _ = writeln!(story, "  interpreter: {line}"));
        slow.iter().skip(same).for_each(|line| _ = writeln!(story, "  oracle:      {line}"));
        Difference { story, inputs }
    }

    fn count(&mut self, told: &Told) {
        let mut note = |what: &str| *self.ran.said.entry(what.to_owned()).or_default() += 1;
        match told {
            Err(refusal) => {
                note(&format!("refused: {refusal}"));
                self.ran.refused += 1;
            }
            Ok((lines, _)) => {
                self.ran.lines += lines.len();
                for line in lines {
                    let what = line.split_once("] ").map_or(line.as_str(), |(_, what)| what);
                    let what = what.split_once(": ").filter(|(e, _)| e.starts_with("effect")).map_or(what, |(_, w)| w);
                    let mut words = what.split(' ');
                    let first = words.next().unwrap_or("");
                    let by = what.split(" by ").nth(1).and_then(|w| w.split(' ').next()).unwrap_or("");
                    note(&if first == "held" { format!("held by {by}") } else { first.to_owned() });
                }
            }
        }
    }
}

/// Whether two outcomes say the same: where an empty run of values begins says nothing.
#[must_use]
pub fn alike(one: &Outcome, other: &Outcome) -> bool {
    let settled = |out: &Outcome| {
        let mut out = out.clone();
        for entry in &mut out.entries {
            runs_of(entry).into_iter().filter(|run| run.start == run.end).for_each(|run| *run = 0..0);
        }
        out
    };
    settled(one) == settled(other)
}

/// The runs of values and claims that an entry names.
fn runs_of(entry: &mut Entry) -> Vec<&mut std::ops::Range<u32>> {
    let mut runs = vec![&mut entry.guard, &mut entry.own];
    if let What::Effect { effect, .. } = &mut entry.what {
        match effect {
            Effect::Send { with, without, .. } | Effect::File { with, without, .. } => runs.extend([with, without]),
            Effect::Call { with, .. } | Effect::Emit { with, .. } => runs.push(with),
            Effect::Charge { without, .. } | Effect::Report { without, .. } => runs.push(without),
            _ => {}
        }
    }
    runs
}

fn lay_out(told: &Told) -> Vec<String> {
    match told {
        Err(refusal) => vec![format!("refused: {refusal}")],
        Ok((lines, next_due)) => {
            let due = next_due.map_or("-".to_owned(), |at| at.to_string());
            lines.iter().cloned().chain([format!("next due {due}")]).collect()
        }
    }
}

fn slow_refusal(refusal: &oracle::Refusal) -> String {
    match refusal {
        oracle::Refusal::Earlier => "earlier".to_owned(),
        oracle::Refusal::OnlyTheMachine => "only the machine".to_owned(),
        oracle::Refusal::Missing
        | oracle::Refusal::NotThere(_)
        | oracle::Refusal::Wrong(_)
        | oracle::Refusal::Bound => "not fit".to_owned(),
        oracle::Refusal::Fault(fault) => format!("{fault:?}"),
    }
}

/// A pair of a strategy and a history, by its seed.
pub struct Seeded {
    /// The strategy.
    pub draft: Draft,
    /// The forms that it is made of.
    pub forms: Forms,
    /// The seed of its history.
    pub history: u64,
}

/// The pair of that seed.
#[must_use]
pub fn seeded(seed: u64) -> Seeded {
    let (draft, forms) = generate::strategy(seed);
    Seeded { draft, forms, history: seed.rotate_left(17) ^ 0x5eed }
}

/// Compiles and runs the pair of a seed.
///
/// # Errors
/// The first difference, `smaller` as small as it gets, or why the strategy does not compile.
pub fn run_seed(seed: u64, smaller: bool) -> Result<(Ran, Forms), String> {
    let pair = seeded(seed);
    let compiled = compile(&pair.draft.text()).map_err(|e| format!("does not compile:\n{e}\n{}", pair.draft.text()))?;
    let history = generate::history(pair.history, &compiled.model, Version::of(seed));
    match run(&compiled, &history) {
        Ok(ran) => Ok((ran, pair.forms)),
        Err(_) if smaller => Err(explain(seed)),
        Err(difference) => Err(format!("{}\n{}", pair.draft.text(), difference.story)),
    }
}

/// The difference of a seed, with as few lines and inputs as still show it.
#[must_use]
pub fn explain(seed: u64) -> String {
    let pair = seeded(seed);
    let mut draft = pair.draft;
    let Ok(compiled) = compile(&draft.text()) else { return "does not compile".to_owned() };
    let mut history = generate::history(pair.history, &compiled.model, Version::of(seed));
    let facts = compiled.model.facts.len();
    let difference = |draft: &Draft, history: &History| difference(draft, history, facts);
    let Some(mut least) = difference(&draft, &history) else { return "no difference".to_owned() };
    history.inputs.truncate(least.inputs);
    // Whoever wants it smaller still can go on by hand.
    for _ in 0..3 {
        let before = (draft.len(), history.inputs.len());
        for n in (0..history.inputs.len()).rev() {
            let mut shorter = history.clone();
            if n >= shorter.inputs.len() {
                continue;
            }
            shorter.inputs.remove(n);
            if let Some(still) = difference(&draft, &shorter) {
                shorter.inputs.truncate(still.inputs);
                (history, least) = (shorter, still);
            }
        }
        for n in (0..draft.len()).rev() {
            let shorter = draft.without(n);
            if let Some(still) = difference(&shorter, &history) {
                (draft, least) = (shorter, still);
            }
        }
        if before == (draft.len(), history.inputs.len()) {
            break;
        }
    }
    format!("seed {seed}\n{}\n{}", draft.text(), least.story)
}

/// The difference of a pair whose history fits the strategy by numbers; none where it does not compile or both agree.
fn difference(draft: &Draft, history: &History, facts: usize) -> Option<Difference> {
    let compiled = compile(&draft.text()).ok()?;
    let events = compiled.model.events.len();
    let (opening, model) = (&history.opening, &compiled.model);
    let fits = history.inputs.iter().all(|(_, e)| e.as_ref().is_none_or(|e| e.event.index() < events))
        && opening.stage.is_none_or(|stage| stage.index() < model.stages.len())
        && opening.sent.iter().all(|sent| sent.template.index() < model.templates.len())
        && opening.currency.as_ref().is_none_or(|code| model.currencies.iter().any(|c| c.code() == code));
    if !fits || compiled.model.facts.len() != facts {
        return None;
    }
    run(&compiled, history).err()
}
