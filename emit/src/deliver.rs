//! Delivering an event to the rules, and what follows in the same step.

use super::actions::{self, Cause};
use super::code::{Body, Cell, Form, Func, Val, Width};
use super::expressions::{self, Mode};
use super::layout::NO_INSTANT;
use super::module::Emit;
use super::run::{self, NONE, entry};
use super::state;
use super::who::{self, Who};
use super::{corrections, ledger, limitation, plans, stages, timers};
use Width::I32;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{EventPattern, On, Trigger};

/// More parameters than an event may have.
pub(super) const MOST_PARAMS: u32 = 16;

/// The event under way: its number, its values by position, and which of them are known.
pub(super) mod event {
    use super::super::code::{Cell, Form, Val, Width};
    use super::super::module::Emit;
    use super::super::run::At;
    use super::MOST_PARAMS;

    /// Its number.
    pub(crate) fn number(e: &Emit<'_>) -> At {
        At::named(e, "event", Width::I32)
    }

    /// The person that it names, by position.
    pub(crate) fn person(e: &Emit<'_>) -> At {
        At::named(e, "event_person", Width::I32)
    }

    /// A bit for each parameter that is known.
    pub(crate) fn known(e: &Emit<'_>) -> At {
        At::named(e, "event_known", Width::I32)
    }

    /// The value of a parameter.
    pub(crate) fn value(e: &Emit<'_>, at: u32) -> Cell {
        Cell::new(&e.room("event_values", 8 * MOST_PARAMS), 8 * at, Form::I64)
    }

    /// Whether a parameter is known.
    pub(crate) fn is_known(e: &Emit<'_>, at: u32) -> Val {
        known(e).get().shr_u(at.cast_signed()).and(1)
    }
}

/// Whether the event under way is the one of a pattern.
pub(super) fn matches(e: &Emit<'_>, pattern: &EventPattern) -> Val {
    let same = event::number(e).get().eq(i32::from(pattern.event.0));
    pattern.is.iter().fold(same, |all, (at, value)| all.and(has(e, *at, *value)))
}

fn has(e: &Emit<'_>, at: u8, value: i64) -> Val {
    event::is_known(e, at.into()).and(event::value(e, at.into()).get().eq(value))
}

/// Lets the rules see the event under way.
pub(super) fn deliver(e: &Emit<'_>) -> Func {
    e.func("deliver", &[], None, true, |e, b| {
        b.call(note_event(e), &[]);
        limitation::note(e, b);
        // What is raised meanwhile takes the place of the event under way.
        let (number, person) = (b.keep(event::number(e).get()), b.keep(event::person(e).get()));
        // On record before what it leads to; whether a rule takes it is known afterwards.
        let mark = b.keep(run::seen(e).get());
        let count = b.keep(run::entries(e).get());
        run::tell(e, b, entry::EVENT, NONE, &mark, &[number, 0.into()]);
        b.call(corrections::note(e), &[]);
        run::aside(e, b, |b| {
            run::person(e).set(b, person);
            let took = b.call(offer(e), &[]);
            let at = run::entries_at(e).add(count.mul(run::ENTRY.cast_signed()));
            b.store(&run::says(&at, 1), took.wide());
        });
    })
}

/// Notes that an event happened, and keeps what is asked about.
pub(super) fn note_event(e: &Emit<'_>) -> Func {
    e.func("note_event", &[], None, false, |e, b| {
        b.store(&e.case.events, e.case.events.get().add(1));
        for (at, noted) in (0i32..).zip(&e.m.noted) {
            b.when(matches(e, noted), |b| b.store(&Cell::new(&e.case.noted.at(&at.into()), 0, Form::U8), 1));
        }
        for (at, kept) in (0i32..).zip(&e.m.kept) {
            b.when(event::number(e).get().eq(i32::from(kept.event.0)), |b| {
                let place = e.case.kept.at(&at.into());
                let known = event::is_known(e, kept.param.into());
                let value = event::value(e, kept.param.into()).get();
                b.store(&Cell::new(&place, 0, Form::I64), value.or_else(&known, 0i64));
                b.store(&Cell::new(&place, 8, Form::U8), known);
            });
        }
    })
}

