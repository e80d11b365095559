//! Which timer is due next, found by looking at all of them, and what it does when it fires.

use super::Run;
use super::case::{Doer, Mark, Owner, TriggerId};
use super::eval::View;
use super::fault::Fault;
use super::time::elapsed;
use crate::normal;
use dunlin_lang::model::{Does, Expr, Trigger};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::On;
use dunlin_machine::value::{Date, Duration, Instant, Unit};

/// Something that falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The end of a hold.
    HoldEnd(usize),
    /// The end of a promise.
    Promise,
    /// The end of the grace of an instalment.
    Instalment,
    /// An instalment is overdue for so long that the plan is breached.
    PlanOverdue,
    /// A substitute comes in for a task.
    Substitute(usize),
    /// The limit of a task.
    Task(usize),
    /// The limit of a question for approval.
    Approval(usize),
    /// A message that waits in `contact`.
    Waiting(usize),
    /// An attempt of a call.
    Call(usize),
    /// A trigger of the strategy.
    Trigger(TriggerId),
}

impl Run<'_> {
    /// The timer that is due first; of equal ones the first in the order of the rules.
    pub(super) fn next_timer(&self) -> Result<Option<(Instant, Timer)>, Fault> {
        let mut first: Option<(Instant, Timer)> = None;
        for (due, timer) in self.timers()? {
            if first.is_none_or(|(earliest, _)| due < earliest) {
                first = Some((due, timer));
            }
        }
        Ok(first)
    }

    fn timers(&self) -> Result<Vec<(Instant, Timer)>, Fault> {
        let (case, held) = (&self.case, self.is_held());
        let mut timers = Vec::new();
        timers.extend(case.holds.iter().enumerate().filter_map(|(n, h)| Some((h.until?, Timer::HoldEnd(n)))));
        if let Some(promise) = &case.promise {
            timers.push((self.begin(promise.by.add_days(1)?)?, Timer::Promise));
        }
        timers.extend(self.instalment_due()?.map(|due| (due, Timer::Instalment)));
        timers.extend(self.plan_overdue_due()?.map(|due| (due, Timer::PlanOverdue)));
        let open = || case.tasks.iter().enumerate().filter(|(_, task)| !task.overdue);
        for (n, task) in open() {
            if let Some(substitute) = task.substitutes.get(task.asked) {
                let limit = self.limit_since(task.opened, *substitute)?;
                timers.push((self.end_of(limit)?, Timer::Substitute(n)));
            }
        }
        for (n, task) in open() {
            timers.push((self.end_of(task.until)?, Timer::Task(n)));
        }
        for (n, approval) in case.approvals.iter().enumerate() {
            timers
                .extend(approval.until.map(|until| self.end_of(until)).transpose()?.map(|at| (at, Timer::Approval(n))));
        }
        let stands = |doer: Doer| held && !self.exempt(doer);
        let waiting = case.waiting.iter().enumerate().filter(|(_, w)| !stands(w.by.doer));
        timers.extend(waiting.map(|(n, w)| (w.due, Timer::Waiting(n))));
        let calls = case.calls.iter().enumerate().filter(|(_, c)| !stands(c.by.doer));
        timers.extend(calls.map(|(n, c)| (c.due, Timer::Call(n))));
        for owner in self.owners() {
            for n in 0..self.triggers(owner).len() {
                timers.extend(self.due((owner, n))?.map(|due| (due, Timer::Trigger((owner, n)))));
            }
        }
        Ok(timers)
    }

    /// Whose timers run, in their order.
    pub(super) fn owners(&self) -> Vec<Owner> {
        let stage = Owner::Stage(self.case.place.stage);
        if self.in_outcome() {
            return vec![stage];
        }
        let watches = (0..self.model.watches.len()).map(Owner::Watch);
        let blocks = self.case.blocks.keys().map(|n| Owner::Whenever(*n));
        watches.chain(blocks).chain(self.stage_and_scopes()).collect()
    }

    /// When a trigger is due; none if it is not, or nothing may fire it as things stand.
    fn due(&self, id: TriggerId) -> Result<Option<Instant>, Fault> {
        let (trigger, of_stage) = (&self.triggers(id.0)[id.1], matches!(id.0, Owner::Stage(_) | Owner::Scope(_)));
        let Some(mark) = self.case.marks.get(&id) else { return Ok(None) };
        if of_stage && (self.is_held() || trigger.moves && self.payable_waits()) {
            return Ok(None);
        }
        let due = match self.plain_due(trigger, mark) {
            Ok(Some(due)) => due,
            Ok(None) | Err(Fault::Overflow | Fault::Unknown) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let mut due = due.max(mark.moves_not_before);
        if dated(&trigger.on) {
            due = due.max(mark.not_before);
            if let Some(day) = mark.fired_on {
                due = due.max(self.begin(day.add_days(1)?)?);
            }
            if let Some(day) = self.case.moved_by_past_date.filter(|_| of_stage && self.passed_before(trigger, mark)) {
                due = due.max(self.begin(day.add_days(1)?)?);
            }
        }
        let alarm = matches!(trigger.on, On::Event { .. });
        if of_stage && trigger.moves && !alarm && self.move_asked().is_some_and(|asked| due <= asked) {
            return Ok(None);
        }
        Ok(Some(due))
    }

    /// Whether a date timer that moves the case was due before its owner began to run.
    fn passed_before(&self, trigger: &Trigger, mark: &Mark) -> bool {
        let by_date = matches!(trigger.on, On::Date { .. });
        by_date && trigger.moves && matches!(self.plain_due(trigger, mark), Ok(Some(due)) if due <= mark.anchor)
    }

    /// Whether a date timer that moves the case was due then, or on a day before today.
    fn passed_by_now(&self, trigger: &Trigger, mark: &Mark) -> bool {
        let by_date = matches!(trigger.on, On::Date { .. });
        let before_today = || matches!(self.plain_due(trigger, mark), Ok(Some(due)) if self.day(due) < self.today());
        self.passed_before(trigger, mark) || by_date && trigger.moves && before_today()
    }

    fn plain_due(&self, trigger: &Trigger, mark: &Mark) -> Result<Option<Instant>, Fault> {
        let may_act = |at_most: Option<u32>| at_most.is_none_or(|n| mark.acted < n);
        match &trigger.on {
            On::After(_) if !mark.spent => self.anchored(mark, 1, 0).map(Some),
            On::Every { at_most, .. } if may_act(*at_most) => self.anchored(mark, mark.times + 1, 0).map(Some),
            On::Event { usually_within: Some(_), .. } if !mark.spent && !mark.answered => {
                self.anchored(mark, 1, 1).map(Some)
            }
            On::Date { date, offset, before } => self.on_date(date, offset.as_ref(), *before, mark),
            On::EveryMonth { day, at_most } if may_act(*at_most) => {
                let fits = |d: Date| Ok(d.civil().day == (*day).min(d.end_of_month().civil().day));
                self.begin(self.first_after(last_fired(self, mark), fits)?).map(Some)
            }
            On::EveryWorkingDay { at_most } if may_act(*at_most) => {
                let calendar = self.calendar()?;
                let fits = |d: Date| Ok(calendar.is_working_day(d));
                self.begin(self.first_after(last_fired(self, mark), fits)?).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// `times` durations after the anchor and, for limits that end with their last day, days more.
    fn anchored(&self, mark: &Mark, times: i64, more_days: i32) -> Result<Instant, Fault> {
        let duration = mark.duration.ok_or(Fault::Unknown)?;
        if let Some(seconds) = elapsed(duration) {
            let shift = mark.late_days * 86_400 + mark.hold_seconds;
            let all = seconds.checked_mul(times).and_then(|s| s.checked_add(shift)).ok_or(Fault::Overflow)?;
            return Ok(mark.anchor.add_seconds(all)?);
        }
        let shift = i32::try_from(mark.late_days + mark.hold_days).map_err(|_| Fault::Overflow)?;
        let mut day = self.plus_times(self.day(mark.anchor), duration, times)?.add_days(shift)?;
        if shift != 0 && duration.unit() == Unit::WorkingDays {
            day = self.working_day(day)?;
        }
        self.begin(day.add_days(more_days)?)
    }

    fn on_date(&self, date: &Expr, offset: Option<&Expr>, before: bool, mark: &Mark) -> Result<Option<Instant>, Fault> {
        let Some(date) = self.date_of(date, &self.plain())?.filter(|d| mark.seen != Some(*d)) else { return Ok(None) };
        let Some(offset) = offset else { return self.begin(date).map(Some) };
        let mut offset: Duration = self.eval_duration(offset, &self.plain())?;
        if before {
            offset = offset.negated()?;
        }
        Ok(Some(match elapsed(offset) {
            Some(seconds) => self.begin(date)?.add_seconds(seconds)?,
            None => self.begin(self.plus(date, offset)?)?,
        }))
    }

    /// A date, where all that it is made of is known.
    pub(super) fn date_of(&self, date: &Expr, view: &View) -> Result<Option<Date>, Fault> {
        match self.eval_known(date, view) {
            Ok(Some(value)) => super::eval::to_date(value).map(Some),
            Ok(None) | Err(Fault::Unknown) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    pub(super) fn fire(&mut self, timer: Timer, due: Instant) -> Result<(), Fault> {
        self.late = i64::from((self.today().days() - self.day(due).days()).max(0));
        match timer {
            Timer::HoldEnd(n) => self.resume(self.case.holds[n].reason).map(|_| ()),
            Timer::Promise => {
                self.case.promise = None;
                self.raise(Happening::PromiseBroken);
                Ok(())
            }
            Timer::Instalment => self.instalment_ended(),
            Timer::PlanOverdue => self.breach(),
            Timer::Task(n) => self.task_overdue(n),
            Timer::Substitute(n) => self.substitute(n),
            Timer::Approval(n) => {
                let approval = self.case.approvals.remove(n);
                self.check_payable();
                self.decline(&approval)
            }
            Timer::Waiting(n) => {
                let waiting = self.case.waiting.remove(n);
                if waiting.send().is_some() { self.try_send(waiting, n) } else { self.try_file(waiting, n) }
            }
            Timer::Call(n) => self.attempt(n),
            Timer::Trigger(id) => self.fire_trigger(id),
        }
    }

    fn substitute(&mut self, task: usize) -> Result<(), Fault> {
        let number = self.case.next_effect;
        let task = &mut self.case.tasks[task];
        (task.asked, task.effect) = (task.asked + 1, number);
        let task = task.clone();
        self.tell_task(&task, true)
    }

    fn task_overdue(&mut self, task: usize) -> Result<(), Fault> {
        let open = &mut self.case.tasks[task];
        open.overdue = true;
        let action = open.action;
        let Does::Task(rule) = &action.does else { return Err(Fault::Broken) };
        self.effect(Some(action.rule), &normal::alarm("task overdue", self.model.text(rule.name)))?;
        self.raise(Happening::TaskOverdue);
        let name = i64::from(rule.name.0);
        if let Some(raised) = self.queue.back_mut() {
            raised.args = vec![Some(name)];
        }
        Ok(())
    }

    fn fire_trigger(&mut self, id: TriggerId) -> Result<(), Fault> {
        let trigger = &self.triggers(id.0)[id.1];
        if let On::Event { event, .. } = &trigger.on {
            self.spend(id)?;
            let name = self.model.text(self.model.events[event.event.index()].name);
            return self.effect(Some(trigger.rule), &normal::alarm("missing", name));
        }
        let of_stage = matches!(id.0, Owner::Stage(_) | Owner::Scope(_));
        let passed = of_stage && self.case.marks.get(&id).is_some_and(|mark| self.passed_by_now(trigger, mark));
        let view = View { trigger: Some(id), ..self.plain() };
        let holds = self.owner_holds(id.0)? && self.holds_if_any(trigger.when.as_ref(), &view)?;
        self.spend(id)?;
        let late = self.late;
        if matches!(trigger.on, On::Every { .. }) {
            self.mark(id)?.late_days += late;
        }
        if !holds {
            return Ok(());
        }
        let ours = self.stage_and_scopes();
        let shifted = |other: &TriggerId| *other != id && ours.contains(&id.0) && ours.contains(&other.0);
        self.case.marks.iter_mut().filter(|(other, _)| shifted(other)).for_each(|(_, m)| m.late_days += late);
        self.begin_acting(id)?;
        let frame = self.run_body(&trigger.body, id.0, Some(id))?;
        if passed && frame.moved {
            self.case.moved_by_past_date = Some(self.today());
        }
        Ok(())
    }

    fn mark(&mut self, id: TriggerId) -> Result<&mut Mark, Fault> {
        self.case.marks.get_mut(&id).ok_or(Fault::Broken)
    }

    /// Notes that a trigger's body begins.
    pub(super) fn begin_acting(&mut self, id: TriggerId) -> Result<(), Fault> {
        let changes = self.case.changes;
        if let Some(mark) = self.case.marks.get_mut(&id) {
            mark.acted += 1;
            mark.changes = Some(changes);
        }
        Ok(())
    }

    /// Notes that a timer fell due: it is spent, or goes on to its next time.
    pub(super) fn spend(&mut self, id: TriggerId) -> Result<(), Fault> {
        let (view, today) = (self.plain(), self.today());
        match &self.triggers(id.0)[id.1].on {
            On::Date { date, .. } => {
                let date = self.date_of(date, &view)?;
                let mark = self.mark(id)?;
                (mark.seen, mark.fired_on) = (date, Some(today));
            }
            On::Every { every, .. } => {
                let duration = self.eval_duration(every, &view)?;
                let mark = self.mark(id)?;
                mark.times += 1;
                mark.count_by(duration);
            }
            On::EveryMonth { .. } | On::EveryWorkingDay { .. } => self.mark(id)?.seen = Some(today),
            _ => self.mark(id)?.spent = true,
        }
        Ok(())
    }

    /// Whether a watch's own condition holds; other owners have none.
    pub(super) fn owner_holds(&self, owner: Owner) -> Result<bool, Fault> {
        match owner {
            Owner::Watch(n) => self.holds_if_any(self.model.watches[n].when.as_ref(), &self.plain()),
            _ => Ok(true),
        }
    }
}

fn last_fired(run: &Run, mark: &Mark) -> Date {
    mark.seen.unwrap_or_else(|| run.day(mark.anchor))
}

/// Whether a timer hangs on days that do not move with holds.
fn dated(on: &On<Expr>) -> bool {
    matches!(on, On::Date { .. } | On::EveryMonth { .. } | On::EveryWorkingDay { .. })
}
