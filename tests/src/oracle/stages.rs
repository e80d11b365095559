//! Entering and leaving stages, going back, and holds.

use super::Run;
use super::actions::{Frame, payable};
use super::case::{Before, Hold, Mark, Owner, Place, TriggerId};
use super::fault::Fault;
use crate::normal;
use dunlin_lang::model::{Block, Does, Trigger};
use dunlin_machine::ir::{On, RuleId, Target};
use dunlin_machine::value::{Date, Instant};
use std::collections::BTreeMap;

impl<'m> Run<'m> {
    pub(super) fn in_outcome(&self) -> bool {
        self.model.stages[self.case.place.stage].outcome
    }

    pub(super) fn triggers(&self, owner: Owner) -> &'m [Trigger] {
        match owner {
            Owner::Watch(n) => &self.model.watches[n].triggers,
            Owner::Whenever(n) => &self.model.whenevers[n].triggers,
            Owner::Stage(n) => &self.model.stages[n].triggers,
            Owner::Scope(n) => &self.model.scopes[n].triggers,
        }
    }

    /// Starts an owner's triggers anew, from now.
    pub(super) fn open_marks(&mut self, owner: Owner) -> Result<(), Fault> {
        let view = self.plain();
        for (n, trigger) in self.triggers(owner).iter().enumerate() {
            let mut mark = Mark::new(self.case.now);
            mark.duration = match &trigger.on {
                On::After(d) | On::Every { every: d, .. } | On::Event { usually_within: Some(d), .. } => {
                    Some(self.eval_duration(d, &view)?)
                }
                _ => None,
            };
            self.case.marks.insert((owner, n), mark);
        }
        Ok(())
    }

    fn close_marks(&mut self, owner: Owner) {
        self.case.marks.retain(|(whose, _), _| *whose != owner);
    }

    pub(super) fn scope(&self) -> Option<Owner> {
        self.scope_of(self.case.place.stage)
    }

    fn scope_of(&self, stage: usize) -> Option<Owner> {
        self.model.stages[stage].scope.map(|s| Owner::Scope(s.index()))
    }

    pub(super) fn go(&mut self, target: Target, rule: Option<RuleId>, frame: &mut Frame) -> Result<(), Fault> {
        frame.moved = true;
        match target {
            Target::Stage(stage) => {
                self.leave(frame, stage.index() != self.case.place.stage)?;
                self.enter(stage.index(), rule, true)
            }
            Target::Itself => {
                self.leave(frame, false)?;
                self.enter(self.case.place.stage, rule, true)
            }
            Target::LastStage => self.go_back(rule, frame),
        }
    }

    /// Leaves the stage: what waits is dropped and what is open withdrawn, but for what the running body put there.
    fn leave(&mut self, frame: &Frame, remember: bool) -> Result<(), Fault> {
        self.case.waiting.retain(|w| w.run == frame.run);
        self.case.stopped.retain(|s| s.run == frame.run);
        self.check_payable();
        let of_stage = |owner: Owner, run: u64| matches!(owner, Owner::Stage(_) | Owner::Scope(_)) && run != frame.run;
        let keep = |does: &Does| matches!(does, Does::Task(task) if task.keep);
        let (tasks, still) = self.case.tasks.drain(..).partition(|t| of_stage(t.owner, t.run) && !keep(&t.action.does));
        self.case.tasks = still;
        let (calls, still) = self.case.calls.drain(..).partition(|c| of_stage(c.doer.0, c.run));
        self.case.calls = still;
        for task in &tasks {
            self.withdraw(task.effect, task.action.rule)?;
        }
        for call in &calls {
            if call.effect != 0 {
                self.withdraw(call.effect, call.action.rule)?;
            }
        }
        if remember {
            let (place, left) = (self.case.place, self.case.now);
            let mut marks = self.running_marks();
            if let Some(since) = self.case.held_since {
                self.shift(&mut marks, since);
            }
            self.case.before = Some(Before { place, left, marks, tasks, calls });
        }
        Ok(())
    }

    fn withdraw(&mut self, effect: u32, _rule: RuleId) -> Result<(), Fault> {
        self.effect(None, &normal::cancel(effect))
    }

    /// What the triggers of the stage and its group remember.
    fn running_marks(&self) -> BTreeMap<TriggerId, Mark> {
        let mine = |owner: Owner| owner == Owner::Stage(self.case.place.stage) || Some(owner) == self.scope();
        self.case.marks.iter().filter(|((owner, _), _)| mine(*owner)).map(|(id, mark)| (*id, mark.clone())).collect()
    }

    /// Enters a stage anew.
    pub(super) fn enter(&mut self, stage: usize, rule: Option<RuleId>, from_stage: bool) -> Result<(), Fault> {
        if !self.entered.insert(stage) {
            return Err(Fault::EnteredTwice);
        }
        let from = from_stage.then_some(self.case.place.stage);
        self.close_marks(Owner::Stage(self.case.place.stage));
        let old_scope = from.and_then(|s| self.scope_of(s));
        let entry = self.new_run();
        let now = self.case.now;
        self.case.place = Place { stage, entered: now, entry };
        self.tell_move(from, stage, rule, false);
        self.case.been.insert(stage);
        if let Some(old) = old_scope.filter(|old| Some(*old) != self.scope()) {
            self.close_marks(old);
        }
        if let Some(new) = self.scope().filter(|new| Some(*new) != old_scope) {
            self.open_marks(new)?;
        }
        self.open_marks(Owner::Stage(stage))?;
        self.end_holds_in_outcome()?;
        let body: &'m Block = &self.model.stages[stage].entry;
        let mut frame = self.frame(Owner::Stage(stage), None);
        self.run(body, &mut frame)
    }

    fn tell_move(&mut self, from: Option<usize>, to: usize, rule: Option<RuleId>, back: bool) {
        let name = |stage: usize| self.model.text(self.model.stages[stage].name);
        let what = normal::moved(from.map(name), name(to), back);
        self.say(rule, &what);
        self.case.changes += 1;
    }

    /// `-> last_stage`: the stage before comes back as if the time since had been a hold.
    fn go_back(&mut self, rule: Option<RuleId>, frame: &Frame) -> Result<(), Fault> {
        let before = self.case.before.clone().ok_or(Fault::NoLastStage)?;
        let stage = before.place.stage;
        if !self.entered.insert(stage) {
            return Err(Fault::EnteredTwice);
        }
        let (from, old_scope) = (self.case.place.stage, self.scope());
        self.leave(frame, true)?;
        self.close_marks(Owner::Stage(from));
        self.case.place = before.place;
        self.tell_move(Some(from), stage, rule, true);
        let same_scope = self.scope() == old_scope;
        if let Some(old) = old_scope.filter(|_| !same_scope) {
            self.close_marks(old);
        }
        let mut marks = before.marks;
        marks.retain(|(owner, _), _| matches!(owner, Owner::Stage(_)) || !same_scope);
        for mark in marks.values_mut() {
            self.shift_mark(mark, before.left);
            mark.running_since = self.case.now;
        }
        self.case.marks.extend(marks);
        self.shift_deadline(before.left)?;
        self.end_holds_in_outcome()?;
        self.open_again(before.tasks, before.calls, before.left)
    }

    fn open_again(
        &mut self,
        tasks: Vec<super::case::Task<'m>>,
        calls: Vec<super::case::Call<'m>>,
        left: Instant,
    ) -> Result<(), Fault> {
        let days = self.today().days() - self.day(left).days();
        let seconds = self.case.now.seconds() - left.seconds();
        for mut task in tasks {
            task.until = task.until.map(|d| d.add_days(days)).transpose()?;
            task.until_instant = task.until_instant.map(|i| i.add_seconds(seconds)).transpose()?;
            // What was overdue comes back overdue.
            if task.overdue {
                task.until = task.until.map(|_| self.today().add_days(-1)).transpose()?;
                task.until_instant = task.until_instant.map(|_| self.case.now);
            }
            task.effect = self.case.next_effect;
            let Does::Task(rule) = &task.action.does else { return Err(Fault::Broken) };
            self.tell_task(task.action, rule, task.until, task.until_instant, true)?;
            self.case.tasks.push(task);
        }
        for mut call in calls {
            let (day, second) = self.zone().local(call.due);
            call.due = self.zone().instant_at(day.add_days(days)?, second)?;
            self.case.calls.push(call);
        }
        Ok(())
    }

    /// Moves anchored timers by the time since the later of `since` and their own beginning; dates that passed are due now.
    fn shift(&self, marks: &mut BTreeMap<TriggerId, Mark>, since: Instant) {
        marks.values_mut().for_each(|mark| self.shift_mark(mark, since.max(mark.running_since)));
    }

    fn shift_mark(&self, mark: &mut Mark, from: Instant) {
        mark.hold_days += i64::from(self.today().days() - self.day(from).days());
        mark.hold_seconds += self.case.now.seconds() - from.seconds();
        mark.not_before = self.case.now;
    }

    fn shift_deadline(&mut self, since: Instant) -> Result<(), Fault> {
        let Some(mut deadline) = self.case.deadline else { return Ok(()) };
        let days = self.today().days() - self.day(since).max(deadline.set).days();
        if days > 0 {
            deadline.day = self.working_day(deadline.day.add_days(days)?)?;
            self.case.deadline = Some(deadline);
        }
        Ok(())
    }

    pub(super) fn is_held(&self) -> bool {
        !self.case.holds.is_empty()
    }

    pub(super) fn pause(&mut self, hold: Hold, rule: Option<RuleId>) -> Result<(), Fault> {
        let words = normal::paused(&self.text(hold.reason), hold.until);
        self.say(rule, &words);
        self.set_hold(hold)
    }

    pub(super) fn set_hold(&mut self, hold: Hold) -> Result<(), Fault> {
        let reason = hold.reason;
        match self.case.holds.iter().position(|h| h.reason == reason) {
            Some(known) => self.case.holds[known] = hold,
            None if self.case.holds.len() >= self.model.limits.holds as usize => return Err(Fault::Bound),
            None => self.case.holds.push(hold),
        }
        self.case.held_since = self.case.held_since.or(Some(self.case.now));
        self.sync_free_days()?;
        self.sync_blocks()
    }

    /// Ends the hold of that reason; whether there was one.
    pub(super) fn resume(&mut self, reason: i64) -> Result<bool, Fault> {
        let Some(hold) = self.case.holds.iter().position(|h| h.reason == reason) else { return Ok(false) };
        self.case.holds.remove(hold);
        let words = normal::resumed(&self.text(reason));
        self.say(None, &words);
        self.sync_free_days()?;
        self.sync_blocks()?;
        if !self.is_held() {
            self.end_of_last_hold()?;
        }
        Ok(true)
    }

    fn end_of_last_hold(&mut self) -> Result<(), Fault> {
        let Some(since) = self.case.held_since.take() else { return Ok(()) };
        let mut marks = self.running_marks();
        self.shift(&mut marks, since);
        self.case.marks.extend(marks);
        self.shift_deadline(since)?;
        self.run_stopped()
    }

    fn run_stopped(&mut self) -> Result<(), Fault> {
        for stopped in std::mem::take(&mut self.case.stopped) {
            self.act_now(stopped.action, stopped.doer, stopped.run)?;
        }
        Ok(())
    }

    fn end_holds_in_outcome(&mut self) -> Result<(), Fault> {
        if !self.in_outcome() || !self.is_held() {
            return Ok(());
        }
        self.case.holds.clear();
        self.case.held_since = None;
        self.sync_free_days()?;
        self.sync_blocks()?;
        self.run_stopped()
    }

    /// Interest rests from the day after a hold without it began through the day on which the last such hold ends.
    pub(super) fn sync_free_days(&mut self) -> Result<(), Fault> {
        let today = self.today();
        let free = self.case.holds.iter().any(|h| h.without_interest);
        let open = self.case.free_days.last_mut().filter(|(_, to)| to.is_none());
        match open {
            Some((_, to)) if !free => *to = Some(today),
            None if free => self.case.free_days.push((today.add_days(1)?, None)),
            _ => {}
        }
        Ok(())
    }

    /// A `whenever` block waits while a hold belongs to its rule.
    pub(super) fn sync_blocks(&mut self) -> Result<(), Fault> {
        for n in 0..self.model.whenevers.len() {
            let waits = self.case.holds.iter().any(|h| h.by == Some((Owner::Whenever(n), None)));
            if waits && !self.case.blocks.contains_key(&n) {
                self.case.blocks.insert(n, self.case.now);
                self.open_marks(Owner::Whenever(n))?;
            } else if !waits && self.case.blocks.remove(&n).is_some() {
                self.close_marks(Owner::Whenever(n));
            }
        }
        Ok(())
    }

    /// Whether a `send … payable within` of the stage waits, in `contact` or in a hold.
    pub(super) fn payable_waits(&self) -> bool {
        let of_stage = |owner: Owner| matches!(owner, Owner::Stage(_) | Owner::Scope(_));
        self.case.waiting.iter().any(|w| of_stage(w.doer.0) && payable(w.action))
            || self.case.stopped.iter().any(|s| of_stage(s.doer.0) && payable(s.action))
    }

    /// What a waiting `send … payable within` held up is due when it no longer waits.
    pub(super) fn check_payable(&mut self) {
        let waits = self.payable_waits();
        if self.payable_waited && !waits {
            let now = self.case.now;
            let ids: Vec<TriggerId> = self.running_marks().into_keys().collect();
            for id in ids {
                let moves = self.triggers(id.0)[id.1].moves;
                if let Some(mark) = self.case.marks.get_mut(&id).filter(|_| moves) {
                    mark.moves_not_before = mark.moves_not_before.max(now);
                }
            }
        }
        self.payable_waited = waits;
    }

    /// The first day after `day` that `fits`.
    pub(super) fn first_after(&self, day: Date, fits: impl Fn(Date) -> Result<bool, Fault>) -> Result<Date, Fault> {
        let mut next = day.add_days(1)?;
        while !fits(next)? {
            next = next.add_days(1)?;
        }
        Ok(next)
    }
}
