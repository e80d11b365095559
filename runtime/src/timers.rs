//! Timers: when they are due, which comes first, what happens when one fires (semantics, sections 1, 2.7 and 5.7 to 5.9).

use crate::actions::Cause;
use crate::case::{Around, Counts, Owner, Phase, Slot};
use crate::days::add;
use crate::eval::as_date;
use crate::fault::Fault;
use crate::outcome::{Alarm, Effect};
use crate::run::{Run, position};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{ExprId, On, RuleId, Span, Trigger};
use dunlin_machine::value::{Civil, Date, Duration, Instant, Unit, days_in_month};

/// What falls due, in the order in which it goes where several do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The end of a hold.
    Hold,
    /// The end of the promise.
    Promise,
    /// The end of the grace of the plan's next instalment.
    Grace,
    /// An instalment that is overdue for too long.
    Overdue,
    /// A task's next substitute.
    Substitute,
    /// A task that is not done in time.
    Task,
    /// An approval that was not answered in time.
    Approval,
    /// A message that waits in `contact`.
    Waiting,
    /// The next attempt of a call.
    Call,
    /// A trigger of a watch.
    Watch,
    /// A trigger in the block of a `whenever` rule.
    Block,
    /// A trigger of the stage.
    Stage,
    /// A trigger of a group or procedure around the stage.
    Around,
}

/// Something that falls due, as one number that orders what falls due at once: what it is, of triggers the owner's number,
/// and the position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer(u64);

impl Timer {
    const ALL: [Due; 13] = [
        Due::Hold,
        Due::Promise,
        Due::Grace,
        Due::Overdue,
        Due::Substitute,
        Due::Task,
        Due::Approval,
        Due::Waiting,
        Due::Call,
        Due::Watch,
        Due::Block,
        Due::Stage,
        Due::Around,
    ];

    /// The first of its kind: the only one, or the one at the first position.
    #[inline]
    pub(crate) const fn of(what: Due) -> Self {
        Self((what as u64) << 48)
    }

    /// The first trigger of an owner, by its number.
    #[inline]
    const fn of_owner(what: Due, number: u16) -> Self {
        Self((what as u64) << 48 | (number as u64) << 32)
    }

    /// The one so many positions further on.
    #[inline]
    const fn at(self, position: u32) -> Self {
        Self(self.0 | position as u64)
    }

    /// The one at the next position.
    #[inline]
    const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// What it is.
    pub(crate) fn due(self) -> Due {
        Self::ALL.get((self.0 >> 48) as usize).copied().unwrap_or(Due::Around)
    }

    /// Of a trigger, the number of its owner.
    const fn number(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// Its position.
    pub(crate) const fn position(self) -> usize {
        self.0 as u32 as usize
    }
}

impl<'a> Run<'a> {
    /// Whose trigger it is.
    fn owner_of(&self, timer: Timer) -> Result<Owner, Fault> {
        let number = timer.number();
        match timer.due() {
            Due::Watch => Ok(Owner::Watch(number)),
            Due::Block => Ok(Owner::Whenever(number)),
            Due::Stage => Ok(Owner::Stage),
            _ => {
                let around = self.case.place.scopes.get(usize::from(number));
                around.map(|a| Owner::Scope(a.scope)).ok_or(Fault::Broken("a group is missing"))
            }
        }
    }

    /// The earliest timer as things stand.
    #[inline]
    pub(crate) fn earliest_timer(&mut self) -> Result<Option<(Instant, Timer)>, Fault> {
        match self.case.next {
            Some(Next { first, alone: true }) => Ok(first.found()),
            known => self.find_earliest(known),
        }
    }

    #[inline(never)]
    fn find_earliest(&mut self, known: Option<Next>) -> Result<Option<(Instant, Timer)>, Fault> {
        let case = &*self.case;
        let (held, awake) = (!case.holds.is_empty(), !self.in_outcome());
        let rest = self.rest();
        let first = match known {
            Some(known) => known.first,
            None => self.first_due(held, awake, rest)?,
        };
        let plan = case.plan.is_some_and(|plan| matches!(plan.phase, Phase::Active(_)));
        let (substitutes, dates) = (self.names.substitutes(), self.may_wait_for_dates(awake, held));
        self.case.found_next(Next { first, alone: !(plan || substitutes || dates) });
        let mut best = first;
        if plan {
            self.earliest_of_plan(&mut best)?;
        }
        if substitutes {
            self.earliest_substitute(&mut best)?;
        }
        if dates {
            best = self.earliest_date(best, awake, held, rest);
        }
        Ok(best.found())
    }

