//! Events that correct earlier ones: what would have been different is noted, and nothing is undone.

use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::deliver::event;
use super::expressions::{self, Mode};
use super::layout::NO_DAY;
use super::module::{Emit, fault, signed};
use super::run::{self, At, NONE, entry};
use super::state::{Around, Place, SLOT, Slot};
use super::timers;
use super::who::{self, Who};
use Width::{I32, I64};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{ExprId, On, Trigger, Type};

/// What a note says, first of all.
mod note {
    pub(super) const DATE: i32 = 0;
    pub(super) const REFUNDED: i32 = 1;
}

/// A trigger that acted for the day that its date is: its number, and the day.
const ACTED: i32 = 8;

/// What was refunded of a payment that is undone.
pub(super) fn refunded(e: &Emit<'_>) -> At {
    At::named(e, "refunded", I64)
}

/// How many triggers are remembered.
fn count(e: &Emit<'_>) -> At {
    At::named(e, "acted_for", I32)
}

/// The triggers on dates: number, date, offset, whether it counts back, rule.
fn dates(e: &Emit<'_>) -> Vec<(i32, ExprId, Option<ExprId>, bool, i32)> {
    let on_date = |(at, trigger): (i32, &Trigger)| match trigger.on {
        On::Date { date, offset, before } => Some((at, date, offset, before, i32::from(trigger.rule.0))),
        _ => None,
    };
    (0i32..).zip(&e.m.triggers).filter_map(on_date).collect()
}

fn has_dates(e: &Emit<'_>, who: Who) -> bool {
    who.triggers(e).iter().any(|trigger| matches!(trigger.on, On::Date { .. }))
}

/// A remembered trigger, by its number.
fn acted(e: &Emit<'_>, at: &Val) -> Val {
    // One may act for the stage and for the one before it.
    let all = e.region("acted_for_at", 2 * ACTED.cast_unsigned() * number(dates(e).len()));
    all.add(at.mul(ACTED))
}

/// Before an event that may correct dates is taken up: remembers which triggers acted for them.
pub(super) fn remember(e: &Emit<'_>, b: &mut Body) {
    refunded(e).set(b, 0i64);
    count(e).set(b, 0);
    if !dates(e).is_empty() {
        let may = may_correct(e);
        b.when(may, |b| {
            b.call(remember_all(e), &[]);
        });
    }
}

/// Whether the event under way can correct a date: a fact, an account, a deadline, or a day that was stated before.
fn may_correct(e: &Emit<'_>) -> Val {
    let is = |number: u16| event::number(e).get().eq(i32::from(number));
    let always = [Happening::Fact, Happening::ClaimReduced, Happening::DeadlineExtended];
    let always = always.iter().fold(Val::from(0), |any, happening| any.or(is(happening.id().0)));
    (0i32..).zip(&e.m.kept).fold(always, |any, (at, kept)| {
        let params = e.m.events.get(kept.event.index()).map_or(&[][..], |known| &known.params);
        let of_day = params.get(usize::from(kept.param)).is_some_and(|param| param.ty == Type::Date);
        let stated = || Cell::new(&e.case.kept.at(&at.into()), 8, Form::U8).get();
        if of_day { any.or(is(kept.event.0).and(stated())) } else { any }
    })
}

fn remember_all(e: &Emit<'_>) -> Func {
    e.func("remember_acted", &[], None, true, |e, b| {
        for who in who::watches(e).chain(who::whenevers(e)).filter(|who| has_dates(e, *who)) {
            let Some(slots) = who.slots(e) else { continue };
            b.when(slots.count().get(), |b| {
                b.call(remember_those(e, who), &[slots.at(&0.into())]);
            });
        }
        remember_place(e, b, &e.case.place(), |_, _| 1.into());
        b.when(e.case.before.0.get(), |b| {
            // The stage that `last_stage` goes back to, and what is around it alone.
            remember_place(e, b, &e.case.before(), |b, scope| b.call(who::around(e), &[scope.clone()]).eq(0));
        });
    })
}

fn remember_place(e: &Emit<'_>, b: &mut Body, place: &Place, wanted: impl FnOnce(&mut Body, &Val) -> Val) {
    let one = |e: &Emit<'_>, b: &mut Body, who: Who, slots: Val| {
        b.call(remember_those(e, who), &[slots]);
    };
    let stages = (0..who::small(e.m.stages.len())).map(Who::Stage);
    who::by_number(e, b, place.stage.get(), stages, has_dates, |e, b, who| one(e, b, who, place.slots.at(&0.into())));
    if !(0..who::small(e.m.scopes.len())).any(|at| has_dates(e, Who::Scope(at))) {
        return;
    }
    let before = b.var(0);
    run::each(b, &place.scopes, |b, _, record| {
        let around = Around::at(record);
        let scope = b.keep(around.scope.get());
        let wanted = wanted(b, &scope);
        b.when(wanted, |b| {
            who::by_scope(e, b, scope, has_dates, |e, b, who| one(e, b, who, place.scope_slots.at(&before.get())));
        });
        b.set(before, before.get().add(around.slots.get()));
    });
}

