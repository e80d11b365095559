//! Timers: when they are due, which comes first, what happens when one fires.

use super::actions::{self, Cause};
use super::code::{Body, Cell, Func, Val, Width};
use super::expressions::{self, Mode};
use super::faults::Fault;
use super::layout::{NO_DAY, NO_INSTANT};
use super::module::{Emit, fault, signed};
use super::run::{self, At, NONE};
use super::state::{self, Slot};
use super::who::{self, Who};
use super::{
    approvals, calendars, calls, days, holds, instalments, messages, numbers, plans, stages, stays, substitutes, zones,
};
use Width::{I32, I64};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{EffectKind, ExprId, On, Trigger};

/// Not due at all.
pub(super) const NEVER: i64 = i64::MAX;
const DAY: i64 = 86_400;

/// How the shift of a timer counts, as it is stored.
mod counts {
    pub(super) const NOT: i32 = 0;
    pub(super) const DAYS: i32 = 1;
    pub(super) const WORKING_DAYS: i32 = 2;
    pub(super) const SECONDS: i32 = 3;
    pub(super) const LAST_WORKING_DAY: i32 = 4;
}

/// What falls due, in the order in which equal ones come; which of them it is lies in the lower bits.
mod timer {
    pub(super) const HOLD: i64 = 0;
    pub(super) const PROMISE: i64 = 1;
    pub(super) const GRACE: i64 = 2;
    pub(super) const OVERDUE: i64 = 3;
    pub(super) const SUBSTITUTE: i64 = 4;
    pub(super) const TASK: i64 = 5;
    pub(super) const APPROVAL: i64 = 6;
    pub(super) const WAITING: i64 = 7;
    pub(super) const CALL: i64 = 8;
    pub(super) const TRIGGER: i64 = 9;
}

/// A timer as one number: what, and which.
fn numbered(what: i64, which: &Val) -> Val {
    which.wide().or(what << 40)
}

fn best_due(e: &Emit<'_>) -> u32 {
    e.named_global("best_due", I64)
}

fn best_timer(e: &Emit<'_>) -> u32 {
    e.named_global("best_timer", I64)
}

/// When the earliest timer is due; [`NEVER`] where none is.
pub(super) fn next_due(e: &Emit<'_>) -> Val {
    Val::global(best_due(e), I64)
}

/// The earliest timer.
pub(super) fn next_timer(e: &Emit<'_>) -> Val {
    Val::global(best_timer(e), I64)
}

/// Keeps the earlier of two; of equal ones the first in order.
fn offer(e: &Emit<'_>, b: &mut Body, due: Val, timer: &Val) {
    let due = b.keep(due);
    // Most timers are due later than the earliest so far.
    b.when(due.le(next_due(e)), |b| {
        let first = due.lt(next_due(e)).or(timer.lt(next_timer(e)));
        b.when(first, |b| {
            b.set_global(best_due(e), &due);
            b.set_global(best_timer(e), timer);
        });
    });
}

/// Whether a message that gives time to pay keeps the stage's moves back.
fn no_moves(e: &Emit<'_>) -> u32 {
    e.named_global("no_moves", I32)
}

/// When somebody was last asked about a move out of the stage.
fn asked(e: &Emit<'_>) -> At {
    At::named(e, "asked_to_move", I64)
}

/// Finds the earliest timer as things stand, where it is not known.
pub(super) fn earliest(e: &Emit<'_>) -> Func {
    e.func("earliest", &[], None, true, |e, b| {
        b.when(stays::found(e).get(), Body::end);
        b.call(look_for_earliest(e), &[]);
        if stays::while_time_goes_by(e) {
            let plan_runs = if e.m.plans.is_empty() { 0.into() } else { plans::is(e, plans::ACTIVE) };
            stays::found(e).set(b, plan_runs.not());
        }
    })
}

fn look_for_earliest(e: &Emit<'_>) -> Func {
    e.func("look_for_earliest", &[], None, true, |e, b| {
        let case = &e.case;
        b.set_global(best_due(e), NEVER);
        b.set_global(best_timer(e), NEVER);
        let one = |b: &mut Body, due: Val, timer: Val| offer(e, b, due, &timer);
        run::each(b, &case.holds, |b, at, record| {
            let until = b.keep(state::Hold::at(record).until.get());
            b.when(until.ne(NO_INSTANT), |b| one(b, until.clone(), numbered(timer::HOLD, at)));
        });
        b.when(case.promise.0.get(), |b| {
            let promise = state::Promise::at(&signed(case.promise.1).into());
            let after = b.call(days::add_days(e), &[promise.by.get(), 1.into()]);
            let at = b.call(run::begin(e), &[after]);
            one(b, at, numbered(timer::PROMISE, &0.into()));
        });
        earliest_of_plan(e, b);
        run::each(b, &case.tasks, |b, at, record| {
            let due = b.keep(state::Task::at(record).due.get());
            b.when(due.ne(NO_INSTANT), |b| one(b, due.clone(), numbered(timer::TASK, at)));
        });
        if substitutes::any(e) {
            run::each(b, &case.tasks, |b, at, record| {
                let due = b.call(substitutes::next(e), &[record.clone()]);
                b.when(due.ne(NEVER), |b| one(b, due.clone(), numbered(timer::SUBSTITUTE, at)));
            });
        }
        if approvals::any(e) {
            run::each(b, &case.approvals, |b, at, record| {
                let due = b.keep(state::Approval::at(record).due.get());
                b.when(due.ne(NO_INSTANT), |b| one(b, due.clone(), numbered(timer::APPROVAL, at)));
            });
        }
        let held = b.keep(case.holds.count().get());
        run::each(b, &case.waiting, |b, at, record| {
            let waiting = state::Waiting::at(record);
            let goes = goes(e, b, &held, &waiting.owner, &waiting.body);
            b.when(goes, |b| one(b, waiting.due.get(), numbered(timer::WAITING, at)));
        });
        run::each(b, &case.calls, |b, at, record| {
            let call = state::Call::at(record);
            let goes = goes(e, b, &held, &call.owner, &call.body);
            b.when(goes, |b| one(b, call.due.get(), numbered(timer::CALL, at)));
        });
        b.call(earliest_trigger(e), &[held]);
    })
}

