//! Holds: what stops a case, and how it goes on.

use super::actions;
use super::code::{Body, Func, Val, Width};
use super::expressions::{self, Mode};
use super::faults::Bound;
use super::layout::{NO_DAY, NO_INSTANT};
use super::module::Emit;
use super::run::{self, NONE, entry};
use super::state::{self, FreeDays};
use super::who::{self, Who};
use super::{days, ledger, plans, stages, timers};
use Width::{I32, I64};
use dunlin_machine::ir::{HoldEnd, RuleId, TextId};

/// Whether a hold does not stop what a rule did: a watch, or a rule whose own hold still stands.
pub(super) fn goes_through(e: &Emit<'_>) -> Func {
    e.func("goes_through", &[I32, I32], Some(I32), false, |e, b| {
        let (owner, body) = (b.arg(0), b.arg(1));
        b.when(owner.and(255).eq(3), |b| b.give(1));
        let key = b.keep(run::rule_key(&owner, &body));
        let own = run::any(b, &e.case.holds, |_, record| state::Hold::at(record).by.get().eq(&key));
        b.give(own);
    })
}

/// A case that is held, and not by what is at work.
pub(super) fn stopped_by_hold(e: &Emit<'_>, b: &mut Body) -> Val {
    b.choose(
        e.case.holds.count().get().eq(0),
        |_| 0.into(),
        |b| {
            let through = b.call(goes_through(e), &[run::owner(e).get(), run::body(e).get()]);
            through.not()
        },
    )
}

/// `pause`: sets a hold, or renews the one of that reason.
pub(super) fn pause(e: &Emit<'_>, b: &mut Body, rule: RuleId, reason: TextId, ends: HoldEnd, without_interest: bool) {
    let from = b.keep(run::seen(e).get());
    let until = match ends {
        HoldEnd::Open => NO_INSTANT.into(),
        HoldEnd::For(length) => {
            let length = b.call(expressions::value_of(e, length, Mode::Noted), &[]);
            b.call(run::due_in(e), &[length, 0.into()])
        }
        HoldEnd::Until(date) => {
            let date = expressions::day(e, b, date, Mode::Noted);
            let tomorrow = b.call(days::add_days(e), &[run::today(e).get(), 1.into()]);
            b.call(run::begin(e), &[date.max(tomorrow)])
        }
    };
    run::paused(e).set(b, 1);
    let by = run::rule_key(&run::owner(e).get(), &run::body(e).get());
    let reason = i64::from(reason.0);
    b.call(set_hold(e), &[reason.into(), until.clone(), i32::from(without_interest).into(), by]);
    run::tell(e, b, entry::PAUSED, i32::from(rule.0), &from, &[reason.into(), until]);
}

/// Sets a hold; one of the same reason keeps its beginning.
pub(super) fn set_hold(e: &Emit<'_>) -> Func {
    e.func("set_hold", &[I64, I64, I32, I32], None, true, |e, b| {
        let at = run::find(b, &e.case.holds, |b, record| state::Hold::at(record).reason.get().eq(b.arg(0)));
        let position = b.choose(
            at.ne(NONE),
            |b| b.keep(e.case.holds.at(&at)),
            |b| {
                let position = run::push_one_of(e, b, &e.case.holds, Bound::Holds);
                b.store(&state::Hold::at(&position).since, e.case.now.get());
                position
            },
        );
        let hold = state::Hold::at(&position);
        b.store(&hold.reason, b.arg(0));
        b.store(&hold.until, b.arg(1));
        b.store(&hold.without_interest, b.arg(2));
        b.store(&hold.by, b.arg(3));
        let held = e.case.held_since.get();
        b.when(held.eq(NO_INSTANT), |b| b.store(&e.case.held_since, e.case.now.get()));
        b.call(follow_holds(e), &[]);
    })
}

/// `whenever` blocks wait, and interest rests, as the holds say.
fn follow_holds(e: &Emit<'_>) -> Func {
    e.func("follow_holds", &[], None, true, |e, b| {
        b.call(follow_rest(e), &[]);
        for who in who::whenevers(e) {
            let Who::Whenever(w) = who else { continue };
            let key = i32::from(w) << 8;
            let waits = run::any(b, &e.case.holds, |_, record| state::Hold::at(record).by.get().eq(key));
            let since = super::code::Cell::new(&e.case.whenevers.at(&i32::from(w).into()), 0, super::code::Form::I64);
            let waited = b.keep(since.get().ne(NO_INSTANT));
            b.when(waits.and(waited.not()), |b| {
                b.store(&since, e.case.now.get());
                b.call(timers::open_slots(e, who), &[]);
            });
            b.when(waits.not().and(&waited), |b| {
                b.store(&since, NO_INSTANT);
                if let Some(slots) = who.slots(e) {
                    b.store(&slots.count(), 0);
                }
            });
        }
    })
}

