//! Entering and leaving stages by hand, what they do on entry, and holds.

use super::Step;
use super::case::{
    Action, Counts, Form, Group, Lasts, NEVER, Owner, Place, Script, Stage, Stopped, Task, Template, Timer, Work,
};
use super::days::{Fault, add_working_days, begin, next_working_day};
use super::outcome::{Effect, Move, Report};
use dunlin_machine::value::{Date, Instant};

/// What a letter costs, in minor units.
const LETTER_COST: i64 = 2_50;
/// How long the case may stay before court.
const GROUP_MONTHS: i32 = 6;

impl Work {
    /// Working days for it.
    const fn within(self) -> u32 {
        match self {
            Self::FindAddress | Self::ReviewObjection => 10,
            Self::ReviewFile | Self::CheckDispute | Self::CheckHardship => 5,
            Self::Enforce | Self::EnforceAgain | Self::AssetCheck => 20,
        }
    }
}

impl Place {
    /// A place before the first stage.
    pub(super) fn nowhere(at: Instant) -> Self {
        Self {
            stage: Stage::Reminder,
            entered: at,
            since: at,
            left: at,
            timers: [Timer::default(); 3],
            acted: false,
            group: None,
            tasks: Default::default(),
            calls: Default::default(),
        }
    }
}

impl Step<'_> {
    pub(super) fn go(&mut self, to: Stage) -> Result<(), Fault> {
        let from = self.case.place.stage;
        self.leave(from != to)?;
        self.enter(Some(from), to)
    }

    pub(super) fn enter(&mut self, from: Option<Stage>, to: Stage) -> Result<(), Fault> {
        self.move_to(from, to, false);
        let now = self.case.now;
        if !to.is_before_court() {
            self.case.place.group = None;
        } else if self.case.place.group.is_none() {
            let timer = self.after(self.case.today.add_months(GROUP_MONTHS)?, Counts::Days)?;
            self.case.place.group = Some(Group { since: now, timer });
        }
        let timers = self.timers_of(to)?;
        let place = &mut self.case.place;
        (place.entered, place.since, place.timers, place.acted) = (now, now, timers, false);
        if to.is_outcome() {
            self.end_holds_silently()?;
        }
        self.body(Owner::Stage, |step| step.entry_of(to))
    }

    fn move_to(&mut self, from: Option<Stage>, to: Stage, back: bool) {
        self.case.place.stage = to;
        self.case.events += 1;
        self.out.moves.push(Move { from, to, back });
    }

    fn entry_of(&mut self, stage: Stage) -> Result<(), Fault> {
        match stage {
            Stage::Reminder => {
                self.case.rounds += 1;
                self.send(Template::Reminder)
            }
            Stage::Demand => {
                self.act(Action::Charge { replacing: true })?;
                self.send(Template::Demand)
            }
            Stage::LastDemand => {
                self.act(Action::Charge { replacing: false })?;
                self.send(Template::LastDemand)
            }
            Stage::FinalCall => {
                self.act(Action::Call(Script::LastOffer))?;
                self.open_task(Work::ReviewFile)
            }
            Stage::Promised => self.send(Template::PromiseConfirmation),
            Stage::Instalments => {
                self.activate_plan();
                Ok(())
            }
            Stage::Court => self.act(Action::File(Form::Mahnbescheid)),
            Stage::Order => self.act(Action::File(Form::Vollstreckungsbescheid)),
            Stage::Litigation => self.open_task(Work::ReviewObjection),
            Stage::Enforcement => self.open_task(Work::Enforce),
            Stage::Uneconomic => {
                self.tell(Effect::Report(Report::Uneconomic));
                Ok(())
            }
            Stage::Waiting | Stage::LongTerm | Stage::Paid | Stage::Withdrawn | Stage::WrittenOff => Ok(()),
        }
    }

    /// The timers of a stage that is entered today.
    fn timers_of(&self, stage: Stage) -> Result<[Timer; 3], Fault> {
        let today = self.case.today;
        let none = Timer::default();
        let days = |n: i32| self.after(today.add_days(n)?, Counts::Days);
        let months = |n: i32| self.after(today.add_months(n)?, Counts::Days);
        let working = |n: u32| self.after(add_working_days(today, n)?, Counts::WorkingDays);
        Ok(match stage {
            Stage::Reminder => [days(7)?, days(14)?, none],
            Stage::Demand => [working(3)?, days(14)?, days(14)?],
            Stage::FinalCall => [working(10)?, none, none],
            // An answer is missing from the day after its last day on.
            Stage::Court => [days(42 + 1)?, months(3)?, none],
            Stage::Waiting => [none, months(1)?, none],
            Stage::Order => [days(42 + 1)?, months(2)?, none],
            Stage::Litigation => [self.after(today.add_months(12)?.add_days(1)?, Counts::Days)?, months(18)?, none],
            Stage::Enforcement => [months(2)?, months(9)?, none],
            Stage::LongTerm => [months(6)?, months(12)?, months(36)?],
            _ => [none; 3],
        })
    }

    /// A timer that falls due when a day begins.
    fn after(&self, base: Date, counts: Counts) -> Result<Timer, Fault> {
        Ok(Timer { due: begin(&self.rules.zone, base)?.seconds(), base, counts, ..Timer::default() })
    }

    /// Leaves the stage: what waits is dropped, what is open is withdrawn, but for what the running body put there.
    fn leave(&mut self, remember: bool) -> Result<(), Fault> {
        let run = self.run;
        let waited = self.moves_wait();
        self.case.waiting.retain(|w| w.run == run || w.owner == Owner::Plan);
        self.case.stopped.retain(|s| s.run == run || s.owner == Owner::Plan);
        if waited && !self.moves_wait() {
            self.release_moves();
        }
        for message in self.case.messages.as_mut_slice() {
            message.stage = match (message.stage, remember) {
                (Lasts::Now, true) | (Lasts::Before, false) => Lasts::Before,
                _ => Lasts::Over,
            };
        }
        let mut left = self.case.place;
        left.left = self.case.now;
        self.withdraw(&mut left);
        if remember {
            if let Some(held) = self.case.held_since {
                let days = self.days_since(held.max(left.since));
                self.shift_timers(&mut left.timers, days)?;
                if let Some(group) = &mut left.group {
                    let days = self.days_since(held.max(group.since));
                    self.shift(&mut group.timer, days)?;
                }
            }
            self.case.before = Some(left);
        }
        Ok(())
    }

    /// Withdraws tasks and calls of the stage.
    fn withdraw(&mut self, left: &mut Place) {
        let run = self.run;
        let mut at = 0;
        while let Some(task) = self.case.tasks.as_slice().get(at).copied() {
            if task.owner != Owner::Stage || task.run == run {
                at += 1;
                continue;
            }
            self.case.tasks.remove(at);
            left.tasks.push(task);
            self.tell(Effect::Cancel(task.effect));
        }
        let mut at = 0;
        while let Some(call) = self.case.calls.as_slice().get(at).copied() {
            if call.run == run {
                at += 1;
                continue;
            }
            self.case.calls.remove(at);
            left.calls.push(call);
            if call.effect > 0 {
                self.tell(Effect::Cancel(call.effect));
            }
        }
    }

    /// Goes back to the stage before, as if the time since had been a hold.
    pub(super) fn go_back(&mut self) -> Result<(), Fault> {
        let Some(mut back) = self.case.before.take() else { return Err(Fault) };
        let from = self.case.place.stage;
        let lasts = |(at, m): (usize, &super::case::Message)| u32::from(m.stage == Lasts::Before) << at;
        let come_back: u32 = self.case.messages.as_slice().iter().enumerate().map(lasts).sum();
        self.leave(true)?;
        for (at, message) in self.case.messages.as_mut_slice().iter_mut().enumerate() {
            if come_back >> at & 1 == 1 {
                message.stage = Lasts::Now;
            }
        }
        let days = self.days_since(back.left);
        back.since = self.case.now;
        self.shift_timers(&mut back.timers, days)?;
        match (&mut back.group, self.case.place.group) {
            // What is around both stages ran on.
            (Some(group), Some(ran_on)) => *group = ran_on,
            (Some(group), None) => {
                group.since = self.case.now;
                self.shift(&mut group.timer, days)?;
            }
            (None, _) => {}
        }
        let (left, to) = (back.left, back.stage);
        let (tasks, calls) = (back.tasks, back.calls);
        back.tasks.clear();
        back.calls.clear();
        self.case.place = back;
        self.move_to(Some(from), to, true);
        self.shift_deadline(left)?;
        if to.is_outcome() {
            self.end_holds_silently()?;
        }
        self.open_again(tasks.as_slice(), days)?;
        for call in calls.as_slice() {
            let due = self.later(call.due, days)?;
            self.case.calls.push(super::case::Call { due, run: self.run, ..*call });
        }
        Ok(())
    }

    /// Tasks that were withdrawn open again with the time that they had left.
    fn open_again(&mut self, tasks: &[Task], days: i32) -> Result<(), Fault> {
        for task in tasks {
            let mut due = task.due;
            let mut over = self.case.now;
            if let Some(at) = Instant::from_seconds(due) {
                over = self.later(at, days)?;
                due = over.seconds();
            }
            let until = self.rules.zone.local(over).0.add_days(-1)?;
            let effect = self.tell(Effect::Task { work: task.work, until, again: true });
            self.case.tasks.push(Task { due, effect, run: self.run, ..*task });
        }
        Ok(())
    }

    /// An instant later by calendar days, on the same clock time.
    fn later(&self, at: Instant, days: i32) -> Result<Instant, Fault> {
        let (day, clock) = self.rules.zone.local(at);
        Ok(self.rules.zone.instant_at(day.add_days(days)?, clock)?)
    }

    pub(super) fn open_task(&mut self, work: Work) -> Result<(), Fault> {
        let until = add_working_days(self.case.today, work.within())?;
        let due = begin(&self.rules.zone, until.add_days(1)?)?.seconds();
        let effect = self.tell(Effect::Task { work, until, again: false });
        self.case.tasks.push(Task { work, effect, due, owner: self.owner, run: self.run });
        Ok(())
    }

    // Actions that a hold stops.

    pub(super) fn act(&mut self, action: Action) -> Result<(), Fault> {
        if let Action::Send(template) = action {
            self.await_deadline(template);
        }
        if self.case.is_held() {
            self.stop(action);
            return Ok(());
        }
        match action {
            Action::Send(template) => self.send_by(template, 0)?,
            Action::Call(script) => self.open_call(script)?,
            Action::File(form) => self.file(form),
            Action::Charge { replacing } => self.charge(LETTER_COST, replacing),
        }
        Ok(())
    }

    fn file(&mut self, form: Form) {
        if self.nothing_left(true) {
            return;
        }
        let claim = match form {
            Form::Mahnbescheid => Some(self.statement().principal),
            Form::Vollstreckungsbescheid => None,
        };
        let without = self.without(true);
        self.tell(Effect::File { form, claim, without });
    }

    pub(super) fn stop(&mut self, action: Action) {
        if let Action::Send(template) = action
            && (self.case.stopped.as_slice().iter().any(|s| s.action == action)
                || self.case.waiting.as_slice().iter().any(|w| w.template == template))
        {
            return;
        }
        self.case.stopped.push(Stopped { action, owner: self.owner, run: self.run });
    }

    // Holds.

    pub(super) fn hold_for_dispute(&mut self) {
        self.case.dispute = true;
        self.case.held_since = self.case.held_since.or(Some(self.case.now));
    }

    pub(super) fn hold_for_hardship(&mut self) -> Result<(), Fault> {
        self.case.hardship = Some(begin(&self.rules.zone, self.case.today.add_days(30)?)?);
        self.case.held_since = self.case.held_since.or(Some(self.case.now));
        Ok(())
    }

    /// A hold has ended; with the last one timers and the deadline move, and what it stopped runs.
    pub(super) fn hold_ended(&mut self) -> Result<(), Fault> {
        if self.case.is_held() {
            return Ok(());
        }
        if let Some(held) = self.case.held_since.take() {
            let now = self.case.now.seconds();
            let days = self.days_since(held.max(self.case.place.since));
            let mut timers = self.case.place.timers;
            self.shift_timers(&mut timers, days)?;
            for timer in timers.iter_mut().filter(|t| t.counts == Counts::Not) {
                timer.not_before = timer.not_before.max(now);
            }
            self.case.place.timers = timers;
            if let Some(mut group) = self.case.place.group {
                let days = self.days_since(held.max(group.since));
                self.shift(&mut group.timer, days)?;
                self.case.place.group = Some(group);
            }
            self.shift_deadline(held)?;
        }
        self.run_stopped()
    }

    fn run_stopped(&mut self) -> Result<(), Fault> {
        let waited = self.moves_wait();
        while !self.case.stopped.is_empty() {
            let stopped = self.case.stopped.remove(0);
            let before = (self.owner, self.run);
            (self.owner, self.run) = (stopped.owner, stopped.run);
            self.act(stopped.action)?;
            (self.owner, self.run) = before;
        }
        if waited && !self.moves_wait() {
            self.release_moves();
        }
        Ok(())
    }

    fn end_holds_silently(&mut self) -> Result<(), Fault> {
        (self.case.dispute, self.case.hardship, self.case.held_since) = (false, None, None);
        self.run_stopped()
    }

    // Shifts.

    /// Calendar days from an instant to today.
    fn days_since(&self, from: Instant) -> i32 {
        self.case.today.days() - self.rules.zone.local(from).0.days()
    }

    /// Moves timers by days.
    pub(super) fn shift_timers(&self, timers: &mut [Timer], days: i32) -> Result<(), Fault> {
        timers.iter_mut().try_for_each(|timer| self.shift(timer, days))
    }

    pub(super) fn shift(&self, timer: &mut Timer, days: i32) -> Result<(), Fault> {
        if timer.counts == Counts::Not {
            return Ok(());
        }
        timer.shift += days;
        if timer.due == NEVER || timer.shift == 0 && days == 0 {
            return Ok(());
        }
        let moved = timer.base.add_days(timer.shift)?;
        let day = if timer.counts == Counts::WorkingDays { next_working_day(moved)? } else { moved };
        timer.due = begin(&self.rules.zone, day)?.seconds();
        Ok(())
    }

    /// Moves the deadline by the days since the later of that instant and the day it was set, on to a working day.
    fn shift_deadline(&mut self, from: Instant) -> Result<(), Fault> {
        let Some(deadline) = self.case.deadline else { return Ok(()) };
        let days = self.days_since(from.max(deadline.set));
        if let (Some(day), true) = (deadline.day, days > 0) {
            let day = Some(next_working_day(day.add_days(days)?)?);
            self.case.deadline = Some(super::case::Deadline { day, ..deadline });
        }
        Ok(())
    }

    // A message that gives time to pay keeps the stage.

    /// Whether such a message waits.
    pub(super) fn moves_wait(&self) -> bool {
        self.case.waiting.as_slice().iter().any(|w| w.template.is_payable())
            || self.case.stopped.as_slice().iter().any(|s| s.action == Action::Send(Template::LastDemand))
    }

    /// It waits no more: timers that it kept from moving the case are due now.
    pub(super) fn release_moves(&mut self) {
        let now = self.case.now.seconds();
        let place = &mut self.case.place;
        place.timers[0].not_before = place.timers[0].not_before.max(now);
        if let Some(group) = &mut place.group {
            group.timer.not_before = group.timer.not_before.max(now);
        }
    }
}