fn on_event(trigger: &Trigger) -> Option<&EventPattern> {
    match &trigger.on {
        On::Event { event, .. } => Some(event),
        _ => None,
    }
}

fn hears(e: &Emit<'_>, who: Who) -> bool {
    who.triggers(e).iter().any(|t| on_event(t).is_some())
}

fn expects(e: &Emit<'_>, who: Who) -> bool {
    who.triggers(e).iter().any(|t| matches!(t.on, On::Event { usually_within: Some(_), .. }))
}

/// Whether a rule takes the event.
fn offer(e: &Emit<'_>) -> Func {
    e.func("offer", &[], Some(I32), true, |e, b| {
        answer_expectations(e, b);
        let outcome = b.call(stages::in_outcome(e), &[]);
        b.when(outcome.not(), |b| {
            b.block(|b, end| {
                for who in who::watches(e).filter(|who| hears(e, *who)) {
                    b.call(offer_to(e, who), &[]);
                    let over = b.call(stages::in_outcome(e), &[]);
                    b.leave_when(end, over);
                }
                for who in who::whenevers(e) {
                    let took = b.call(offer_to_whenever(e, who), &[]);
                    b.when(took, |b| b.give(1));
                    let over = b.call(stages::in_outcome(e), &[]);
                    b.leave_when(end, over);
                }
            });
        });
        who::by_stage(e, b, hears, |e, b, who| {
            let took = b.call(offer_to(e, who), &[]);
            b.when(took, |b| b.give(1));
        });
        let outcome = b.call(stages::in_outcome(e), &[]);
        b.when(outcome, |b| b.give(0));
        run::each(b, &e.case.place().scopes, |b, _, record| {
            who::by_scope(e, b, state::Around::at(record).scope.get(), hears, |e, b, who| {
                let took = b.call(offer_to(e, who), &[]);
                b.when(took, |b| b.give(1));
            });
        });
        b.give(0);
    })
}

/// An answer that came needs no alarm, whether a rule acts on it or not.
fn answer_expectations(e: &Emit<'_>, b: &mut Body) {
    let one = |e: &Emit<'_>, b: &mut Body, who: Who| {
        b.call(answer_those_of(e, who), &[]);
    };
    who::watches(e).filter(|who| expects(e, *who)).for_each(|who| one(e, b, who));
    for who in who::whenevers(e).filter(|who| expects(e, *who)) {
        let Who::Whenever(w) = who else { continue };
        b.when(who::waits_since(e, w).ne(NO_INSTANT), |b| one(e, b, who));
    }
    who::by_stage(e, b, expects, one);
    if e.m.scopes.iter().enumerate().any(|(at, _)| expects(e, Who::Scope(who::small(at)))) {
        run::each(b, &e.case.place().scopes, |b, _, record| {
            who::by_scope(e, b, state::Around::at(record).scope.get(), expects, one);
        });
    }
}

fn answer_those_of(e: &Emit<'_>, who: Who) -> Func {
    e.func(format!("answer_{}", who.name()), &[], None, false, move |e, b| {
        for (at, trigger) in who.triggers(e).iter().enumerate() {
            let On::Event { event, usually_within: Some(_) } = &trigger.on else { continue };
            b.when(matches(e, event), |b| {
                let slot = who.slot_record(e, b, at);
                b.store(&slot.due, timers::NEVER);
                b.store(&slot.base, timers::NEVER);
            });
        }
    })
}

