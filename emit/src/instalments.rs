//! Instalments of a plan: what they come to, when they are due, which are met. As in the runtime none of them is stored.

use super::code::{Body, Cell, Form, Func, Val, Width};
use super::expressions::{self, Mode};
use super::faults::Fault;
use super::layout::NO_DAY;
use super::module::{Emit, signed};
use super::state::Phase;
use super::{calendars, days, ledger, numbers, run, zones};
use Width::{I32, I64};
use dunlin_machine::ir::{ExprId, Plan};
use dunlin_machine::value::Unit;

/// The unit of hours in a packed duration.
const HOURS: i32 = 0;

/// The number of the case's plan.
pub(super) fn plan(e: &Emit<'_>) -> Cell {
    Cell::new(&signed(e.case.plan.1).into(), 0, Form::U16)
}

/// How far the case's plan has come.
pub(super) fn phase(e: &Emit<'_>) -> Phase {
    Phase::at(&signed(e.case.plan.1 + Form::U16.size()).into())
}

/// What the machine says of a plan, by its number.
pub(super) fn figure(e: &Emit<'_>, plan: &Val, read: impl Fn(&Plan) -> i32) -> Val {
    let figures: Vec<i32> = e.m.plans.iter().map(read).collect();
    let first = figures.first().copied().unwrap_or(0);
    if figures.iter().all(|figure| *figure == first) {
        return first.into();
    }
    let bytes: Vec<u8> = figures.iter().flat_map(|figure| figure.to_le_bytes()).collect();
    Cell::new(&e.constant(&bytes).add(plan.mul(4)), 0, Form::I32).get()
}

/// Code for the plan of a number.
pub(super) fn by_plan<'m>(e: &Emit<'m>, b: &mut Body, plan: &Val, inside: impl Fn(&mut Body, &'m Plan)) {
    let machine = e.m;
    match machine.plans.as_slice() {
        [one] => inside(b, one),
        plans => {
            for (number, form) in (0i32..).zip(plans) {
                b.when(plan.eq(number), |b| inside(b, form));
            }
        }
    }
}

/// One value or the other, by what a plan is; code for both is written only where plans differ.
fn choose(
    e: &Emit<'_>,
    b: &mut Body,
    plan: &Val,
    is: fn(&Plan) -> bool,
    then: impl FnOnce(&mut Body) -> Val,
    otherwise: impl FnOnce(&mut Body) -> Val,
) -> Val {
    if e.m.plans.iter().all(is) {
        return then(b);
    }
    if !e.m.plans.iter().any(is) {
        return otherwise(b);
    }
    b.choose(figure(e, plan, |form| is(form).into()), then, otherwise)
}

/// Whether the days of its instalments are chosen within a month.
pub(super) fn by_months(form: &Plan) -> bool {
    matches!(form.rhythm.unit(), Unit::Months | Unit::Years)
}

/// Whether what its instalments come to stays the same: no interest is added while it runs.
const fn is_fixed(form: &Plan) -> bool {
    form.over.is_some() || form.without_interest
}

/// What a plan comes to as things stand: the balance, or its share of it.
pub(super) fn total(e: &Emit<'_>) -> Func {
    e.func("plan_total", &[I32], Some(I64), true, |e, b| {
        let balance = ledger::statement(e, b).balance;
        let plan = b.arg(0);
        by_plan(e, b, &plan, |b, form| {
            let Some(share) = form.over else { return };
            let share = b.call(expressions::value_of(e, share, Mode::Noted), &[]);
            let part = b.call(numbers::times_rate(e), &[balance.clone(), share]);
            b.give(part);
        });
        b.give(balance);
    })
}

/// How many instalments of an amount a sum needs, at least 1.
pub(super) fn count(e: &Emit<'_>) -> Func {
    e.func("instalments", &[I64, I64], Some(I32), false, |_, b| {
        let (total, amount) = (b.arg(0), b.arg(1));
        let begun = total.rem(&amount).gt(0i64).wide();
        let count = b.keep(total.div(&amount).add(begun).max(1i64).min(0xffff_ffffi64));
        b.give(count.narrow());
    })
}

