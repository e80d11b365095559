//! Substitutes of tasks: who is asked next while a task stays open.

use super::actions::{self, text};
use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::expressions::{self, Mode};
use super::faults::Fault;
use super::layout::NO_INSTANT;
use super::module::{Emit, signed};
use super::numbers::require;
use super::run;
use super::state;
use super::timers::NEVER;
use super::{calendars, days, zones};
use Width::{I32, I64};
use dunlin_machine::ir::{Action, ExprId, Task};

/// The tasks of the machine that have substitutes.
fn tasks<'m>(e: &Emit<'m>) -> impl Iterator<Item = (i32, &'m Action, &'m Task)> {
    actions::tasks(e).filter(|(_, _, task)| !task.substitutes.is_empty())
}

/// Whether a task of the machine has substitutes.
pub(super) fn any(e: &Emit<'_>) -> bool {
    tasks(e).next().is_some()
}

/// How long after it is opened a task asks each substitute.
pub(super) fn limits(e: &Emit<'_>) -> impl Iterator<Item = ExprId> {
    tasks(e).flat_map(|(_, _, task)| task.substitutes.iter().map(|(_, limit)| *limit))
}

/// An instant as a task keeps it: seconds since the case was opened, and 1 more.
pub(super) fn seconds_open(e: &Emit<'_>) -> Func {
    e.func("seconds_open", &[I64], Some(I32), true, |e, b| {
        let seconds = b.keep(b.arg(0).sub(e.case.opened.get()));
        require(b, &seconds.lt_u(i64::from(u32::MAX)), Fault::Overflow);
        b.give(seconds.add(1i64).narrow());
    })
}

/// When a task that has substitutes was opened.
fn opened_at(e: &Emit<'_>, b: &mut Body, task: &state::Task) -> Val {
    let seconds = task.opened.get().wide().and(i64::from(u32::MAX)).sub(1i64);
    b.call(zones::add_seconds(e), &[e.case.opened.get(), seconds])
}

/// When a withdrawn task was opened, later by the time since then, as it is kept.
pub(super) fn opened_later(
    e: &Emit<'_>,
    b: &mut Body,
    form: &Task,
    task: &state::Task,
    later: impl FnOnce(&mut Body, &Val) -> Val,
) -> Val {
    if form.substitutes.is_empty() {
        return 0.into();
    }
    b.choose(
        task.opened.get(),
        |b| {
            let at = opened_at(e, b, task);
            let at = later(b, &at);
            b.call(seconds_open(e), &[at])
        },
        |_| 0.into(),
    )
}

/// The role that a task is asked of, after so many substitutes were asked.
pub(super) fn role_of(e: &Emit<'_>, b: &mut Body, form: &Task, asked: impl Into<Val>) -> Val {
    if form.substitutes.is_empty() {
        return text(form.role).into();
    }
    let roles = [form.role].into_iter().chain(form.substitutes.iter().map(|(role, _)| *role));
    let roles: Vec<u8> = roles.flat_map(|role| role.0.to_le_bytes()).collect();
    let asked = b.keep(asked.into());
    let there = asked.le(signed(number(form.substitutes.len())));
    let at = asked.or_else(&there, 0).mul(4);
    b.keep(Cell::new(&e.constant(&roles).add(at), 0, Form::I32).get())
}

/// When the next substitute of the task at a position comes in; [`NEVER`] where none does.
pub(super) fn next(e: &Emit<'_>) -> Func {
    e.func("next_substitute", &[I32], Some(I64), true, |e, b| {
        let open = state::Task::at(&b.arg(0));
        b.when(open.opened.get().eq(0).or(open.due.get().eq(NO_INSTANT)), |b| b.give(NEVER));
        for (at, _, task) in tasks(e) {
            for (n, (_, length)) in (0i32..).zip(&task.substitutes) {
                b.when(open.action.get().eq(at).and(open.asked.get().eq(n)), |b| {
                    let length = b.call(expressions::value_of(e, *length, Mode::Quiet), &[]);
                    let opened = opened_at(e, b, &open);
                    let comes = b.call(comes_in(e), &[opened, length]);
                    b.give(comes);
                });
            }
        }
        b.give(NEVER);
    })
}

/// When the time since a task was opened is over: after its last day, or at its instant.
fn comes_in(e: &Emit<'_>) -> Func {
    e.func("substitute_comes_in", &[I64, I64], Some(I64), true, |e, b| {
        let (opened, length) = (b.arg(0), b.arg(1));
        b.when(calendars::unit_of(&length).eq(0), |b| {
            let seconds = calendars::amount_of(&length).wide().mul(3_600i64);
            let at = b.call(zones::add_seconds(e), &[opened.clone(), seconds]);
            b.give(at);
        });
        let day = run::local_day(e, b, opened);
        let last = b.call(calendars::add(e), &[day, length, e.case.calendar.get()]);
        let after = b.call(days::add_days(e), &[last, 1.into()]);
        let at = b.call(run::begin(e), &[after]);
        b.give(at);
    })
}

/// The next substitute of the task of that number is asked; the limit stays.
pub(super) fn ask(e: &Emit<'_>) -> Func {
    e.func("ask_substitute", &[I32], None, true, |e, b| {
        let record = b.keep(e.case.tasks.at(&b.arg(0)));
        let open = state::Task::at(&record);
        let asked = b.keep(open.asked.get().add(1));
        for (at, action, task) in tasks(e) {
            b.when(open.action.get().eq(at), |b| {
                let from = b.keep(run::seen(e).get());
                let due = b.keep(run::or_instant(&open.due.get(), e.case.now.get()));
                let role = role_of(e, b, task, &asked);
                let rule = i32::from(action.rule.0);
                let effect = actions::tell_task(e, b, task, &role, rule, &from, &due, true);
                b.store(&open.effect, effect);
                b.store(&open.asked, &asked);
            });
        }
    })
}
