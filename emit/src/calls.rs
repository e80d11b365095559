//! Calls: series of attempts to reach a person by phone.

use super::actions::{self, text};
use super::code::{Func, Val, Width};
use super::contact::{
    BY_PHONE, NO_HOURS, earliest, first_pursued, log_attempt, no_channel_of, through, told_held, told_unusable, usable,
};
use super::expressions::{self, Mode};
use super::layout::NO_INSTANT;
use super::module::Emit;
use super::run::{self, NONE};
use super::state::{self};
use super::who;
use Width::I32;
use dunlin_machine::events::PHONE;
use dunlin_machine::ir::{Channels, Does, EffectKind, Nature, To};

// Calls.

/// Opens a series of attempts: the action's number.
pub(super) fn open_call(e: &Emit<'_>) -> Func {
    e.func("open_call", &[I32], None, true, |e, b| {
        let first = b.call(first_pursued(e), &[]);
        let named = calls(e).filter(|(_, call, _)| call.to == To::Named).map(|(at, _, _)| b.arg(0).eq(at));
        let named = named.reduce(|any, is| any.or(is)).unwrap_or(0.into());
        let person = b.keep(run::person(e).get().or_else(&named, first));
        let position = run::push(e, b, &e.case.calls);
        let call = state::Call::at(&position);
        b.store(&call.action, b.arg(0));
        b.store(&call.person, person);
        b.store(&call.made, 0);
        b.store(&call.effect, 0);
        b.store(&call.due, e.case.now.get());
        b.store(&call.owner, run::owner(e).get());
        b.store(&call.body, run::body(e).get());
        b.store(&call.run, run::run(e).get());
        b.call(attempt_call(e), &[e.case.calls.count().get().sub(1)]);
    })
}

/// The time of an open call's next attempt has come.
pub(super) fn call_again(e: &Emit<'_>) -> Func {
    e.func("call_again", &[I32], None, true, |e, b| {
        let record = b.keep(e.case.calls.at(&b.arg(0)));
        let call = state::Call::at(&record);
        run::aside(e, b, |b| {
            run::owner(e).set(b, call.owner.get());
            run::run(e).set(b, call.run.get());
            run::body(e).set(b, call.body.get());
            b.call(attempt_call(e), &[b.arg(0)]);
        });
    })
}

pub(super) fn calls<'m>(e: &Emit<'m>) -> impl Iterator<Item = (i32, &'m dunlin_machine::ir::Call, i32)> + use<'m> {
    let machine = e.m;
    machine.actions.iter().enumerate().filter_map(|(at, action)| match &action.does {
        Does::Call(call) => Some((i32::from(who::small(at)), call, i32::from(action.rule.0))),
        _ => None,
    })
}

/// The next attempt of an open call, by its position.
pub(super) fn attempt_call(e: &Emit<'_>) -> Func {
    e.func("attempt_call", &[I32], None, true, |e, b| {
        let record = b.keep(e.case.calls.at(&b.arg(0)));
        let open = state::Call::at(&record);
        let action = b.keep(open.action.get());
        for (at, call, rule) in calls(e) {
            b.when(action.eq(at), |b| {
                let ends = b.call(attempt_of(e, at, call, rule), &[record.clone()]);
                b.when(ends, |b| run::remove(e, b, &e.case.calls, &b.arg(0)));
                b.end();
            });
        }
    })
}

/// An attempt of one `call`, at the position of its record; gives whether the series ends.
pub(super) fn attempt_of<'m>(e: &Emit<'m>, at: i32, call: &'m dunlin_machine::ir::Call, rule: i32) -> Func {
    e.func(format!("attempt_{at}"), &[I32], Some(I32), true, move |e, b| {
        let open = state::Call::at(&b.arg(0));
        let person = b.keep(open.person.get());
        let before = b.keep(run::person(e).get());
        run::person(e).set(b, &person);
        let what = || (EffectKind::Call, text(call.script).into(), Val::from(0));
        let record = b.keep(e.case.persons.at(&person));
        let through = b.call(through(e), &[record]);
        let free = b.choose(
            through.ne(NONE),
            |b| {
                no_channel_of(e, b);
                0.into()
            },
            |b| usable(e, b, person.clone(), Channels::of(PHONE), Nature::Ordinary),
        );
        b.when(free.eq(0), |b| {
            told_unusable(e, b, rule, what());
            run::person(e).set(b, &before);
            b.give(1);
        });
        let hours = match call.hours {
            Some(hours) => b.call(expressions::value_of(e, hours, Mode::Noted), &[]),
            None => NO_HOURS.into(),
        };
        let args = [person.clone(), BY_PHONE.into(), 0.into(), 1.into(), hours, rule.into()];
        let due = b.call(earliest(e), &args);
        b.when(due.ne(e.case.now.get()), |b| {
            let until = told_held(e, b, rule, what(), due.clone());
            b.when(due.ne(i64::MAX), |b| b.store(&open.due, &due));
            run::person(e).set(b, &before);
            b.give(until.eq(NO_INSTANT));
        });
        let from = b.keep(run::seen(e).get());
        let tone = match call.tone {
            Some(tone) => b.call(expressions::value_of(e, tone, Mode::Noted), &[]).narrow(),
            None => NONE.into(),
        };
        let attempt = b.keep(open.made.get().add(1));
        let (with_from, with_to) = actions::with_values(e, b, &call.with);
        let attempts = call.attempts.cast_signed();
        let what =
            [text(call.script).into(), tone, attempt.clone(), attempts.into(), person.clone(), with_from, with_to];
        let effect = run::effect(e, b, run::kind(EffectKind::Call), rule, &from, &what);
        b.call(log_attempt(e), &[person, BY_PHONE.into()]);
        let every = match call.every {
            Some(every) => b.call(expressions::value_of(e, every, Mode::Noted), &[]),
            None => 9i64.into(),
        };
        let due = b.call(run::due_in(e), &[every, 0.into()]);
        b.store(&open.made, &attempt);
        b.store(&open.due, due);
        b.when(open.effect.get().eq(0), |b| b.store(&open.effect, effect));
        run::person(e).set(b, before);
        b.give(attempt.lt_u(attempts).not());
    })
}
