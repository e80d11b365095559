//! When claims become barred by limitation (semantics, section 13).

use crate::case::Suspended;
use crate::days::add;
use crate::eval::as_date;
use crate::fault::Fault;
use crate::run::Run;
use crate::take::Taken;
use dunlin_machine::ir::{self, EventPattern, Limitation, PeriodFrom, SuspendedDays};
use dunlin_machine::value::Date;

/// How many runs of days a case remembers in which a period did not run.
const MOST_SUSPENSIONS: usize = 64;

impl<'a> Run<'a> {
    /// The earliest day on which an open claim is barred.
    pub(crate) fn limitation_date(&mut self) -> Result<Option<Date>, Fault> {
        let machine = self.m;
        let Some(rules) = &machine.ledger.limitation else { return Ok(self.case.limitation_date) };
        let mut earliest = None;
        for at in 0..self.case.ledger.claims.len() {
            if self.case.ledger.claims.get(at).is_some_and(|c| c.principal > 0)
                && let Some(day) = self.barred_on(rules, at)?
            {
                earliest = Some(earliest.map_or(day, |e: Date| e.min(day)));
            }
        }
        Ok(earliest)
    }

    /// The last day of a claim's period.
    fn barred_on(&mut self, rules: &'a Limitation, at: usize) -> Result<Option<Date>, Fault> {
        let restarted = self.case.ledger.claims.get(at).and_then(|c| c.restarted);
        let brought = self.case.limitation_date.filter(|_| restarted.is_none() && self.case.titled_on.is_none());
        let run = match brought {
            Some(last) => Some((self.local_day(self.case.opened), last)),
            None => self.period_of(rules, at, restarted)?,
        };
        let Some((anchor, last)) = run else { return Ok(None) };
        self.without_suspended(rules, at, anchor, last).map(Some)
    }

    /// The period in force: its first day, not counted, and its last. It is the last one written whose beginning is known.
    fn period_of(
        &mut self,
        rules: &'a Limitation,
        at: usize,
        restarted: Option<Date>,
    ) -> Result<Option<(Date, Date)>, Fault> {
        for period in rules.periods.iter().rev() {
            let from = match period.from {
                PeriodFrom::Title => self.case.titled_on,
                PeriodFrom::Date(date) => {
                    self.of_that_claim(at, |run| run.eval_known(date))?.map(as_date).transpose()?
                }
            };
            let Some(from) = from else { continue };
            if self.of_that_claim(at, |run| run.holds(period.when))? {
                let anchor = restarted.map_or(from, |day| day.max(from));
                let length = self.quietly(|run| run.duration(period.length))?;
                return Ok(Some((anchor, add(anchor, length, self.calendar())?)));
            }
        }
        Ok(None)
    }

    fn of_that_claim<T>(&mut self, at: usize, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let before = self.ctx;
        self.ctx.claim = u16::try_from(at).ok();
        self.ctx.person = 0;
        let found = self.quietly(read);
        self.ctx = before;
        found
    }

    /// A period's last day, later by the days after its beginning on which it did not run (§ 209 BGB).
    fn without_suspended(
        &mut self,
        rules: &'a Limitation,
        at: usize,
        anchor: Date,
        mut last: Date,
    ) -> Result<Date, Fault> {
        let mut counted = anchor;
        loop {
            let next = self.next_suspended(rules, at, counted)?;
            let Some((from, until)) = next.filter(|(from, _)| *from <= last) else { return Ok(last) };
            let days = until.days() - from.days() + 1;
            last = last.add_days(days)?;
            counted = until;
        }
    }

