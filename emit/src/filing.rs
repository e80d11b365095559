//! What is filed, and which claims that leaves out; in a recess it waits.

use super::actions::{self, by, text};
use super::code::{Body, Func, Val, Width};
use super::layout::NO_INSTANT;
use super::module::{Emit, signed};
use super::run::{self, At, NONE};
use super::state::Waiting;
use super::who;
use super::{calendars, days, ledger, newcomers};
use Width::{I32, I64};
use dunlin_machine::ir::{ActionRef, Block, Does, EffectKind, Leaving, TextId, With};

/// The longest recess whose end is looked for, in days.
const LONGEST_RECESS: i32 = 400;
/// The end of a recess that is not found.
const NEVER: i64 = i64::MAX;

/// Whether a calendar of the machine has days on which nothing is filed.
pub(super) fn rests(e: &Emit<'_>) -> bool {
    e.m.calendars.iter().any(|calendar| !calendar.recesses.is_empty())
}

/// Files, or waits for the end of the recess.
pub(super) fn file(e: &Emit<'_>, at: ActionRef) -> Func {
    e.func(format!("file_{}", at.0), &[], None, true, move |e, b| {
        let Some(action) = e.m.actions.get(at.index()) else { return };
        let Does::File { form, with } = &action.does else { return };
        let rule = i32::from(action.rule.0);
        if rests(e) {
            wait(e, b, i32::from(at.0), rule, *form);
        }
        file_now(e, b, at, rule, *form, with);
    })
}

/// What waits already is dropped; in a recess the action waits. Either ends the function.
fn wait(e: &Emit<'_>, b: &mut Body, action: i32, rule: i32, form: TextId) {
    let what = || (EffectKind::File, text(form).into(), Val::from(0));
    let waits = run::any(b, &e.case.waiting, |_, record| {
        let waiting = Waiting::at(record);
        waiting.action.get().eq(action).and(waiting.person.get().eq(run::person(e).get()))
    });
    b.when(waits, |b| {
        actions::held(e, b, rule, what(), &[by::WAITS_ALREADY.into()]);
        b.end();
    });
    let ends = b.call(recess_ends(e), &[]);
    b.when(ends.ne(NO_INSTANT), |b| {
        let never = b.keep(ends.eq(NEVER));
        let until = Val::from(NO_INSTANT).or_else(&never, &ends);
        let by = [by::RECESS.into(), e.case.calendar.get(), recess(e).get()];
        actions::held_until(e, b, rule, what(), &by, until, never.clone());
        b.when(never, Body::end);
        let position = run::push(e, b, &e.case.waiting);
        let waiting = Waiting::at(&position);
        b.store(&waiting.action, action);
        b.store(&waiting.person, run::person(e).get());
        b.store(&waiting.way, 0);
        b.store(&waiting.due, &ends);
        b.store(&waiting.owner, run::owner(e).get());
        b.store(&waiting.body, run::body(e).get());
        b.store(&waiting.run, run::run(e).get());
        b.end();
    });
}

/// The recess of today, by its position in the case's calendar.
fn recess(e: &Emit<'_>) -> At {
    At::named(e, "recess", I32)
}

/// When the recess of today is over; [`NO_INSTANT`] where there is none, [`NEVER`] where it is too long.
fn recess_ends(e: &Emit<'_>) -> Func {
    e.func("recess_ends", &[], Some(I64), true, |e, b| {
        let on = |b: &mut Body, day: Val| b.call(calendars::recess_on(e), &[e.case.calendar.get(), day]);
        let at = on(b, run::today(e).get());
        recess(e).set(b, &at);
        b.when(at.eq(NONE), |b| b.give(NO_INSTANT));
        let day = b.var(run::today(e).get());
        b.each(LONGEST_RECESS, |b, _| {
            let next = b.call(days::add_days(e), &[day.get(), 1.into()]);
            b.set(day, next);
            let at = on(b, day.get());
            b.when(at.eq(NONE), |b| {
                let begins = b.call(run::begin(e), &[day.get()]);
                b.give(begins);
            });
        });
        b.give(NEVER);
    })
}

