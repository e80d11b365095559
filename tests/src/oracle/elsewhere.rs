//! A case that comes from elsewhere: what it brings, and how it goes on.

use super::Run;
use super::case::{Agreement, Happened, Owner, Place, PlanState};
use super::fault::{Fault, Refusal};
use crate::normal;
use dunlin_lang::model::{Block, Expr};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{On, Plan, RuleId, StageId};
use dunlin_machine::value::{Date, Instant};
use dunlin_runtime::input::{Opening, PaymentGiven, PlanGiven};
use std::collections::BTreeSet;

impl Run<'_> {
    /// Whether what the case says of its past can be so.
    pub(super) fn check_past(&self, opening: &Opening) -> Result<(), Refusal> {
        let (today, now) = (self.today(), self.case.now);
        let outcome = |stage: StageId| self.model.stages.get(stage.index()).is_none_or(|s| s.outcome);
        let stage = opening.stage.is_some_and(outcome) || opening.entered.is_some() && opening.stage.is_none();
        let days = [opening.entered, opening.titled_on, opening.served, opening.plan.and_then(|plan| plan.since)];
        let late = days.into_iter().flatten().any(|day| day > today);
        let sent = opening.sent.iter().any(|sent| {
            let there = sent.template.index() < self.model.templates.len();
            sent.at > now || sent.channels.is_empty() || !there || usize::from(sent.person) >= opening.persons.len()
        });
        let ids: Vec<&String> = opening.payments.iter().filter_map(|p| p.id.as_ref()).collect();
        let twice = ids.iter().collect::<BTreeSet<_>>().len() < ids.len();
        let payment = twice || opening.payments.iter().any(|p| p.amount <= 0 || p.on > today);
        let plan = opening.plan.is_some_and(|given| {
            let allowed = |rules: &Plan<Expr, Block>, day: &u8| rules.due_on.is_empty() || rules.due_on.contains(day);
            let fits = |rules| given.day.is_none_or(|day| (1..=31).contains(&day) && allowed(rules, &day));
            given.amount <= 0 || !self.model.plans.get(given.plan.index()).is_some_and(fits)
        });
        let wrong = stage || late || sent || payment || plan;
        if wrong { Err(Refusal::Wrong("past".to_owned())) } else { Ok(()) }
    }

    /// Messages that went out, what was served, and the title.
    pub(super) fn take_over(&mut self, opening: &Opening) -> Result<(), Refusal> {
        let mut sent = opening.sent.clone();
        sent.sort_by_key(|message| message.at);
        for message in sent {
            let person = usize::from(message.person);
            self.case.persons.get(person).ok_or_else(|| Refusal::NotThere("debtor".to_owned()))?;
            self.log_attempt(person, message.at, message.channels)?;
            self.count_sent(message.template.index(), self.day(message.at));
        }
        if let Some(on) = opening.served {
            self.served(on);
        }
        if !opening.sent.is_empty() || opening.served.is_some() || self.case.titled {
            self.case.claims.iter_mut().for_each(|claim| claim.fresh = false);
        }
        self.take_over_payments(opening)
    }

    /// Payments in the order of their days, and between them the day since which a plan runs.
    fn take_over_payments(&mut self, opening: &Opening) -> Result<(), Refusal> {
        // What the plan reads of vars is as if read now.
        if opening.plan.is_some() {
            self.start_vars()?;
        }
        let mut payments = opening.payments.clone();
        payments.sort_by_key(|payment| payment.on);
        let since = opening.plan.and_then(|plan| plan.since);
        let (before, after) = payments.into_iter().partition(|payment| since.is_none_or(|since| payment.on <= since));
        self.book_all(before)?;
        if let Some(plan) = opening.plan {
            self.agree(plan)?;
        }
        self.book_all(after)?;
        self.pass_instalments()?;
        self.case.vars.clear();
        Ok(())
    }

    /// Vars in the order of the source.
    pub(super) fn start_vars(&mut self) -> Result<(), Fault> {
        for var in &self.model.vars {
            let value = self.eval(&var.start, &self.plain())?;
            self.case.vars.push(value);
        }
        Ok(())
    }

    fn book_all(&mut self, payments: Vec<PaymentGiven>) -> Result<(), Fault> {
        for payment in payments {
            let mut happened = Happened::bare(Happening::Payment);
            let args = [("amount", payment.amount), ("on", i64::from(payment.on.days()))];
            for (name, value) in args {
                if let Some(param) = Happening::Payment.param(name) {
                    happened.args[param] = Some(value);
                }
            }
            let rest = self.book(payment.amount, payment.on, payment.id, None)?;
            if rest > 0 {
                self.effect(None, &normal::refund(rest))?;
            }
            self.note(happened);
        }
        Ok(())
    }

    /// Terms that were agreed; where the plan runs, it began on that day.
    fn agree(&mut self, given: PlanGiven) -> Result<(), Refusal> {
        let (plan, now) = (given.plan.index(), self.case.now);
        if let Some(since) = given.since {
            self.case.now = self.begin(since)?;
        }
        let day = match given.day {
            Some(day) => day,
            None => self.chosen_day(&self.model.plans[plan], None)?,
        };
        self.case.terms_agreed.insert(plan, 1);
        let state = PlanState::Accepted { amount: given.amount, day, signed: false, waits: false };
        self.case.plan = Some(Agreement { plan, state });
        if given.since.is_some() {
            self.start_plan()?;
        }
        self.case.now = now;
        Ok(())
    }

    fn note(&mut self, happened: Happened) {
        self.case.happened.insert(happened.event, happened.args.clone());
        self.case.delivered.push(happened);
    }

    /// `served` happened, and no rule sees it.
    fn served(&mut self, on: Date) {
        let mut served = Happened::bare(Happening::Served);
        if let Some(param) = Happening::Served.param("on") {
            served.args[param] = Some(i64::from(on.days()));
        }
        self.note(served);
    }

    /// Enters the stage in which the case opens, or goes on there.
    pub(super) fn begin_somewhere(&mut self, opening: &Opening) -> Result<(), Fault> {
        let stage = match opening.stage {
            Some(stage) => stage.index(),
            None => self.start()?,
        };
        self.entered.insert(stage);
        let rule = self.model.stages.get(stage).map(|s| s.rule);
        match opening.entered.filter(|_| opening.stage.is_some()) {
            Some(day) => self.go_on(stage, self.begin(day)?.min(self.case.now), rule),
            None => self.enter(stage, rule, None),
        }
    }

    /// The case is in a stage since then; timers run from now as after a return.
    fn go_on(&mut self, stage: usize, entered: Instant, rule: Option<RuleId>) -> Result<(), Fault> {
        let entry = self.new_run();
        self.case.place = Place { stage, entered, entry };
        self.tell_move(None, stage, rule, false);
        self.case.been.insert(stage);
        for scope in self.scopes(stage).into_iter().rev() {
            let mut frame = self.frame(Owner::Scope(scope), None);
            self.run(&self.model.scopes[scope].entry, &mut frame)?;
            self.open_marks_since(Owner::Scope(scope), entered)?;
        }
        self.open_marks_since(Owner::Stage(stage), entered)
    }

    fn open_marks_since(&mut self, owner: Owner, entered: Instant) -> Result<(), Fault> {
        let today = self.today();
        self.open_marks(owner)?;
        for (n, trigger) in self.triggers(owner).iter().enumerate() {
            let Some(mark) = self.case.marks.get_mut(&(owner, n)) else { continue };
            (mark.anchor, mark.moves_not_before) = (entered, entered);
            if matches!(trigger.on, On::EveryMonth { .. } | On::EveryWorkingDay { .. }) {
                mark.seen = Some(today);
            }
        }
        Ok(())
    }
}