/// The timers of a running plan.
fn earliest_of_plan(e: &Emit<'_>, b: &mut Body) {
    if e.m.plans.is_empty() {
        return;
    }
    b.when(plans::is(e, plans::ACTIVE), |b| {
        b.call(earliest_instalment(e), &[]);
    });
}

fn earliest_instalment(e: &Emit<'_>) -> Func {
    e.func("earliest_instalment", &[], None, true, |e, b| {
        let outcome = b.call(stages::in_outcome(e), &[]);
        b.when(outcome, Body::end);
        let phase = instalments::phase(e);
        let count = b.keep(phase.count.get());
        let past = b.keep(phase.past.get());
        b.when(past.lt_u(&count), |b| {
            let due = b.call(instalments::grace_ends(e), &[past.add(1)]);
            offer(e, b, due, &numbered(timer::GRACE, &0.into()));
        });
        if e.m.plans.iter().all(|form| form.breach_overdue.is_none()) {
            return;
        }
        let looks = instalments::figure(e, &instalments::plan(e).get(), |form| form.breach_overdue.is_some().into());
        b.when(looks.not(), Body::end);
        let met = b.call(instalments::met(e), &[]);
        b.when(met.lt_u(&count), |b| {
            let due = b.call(instalments::overdue_ends(e), &[met.add(1)]);
            offer(e, b, due, &numbered(timer::OVERDUE, &0.into()));
        });
    })
}

/// Whether what a rule did goes on in a hold, if there is one.
fn goes(e: &Emit<'_>, b: &mut Body, held: &Val, owner: &Cell, body: &Cell) -> Val {
    b.choose(held.not(), |_| 1.into(), |b| b.call(holds::goes_through(e), &[owner.get(), body.get()]))
}

/// Whether a trigger may be a timer.
fn is_timer(trigger: &Trigger) -> bool {
    match trigger.on {
        On::Event { ref usually_within, .. } => usually_within.is_some(),
        On::AsSoonAs(_) | On::Move | On::Effect(_) => false,
        _ => true,
    }
}

fn has_timers(e: &Emit<'_>, who: Who) -> bool {
    who.triggers(e).iter().any(is_timer)
}

fn earliest_trigger(e: &Emit<'_>) -> Func {
    e.func("earliest_trigger", &[I32], None, true, |e, b| {
        let held = b.arg(0);
        let waits = b.call(stages::moves_wait(e), &[]);
        b.set_global(no_moves(e), waits);
        if approvals::any(e) {
            let at = b.call(approvals::asked_to_move(e), &[]);
            asked(e).set(b, at);
        }
        let outcome = b.call(stages::in_outcome(e), &[]);
        b.when(outcome.not(), |b| {
            for who in who::watches(e).filter(|who| has_timers(e, *who)) {
                b.call(earliest_of(e, who), &[0.into()]);
            }
            for who in who::whenevers(e).filter(|who| has_timers(e, *who)) {
                let Who::Whenever(w) = who else { continue };
                b.when(who::waits_since(e, w).ne(NO_INSTANT), |b| {
                    b.call(earliest_of(e, who), &[0.into()]);
                });
            }
        });
        b.when(held, Body::end);
        who::by_stage(e, b, has_timers, |e, b, who| {
            b.call(earliest_of(e, who), &[0.into()]);
        });
        b.when(outcome, Body::end);
        run::each(b, &e.case.place().scopes, |b, at, record| {
            let scope = state::Around::at(record).scope.get();
            who::by_scope(e, b, scope, has_timers, |e, b, who| {
                b.call(earliest_of(e, who), &[at.clone()]);
            });
        });
    })
}

/// A trigger's timer: the rank and number of its owner, and its position.
fn of_trigger(who: Who, number: &Val, at: usize) -> Val {
    let rank = match who {
        Who::Watch(_) => 0,
        Who::Whenever(_) => 1,
        Who::Stage(_) => 2,
        Who::Scope(_) => 3,
    };
    let number = match who {
        Who::Watch(n) | Who::Whenever(n) => Val::from(i64::from(n) << 16),
        Who::Stage(_) => 0i64.into(),
        Who::Scope(_) => number.wide().shl(16i64),
    };
    number.or(timer::TRIGGER << 40 | rank << 32 | i64::try_from(at).unwrap_or(0))
}