/// Interest rests while a hold or the active plan says so.
pub(super) fn follow_rest(e: &Emit<'_>) -> Func {
    e.func("follow_rest", &[], None, true, |e, b| {
        let held = run::any(b, &e.case.holds, |_, record| state::Hold::at(record).without_interest.get());
        b.call(rest_interest(e), &[held.or(plans::rests(e))]);
    })
}

/// Interest rests from a day on, or runs again from the day after one.
fn rest_interest(e: &Emit<'_>) -> Func {
    e.func("rest_interest", &[I32], None, true, |e, b| {
        let (begins, today) = (b.arg(0), run::today(e).get());
        ledger::account_changes(e, b);
        let runs = &e.case.free_days;
        let open = run::find(b, runs, |_, record| FreeDays::at(record).until.get().eq(NO_DAY));
        b.when(open.ne(NONE), |b| {
            b.when(&begins, Body::end);
            let record = b.keep(runs.at(&open));
            let run = FreeDays::at(&record);
            b.either(
                run.from.get().gt(&today),
                |b| b.store(&runs.count(), runs.count().get().sub(1)),
                |b| b.store(&run.until, &today),
            );
            b.end();
        });
        b.when(begins.not(), Body::end);
        b.when(runs.count().get(), |b| {
            let last = b.keep(runs.at(&runs.count().get().sub(1)));
            let run = FreeDays::at(&last);
            b.when(run.until.get().eq(&today), |b| {
                b.store(&run.until, NO_DAY);
                b.end();
            });
        });
        let tomorrow = b.call(days::add_days(e), &[today, 1.into()]);
        let position = run::push_one_of(e, b, runs, Bound::InterestRests);
        let run = FreeDays::at(&position);
        b.store(&run.from, tomorrow);
        b.store(&run.until, NO_DAY);
    })
}

/// Ends the hold of that reason, if there is one.
pub(super) fn resume(e: &Emit<'_>) -> Func {
    e.func("resume", &[I64], None, true, |e, b| {
        let at = run::find(b, &e.case.holds, |b, record| state::Hold::at(record).reason.get().eq(b.arg(0)));
        b.when(at.ne(NONE), |b| {
            b.call(end_hold(e), &[at.clone()]);
        });
    })
}

/// Ends a hold; with the last one the case goes on.
pub(super) fn end_hold(e: &Emit<'_>) -> Func {
    e.func("end_hold", &[I32], None, true, |e, b| {
        let holds = &e.case.holds;
        b.when(b.arg(0).lt_u(holds.count().get()).not(), Body::end);
        let record = b.keep(holds.at(&b.arg(0)));
        let reason = b.keep(state::Hold::at(&record).reason.get());
        run::remove(e, b, holds, &b.arg(0));
        let mark = b.keep(run::seen(e).get());
        run::tell(e, b, entry::RESUMED, NONE, &mark, &[reason]);
        b.call(follow_holds(e), &[]);
        b.when(holds.count().get(), Body::end);
        let held = b.keep(e.case.held_since.get());
        b.store(&e.case.held_since, NO_INSTANT);
        b.when(held.ne(NO_INSTANT), |b| {
            b.call(stages::shift_by_hold(e), &[held.clone()]);
        });
        b.call(run_stopped(e), &[]);
    })
}

/// What the hold stopped runs in its order.
fn run_stopped(e: &Emit<'_>) -> Func {
    e.func("run_stopped", &[], None, true, |e, b| {
        let waited = b.call(stages::moves_wait(e), &[]);
        let (stopped, holds) = (&e.case.stopped, &e.case.holds);
        b.while_(
            |_| stopped.count().get().ne(0).and(holds.count().get().eq(0)),
            |b| {
                let record = state::Stopped::at(&stopped.at(&0.into()));
                let fields = [
                    (run::owner(e), b.keep(record.owner.get())),
                    (run::body(e), b.keep(record.body.get())),
                    (run::run(e), b.keep(record.run.get())),
                    (run::person(e), b.keep(record.person.get())),
                ];
                let action = b.keep(record.action.get());
                run::remove(e, b, stopped, &0.into());
                run::aside(e, b, |b| {
                    fields.into_iter().for_each(|(at, value)| at.set(b, value));
                    run::paused(e).set(b, 0);
                    b.call(actions::run_action_again(e), &[action]);
                });
            },
        );
        b.call(stages::release_moves(e), &[waited]);
    })
}

/// An outcome ends every hold; what the running body put in the queue runs at once.
pub(super) fn end_holds_silently(e: &Emit<'_>) -> Func {
    e.func("end_holds_silently", &[], None, true, |e, b| {
        b.store(&e.case.holds.count(), 0);
        b.store(&e.case.held_since, NO_INSTANT);
        b.call(follow_holds(e), &[]);
        b.call(run_stopped(e), &[]);
    })
}