/// Offers an event to an owner's triggers: to all of them where it watches, else until one takes it.
fn offer_to(e: &Emit<'_>, who: Who) -> Func {
    e.func(format!("offer_{}", who.name()), &[], Some(I32), true, move |e, b| {
        let to_all = matches!(who, Who::Watch(_));
        if let Who::Whenever(w) = who {
            b.when(who::waits_since(e, w).eq(NO_INSTANT), |b| b.give(0));
        }
        let taken = b.var(0);
        // The event under way may be another once a body has run: what fits is looked at before.
        let triggers = || who.triggers(e).iter().enumerate().filter_map(|(at, t)| on_event(t).map(|p| (at, t, p)));
        let fits: Vec<Val> = triggers().map(|(_, _, pattern)| b.keep(matches(e, pattern))).collect();
        for ((at, trigger, _), fits) in triggers().zip(fits) {
            b.when(fits, |b| {
                let from = b.keep(run::seen(e).get());
                let holds = timers::admitted(e, b, who, at, trigger);
                b.when(holds, |b| {
                    let until = b.keep(run::seen(e).get());
                    act(e, b, who, at, trigger, (from, until));
                    if !to_all {
                        b.give(1);
                        return;
                    }
                    b.set(taken, 1);
                    let over = b.call(stages::in_outcome(e), &[]);
                    b.when(over, |b| b.give(1));
                });
            });
        }
        b.give(taken.get());
    })
}

/// A trigger acts, and is not late.
fn act(e: &Emit<'_>, b: &mut Body, who: Who, at: usize, trigger: &Trigger, guard: (Val, Val)) {
    timers::acts(e, b, who, at, trigger);
    let cause = Cause { owner: who.number().into(), rule: i32::from(trigger.rule.0), guard, late: 0.into() };
    actions::run_body(e, b, &cause, trigger.body, i32::from(trigger.body.first).into());
}

/// A `whenever` rule takes an event that its block takes, or on which it moves the case or sets a hold.
fn offer_to_whenever(e: &Emit<'_>, who: Who) -> Func {
    e.func(format!("offer_to_{}", who.name()), &[], Some(I32), true, move |e, b| {
        let Who::Whenever(w) = who else { return };
        let Some(rule) = e.m.whenevers.get(usize::from(w)) else { return };
        let fits = b.keep(matches(e, &rule.event));
        if hears(e, who) {
            let took = b.call(offer_to(e, who), &[]);
            b.when(took, |b| b.give(1));
        }
        b.when(fits.not(), |b| b.give(0));
        let from = b.keep(run::seen(e).get());
        let holds = expressions::holds(e, b, rule.when, Mode::Noted);
        b.when(holds.not(), |b| {
            run::seen(e).set(b, &from);
            b.give(0);
        });
        let until = b.keep(run::seen(e).get());
        let cause =
            Cause { owner: who.number().into(), rule: i32::from(rule.rule.0), guard: (from, until), late: 0.into() };
        let (moved, paused) = actions::run_body(e, b, &cause, rule.body, i32::from(rule.body.first).into());
        b.give(moved.or(paused));
    })
}

/// Takes what the machine raised, in order.
pub(super) fn drain(e: &Emit<'_>) -> Func {
    e.func("drain", &[], None, true, |e, b| {
        b.while_(
            |_| run::taken(e).get().lt(run::queued(e).get()),
            |b| {
                let at = b.keep(run::raised_at(e).add(run::taken(e).get().mul(run::RAISED.cast_signed())));
                run::taken(e).set(b, run::taken(e).get().add(1));
                let field = |n: u32| Cell::new(&at, 4 * n, Form::I32).get();
                event::number(e).set(b, field(0));
                event::person(e).set(b, field(2));
                event::known(e).set(b, field(1).ne(NONE));
                b.store(&event::value(e, 0), field(1).wide());
                b.call(deliver(e), &[]);
            },
        );
        run::queued(e).set(b, 0);
        run::taken(e).set(b, 0);
    })
}

/// What watches see of effects, the plan, `as soon as` and `settled`, until nothing acts.
pub(super) fn settle(e: &Emit<'_>) -> Func {
    e.func("settle", &[], None, true, |e, b| {
        b.while_(
            |_| 1.into(),
            |b| {
                let acted = b.call(see_effects(e), &[]);
                let acted = match e.m.plans.is_empty() {
                    true => acted,
                    false => b.choose(acted, |_| 1.into(), |b| b.call(plans::go_on(e), &[])),
                };
                let acted = b.choose(acted, |_| 1.into(), |b| b.call(as_soon_as(e), &[]));
                b.either(
                    acted,
                    |b| {
                        b.call(drain(e), &[]);
                    },
                    |b| {
                        let settled = ledger::is_settled(e, b);
                        let settled = b.keep(settled);
                        let was = b.keep(e.case.settled.get());
                        b.store(&e.case.settled, &settled);
                        b.when(settled.not().or(was), Body::end);
                        run::raised(e, b, Happening::Settled, NONE, 0);
                        b.call(drain(e), &[]);
                    },
                );
            },
        );
    })
}