/// Looks at the timers of one owner; of a scope with its number in the chain.
fn earliest_of(e: &Emit<'_>, who: Who) -> Func {
    e.func(format!("earliest_of_{}", who.name()), &[I32], None, true, move |e, b| {
        for (at, trigger) in who.triggers(e).iter().enumerate().filter(|(_, t)| is_timer(t)) {
            let waits = who.of_stage() && trigger.moves;
            let look = |b: &mut Body| {
                // A date that cannot be computed is not known: it must not keep the rest of the case from going on.
                let due = b.try_call(due(e, who, at), &[]);
                b.either(fault().ne(0), run::forgive, |b| {
                    let answer_comes_first = waits && approvals::any(e) && !matches!(trigger.on, On::Event { .. });
                    let waits = if answer_comes_first { due.le(asked(e).get()) } else { 0.into() };
                    b.when(due.ne(NEVER).and(waits.not()), |b| {
                        let timer = of_trigger(who, &b.arg(0), at);
                        offer(e, b, due.clone(), &timer);
                    });
                });
            };
            if waits {
                b.when(Val::global(no_moves(e), I32).not(), look);
            } else {
                look(b);
            }
        }
    })
}

/// When a trigger is due; [`NEVER`] where it is not.
fn due(e: &Emit<'_>, who: Who, at: usize) -> Func {
    e.func(format!("due_{}_{at}", who.name()), &[], Some(I64), true, move |e, b| {
        let Some(trigger) = who.triggers(e).get(at) else { return };
        let slot = who.slot_record(e, b, at);
        let plain = match trigger.on {
            On::Date { .. } => {
                let plain = b.call(plain_due(e, who, at), &[]);
                b.when(plain.eq(NEVER), |b| b.give(NEVER));
                not_twice_a_day(e, b, who, trigger, &plain)
            }
            _ => b.keep(slot.due.get()),
        };
        b.when(plain.eq(NEVER), |b| b.give(NEVER));
        let not_before = b.keep(slot.not_before.get());
        // What has an anchor cannot be due before it; what has none counts from when its owner runs.
        let from = b.choose(slot.counts.get().eq(counts::NOT), |b| who.runs_from(e, b), |_| not_before.clone());
        let due = b.keep(plain.max(not_before).max(from));
        b.give(due.or_else(&zones::instant_counts(&due), NEVER));
    })
}

/// When a date's trigger is due by the date alone; [`NEVER`] while the date is not known or has been fired for.
fn plain_due(e: &Emit<'_>, who: Who, at: usize) -> Func {
    e.func(format!("plain_due_{}_{at}", who.name()), &[], Some(I64), true, move |e, b| {
        let Some(On::Date { date, offset, before }) = who.triggers(e).get(at).map(|t| &t.on) else { return };
        let value = b.call(expressions::if_known(e, *date, Mode::Quiet), &[]);
        b.when(run::known(e).get().not(), |b| b.give(NEVER));
        let day = b.call(days::as_day(e), &[value]);
        let slot = who.slot_record(e, b, at);
        b.when(slot.seen.get().eq(&day), |b| b.give(NEVER));
        let due = due_by(e, b, day, *offset, *before);
        b.give(due);
    })
}

/// When a trigger on a date is due by that day alone.
pub(super) fn due_by(e: &Emit<'_>, b: &mut Body, day: Val, offset: Option<ExprId>, before: bool) -> Val {
    let Some(offset) = offset else { return b.call(run::begin(e), &[day]) };
    let length = b.call(expressions::value_of(e, offset, Mode::Quiet), &[]);
    let length = if before { b.keep(expressions::negated(&length)) } else { length };
    b.call(due_by_length(e), &[day, length])
}

fn due_by_length(e: &Emit<'_>) -> Func {
    e.func("due_by_length", &[I32, I64], Some(I64), true, |e, b| {
        let (day, length) = (b.arg(0), b.arg(1));
        b.when(calendars::unit_of(&length).eq(0), |b| {
            let from = b.call(run::begin(e), &[day.clone()]);
            let seconds = calendars::amount_of(&length).wide().mul(3_600i64);
            let at = b.call(zones::add_seconds(e), &[from, seconds]);
            b.give(at);
        });
        let day = b.call(calendars::add(e), &[day, length, e.case.calendar.get()]);
        let at = b.call(run::begin(e), &[day]);
        b.give(at);
    })
}

/// A trigger with a move, on a date that had passed when its stage was entered, waits until the day after the last move by a
/// passed date: else a ladder of dates would run down at once.
fn not_twice_a_day(e: &Emit<'_>, b: &mut Body, who: Who, trigger: &Trigger, due: &Val) -> Val {
    if !(who.of_stage() && trigger.moves) {
        return due.clone();
    }
    let day = b.keep(e.case.moved_by_past_date.get());
    let anchor = who.anchor(e, b);
    b.choose(
        day.ne(NO_DAY).and(due.le(anchor)),
        |b| {
            let after = b.call(days::add_days(e), &[day.clone(), 1.into()]);
            let at = b.call(run::begin(e), &[after]);
            due.max(at)
        },
        |_| due.clone(),
    )
}

