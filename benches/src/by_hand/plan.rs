//! Plans of instalments by hand: bounds, due days, grace, breach.

use super::case::{NEVER, Owner, Plan, Running, Template};
use super::days::{Fault, begin, in_month, next_working_day};
use super::outcome::Effect;
use super::{Raised, Step};
use dunlin_machine::value::Date;

/// The balance for which a plan may be offered.
const OFFERED: core::ops::RangeInclusive<i64> = 5_000..=500_000;
/// The least instalment.
const AT_LEAST: i64 = 20_00;
/// How many instalments.
const INSTALMENTS: core::ops::RangeInclusive<i64> = 2..=24;
/// How soon the first is due, in days.
const FIRST_WITHIN: i32 = 14;
/// Days of grace.
const GRACE: i32 = 5;
/// Days after which an instalment that is not met ends the plan.
const OVERDUE: i32 = 30;

/// How many instalments a sum needs.
const fn instalments(total: i64, amount: i64) -> i64 {
    (total + amount - 1) / amount
}

impl Running {
    /// When an instalment is due, counted from 1: on the chosen day, moved to a working day.
    fn due_day(&self, k: u32) -> Result<Date, Fault> {
        let mut plain = self.first;
        if k > 1 {
            // OK because there are 24 instalments at most.
            plain = self.first.add_months(k as i32 - 1)?;
            if in_month(self.first, self.day) == self.first {
                plain = in_month(plain, self.day);
            }
        }
        next_working_day(plain)
    }
}

impl Step<'_> {
    pub(super) fn offer_plan(&mut self) -> Result<(), Fault> {
        let total = self.balance();
        if matches!(self.case.plan, Some(Plan::Active(_))) || !OFFERED.contains(&total) {
            return Ok(());
        }
        let first_by = self.case.today.add_days(FIRST_WITHIN)?;
        self.tell(Effect::Offer { at_least: AT_LEAST, first_by, total });
        self.case.plan = Some(Plan::Offered);
        Ok(())
    }

    /// Whether terms lie within the plan's bounds; gives its day.
    pub(super) fn admits_terms(&mut self, amount: i64, day: Option<i64>) -> Option<u8> {
        let total = self.balance();
        if self.case.agreed > 1 || !OFFERED.contains(&total) || amount <= 0 {
            return None;
        }
        let count = instalments(total, amount);
        if !INSTALMENTS.contains(&count) || amount < AT_LEAST {
            return None;
        }
        match day {
            None | Some(1) => Some(1),
            Some(15) => Some(15),
            Some(_) => None,
        }
    }

    pub(super) fn agree(&mut self, amount: i64, day: u8) {
        self.case.agreed += 1;
        self.case.plan = Some(Plan::Accepted { amount, day, asked: false });
    }

    pub(super) fn decline_plan(&mut self) {
        if matches!(self.case.plan, Some(Plan::Offered)) {
            self.case.plan = None;
        }
    }

    pub(super) fn activate_plan(&mut self) {
        if let Some(Plan::Accepted { asked, .. }) = &mut self.case.plan {
            *asked = true;
        }
    }

    /// A plan that was asked for begins to run, one that is paid is completed; gives whether something happened.
    pub(super) fn plan_goes_on(&mut self) -> Result<bool, Fault> {
        if self.case.place.stage.is_outcome() {
            return Ok(false);
        }
        match self.case.plan {
            Some(Plan::Accepted { amount, day, asked: true }) => {
                self.begin_plan(amount, day)?;
                Ok(true)
            }
            Some(Plan::Active(_)) => Ok(self.complete_plan() || self.breach_if_missed()?),
            Some(Plan::Completed(running)) => {
                let met = self.met(&running);
                if met < running.count {
                    self.case.plan = Some(Plan::Active(self.dated(Running { met, ..running })?));
                }
                Ok(met < running.count)
            }
            _ => Ok(false),
        }
    }

    fn begin_plan(&mut self, amount: i64, day: u8) -> Result<(), Fault> {
        let (today, total) = (self.case.today, self.balance());
        // OK because accepted terms have 24 instalments at most, and a plan begins in the step that accepts it.
        let count = instalments(total, amount).max(1) as u32;
        let this_month = in_month(today, day);
        let chosen = if this_month > today { this_month } else { in_month(today.end_of_month().add_days(1)?, day) };
        let first = chosen.min(today.add_days(FIRST_WITHIN)?);
        let paid_before = self.case.paid;
        let new = Running { amount, day, count, first, paid_before, past: 0, met: 0, grace: NEVER, overdue: NEVER };
        let met = self.met(&new);
        let running = self.dated(Running { met, ..new })?;
        self.case.plan = Some(Plan::Active(running));
        let (first, last) = (running.due_day(1)?, running.due_day(count)?);
        self.tell(Effect::Activate { count, amount, total, first, last });
        Ok(())
    }

    /// A plan with the instants at which it is looked at next.
    fn dated(&self, running: Running) -> Result<Running, Fault> {
        let after = |k: u32, days: i32| match k < running.count {
            true => {
                let end = running.due_day(k + 1)?.add_days(days + 1)?;
                Ok::<_, Fault>(begin(&self.rules.zone, end)?.seconds())
            }
            false => Ok(NEVER),
        };
        Ok(Running { grace: after(running.past, GRACE)?, overdue: after(running.met, OVERDUE)?, ..running })
    }

    /// How many instalments are met.
    fn met(&mut self, running: &Running) -> u32 {
        if self.balance() <= 0 {
            return running.count;
        }
        let covered = (self.case.paid - running.paid_before).max(0) / running.amount;
        u32::try_from(covered).unwrap_or(u32::MAX).min(running.count.saturating_sub(1))
    }

    /// A plan that is paid is completed; gives whether it was.
    pub(super) fn complete_plan(&mut self) -> bool {
        let Some(Plan::Active(running)) = self.case.plan else { return false };
        if self.case.place.stage.is_outcome() || self.met(&running) < running.count {
            return false;
        }
        self.case.plan = Some(Plan::Completed(running));
        self.raise(Raised::PlanCompleted);
        true
    }

    /// Two instalments in a row that are not met, or the last one, end the plan.
    fn breach_if_missed(&mut self) -> Result<bool, Fault> {
        let Some(Plan::Active(running)) = self.case.plan else { return Ok(false) };
        let met = self.met(&running);
        if met != running.met {
            self.case.plan = Some(Plan::Active(self.dated(Running { met, ..running })?));
        }
        let unmet = running.past.saturating_sub(met);
        let breached = unmet >= 2 || running.past >= running.count && unmet > 0;
        if breached {
            self.breach_plan();
        }
        Ok(breached)
    }

    pub(super) fn breach_plan(&mut self) {
        self.case.plan = None;
        self.raise(Raised::PlanBreached);
    }

    /// The grace of the next instalment has ended.
    pub(super) fn grace_over(&mut self) -> Result<(), Fault> {
        let Some(Plan::Active(running)) = self.case.plan else { return Ok(()) };
        let met = self.met(&running);
        let past = running.past + 1;
        self.case.plan = Some(Plan::Active(self.dated(Running { past, met, ..running })?));
        if met < past {
            self.body(Owner::Plan, |step| step.send(Template::PlanReminder))?;
            self.raise(Raised::PlanMissed);
        }
        Ok(())
    }
}
