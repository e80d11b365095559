//! What the interpreter did, in the normal form.

use crate::normal;
use dunlin_machine::ir::{Machine, PlanId, RuleId, StageId, TextId, Type};
use dunlin_runtime::case::{Case, Through};
use dunlin_runtime::fault::{Fault, Refusal};
use dunlin_runtime::outcome::{Alarm, Effect, Entry, HeldAction, HeldBy, Outcome, Statement, What};
use dunlin_runtime::read;
use std::ops::Range;

/// Lays an outcome out in lines.
pub struct Teller<'a> {
    /// The machine that ran.
    pub machine: &'a Machine,
    /// The case after the step.
    pub case: &'a Case,
    /// What it says of itself.
    pub outcome: &'a Outcome,
}

impl Teller<'_> {
    /// One line for each thing that was done; events on record are left out.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.outcome.entries.iter().filter_map(|e| self.line(e)).collect()
    }

    fn line(&self, entry: &Entry) -> Option<String> {
        let what = match &entry.what {
            // Why a way fell out is in the trace; here it is enough that it did.
            What::Held { what: HeldAction::Send(..), by: HeldBy::Unusable(_), .. } => return None,
            What::Effect { number, effect, statement } => {
                normal::effect(*number, &(self.effect(effect) + &self.left_out(effect)), parts(statement))
            }
            What::Move { from, to, back } => normal::moved(from.map(|s| self.stage(s)), self.stage(*to), *back),
            What::Held { what, by, until, dropped } => normal::held(&self.action(what), kind(by), *until, *dropped),
            What::Paused { reason, until } => normal::paused(&self.value_text(*reason), *until),
            What::Resumed { reason } => normal::resumed(&self.value_text(*reason)),
            What::Event { .. } | What::Note(_) => return None,
        };
        let rule = entry.rule.map(|r| self.rule(r));
        Some(normal::line(self.stage(entry.stage), rule.as_deref(), i64::from(entry.late_days), &what))
    }

    fn text(&self, id: TextId) -> &str {
        self.machine.texts.get(id.index()).map_or("", String::as_str)
    }

    fn value_text(&self, value: i64) -> String {
        read::text_value(self.machine, self.case, value).to_owned()
    }

    fn stage(&self, id: StageId) -> &str {
        self.text(self.machine.stages[id.index()].name)
    }

    fn rule(&self, id: RuleId) -> String {
        let rule = &self.machine.rules[id.index()];
        normal::rule(rule.line, self.text(rule.name))
    }

    fn action(&self, action: &HeldAction) -> String {
        match action {
            HeldAction::Send(template, _) => {
                format!("send {}", self.text(self.machine.templates[template.index()].name))
            }
            HeldAction::Call(script) => format!("call {}", self.text(*script)),
            HeldAction::File(form) => format!("file {}", self.text(*form)),
            HeldAction::Collect(by) => format!("collect {}", self.text(*by)),
            HeldAction::Offer(plan) => format!("offer {}", self.plan(*plan)),
            HeldAction::Activate(plan) => format!("activate {}", self.plan(*plan)),
            HeldAction::Split => "split".to_owned(),
            HeldAction::Approved(name) => format!("approved {}", self.text(*name)),
            HeldAction::Report(party) => format!("report {}", self.text(*party)),
            HeldAction::Charge(kind) => format!("charge {}", self.text(*kind)),
        }
    }

    fn plan(&self, id: PlanId) -> &str {
        self.text(self.machine.plans[id.index()].name)
    }

    fn with(&self, run: &Range<u32>) -> Vec<normal::Named> {
        let named = |(name, ty, value): &(TextId, Type, i64)| {
            (self.text(*name).to_owned(), normal::value(*ty, *value, |v| self.value_text(v)))
        };
        self.outcome.with[run.start as usize..run.end as usize].iter().map(named).collect()
    }

    /// The claims that an effect leaves out, by number.
    fn left_out(&self, effect: &Effect) -> String {
        match effect {
            Effect::Send { without, .. }
            | Effect::Charge { without, .. }
            | Effect::File { without, .. }
            | Effect::Report { without, .. } => {
                normal::without(&self.outcome.without[without.start as usize..without.end as usize])
            }
            _ => String::new(),
        }
    }

    fn effect(&self, effect: &Effect) -> String {
        let tone = |t: &Option<dunlin_machine::ir::ToneId>| t.map(|t| i64::from(t.0));
        match effect {
            Effect::Send { template, channels, tone: t, deadline, person, nature, through, with, .. } => {
                let name = self.text(self.machine.templates[template.index()].name);
                normal::send(
                    name,
                    *channels,
                    tone(t),
                    *deadline,
                    usize::from(*person),
                    *nature,
                    words(*through),
                    &self.with(with),
                )
            }
            Effect::Call { script, tone: t, attempt, of, person, with } => {
                normal::call(self.text(*script), tone(t), *attempt, *of, usize::from(*person), &self.with(with))
            }
            Effect::Task { name, role, until, until_instant, priority, again } => {
                let until = until.map(|d| d.to_string()).or(until_instant.map(|i| i.to_string())).unwrap_or_default();
                normal::task(self.text(*name), self.text(*role), until, *priority, *again)
            }
            Effect::File { form, persons, with, .. } => {
                normal::file(self.text(*form), &people(*persons), &self.with(with))
            }
            Effect::Charge { amount, kind, replacing, .. } => {
                normal::charge(amount.0, self.text(*kind), replacing.map(|k| self.text(k)))
            }
            Effect::Waive { principal, interest, costs } => normal::waive(principal.0, interest.0, costs.0),
            Effect::Report { party, what, message, persons, .. } => {
                normal::report(self.text(*party), self.text(*what), *message, &people(*persons))
            }
            Effect::Collect { amount, by } => normal::collect(amount.0, self.text(*by)),
            Effect::Offer { plan, instalments, at_least, first_by, total } => {
                normal::offer(self.plan(*plan), *instalments, at_least.map(|m| m.0), *first_by, total.0)
            }
            Effect::Activate { plan, count, amount, total, first, last } => {
                normal::activate(self.plan(*plan), total.0, i64::from(*count), amount.0, (*first, *last))
            }
            Effect::Release { person } => normal::release(usize::from(*person)),
            Effect::Split { person, principal, interest, to } => {
                normal::split(person.map(usize::from), principal.0, interest.0, self.stage(*to))
            }
            Effect::Approval { name, role, until, until_instant, again } => {
                let until = until.map(|d| d.to_string()).or(until_instant.map(|i| i.to_string()));
                normal::approval(self.text(*name), self.text(*role), until, *again)
            }
            Effect::Alarm(alarm) => self.alarm(alarm),
            Effect::Emit { name, with } => normal::emit(self.text(*name), &self.with(with)),
            Effect::Assign(queue) => normal::assign(self.text(*queue)),
            Effect::Customer { block, thing } => normal::customer(*block, thing.map(|t| self.text(t))),
            Effect::Refund(amount) => normal::refund(amount.0),
            Effect::Cancel { of } => normal::cancel(*of),
        }
    }

    fn alarm(&self, alarm: &Alarm) -> String {
        match alarm {
            Alarm::Named(name) => normal::alarm("named", self.text(*name)),
            Alarm::Missing(event) => normal::alarm("missing", self.text(self.machine.events[event.index()].name)),
            Alarm::TaskOverdue(task) => normal::alarm("task overdue", self.text(*task)),
            Alarm::StepFailed(_) => normal::alarm("step failed", ""),
        }
    }
}