/// Opens the slots of an owner's triggers anew.
pub(super) fn open_slots(e: &Emit<'_>, who: Who) -> Func {
    e.func(format!("open_slots_{}", who.name()), &[], None, true, move |e, b| {
        let count = who.triggers(e).len();
        if let Some(slots) = who.slots(e) {
            b.store(&slots.count(), signed(super::code::number(count)));
        }
        if count == 0 {
            return;
        }
        let first = who.slot(e, b, 0);
        b.call(new_slots(e), &[first, signed(super::code::number(count)).into()]);
        for (at, trigger) in who.triggers(e).iter().enumerate() {
            if schedules(trigger) {
                b.call(schedule(e, who, at), &[]);
            }
        }
    })
}

/// Slots that were not touched.
fn new_slots(e: &Emit<'_>) -> Func {
    e.func("new_slots", &[I32, I32], None, false, |_, b| {
        b.each(b.arg(1), |b, at| {
            let position = b.keep(b.arg(0).add(at.mul(signed(state::SLOT))));
            b.clear(&position, state::SLOT);
            let slot = Slot::at(&position);
            b.store(&slot.due, NEVER);
            b.store(&slot.base, NEVER);
            b.store(&slot.seen, NO_DAY);
        });
    })
}

/// Whether a trigger has a time that is set when its owner is entered.
fn schedules(trigger: &Trigger) -> bool {
    is_timer(trigger) && !matches!(trigger.on, On::Date { .. })
}

/// Sets a slot to the next time of its trigger, counted from its anchor.
fn schedule(e: &Emit<'_>, who: Who, at: usize) -> Func {
    e.func(format!("schedule_{}_{at}", who.name()), &[], None, true, move |e, b| {
        let Some(trigger) = who.triggers(e).get(at) else { return };
        let position = who.slot(e, b, at);
        let slot = Slot::at(&position);
        let anchored_by = |b: &mut Body, length: ExprId, to_the_end: bool| {
            let length = b.call(expressions::value_of(e, length, Mode::Quiet), &[]);
            let anchor = who.anchor(e, b);
            b.call(anchored(e), &[position.clone(), length, anchor, i32::from(to_the_end).into()]);
        };
        match &trigger.on {
            On::After(length) | On::Every { every: length, .. } => anchored_by(b, *length, false),
            On::Event { usually_within: Some(length), .. } => anchored_by(b, *length, true),
            On::EveryMonth { day, .. } => {
                let next = b.call(next_month_day(e), &[i32::from(*day).into()]);
                b.store(&slot.due, next);
            }
            On::EveryWorkingDay { .. } => {
                let args = [e.case.calendar.get(), run::today(e).get(), 1.into()];
                let next = b.call(calendars::add_working_days(e), &args);
                let due = b.call(run::begin(e), &[next]);
                b.store(&slot.due, due);
            }
            _ => {}
        }
    })
}

/// The next time of an anchored timer: its length, times how often it fell due and once more, from the anchor.
fn anchored(e: &Emit<'_>) -> Func {
    e.func("anchored", &[I32, I64, I64, I32], None, true, |e, b| {
        let (position, length, anchor, to_the_end) = (b.arg(0), b.arg(1), b.arg(2), b.arg(3));
        let slot = Slot::at(&position);
        let unit = b.keep(calendars::unit_of(&length));
        let times = slot.times.get().wide().and(0xffff_ffffi64).add(1i64);
        let amount = b.call(numbers::times(e), &[calendars::amount_of(&length).wide(), times]);
        let fits = amount.sub(1i64).lt_u(i64::from(i32::MAX));
        numbers::require(b, &fits, Fault::Overflow);
        let whole = b.keep(amount.shl(3i64).or(unit.wide()));
        let working = b.keep(unit.eq(2));
        let of_days = Val::from(counts::LAST_WORKING_DAY).or_else(&to_the_end, counts::WORKING_DAYS);
        let counted = of_days.or_else(&working, counts::DAYS);
        let counted = b.keep(Val::from(counts::SECONDS).or_else(&unit.eq(0), counted));
        // An `every` may go on in another unit: what it was shifted by goes with it.
        let (was, is) = (b.keep(slot.counts.get().eq(counts::SECONDS)), b.keep(counted.eq(counts::SECONDS)));
        b.when(was.ne(&is), |b| {
            let shift = b.keep(slot.shift.get());
            let whole_days = shift.sub(shift.rem(DAY).add(DAY).rem(DAY)).div(DAY);
            let moved = b.choose(&is, |b| b.call(numbers::times(e), &[shift.clone(), DAY.into()]), |_| whole_days);
            b.store(&slot.shift, moved);
        });
        b.store(&slot.counts, &counted);
        let base = b.choose(
            unit.eq(0),
            |b| b.call(zones::add_seconds(e), &[anchor.clone(), amount.mul(3_600i64)]),
            |b| {
                let from = run::local_day(e, b, anchor.clone());
                let day = b.call(calendars::add(e), &[from, whole.clone(), e.case.calendar.get()]);
                let more = to_the_end.and(counted.eq(counts::DAYS));
                let day = b.call(days::add_days(e), &[day, more]);
                b.call(run::begin(e), &[day])
            },
        );
        b.store(&slot.base, base);
        b.call(redue(e), &[position]);
    })
}

