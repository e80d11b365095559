//! Entering and leaving stages (semantics, section 5.1 to 5.4).

use crate::case::{Counts, Deadline, Lasts, Owner, Place, Slot};
use crate::fault::Fault;
use crate::outcome::{Effect, What};
use crate::run::{Ctx, Run};
use core::mem;
use dunlin_machine::ir::{On, RuleId, ScopeId, Span, StageId, Target};
use dunlin_machine::value::{Date, Instant};

impl Run<'_> {
    /// Moves the case.
    pub(crate) fn go(&mut self, target: Target, rule: Option<RuleId>) -> Result<(), Fault> {
        match target {
            Target::Stage(stage) if stage == self.case.place.stage => self.go(Target::Itself, rule),
            Target::Stage(stage) => {
                self.entered_once(stage)?;
                self.leave(true)?;
                self.enter_stage(stage, rule, Some(self.case.place.stage))
            }
            Target::Itself => {
                let stage = self.case.place.stage;
                self.entered_once(stage)?;
                self.leave(false)?;
                self.enter_stage(stage, rule, Some(stage))
            }
            Target::LastStage => self.go_back(rule),
        }
    }

    fn entered_once(&mut self, stage: StageId) -> Result<(), Fault> {
        if self.work.chain.contains(&stage) {
            return Err(Fault::EnteredTwice(stage));
        }
        self.work.chain.push(stage);
        Ok(())
    }

    /// Leaves the stage: what waits is dropped, what is open is withdrawn, but for what the running body put there.
    fn leave(&mut self, remember: bool) -> Result<(), Fault> {
        let run = self.ctx.run;
        let moves_waited = self.moves_wait();
        self.case.waiting.retain(|w| w.run == run);
        self.case.stopped.retain(|s| s.run == run);
        self.release_moves(moves_waited);
        for message in &mut self.case.messages {
            message.stage = match (message.stage, remember) {
                (Lasts::Now, true) => Lasts::Before,
                (Lasts::Before, false) => Lasts::Before,
                _ => Lasts::Over,
            };
        }
        let mut left = match self.case.before.take() {
            Some(place) if remember => place,
            before => {
                self.case.before = before;
                Place::nowhere(self.case.now)
            }
        };
        left.clone_from(&self.case.place);
        left.left = Some(self.case.now);
        left.tasks.clear();
        left.calls.clear();
        self.withdraw(&mut left)?;
        if remember {
            self.shift_left(&mut left)?;
            self.case.before = Some(left);
        }
        Ok(())
    }

    /// Withdraws the stage's tasks and calls, each with an effect that names the one that opened it.
    fn withdraw(&mut self, left: &mut Place) -> Result<(), Fault> {
        let mut at = 0;
        while let Some(task) = self.case.tasks.get(at).copied() {
            let keep = self.task_of(task.action)?.0.keep;
            if keep || !self.is_of_stage(task.owner, task.run) {
                at += 1;
                continue;
            }
            self.case.tasks.remove(at);
            left.tasks.push(task);
            self.cancel(task.effect)?;
        }
        let mut at = 0;
        while let Some(call) = self.case.calls.get(at).copied() {
            if !self.is_of_stage(call.owner, call.run) {
                at += 1;
                continue;
            }
            self.case.calls.remove(at);
            left.calls.push(call);
            if call.effect > 0 {
                self.cancel(call.effect)?;
            }
        }
        Ok(())
    }

    fn is_of_stage(&self, owner: Owner, run: u32) -> bool {
        matches!(owner, Owner::Stage | Owner::Scope) && run != self.ctx.run
    }

    fn cancel(&mut self, of: u32) -> Result<(), Fault> {
        let from = self.mark();
        self.effect(None, from, Effect::Cancel { of })?;
        Ok(())
    }

    /// A stage that is left while the case is held keeps the shift that an end of the hold now would give it.
    fn shift_left(&mut self, left: &mut Place) -> Result<(), Fault> {
        let Some(held) = self.case.held_since else { return Ok(()) };
        let (days, seconds) = self.since(held.max(left.since));
        let scope = self.since(held.max(left.scope_since));
        for slot in &mut left.slots {
            self.shift(slot, days, seconds)?;
        }
        for slot in &mut left.scope_slots {
            self.shift(slot, scope.0, scope.1)?;
        }
        Ok(())
    }

    /// Calendar days and seconds from an instant to now.
    pub(crate) fn since(&self, from: Instant) -> (i64, i64) {
        let days = i64::from(self.today.days() - self.local_day(from).days());
        (days, self.case.now.seconds() - from.seconds())
    }

    /// Enters a stage and runs its entry actions.
    pub(crate) fn enter_stage(
        &mut self,
        stage: StageId,
        rule: Option<RuleId>,
        from: Option<StageId>,
    ) -> Result<(), Fault> {
        let machine = self.m;
        let entered = machine.stages.get(stage.index()).ok_or(Fault::Broken("a stage is missing"))?;
        let group_runs_on = from.is_some_and(|f| self.scope_of(f) == entered.scope) && entered.scope.is_some();
        let now = self.case.now;
        let place = &mut self.case.place;
        place.stage = stage;
        (place.entered, place.since) = (now, now);
        if !group_runs_on {
            (place.scope_entered, place.scope_since) = (now, now);
        }
        self.note_move(stage);
        let mark = self.mark();
        self.enter(rule, mark, What::Move { from, to: stage, back: false });
        self.open_slots(Owner::Stage, entered.triggers)?;
        if !group_runs_on {
            let triggers = entered.scope.map_or(Span::default(), |s| self.scope_triggers(s));
            self.open_slots(Owner::Scope, triggers)?;
        }
        if entered.outcome {
            self.end_holds_silently()?;
        }
        let before = self.ctx;
        self.ctx =
            Ctx { owner: Owner::Stage, body: entered.entry.first, run: self.next_run(), paused: false, ..before };
        let done = self.run_block(entered.entry);
        self.ctx = before;
        done?;
        Ok(())
    }

    fn note_move(&mut self, stage: StageId) {
        self.case.events = self.case.events.saturating_add(1);
        if !self.case.been.contains(&stage) {
            self.case.been.push(stage);
        }
    }

    /// The group of a stage.
    pub(crate) fn scope_of(&self, stage: StageId) -> Option<ScopeId> {
        self.m.stages.get(stage.index()).and_then(|s| s.scope)
    }

    /// The triggers of a group.
    pub(crate) fn scope_triggers(&self, scope: ScopeId) -> Span {
        self.m.scopes.get(scope.index()).map_or(Span::default(), |s| s.triggers)
    }

    /// Goes back to the stage before, as if the time since had been a hold.
    fn go_back(&mut self, rule: Option<RuleId>) -> Result<(), Fault> {
        let back = self.case.before.as_ref().ok_or(Fault::NoLastStage)?.stage;
        self.entered_once(back)?;
        let Some(mut place) = self.case.before.take() else { return Err(Fault::NoLastStage) };
        let from = self.case.place.stage;
        let come_back = self.case.messages.iter().enumerate().filter(|(_, m)| m.stage == Lasts::Before);
        let come_back = come_back.fold(0u32, |set, (at, _)| set | 1 << at);
        self.leave(true)?;
        for (at, message) in self.case.messages.iter_mut().enumerate() {
            if come_back >> at & 1 == 1 {
                message.stage = Lasts::Now;
            }
        }
        let same_group = self.scope_of(from) == self.scope_of(back) && self.scope_of(back).is_some();
        let left = place.left.take().unwrap_or(self.case.now);
        mem::swap(&mut self.case.place, &mut place);
        if same_group {
            // The group ran on: what it has now stays, and the place that was left only lent it.
            mem::swap(&mut self.case.place.scope_slots, &mut place.scope_slots);
            self.case.place.scope_entered = place.scope_entered;
            self.case.place.scope_since = place.scope_since;
        }
        self.note_move(back);
        let mark = self.mark();
        self.enter(rule, mark, What::Move { from: Some(from), to: back, back: true });
        self.resume_place(left, same_group)?;
        if self.m.stages.get(back.index()).is_some_and(|s| s.outcome) {
            self.end_holds_silently()?;
        }
        self.open_again(left)
    }

    /// Shifts the timers of the place that came back by the time since it was left, and the deadline too.
    fn resume_place(&mut self, left: Instant, same_group: bool) -> Result<(), Fault> {
        let now = self.case.now;
        let (days, seconds) = self.since(left);
        // Dates that passed meanwhile are due now: nothing of the place is due before `since`.
        self.case.place.since = now;
        self.shift_owner(Owner::Stage, days, seconds)?;
        if !same_group {
            self.case.place.scope_since = now;
            self.shift_owner(Owner::Scope, days, seconds)?;
        }
        self.shift_deadline(left)
    }

    /// Moves the deadline by the days since the later of that instant and the day it was set, on to a working day.
    pub(crate) fn shift_deadline(&mut self, from: Instant) -> Result<(), Fault> {
        let Some(deadline) = self.case.deadline else { return Ok(()) };
        let (days, _) = self.since(from.max(deadline.set));
        if let Some(day) = deadline.day
            && days > 0
        {
            let moved = day.add_days(i32::try_from(days).map_err(|_| Fault::Overflow)?)?;
            let day = Some(self.calendar().next_working_day(moved)?);
            self.case.deadline = Some(Deadline { day, ..deadline });
        }
        Ok(())
    }

    /// Tasks and calls that were withdrawn when the stage was left open again with the time that they had left.
    fn open_again(&mut self, left: Instant) -> Result<(), Fault> {
        let (days, seconds) = self.since(left);
        let run = self.ctx.run;
        let mut tasks = mem::take(&mut self.case.place.tasks);
        for mut task in tasks.drain(..) {
            let (form, rule) = self.task_of(task.action)?;
            let from = self.mark();
            let within = self.duration(form.within)?;
            let hours = crate::contact::elapsed(within).is_some();
            task.due = task.due.map(|due| self.later(due, days, seconds, hours)).transpose()?;
            let due = task.due.unwrap_or(self.case.now);
            task.effect = self.tell_task(form, rule, from, hours, due, true)?;
            task.run = run;
            self.case.tasks.push(task);
        }
        self.case.place.tasks = tasks;
        let mut calls = mem::take(&mut self.case.place.calls);
        for mut call in calls.drain(..) {
            call.due = self.later(call.due, days, seconds, false)?;
            call.run = run;
            self.case.calls.push(call);
        }
        self.case.place.calls = calls;
        Ok(())
    }

    /// An instant later by calendar days on the same clock time, or by seconds.
    fn later(&self, at: Instant, days: i64, seconds: i64, by_seconds: bool) -> Result<Instant, Fault> {
        if by_seconds {
            return Ok(at.add_seconds(seconds)?);
        }
        let (day, clock) = self.zone().local(at);
        Ok(self.zone().instant_at(plus_days(day, days)?, clock)?)
    }

    // Slots.

    /// Opens the slots of an owner's triggers anew.
    pub(crate) fn open_slots(&mut self, owner: Owner, triggers: Span) -> Result<(), Fault> {
        let slots = match owner {
            Owner::Stage => &mut self.case.place.slots,
            Owner::Scope => &mut self.case.place.scope_slots,
            Owner::Whenever(w) => match self.case.whenevers.get_mut(usize::from(w)) {
                Some(waits) => &mut waits.slots,
                None => return Err(Fault::Broken("a rule has no slots")),
            },
            Owner::Watch(w) => match self.case.watches.get_mut(usize::from(w)) {
                Some(slots) => slots,
                None => return Err(Fault::Broken("a watch has no slots")),
            },
        };
        slots.clear();
        slots.resize(triggers.range().len(), Slot::new());
        for at in 0..triggers.range().len() {
            self.schedule(owner, triggers, at)?;
        }
        Ok(())
    }

    /// Moves the anchored timers of an owner.
    pub(crate) fn shift_owner(&mut self, owner: Owner, days: i64, seconds: i64) -> Result<(), Fault> {
        for at in 0..self.slots(owner).len() {
            let Some(mut slot) = self.slots(owner).get(at).copied() else { continue };
            self.shift(&mut slot, days, seconds)?;
            *self.slot(owner, at)? = slot;
        }
        Ok(())
    }

    /// Moves a timer that has an anchor.
    pub(crate) fn shift(&self, slot: &mut Slot, days: i64, seconds: i64) -> Result<(), Fault> {
        let by = match slot.counts {
            Counts::Not => return Ok(()),
            Counts::Seconds => seconds,
            Counts::Days | Counts::WorkingDays | Counts::LastWorkingDay => days,
        };
        slot.shift = slot.shift.checked_add(by).ok_or(Fault::Overflow)?;
        self.redue(slot)
    }

    /// The due instant of an anchored timer from its base and its shift.
    pub(crate) fn redue(&self, slot: &mut Slot) -> Result<(), Fault> {
        if slot.base == Slot::NEVER {
            slot.due = Slot::NEVER;
            return Ok(());
        }
        let base = Instant::from_seconds(slot.base).ok_or(Fault::Overflow)?;
        let moved = || plus_days(self.local_day(base), slot.shift);
        slot.due = match slot.counts {
            Counts::Seconds => slot.base.checked_add(slot.shift).ok_or(Fault::Overflow)?,
            Counts::LastWorkingDay => {
                let last = if slot.shift == 0 { moved()? } else { self.calendar().next_working_day(moved()?)? };
                self.begin(last.add_days(1)?)?.seconds()
            }
            _ if slot.shift == 0 => slot.base,
            Counts::WorkingDays => self.begin(self.calendar().next_working_day(moved()?)?)?.seconds(),
            Counts::Days | Counts::Not => self.begin(moved()?)?.seconds(),
        };
        Ok(())
    }

    /// Timers without an anchor that passed meanwhile are due now.
    pub(crate) fn due_at_last(&mut self, owner: Owner) {
        let now = self.case.now.seconds();
        for at in 0..self.slots(owner).len() {
            if let Ok(slot) = self.slot(owner, at)
                && slot.counts == Counts::Not
            {
                slot.not_before = slot.not_before.max(now);
            }
        }
    }

    /// A message that gave the debtor time to pay no longer waits: timers that it kept from moving the case are due now.
    pub(crate) fn release_moves(&mut self, payable: bool) {
        if !payable || self.moves_wait() {
            return;
        }
        let now = self.case.now.seconds();
        let scope = self.scope_of(self.case.place.stage).map_or(Span::default(), |s| self.scope_triggers(s));
        let stage = self.m.stages.get(self.case.place.stage.index()).map_or(Span::default(), |s| s.triggers);
        for (owner, triggers) in [(Owner::Stage, stage), (Owner::Scope, scope)] {
            for (at, trigger) in triggers.range().enumerate() {
                let moves = self.m.triggers.get(trigger).is_some_and(|t| t.moves && !matches!(t.on, On::AsSoonAs(_)));
                if moves && let Ok(slot) = self.slot(owner, at) {
                    slot.not_before = slot.not_before.max(now);
                }
            }
        }
    }

    /// Whether a `send … payable within` of the stage waits, in `contact` or in a hold.
    pub(crate) fn moves_wait(&self) -> bool {
        let payable = |at| self.send_of(at).is_ok_and(|(send, _)| send.payable_within.is_some());
        let of_stage = |owner: Owner| matches!(owner, Owner::Stage | Owner::Scope);
        self.case.waiting.iter().any(|w| of_stage(w.owner) && payable(w.action))
            || self.case.stopped.iter().any(|s| of_stage(s.owner) && payable(s.action))
    }
}

impl Place {
    /// A place before the first stage.
    pub(crate) const fn nowhere(at: Instant) -> Self {
        Self {
            stage: StageId(0),
            entered: at,
            left: None,
            since: at,
            slots: alloc::vec::Vec::new(),
            scope_entered: at,
            scope_since: at,
            scope_slots: alloc::vec::Vec::new(),
            tasks: alloc::vec::Vec::new(),
            calls: alloc::vec::Vec::new(),
        }
    }
}

/// A day later by days.
pub(crate) fn plus_days(day: Date, days: i64) -> Result<Date, Fault> {
    Ok(day.add_days(i32::try_from(days).map_err(|_| Fault::Overflow)?)?)
}