    /// The earliest of what hangs on the state of the case alone, looked at in the order of [`Timer`].
    #[inline]
    fn first_due(&self, held: bool, awake: bool, rest: Option<Rest>) -> Result<Earliest, Fault> {
        let mut best = Earliest::NONE;
        let case = &*self.case;
        for (at, hold) in (0u32..).zip(&case.holds) {
            best.offer_known(hold.until, Timer::of(Due::Hold).at(at));
        }
        if let Some(promise) = &case.promise {
            best.offer(self.begin(promise.by.add_days(1)?)?.seconds(), Timer::of(Due::Promise));
        }
        self.earliest_task(&mut best);
        if !(case.waiting.is_empty() && case.calls.is_empty() && case.approvals.is_empty()) {
            best = self.earliest_that_waits(best, held);
        }
        if awake {
            best = self.earliest_of_watches(best);
        }
        Ok(match (held, rest) {
            (true, _) => self.earliest_of_blocks(best, awake),
            (false, None) => self.earliest_of_place(best, awake),
            (false, Some(rest)) => self.earliest_but_for(rest, best, awake),
        })
    }

    /// A case may have many tasks: they are compared among themselves first.
    #[inline]
    fn earliest_task(&self, best: &mut Earliest) {
        let (mut least, mut first) = (Slot::NEVER, 0);
        for (at, open) in self.case.tasks.iter().enumerate() {
            if let Some(due) = open.due
                && due.seconds() < least
            {
                (least, first) = (due.seconds(), at);
            }
        }
        best.offer(least, Timer::of(Due::Task).at(position(first)));
    }

    /// The next substitute that a task asks: how long after depends on what the length reads.
    fn earliest_substitute(&mut self, best: &mut Earliest) -> Result<(), Fault> {
        for at in 0..position(self.case.tasks.len()) {
            if let Some(due) = self.next_substitute(at as usize)? {
                best.offer_in_order(due.seconds(), Timer::of(Due::Substitute).at(at));
            }
        }
        Ok(())
    }

    /// The earliest of approvals, of messages that wait in `contact`, and of calls.
    #[inline(never)]
    fn earliest_that_waits(&self, best: Earliest, held: bool) -> Earliest {
        let mut best = best;
        for (at, approval) in (0u32..).zip(&self.case.approvals) {
            best.offer_known(approval.due, Timer::of(Due::Approval).at(at));
        }
        for (at, waiting) in (0u32..).zip(&self.case.waiting) {
            if !held || self.goes_through(waiting.owner, waiting.body) {
                best.offer(waiting.due.seconds(), Timer::of(Due::Waiting).at(at));
            }
        }
        for (at, call) in (0u32..).zip(&self.case.calls) {
            if !held || self.goes_through(call.owner, call.body) {
                best.offer(call.due.seconds(), Timer::of(Due::Call).at(at));
            }
        }
        best
    }

    /// What keeps timers of the stage from firing, if anything does.
    #[inline]
    fn rest(&self) -> Option<Rest> {
        let no_moves = self.moves_wait();
        let asked = if self.case.approvals.is_empty() { None } else { self.asked_to_move() };
        (no_moves || asked.is_some()).then_some(Rest { no_moves, asked })
    }

    /// The earliest timer of watches.
    #[inline]
    fn earliest_of_watches(&self, best: Earliest) -> Earliest {
        let (mut best, mut number) = (best, 0u16);
        let mut kinds = self.names.kinds().watches().iter();
        for slots in &self.case.watches {
            let timed = kinds.next().map_or((0, 0), |kinds| kinds.timed);
            best = best.or_of(slots, timed, self.case.opened, Timer::of_owner(Due::Watch, number));
            number = number.wrapping_add(1);
        }
        best
    }

    /// The earliest timer of `whenever` rules that wait: they wait while their hold lasts.
    #[inline(never)]
    fn earliest_of_blocks(&self, best: Earliest, awake: bool) -> Earliest {
        let mut best = best;
        for (number, waits) in (0u16..).zip(if awake { self.case.whenevers.as_slice() } else { &[] }) {
            if let Some(since) = waits.since {
                let timed = self.kinds(Owner::Whenever(number)).timed;
                best = best.or_of(&waits.slots, timed, since, Timer::of_owner(Due::Block, number));
            }
        }
        best
    }