/// Those triggers of an owner that acted for the day that their date is now: where its slots begin.
fn remember_those(e: &Emit<'_>, who: Who) -> Func {
    e.func(format!("remember_{}", who.name()), &[I32], None, true, move |e, b| {
        let first = who.span(e).range().start;
        for (at, trigger) in who.triggers(e).iter().enumerate() {
            if matches!(trigger.on, On::Date { .. }) {
                let slot = b.arg(0).add(signed(SLOT * number(at)));
                b.call(remember_one(e), &[signed(number(first + at)).into(), slot]);
            }
        }
    })
}

fn remember_one(e: &Emit<'_>) -> Func {
    e.func("remember_one", &[I32, I32], None, false, |e, b| {
        let slot = Slot::at(&b.arg(1));
        let day = b.keep(slot.seen.get());
        b.when(slot.acted.get().eq(0).or(day.eq(NO_DAY)), Body::end);
        let now = day_now(e, b, b.arg(0));
        b.when(now.ne(&day), Body::end);
        let place = b.keep(acted(e, &count(e).get()));
        b.store(&Cell::new(&place, 0, Form::I32), b.arg(0));
        b.store(&Cell::new(&place, 4, Form::I32), day);
        count(e).set(b, count(e).get().add(1));
    })
}

/// The date of a trigger as it is now; [`NO_DAY`] where it is not known, or cannot be computed.
fn day_now(e: &Emit<'_>, b: &mut Body, trigger: Val) -> Val {
    let date = e.func("date_of_trigger", &[I32], Some(I64), true, |e, b| {
        for (at, date, ..) in dates(e) {
            b.when(b.arg(0).eq(at), |b| {
                let value = b.call(expressions::value_of(e, date, Mode::Quiet), &[]);
                b.give(value);
            });
        }
    });
    let day = b.try_call(date, &[trigger]);
    or_none(b, day.narrow())
}

/// The day on which a trigger is due by a date; [`NO_DAY`] where it cannot be counted.
fn day_of(e: &Emit<'_>, b: &mut Body, trigger: Val, day: Val) -> Val {
    let due = e.func("day_of_trigger", &[I32, I32], Some(I32), true, |e, b| {
        b.when(b.arg(1).eq(NO_DAY), |b| b.give(NO_DAY));
        for (at, _, offset, before, _) in dates(e) {
            b.when(b.arg(0).eq(at), |b| {
                let due = timers::due_by(e, b, b.arg(1), offset, before);
                let day = run::local_day(e, b, due);
                b.give(day);
            });
        }
    });
    let day = b.try_call(due, &[trigger, day]);
    or_none(b, day)
}

fn or_none(b: &mut Body, day: Val) -> Val {
    let day = b.keep(day.or_else(&fault().eq(0), NO_DAY));
    run::forgive(b);
    day
}

/// Once an event is on record: notes what would have been different.
pub(super) fn note(e: &Emit<'_>) -> Func {
    e.func("note_corrections", &[], None, true, |e, b| {
        b.when(refunded(e).get().gt(0i64), |b| {
            let from = b.keep(run::seen(e).get());
            run::tell(e, b, entry::NOTE, NONE, &from, &[note::REFUNDED.into(), refunded(e).get()]);
        });
        refunded(e).set(b, 0i64);
        if !dates(e).is_empty() {
            b.each(count(e).get(), |b, at| {
                let place = b.keep(acted(e, &at));
                let of = |at| Cell::new(&place, at, Form::I32).get();
                b.call(note_date(e), &[of(0), of(4)]);
            });
            count(e).set(b, 0);
        }
    })
}

/// Notes that a trigger would have acted for another day: its number, the day for which it acted.
fn note_date(e: &Emit<'_>) -> Func {
    e.func("note_date", &[I32, I32], None, true, |e, b| {
        let (trigger, day) = (b.arg(0), b.arg(1));
        let now = day_now(e, b, trigger.clone());
        b.when(now.eq(&day), Body::end);
        let fired_for = day_of(e, b, trigger.clone(), day);
        b.when(fired_for.eq(NO_DAY), Body::end);
        let now = day_of(e, b, trigger.clone(), now);
        let from = b.keep(run::seen(e).get());
        let rule = b.var(NONE);
        for (at, .., of) in dates(e) {
            b.when(trigger.eq(at), |b| b.set(rule, of));
        }
        run::tell(e, b, entry::NOTE, rule.get(), &from, &[note::DATE.into(), fired_for, now]);
    })
}
