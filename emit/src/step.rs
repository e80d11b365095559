//! The step: an input, every timer that is due by then, and the way back when something fails.

use super::changes::{ACCOUNT, CHANGED, Part};
use super::code::{Body, Cell, Form, Func, Val, Width};
use super::copies::copy_case;
use super::expressions::text_of;
use super::faults::{Bound, Fault};
use super::layout::NO_INSTANT;
use super::module::{Emit, fault, signed};
use super::run::{self, NONE, entry};
use super::state::{self, List};
use super::{check, corrections, deliver, holds, input, limitation, outcome, plans, store, taken, texts, timers};
use Width::{I32, I64};
use dunlin_machine::ir::EffectKind;

/// A step fires at most so many timers: rules may bring each other about without end, by stages that are entered anew.
const MOST_TIMERS: i32 = 100_000;

/// Time goes by, up to an instant; gives 0, or what failed: then the case is as it was.
pub(super) fn advance(e: &Emit<'_>) -> Func {
    e.func("advance", &[I64], Some(I32), false, |e, b| {
        begin_outcome(e, b);
        b.when(store::present(e).get().not(), |b| b.give(Fault::Unreadable.number()));
        b.when(b.arg(0).lt(e.case.now.get()), |b| b.give(Fault::Earlier.number()));
        b.call(copy_case(e, 0, 1), &[]);
        if e.twice {
            b.call(let_go_by(e), &[b.arg(0)]);
            end_anew(e, b);
        }
        b.call(let_go_by(e), &[b.arg(0)]);
        end_step(e, b);
        b.give(fault());
    })
}

/// Something happened: the event's number, the length of what says it, when; gives 0, or what failed: then the case is as it was.
pub(super) fn step(e: &Emit<'_>) -> Func {
    e.func("step", &[I32, I32, I64], Some(I32), false, |e, b| {
        begin_outcome(e, b);
        b.when(store::present(e).get().not(), |b| b.give(Fault::Unreadable.number()));
        b.try_call(read_mark(e), &[b.arg(1)]);
        b.when(fault().ne(0), |b| b.give(fault()));
        let mark = own_mark(e).get();
        let again = run::any(b, &e.case.recent, |_, record| state::Recent::at(record).mark.get().eq(&mark));
        b.when(again, |b| {
            b.call(run::begin_chain(e), &[]);
            b.try_call(timers::earliest(e), &[]);
            outcome::already_taken(e).set(b, fault().eq(0));
            b.give(fault());
        });
        b.when(b.arg(2).lt(e.case.now.get()), |b| b.give(Fault::Earlier.number()));
        b.call(copy_case(e, 0, 1), &[]);
        if e.twice {
            b.call(take_event(e), &[b.arg(0), b.arg(1), b.arg(2)]);
            end_anew(e, b);
        }
        b.call(take_event(e), &[b.arg(0), b.arg(1), b.arg(2)]);
        end_step(e, b);
        b.give(fault());
    })
}

/// Takes an event at an instant, and fires what is due by then; what fails stands in the fault.
fn take_event(e: &Emit<'_>) -> Func {
    e.func("take_event", &[I32, I32, I64], None, false, |e, b| {
        b.store(&e.case.now, b.arg(2));
        super::stays::found(e).set(b, 0);
        b.try_call(take(e), &[b.arg(0), b.arg(1)]);
        b.when(fault().eq(0), |b| {
            b.try_call(fire_due(e), &[0.into()]);
        });
    })
}

/// Lets time go by up to an instant; what fails stands in the fault.
fn let_go_by(e: &Emit<'_>) -> Func {
    e.func("let_go_by", &[I64], None, false, |e, b| {
        b.store(&e.case.now, b.arg(0));
        b.try_call(fire_due(e), &[1.into()]);
    })
}

/// Goes back to the case before the input, with nothing told: what was done will be done once more.
fn end_anew(e: &Emit<'_>, b: &mut Body) {
    b.call(copy_case(e, 1, 0), &[]);
    super::stays::found(e).set(b, 0);
    begin_outcome(e, b);
}

/// The mark of the event's own id; -1 where it has none.
pub(super) fn own_mark(e: &Emit<'_>) -> run::At {
    run::At::named(e, "own_mark", I64)
}

fn read_mark(e: &Emit<'_>) -> Func {
    e.func("read_mark", &[I32], None, true, |e, b| {
        own_mark(e).set(b, i64::from(NONE));
        input::each_item(e, b, &b.arg(0), |b, item| {
            b.when(item.field.eq(input::field::ID), |b| {
                let mark = b.call(texts::mark_of(e), &[item.text.clone(), item.length.clone()]);
                own_mark(e).set(b, mark);
            });
        });
    })
}

