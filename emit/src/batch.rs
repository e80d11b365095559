//! A log of many steps in one call: cases that are opened or restored, events, time that goes by, cases that are saved.
//!
//! The host of a log is punctual: before each record the case is woken at every instant that is due. What the steps tell stands one
//! after another, so the lists of what is told move on after each of them.

use super::code::{Body, Cell, Form, Func, Val, Width};
use super::faults::Fault;
use super::module::{Emit, fault, signed};
use super::run::{self, At};
use super::{open, outcome, step, store, timers};
use Width::{I32, I64};

/// The size of what a record begins with: when (8 bytes), what (4), the length of what follows (4).
const HEAD: i32 = 16;

/// What a record is that is no event; an event is its number.
mod record {
    /// Time goes by.
    pub(super) const TIME: i32 = -1;
    /// A case opens with the items that follow.
    pub(super) const OPEN: i32 = -2;
    /// The stored case that follows is read.
    pub(super) const RESTORE: i32 = -3;
    /// The case is stored.
    pub(super) const SAVE: i32 = -4;
}

/// That a stored case finds no room any more.
const NO_ROOM: i32 = -1;

/// The size of a step of the log: the record of [`outcome`], when, what the verb gave, the number of its record, and where the
/// stored case lies and how long it is.
const STEP: u32 = 80;
/// How many steps one call tells.
const MOST_STEPS: u32 = 1_024;

/// How many steps were told.
fn steps(e: &Emit<'_>) -> At {
    At::named(e, "steps", I32)
}

fn steps_at(e: &Emit<'_>) -> Val {
    e.region("steps_at", STEP * MOST_STEPS)
}

/// Where stored cases are left, and how many bytes are.
fn saves_at(e: &Emit<'_>) -> Val {
    e.region("saves_at", store::LONGEST)
}

fn saved(e: &Emit<'_>) -> At {
    At::named(e, "saved", I32)
}

/// When the case is due next; [`timers::NEVER`] where it is not.
fn due(e: &Emit<'_>) -> At {
    At::named(e, "due", I64)
}

/// The number of the record that is at work.
fn number(e: &Emit<'_>) -> At {
    At::named(e, "record", I32)
}

/// A list of what is told: where it begins, how many it holds, and the size of each.
fn lists(e: &Emit<'_>) -> [(At, At, i32); 4] {
    let list = |name: &'static str, count: At, size: u32| (At::named(e, name, I32), count, signed(size));
    [
        list("entries_at", run::entries(e), run::ENTRY),
        list("seen_at", run::seen(e), run::SEEN),
        list("with_at", run::with(e), run::WITH),
        list("without_at", run::without(e), run::WITHOUT),
    ]
}

/// The exported `steps`: the position of how many steps the last log told (4 bytes) and where they stand (4).
pub(super) fn told(e: &Emit<'_>) -> Func {
    e.func("steps", &[], Some(I32), false, |e, b| {
        let told = e.region("steps_told", 8);
        b.store(&Cell::new(&told, 0, Form::I32), steps_at(e));
        b.store(&Cell::new(&told, 4, Form::I32), steps(e).get());
        b.give(told);
    })
}

/// The exported `run`: does the records of a log of so many bytes, in order, until its lists are full; gives how many bytes it has
/// done.
pub(super) fn run(e: &Emit<'_>) -> Func {
    e.func("run", &[I32], Some(I32), false, |e, b| {
        let given = At::named(e, "given", I32);
        let (log, end) = (b.keep(store::given(e)), b.arg(0));
        let first: Vec<Val> = lists(e).iter().map(|(at, ..)| b.keep(at.get())).collect();
        let at = b.var(0);
        [steps(e), saved(e), number(e)].iter().for_each(|count| count.set(b, 0));
        b.call(look_ahead(e), &[]);
        b.block(|b, full| {
            b.while_(
                |_| at.get().lt(&end),
                |b| {
                    leave_when_full(e, b, full, &first);
                    let place = b.keep(log.add(at.get()));
                    let left = b.keep(end.sub(at.get()).sub(HEAD));
                    let length = b.keep(Cell::new(&place, 12, Form::I32).get());
                    b.when(left.lt(0).or(left.lt_u(&length)), |b| {
                        b.call(tell(e), &[0i64.into(), Fault::Malformed.number().into()]);
                        b.set(at, &end);
                        b.leave(full);
                    });
                    given.set(b, place.add(HEAD));
                    let done = b.call(one(e), &[place]);
                    given.set(b, &log);
                    b.leave_when(full, done.lt(0));
                    b.when(done, |b| {
                        number(e).set(b, number(e).get().add(1));
                        b.set(at, at.get().add(HEAD).add(length.add(7).and(-8)));
                    });
                },
            );
        });
        lists(e).iter().zip(first).for_each(|((at, ..), first)| at.set(b, first));
        step::forget_told(e, b);
        b.give(at.get().min(&end));
    })
}

/// Leaves where another step might find no room for what it tells.
fn leave_when_full(e: &Emit<'_>, b: &mut Body, full: super::code::Label, first: &[Val]) {
    b.leave_when(full, steps(e).get().ge(signed(MOST_STEPS)));
    for ((at, _, size), first) in lists(e).iter().zip(first) {
        b.leave_when(full, at.get().sub(first).gt(signed(run::MORE_TOLD) * size));
    }
}

