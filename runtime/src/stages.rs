//! Entering and leaving stages, groups and procedures (semantics, sections 5.1 to 5.4 and 9).

use crate::case::{Approval, Around, Counts, Deadline, Lasts, Owner, Place, Slot};
use crate::fault::Fault;
use crate::outcome::{Effect, What};
use crate::run::{Ctx, Run};
use core::mem;
use dunlin_machine::ir::{Leaving, On, RuleId, Scope, ScopeId, Span, Stage, StageId, Target, Ways};
use dunlin_machine::value::{Date, Instant};

impl<'a> Run<'a> {
    /// Moves the case.
    pub(crate) fn go(&mut self, target: Target, rule: Option<RuleId>) -> Result<(), Fault> {
        match target {
            Target::Stage(stage) if stage == self.case.place.stage => self.go(Target::Itself, rule),
            Target::Stage(stage) => {
                self.entered_once(stage)?;
                let from = self.case.place.stage;
                let acted = self.run_leaving(from, stage)?;
                self.leave(true)?;
                self.enter_anew_later(acted);
                self.enter_stage(stage, rule, Some(from))
            }
            Target::Itself => {
                let stage = self.case.place.stage;
                self.entered_once(stage)?;
                self.run_leaving(stage, stage)?;
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

    fn enter_anew_later(&mut self, acted: bool) {
        if let Some(before) = self.case.before_mut() {
            before.anew = acted;
        }
    }

    /// Runs the `leaving` blocks on the way to another stage, of the stage first, then of what is left around it; gives
    /// whether one acted.
    fn run_leaving(&mut self, from: StageId, to: StageId) -> Result<bool, Fault> {
        let machine = self.m;
        let mut acted = self.leaving_of(machine.stages.get(from.index()).map_or(&[], |s| &s.leaving), to, false)?;
        for id in self.scopes_around(from) {
            let Some(scope) = machine.scopes.get(id.index()).filter(|_| !self.is_around(id, to)) else { continue };
            let by_exit = self.work.exiting.contains(&id);
            acted |= self.leaving_of(&scope.leaving, to, by_exit)?;
        }
        Ok(acted)
    }

    fn leaving_of(&mut self, blocks: &'a [Leaving], to: StageId, by_exit: bool) -> Result<bool, Fault> {
        let mut acted = false;
        for block in blocks {
            let this_way = match &block.ways {
                Ways::Every => true,
                Ways::To(stages) => stages.contains(&to),
                Ways::Otherwise => !by_exit,
            };
            if this_way {
                let before = self.work.acts;
                self.run_block(block.body)?;
                acted |= self.work.acts != before;
            }
        }
        Ok(acted)
    }

    /// The groups and procedures around a stage, from the innermost outwards.
    pub(crate) fn scopes_around(&self, stage: StageId) -> impl Iterator<Item = ScopeId> + use<'a> {
        let machine = self.m;
        let innermost = machine.stages.get(stage.index()).and_then(|s| s.scope);
        core::iter::successors(innermost, |s| machine.scopes.get(s.index()).and_then(|s| s.parent))
    }

    /// Whether a group or procedure is around a stage.
    fn is_around(&self, scope: ScopeId, stage: StageId) -> bool {
        self.scopes_around(stage).any(|s| s == scope)
    }

    fn scope(&self, id: ScopeId) -> Result<&'a Scope, Fault> {
        self.m.scopes.get(id.index()).ok_or(Fault::Broken("a group is missing"))
    }

    /// Leaves the stage: what waits is dropped, what is open is withdrawn, but for what the running body put there.
    fn leave(&mut self, remember: bool) -> Result<(), Fault> {
        let run = self.ctx.run;
        let moves_waited = self.moves_wait();
        if !self.case.waiting.is_empty() {
            self.case.waiting_mut().retain(|w| w.run == run || w.owner == Owner::Plan);
        }
        if !self.case.stopped.is_empty() {
            self.case.stopped_mut().retain(|s| s.run == run || s.owner == Owner::Plan);
        }
        self.release_moves(moves_waited);
        for message in self.case.messages_mut() {
            message.stage = match (message.stage, remember) {
                (Lasts::Now, true) => Lasts::Before,
                (Lasts::Before, false) => Lasts::Before,
                _ => Lasts::Over,
            };
        }
        let spare = if remember { self.case.spare_before() } else { None };
        let mut left = spare.unwrap_or_else(|| Place::nowhere(self.case.now));
        left.clone_from(&self.case.place);
        left.left = Some(self.case.now);
        left.tasks.clear();
        left.calls.clear();
        left.approvals.clear();
        self.withdraw(&mut left)?;
        if remember {
            self.shift_left(&mut left)?;
            *self.case.before_mut() = Some(left);
        }
        Ok(())
    }

    /// Withdraws the stage's tasks, calls and approvals, each with an effect that names the one that opened it.
    fn withdraw(&mut self, left: &mut Place) -> Result<(), Fault> {
        let mut at = 0;
        while let Some(task) = self.case.tasks.get(at).copied() {
            let keep = self.task_of(task.action)?.0.keep;
            if keep || !self.is_of_stage(task.owner, task.run) {
                at += 1;
                continue;
            }
            self.case.tasks_mut().remove(at);
            left.tasks.push(task);
            self.cancel(task.effect)?;
        }
        let mut at = 0;
        while let Some(call) = self.case.calls.get(at).copied() {
            if !self.is_of_stage(call.owner, call.run) {
                at += 1;
                continue;
            }
            self.case.calls_mut().remove(at);
            left.calls.push(call);
            if call.effect > 0 {
                self.cancel(call.effect)?;
            }
        }
        let mut at = 0;
        while let Some(approval) = self.case.approvals.get(at).copied() {
            if !self.is_of_stage(approval.owner, approval.run) {
                at += 1;
                continue;
            }
            self.take_approval(at);
            left.approvals.push(approval);
            self.cancel(approval.effect)?;
        }
        Ok(())
    }

    fn is_of_stage(&self, owner: Owner, run: u32) -> bool {
        owner.of_stage() && run != self.ctx.run
    }

    pub(crate) fn cancel(&mut self, of: u32) -> Result<(), Fault> {
        let from = self.mark();
        self.effect(None, from, Effect::Cancel { of })?;
        Ok(())
    }

    /// A stage that is left while the case is held keeps the shift that an end of the hold now would give it.
    fn shift_left(&mut self, left: &mut Place) -> Result<(), Fault> {
        let Some(held) = self.case.held_since else { return Ok(()) };
        let (days, seconds) = self.since(held.max(left.since()));
        for slot in &mut left.slots {
            self.shift(slot, days, seconds)?;
        }
        for at in 0..left.scopes.len() {
            let Some(around) = left.scopes.get(at).copied() else { continue };
            let (days, seconds) = self.since(held.max(around.since()));
            for slot in left.slots_of_mut(around.scope) {
                self.shift(slot, days, seconds)?;
            }
        }
        Ok(())
    }

    /// Calendar days and seconds from an instant to now.
    pub(crate) fn since(&self, from: Instant) -> (i64, i64) {
        let days = i64::from(self.today.days() - self.local_day(from).days());
        (days, self.case.now.seconds() - from.seconds())
    }

    /// Enters a stage, with what is newly around it, and runs its entry actions.
    pub(crate) fn enter_stage(
        &mut self,
        stage: StageId,
        rule: Option<RuleId>,
        from: Option<StageId>,
    ) -> Result<(), Fault> {
        let machine = self.m;
        let entered: &Stage = machine.stages.get(stage.index()).ok_or(Fault::Broken("a stage is missing"))?;
        let now = self.case.now;
        let place = self.case.place_mut();
        place.stage = stage;
        (place.entered, place.returned) = (now, None);
        self.drop_scopes(stage);
        self.note_move(stage);
        let mark = self.mark();
        self.enter(rule, mark, What::Move { from, to: stage, back: false });
        self.enter_scopes(stage, now)?;
        self.open_slots(Owner::Stage, entered.triggers)?;
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

    /// Goes on in a stage that the case entered before it came here: nothing of the entry is done, and the timers of the
    /// stage and of what is around it count from then.
    pub(crate) fn come_in(&mut self, stage: StageId, entered: Instant, rule: Option<RuleId>) -> Result<(), Fault> {
        let triggers = self.m.stages.get(stage.index()).ok_or(Fault::Broken("a stage is missing"))?.triggers;
        let now = self.case.now;
        let place = self.case.place_mut();
        (place.stage, place.entered, place.returned) = (stage, entered, Some(now));
        self.note_move(stage);
        let mark = self.mark();
        self.enter(rule, mark, What::Move { from: None, to: stage, back: false });
        self.enter_scopes(stage, entered)?;
        self.open_slots(Owner::Stage, triggers)
    }

    /// Drops the groups and procedures that are not around a stage.
    fn drop_scopes(&mut self, stage: StageId) {
        let mut at = 0;
        while let Some(scope) = self.case.place.scopes.get(at).map(|a| a.scope) {
            if self.is_around(scope, stage) {
                at += 1;
            } else {
                let place = self.case.place_mut();
                let slots = place.range_of(scope);
                place.scope_slots.drain(slots);
                place.scopes.remove(at);
            }
        }
    }

    /// Enters the groups and procedures around a stage that the case is not in yet, from the outermost inwards.
    fn enter_scopes(&mut self, stage: StageId, at: Instant) -> Result<(), Fault> {
        loop {
            let inside = |s: &ScopeId| self.case.place.around(*s).is_some();
            let Some(outermost) = self.scopes_around(stage).take_while(|s| !inside(s)).last() else { return Ok(()) };
            self.enter_scope(outermost, at)?;
        }
    }

    fn enter_scope(&mut self, id: ScopeId, at: Instant) -> Result<(), Fault> {
        let scope = self.scope(id)?;
        // Only a case that goes on where it was elsewhere entered before now: it runs from now as after a return.
        let returned = Some(self.case.now).filter(|now| *now != at);
        let slots = scope.triggers.len;
        let place = self.case.place_mut();
        place.scopes.insert(0, Around { scope: id, entered: at, returned, slots });
        place.scope_slots.resize(place.scope_slots.len() + usize::from(slots), Slot::new());
        place.scope_slots.rotate_right(usize::from(slots));
        let before = self.ctx;
        self.ctx = Ctx { owner: Owner::Scope(id), body: scope.entry.first, paused: false, ..before };
        let done = self.run_block(scope.entry);
        self.ctx = before;
        done?;
        self.open_slots(Owner::Scope(id), scope.triggers)
    }

    fn note_move(&mut self, stage: StageId) {
        *self.case.events_mut() = self.case.events.saturating_add(1);
        if !self.case.been.contains(&stage) {
            self.case.been_mut().push(stage);
        }
    }

    /// The triggers of a group or procedure.
    pub(crate) fn scope_triggers(&self, scope: ScopeId) -> Span {
        self.m.scopes.get(scope.index()).map_or(Span::default(), |s| s.triggers)
    }

    /// Goes back to the stage before, as if the time since had been a hold.
    fn go_back(&mut self, rule: Option<RuleId>) -> Result<(), Fault> {
        let before = self.case.before.as_ref().ok_or(Fault::NoLastStage)?;
        let back = before.stage;
        if before.anew {
            return self.go(Target::Stage(self.begin_of(back)), rule);
        }
        self.entered_once(back)?;
        let from = self.case.place.stage;
        let acted = self.run_leaving(from, back)?;
        let Some(mut place) = self.case.before_mut().take() else { return Err(Fault::NoLastStage) };
        let come_back = self.case.messages.iter().enumerate().filter(|(_, m)| m.stage == Lasts::Before);
        let come_back = come_back.fold(0u32, |set, (at, _)| set | 1 << at);
        self.leave(true)?;
        self.enter_anew_later(acted);
        for (at, message) in self.case.messages_mut().iter_mut().enumerate() {
            if come_back >> at & 1 == 1 {
                message.stage = Lasts::Now;
            }
        }
        let left = place.left.take().unwrap_or(self.case.now);
        mem::swap(self.case.place_mut(), &mut place);
        self.note_move(back);
        let mark = self.mark();
        self.enter(rule, mark, What::Move { from: Some(from), to: back, back: true });
        self.resume_place(left, &place)?;
        if self.m.stages.get(back.index()).is_some_and(|s| s.outcome) {
            self.end_holds_silently()?;
        }
        self.open_again(left)
    }

    /// Where a stage begins that is entered anew: a procedure that the case is not in begins at its first stage.
    fn begin_of(&self, stage: StageId) -> StageId {
        let entered = self.scopes_around(stage).filter(|s| self.case.place.around(*s).is_none());
        let firsts = entered.filter_map(|s| self.m.scopes.get(s.index()).and_then(|s| s.first));
        firsts.last().unwrap_or(stage)
    }

    /// Shifts the timers of the place that came back by the time since it was left, and the deadline too. What is around
    /// both places ran on: what it has now stays, and the place that was left only lent it.
    fn resume_place(&mut self, left: Instant, lent: &Place) -> Result<(), Fault> {
        let now = self.case.now;
        let (days, seconds) = self.since(left);
        // Dates that passed meanwhile are due now: nothing of the place is due before the return.
        self.case.place_mut().returned = Some(now);
        self.shift_owner(Owner::Stage, days, seconds)?;
        for at in 0..self.case.place.scopes.len() {
            let Some(around) = self.case.place_mut().scopes.get_mut(at) else { continue };
            let scope = around.scope;
            if let Some(ran_on) = lent.around(scope) {
                *around = *ran_on;
                self.case.scope_slots_mut(scope).copy_from_slice(lent.slots_of(scope));
                continue;
            }
            around.returned = Some(now);
            self.shift_owner(Owner::Scope(scope), days, seconds)?;
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
            *self.case.deadline_mut() = Some(Deadline { day, ..deadline });
        }
        Ok(())
    }

    /// Tasks and calls that were withdrawn when the stage was left open again with the time that they had left.
    fn open_again(&mut self, left: Instant) -> Result<(), Fault> {
        let (days, seconds) = self.since(left);
        let run = self.ctx.run;
        let mut tasks = mem::take(&mut self.case.place_mut().tasks);
        for mut task in tasks.drain(..) {
            let (form, rule) = self.task_of(task.action)?;
            // What was overdue comes back overdue.
            let today = self.begin(self.today)?;
            if let Some(at) = self.opened_at(&task)? {
                let hours = self.ends_by_hours(task.due.unwrap_or(today))?;
                task.opened = self.seconds_open(self.later(at, days, seconds, hours)?)?;
            }
            task.due = task.due.map(|due| self.limit_later(due, days, seconds)).transpose()?;
            let role = task.asked.checked_sub(1).and_then(|n| form.substitutes.get(usize::from(n)));
            let role = role.map_or(form.role, |(role, _)| *role);
            task.effect = self.tell_task(form, role, rule, self.mark(), task.due.unwrap_or(today), true)?;
            task.run = run;
            self.add_task(task)?;
        }
        self.case.place_mut().tasks = tasks;
        let mut calls = mem::take(&mut self.case.place_mut().calls);
        for mut call in calls.drain(..) {
            call.due = self.later(call.due, days, seconds, false)?;
            call.run = run;
            self.case.calls_mut().push(call);
        }
        self.case.place_mut().calls = calls;
        let mut approvals = mem::take(&mut self.case.place_mut().approvals);
        for approval in approvals.drain(..) {
            self.ask_again(approval, days, seconds)?;
        }
        self.case.place_mut().approvals = approvals;
        Ok(())
    }

    fn ask_again(&mut self, approval: Approval, days: i64, seconds: i64) -> Result<(), Fault> {
        let (form, rule) = self.approval_of(approval.action)?;
        let due = approval.due.map(|due| self.limit_later(due, days, seconds)).transpose()?;
        let effect = self.tell_approval(form, rule, self.mark(), due, true)?;
        let asked = self.case.now;
        self.case.approvals_mut().push(Approval { due, effect, asked, run: self.ctx.run, ..approval });
        Ok(())
    }

    /// The end of a limit later by calendar days, of one that ends within a day by seconds.
    fn limit_later(&self, due: Instant, days: i64, seconds: i64) -> Result<Instant, Fault> {
        if self.ends_by_hours(due)? {
            return Ok(due.add_seconds(seconds)?);
        }
        self.begin(plus_days(self.local_day(due), days)?)
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
            Owner::Stage => self.case.slots_mut(),
            Owner::Scope(s) => {
                self.case.scope_slots_mut(s).fill(Slot::new());
                return self.schedule_all(owner, triggers);
            }
            Owner::Plan => return Ok(()),
            Owner::Whenever(w) => match self.case.whenevers_mut().get_mut(usize::from(w)) {
                Some(waits) => &mut waits.slots,
                None => return Err(Fault::Broken("a rule has no slots")),
            },
            Owner::Watch(w) => match self.case.watches_mut().get_mut(usize::from(w)) {
                Some(slots) => slots,
                None => return Err(Fault::Broken("a watch has no slots")),
            },
        };
        slots.clear();
        slots.resize(triggers.range().len(), Slot::new());
        self.schedule_all(owner, triggers)
    }

    fn schedule_all(&mut self, owner: Owner, triggers: Span) -> Result<(), Fault> {
        for (at, trigger) in self.m.triggers.get(triggers.range()).unwrap_or(&[]).iter().enumerate() {
            self.schedule(owner, at, &trigger.on)?;
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
        if payable && !self.moves_wait() {
            self.moves_go_on(true);
        }
    }

    /// Timers that hold a move and passed meanwhile are due now; `expected`: also `usually within` of such triggers.
    pub(crate) fn moves_go_on(&mut self, expected: bool) {
        let now = self.case.now.seconds();
        self.moves_due_at_last(Owner::Stage, now, expected);
        for at in 0..self.case.place.scopes.len() {
            if let Some(scope) = self.case.place.scopes.get(at).map(|a| a.scope) {
                self.moves_due_at_last(Owner::Scope(scope), now, expected);
            }
        }
    }

    fn moves_due_at_last(&mut self, owner: Owner, now: i64, expected: bool) {
        for (at, trigger) in self.triggers_of(owner).range().enumerate() {
            let moves = self.m.triggers.get(trigger).is_some_and(|t| {
                t.moves && !matches!(t.on, On::AsSoonAs(_)) && (expected || !matches!(t.on, On::Event { .. }))
            });
            if moves && let Ok(slot) = self.slot(owner, at) {
                slot.not_before = slot.not_before.max(now);
            }
        }
    }

    /// Whether a `send … payable within` of the stage waits, in `contact` or in a hold.
    #[inline]
    pub(crate) fn moves_wait(&self) -> bool {
        !(self.case.waiting.is_empty() && self.case.stopped.is_empty()) && self.payable_waits()
    }

    fn payable_waits(&self) -> bool {
        let payable = |at| self.send_of(at).is_ok_and(|(send, _)| send.payable_within.is_some());
        self.case.waiting.iter().any(|w| w.owner.of_stage() && payable(w.action))
            || self.case.stopped.iter().any(|s| s.owner.of_stage() && payable(s.action))
    }
}

impl Place {
    /// A place before the first stage.
    pub(crate) const fn nowhere(at: Instant) -> Self {
        Self {
            stage: StageId(0),
            entered: at,
            left: None,
            returned: None,
            slots: alloc::vec::Vec::new(),
            scopes: alloc::vec::Vec::new(),
            scope_slots: alloc::vec::Vec::new(),
            tasks: alloc::vec::Vec::new(),
            calls: alloc::vec::Vec::new(),
            approvals: alloc::vec::Vec::new(),
            anew: false,
        }
    }

    /// From when on a hold counts for it: its entry, or the return to it.
    pub(crate) fn since(&self) -> Instant {
        self.returned.unwrap_or(self.entered)
    }

    /// A group or procedure that the place is in.
    pub(crate) fn around(&self, scope: ScopeId) -> Option<&Around> {
        self.scopes.iter().find(|a| a.scope == scope)
    }

    /// Where the triggers of a group or procedure stand in [`Place::scope_slots`].
    fn range_of(&self, scope: ScopeId) -> core::ops::Range<usize> {
        let mut from = 0usize;
        for around in &self.scopes {
            let to = from.saturating_add(usize::from(around.slots));
            if around.scope == scope {
                return from..to;
            }
            from = to;
        }
        0..0
    }

    pub(crate) fn slots_of(&self, scope: ScopeId) -> &[Slot] {
        self.scope_slots.get(self.range_of(scope)).unwrap_or(&[])
    }

    pub(crate) fn slots_of_mut(&mut self, scope: ScopeId) -> &mut [Slot] {
        let range = self.range_of(scope);
        self.scope_slots.get_mut(range).unwrap_or(&mut [])
    }
}

impl Around {
    /// From when on a hold counts for it: its entry, or the return to it.
    pub(crate) fn since(&self) -> Instant {
        self.returned.unwrap_or(self.entered)
    }
}

/// A day later by days.
pub(crate) fn plus_days(day: Date, days: i64) -> Result<Date, Fault> {
    Ok(day.add_days(i32::try_from(days).map_err(|_| Fault::Overflow)?)?)
}
