//! What must hold of every case, told from the interpreter's outcomes alone: no rule of the second evaluator is used here,
//! so that a mistake that both evaluators share is still found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod account;
mod chains;
mod contact;
mod hosts;
mod situations;
mod time;

use dunlin_machine::events::Happening;
use dunlin_machine::ir::{Action, Machine, RuleId};
use dunlin_machine::value::{Calendar, Date, Instant};
use dunlin_runtime::case::Case;
use dunlin_runtime::outcome::Effect;
use dunlin_runtime::{Engine, Event, Given, Input, Interpreter, Outcome, Refusal};
use dunlin_tests::generate::{self, History, Version};
use dunlin_tests::pair::{Compiled, compile, seeded};
use std::sync::LazyLock;

/// How many pairs of strategy and history of each version each property is tried on.
const PAIRS: u64 = 200;

/// A strategy and its history.
struct Pair {
    seed: u64,
    compiled: Compiled,
    history: History,
}

static ALL: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let seeds = Version::SEEDS.into_iter().flat_map(|first| first..first + PAIRS);
    seeds.map(pair).collect()
});

fn pair(seed: u64) -> Pair {
    let pair = seeded(seed);
    let compiled = compile(&pair.draft.text()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let history = generate::history(pair.history, &compiled.model, Version::of(seed));
    Pair { seed, compiled, history }
}

/// One input and what came of it.
struct Step<'a> {
    compiled: &'a Compiled,
    event: Option<&'a Event>,
    at: Instant,
    /// What was due before it.
    due: Option<Instant>,
    before: &'a Case,
    /// The case after; as before where the input was refused.
    case: &'a Case,
    out: &'a Outcome,
    refusal: Option<&'a Refusal>,
}

impl Step<'_> {
    fn machine(&self) -> &Machine {
        &self.compiled.machine
    }

    /// Whether the input was taken, now and not before.
    fn taken(&self) -> bool {
        self.refusal.is_none() && !self.out.already_taken
    }

    fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.out.effects().map(|(_, effect)| effect)
    }

    /// The day in the strategy's zone.
    fn day(&self, at: Instant) -> Date {
        self.machine().zones[0].local(at).0
    }

    fn calendar(&self) -> &Calendar {
        &self.machine().calendars[self.case.calendar.index()]
    }

    fn action(&self, rule: Option<RuleId>) -> Option<&Action> {
        self.machine().actions.iter().find(|action| Some(action.rule) == rule)
    }

    fn is(&self, happening: Happening) -> bool {
        self.event.is_some_and(|event| event.event == happening.id())
    }

    fn arg(&self, name: &str) -> Option<&Given> {
        let event = self.event?;
        let at = Happening::of(event.event)?.param(name)?;
        event.args.iter().find(|(n, _)| usize::from(*n) == at).map(|(_, given)| given)
    }

    fn value(&self, name: &str) -> Option<i64> {
        match self.arg(name)? {
            Given::Value(value) => Some(*value),
            Given::Text(_) => None,
        }
    }

    fn amount(&self, name: &str) -> i64 {
        self.value(name).unwrap_or(0)
    }

    fn word(&self, name: &str) -> Option<&str> {
        match self.arg(name)? {
            Given::Text(text) => Some(text),
            Given::Value(_) => None,
        }
    }
}

/// How the inputs of a history come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inputs {
    /// As they are written.
    AsWritten,
    /// Before each event the time until it, as an input of its own: so nothing that an event's step does is a timer's.
    TimeFirst,
}

/// Runs all pairs and shows every input, the opening first. It goes on where an input was refused.
fn each<S>(inputs: Inputs, begin: impl Fn(&Pair) -> S, mut look: impl FnMut(&mut S, &Step, u64)) {
    for pair in ALL.iter() {
        let mut state = begin(pair);
        run(pair, inputs, &mut |step| look(&mut state, step, pair.seed));
    }
}

/// As [`each`], but only inputs that were taken.
fn taken<S>(inputs: Inputs, begin: impl Fn(&Pair) -> S, mut look: impl FnMut(&mut S, &Step, u64)) {
    each(inputs, begin, |state, step, seed| {
        if step.taken() {
            look(state, step, seed);
        }
    });
}

fn run(pair: &Pair, inputs: Inputs, look: &mut impl FnMut(&Step)) {
    let Pair { compiled, history, .. } = pair;
    let mut interpreter = Interpreter::new(&compiled.machine);
    let mut out = Outcome::default();
    let Ok(mut case) = interpreter.open(&history.opening, history.at, &mut out) else { return };
    let (at, mut due) = (history.at, out.next_due);
    let (event, refusal) = (None, None);
    look(&Step { compiled, event, at, due: None, before: &case, case: &case, out: &out, refusal });
    for (when, event) in &history.inputs {
        let at = when.instant(case.now, due, &compiled.machine.zones[0]);
        let time = (inputs == Inputs::TimeFirst && event.is_some()).then_some(None);
        for event in time.into_iter().chain([event.as_ref()]) {
            let before = case.clone();
            let refusal = interpreter.step(&mut case, event.map_or(Input::Advance, Input::Event), at, &mut out).err();
            let (before, refusal) = (&before, refusal.as_ref());
            look(&Step { compiled, event, at, due, before, case: &case, out: &out, refusal });
            if refusal.is_none() && !out.already_taken {
                due = out.next_due;
            }
        }
    }
}