    /// The earliest timer of the stage, and of what is around it.
    #[inline]
    fn earliest_of_place(&self, best: Earliest, awake: bool) -> Earliest {
        let place = &self.case.place;
        let best = best.or_of(&place.slots, self.kinds(Owner::Stage).timed, place.since(), Timer::of(Due::Stage));
        if place.scopes.is_empty() || !awake { best } else { self.earliest_around(best) }
    }

    #[inline(never)]
    fn earliest_around(&self, best: Earliest) -> Earliest {
        let (mut best, mut from) = (best, 0usize);
        for (number, around) in (0u16..).zip(&self.case.place.scopes) {
            let to = from.saturating_add(usize::from(around.slots));
            let slots = self.case.place.scope_slots.get(from..to).unwrap_or(&[]);
            let timed = self.kinds(Owner::Scope(around.scope)).timed;
            best = best.or_of(slots, timed, around.since(), Timer::of_owner(Due::Around, number));
            from = to;
        }
        best
    }

    /// The same but for timers that something keeps from firing.
    #[inline(never)]
    fn earliest_but_for(&self, rest: Rest, best: Earliest, awake: bool) -> Earliest {
        let mut best = best;
        self.see_those_of(Owner::Stage, Timer::of(Due::Stage), rest, &mut best);
        for (number, around) in (0u16..).zip(if awake { self.case.place.scopes.as_slice() } else { &[] }) {
            self.see_those_of(Owner::Scope(around.scope), Timer::of_owner(Due::Around, number), rest, &mut best);
        }
        best
    }

    fn see_those_of(&self, owner: Owner, first: Timer, rest: Rest, best: &mut Earliest) {
        let triggers = self.m.triggers.get(self.triggers_of(owner).range()).unwrap_or(&[]);
        for (at, (slot, trigger)) in (0u32..).zip(self.slots(owner).iter().zip(triggers)) {
            let due = due_of(slot, self.runs_from(owner));
            if keeps_its_time(&trigger.on) && rest.lets_go(owner, trigger, due) {
                best.offer(due, first.at(at));
            }
        }
    }

    /// Whether a trigger may wait for a date.
    #[inline]
    fn may_wait_for_dates(&self, awake: bool, held: bool) -> bool {
        let kinds = self.names.kinds();
        awake && kinds.wide().dates || !held && (kinds.scopes_wait_for_dates() || self.kinds(Owner::Stage).dates)
    }

    /// The earliest trigger on a date.
    #[inline(never)]
    fn earliest_date(&mut self, best: Earliest, awake: bool, held: bool, rest: Option<Rest>) -> Earliest {
        let mut best = best;
        if awake && self.names.kinds().wide().dates {
            for w in (0u16..).take(self.m.watches.len()) {
                self.earliest_date_of(&mut best, Timer::of_owner(Due::Watch, w), Owner::Watch(w), rest);
            }
            for w in (0u16..).take(self.m.whenevers.len()) {
                if self.waits(Owner::Whenever(w)) {
                    self.earliest_date_of(&mut best, Timer::of_owner(Due::Block, w), Owner::Whenever(w), rest);
                }
            }
        }
        if held {
            return best;
        }
        if self.kinds(Owner::Stage).dates {
            self.earliest_date_of(&mut best, Timer::of(Due::Stage), Owner::Stage, rest);
        }
        if awake && self.names.kinds().scopes_wait_for_dates() {
            for at in (0u16..).take(self.case.place.scopes.len()) {
                let first = Timer::of_owner(Due::Around, at);
                if let Ok(owner) = self.owner_of(first) {
                    self.earliest_date_of(&mut best, first, owner, rest);
                }
            }
        }
        best
    }

    /// An owner's trigger at a position.
    fn trigger_of(&self, owner: Owner, at: usize) -> Option<&'a Trigger> {
        self.m.triggers.get(self.triggers_of(owner).range())?.get(at)
    }