/// The due instant of an anchored timer from its base and its shift.
fn redue(e: &Emit<'_>) -> Func {
    e.func("redue", &[I32], None, true, |e, b| {
        let slot = Slot::at(&b.arg(0));
        let (base, shift) = (b.keep(slot.base.get()), b.keep(slot.shift.get()));
        let counted = b.keep(slot.counts.get());
        b.when(base.eq(NEVER), |b| {
            b.store(&slot.due, NEVER);
            b.end();
        });
        numbers::require(b, &zones::instant_counts(&base), Fault::Overflow);
        b.when(counted.eq(counts::SECONDS), |b| {
            let due = b.call(numbers::plus(e), &[base.clone(), shift.clone()]);
            b.store(&slot.due, due);
            b.end();
        });
        b.when(shift.eq(0i64).and(counted.ne(counts::LAST_WORKING_DAY)), |b| {
            b.store(&slot.due, &base);
            b.end();
        });
        let from = run::local_day(e, b, base);
        let day = b.call(plus_days(e), &[from, shift.clone()]);
        let day = b.var(day);
        // On to a working day where the shift may have left it on a free one.
        let working = counted.eq(counts::WORKING_DAYS).or(counted.eq(counts::LAST_WORKING_DAY));
        b.when(working.and(shift.ne(0i64)), |b| {
            let next = b.call(calendars::working_day_from(e), &[e.case.calendar.get(), day.get(), 1.into()]);
            b.set(day, next);
        });
        let day = b.call(days::add_days(e), &[day.get(), counted.eq(counts::LAST_WORKING_DAY)]);
        let due = b.call(run::begin(e), &[day]);
        b.store(&slot.due, due);
    })
}

/// A day later by a wide number of days.
pub(super) fn plus_days(e: &Emit<'_>) -> Func {
    e.func("plus_days", &[I32, I64], Some(I32), true, |e, b| {
        let by = b.keep(b.arg(1).narrow());
        numbers::require(b, &by.wide().eq(b.arg(1)), Fault::Overflow);
        let day = b.call(days::add_days(e), &[b.arg(0), by]);
        b.give(day);
    })
}

/// Moves a timer that has an anchor, by days or by seconds.
pub(super) fn shift(e: &Emit<'_>) -> Func {
    e.func("shift", &[I32, I64, I64], None, true, |e, b| {
        let slot = Slot::at(&b.arg(0));
        let counted = b.keep(slot.counts.get());
        b.when(counted.eq(counts::NOT), Body::end);
        let by = b.arg(2).or_else(&counted.eq(counts::SECONDS), b.arg(1));
        let sum = b.call(numbers::plus(e), &[slot.shift.get(), by]);
        b.store(&slot.shift, sum);
        b.call(redue(e), &[b.arg(0)]);
    })
}

/// Moves the anchored timers of so many slots.
pub(super) fn shift_slots(e: &Emit<'_>) -> Func {
    e.func("shift_slots", &[I32, I32, I64, I64], None, true, |e, b| {
        b.each(b.arg(1), |b, at| {
            let slot = b.arg(0).add(at.mul(signed(state::SLOT)));
            b.call(shift(e), &[slot, b.arg(2), b.arg(3)]);
        });
    })
}

/// The begin of the next day N of a month after today.
fn next_month_day(e: &Emit<'_>) -> Func {
    e.func("next_month_day", &[I32], Some(I64), true, |e, b| {
        let day = b.call(days::next_in_month(e), &[run::today(e).get(), b.arg(0)]);
        let at = b.call(run::begin(e), &[day]);
        b.give(at);
    })
}

/// Fires the timer of that number, which was due then.
pub(super) fn fire(e: &Emit<'_>) -> Func {
    e.func("fire", &[I64, I64], None, true, |e, b| {
        let (timer, due) = (b.arg(0), b.arg(1));
        let due_day = run::local_day(e, b, due.clone());
        run::late(e).set(b, run::today(e).get().sub(due_day).max(0));
        let at = b.keep(timer.narrow());
        b.switch(
            timer.shr_u(40i64).narrow(),
            vec![
                Box::new(|b| {
                    b.call(holds::end_hold(e), &[at.clone()]);
                }),
                Box::new(|b| {
                    b.store(&e.case.promise.0, 0);
                    run::raised(e, b, Happening::PromiseBroken, NONE, 0);
                }),
                Box::new(|b| {
                    if !e.m.plans.is_empty() {
                        b.call(plans::grace_over(e), &[]);
                    }
                }),
                Box::new(|b| {
                    if !e.m.plans.is_empty() {
                        b.call(plans::breach(e), &[]);
                    }
                }),
                Box::new(|b| {
                    if substitutes::any(e) {
                        b.call(substitutes::ask(e), &[at.clone()]);
                    }
                }),
                Box::new(|b| {
                    b.call(task_overdue(e), &[at.clone()]);
                }),
                Box::new(|b| {
                    if approvals::any(e) {
                        b.call(approvals::decline(e), &[at.clone()]);
                    }
                }),
                Box::new(|b| {
                    b.call(messages::retry(e), &[at.clone()]);
                }),
                Box::new(|b| {
                    b.call(calls::call_again(e), &[at.clone()]);
                }),
                Box::new(|b| {
                    b.call(fire_trigger(e), &[timer.clone(), due.clone(), 0.into()]);
                }),
            ],
        );
    })
}