/// When the case as it stands is due next.
fn look_ahead(e: &Emit<'_>) -> Func {
    e.func("look_ahead", &[], None, false, |e, b| {
        step::begin_outcome(e, b);
        due(e).set(b, timers::NEVER);
        b.when(store::present(e).get(), |b| {
            b.call(run::begin_chain(e), &[]);
            b.try_call(timers::earliest(e), &[]);
            b.when(fault().eq(0), |b| due(e).set(b, timers::next_due(e)));
            run::forgive(b);
        });
    })
}

/// Does a record, at a position: 1 where it is done, 0 where the case was woken before it, less where a stored case finds no room.
fn one(e: &Emit<'_>) -> Func {
    e.func("run_record", &[I32], Some(I32), false, |e, b| {
        let place = b.arg(0);
        let when = b.keep(Cell::new(&place, 0, Form::I64).get());
        let what = b.keep(Cell::new(&place, 8, Form::I32).get());
        let length = b.keep(Cell::new(&place, 12, Form::I32).get());
        let there = store::present(e).get();
        let time = b.keep(what.eq(record::TIME));
        let before = due(e).get().lt(&when).or(time.and(due(e).get().eq(&when)));
        b.when(there.and(what.ge(record::TIME)).and(before), |b| {
            wake(e, b);
            b.give(0);
        });
        b.when(what.ge(0), |b| {
            told_by(e, b, &when, |b| b.call(step::step(e), &[what.clone(), length.clone(), when.clone()]));
        });
        b.when(time.and(there.not().or(e.case.now.get().lt(&when))), |b| {
            told_by(e, b, &when, |b| b.call(step::advance(e), &[when.clone()]));
        });
        b.when(what.eq(record::OPEN), |b| {
            due(e).set(b, timers::NEVER);
            told_by(e, b, &when, |b| b.call(open::open(e), &[length.clone(), when.clone()]));
        });
        b.when(what.eq(record::RESTORE), |b| {
            let status = b.call(store::restore_case(e), &[length.clone()]);
            b.call(look_ahead(e), &[]);
            b.call(tell(e), &[e.case.now.get(), status]);
        });
        b.when(what.eq(record::SAVE), |b| save(e, b));
        b.when(what.lt(record::SAVE), |b| {
            b.call(tell(e), &[when.clone(), Fault::Malformed.number().into()]);
        });
        b.give(1);
    })
}

/// Wakes the case at what is due; what does not happen then is not waited for.
fn wake(e: &Emit<'_>, b: &mut Body) {
    let before = b.keep(due(e).get());
    let at = b.keep(before.max(e.case.now.get()));
    let status = told_by(e, b, &at, |b| b.call(step::advance(e), &[at.clone()]));
    b.when(status.ne(0).or(due(e).get().eq(before)), |b| due(e).set(b, timers::NEVER));
}

/// Calls a verb, and tells what it told; gives what the verb gave. Where it refused, what is due next stays.
fn told_by(e: &Emit<'_>, b: &mut Body, at: &Val, verb: impl FnOnce(&mut Body) -> Val) -> Val {
    let status = verb(b);
    b.when(status.eq(0), |b| due(e).set(b, timers::next_due(e)));
    b.call(tell(e), &[at.clone(), status.clone()]);
    status
}

/// Leaves the stored case behind those before it.
fn save(e: &Emit<'_>, b: &mut Body) {
    let length = b.call(store::save(e), &[]);
    let end = b.keep(saved(e).get().add(length.add(7).and(-8)));
    b.when(end.gt(signed(store::LONGEST)), |b| b.give(NO_ROOM));
    let place = b.keep(saves_at(e).add(saved(e).get()));
    b.copy(place.clone(), store::result(e), length.clone());
    saved(e).set(b, end);
    step::begin_outcome(e, b);
    let step = b.keep(steps_at(e).add(steps(e).get().mul(signed(STEP))));
    b.call(tell(e), &[e.case.now.get(), 0.into()]);
    b.store(&Cell::new(&step, 72, Form::I32), place);
    b.store(&Cell::new(&step, 76, Form::I32), length);
}

/// Adds a step: when, and what the verb gave. What it told stays, and the lists go on after it.
fn tell(e: &Emit<'_>) -> Func {
    e.func("tell_step", &[I64, I32], None, false, |e, b| {
        let step = b.keep(steps_at(e).add(steps(e).get().mul(signed(STEP))));
        let told = b.call(outcome::outcome(e), &[]);
        b.copy_apart(step.clone(), told, outcome::TOLD);
        // What a refused verb found out of what would have been due is not true of the case.
        let next = super::layout::NO_INSTANT;
        b.store(
            &Cell::new(&step, 40, Form::I64),
            Val::from(next).or_else(&due(e).get().eq(timers::NEVER), due(e).get()),
        );
        b.store(&Cell::new(&step, 56, Form::I64), b.arg(0));
        b.store(&Cell::new(&step, 64, Form::I32), b.arg(1));
        b.store(&Cell::new(&step, 68, Form::I32), number(e).get());
        b.store(&Cell::new(&step, 72, Form::I64), 0i64);
        steps(e).set(b, steps(e).get().add(1));
        for (at, count, size) in lists(e) {
            at.set(b, at.get().add(count.get().mul(size)));
        }
    })
}