/// Takes an event: checks it, remembers its id, takes it up, lets the rules see it, and what follows.
fn take(e: &Emit<'_>) -> Func {
    e.func("take", &[I32, I32], None, true, |e, b| {
        b.call(run::begin_chain(e), &[]);
        b.call(check::check(e), &[b.arg(0), b.arg(1)]);
        let recent = &e.case.recent;
        b.when(own_mark(e).get().ne(i64::from(NONE)), |b| {
            b.when(recent.count().get().lt_u(signed(recent.most())).not(), |b| run::remove(e, b, recent, &0.into()));
            let position = run::push(e, b, recent);
            b.store(&state::Recent::at(&position).mark, own_mark(e).get());
        });
        corrections::remember(e, b);
        run::person(e).set(b, deliver::event::person(e).get());
        b.call(taken::take_up(e), &[]);
        if !e.m.plans.is_empty() {
            b.call(plans::complete(e), &[]);
        }
        b.call(run::begin_context(e), &[]);
        b.call(deliver::deliver(e), &[]);
        b.call(follow(e), &[]);
    })
}

/// Nothing is told yet.
pub(super) fn begin_outcome(e: &Emit<'_>, b: &mut Body) {
    run::forgive(b);
    b.set_global(CHANGED, Val::global(CHANGED, I32).or(ACCOUNT));
    for at in [run::entries(e), run::seen(e), run::with(e), run::without(e), run::runs(e), outcome::already_taken(e)] {
        at.set(b, 0);
    }
    b.clear(super::stages::exiting(e), super::code::number(e.m.scopes.len()));
}

/// A step that failed leaves the case as it was; one that did not leaves no trace of its body runs.
pub(super) fn end_step(e: &Emit<'_>, b: &mut Body) {
    b.when(fault().ne(0), |b| {
        b.call(copy_case(e, 1, 0), &[]);
        forget_told(e, b);
    });
    b.call(forget_runs(e), &[]);
}

/// Nothing was told.
pub(super) fn forget_told(e: &Emit<'_>, b: &mut Body) {
    for at in [run::entries(e), run::seen(e), run::with(e), run::without(e)] {
        at.set(b, 0);
    }
}

/// Body runs are told apart within one step only: what is left of them must not show in the stored case.
pub(super) fn forget_runs(e: &Emit<'_>) -> Func {
    e.func("forget_runs", &[], None, false, |e, b| {
        let case = &e.case;
        let before = case.before();
        let clear = |b: &mut Body, list: &List, run: fn(&Val) -> Cell| {
            // One that is not 0 was written in this step, and said to change then.
            run::each(b, list, |b, _, record| b.store(&run(record).of(Part::NONE), 0));
        };
        clear(b, &case.waiting, |r| state::Waiting::at(r).run);
        clear(b, &case.stopped, |r| state::Stopped::at(r).run);
        clear(b, &case.tasks, |r| state::Task::at(r).run);
        clear(b, &case.calls, |r| state::Call::at(r).run);
        clear(b, &case.approvals, |r| state::Approval::at(r).run);
        b.when(case.before.0.get(), |b| {
            clear(b, &before.tasks, |r| state::Task::at(r).run);
            clear(b, &before.calls, |r| state::Call::at(r).run);
            clear(b, &before.approvals, |r| state::Approval::at(r).run);
        });
    })
}

/// Fires every timer that is due, one at a time; one that fails is undone and spent, and the case pauses. The argument says
/// that the copy before the input is the case as it stands but for the clock: the first timer needs no other.
pub(super) fn fire_due(e: &Emit<'_>) -> Func {
    e.func("fire_due", &[I32], None, true, |e, b| {
        let now = b.keep(e.case.now.get());
        b.each(MOST_TIMERS, |b, round| {
            b.call(run::begin_chain(e), &[]);
            b.call(timers::earliest(e), &[]);
            let due = b.keep(timers::next_due(e));
            b.when(due.gt(&now), Body::end);
            let timer = b.keep(timers::next_timer(e));
            super::stays::found(e).set(b, 0);
            let first = b.keep(b.arg(0).and(round.eq(0)));
            b.when(first.not(), |b| {
                b.call(copy_case(e, 0, 2), &[]);
            });
            let told = [run::entries(e), run::seen(e), run::with(e), run::without(e)];
            let marks: Vec<Val> = told.iter().map(|at| b.keep(at.get())).collect();
            let go_back = |b: &mut Body| {
                run::forgive(b);
                b.either(&first, |b| _ = b.call(copy_case(e, 1, 0), &[]), |b| _ = b.call(copy_case(e, 2, 0), &[]));
                b.store(&e.case.now, &now);
                told.iter().zip(&marks).for_each(|(at, mark)| at.set(b, mark));
                b.call(run::begin_chain(e), &[]);
            };
            b.call(run::begin_chain(e), &[]);
            if e.twice {
                b.try_call(fire_and_follow(e), &[timer.clone(), due.clone()]);
                go_back(b);
            }
            b.try_call(fire_and_follow(e), &[timer.clone(), due]);
            b.when(fault().ne(0), |b| {
                // What only modules bound fails the whole step: the same case goes on elsewhere.
                b.when(only_here(), Body::end);
                let (why, about) = (b.keep(fault()), b.keep(run::fault_about().get()));
                go_back(b);
                b.call(fail_timer(e), &[timer.clone(), why, about]);
            });
        });
        run::too_many(b, Bound::Timers, MOST_TIMERS.cast_unsigned());
    })
}