fn looks(e: &Emit<'_>, who: Who) -> bool {
    who.triggers(e).iter().any(|t| matches!(t.on, On::AsSoonAs(_)))
}

/// Runs the first `as soon as` whose time has come; gives whether there was one.
fn as_soon_as(e: &Emit<'_>) -> Func {
    e.func("as_soon_as", &[], Some(I32), true, |e, b| {
        let one = |e: &Emit<'_>, b: &mut Body, who: Who| {
            let acted = b.call(as_soon_as_of(e, who), &[]);
            b.when(acted, |b| b.give(1));
        };
        let outcome = b.call(stages::in_outcome(e), &[]);
        b.when(outcome.not(), |b| {
            who::watches(e).filter(|who| looks(e, *who)).for_each(|who| one(e, b, who));
            for who in who::whenevers(e).filter(|who| looks(e, *who)) {
                let Who::Whenever(w) = who else { continue };
                b.when(who::waits_since(e, w).ne(NO_INSTANT), |b| one(e, b, who));
            }
        });
        who::by_stage(e, b, looks, one);
        b.when(outcome, |b| b.give(0));
        if e.m.scopes.iter().enumerate().any(|(at, _)| looks(e, Who::Scope(who::small(at)))) {
            run::each(b, &e.case.place().scopes, |b, _, record| {
                who::by_scope(e, b, state::Around::at(record).scope.get(), looks, one);
            });
        }
        b.give(0);
    })
}

fn as_soon_as_of(e: &Emit<'_>, who: Who) -> Func {
    e.func(format!("as_soon_as_{}", who.name()), &[], Some(I32), true, move |e, b| {
        for (at, trigger) in who.triggers(e).iter().enumerate() {
            let On::AsSoonAs(condition) = trigger.on else { continue };
            let may = may_act(e, b, who, at);
            b.when(may, |b| {
                let from = b.keep(run::seen(e).get());
                let holds = expressions::holds(e, b, Some(condition), Mode::Noted);
                let holds = b.choose(holds, |b| timers::admitted(e, b, who, at, trigger), |_| 0.into());
                let acts = begins_to_hold(e, b, who, at, &holds);
                b.either(
                    acts,
                    |b| {
                        let until = run::seen(e);
                        timers::acts(e, b, who, at, trigger);
                        let until = b.keep(until.get());
                        let rule = i32::from(trigger.rule.0);
                        let cause =
                            Cause { owner: who.number().into(), rule, guard: (from.clone(), until), late: 0.into() };
                        actions::run_body(e, b, &cause, trigger.body, i32::from(trigger.body.first).into());
                        b.give(1);
                    },
                    |b| run::seen(e).set(b, &from),
                );
            });
        }
        b.give(0);
    })
}

/// A stage's `as soon as` acts once per entry; a watch's is looked at while the watch's condition holds.
fn may_act(e: &Emit<'_>, b: &mut Body, who: Who, at: usize) -> Val {
    match who {
        Who::Watch(_) => {
            let from = b.keep(run::seen(e).get());
            let holds = expressions::holds(e, b, who.condition(e), Mode::Noted);
            let holds = b.keep(holds);
            run::seen(e).set(b, from);
            holds
        }
        _ => who.slot_record(e, b, at).acted.get().eq(0),
    }
}