fn parts(statement: &Statement) -> [i64; 4] {
    [statement.principal.0, statement.interest.0, statement.costs.0, statement.balance.0]
}

/// Through whom a message goes.
fn words(through: Option<Through>) -> &'static str {
    match through {
        None => "",
        Some(Through::Guardians) => " through guardians",
        Some(Through::Representative) => " through representative",
    }
}

/// Positions of persons, by bit.
fn people(bits: u8) -> Vec<usize> {
    (0..8).filter(|n| bits >> n & 1 == 1).collect()
}

fn kind(by: &HeldBy) -> &'static str {
    match by {
        HeldBy::Limit(_) => "limit",
        HeldBy::Rest(_) => "rest",
        HeldBy::Hours(_) => "hours",
        HeldBy::Hold => "hold",
        HeldBy::Unusable(_) => "unusable",
        HeldBy::WaitsAlready => "waits already",
        HeldBy::Never => "never",
        HeldBy::CostCap => "cost cap",
        HeldBy::PlanBound => "plan bound",
        HeldBy::NoTerms => "no terms",
        HeldBy::Nothing => "nothing",
        HeldBy::When => "when",
        HeldBy::Disputed => "disputed",
        HeldBy::Fresh => "fresh",
        HeldBy::Recess(..) => "recess",
    }
}

/// What a refusal is about.
#[must_use]
pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Earlier { .. } => "earlier".to_owned(),
        Refusal::OnlyTheMachine(_) => "only the machine".to_owned(),
        Refusal::Missing { .. } | Refusal::Wrong { .. } | Refusal::NoSuchEvent | Refusal::NotThere { .. } => {
            "not fit".to_owned()
        }
        Refusal::OtherMachine => "other machine".to_owned(),
        Refusal::Unreadable(_) => "unreadable".to_owned(),
        Refusal::Fault(fault) => fault_kind(fault).to_owned(),
    }
}

fn fault_kind(fault: &Fault) -> &'static str {
    match fault {
        Fault::Overflow => "Overflow",
        Fault::Unknown(_) => "Unknown",
        Fault::NoRow(_) => "NoRow",
        Fault::BeforeFirstRow(..) => "BeforeFirstRow",
        Fault::EnteredTwice(_) => "EnteredTwice",
        Fault::NoLastStage => "NoLastStage",
        Fault::Bound(..) => "Bound",
        Fault::Broken(_) => "Broken",
    }
}

/// What a case is after a step, in lines.
#[must_use]
pub fn summary(machine: &Machine, case: &Case) -> Vec<String> {
    let text = |id: TextId| machine.texts.get(id.index()).map_or("", String::as_str);
    let holds: Vec<&str> = case.holds.iter().map(|h| read::text_value(machine, case, h.reason)).collect();
    let statement = read::statement(machine, case).map(|s| parts(&s));
    let amount = |n: usize| statement.as_ref().map_or_else(refusal, |s| s[n].to_string());
    let deadline = case.deadline.and_then(|d| d.day);
    vec![
        format!("stage {}", text(machine.stages[case.place.stage.index()].name)),
        format!("principal {}", amount(0)),
        format!("interest {}", amount(1)),
        format!("costs {}", amount(2)),
        format!("balance {}", amount(3)),
        format!("paid {}", case.ledger.paid),
        format!("deadline {}", deadline.map_or("-".to_owned(), |d| d.to_string())),
        format!("holds {}", holds.join(", ")),
    ]
}