    /// The first run of suspended days after a day, its begin cut to the day after; overlapping ones are met one by one.
    fn next_suspended(&mut self, rules: &'a Limitation, at: usize, after: Date) -> Result<Option<(Date, Date)>, Fault> {
        let begin = after.add_days(1)?;
        let mut first: Option<(Date, Date)> = None;
        for n in 0..self.case.suspended.len() {
            let Some(run) = self.case.suspended.get(n).copied() else { continue };
            let until = run.until.unwrap_or(self.today);
            let when = rules.suspensions.get(usize::from(run.rule)).and_then(|s| s.when);
            // One that is to begin on a day to come takes out nothing yet.
            if until < begin.max(run.from) || !self.of_that_claim(at, |run| run.holds(when))? {
                continue;
            }
            let from = run.from.max(begin);
            if first.is_none_or(|(earliest, _)| from < earliest) {
                first = Some((from, until));
            }
        }
        Ok(first)
    }

    /// What an event begins anew, and which suspensions it begins or ends.
    pub(crate) fn note_limitation(&mut self, event: &Taken) -> Result<(), Fault> {
        let machine = self.m;
        let Some(rules) = &machine.ledger.limitation else { return Ok(()) };
        let on = machine.events.get(event.event.index()).and_then(|ty| ty.day(&machine.texts));
        let day = on.and_then(|at| event.args.get(at).copied().flatten()).map(as_date).transpose()?;
        let day = day.unwrap_or(self.today);
        let fits = |pattern: &EventPattern| crate::deliver::matches(pattern, event);
        for restart in rules.restarts.iter().filter(|r| fits(&r.on)) {
            for at in 0..self.case.ledger.claims.len() {
                self.restart(rules, restart, at, day)?;
            }
        }
        for (n, suspension) in (0u8..).zip(&rules.suspensions) {
            let SuspendedDays::Between { start, until, delay } = &suspension.days else { continue };
            if fits(start) {
                self.suspend(n, day)?;
            } else if fits(until) {
                let delay = delay.map(|d| self.quietly(|run| run.duration(d))).transpose()?;
                let last = delay.map_or(Ok(day), |length| add(day, length, self.calendar()))?;
                self.unsuspend(n, last);
            }
        }
        Ok(())
    }

    fn restart(&mut self, rules: &'a Limitation, restart: &ir::Restart, at: usize, day: Date) -> Result<(), Fault> {
        let in_time = self.barred_on(rules, at)?.is_some_and(|last| day <= last);
        if in_time
            && self.of_that_claim(at, |run| run.holds(restart.when))?
            && let Some(claim) = self.case.claims_mut().get_mut(at)
        {
            claim.restarted = Some(claim.restarted.map_or(day, |before| before.max(day)));
        }
        Ok(())
    }

    /// What each `suspend while` says as things stand; looked at after every event and every timer.
    #[inline(always)]
    pub(crate) fn look_at_suspensions(&mut self) -> Result<(), Fault> {
        match &self.m.ledger.limitation {
            Some(rules) => self.look_at_suspensions_of(rules),
            None => Ok(()),
        }
    }

    fn look_at_suspensions_of(&mut self, rules: &'a Limitation) -> Result<(), Fault> {
        for (n, suspension) in (0u8..).zip(&rules.suspensions) {
            let SuspendedDays::While(condition) = suspension.days else { continue };
            if self.quietly(|run| run.eval(condition))? != 0 {
                self.suspend(n, self.today)?;
            } else {
                self.unsuspend(n, self.today);
            }
        }
        Ok(())
    }

    fn suspend(&mut self, rule: u8, from: Date) -> Result<(), Fault> {
        let runs = self.case.suspended_mut();
        if runs.iter().any(|r| r.rule == rule && r.until.is_none()) {
            return Ok(());
        }
        if let Some(last) = runs.iter_mut().rev().find(|r| r.rule == rule && r.until.is_some_and(|u| from <= u)) {
            last.until = None;
            return Ok(());
        }
        if runs.len() >= MOST_SUSPENSIONS {
            return Err(Fault::Bound("times in which limitation rests", 64));
        }
        runs.push(Suspended { rule, from, until: None });
        Ok(())
    }

    fn unsuspend(&mut self, rule: u8, until: Date) {
        if let Some(open) = self.case.suspended_mut().iter_mut().find(|r| r.rule == rule && r.until.is_none()) {
            open.until = Some(until.max(open.from));
        }
    }
}
