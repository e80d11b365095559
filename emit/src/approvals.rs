//! Approvals: a person is asked before an action or a move.
//!
//! The entry of an `approval` says: its name; who is asked; the last day of the time for an answer, or none; its instant where
//! it is one of hours, or none; whether it was asked before. What was approved and is held names the approval.

use super::actions::{self, Cause, by, text};
use super::code::{Body, Func, Val, Width};
use super::expressions::{self, Mode};
use super::layout::NO_INSTANT;
use super::module::Emit;
use super::run::{self, NONE};
use super::state::Approval;
use super::{calendars, stages, texts, who};
use Width::{I32, I64};
use dunlin_machine::ir::{self, Block, Does, EffectKind};

/// A packed duration that is none.
const NO_LENGTH: i64 = i64::MIN;

/// The approvals of the machine, by their actions' numbers, with their rules.
fn approvals<'m>(e: &Emit<'m>) -> impl Iterator<Item = (i32, &'m ir::Approval, i32)> + use<'m> {
    let machine = e.m;
    machine.actions.iter().enumerate().filter_map(|(at, action)| match &action.does {
        Does::Approval(approval) => Some((i32::from(who::small(at)), approval, i32::from(action.rule.0))),
        _ => None,
    })
}

/// Whether the machine asks for approvals at all.
pub(super) fn any(e: &Emit<'_>) -> bool {
    approvals(e).next().is_some()
}

/// What the machine says of an approval, by its action's number.
fn figure(e: &Emit<'_>, action: &Val, read: impl Fn(&ir::Approval, i32) -> i32) -> Val {
    let figures = approvals(e).map(|(at, form, rule)| (at, read(form, rule)));
    let other = |others: Option<(Val, i32)>, (at, figure): (i32, i32)| match others {
        None => Some((figure.into(), figure)),
        Some((all, last)) if last == figure => Some((all, last)),
        Some((all, _)) => Some((Val::from(figure).or_else(&action.ge(at), all), figure)),
    };
    figures.fold(None, other).map_or(0.into(), |(all, _)| all)
}

/// How long the answer may take, as a packed duration; [`NO_LENGTH`] where it may take as long as the stage lasts.
fn within(e: &Emit<'_>) -> Func {
    e.func("approval_within", &[I32], Some(I64), true, |e, b| {
        for (at, form, _) in approvals(e) {
            let Some(within) = form.within else { continue };
            b.when(b.arg(0).eq(at), |b| {
                let within = b.call(expressions::value_of(e, within, Mode::Noted), &[]);
                b.give(within);
            });
        }
        b.give(NO_LENGTH);
    })
}

/// Asks, by the action's number; what is asked already is not asked twice.
pub(super) fn ask(e: &Emit<'_>) -> Func {
    e.func("ask", &[I32], None, true, |e, b| {
        let action = b.arg(0);
        let asked = run::any(b, &e.case.approvals, |_, record| Approval::at(record).action.get().eq(&action));
        b.when(asked, Body::end);
        let from = b.keep(run::seen(e).get());
        let within = b.call(within(e), &[action.clone()]);
        let due = b.choose(
            within.eq(NO_LENGTH),
            |_| NO_INSTANT.into(),
            |b| b.call(run::due_in(e), &[within.clone(), calendars::unit_of(&within).ne(0)]),
        );
        let effect = b.call(tell(e), &[action.clone(), from, due.clone(), 0.into()]);
        let position = run::push(e, b, &e.case.approvals);
        let open = Approval::at(&position);
        b.store(&open.action, action);
        b.store(&open.effect, effect);
        b.store(&open.asked, e.case.now.get());
        b.store(&open.due, due);
        b.store(&open.owner, run::owner(e).get());
        b.store(&open.person, run::person(e).get());
        b.store(&open.body, run::body(e).get());
        b.store(&open.run, run::run(e).get());
    })
}

/// Tells the host who is to be asked: the action, from where it read, its end, whether it was asked before. Gives the number of
/// the effect.
fn tell(e: &Emit<'_>) -> Func {
    e.func("tell_approval", &[I32, I32, I64, I32], Some(I32), true, |e, b| {
        let (action, from) = (b.arg(0), b.arg(1));
        let [until, until_instant] = run::told_limit(e, b, &b.arg(2));
        let what = [
            figure(e, &action, |form, _| text(form.name)),
            figure(e, &action, |form, _| text(form.role)),
            until,
            until_instant,
            b.arg(3),
        ];
        let rule = figure(e, &action, |_, rule| rule);
        let effect = run::effect(e, b, run::kind(EffectKind::Approval), rule, &from, &what);
        b.give(effect);
    })
}

/// Asks again for what was withdrawn, with the time that it had left; it stands at a position.
pub(super) fn ask_again(e: &Emit<'_>) -> Func {
    e.func("ask_again", &[I32, I64, I64], None, true, |e, b| {
        let withdrawn = Approval::at(&b.arg(0));
        let action = b.keep(withdrawn.action.get());
        let from = b.keep(run::seen(e).get());
        let due = b.call(stages::limit_later(e), &[withdrawn.due.get(), b.arg(1), b.arg(2)]);
        let effect = b.call(tell(e), &[action, from, due.clone(), 1.into()]);
        let position = run::push(e, b, &e.case.approvals);
        b.copy_apart(&position, b.arg(0), e.case.approvals.size());
        let open = Approval::at(&position);
        b.store(&open.due, due);
        b.store(&open.effect, effect);
        b.store(&open.asked, e.case.now.get());
        b.store(&open.run, run::run(e).get());
    })
}

/// The position of the oldest open approval of a name, given as its bytes; -1 where there is none.
pub(super) fn open_named(e: &Emit<'_>) -> Func {
    e.func("open_approval", &[I32, I32], Some(I32), false, |e, b| {
        if !any(e) {
            b.give(NONE);
            return;
        }
        let name = b.call(texts::find(e), &[b.arg(0), b.arg(1)]);
        let found = run::find(b, &e.case.approvals, |b, record| {
            let action = b.keep(Approval::at(record).action.get());
            figure(e, &action, |form, _| text(form.name)).wide().eq(&name)
        });
        b.give(found);
    })
}

/// `approved`, by position: the condition is read again, and what was asked for is done.
pub(super) fn approve(e: &Emit<'_>) -> Func {
    e.func("approve", &[I32], None, true, |e, b| {
        let Some(open) = Open::take(e, b) else { return };
        for (at, form, rule) in approvals(e) {
            b.when(open.action.eq(at), |b| {
                let from = b.keep(run::seen(e).get());
                let holds = expressions::holds(e, b, form.when, Mode::Noted);
                b.when(holds.not(), |b| {
                    let what = (EffectKind::Approval, text(form.name).into(), 0.into());
                    actions::held(e, b, rule, what, &[by::WHEN.into()]);
                    b.end();
                });
                let until = b.keep(run::seen(e).get());
                open.answer(e, b, rule, (from, until), form.body);
                b.end();
            });
        }
    })
}

/// `declined`, or not answered in time, by position.
pub(super) fn decline(e: &Emit<'_>) -> Func {
    e.func("decline", &[I32], None, true, |e, b| {
        let Some(open) = Open::take(e, b) else { return };
        let from = b.keep(run::seen(e).get());
        for (at, form, rule) in approvals(e) {
            let Some(body) = form.otherwise else { continue };
            b.when(open.action.eq(at), |b| {
                open.answer(e, b, rule, (from.clone(), from.clone()), body);
                b.end();
            });
        }
        let what = [run::alarm::NAMED.into(), figure(e, &open.action, |form, _| text(form.name))];
        let rule = figure(e, &open.action, |_, rule| rule);
        run::effect(e, b, run::kind(EffectKind::Alarm), rule, &from, &what);
    })
}

/// What is kept of an approval that is open no more.
struct Open {
    action: Val,
    owner: Val,
    person: Val,
    body: Val,
}

impl Open {
    /// Takes the approval of a function's argument out of those that are open; where there is none, the function ends.
    fn take(e: &Emit<'_>, b: &mut Body) -> Option<Self> {
        if !any(e) {
            return None;
        }
        let at = b.arg(0);
        b.when(at.lt_u(e.case.approvals.count().get()).not(), Body::end);
        let record = b.keep(e.case.approvals.at(&at));
        let record = Approval::at(&record);
        let open = Self {
            action: b.keep(record.action.get()),
            owner: b.keep(record.owner.get()),
            person: b.keep(record.person.get()),
            body: b.keep(record.body.get()),
        };
        take(e, b, &at);
        Some(open)
    }

    fn answer(&self, e: &Emit<'_>, b: &mut Body, rule: i32, guard: (Val, Val), body: Block) {
        run::field_aside(b, run::person(e), |b| {
            run::person(e).set(b, &self.person);
            let late = b.keep(run::late(e).get());
            actions::run_body(e, b, &Cause { owner: self.owner.clone(), rule, guard, late }, body, self.body.clone());
        });
    }
}

/// A question is open no more: timers that waited for its answer are due now.
pub(super) fn take(e: &Emit<'_>, b: &mut Body, at: &Val) {
    b.call(take_out(e), &[at.clone()]);
}

fn take_out(e: &Emit<'_>) -> Func {
    e.func("take_approval", &[I32], None, false, |e, b| {
        let before = b.call(asked_to_move(e), &[]);
        run::remove(e, b, &e.case.approvals, &b.arg(0));
        let after = b.call(asked_to_move(e), &[]);
        b.when(before.gt(after), |b| {
            b.call(stages::moves_go_on(e, false), &[]);
        });
    })
}

/// The latest instant at which somebody was asked about a move out of the stage: its other timers that were due then wait for
/// the answer.
pub(super) fn asked_to_move(e: &Emit<'_>) -> Func {
    e.func("asked_to_move", &[], Some(I64), false, |e, b| {
        let latest = b.var(NO_INSTANT);
        run::each(b, &e.case.approvals, |b, _, record| {
            let open = Approval::at(record);
            let action = b.keep(open.action.get());
            let moves = figure(e, &action, |form, _| asks_to_move(e, form).into());
            b.when(run::of_stage(&open.owner.get()).and(moves), |b| b.set(latest, latest.get().max(open.asked.get())));
        });
        b.give(latest.get());
    })
}

fn asks_to_move(e: &Emit<'_>, form: &ir::Approval) -> bool {
    let actions = e.m.actions.get(form.body.range()).unwrap_or(&[]);
    actions.iter().any(|a| matches!(a.does, Does::Move(_) | Does::Exit { .. }))
}