/// The latest day of the first instalment of a plan that becomes active on a day; none where it may be any.
pub(super) fn first_by(e: &Emit<'_>) -> Func {
    e.func("first_by", &[I32, I32], Some(I32), true, |e, b| {
        let (plan, day) = (b.arg(0), b.arg(1));
        by_plan(e, b, &plan, |b, form| {
            let Some(within) = form.first_within else { return };
            let within = b.call(expressions::value_of(e, within, Mode::Noted), &[]);
            b.when(calendars::unit_of(&within).eq(HOURS), |b| {
                let next = b.call(days::add_days(e), &[day.clone(), 1.into()]);
                b.give(next);
            });
            let last = b.call(calendars::add(e), &[day.clone(), within, e.case.calendar.get()]);
            b.give(last);
        });
        b.give(NO_DAY);
    })
}

/// The plain day of the first instalment of a plan that becomes active today, by its number and the chosen day of the month.
pub(super) fn first_day(e: &Emit<'_>) -> Func {
    e.func("first_day", &[I32, I32], Some(I32), true, |e, b| {
        let (plan, chosen) = (b.arg(0), b.arg(1));
        let today = run::today(e).get();
        let latest = b.call(first_by(e), &[plan.clone(), today.clone()]);
        let in_a_month = |b: &mut Body| {
            let day = b.call(days::next_in_month(e), &[today.clone(), chosen]);
            b.keep(day.min(&latest).or_else(&latest.ne(NO_DAY), &day))
        };
        let after_the_rhythm = |b: &mut Body| {
            b.when(latest.ne(NO_DAY), |b| b.give(&latest));
            b.call(calendars::add(e), &[today.clone(), rhythm(e, &plan, &1i64.into()), e.case.calendar.get()])
        };
        let day = choose(e, b, &plan, by_months, in_a_month, after_the_rhythm);
        b.give(day);
    })
}

/// The rhythm of a plan so many times, as a packed duration.
fn rhythm(e: &Emit<'_>, plan: &Val, times: &Val) -> Val {
    let amount = figure(e, plan, |form| form.rhythm.amount());
    let unit = figure(e, plan, |form| i32::try_from(form.rhythm.pack().rem_euclid(8)).unwrap_or(0));
    amount.wide().mul(times).shl(3i64).or(unit.wide())
}

/// When an instalment of the running plan is due, counted from 1: its plain day, moved to a working day.
pub(super) fn due_day(e: &Emit<'_>) -> Func {
    e.func("due_day", &[I32], Some(I32), true, |e, b| {
        let (plan, phase) = (b.keep(plan(e).get()), phase(e));
        let first = b.keep(phase.first.get());
        let steps = b.keep(b.arg(0).sub(1));
        let plain = b.choose(steps.eq(0), |_| first.clone(), |b| later_instalment(e, b, &plan, &first, &steps));
        let day = b.call(calendars::working_day_from(e), &[e.case.calendar.get(), plain, 1.into()]);
        b.give(day);
    })
}

fn later_instalment(e: &Emit<'_>, b: &mut Body, plan: &Val, first: &Val, steps: &Val) -> Val {
    let length = b.keep(rhythm(e, plan, &steps.wide().and(0xffff_ffffi64)));
    let fits = length.shr(3i64).sub(1i64).lt_u(i64::from(i32::MAX));
    numbers::require(b, &fits, Fault::Overflow);
    let later = b.call(calendars::add(e), &[first.clone(), length, e.case.calendar.get()]);
    choose(
        e,
        b,
        plan,
        by_months,
        |b| {
            // The first may lie before the chosen day, at the end of `first within`; the others keep the day of the first.
            let chosen = b.keep(phase(e).day.get());
            let own = b.call(days::in_month(e), &[first.clone(), chosen.clone()]);
            let moved = b.call(days::in_month(e), &[later.clone(), chosen]);
            moved.or_else(&own.eq(first), &later)
        },
        |_| later.clone(),
    )
}

