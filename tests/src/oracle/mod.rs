//! The second opinion: a slow, obvious evaluator of the checked model, written from `docs/semantics.md` and the language
//! document alone. It shares values and dates with the interpreter, and nothing of a step.
//!
//! It takes the same inputs as the interpreter and answers in the normal form of [`crate::normal`].

mod actions;
mod approvals;
mod case;
mod contact;
mod debtors;
mod elsewhere;
mod eval;
mod events;
mod fault;
mod filing;
mod ledger;
mod limitation;
mod plans;
mod stages;
mod step;
mod time;
mod timers;

pub use case::Case;
pub use fault::{Fault, Refusal};
pub use step::{Report, open, step, summary};

use case::{Happened, TriggerId};
use dunlin_lang::model::Model;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{EffectKind, RuleId};
use dunlin_machine::value::Instant;
use std::collections::{BTreeSet, VecDeque};

/// One step as it runs.
struct Run<'m> {
    model: &'m Model,
    case: Case<'m>,
    lines: Vec<String>,
    /// Events that the machine raised and no rule has seen yet.
    queue: VecDeque<Happened>,
    /// Stages entered in this chain.
    entered: BTreeSet<usize>,
    /// Triggers `as soon as` of watches that acted in this chain.
    acted: BTreeSet<TriggerId>,
    /// Persons that were unreachable in this chain.
    unreachable: BTreeSet<usize>,
    /// By how many days the timer that fires is late.
    late: i64,
    /// Whether a `send … payable within` of the stage waited when last looked at.
    payable_waited: bool,
    /// When a move of the stage was asked about, when last looked at.
    move_asked: Option<Instant>,
    /// The debtor whom the event names that is being delivered.
    named: usize,
    /// Effects of this chain that no watch has looked at yet.
    unseen: Vec<EffectKind>,
}

impl Run<'_> {
    fn say(&mut self, rule: Option<RuleId>, what: &str) {
        let stage = self.model.text(self.model.stages[self.case.place.stage].name);
        let rule =
            rule.map(|r| &self.model.rules[r.index()]).map(|r| crate::normal::rule(r.line, self.model.text(r.name)));
        let line = crate::normal::line(stage, rule.as_deref(), self.late, what);
        self.lines.push(line);
    }

    /// A person is unreachable once in a chain: what a rule sends because of it may fail like the first.
    fn raise_unreachable(&mut self, person: usize) {
        if self.unreachable.insert(person) {
            self.raise(Happening::Unreachable);
            if let Some(raised) = self.queue.back_mut() {
                raised.person = Some(person);
            }
        }
    }

    fn raise(&mut self, happening: Happening) {
        self.queue.push_back(Happened::bare(happening));
    }
}
