//! Going back: what a step or a timer changes of a case is copied before the first change, part by part. Most steps change
//! little, and what is not touched need not be copied.
//!
//! A part of the case can be changed in no other way than through the accessors of [`Held`], and they keep it first; the
//! counters, which change in most steps, are kept when the step or timer begins.

use crate::case::{
    Approval, Call, Case, Claim, Cost, Deadline, Hold, Mark, Message, Part, Payment, Person, Place, Plan, Promise,
    Sent, Slot, State, Stopped, Suspended, Task, Waiting, Waits,
};
use crate::timers::Next;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::ops::Deref;
use dunlin_machine::ir::{FactId, ScopeId, StageId};
use dunlin_machine::value::{Date, Instant};

/// The case in a step: everybody reads it, and who changes a part of it has that part kept.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    case: &'a mut Case,
    undo: &'a mut Undo,
}

impl<'a> Held<'a> {
    pub(crate) const fn new(case: &'a mut Case, undo: &'a mut Undo) -> Self {
        Self { case, undo }
    }

    /// How often something in the ledger was about to change: while it is the same, so is the account.
    pub(crate) const fn ledger_changes(&self) -> u32 {
        self.undo.ledger_changes
    }

    /// What is due first: it stays until a part changes that bears on it.
    #[inline]
    pub(crate) const fn found_next(&mut self, next: Next) {
        self.case.next = Some(next);
    }

    /// From now on a timer can be undone by itself.
    pub(crate) fn begin_timer(&mut self) {
        self.undo.begin_timer(&self.case.state);
    }

    /// Goes back to what the case was before the timer: where none began, before the step.
    pub(crate) fn undo_timer(&mut self) {
        self.case.next = None;
        self.undo.undo_timer(&mut self.case.state);
    }
}

impl Deref for Held<'_> {
    type Target = Case;

    #[inline]
    fn deref(&self) -> &Case {
        self.case
    }
}

/// What a case was like before the step, and before the timer that fires: the parts that changed since.
#[derive(Debug, Default)]
pub(crate) struct Undo {
    step: Before,
    timer: Before,
    /// Parts that need not be kept any more.
    kept: u64,
    /// How often something in the ledger was about to change.
    ledger_changes: u32,
}

/// What a case was like, as far as it changed since.
#[derive(Debug, Default)]
struct Before {
    /// It has the memory of a whole case; only the parts that are marked say something.
    copy: Option<State>,
    /// The parts that changed; every part while nothing is kept.
    changed: u64,
    counts: bool,
    /// What changes in most steps, and is kept at once.
    counters: Counters,
}

/// The counters of a case, and whether it is settled.
#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    events: u32,
    next_effect: u32,
    settled: bool,
}

impl Counters {
    const fn of(case: &State) -> Self {
        Self { events: case.events, next_effect: case.next_effect, settled: case.settled }
    }

    const fn restore(self, case: &mut State) {
        (case.events, case.next_effect, case.settled) = (self.events, self.next_effect, self.settled);
    }
}

impl Before {
    fn begin(&mut self, case: &State) {
        self.count(true);
        self.counters = Counters::of(case);
        if self.copy.is_none() {
            self.copy = Some(case.clone());
        }
    }

    /// Whether what changes from now on is kept.
    #[inline]
    const fn count(&mut self, counts: bool) {
        (self.changed, self.counts) = (if counts { 0 } else { u64::MAX }, counts);
    }

    #[inline]
    fn keep(&mut self, part: u64, case: &State, copy: impl Fn(&mut State, &State)) {
        if self.changed & part == 0
            && let Some(place) = &mut self.copy
        {
            self.changed |= part;
            copy(place, case);
        }
    }

    fn restore(&mut self, case: &mut State) {
        if let (true, Some(copy)) = (self.counts, &mut self.copy) {
            swap_parts(copy, case, mem::take(&mut self.changed));
            self.counters.restore(case);
        }
    }
}

impl Undo {
    /// Nothing is kept: what fails leaves nothing behind.
    pub(crate) const fn nothing() -> Self {
        let counters = Counters { events: 0, next_effect: 0, settled: false };
        let step = Before { copy: None, changed: u64::MAX, counts: false, counters };
        let timer = Before { copy: None, changed: u64::MAX, counts: false, counters };
        Self { step, timer, kept: u64::MAX, ledger_changes: 0 }
    }