fn task_overdue(e: &Emit<'_>) -> Func {
    e.func("task_overdue", &[I32], None, true, |e, b| {
        let task = b.keep(e.case.tasks.at(&b.arg(0)));
        let task = state::Task::at(&task);
        b.store(&task.due, NO_INSTANT);
        let (name, rule) = (actions::task_name(e, b, task.action.get()), actions::rule_of(e, b, task.action.get()));
        let from = b.keep(run::seen(e).get());
        run::effect(e, b, run::kind(EffectKind::Alarm), rule, &from, &[run::alarm::TASK_OVERDUE.into(), name.clone()]);
        run::raised(e, b, Happening::TaskOverdue, name, 0);
    })
}

/// Fires the timer of a trigger, which was due then, or spends it only.
fn fire_trigger(e: &Emit<'_>) -> Func {
    e.func("fire_trigger", &[I64, I64, I32], None, true, |e, b| {
        let (timer, due, only) = (b.arg(0), b.arg(1), b.arg(2));
        by_owner(e, b, &timer, |e, b, who, at| {
            let fires = |n: usize| -> Box<dyn FnOnce(&mut Body) + '_> {
                let args = [due.clone(), only.clone()];
                Box::new(move |b| {
                    if who.triggers(e).get(n).is_some_and(is_timer) {
                        b.call(fire_one(e, who, n), &args);
                    }
                })
            };
            b.switch(at.clone(), (0..who.triggers(e).len()).map(fires).collect());
        });
    })
}

/// Fires one trigger's timer, or spends it only.
fn fire_one(e: &Emit<'_>, who: Who, at: usize) -> Func {
    e.func(format!("fire_{}_{at}", who.name()), &[I64, I32], None, true, move |e, b| {
        let Some(trigger) = who.triggers(e).get(at) else { return };
        let only = b.arg(1);
        let past = b.choose(&only, |_| 0.into(), |b| by_past_date(e, b, who, at, trigger));
        b.call(spend(e, who, at), &[]);
        b.when(only, Body::end);
        let due_day = run::local_day(e, b, b.arg(0));
        let late = b.keep(run::today(e).get().sub(due_day).max(0));
        let rule = i32::from(trigger.rule.0);
        if let On::Event { event, .. } = &trigger.on {
            run::because_of(e).set(b, rule);
            let from = b.keep(run::seen(e).get());
            let what = [run::alarm::MISSING.into(), i32::from(event.event.0).into()];
            run::effect(e, b, run::kind(EffectKind::Alarm), rule, &from, &what);
            return;
        }
        let from = b.keep(run::seen(e).get());
        read_timer(e, b, trigger);
        let holds = admitted(e, b, who, at, trigger);
        b.when(holds.not(), |b| {
            run::seen(e).set(b, &from);
            catch_up(e, b, who, at, trigger, &late);
            b.end();
        });
        let until = b.keep(run::seen(e).get());
        acts(e, b, who, at, trigger);
        if who.of_stage() {
            b.either(
                late.gt(0),
                |b| {
                    b.call(stages::shift_stage(e), &[late.wide(), late.wide().mul(DAY)]);
                },
                |b| catch_up(e, b, who, at, trigger, &late),
            );
        } else {
            catch_up(e, b, who, at, trigger, &late);
        }
        let cause = Cause { owner: who.number().into(), rule, guard: (from, until), late };
        let (moved, _) = actions::run_body(e, b, &cause, trigger.body, i32::from(trigger.body.first).into());
        b.when(moved.and(past), |b| b.store(&e.case.moved_by_past_date, run::today(e).get()));
    })
}

/// Whether a trigger with a move hangs on a date that has passed: before today, or when its stage was entered.
fn by_past_date(e: &Emit<'_>, b: &mut Body, who: Who, at: usize, trigger: &Trigger) -> Val {
    if !(matches!(trigger.on, On::Date { .. }) && trigger.moves && who.of_stage()) {
        return 0.into();
    }
    let due = b.call(plain_due(e, who, at), &[]);
    let anchor = who.anchor(e, b);
    let earlier = b.choose(
        due.eq(NEVER),
        |_| 0.into(),
        |b| {
            let day = run::local_day(e, b, due.clone());
            day.lt(run::today(e).get())
        },
    );
    b.keep(due.ne(NEVER).and(due.le(anchor).or(earlier)))
}

