//! Plans of instalments: offers, terms, what falls due when, and what follows when it is not paid.

use super::Run;
use super::actions::Frame;
use super::case::{Active, Agreement, Owner, PlanState};
use super::fault::{Fault, Refusal};
use super::time::elapsed;
use crate::normal;
use dunlin_lang::model::{Action, Block, Expr};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{Plan, RuleId};
use dunlin_machine::value::{Date, Duration, Instant, Money, Rate, Unit};

/// How many instalments of `amount` a sum takes.
fn instalments(total: i64, amount: i64) -> i64 {
    total / amount + i64::from(total % amount > 0)
}

impl<'m> Run<'m> {
    fn plan(&self, plan: usize) -> &'m Plan<Expr, Block> {
        &self.model.plans[plan]
    }

    /// The plan that runs, with its rules.
    fn active(&self) -> Option<(&'m Plan<Expr, Block>, &Active)> {
        match &self.case.plan {
            Some(Agreement { plan, state: PlanState::Active(active) }) => Some((self.plan(*plan), active)),
            _ => None,
        }
    }

    pub(super) fn plan_rule(&self) -> Option<RuleId> {
        self.case.plan.as_ref().map(|agreement| self.plan(agreement.plan).rule)
    }

    pub(super) fn plan_without_interest(&self) -> bool {
        self.active().is_some_and(|(plan, _)| plan.without_interest)
    }

    pub(super) fn offer_plan(&mut self, plan: usize, action: &Action) -> Result<(), Fault> {
        let rules = self.plan(plan);
        if self.active().is_some() || !self.holds_if_any(rules.offer_when.as_ref(), &self.plain())? {
            self.held(action, "plan bound", None, true);
            return Ok(());
        }
        let least = rules.at_least.as_ref().map(|least| self.eval(least, &self.plain())).transpose()?;
        let latest = self.first_within(rules, self.today())?;
        self.case.plan = Some(Agreement { plan, state: PlanState::Offered });
        let total = self.total(rules)?;
        let what = normal::offer(self.model.text(rules.name), rules.instalments, least, latest, total);
        self.effect(Some(action.rule), &what)
    }

    /// The latest day of the first instalment, counted from a day.
    fn first_within(&self, rules: &Plan<Expr, Block>, from: Date) -> Result<Option<Date>, Fault> {
        let Some(within) = &rules.first_within else { return Ok(None) };
        let within = self.eval_duration(within, &self.plain())?;
        self.plus(from, within).map(Some)
    }

    /// What the plan asks for in all.
    fn total(&self, rules: &Plan<Expr, Block>) -> Result<i64, Fault> {
        let balance = self.balance()?;
        let Some(share) = &rules.over else { return Ok(balance) };
        Ok(Money(balance).times_rate(Rate(self.eval(share, &self.plain())?))?.0)
    }

    /// `plan_accepted`: terms that the plan's bounds admit, or a refusal.
    pub(super) fn accept_terms(&mut self, amount: i64, day: Option<i64>) -> Result<(), Refusal> {
        let only = (self.model.plans.len() == 1).then_some(0);
        let open = self.case.plan.as_ref().filter(|agreement| !matches!(agreement.state, PlanState::Completed(_)));
        let plan = open.map(|agreement| agreement.plan).or(only);
        let plan = plan.ok_or_else(|| Refusal::NotThere("plan".to_owned()))?;
        let rules = self.plan(plan);
        if !self.holds_if_any(rules.offer_when.as_ref(), &self.plain())? || amount <= 0 {
            return Err(Refusal::Bound);
        }
        let total = self.total(rules)?;
        let least = rules.at_least.as_ref().map_or(Ok(0), |least| self.eval(least, &self.plain()))?;
        let count = instalments(total, amount);
        let (fewest, most) = (i64::from(rules.instalments.0), i64::from(rules.instalments.1));
        let too_small = amount < least && amount < total;
        let agreed = self.case.terms_agreed.get(&plan).copied().unwrap_or(0);
        let used_up = agreed > 0 && rules.renegotiate.is_some_and(|most| agreed > most);
        if too_small || count < fewest || count > most || used_up {
            return Err(Refusal::Bound);
        }
        let day = self.chosen_day(rules, day)?;
        self.case.terms_agreed.insert(plan, agreed + 1);
        let state = PlanState::Accepted { amount, day, signed: false, waits: false };
        self.case.plan = Some(Agreement { plan, state });
        Ok(self.sync_free_days()?)
    }

    /// The day of the month on which instalments fall due.
    pub(super) fn chosen_day(&self, rules: &Plan<Expr, Block>, day: Option<i64>) -> Result<u8, Refusal> {
        let Some(day) = day else {
            let first = self.first_within(rules, self.today())?.unwrap_or_else(|| self.today());
            return Ok(rules.due_on.first().copied().unwrap_or(first.civil().day));
        };
        let day = u8::try_from(day).ok().filter(|day| (1..=31).contains(day)).ok_or(Refusal::Bound)?;
        if rules.due_on.is_empty() || rules.due_on.contains(&day) { Ok(day) } else { Err(Refusal::Bound) }
    }

    /// `plan_declined`.
    pub(super) fn decline_plan(&mut self) {
        if matches!(&self.case.plan, Some(Agreement { state: PlanState::Offered, .. })) {
            self.case.plan = None;
        }
    }

    /// `signed`.
    pub(super) fn sign_plan(&mut self) {
        if let Some(Agreement { state: PlanState::Accepted { signed, .. }, .. }) = &mut self.case.plan {
            *signed = true;
        }
    }

    pub(super) fn activate_plan(&mut self, plan: usize, action: &'m Action, frame: &Frame) -> Result<(), Fault> {
        let agreed = self.case.plan.as_mut().filter(|agreement| agreement.plan == plan);
        let Some(Agreement { state: PlanState::Accepted { waits: waits @ false, .. }, .. }) = agreed else {
            self.held(action, "no terms", None, true);
            return Ok(());
        };
        *waits = true;
        let owner = Owner::Plan(plan);
        let mut of_plan = self.frame(owner, Some((owner, 3)));
        of_plan.run = frame.run;
        self.run(&self.plan(plan).notice, &mut of_plan)
    }

    /// A plan that waits no more becomes active; one that is paid is completed, one that is not is breached; whether one was.
    pub(super) fn settle_plan(&mut self) -> Result<bool, Fault> {
        let begins = match &self.case.plan {
            Some(Agreement { plan, state: PlanState::Accepted { signed, waits: true, .. } }) => {
                let rules = self.plan(*plan);
                let unsigned = rules.sign_by.is_some() && !signed;
                !self.in_outcome() && !unsigned && !self.notice_waits(rules)
            }
            _ => false,
        };
        if begins {
            self.begin_plan()?;
            return Ok(true);
        }
        if self.complete_plan()? || self.bring_back()? {
            return Ok(true);
        }
        if !self.in_outcome() && self.is_breached()? {
            self.breach()?;
            return Ok(true);
        }
        Ok(false)
    }

    fn notice_waits(&self, rules: &Plan<Expr, Block>) -> bool {
        let waits = |action: &Action| {
            self.case.waiting.iter().any(|w| std::ptr::eq(w.action, action))
                || self.case.stopped.iter().any(|s| std::ptr::eq(s.action, action))
        };
        rules.notice.iter().any(waits)
    }

    fn begin_plan(&mut self) -> Result<(), Fault> {
        let what = self.start_plan()?;
        self.effect(self.plan_rule(), &what)
    }

    /// The plan runs from today on.
    pub(super) fn start_plan(&mut self) -> Result<String, Fault> {
        let Some(Agreement { plan, state: PlanState::Accepted { amount, day, .. } }) = self.case.plan.clone() else {
            return Err(Fault::Broken);
        };
        let rules = self.plan(plan);
        let total = self.total(rules)?;
        let count = instalments(total, amount).max(1);
        u32::try_from(count).map_err(|_| Fault::Overflow)?;
        let (first, on) = self.first_day(rules, day)?;
        let due = |k: i64| self.due_day(rules, (first, on), k);
        let days = (due(0)?, due(count - 1)?);
        let (paid_before, ended) = (self.paid(), Vec::new());
        let active = Active { amount, total, count, first, on, paid_before, ended };
        self.case.plan = Some(Agreement { plan, state: PlanState::Active(active) });
        self.sync_free_days()?;
        Ok(normal::activate(self.model.text(rules.name), total, count, amount, days))
    }

    /// Of a plan that ran elsewhere, the instalments whose grace is over are past.
    pub(super) fn pass_instalments(&mut self) -> Result<(), Fault> {
        while self.instalment_due()?.is_some_and(|due| due <= self.case.now) {
            let (_, active) = self.active().ok_or(Fault::Broken)?;
            let missed = !self.met(ended(active))?;
            self.active_mut()?.ended.push(missed);
        }
        Ok(())
    }

    /// The day on which an instalment, counted from 0, falls due, moved to a working day.
    fn due_day(&self, rules: &Plan<Expr, Block>, (first, on): (Date, u8), k: i64) -> Result<Date, Fault> {
        let plain = match rules.rhythm.unit() {
            Unit::Months => {
                let month = self.plus_months(first, rules.rhythm, k)?;
                let (last, civil) = (month.end_of_month().civil().day, month.civil());
                Date::new(civil.year, civil.month, on.min(last)).ok_or(Fault::Overflow)?
            }
            _ if k == 0 => first,
            _ => self.plus_times(first, rules.rhythm, k)?,
        };
        self.working_day(plain)
    }

    /// Some day of the month that lies so many times the rhythm after that of a day.
    fn plus_months(&self, day: Date, rhythm: Duration, times: i64) -> Result<Date, Fault> {
        if times == 0 { Ok(day) } else { self.plus_times(day, rhythm, times) }
    }

    /// The first day, and the day of the month for those that follow.
    fn first_day(&self, rules: &Plan<Expr, Block>, day: u8) -> Result<(Date, u8), Fault> {
        let today = self.today();
        let latest = self.first_within(rules, today)?;
        if rules.rhythm.unit() != Unit::Months {
            let first = latest.map_or_else(|| self.plus(today, rules.rhythm), Ok)?;
            return Ok((first, first.civil().day));
        }
        let chosen = self.first_after(today, |d| Ok(d.civil().day == day.min(d.end_of_month().civil().day)))?;
        match latest {
            Some(latest) if latest < chosen => Ok((latest, latest.civil().day)),
            _ => Ok((chosen, day)),
        }
    }

    pub(super) fn plan_paid(&self) -> i64 {
        self.active().map_or(0, |(_, active)| (self.paid() - active.paid_before).max(0))
    }

    pub(super) fn plan_missed(&self) -> i64 {
        let missed = self.active().map_or(0, |(_, active)| active.ended.iter().filter(|missed| **missed).count());
        i64::try_from(missed).unwrap_or(i64::MAX)
    }

    pub(super) fn plan_active(&self) -> bool {
        self.active().is_some()
    }

    pub(super) fn plan_remaining(&self) -> Result<i64, Fault> {
        let Some((rules, active)) = self.active() else { return Ok(0) };
        if takes_interest(rules) { self.balance() } else { Ok((active.total - self.plan_paid()).max(0)) }
    }

    /// Whether an instalment, counted from 0, is met.
    fn met(&self, k: i64) -> Result<bool, Fault> {
        let Some((rules, active)) = self.active() else { return Ok(false) };
        if k + 1 < active.count {
            let owed = active.amount.checked_mul(k + 1).ok_or(Fault::Overflow)?;
            return Ok(self.plan_paid() >= owed);
        }
        if takes_interest(rules) {
            return Ok(self.balance()? <= 0);
        }
        Ok(self.plan_paid() >= active.total)
    }

    /// When the grace of the next instalment ends.
    pub(super) fn instalment_due(&self) -> Result<Option<Instant>, Fault> {
        let Some((rules, active)) = self.active().filter(|_| !self.in_outcome()) else { return Ok(None) };
        let next = ended(active);
        if next >= active.count {
            return Ok(None);
        }
        self.day_after(self.due_day(rules, (active.first, active.on), next)?, rules.grace.as_ref()).map(Some)
    }

    /// When the oldest unmet instalment is overdue for too long.
    pub(super) fn plan_overdue_due(&self) -> Result<Option<Instant>, Fault> {
        let Some((rules, active)) = self.active().filter(|_| !self.in_outcome()) else { return Ok(None) };
        let Some(overdue) = &rules.breach_overdue else { return Ok(None) };
        // What was paid meets the instalments one after the other.
        let oldest = (self.plan_paid() / active.amount).min(active.count - 1);
        if self.met(oldest)? {
            return Ok(None);
        }
        self.day_after(self.due_day(rules, (active.first, active.on), oldest)?, Some(overdue)).map(Some)
    }

    /// The begin of the day after a day and what may be added to it.
    fn day_after(&self, day: Date, more: Option<&Expr>) -> Result<Instant, Fault> {
        let more = more.map(|more| self.eval_duration(more, &self.plain())).transpose()?;
        match more {
            Some(more) if elapsed(more).is_none() => self.begin(self.plus(day, more)?.add_days(1)?),
            Some(more) => Ok(self.begin(day.add_days(1)?)?.add_seconds(elapsed(more).unwrap_or(0))?),
            None => self.begin(day.add_days(1)?),
        }
    }

    /// The grace of the next instalment ended.
    pub(super) fn instalment_ended(&mut self) -> Result<(), Fault> {
        let Some((rules, active)) = self.active() else { return Err(Fault::Broken) };
        let number = ended(active);
        let missed = !self.met(number)?;
        self.active_mut()?.ended.push(missed);
        if missed {
            self.run_block(&rules.on_missed, 0)?;
            self.raise(Happening::PlanMissed);
        }
        Ok(())
    }

    /// An instalment whose timer failed is over.
    pub(super) fn pass_instalment(&mut self) {
        if let Ok(active) = self.active_mut() {
            active.ended.push(false);
        }
    }

    fn active_mut(&mut self) -> Result<&mut Active, Fault> {
        match &mut self.case.plan {
            Some(Agreement { state: PlanState::Active(active), .. }) => Ok(active),
            _ => Err(Fault::Broken),
        }
    }

    fn is_breached(&self) -> Result<bool, Fault> {
        let Some((rules, active)) = self.active() else { return Ok(false) };
        let mut row = 0;
        for k in 0..ended(active) {
            row += u32::from(!self.met(k)?);
        }
        let missed = self.plan_missed();
        let over = ended(active) >= active.count;
        Ok(over
            || rules.breach_consecutive.is_some_and(|most| row >= most)
            || rules.breach_missed.is_some_and(|most| missed >= i64::from(most)))
    }

    /// The plan is breached: it ends.
    pub(super) fn breach(&mut self) -> Result<(), Fault> {
        let Some((rules, _)) = self.active() else { return Err(Fault::Broken) };
        self.end_plan()?;
        self.run_block(&rules.on_breached, 2)?;
        self.raise(Happening::PlanBreached);
        Ok(())
    }

    /// Looks whether the last instalment is met; the plan then ends.
    pub(super) fn complete_plan(&mut self) -> Result<bool, Fault> {
        let Some((rules, active)) = self.active().filter(|_| !self.in_outcome()) else { return Ok(false) };
        if !self.met(active.count - 1)? {
            return Ok(false);
        }
        let (plan, active) = (self.case.plan.as_ref().map_or(0, |agreement| agreement.plan), active.clone());
        self.case.plan = Some(Agreement { plan, state: PlanState::Completed(active) });
        self.sync_free_days()?;
        self.run_block(&rules.on_completed, 1)?;
        self.raise(Happening::PlanCompleted);
        Ok(true)
    }

    /// A completed plan is active again where its last instalment is not met any more.
    fn bring_back(&mut self) -> Result<bool, Fault> {
        let Some(Agreement { plan, state: PlanState::Completed(active) }) = self.case.plan.clone() else {
            return Ok(false);
        };
        if self.in_outcome() {
            return Ok(false);
        }
        let last = active.count - 1;
        self.case.plan = Some(Agreement { plan, state: PlanState::Active(active.clone()) });
        let back = !self.met(last)?;
        if !back {
            self.case.plan = Some(Agreement { plan, state: PlanState::Completed(active) });
        }
        self.sync_free_days()?;
        Ok(back)
    }

    pub(super) fn end_plan(&mut self) -> Result<(), Fault> {
        if !matches!(&self.case.plan, Some(Agreement { state: PlanState::Completed(_), .. })) {
            self.case.plan = None;
        }
        self.sync_free_days()
    }

    fn run_block(&mut self, block: &'m Block, number: usize) -> Result<(), Fault> {
        let Some(plan) =
            self.model.plans.iter().position(|p| {
                [&p.on_missed, &p.on_completed, &p.on_breached].into_iter().any(|b| std::ptr::eq(b, block))
            })
        else {
            return Err(Fault::Broken);
        };
        let owner = Owner::Plan(plan);
        self.run_body(block, owner, Some((owner, number))).map(|_| ())
    }
}

/// Whether the last instalment takes the rest and the interest to come.
fn takes_interest(rules: &Plan<Expr, Block>) -> bool {
    !rules.without_interest && rules.over.is_none()
}

/// How many instalments' grace has ended.
fn ended(active: &Active) -> i64 {
    i64::try_from(active.ended.len()).unwrap_or(i64::MAX)
}