    /// From now on a step can be undone; or what changes is kept for timers alone.
    pub(crate) fn begin_step(&mut self, case: &State, counts: bool) {
        self.step.begin(case);
        self.step.count(counts);
        self.timer.count(false);
        self.kept = if counts { 0 } else { u64::MAX };
    }

    /// From now on a timer can be undone by itself.
    fn begin_timer(&mut self, case: &State) {
        self.timer.begin(case);
        self.kept = 0;
    }

    /// Goes back to what the case was before the timer: where none began, before the step.
    fn undo_timer(&mut self, case: &mut State) {
        let before = if self.timer.counts { &mut self.timer } else { &mut self.step };
        before.restore(case);
        self.kept = 0;
    }

    /// Goes back to what the case was before the step.
    pub(crate) fn undo_step(&mut self, case: &mut State) {
        self.step.restore(case);
    }

    /// The place before is about to give way to another: where it is to be kept, it is moved, not copied.
    fn give_way(&mut self, case: &mut State) {
        let once = !self.timer.counts || self.step.changed & BEFORE != 0 || !self.step.counts;
        let kept = if self.timer.counts { &mut self.timer } else { &mut self.step };
        if once
            && kept.counts
            && kept.changed & BEFORE == 0
            && let Some(copy) = &mut kept.copy
        {
            mem::swap(&mut copy.before, &mut case.before);
            kept.changed |= BEFORE;
            self.kept |= BEFORE;
        }
    }

    /// Keeps a part before it changes.
    #[inline(never)]
    fn keep(&mut self, part: u64, case: &State, copy: impl Fn(&mut State, &State)) {
        self.kept |= part;
        self.step.keep(part, case, &copy);
        self.timer.keep(part, case, copy);
    }
}

/// The parts of a case that are kept one by one: accessor, number, how it is copied, what is kept, and its type.
macro_rules! parts {
    ($($name:ident $number:literal $keep:ident $($field:ident).+ : $ty:ty;)*) => {
        impl Held<'_> {
            $(
                #[inline]
                pub(crate) fn $name(&mut self) -> &mut $ty {
                    if self.undo.kept & 1 << $number == 0 {
                        let copy = |copy: &mut State, case: &State| $keep(&mut copy.$($field).+, &case.$($field).+);
                        self.undo.keep(1 << $number, &self.case.state, copy);
                    }
                    if LEDGER.contains(&$number) {
                        self.undo.ledger_changes = self.undo.ledger_changes.wrapping_add(1);
                    }
                    if 1u64 << $number & TIMED != 0 {
                        self.case.next = None;
                    }
                    &mut self.case.state.$($field).+
                }
            )*
        }

        fn swap_parts(copy: &mut State, case: &mut State, parts: u64) {
            let mut left = parts;
            while left != 0 {
                match left.trailing_zeros() {
                    $($number => mem::swap(&mut copy.$($field).+, &mut case.$($field).+),)*
                    _ => swap_place(&mut copy.place, &mut case.place),
                }
                left &= left - 1;
            }
        }
    };
}

/// Copies a list of plain values into the memory of another.
#[inline]
fn list<T: Copy>(copy: &mut Vec<T>, of: &[T]) {
    copy.clear();
    copy.extend_from_slice(of);
}

/// Copies lists of plain values into the memory of others.
#[inline]
fn lists<T: Copy>(copy: &mut Vec<Vec<T>>, of: &[Vec<T>]) {
    if copy.len() != of.len() {
        copy.resize_with(of.len(), Vec::new);
    }
    for (copy, of) in copy.iter_mut().zip(of) {
        list(copy, of);
    }
}

/// Copies a part that has parts of its own, or is one value, into the memory of another.
#[inline]
fn whole<T: Clone>(copy: &mut T, of: &T) {
    copy.clone_from(of);
}

/// The place before.
const BEFORE: u64 = 1 << 17;
/// What of the place is no slot.
const PLACE: u64 = 1 << 63;

/// The parts that the account is made of.
const LEDGER: core::ops::RangeInclusive<u32> = 11..=16;

/// The parts that say when something is due, or keep it from being due: slots, holds, what waits or is stopped, the plan. The
/// place is among them by its slots.
const TIMED: u64 = {
    let slots = 1 << 0 | 1 << 1 | 1 << 19 | 1 << 20;
    let waits = 1 << 24 | 1 << 25 | 1 << 26 | 1 << 27 | 1 << 28;
    slots | waits | 1 << 21 | 1 << 23 | 1 << 29
};

