//! Random strategies as source text, and random histories for them. The same seed gives the same, always.

mod actions;
mod dice;
mod draft;
mod expressions;
mod history;
mod modules;
mod plans;
mod procedures;
mod rules;
mod setting;

pub use dice::Dice;
pub use draft::{Draft, Node};
pub use history::{History, When, history};
pub use modules::module;

use std::collections::BTreeMap;

/// How often each form of the language was written.
pub type Forms = BTreeMap<&'static str, usize>;

/// Channels that strategies use.
const CHANNELS: [&str; 5] = ["letter", "email", "sms", "phone", "portal"];
/// Templates, each sent somewhere.
const TEMPLATES: [&str; 4] = ["t_remind", "t_nudge", "t_demand", "t_last"];
/// Tasks, each opened somewhere.
const TASKS: [&str; 3] = ["w_check", "w_find", "w_ask"];
/// Kinds of cost, each charged somewhere.
const KINDS: [&str; 3] = ["dunning", "inquiry", "posting"];
/// Reasons of holds.
const REASONS: [&str; 3] = ["r_wait", "r_look", "r_rest"];

/// Templates of notices that plans send.
const NOTICES: [&str; 2] = ["n_costs", "n_terms"];
/// Plans of instalments.
const PLANS: [&str; 2] = ["p_long", "p_short"];

/// Seeds below this one write the forms of the first version alone, so that those on record show what they showed.
pub const FIRST_FORMS: u64 = 100_000;

/// A strategy and the forms that it is made of.
#[must_use]
pub fn strategy(seed: u64) -> (Draft, Forms) {
    let mut writer = Writer::new(seed);
    let draft = writer.strategy();
    (draft, writer.forms)
}

/// Where a body stands: what may be said there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Entry of a stage.
    Entry(usize),
    /// A trigger of a stage or group.
    Stage(usize),
    /// The body of a `whenever`, or a trigger in its block.
    Whenever,
    /// A trigger of a watch.
    Watch,
    /// Entry of an outcome.
    Outcome,
    /// What is done on a way out, or by a plan: it never moves the case.
    Still,
}

/// Writes one strategy.
struct Writer {
    dice: Dice,
    forms: Forms,
    /// Stages first, then outcomes.
    stages: Vec<String>,
    outcomes: usize,
    has_table: bool,
    has_dated: bool,
    has_calendar: bool,
    regional: bool,
    /// Whether all forms are written, not those of the first version alone.
    more: bool,
    /// How many plans there are.
    plans: usize,
    /// Procedures that can be called.
    procedures: Vec<procedures::Callable>,
    /// The procedure that is being written: what its bodies may name.
    inside: Option<procedures::Inside>,
    /// Whether an event is at hand.
    event: bool,
}

impl Writer {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let count = 2 + dice.below(4);
        let outcomes = 1 + dice.below(3);
        let stages = (0..count).map(|n| format!("s_{n}")).chain((0..outcomes).map(|n| format!("o_{n}"))).collect();
        let (has_table, has_dated) = (dice.chance(60), dice.chance(70));
        let (has_calendar, regional) = (dice.chance(70), dice.chance(40));
        let more = seed >= FIRST_FORMS;
        let plans = if more { dice.weighted(&[30, 45, 25]) } else { 0 };
        let (forms, procedures, inside, event) = (Forms::new(), Vec::new(), None, false);
        Self {
            dice,
            forms,
            stages,
            outcomes,
            has_table,
            has_dated,
            has_calendar,
            regional,
            more,
            plans,
            procedures,
            inside,
            event,
        }
    }

    fn used(&mut self, form: &'static str) {
        *self.forms.entry(form).or_default() += 1;
    }

    fn channel(&mut self) -> &'static str {
        self.dice.pick(&CHANNELS)
    }

    fn strategy(&mut self) -> Draft {
        let (plans, procedures) = (self.plans(), self.procedures());
        let mut nodes = self.header();
        nodes.extend(self.values());
        nodes.extend(plans);
        nodes.extend(procedures);
        nodes.extend(self.starts());
        nodes.extend(self.calendars());
        nodes.extend(self.contact());
        nodes.extend(self.ledger());
        nodes.extend(self.places());
        nodes.extend(self.whenevers());
        nodes.extend(self.watches());
        Draft(nodes)
    }
}
