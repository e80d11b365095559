//! Random strategies as source text, and random histories for them. The same seed gives the same, always.

mod actions;
mod claims;
mod currencies;
mod dice;
mod draft;
mod expressions;
mod history;
mod modules;
mod plans;
mod procedures;
mod rules;
mod setting;
mod tables;
mod when;

pub use dice::Dice;
pub use draft::{Draft, Node};
pub use history::{History, history};
pub use modules::module;
pub use when::{Turn, When};

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

/// Which forms are written. The seeds of an earlier version go on writing its forms alone, so that those on record show
/// what they showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Stages, contact, ledger.
    First,
    /// Procedures, plans, approvals and several debtors too.
    Second,
    /// All, but for what the fourth adds.
    Third,
    /// Also declared events with a day of their own.
    Fourth,
}

impl Version {
    /// The first seed of each.
    pub const SEEDS: [u64; 4] = [1, 100_000, 200_000, 300_000];

    /// What a seed writes.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        match seed {
            ..100_000 => Self::First,
            100_000..200_000 => Self::Second,
            200_000..300_000 => Self::Third,
            _ => Self::Fourth,
        }
    }
}

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
    /// Whether more forms are written than those of the first version.
    more: bool,
    /// Whether all forms are written, those of the third version too.
    all: bool,
    /// Whether the host may tell of an event with a day of its own.
    told: bool,
    /// Whether cases come in several currencies.
    several: bool,
    /// Where it says when claims are barred.
    barred: claims::Barred,
    /// Tables of its own.
    tables: Vec<tables::Own>,
    /// Whether there is a fee scale of its own.
    scale: bool,
    /// Whether there is an amount of its own that changes by date.
    price: bool,
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
        let version = Version::of(seed);
        let (more, all) = (version >= Version::Second, version >= Version::Third);
        let several = all && dice.chance(20);
        let barred = if all { claims::Barred::drawn(&mut dice) } else { claims::Barred::Nowhere };
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
            all,
            told: version >= Version::Fourth,
            several,
            barred,
            tables: Vec::new(),
            scale: false,
            price: false,
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
        nodes.extend(self.limitation_beside());
        nodes.extend(self.places());
        nodes.extend(self.whenevers());
        nodes.extend(self.watches());
        if self.several { currencies::in_each(Draft(nodes)) } else { Draft(nodes) }
    }
}