/// Whether the fault under way is about a bound that a case has in modules alone.
fn only_here() -> Val {
    let about = run::fault_about().get().narrow().and(0xffff);
    let bounds = [Bound::Things, Bound::Told, Bound::Raised, Bound::Letters];
    let any = bounds.into_iter().map(|bound| about.eq(bound.number())).reduce(|any, one| any.or(one));
    run::is_fault(Fault::Bound).and(any.unwrap_or(0.into()))
}

fn fire_and_follow(e: &Emit<'_>) -> Func {
    e.func("fire_and_follow", &[I64, I64], None, true, |e, b| {
        b.call(timers::fire(e), &[b.arg(0), b.arg(1)]);
        b.call(follow(e), &[]);
    })
}

/// What follows an event or a timer.
pub(super) fn follow(e: &Emit<'_>) -> Func {
    e.func("follow", &[], None, true, |e, b| {
        b.call(run::begin_context(e), &[]);
        b.call(deliver::drain(e), &[]);
        b.call(deliver::settle(e), &[]);
        limitation::look_at_suspensions(e, b);
    })
}

/// Spends a timer whose step failed, and pauses the case with an alarm.
fn fail_timer(e: &Emit<'_>) -> Func {
    e.func("fail_timer", &[I64, I32, I64], None, true, |e, b| {
        let rule = b.call(timers::rule_of_timer(e), &[b.arg(0)]);
        b.call(timers::give_up(e), &[b.arg(0)]);
        let reason = learn_own(e, b, "step_failed");
        b.call(holds::set_hold(e), &[reason.clone(), NO_INSTANT.into(), 0.into(), NONE.into()]);
        let from = b.keep(run::seen(e).get());
        run::tell(e, b, entry::PAUSED, rule.clone(), &from, &[reason, NO_INSTANT.into()]);
        let what = [run::alarm::STEP_FAILED.into(), b.arg(1), b.arg(2)];
        run::effect(e, b, run::kind(EffectKind::Alarm), rule, &from, &what);
    })
}

/// The text value of a word of ours: the machine's, or one that the case learns.
pub(super) fn learn_own(e: &Emit<'_>, b: &mut Body, word: &str) -> Val {
    match text_of(e, word) {
        at if at >= 0 => at.into(),
        _ => {
            let bytes = e.constant(word.as_bytes());
            b.call(learn(e), &[bytes, signed(super::code::number(word.len())).into()])
        }
    }
}

/// The text value of bytes that the machine does not know: the case learns them.
pub(super) fn learn(e: &Emit<'_>) -> Func {
    e.func("learn", &[I32, I32], Some(I64), true, |e, b| {
        let at = run::find(b, &e.case.texts, |b, record| b.call(is_name(e), &[record.clone(), b.arg(0), b.arg(1)]));
        b.when(at.ne(NONE), |b| b.give(Val::from(-1i64).sub(at.wide())));
        let position = run::push(e, b, &e.case.texts);
        b.call(store::keep_name(e), &[position, b.arg(0), b.arg(1)]);
        b.give(Val::from(0i64).sub(e.case.texts.count().get().wide()));
    })
}

/// Whether a name of the case is some bytes.
pub(super) fn is_name(e: &Emit<'_>) -> Func {
    e.func("is_name", &[I32, I32, I32], Some(I32), false, |_, b| {
        let name = b.arg(0);
        b.when(Cell::new(&name, 4, Form::I32).get().ne(b.arg(2)), |b| b.give(0));
        let at = b.keep(Cell::new(&name, 0, Form::I32).get());
        b.each(b.arg(2), |b, n| {
            let differs = Cell::new(&at.add(&n), 0, Form::U8).get().ne(Cell::new(&b.arg(1).add(n), 0, Form::U8).get());
            b.when(differs, |b| b.give(0));
        });
        b.give(1);
    })
}