/// Takes this time off a timer: it goes on to its next one, or is spent.
fn spend(e: &Emit<'_>, who: Who, at: usize) -> Func {
    e.func(format!("spend_{}_{at}", who.name()), &[], None, true, move |e, b| {
        let Some(trigger) = who.triggers(e).get(at) else { return };
        let day = match &trigger.on {
            On::Date { date, .. } => {
                let value = b.call(expressions::if_known(e, *date, Mode::Quiet), &[]);
                value.narrow().or_else(&run::known(e).get(), NO_DAY)
            }
            _ => NO_DAY.into(),
        };
        let day = b.keep(day);
        let slot = who.slot_record(e, b, at);
        b.store(&slot.times, slot.times.get().add(1));
        match trigger.on {
            On::Date { .. } => {
                let tomorrow = b.call(days::add_days(e), &[run::today(e).get(), 1.into()]);
                let tomorrow = b.call(run::begin(e), &[tomorrow]);
                b.store(&slot.seen, day);
                // A body may change the date that it hangs on: once a day, or it might never end.
                b.store(&slot.not_before, tomorrow);
            }
            On::Every { .. } | On::EveryMonth { .. } | On::EveryWorkingDay { .. } => {
                b.call(schedule(e, who, at), &[]);
            }
            _ => {
                b.store(&slot.due, NEVER);
                b.store(&slot.base, NEVER);
            }
        }
    })
}

/// Reads what a timer hangs on once more, so that the trace names it.
fn read_timer(e: &Emit<'_>, b: &mut Body, trigger: &Trigger) {
    match trigger.on {
        On::Date { date, offset, .. } => {
            b.call(expressions::if_known(e, date, Mode::Noted), &[]);
            if let Some(offset) = offset {
                b.call(expressions::value_of(e, offset, Mode::Noted), &[]);
            }
        }
        On::After(length) | On::Every { every: length, .. } => {
            b.call(expressions::value_of(e, length, Mode::Noted), &[]);
        }
        _ => {}
    }
}

/// A repeated timer that came late does not catch up: its own next time shifts.
fn catch_up(e: &Emit<'_>, b: &mut Body, who: Who, at: usize, trigger: &Trigger, late: &Val) {
    if matches!(trigger.on, On::Every { .. }) {
        b.when(late, |b| {
            let slot = who.slot(e, b, at);
            b.call(shift(e), &[slot, late.wide(), late.wide().mul(DAY)]);
        });
    }
}

/// Reads a trigger's condition, and its watch's; where it refuses, what it read is forgotten.
pub(super) fn admitted(e: &Emit<'_>, b: &mut Body, who: Who, at: usize, trigger: &Trigger) -> Val {
    if who.condition(e).is_none() && trigger.when.is_none() {
        return 1.into();
    }
    let from = b.keep(run::seen(e).get());
    let events = b.keep(run::slot_events(e).get());
    let slot = who.slot_record(e, b, at);
    run::slot_events(e).set(b, slot.events.get());
    let holds = expressions::holds(e, b, who.condition(e), Mode::Noted);
    let holds = b.choose(holds, |b| expressions::holds(e, b, trigger.when, Mode::Noted), |_| 0.into());
    run::slot_events(e).set(b, events);
    b.when(holds.not(), |b| run::seen(e).set(b, from));
    holds
}

/// Counts that a trigger begins to act.
pub(super) fn acts(e: &Emit<'_>, b: &mut Body, who: Who, at: usize, trigger: &Trigger) {
    let slot = who.slot_record(e, b, at);
    b.store(&slot.acted, slot.acted.get().add(1));
    b.store(&slot.events, e.case.events.get());
    let at_most = match trigger.on {
        On::Every { at_most, .. } | On::EveryMonth { at_most, .. } | On::EveryWorkingDay { at_most } => at_most,
        _ => None,
    };
    if let Some(most) = at_most {
        b.when(slot.acted.get().lt_u(most.cast_signed()).not(), |b| {
            b.store(&slot.due, NEVER);
            b.store(&slot.base, NEVER);
        });
    }
}

/// Where what fell due stands in the source; -1 where it does not.
pub(super) fn rule_of_timer(e: &Emit<'_>) -> Func {
    e.func("rule_of_timer", &[I64], Some(I32), false, |e, b| {
        let timer = b.arg(0);
        let kind = b.keep(timer.shr_u(40i64));
        let at = b.keep(timer.narrow());
        let rules: Vec<u8> = e.m.actions.iter().flat_map(|a| a.rule.0.to_le_bytes()).collect();
        let of = |action: Val| Cell::new(&e.constant(&rules).add(action.mul(2)), 0, super::code::Form::U16).get();
        let of_task = kind.eq(timer::TASK).or(kind.eq(timer::SUBSTITUTE));
        b.when(of_task, |b| b.give(of(state::Task::at(&e.case.tasks.at(&at)).action.get())));
        b.when(kind.eq(timer::WAITING), |b| b.give(of(state::Waiting::at(&e.case.waiting.at(&at)).action.get())));
        b.when(kind.eq(timer::CALL), |b| b.give(of(state::Call::at(&e.case.calls.at(&at)).action.get())));
        if approvals::any(e) {
            let approval = state::Approval::at(&e.case.approvals.at(&at));
            b.when(kind.eq(timer::APPROVAL), |b| b.give(of(approval.action.get())));
        }
        if !e.m.plans.is_empty() {
            b.when(kind.eq(timer::GRACE).or(kind.eq(timer::OVERDUE)), |b| b.give(plans::rule(e)));
        }
        b.when(kind.ne(timer::TRIGGER), |b| b.give(NONE));
        let triggers: Vec<u8> = e.m.triggers.iter().flat_map(|t| t.rule.0.to_le_bytes()).collect();
        let place = b.call(place_of_trigger(e), &[timer.narrow(), timer.shr_u(32i64).narrow().and(255)]);
        b.give(Cell::new(&e.constant(&triggers).add(place.mul(2)), 0, super::code::Form::U16).get());
    })
}

