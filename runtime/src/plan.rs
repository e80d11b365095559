//! Plans of instalments: offered, agreed, running, missed, completed or breached (semantics, section 10).
//!
//! An instalment is not stored: which are due, met and missed follows from the terms, the first day and what was paid.

use crate::actions::Cause;
use crate::case::{Owner, Phase, Plan, Running, Terms};
use crate::contact::elapsed;
use crate::days::add;
use crate::fault::{Fault, Refusal};
use crate::input::PlanGiven;
use crate::ledger::sub;
use crate::outcome::{Effect, HeldAction, HeldBy};
use crate::run::Run;
use crate::take::wrong;
use crate::timers::{Due, Earliest, Timer};
use alloc::format;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{self, Block, PlanId, Quantity, RuleId};
use dunlin_machine::value::{Date, Duration, Instant, Money, Rate, Unit};

impl<'a> Run<'a> {
    fn plan_form(&self, plan: PlanId) -> Result<&'a ir::Plan, Fault> {
        self.m.plans.get(plan.index()).ok_or(Fault::Broken("a plan is missing"))
    }

    /// What a plan comes to as things stand: the balance, or its share of it.
    fn plan_total(&mut self, form: &ir::Plan) -> Result<i64, Fault> {
        let balance = self.statement()?.balance;
        match form.over {
            None => Ok(balance.0),
            Some(share) => Ok(balance.times_rate(Rate(self.eval(share)?))?.0),
        }
    }

    // Offering and agreeing.

    pub(crate) fn offer_plan(&mut self, plan: PlanId, rule: RuleId) -> Result<(), Fault> {
        let form = self.plan_form(plan)?;
        let from = self.mark();
        let active = matches!(self.case.plan, Some(Plan { phase: Phase::Active(_), .. }));
        if active || !self.holds(form.offer_when)? {
            self.held(rule, HeldAction::Offer(plan), HeldBy::PlanBound, None, true);
            return Ok(());
        }
        let total = Money(self.plan_total(form)?);
        let at_least = form.at_least.map(|e| self.eval(e)).transpose()?.map(Money);
        let first_by = self.first_by(form, self.today)?;
        let effect = Effect::Offer { plan, instalments: form.instalments, at_least, first_by, total };
        self.effect(Some(rule), from, effect)?;
        *self.case.plan_mut() = Some(Plan { plan, phase: Phase::Offered });
        Ok(())
    }

    /// The latest day of the first instalment of a plan that becomes active on a day.
    fn first_by(&mut self, form: &ir::Plan, day: Date) -> Result<Option<Date>, Fault> {
        let Some(within) = form.first_within else { return Ok(None) };
        let within = self.duration(within)?;
        Ok(Some(match within.unit() {
            Unit::Hours => day.add_days(1)?,
            _ => add(day, within, self.calendar())?,
        }))
    }

    /// The terms that the host brings, if the plan that they speak of allows them.
    pub(crate) fn terms_of(&mut self, amount: i64, day: Option<i64>) -> Result<(PlanId, Terms), Refusal> {
        let open = self.case.plan.filter(|plan| !matches!(plan.phase, Phase::Completed(_)));
        let plan = match (open, self.m.plans.len()) {
            (Some(plan), _) => plan.plan,
            (None, 1) => PlanId(0),
            _ => return Err(crate::take::not_there("offered plan", "")),
        };
        let form = self.plan_form(plan)?;
        let name = self.text_of(form.name);
        let agreed = self.case.agreed.get(plan.index()).copied().unwrap_or(0);
        if form.renegotiate.is_some_and(|most| agreed > most) {
            return Err(wrong("plan_accepted", &format!("terms; the plan `{name}` may not be agreed anew any more")));
        }
        if !self.holds(form.offer_when)? {
            return Err(wrong("plan_accepted", &format!("a case within the bounds of the plan `{name}`")));
        }
        if amount <= 0 {
            return Err(wrong("amount", "an amount of more than nothing"));
        }
        let total = self.plan_total(form)?;
        if total <= 0 {
            return Err(wrong("plan_accepted", "a case in which something is still owed"));
        }
        let count = instalments(total, amount);
        let at_least = form.at_least.map(|e| self.eval(e)).transpose()?;
        if count > 1 && at_least.is_some_and(|least| amount < least) {
            return Err(wrong("amount", &format!("at least what the plan `{name}` asks for each instalment")));
        }
        let (fewest, most) = form.instalments;
        if !(fewest..=most).contains(&count) {
            return Err(wrong("amount", &format!("{fewest} to {most} instalments in the plan `{name}`")));
        }
        let day = self.day_of_terms(form, day)?;
        Ok((plan, Terms { amount, day }))
    }

    fn day_of_terms(&mut self, form: &ir::Plan, day: Option<i64>) -> Result<u8, Refusal> {
        if day.is_some_and(|day| !(1..=31).contains(&day)) {
            return Err(wrong("day", "a day of the month, 1 to 31"));
        }
        if !by_months(form.rhythm) {
            return Ok(0);
        }
        let own = match self.first_by(form, self.today)? {
            Some(latest) => latest.civil().day,
            None => self.today.civil().day,
        };
        let day = match day {
            Some(day) => u8::try_from(day).unwrap_or(0),
            None => form.due_on.first().copied().unwrap_or(own),
        };
        let allowed = if form.due_on.is_empty() { (1..=31).contains(&day) } else { form.due_on.contains(&day) };
        if allowed { Ok(day) } else { Err(wrong("day", "one of the days of the month that the plan allows")) }
    }

    pub(crate) fn agree(&mut self, plan: PlanId, terms: Terms) -> Result<(), Fault> {
        if let Some(times) = self.case.agreed_mut().get_mut(plan.index()) {
            *times = times.saturating_add(1);
        }
        *self.case.plan_mut() = Some(Plan { plan, phase: Phase::Accepted { terms, signed: false, asked: false } });
        self.follow_rest()
    }

    /// `plan_declined` and `signed`.
    pub(crate) fn answer_plan(&mut self, happening: Happening) {
        let Some(plan) = self.case.plan_mut() else { return };
        match (&mut plan.phase, happening) {
            (Phase::Offered, Happening::PlanDeclined) => *self.case.plan_mut() = None,
            (Phase::Accepted { signed, .. }, Happening::Signed) => *signed = true,
            _ => {}
        }
    }

    // Becoming active.

    pub(crate) fn ask_to_activate(&mut self, plan: PlanId, rule: RuleId) -> Result<(), Fault> {
        let form = self.plan_form(plan)?;
        match self.case.plan_mut() {
            Some(Plan { plan: agreed, phase: Phase::Accepted { asked, .. } }) if *agreed == plan && !*asked => {
                *asked = true;
            }
            _ => {
                self.held(rule, HeldAction::Activate(plan), HeldBy::NoTerms, None, true);
                return Ok(());
            }
        }
        self.run_of_plan(form, form.notice)
    }

    /// Whether interest rests because of the plan.
    pub(crate) fn plan_rests(&self) -> bool {
        match self.case.plan {
            Some(Plan { plan, phase: Phase::Active(_) }) => self.plan_form(plan).is_ok_and(|f| f.without_interest),
            _ => false,
        }
    }

    /// A plan that waits no more becomes active, and one whose last instalment is met is completed; gives whether either was.
    #[inline]
    pub(crate) fn plan_goes_on(&mut self) -> Result<bool, Fault> {
        match self.case.plan {
            Some(agreed) if !self.in_outcome() => self.goes_on(agreed),
            _ => Ok(false),
        }
    }

    #[inline(never)]
    fn goes_on(&mut self, Plan { plan, phase }: Plan) -> Result<bool, Fault> {
        match phase {
            Phase::Accepted { terms, signed, asked: true } => {
                let form = self.plan_form(plan)?;
                let waits = form.sign_by.is_some() && !signed || self.notice_waits(form.notice);
                if !waits {
                    self.become_active(plan, form, terms)?;
                }
                Ok(!waits)
            }
            Phase::Active(_) => Ok(self.complete_plan()? || self.breach_if_missed()?),
            Phase::Completed(running) => self.take_up_again(plan, running),
            _ => Ok(false),
        }
    }

    fn notice_waits(&self, notice: Block) -> bool {
        let of_it = |action: ir::ActionRef| notice.range().contains(&action.index());
        self.case.waiting.iter().any(|w| of_it(w.action)) || self.case.stopped.iter().any(|s| of_it(s.action))
    }

    fn become_active(&mut self, plan: PlanId, form: &'a ir::Plan, terms: Terms) -> Result<(), Fault> {
        let from = self.mark();
        let running = self.start_running(plan, form, terms)?;
        let Running { count, total, .. } = running;
        let (first, last) = (self.due_day(form, &running, 1)?, self.due_day(form, &running, count)?);
        let effect = Effect::Activate { plan, count, amount: Money(terms.amount), total: Money(total), first, last };
        self.effect(Some(form.rule), from, effect)?;
        Ok(())
    }

    /// A plan runs from today on, for what is owed today.
    fn start_running(&mut self, plan: PlanId, form: &'a ir::Plan, terms: Terms) -> Result<Running, Fault> {
        let total = self.plan_total(form)?;
        let count = instalments(total, terms.amount);
        let first = self.first_day(form, terms)?;
        let paid_before = self.case.ledger.paid;
        let running = Running { terms, count, total, first, paid_before, past: 0, missed: 0 };
        *self.case.plan_mut() = Some(Plan { plan, phase: Phase::Active(running) });
        self.follow_rest()?;
        Ok(running)
    }

    /// A plan that was agreed before the case opened; one that runs since today does so without an effect.
    pub(crate) fn agree_before(&mut self, given: PlanGiven) -> Result<(), Fault> {
        let form = self.plan_form(given.plan)?;
        let day = self.day_of_terms(form, given.day.map(i64::from));
        let day = day.map_err(|_| Fault::Broken("the terms of a plan were not checked"))?;
        let terms = Terms { amount: given.amount, day };
        self.agree(given.plan, terms)?;
        if given.since.is_some() {
            self.start_running(given.plan, form, terms)?;
        }
        Ok(())
    }

    /// Instalments whose grace was over when the case opened: those that the payments do not cover were missed.
    pub(crate) fn pass_over_past_instalments(&mut self) -> Result<(), Fault> {
        let Some((plan, mut running)) = self.running() else { return Ok(()) };
        let form = self.plan_form(plan)?;
        while running.past < running.count {
            let due = self.due_day(form, &running, running.past.saturating_add(1))?;
            if self.over(due, form.grace)? > self.case.now {
                break;
            }
            running.past = running.past.saturating_add(1);
        }
        running.missed = running.past.saturating_sub(self.met(form, &running)?);
        *self.case.plan_mut() = Some(Plan { plan, phase: Phase::Active(running) });
        Ok(())
    }

    /// The plain day of the first instalment of a plan that becomes active today.
    fn first_day(&mut self, form: &ir::Plan, terms: Terms) -> Result<Date, Fault> {
        let latest = self.first_by(form, self.today)?;
        if !by_months(form.rhythm) {
            return Ok(latest.map_or_else(|| add(self.today, form.rhythm, self.calendar()), Ok)?);
        }
        let this_month = in_month(self.today, terms.day);
        let chosen = match this_month > self.today {
            true => this_month,
            false => in_month(self.today.end_of_month().add_days(1)?, terms.day),
        };
        Ok(latest.map_or(chosen, |latest| chosen.min(latest)))
    }

    /// When an instalment is due, counted from 1: its plain day, moved to a working day.
    fn due_day(&self, form: &ir::Plan, running: &Running, k: u32) -> Result<Date, Fault> {
        let steps = k.saturating_sub(1);
        let plain = if steps == 0 {
            running.first
        } else {
            let times = form.rhythm.amount().cast_unsigned().checked_mul(steps).ok_or(Fault::Overflow)?;
            let length = Duration::new(times, form.rhythm.unit()).ok_or(Fault::Overflow)?;
            let later = add(running.first, length, self.calendar())?;
            // The first may lie before the chosen day, at the end of `first within`; the others keep the day of the first.
            let on_day = in_month(running.first, running.terms.day) == running.first;
            if by_months(form.rhythm) && on_day { in_month(later, running.terms.day) } else { later }
        };
        Ok(self.calendar().next_working_day(plain)?)
    }

    // Running.

    fn running(&self) -> Option<(PlanId, Running)> {
        match self.case.plan {
            Some(Plan { plan, phase: Phase::Active(running) }) => Some((plan, running)),
            _ => None,
        }
    }

    fn paid_since(&self, running: &Running) -> Result<i64, Fault> {
        Ok(sub(self.case.ledger.paid, running.paid_before)?.max(0))
    }

    /// How many instalments are met.
    fn met(&mut self, form: &ir::Plan, running: &Running) -> Result<u32, Fault> {
        let paid = self.paid_since(running)?;
        let covered = u32::try_from(paid / running.terms.amount).unwrap_or(u32::MAX);
        let all = match form.over.is_some() || form.without_interest {
            true => paid >= running.total,
            false => self.statement()?.balance.0 <= 0,
        };
        Ok(if all { running.count } else { covered.min(running.count.saturating_sub(1)) })
    }

    /// The timers of a running plan.
    pub(crate) fn earliest_of_plan(&mut self, best: &mut Earliest) -> Result<(), Fault> {
        let Some((plan, running)) = self.running().filter(|_| !self.in_outcome()) else { return Ok(()) };
        let form = self.plan_form(plan)?;
        if running.past < running.count {
            let due = self.due_day(form, &running, running.past.saturating_add(1))?;
            best.offer_in_order(self.over(due, form.grace)?.seconds(), Timer::of(Due::Grace));
        }
        if form.breach_overdue.is_some() {
            let met = self.met(form, &running)?;
            if met < running.count {
                let due = self.due_day(form, &running, met.saturating_add(1))?;
                best.offer_in_order(self.over(due, form.breach_overdue)?.seconds(), Timer::of(Due::Overdue));
            }
        }
        Ok(())
    }

    /// When a time limit from the end of a day is over.
    fn over(&mut self, day: Date, length: Option<ir::ExprId>) -> Result<Instant, Fault> {
        let Some(length) = length else { return self.begin(day.add_days(1)?) };
        let length = self.quietly(|run| run.duration(length))?;
        match elapsed(length) {
            Some(_) => Ok(self.begin(day.add_days(1)?)?.add_hours(length.amount())?),
            None => self.begin(add(day, length, self.calendar())?.add_days(1)?),
        }
    }

    /// The grace of the next instalment has ended.
    pub(crate) fn grace_over(&mut self) -> Result<(), Fault> {
        let Some((plan, mut running)) = self.running() else { return Ok(()) };
        let form = self.plan_form(plan)?;
        running.past = running.past.saturating_add(1);
        let met = self.met(form, &running)?;
        let missed = met < running.past;
        running.missed = running.missed.saturating_add(u32::from(missed));
        *self.case.plan_mut() = Some(Plan { plan, phase: Phase::Active(running) });
        if !missed {
            return Ok(());
        }
        self.run_of_plan(form, form.on_missed)?;
        self.raise(Happening::PlanMissed.id(), None, 0);
        Ok(())
    }

    /// Whether so many instalments are not met that the plan is breached; it is, too, when nothing more is to come.
    fn breach_if_missed(&mut self) -> Result<bool, Fault> {
        let Some((plan, running)) = self.running() else { return Ok(false) };
        let form = self.plan_form(plan)?;
        let unmet = running.past.saturating_sub(self.met(form, &running)?);
        let breached = form.breach_consecutive.is_some_and(|n| unmet >= n)
            || form.breach_missed.is_some_and(|n| running.missed >= n)
            || running.past >= running.count && unmet > 0;
        if breached {
            self.breach_plan()?;
        }
        Ok(breached)
    }

    /// A plan that was completed goes on where a payment that it counted came back.
    fn take_up_again(&mut self, plan: PlanId, running: Running) -> Result<bool, Fault> {
        let form = self.plan_form(plan)?;
        let unmet = self.met(form, &running)? < running.count;
        if unmet {
            *self.case.plan_mut() = Some(Plan { plan, phase: Phase::Active(running) });
            self.follow_rest()?;
        }
        Ok(unmet)
    }

    /// The step at the end of an instalment's grace failed: it counts as over, not as missed.
    pub(crate) fn pass_over_instalment(&mut self) {
        if let Some(Plan { phase: Phase::Active(running), .. }) = self.case.plan_mut() {
            running.past = running.past.saturating_add(1);
        }
    }

    /// A plan that is not kept ends.
    pub(crate) fn breach_plan(&mut self) -> Result<(), Fault> {
        let Some((plan, _)) = self.running() else { return Ok(()) };
        let form = self.plan_form(plan)?;
        self.end_plan()?;
        self.run_of_plan(form, form.on_breached)?;
        self.raise(Happening::PlanBreached.id(), None, 0);
        Ok(())
    }

    /// A plan whose last instalment is met ends; gives whether there was one.
    pub(crate) fn complete_plan(&mut self) -> Result<bool, Fault> {
        let Some((plan, running)) = self.running().filter(|_| !self.in_outcome()) else { return Ok(false) };
        let form = self.plan_form(plan)?;
        if self.met(form, &running)? < running.count {
            return Ok(false);
        }
        *self.case.plan_mut() = Some(Plan { plan, phase: Phase::Completed(running) });
        self.follow_rest()?;
        self.run_of_plan(form, form.on_completed)?;
        self.raise(Happening::PlanCompleted.id(), None, 0);
        Ok(true)
    }

    /// `cancel plan`, and the end of every plan; a completed one has ended, and may come back.
    pub(crate) fn end_plan(&mut self) -> Result<(), Fault> {
        *self.case.plan_mut() = self.case.plan.filter(|plan| matches!(plan.phase, Phase::Completed(_)));
        self.follow_rest()
    }

    /// Runs a block of the plan, as a body of its own.
    fn run_of_plan(&mut self, form: &ir::Plan, block: Block) -> Result<(), Fault> {
        if block.is_empty() {
            return Ok(());
        }
        let mark = self.mark();
        let cause = Cause { owner: Owner::Plan, rule: form.rule, guard: (mark, mark), late: self.ctx.late };
        self.run_body(cause, block)?;
        Ok(())
    }

    /// Where the plan stands in the source.
    pub(crate) fn plan_rule(&self) -> Option<RuleId> {
        self.case.plan.and_then(|p| self.m.plans.get(p.plan.index())).map(|form| form.rule)
    }

    /// What a guard reads of the active plan.
    pub(crate) fn of_plan(&mut self, quantity: &Quantity) -> Result<Option<i64>, Fault> {
        let Some((plan, running)) = self.running() else { return Ok(Some(0)) };
        let value = match quantity {
            Quantity::PlanActive => 1,
            Quantity::PlanMissed => running.missed.into(),
            Quantity::PlanPaid => self.paid_since(&running)?,
            _ => {
                let form = self.plan_form(plan)?;
                let left = match form.over.is_some() || form.without_interest {
                    true => sub(running.total, self.paid_since(&running)?)?,
                    false => self.statement()?.balance.0,
                };
                left.max(0)
            }
        };
        Ok(Some(value))
    }
}

const fn by_months(rhythm: Duration) -> bool {
    matches!(rhythm.unit(), Unit::Months | Unit::Years)
}

/// The day of that number in the month of a date, or the month's last.
fn in_month(month_of: Date, day: u8) -> Date {
    let last = month_of.end_of_month();
    let civil = last.civil();
    Date::new(civil.year, civil.month, day.clamp(1, civil.day)).unwrap_or(last)
}

/// How many instalments a sum needs, at least 1.
fn instalments(total: i64, amount: i64) -> u32 {
    let whole = total / amount;
    let count = if total % amount > 0 { whole.saturating_add(1) } else { whole };
    u32::try_from(count.max(1)).unwrap_or(u32::MAX)
}