/// The recess for which a filing waited is over, by its position; gives whether it is a filing that waits there.
pub(super) fn file_at_last(e: &Emit<'_>) -> Func {
    e.func("file_at_last", &[I32], Some(I32), true, |e, b| {
        let (waiting, index) = (&e.case.waiting, b.arg(0));
        let record = b.keep(waiting.at(&index));
        let record = Waiting::at(&record);
        let action = b.keep(record.action.get());
        let is = newcomers::is_filing(e, b, action.clone());
        b.when(is.not(), |b| b.give(0));
        let fields = [
            (run::owner(e), b.keep(record.owner.get())),
            (run::because_of(e), NONE.into()),
            (run::body(e), b.keep(record.body.get())),
            (run::run(e), b.keep(record.run.get())),
            (run::person(e), b.keep(record.person.get())),
        ];
        run::remove(e, b, waiting, &index);
        let others = b.keep(waiting.count().get());
        run::aside(e, b, |b| {
            fields.into_iter().for_each(|(at, value)| at.set(b, value));
            for (at, filing) in e.m.actions.iter().enumerate().map(|(at, action)| (ActionRef(who::small(at)), action)) {
                if matches!(filing.does, Does::File { .. }) {
                    b.when(action.eq(i32::from(at.0)), |b| {
                        b.call(file(e, at), &[]);
                    });
                }
            }
        });
        // In another recess it waits again in its place.
        b.when(waiting.count().get().gt(&others).and(index.lt(&others)), |b| put_last_at(e, b, &index, &others));
        b.give(1);
    })
}

/// Moves what waits last to a place before it.
fn put_last_at(e: &Emit<'_>, b: &mut Body, index: &Val, last: &Val) {
    let waiting = &e.case.waiting;
    let size = signed(waiting.size());
    let aside = e.room("waits_again", waiting.size());
    b.changes(waiting.part());
    b.copy(&aside, waiting.at(last), size);
    b.copy(waiting.at(index).add(size), waiting.at(index), last.sub(index).mul(size));
    b.copy(waiting.at(index), aside, size);
}

/// Files a form, and says which claims that leaves out; not where it leaves out all.
fn file_now(e: &Emit<'_>, b: &mut Body, at: ActionRef, rule: i32, form: TextId, with: &With) {
    let whole = if on_the_way_out(e, at) {
        1.into()
    } else {
        let pursued = run::any(b, &e.case.persons, |_, record| e.case.person(record).channels.pursued.get());
        b.keep(pursued.not())
    };
    b.when(whole.not(), |b| {
        let held_by = b.call(ledger::nothing_left(e, true), &[]);
        b.when(&held_by, |b| {
            let what = (EffectKind::File, text(form).into(), 0.into());
            actions::held(e, b, rule, what, &[held_by.add(by::DISPUTED - 1)]);
            b.end();
        });
    });
    let from = b.keep(run::seen(e).get());
    let run = actions::with_values(e, b, with);
    let without_from = b.keep(run::without(e).get());
    b.when(whole.not(), |b| {
        ledger::without(e, b, true);
    });
    let persons = b.call(actions::persons_pursued(e), &[]);
    let what = [text(form).into(), run.0, run.1, persons, without_from, run::without(e).get()];
    run::effect(e, b, run::kind(EffectKind::File), rule, &from, &what);
}

/// Whether an action stands in a `leaving` block: then it takes back what was filed.
fn on_the_way_out(e: &Emit<'_>, at: ActionRef) -> bool {
    let within = |block: &Block| holds_action(e, *block, at);
    let of = |leaving: &[Leaving]| leaving.iter().any(|l| within(&l.body));
    e.m.stages.iter().any(|s| of(&s.leaving)) || e.m.scopes.iter().any(|s| of(&s.leaving))
}

fn holds_action(e: &Emit<'_>, block: Block, at: ActionRef) -> bool {
    let inside =
        |n: usize| e.m.actions.get(n).is_some_and(|a| a.does.blocks().iter().any(|b| holds_action(e, **b, at)));
    block.range().contains(&at.index()) || block.range().any(inside)
}