    fn trigger_there(&self, owner: Owner, at: usize) -> Result<&'a Trigger, Fault> {
        self.trigger_of(owner, at).ok_or(Fault::Broken("a trigger is missing"))
    }

    /// The earliest of the triggers that hang on a date.
    fn earliest_date_of(&mut self, best: &mut Earliest, first: Timer, owner: Owner, rest: Option<Rest>) {
        let machine = self.m;
        let triggers = machine.triggers.get(self.triggers_of(owner).range()).unwrap_or(&[]);
        for (at, trigger) in (0u32..).zip(triggers) {
            // A date that cannot be computed is not known: it must not keep the rest of the case from going on.
            if let On::Date { date, offset, before } = trigger.on
                && !(rest.is_some_and(|rest| rest.no_moves) && trigger.moves && owner.of_stage())
                && let Some(slot) = self.slots(owner).get(at as usize).copied()
                && let Ok(Some((due, _))) = self.plain_due(date, offset, before, slot)
                && let Ok(due) = self.not_twice_a_day(owner, trigger, due)
                && let Some(due) = self.without_anchor(owner, &slot, due.seconds())
                && rest.is_none_or(|rest| rest.lets_go(owner, trigger, due.seconds()))
            {
                best.offer_in_order(due.seconds(), first.at(at));
            }
        }
    }

    /// Whether an owner's triggers run: a `whenever` block's only while it waits.
    pub(crate) fn waits(&self, owner: Owner) -> bool {
        match owner {
            Owner::Whenever(w) => self.case.whenevers.get(usize::from(w)).is_some_and(|s| s.since.is_some()),
            _ => true,
        }
    }

    /// What has no anchor counts from when its owner runs.
    fn without_anchor(&self, owner: Owner, slot: &Slot, due: i64) -> Option<Instant> {
        Instant::from_seconds(due.max(slot.not_before).max(self.runs_from(owner).seconds()))
    }

    /// When a date's trigger is due by the date alone, and that date; none while it is not known or has been fired for.
    fn plain_due(
        &mut self,
        date: ExprId,
        offset: Option<ExprId>,
        before: bool,
        slot: Slot,
    ) -> Result<Option<(Instant, Date)>, Fault> {
        let Some(day) = self.quietly(|run| run.eval_known(date))? else { return Ok(None) };
        let day = as_date(day)?;
        if slot.seen == Some(day.days()) {
            return Ok(None);
        }
        Ok(Some((self.quietly(|run| run.due_by(day, offset, before))?, day)))
    }

    /// When a trigger on a date is due by that day alone.
    pub(crate) fn due_by(&mut self, day: Date, offset: Option<ExprId>, before: bool) -> Result<Instant, Fault> {
        let offset = offset.map(|o| self.duration(o)).transpose()?;
        let offset = match offset {
            Some(o) if before => Some(o.negated()?),
            offset => offset,
        };
        match offset {
            None => self.begin(day),
            Some(o) if o.unit() == Unit::Hours => Ok(self.begin(day)?.add_hours(o.amount())?),
            Some(o) => self.begin(add(day, o, self.calendar())?),
        }
    }

    /// Sets a slot to the next time of its trigger, counted from its anchor.
    pub(crate) fn schedule(&mut self, owner: Owner, at: usize, on: &On) -> Result<(), Fault> {
        let (length, to_the_end) = match on {
            On::After(length) => (*length, false),
            On::Every { every, .. } => (*every, false),
            On::Event { usually_within: Some(length), .. } => (*length, true),
            on => {
                if let Some(due) = self.next_without_anchor(on)? {
                    self.slot(owner, at)?.due = due;
                }
                return Ok(());
            }
        };
        let Some(mut slot) = self.slots(owner).get(at).copied() else { return Ok(()) };
        self.anchored(&mut slot, length, owner, to_the_end)?;
        *self.slot(owner, at)? = slot;
        Ok(())
    }

    /// When a repeated trigger that has no anchor is due next.
    fn next_without_anchor(&self, on: &On) -> Result<Option<i64>, Fault> {
        let next = match on {
            On::EveryMonth { day, .. } => self.next_month_day(*day)?,
            On::EveryWorkingDay { .. } => self.calendar().add_working_days(self.today, 1)?,
            _ => return Ok(None),
        };
        Ok(Some(self.begin(next)?.seconds()))
    }

    /// The next time of an anchored timer: its length, times how often it fell due and once more, from the anchor.
    fn anchored(&mut self, slot: &mut Slot, length: ExprId, owner: Owner, to_the_end: bool) -> Result<(), Fault> {
        let length = self.quietly(|run| run.duration(length))?;
        let anchor = self.anchor(owner);
        let times = slot.times.checked_add(1).and_then(|n| i32::try_from(n).ok()).ok_or(Fault::Overflow)?;
        let amount = length.amount().checked_mul(times).and_then(|n| u32::try_from(n).ok()).ok_or(Fault::Overflow)?;
        let whole = Duration::new(amount, length.unit()).ok_or(Fault::Overflow)?;
        let counts = match length.unit() {
            Unit::Hours => Counts::Seconds,
            Unit::WorkingDays if to_the_end => Counts::LastWorkingDay,
            Unit::WorkingDays => Counts::WorkingDays,
            _ => Counts::Days,
        };
        slot.count_by(counts)?;
        let base = match length.unit() {
            Unit::Hours => anchor.add_hours(whole.amount())?,
            _ => {
                let day = add(self.local_day(anchor), whole, self.calendar())?;
                self.begin(if to_the_end && slot.counts == Counts::Days { day.add_days(1)? } else { day })?
            }
        };
        slot.base = base.seconds();
        self.redue(slot)
    }

    pub(crate) fn quietly<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let record = self.ctx.record;
        self.ctx.record = false;
        let value = read(self);
        self.ctx.record = record;
        value
    }

    /// From when an owner's triggers run: nothing of it is due before.
    fn runs_from(&self, owner: Owner) -> Instant {
        match owner {
            Owner::Stage => self.case.place.since(),
            Owner::Scope(s) => self.case.place.around(s).map_or(self.case.now, Around::since),
            _ => self.anchor(owner),
        }
    }

    /// From when an owner's timers count.
    fn anchor(&self, owner: Owner) -> Instant {
        match owner {
            Owner::Stage => self.case.place.entered,
            Owner::Scope(s) => self.case.place.around(s).map_or(self.case.now, |a| a.entered),
            Owner::Watch(_) => self.case.opened,
            Owner::Plan => self.case.now,
            Owner::Whenever(w) => {
                self.case.whenevers.get(usize::from(w)).and_then(|s| s.since).unwrap_or(self.case.now)
            }
        }
    }

    /// The next day N of a month after today.
    fn next_month_day(&self, n: u8) -> Result<Date, Fault> {
        let Civil { year, month, day } = self.today.civil();
        let left = days_in_month(year, month) - day;
        let days = if n.min(day + left) > day {
            n.min(day + left) - day
        } else {
            // Every month has so many days; of the others the next one is asked.
            let in_next =
                if n <= 28 { n } else { n.min(self.today.add_days(i32::from(left) + 1)?.end_of_month().civil().day) };
            left + in_next.max(1)
        };
        Ok(self.today.add_days(days.into())?)
    }

    /// Fires a timer that is due.
    pub(crate) fn fire(&mut self, timer: Timer, due: Instant) -> Result<(), Fault> {
        let on_time = due == self.case.now;
        self.ctx.late = if on_time { 0 } else { (self.today.days() - self.local_day(due).days()).max(0) };
        let at = timer.position();
        match timer.due() {
            Due::Hold => self.end_hold(at),
            Due::Promise => {
                *self.case.promise_mut() = None;
                self.raise(Happening::PromiseBroken.id(), None, 0);
                Ok(())
            }
            Due::Grace => self.grace_over(),
            Due::Overdue => self.breach_plan(),
            Due::Task => self.task_overdue(at),
            Due::Substitute => self.ask_substitute(at),
            Due::Approval => self.approval_over(at),
            Due::Waiting => self.retry(at),
            Due::Call => self.call_again(at),
            Due::Watch | Due::Block | Due::Stage | Due::Around => self.fire_trigger(self.owner_of(timer)?, at),
        }
    }

    fn call_again(&mut self, at: usize) -> Result<(), Fault> {
        let before = self.ctx;
        if let Some(call) = self.case.calls.get(at) {
            self.ctx.owner = call.owner;
            self.ctx.run = call.run;
            self.ctx.body = call.body;
        }
        let tried = self.attempt_call(at);
        self.ctx = before;
        tried
    }

    fn task_overdue(&mut self, at: usize) -> Result<(), Fault> {
        let Some(task) = self.case.tasks_mut().get_mut(at) else { return Ok(()) };
        task.due = None;
        let action = task.action;
        let (task, rule) = self.task_of(action)?;
        let from = self.mark();
        self.effect(Some(rule), from, Effect::Alarm(Alarm::TaskOverdue(task.name)))?;
        self.raise(Happening::TaskOverdue.id(), Some(task.name), 0);
        Ok(())
    }

    /// The triggers of an owner.
    pub(crate) fn triggers_of(&self, owner: Owner) -> Span {
        let machine = self.m;
        match owner {
            Owner::Watch(w) => machine.watches.get(usize::from(w)).map_or(Span::default(), |w| w.triggers),
            Owner::Whenever(w) => machine.whenevers.get(usize::from(w)).map_or(Span::default(), |w| w.triggers),
            Owner::Stage => machine.stages.get(self.case.place.stage.index()).map_or(Span::default(), |s| s.triggers),
            Owner::Scope(s) => self.scope_triggers(s),
            Owner::Plan => Span::default(),
        }
    }

    fn fire_trigger(&mut self, owner: Owner, at: usize) -> Result<(), Fault> {
        let trigger = self.trigger_there(owner, at)?;
        let by_past_date = self.by_past_date(owner, at, trigger)?;
        self.spend(owner, at, trigger)?;
        let late = self.ctx.late;
        if let On::Event { event, .. } = &trigger.on {
            self.ctx.because_of = Some(trigger.rule);
            let from = self.mark();
            self.effect(Some(trigger.rule), from, Effect::Alarm(Alarm::Missing(event.event)))?;
            return Ok(());
        }
        let from = self.mark();
        self.read_timer(trigger)?;
        let Some((_, until)) = self.admitted(owner, at, trigger)? else {
            self.out.seen.truncate(from as usize);
            return self.catch_up(owner, at, trigger, late);
        };
        let guard = (from, until);
        self.acts(owner, at, trigger)?;
        if late > 0 && owner.of_stage() {
            let seconds = i64::from(late) * 86_400;
            self.shift_owner(Owner::Stage, late.into(), seconds)?;
            for n in 0..self.case.place.scopes.len() {
                if let Some(scope) = self.case.place.scopes.get(n).map(|a| a.scope) {
                    self.shift_owner(Owner::Scope(scope), late.into(), seconds)?;
                }
            }
        } else {
            self.catch_up(owner, at, trigger, late)?;
        }
        let (moved, _) = self.run_body(Cause { owner, rule: trigger.rule, guard, late }, trigger.body)?;
        if moved && by_past_date {
            *self.case.moved_by_past_date_mut() = Some(self.today);
        }
        Ok(())
    }

    /// Reads what a timer hangs on once more, so that the trace names it.
    fn read_timer(&mut self, trigger: &Trigger) -> Result<(), Fault> {
        match trigger.on {
            On::Date { date, offset, .. } => {
                self.eval_known(date)?;
                if let Some(offset) = offset {
                    self.eval(offset)?;
                }
            }
            On::After(length) | On::Every { every: length, .. } => {
                self.eval(length)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// A trigger with a move, on a date that had passed when its stage was entered, waits until the day after the last move by
    /// a passed date: else a ladder of dates would run down at once.
    fn not_twice_a_day(&self, owner: Owner, trigger: &Trigger, due: Instant) -> Result<Instant, Fault> {
        let of_stage = owner.of_stage();
        match self.case.moved_by_past_date {
            Some(day) if of_stage && trigger.moves && due <= self.anchor(owner) => {
                Ok(due.max(self.begin(day.add_days(1)?)?))
            }
            _ => Ok(due),
        }
    }

    /// Whether a trigger with a move hangs on a date that has passed: before today, or when its stage was entered.
    fn by_past_date(&mut self, owner: Owner, at: usize, trigger: &Trigger) -> Result<bool, Fault> {
        let (On::Date { date, offset, before }, true) = (&trigger.on, trigger.moves) else { return Ok(false) };
        if !owner.of_stage() {
            return Ok(false);
        }
        let Some(slot) = self.slots(owner).get(at).copied() else { return Ok(false) };
        let due = self.plain_due(*date, *offset, *before, slot)?.map(|(due, _)| due);
        Ok(due.is_some_and(|due| due <= self.anchor(owner) || self.local_day(due) < self.today))
    }

    /// Takes this time off a timer: it goes on to its next one, or is spent.
    fn spend(&mut self, owner: Owner, at: usize, trigger: &Trigger) -> Result<(), Fault> {
        let day = match &trigger.on {
            On::Date { date, .. } => self.quietly(|run| run.eval_known(*date))?,
            _ => None,
        };
        let tomorrow = self.today.add_days(1)?;
        // Where there is no tomorrow a timer fails, whatever it hangs on.
        let dated = matches!(trigger.on, On::Date { .. }) || tomorrow.days() >= Date::LAST.days() - 2;
        let tomorrow = if dated { self.begin(tomorrow)?.seconds() } else { 0 };
        let next = self.next_without_anchor(&trigger.on)?;
        let slot = self.slot(owner, at)?;
        slot.times = slot.times.saturating_add(1);
        if let Some(next) = next {
            slot.due = next;
            return Ok(());
        }
        match trigger.on {
            On::Date { .. } => {
                slot.seen = day.and_then(|d| i32::try_from(d).ok());
                // A body may change the date that it hangs on: once a day, or it might never end.
                slot.not_before = tomorrow;
            }
            On::Every { .. } => self.schedule(owner, at, &trigger.on)?,
            _ => (slot.due, slot.base) = (Slot::NEVER, Slot::NEVER),
        }
        Ok(())
    }

    /// Where what fell due stands in the source, if it stands there.
    pub(crate) fn rule_of(&self, timer: Timer) -> Option<RuleId> {
        let at = timer.position();
        let action = match timer.due() {
            Due::Hold | Due::Promise => return None,
            Due::Grace | Due::Overdue => return self.plan_rule(),
            Due::Task | Due::Substitute => self.case.tasks.get(at)?.action,
            Due::Approval => self.case.approvals.get(at)?.action,
            Due::Waiting => self.case.waiting.get(at)?.action,
            Due::Call => self.case.calls.get(at)?.action,
            Due::Watch | Due::Block | Due::Stage | Due::Around => {
                return Some(self.trigger_of(self.owner_of(timer).ok()?, at)?.rule);
            }
        };
        self.m.actions.get(action.index()).map(|a| a.rule)
    }

    /// Spends the timer of a trigger without running it.
    pub(crate) fn spend_timer(&mut self, timer: Timer) -> Result<(), Fault> {
        let (owner, at) = (self.owner_of(timer)?, timer.position());
        self.spend(owner, at, self.trigger_there(owner, at)?)
    }

    /// A repeated timer that came late does not catch up: its own next time shifts.
    #[inline]
    fn catch_up(&mut self, owner: Owner, at: usize, trigger: &Trigger, late: i32) -> Result<(), Fault> {
        if late == 0 || !matches!(trigger.on, On::Every { .. }) { Ok(()) } else { self.shift_by_days(owner, at, late) }
    }

    fn shift_by_days(&mut self, owner: Owner, at: usize, late: i32) -> Result<(), Fault> {
        let Some(mut slot) = self.slots(owner).get(at).copied() else { return Ok(()) };
        self.shift(&mut slot, late.into(), i64::from(late) * 86_400)?;
        *self.slot(owner, at)? = slot;
        Ok(())
    }

    /// Reads a trigger's condition, and its watch's; gives where in the trace what it read stands, or none where it refuses.
    pub(crate) fn admitted(&mut self, owner: Owner, at: usize, trigger: &Trigger) -> Result<Option<(u32, u32)>, Fault> {
        let from = self.mark();
        let watch = match owner {
            Owner::Watch(w) => self.m.watches.get(usize::from(w)).and_then(|w| w.when),
            _ => None,
        };
        if watch.is_none() && trigger.when.is_none() {
            return Ok(Some((from, from)));
        }
        let events = self.ctx.slot_events;
        self.ctx.slot_events = self.slots(owner).get(at).map_or(0, |s| s.events);
        let holds = self.holds(watch).and_then(|h| if h { self.holds(trigger.when) } else { Ok(false) });
        self.ctx.slot_events = events;
        if holds? {
            return Ok(Some((from, self.mark())));
        }
        self.out.seen.truncate(from as usize);
        Ok(None)
    }

    /// Counts that a trigger begins to act.
    pub(crate) fn acts(&mut self, owner: Owner, at: usize, trigger: &Trigger) -> Result<(), Fault> {
        let events = self.case.events;
        let slot = self.slot(owner, at)?;
        slot.acted = slot.acted.saturating_add(1);
        slot.events = events;
        let at_most = match trigger.on {
            On::Every { at_most, .. } | On::EveryMonth { at_most, .. } | On::EveryWorkingDay { at_most } => at_most,
            _ => None,
        };
        if at_most.is_some_and(|most| slot.acted >= most) {
            (slot.due, slot.base) = (Slot::NEVER, Slot::NEVER);
        }
        Ok(())
    }
}

impl Slot {
    /// An `every` may go on in another unit: what it was shifted by goes with it.
    fn count_by(&mut self, counts: Counts) -> Result<(), Fault> {
        match (self.counts, counts) {
            (Counts::Seconds, Counts::Seconds) => {}
            (Counts::Seconds, _) => self.shift = self.shift.div_euclid(DAY),
            (_, Counts::Seconds) => self.shift = self.shift.checked_mul(DAY).ok_or(Fault::Overflow)?,
            _ => {}
        }
        self.counts = counts;
        Ok(())
    }
}

/// Whether the slot of such a trigger says when it is due.
pub(crate) const fn keeps_its_time(on: &On) -> bool {
    match on {
        On::After(_) | On::Every { .. } | On::EveryMonth { .. } | On::EveryWorkingDay { .. } => true,
        On::Event { usually_within, .. } => usually_within.is_some(),
        On::Date { .. } | On::AsSoonAs(_) | On::Move | On::Effect(_) => false,
    }
}

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What is due first of all that hangs on the state alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Next {
    first: Earliest,
    /// Whether nothing else can be due: no instalment, no substitute, no date.
    alone: bool,
}

/// The earliest timer seen so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Earliest {
    /// When it is due, in seconds since the epoch; later than every instant before any is seen.
    at: i64,
    timer: Timer,
}

impl Earliest {
    const NONE: Self = Self { at: Instant::LAST.seconds() + 1, timer: Timer::of(Due::Hold) };

    /// Offers a timer that comes after those offered before in the order of [`Timer`]: of two that are due at once the first
    /// stays.
    #[inline]
    fn offer(&mut self, due: i64, timer: Timer) {
        if due < self.at {
            *self = Self { at: due, timer };
        }
    }

    /// The same of a timer that may not be due at all.
    #[inline]
    fn offer_known(&mut self, due: Option<Instant>, timer: Timer) {
        if let Some(due) = due {
            self.offer(due.seconds(), timer);
        }
    }

    /// Offers a timer wherever it comes in the order of [`Timer`].
    pub(crate) fn offer_in_order(&mut self, due: i64, timer: Timer) {
        if (due, timer) < (self.at, self.timer) {
            *self = Self { at: due, timer };
        }
    }

    /// This one, or the earliest of an owner's triggers whose slots say when they are due, from `timed.0` to before `timed.1`;
    /// the owner runs from an instant on.
    #[inline]
    fn or_of(self, slots: &[Slot], timed: (u16, u16), from: Instant, first: Timer) -> Self {
        let (mut best, mut timer) = (self, first.at(timed.0.into()));
        for slot in slots.get(usize::from(timed.0)..usize::from(timed.1)).unwrap_or(&[]) {
            if slot.due < best.at {
                best.offer(due_of(slot, from), timer);
            }
            timer = timer.next();
        }
        best
    }

    #[inline]
    fn found(self) -> Option<(Instant, Timer)> {
        Instant::from_seconds(self.at).map(|due| (due, self.timer))
    }
}

/// When a slot says that its trigger is due: what has an anchor not before it, what has none not before its owner runs.
#[inline]
fn due_of(slot: &Slot, from: Instant) -> i64 {
    let due = slot.due.max(slot.not_before);
    if slot.counts == Counts::Not { due.max(from.seconds()) } else { due }
}

/// What keeps timers of the stage from firing.
#[derive(Clone, Copy)]
struct Rest {
    /// A message that gives time to pay is not out yet: no move.
    no_moves: bool,
    /// Somebody was asked about a move then: no other move that was due.
    asked: Option<Instant>,
}

impl Rest {
    /// Whether nothing keeps a trigger that is due then from firing.
    fn lets_go(self, owner: Owner, trigger: &Trigger, due: i64) -> bool {
        if !trigger.moves || !owner.of_stage() {
            return true;
        }
        let after_asked =
            matches!(trigger.on, On::Event { .. }) || self.asked.is_none_or(|asked| asked.seconds() < due);
        !self.no_moves && after_asked
    }
}