/// The place among all triggers of one whose timer that is: the lower half of the timer, and the rank of its owner.
fn place_of_trigger(e: &Emit<'_>) -> Func {
    e.func("place_of_trigger", &[I32, I32], Some(I32), false, |e, b| {
        let (at, number) = (b.keep(b.arg(0).and(0xffff)), b.keep(b.arg(0).shr_u(16)));
        let firsts = |owners: Vec<Who>, number: &Val| {
            let table: Vec<u8> = owners.iter().flat_map(|who| who.span(e).first.to_le_bytes()).collect();
            let first = Cell::new(&e.constant(&table).add(number.mul(2)), 0, super::code::Form::U16).get();
            at.add(first)
        };
        b.switch(
            b.arg(1),
            vec![
                Box::new(|b| b.give(firsts(who::watches(e).collect(), &number))),
                Box::new(|b| b.give(firsts(who::whenevers(e).collect(), &number))),
                Box::new(|b| b.give(firsts(who::stages(e).collect(), &e.case.place().stage.get()))),
                Box::new(|b| {
                    let around = b.keep(e.case.place().scopes.at(&number));
                    b.give(firsts(who::scopes(e).collect(), &state::Around::at(&around).scope.get()));
                }),
            ],
        );
        b.give(0);
    })
}

/// Code for the owner of a trigger's timer, and the trigger's position.
fn by_owner<'m>(e: &Emit<'m>, b: &mut Body, timer: &Val, inside: impl Fn(&Emit<'m>, &mut Body, Who, &Val)) {
    let at = b.keep(timer.narrow().and(0xffff));
    let number = b.keep(timer.narrow().shr_u(16));
    let rank = timer.shr_u(32i64).narrow().and(255);
    let one = |e: &Emit<'m>, b: &mut Body, who: Who| inside(e, b, who, &at);
    let one = &one;
    let by = |owners: Vec<Who>| -> Vec<Box<dyn FnOnce(&mut Body) + '_>> {
        let each = |who: Who| -> Box<dyn FnOnce(&mut Body) + '_> { Box::new(move |b| one(e, b, who)) };
        owners.into_iter().map(each).collect()
    };
    b.switch(
        rank,
        vec![
            Box::new(|b| b.switch(number.clone(), by(who::watches(e).collect()))),
            Box::new(|b| b.switch(number.clone(), by(who::whenevers(e).collect()))),
            Box::new(|b| who::by_stage(e, b, has_timers, one)),
            Box::new(|b| {
                let around = b.keep(e.case.place().scopes.at(&number));
                let scope = state::Around::at(&around).scope.get();
                who::by_scope(e, b, scope, has_timers, one);
            }),
        ],
    );
}

/// Spends a timer without running it.
pub(super) fn give_up(e: &Emit<'_>) -> Func {
    e.func("give_up", &[I64], None, true, |e, b| {
        let timer = b.arg(0);
        let kind = b.keep(timer.shr_u(40i64));
        let at = b.keep(timer.narrow());
        for (what, list) in [
            (timer::HOLD, &e.case.holds),
            (timer::TASK, &e.case.tasks),
            (timer::WAITING, &e.case.waiting),
            (timer::CALL, &e.case.calls),
            (timer::APPROVAL, &e.case.approvals),
        ] {
            b.when(kind.eq(what), |b| {
                run::remove(e, b, list, &at);
                b.end();
            });
        }
        b.when(kind.eq(timer::PROMISE), |b| {
            b.store(&e.case.promise.0, 0);
            b.end();
        });
        b.when(kind.eq(timer::SUBSTITUTE), |b| {
            let task = state::Task::at(&e.case.tasks.at(&at));
            b.store(&task.asked, task.asked.get().add(1).min(255));
            b.end();
        });
        if !e.m.plans.is_empty() {
            b.when(kind.eq(timer::GRACE), |b| {
                plans::pass_over_instalment(e, b);
                b.end();
            });
            b.when(kind.eq(timer::OVERDUE), |b| {
                b.call(plans::end(e), &[]);
                b.end();
            });
        }
        b.when(kind.ne(timer::TRIGGER), Body::end);
        b.call(fire_trigger(e), &[timer, 0i64.into(), 1.into()]);
    })
}
