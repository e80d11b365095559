//! When claims are barred: periods, what begins them anew, and days that are not counted.

use super::Run;
use super::case::{Happened, Suspended};
use super::eval::to_date;
use super::fault::Fault;
use dunlin_lang::model::Expr;
use dunlin_machine::ir::{Limitation, PeriodFrom, SuspendedDays, Type};
use dunlin_machine::value::Date;

/// How many runs of suspended days a case remembers.
const RUNS: usize = 64;

impl<'m> Run<'m> {
    /// The day on which the first of the open claims is barred.
    pub(super) fn limitation_date(&self) -> Result<Option<Date>, Fault> {
        let Some(rules) = &self.model.ledger.limitation else { return Ok(self.case.limitation_date) };
        let mut first: Option<Date> = None;
        for claim in 0..self.case.claims.len() {
            if self.case.claims[claim].principal > 0
                && let Some(day) = self.last_day(rules, claim)?
            {
                first = Some(first.map_or(day, |known| known.min(day)));
            }
        }
        Ok(first)
    }

    /// The last day on which a claim can be demanded.
    fn last_day(&self, rules: &Limitation<Expr>, claim: usize) -> Result<Option<Date>, Fault> {
        let Some((anchor, last)) = self.period_in_force(rules, claim)? else { return Ok(None) };
        self.put_off(rules, claim, anchor, last).map(Some)
    }

    /// Since when a claim's period runs, and its last day without suspensions.
    fn period_in_force(&self, rules: &Limitation<Expr>, claim: usize) -> Result<Option<(Date, Date)>, Fault> {
        let this = &self.case.claims[claim];
        let replaced = this.restarted.is_some() || self.case.titled_on.is_some();
        if let Some(brought) = self.case.limitation_date.filter(|_| !replaced) {
            return Ok(Some((self.day(self.case.opened), brought)));
        }
        let view = self.of_claim(claim, None);
        for period in rules.periods.iter().rev() {
            let beginning = match &period.from {
                PeriodFrom::Title => self.case.titled_on,
                PeriodFrom::Date(date) => self.date_of(date, &view)?,
            };
            if let Some(beginning) = beginning
                && self.holds_if_any(period.when.as_ref(), &view)?
            {
                let anchor = this.restarted.map_or(beginning, |day| day.max(beginning));
                let length = self.eval_duration(&period.length, &self.of_first())?;
                return Ok(Some((anchor, self.plus(anchor, length)?)));
            }
        }
        Ok(None)
    }

    /// A last day, put off by the suspended days after the anchor, each once, in their order.
    fn put_off(&self, rules: &Limitation<Expr>, claim: usize, anchor: Date, last: Date) -> Result<Date, Fault> {
        let view = self.of_claim(claim, None);
        let mut runs = Vec::new();
        for run in &self.case.suspended {
            if self.holds_if_any(rules.suspensions[run.rule].when.as_ref(), &view)? {
                runs.push((run.from, run.to.unwrap_or_else(|| self.today())));
            }
        }
        runs.sort();
        let (mut last, mut counted) = (last, anchor);
        for (from, to) in runs {
            let from = from.max(counted.add_days(1)?);
            if from > last {
                break;
            }
            if from <= to {
                last = last.add_days(to.days() - from.days() + 1)?;
                counted = to;
            }
        }
        Ok(last)
    }

    /// What an event does to limitation: it begins periods anew, and begins and ends suspensions.
    pub(super) fn limitation_hears(&mut self, happened: &Happened) -> Result<(), Fault> {
        let Some(rules) = &self.model.ledger.limitation else { return Ok(()) };
        let day = self.day_of(happened)?;
        self.restart_claims(rules, happened, day)?;
        for (number, suspension) in rules.suspensions.iter().enumerate() {
            let SuspendedDays::Between { start, until, delay } = &suspension.days else { continue };
            if super::step::fits(start, happened) {
                self.suspend(number, day)?;
            }
            if !super::step::fits(start, happened) && super::step::fits(until, happened) {
                let to = match delay {
                    None => day,
                    Some(delay) => self.plus(day, self.eval_duration(delay, &self.of_first())?)?,
                };
                self.end_suspension(number, to);
            }
        }
        Ok(())
    }

    /// The day that counts for an event: its `on`, else today.
    fn day_of(&self, happened: &Happened) -> Result<Date, Fault> {
        let params = &self.model.events[happened.event.index()].params;
        let on = params.iter().position(|p| self.model.text(p.name) == "on" && p.ty == Type::Date);
        let on = on.and_then(|n| happened.args.get(n).copied().flatten());
        on.map_or_else(|| Ok(self.today()), to_date)
    }

    fn restart_claims(&mut self, rules: &'m Limitation<Expr>, happened: &Happened, day: Date) -> Result<(), Fault> {
        for restart in rules.restarts.iter().filter(|restart| super::step::fits(&restart.on, happened)) {
            for claim in 0..self.case.claims.len() {
                let in_time = self.last_day(rules, claim)?.is_some_and(|last| day <= last);
                if in_time && self.holds_if_any(restart.when.as_ref(), &self.of_claim(claim, None))? {
                    let this = &mut self.case.claims[claim];
                    this.restarted = this.restarted.max(Some(day));
                }
            }
        }
        Ok(())
    }

    /// Looks whether the conditions of `suspend while` hold.
    pub(super) fn look_at_suspensions(&mut self) -> Result<(), Fault> {
        let Some(rules) = &self.model.ledger.limitation else { return Ok(()) };
        let today = self.today();
        for (number, suspension) in rules.suspensions.iter().enumerate() {
            let SuspendedDays::While(condition) = &suspension.days else { continue };
            if self.holds(condition, &self.of_first())? {
                self.suspend(number, today)?;
            } else {
                self.end_suspension(number, today);
            }
        }
        Ok(())
    }

    /// A suspension begins, or goes on where it has not ended before that day.
    fn suspend(&mut self, rule: usize, from: Date) -> Result<(), Fault> {
        if self.case.suspended.iter().any(|run| run.rule == rule && run.to.is_none()) {
            return Ok(());
        }
        let touches = |run: &&mut Suspended| run.rule == rule && run.to.is_none_or(|to| from <= to);
        if let Some(run) = self.case.suspended.iter_mut().rev().find(touches) {
            run.to = None;
            return Ok(());
        }
        if self.case.suspended.len() >= RUNS {
            return Err(Fault::Bound);
        }
        self.case.suspended.push(Suspended { rule, from, to: None });
        Ok(())
    }

    fn end_suspension(&mut self, rule: usize, to: Date) {
        let open = self.case.suspended.iter_mut().find(|run| run.rule == rule && run.to.is_none());
        if let Some(run) = open {
            run.to = Some(to.max(run.from));
        }
    }
}