parts! {
    slots_mut 0 list place.slots: Vec<Slot>;
    all_scope_slots_mut 1 list place.scope_slots: Vec<Slot>;
    recent_mut 2 list recent: Vec<Mark>;
    facts_mut 3 list facts: Vec<Option<i64>>;
    first_facts_mut 4 list first_facts: Vec<(FactId, Option<i64>)>;
    vars_mut 5 list vars: Vec<i64>;
    new_name_mut 6 whole new_name: String;
    texts_mut 7 whole texts: Vec<String>;
    kept_mut 8 list kept: Vec<Option<i64>>;
    noted_mut 9 list noted: Vec<bool>;
    persons_mut 10 whole persons: Vec<Person>;
    claims_mut 11 whole ledger.claims: Vec<Claim>;
    costs_mut 12 list ledger.costs: Vec<Cost>;
    payments_mut 13 list ledger.payments: Vec<Payment>;
    parts_mut 14 list ledger.parts: Vec<Part>;
    free_days_mut 15 list ledger.free_days: Vec<(Date, Option<Date>)>;
    paid_mut 16 whole ledger.paid: i64;
    before_mut 17 whole before: Option<Place>;
    been_mut 18 list been: Vec<StageId>;
    whenevers_mut 19 whole whenevers: Vec<Waits>;
    watches_mut 20 lists watches: Vec<Vec<Slot>>;
    holds_mut 21 list holds: Vec<Hold>;
    held_since_mut 22 whole held_since: Option<Instant>;
    stopped_mut 23 list stopped: Vec<Stopped>;
    waiting_mut 24 list waiting: Vec<Waiting>;
    tasks_mut 25 list tasks: Vec<Task>;
    calls_mut 26 list calls: Vec<Call>;
    approvals_mut 27 list approvals: Vec<Approval>;
    promise_mut 28 whole promise: Option<Promise>;
    plan_mut 29 whole plan: Option<Plan>;
    agreed_mut 30 list agreed: Vec<u32>;
    messages_mut 31 list messages: Vec<Message>;
    sent_mut 32 list sent: Vec<Sent>;
    deadline_mut 33 whole deadline: Option<Deadline>;
    moved_by_past_date_mut 35 whole moved_by_past_date: Option<Date>;
    titled_mut 36 whole titled: bool;
    titled_on_mut 37 whole titled_on: Option<Date>;
    suspended_mut 38 list suspended: Vec<Suspended>;
}

impl Held<'_> {
    /// The count of events.
    #[inline]
    pub(crate) fn events_mut(&mut self) -> &mut u32 {
        &mut self.case.state.events
    }

    /// The number of the next effect.
    #[inline]
    pub(crate) fn next_effect_mut(&mut self) -> &mut u32 {
        &mut self.case.state.next_effect
    }

    /// Whether the case is settled.
    #[inline]
    pub(crate) fn settled_mut(&mut self) -> &mut bool {
        &mut self.case.state.settled
    }

    /// The place as a whole.
    pub(crate) fn place_mut(&mut self) -> &mut Place {
        self.slots_mut();
        self.all_scope_slots_mut();
        if self.undo.kept & PLACE == 0 {
            self.undo.keep(PLACE, &self.case.state, |copy, case| copy_place(&mut copy.place, &case.place));
        }
        &mut self.case.state.place
    }

    /// The place before, of which nothing is needed but its memory: another will be put there.
    pub(crate) fn spare_before(&mut self) -> Option<Place> {
        self.undo.give_way(&mut self.case.state);
        self.before_mut().take()
    }

    /// The slots of a group or procedure.
    pub(crate) fn scope_slots_mut(&mut self, scope: ScopeId) -> &mut [Slot] {
        self.all_scope_slots_mut();
        self.case.state.place.slots_of_mut(scope)
    }
}

fn copy_place(copy: &mut Place, place: &Place) {
    let Place { stage, entered, left, returned, slots: _, scopes, scope_slots: _, tasks, calls, approvals, anew } =
        place;
    (copy.stage, copy.entered, copy.left, copy.returned, copy.anew) = (*stage, *entered, *left, *returned, *anew);
    list(&mut copy.scopes, scopes);
    list(&mut copy.tasks, tasks);
    list(&mut copy.calls, calls);
    list(&mut copy.approvals, approvals);
}

/// Swaps the places but for their slots.
fn swap_place(copy: &mut Place, place: &mut Place) {
    mem::swap(copy, place);
    mem::swap(&mut copy.slots, &mut place.slots);
    mem::swap(&mut copy.scope_slots, &mut place.scope_slots);
}