/// The number of the chain under way, and of the chain in which a watch's `as soon as` last acted: a room of 4 bytes a slot.
fn begins_to_hold(e: &Emit<'_>, b: &mut Body, who: Who, at: usize, holds: &Val) -> Val {
    let Who::Watch(w) = who else { return holds.clone() };
    let slot = who.slot_record(e, b, at);
    let before = b.keep(slot.seen.get().eq(1));
    let triggers: usize = e.m.watches.iter().take(usize::from(w)).map(|w| usize::from(w.triggers.len)).sum();
    let all: usize = e.m.watches.iter().map(|w| usize::from(w.triggers.len)).sum();
    let acted = e.room("acted", 4 * super::code::number(all));
    let acted = Cell::new(&acted, 4 * super::code::number(triggers + at), Form::I32);
    let chain = run::chains(e).get();
    let begins = b.keep(holds.and(before.not()));
    let acts = b.keep(begins.and(acted.get().ne(&chain)));
    // One that acted in this chain already is looked at again after it.
    b.when(begins.and(acts.not()).not(), |b| b.store(&slot.seen, holds));
    b.when(&acts, |b| b.store(&acted, chain));
    acts
}

/// `on move`: what watches do when a body has moved the case.
pub(super) fn see_move(e: &Emit<'_>, b: &mut Body) {
    let waits = |who: &Who| who.triggers(e).iter().any(|t| t.on == On::Move);
    for who in who::watches(e).filter(waits) {
        b.call(see_move_of(e, who), &[]);
    }
}

fn see_move_of(e: &Emit<'_>, who: Who) -> Func {
    e.func(format!("see_move_{}", who.name()), &[], None, true, move |e, b| {
        for (at, trigger) in who.triggers(e).iter().enumerate().filter(|(_, t)| t.on == On::Move) {
            let outcome = b.call(stages::in_outcome(e), &[]);
            b.when(outcome.not(), |b| seen_by(e, b, who, at, trigger, |_| ()));
        }
    })
}

fn seen_by(e: &Emit<'_>, b: &mut Body, who: Who, at: usize, trigger: &Trigger, then: impl FnOnce(&mut Body)) {
    let from = b.keep(run::seen(e).get());
    let holds = timers::admitted(e, b, who, at, trigger);
    b.when(holds, |b| {
        let until = b.keep(run::seen(e).get());
        act(e, b, who, at, trigger, (from, until));
        then(b);
    });
}

/// `on effect KIND`: what watches do about effects that came since they last looked; gives whether one acted.
fn see_effects(e: &Emit<'_>) -> Func {
    e.func("see_effects", &[], Some(I32), true, |e, b| {
        let waits = |who: &Who| who.triggers(e).iter().any(|t| matches!(t.on, On::Effect(_)));
        if !who::watches(e).any(|who| waits(&who)) {
            b.give(0);
            return;
        }
        let outcome = b.call(stages::in_outcome(e), &[]);
        b.when(outcome, |b| b.give(0));
        let (from, to) = (b.keep(run::effects_seen(e).get()), b.keep(run::entries(e).get()));
        run::effects_seen(e).set(b, &to);
        let acted = b.var(0);
        for who in who::watches(e).filter(waits) {
            for (at, trigger) in who.triggers(e).iter().enumerate() {
                let On::Effect(kind) = trigger.on else { continue };
                let came = b.call(came(e), &[from.clone(), to.clone(), run::kind(kind).into()]);
                let outcome = b.call(stages::in_outcome(e), &[]);
                b.when(came.and(outcome.not()), |b| seen_by(e, b, who, at, trigger, |b| b.set(acted, 1)));
            }
        }
        run::effects_seen(e).set(b, run::entries(e).get());
        b.give(acted.get());
    })
}

/// Whether an effect of a kind is among some entries.
fn came(e: &Emit<'_>) -> Func {
    e.func("came", &[I32, I32, I32], Some(I32), false, |e, b| {
        let (at, to) = (b.var(b.arg(0)), b.arg(1));
        b.while_(
            |_| at.get().lt(to),
            |b| {
                let kind =
                    Cell::new(&run::entries_at(e).add(at.get().mul(run::ENTRY.cast_signed())), entry::KIND, Form::I32);
                b.when(kind.get().eq(b.arg(2)), |b| b.give(1));
                b.set(at, at.get().add(1));
            },
        );
        b.give(0);
    })
}
