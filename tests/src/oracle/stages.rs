//! Entering and leaving stages, going back, and holds.

use super::Run;
use super::actions::{Frame, payable};
use super::case::{Approval, Before, By, Call, Hold, Limit, Mark, Owner, Place, Task, TriggerId};
use super::fault::Fault;
use crate::normal;
use dunlin_lang::model::{Block, Does, Trigger};
use dunlin_machine::ir::{On, RuleId, Target, Ways};
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
            Owner::Plan(_) | Owner::Host => &[],
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

    /// The scopes around a stage, from the innermost outwards.
    pub(super) fn scopes(&self, stage: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut next = self.model.stages[stage].scope;
        while let Some(scope) = next {
            chain.push(scope.index());
            next = self.model.scopes[scope.index()].parent;
        }
        chain
    }

    /// The stage that the case is in, then what is around it from the innermost outwards.
    pub(super) fn stage_and_scopes(&self) -> Vec<Owner> {
        let stage = self.case.place.stage;
        [Owner::Stage(stage)].into_iter().chain(self.scopes(stage).into_iter().map(Owner::Scope)).collect()
    }

    pub(super) fn go(&mut self, target: Target, rule: Option<RuleId>, frame: &mut Frame) -> Result<(), Fault> {
        let here = self.case.place.stage;
        let back = match (target, &self.case.before) {
            (Target::LastStage, None) => return Err(Fault::NoLastStage),
            (Target::LastStage, Some(before)) => Some(before.clone()),
            _ => None,
        };
        let to = match (target, &back) {
            (Target::Stage(stage), _) => stage.index(),
            (Target::LastStage, Some(before)) if before.anew => self.first_inside(before.place.stage),
            (Target::LastStage, Some(before)) => before.place.stage,
            _ => here,
        };
        if !self.entered.insert(to) {
            return Err(Fault::EnteredTwice);
        }
        let anew = self.run_leaving(to, frame)?;
        frame.moved = true;
        match back.filter(|before| !before.anew) {
            Some(before) => self.go_back(before, rule, frame, anew),
            None => {
                self.leave(frame, (to != here).then_some(anew))?;
                self.enter(to, rule, Some(here))
            }
        }
    }

    /// Where a stage is entered anew: where that enters a procedure, at its first stage.
    fn first_inside(&self, stage: usize) -> usize {
        let around = self.scopes(self.case.place.stage);
        let procedure = |scope: &usize| self.model.scopes[*scope].first.filter(|_| !around.contains(scope));
        self.scopes(stage).iter().rev().find_map(procedure).map_or(stage, |first| first.index())
    }

    /// Runs what is to be done on the way to a stage; whether any of it acted.
    fn run_leaving(&mut self, to: usize, frame: &mut Frame) -> Result<bool, Fault> {
        let (here, around) = (self.case.place.stage, self.scopes(to));
        let mut acted = false;
        for leaving in &self.model.stages[here].leaving {
            if goes_by(&leaving.ways, to, false) {
                acted |= self.run_way_out(&leaving.body, frame)?;
            }
        }
        for scope in self.scopes(here).into_iter().filter(|s| !around.contains(s)) {
            for leaving in &self.model.scopes[scope].leaving {
                if goes_by(&leaving.ways, to, !frame.exits.contains(&scope)) {
                    acted |= self.run_way_out(&leaving.body, frame)?;
                }
            }
        }
        Ok(acted)
    }

    fn run_way_out(&mut self, body: &'m Block, frame: &mut Frame) -> Result<bool, Fault> {
        let before = frame.done;
        let outer = std::mem::replace(&mut frame.leaving, true);
        self.run(body, frame)?;
        frame.leaving = outer;
        Ok(frame.done > before)
    }

    /// Leaves the stage: what waits is dropped and what is open withdrawn, but for what the running body put there. What the
    /// stage had is remembered where `remember` says so, with whether it is then entered anew.
    fn leave(&mut self, frame: &Frame, remember: Option<bool>) -> Result<(), Fault> {
        let stays = |by: By| by.run == frame.run || matches!(by.doer.0, Owner::Plan(_));
        self.case.waiting.retain(|w| stays(w.by));
        self.case.stopped.retain(|s| stays(s.by));
        self.check_payable();
        let mine = |by: By| by.of_stage && by.run != frame.run;
        let keep = |does: &Does| matches!(does, Does::Task(task) if task.keep);
        let (tasks, still) = self.case.tasks.drain(..).partition(|t: &Task| mine(t.by) && !keep(&t.action.does));
        self.case.tasks = still;
        let (calls, still) = self.case.calls.drain(..).partition(|c: &Call| mine(c.by));
        self.case.calls = still;
        let (approvals, still) = self.case.approvals.drain(..).partition(|a: &Approval| mine(a.by));
        self.case.approvals = still;
        for task in &tasks {
            self.withdraw(task.effect)?;
        }
        for call in calls.iter().filter(|c| c.effect != 0) {
            self.withdraw(call.effect)?;
        }
        for approval in &approvals {
            self.withdraw(approval.effect)?;
        }
        if let Some(anew) = remember {
            let (place, left) = (self.case.place, self.case.now);
            let mut marks = self.running_marks();
            if let Some(since) = self.case.held_since {
                self.shift(&mut marks, since);
            }
            self.case.before = Some(Before { place, left, marks, tasks, calls, approvals, anew });
        }
        // What a question kept back are timers of the stage that asked and of its scopes, not of the one that comes next.
        self.check_payable();
        Ok(())
    }

    pub(super) fn withdraw(&mut self, effect: u32) -> Result<(), Fault> {
        self.effect(None, &normal::cancel(effect))
    }

    /// What the triggers of the stage and its scopes remember.
    fn running_marks(&self) -> BTreeMap<TriggerId, Mark> {
        let mine = self.stage_and_scopes();
        let marks = self.case.marks.iter().filter(|((owner, _), _)| mine.contains(owner));
        marks.map(|(id, mark)| (*id, mark.clone())).collect()
    }

    /// Enters a stage anew, and what is around it and not around the stage before.
    pub(super) fn enter(&mut self, stage: usize, rule: Option<RuleId>, from: Option<usize>) -> Result<(), Fault> {
        let (old, new) = (from.map_or_else(Vec::new, |s| self.scopes(s)), self.scopes(stage));
        if let Some(from) = from {
            self.close_marks(Owner::Stage(from));
        }
        let entry = self.new_run();
        let now = self.case.now;
        self.case.place = Place { stage, entered: now, entry };
        self.tell_move(from, stage, rule, false);
        self.case.been.insert(stage);
        for left in old.iter().filter(|scope| !new.contains(scope)) {
            self.close_marks(Owner::Scope(*left));
        }
        for entered in new.iter().rev().filter(|scope| !old.contains(scope)) {
            let mut frame = self.frame(Owner::Scope(*entered), None);
            self.run(&self.model.scopes[*entered].entry, &mut frame)?;
            self.open_marks(Owner::Scope(*entered))?;
        }
        self.open_marks(Owner::Stage(stage))?;
        self.end_holds_in_outcome()?;
        let body: &'m Block = &self.model.stages[stage].entry;
        let mut frame = self.frame(Owner::Stage(stage), None);
        self.run(body, &mut frame)
    }

    pub(super) fn tell_move(&mut self, from: Option<usize>, to: usize, rule: Option<RuleId>, back: bool) {
        let name = |stage: usize| self.model.text(self.model.stages[stage].name);
        let what = normal::moved(from.map(name), name(to), back);
        self.say(rule, &what);
        self.case.changes += 1;
    }

    /// `-> last_stage`: the stage before comes back as if the time since had been a hold.
    fn go_back(&mut self, before: Before<'m>, rule: Option<RuleId>, frame: &Frame, anew: bool) -> Result<(), Fault> {
        let (from, stage) = (self.case.place.stage, before.place.stage);
        let (old, new) = (self.scopes(from), self.scopes(stage));
        self.leave(frame, Some(anew))?;
        self.close_marks(Owner::Stage(from));
        self.case.place = before.place;
        self.tell_move(Some(from), stage, rule, true);
        for left in old.iter().filter(|scope| !new.contains(scope)) {
            self.close_marks(Owner::Scope(*left));
        }
        let mut marks = before.marks;
        marks.retain(|(owner, _), _| !old.iter().any(|scope| *owner == Owner::Scope(*scope)));
        for mark in marks.values_mut() {
            self.shift_mark(mark, before.left);
            mark.running_since = self.case.now;
        }
        self.case.marks.extend(marks);
        self.shift_deadline(before.left)?;
        self.end_holds_in_outcome()?;
        self.open_tasks_again(before.tasks, before.left)?;
        for mut call in before.calls {
            let days = self.today().days() - self.day(before.left).days();
            let (day, second) = self.zone().local(call.due);
            call.due = self.zone().instant_at(day.add_days(days)?, second)?;
            self.case.calls.push(call);
        }
        for mut approval in before.approvals {
            approval.until = approval.until.map(|until| self.shift_limit(until, before.left)).transpose()?;
            self.ask(approval, true)?;
        }
        Ok(())
    }

    fn open_tasks_again(&mut self, tasks: Vec<Task<'m>>, left: Instant) -> Result<(), Fault> {
        for mut task in tasks {
            task.opened = match task.until {
                Limit::At(_) => task.opened.add_seconds(self.case.now.seconds() - left.seconds())?,
                Limit::Day(_) => {
                    let (day, second) = self.zone().local(task.opened);
                    self.zone().instant_at(day.add_days(self.today().days() - self.day(left).days())?, second)?
                }
            };
            task.until = self.shift_limit(task.until, left)?;
            // What was overdue comes back overdue.
            if task.overdue {
                task.until = Limit::Day(self.today().add_days(-1)?);
            }
            task.effect = self.case.next_effect;
            self.tell_task(&task, true)?;
            self.add_task(task)?;
        }
        Ok(())
    }

    /// A limit later by the time since then.
    fn shift_limit(&self, limit: Limit, since: Instant) -> Result<Limit, Fault> {
        match limit {
            Limit::Day(day) => Ok(Limit::Day(day.add_days(self.today().days() - self.day(since).days())?)),
            Limit::At(at) => self.limit_at(at.add_seconds(self.case.now.seconds() - since.seconds())?),
        }
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
        let named = self.named;
        for stopped in std::mem::take(&mut self.case.stopped) {
            self.named = stopped.by.named;
            self.act_now(stopped.action, stopped.by)?;
        }
        self.named = named;
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
        let free = self.case.holds.iter().any(|h| h.without_interest) || self.plan_without_interest();
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
        self.case.waiting.iter().any(|w| w.by.of_stage && payable(w.action))
            || self.case.stopped.iter().any(|s| s.by.of_stage && payable(s.action))
    }

    /// What a waiting `send … payable within`, or a question about a move, held up is due when it no longer does.
    pub(super) fn check_payable(&mut self) {
        let (waits, asked) = (self.payable_waits(), self.move_asked());
        let (gone_out, answered) = (self.payable_waited && !waits, self.move_asked > asked);
        if gone_out || answered {
            let now = self.case.now;
            let ids: Vec<TriggerId> = self.running_marks().into_keys().collect();
            for id in ids {
                let trigger = &self.triggers(id.0)[id.1];
                // What only raises an alarm waits for no answer.
                let moves = trigger.moves && (gone_out || !matches!(trigger.on, On::Event { .. }));
                if let Some(mark) = self.case.marks.get_mut(&id).filter(|_| moves) {
                    mark.moves_not_before = mark.moves_not_before.max(now);
                }
            }
        }
        (self.payable_waited, self.move_asked) = (waits, asked);
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

/// Whether a `leaving` block is for a way out to that stage.
fn goes_by(ways: &Ways, to: usize, otherwise: bool) -> bool {
    match ways {
        Ways::Every => true,
        Ways::To(stages) => stages.iter().any(|stage| stage.index() == to),
        Ways::Otherwise => otherwise,
    }
}