/// What was paid since the plan runs.
pub(super) fn paid(e: &Emit<'_>) -> Func {
    e.func("paid_for_plan", &[], Some(I64), true, |e, b| {
        let paid = b.call(numbers::minus(e), &[e.case.paid.get(), phase(e).paid_before.get()]);
        b.give(paid.max(0i64));
    })
}

/// How many instalments of the running plan are met.
pub(super) fn met(e: &Emit<'_>) -> Func {
    e.func("instalments_met", &[], Some(I32), true, |e, b| {
        let phase = phase(e);
        let paid = b.call(paid(e), &[]);
        let all = choose(
            e,
            b,
            &plan(e).get(),
            is_fixed,
            |_| paid.ge(phase.total.get()),
            |b| ledger::statement(e, b).balance.le(0i64),
        );
        b.when(all, |b| b.give(phase.count.get()));
        // The last one is met with all of it alone.
        let but_last = phase.count.get().sub(1).wide().and(0xffff_ffffi64);
        b.give(paid.div(phase.amount.get()).min(but_last).narrow());
    })
}

/// What is still to be paid of the running plan.
pub(super) fn remaining(e: &Emit<'_>, b: &mut Body) -> Val {
    let left = choose(
        e,
        b,
        &plan(e).get(),
        is_fixed,
        |b| {
            let paid = b.call(paid(e), &[]);
            b.call(numbers::minus(e), &[phase(e).total.get(), paid])
        },
        |b| ledger::statement(e, b).balance,
    );
    left.max(0i64)
}

/// When an instalment's grace is over: the instalment, counted from 1.
pub(super) fn grace_ends(e: &Emit<'_>) -> Func {
    e.func("grace_ends", &[I32], Some(I64), true, |e, b| give_end(e, b, |form| form.grace))
}

/// When an instalment is overdue for so long that the plan is breached.
pub(super) fn overdue_ends(e: &Emit<'_>) -> Func {
    e.func("overdue_ends", &[I32], Some(I64), true, |e, b| give_end(e, b, |form| form.breach_overdue))
}

fn give_end(e: &Emit<'_>, b: &mut Body, length: impl Fn(&Plan) -> Option<ExprId>) {
    let day = b.call(due_day(e), &[b.arg(0)]);
    let plan = b.keep(plan(e).get());
    by_plan(e, b, &plan, |b, form| {
        let Some(length) = length(form) else { return };
        let length = b.call(expressions::value_of(e, length, Mode::Quiet), &[]);
        let end = b.call(end_of_limit(e), &[day.clone(), length]);
        b.give(end);
    });
    let after = b.call(days::add_days(e), &[day.clone(), 1.into()]);
    let end = b.call(run::begin(e), &[after]);
    b.give(end);
}

/// When a time limit from the end of a day is over.
fn end_of_limit(e: &Emit<'_>) -> Func {
    e.func("end_of_limit", &[I32, I64], Some(I64), true, |e, b| {
        let (day, length) = (b.arg(0), b.arg(1));
        b.when(calendars::unit_of(&length).eq(HOURS), |b| {
            let after = b.call(days::add_days(e), &[day.clone(), 1.into()]);
            let begins = b.call(run::begin(e), &[after]);
            let seconds = calendars::amount_of(&length).wide().mul(3_600i64);
            let end = b.call(zones::add_seconds(e), &[begins, seconds]);
            b.give(end);
        });
        let last = b.call(calendars::add(e), &[day, length.clone(), e.case.calendar.get()]);
        let after = b.call(days::add_days(e), &[last, 1.into()]);
        let end = b.call(run::begin(e), &[after]);
        b.give(end);
    })
}
