//! Messages: by which way they go, when they wait, what follows when they come back.

use super::actions::{self, by, sends};
use super::code::{Body, Func, Val, Width};
use super::contact::{
    NO_HOURS, earliest, first_pursued, global, log_attempt, through, told_held, told_unusable, usable,
};
use super::expressions::{self, Mode};
use super::layout::{NO_DAY, NO_INSTANT};
use super::module::{Emit, signed};
use super::run::{self, NONE};
use super::state::{self};
use super::{calendars, filing, holds, ledger, stages};
use Width::{I32, I64};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{ActionRef, Does, EffectKind, Nature, Send, To};

/// The natures of messages, as the entry says them.
pub(super) const fn nature_number(nature: Nature) -> i32 {
    match nature {
        Nature::Ordinary => 0,
        Nature::Reply => 1,
        Nature::Notice => 2,
    }
}

/// Whether a message by its action's number grants time to pay.
pub(super) fn is_payable(e: &Emit<'_>, b: &mut Body, action: Val) -> Val {
    let payable: Vec<i32> =
        sends(e).filter(|(_, _, send)| send.payable_within.is_some()).map(|(at, _, _)| i32::from(at.0)).collect();
    let action = b.keep(action);
    payable.into_iter().map(|at| action.eq(at)).reduce(|any, is| any.or(is)).unwrap_or(0.into())
}

/// From the moment a `send … payable within` runs, the deadline is that message's.
pub(super) fn await_deadline(e: &Emit<'_>, b: &mut Body, at: ActionRef, send: &Send) {
    if send.payable_within.is_some() {
        set_deadline(e, b, &NO_DAY.into(), 0.into(), i32::from(at.0));
    }
}

pub(super) fn set_deadline(e: &Emit<'_>, b: &mut Body, day: &Val, effect: Val, action: i32) {
    let deadline = state::Deadline::at(&signed(e.case.deadline.1).into());
    b.store(&e.case.deadline.0, 1);
    b.store(&deadline.day, day);
    b.store(&deadline.set, e.case.now.get());
    b.store(&deadline.effect, effect);
    b.store(&deadline.action, action);
}

/// `send …`: to each person who is meant.
pub(super) fn send(e: &Emit<'_>, b: &mut Body, at: ActionRef, send: &Send) {
    run::each(b, &e.case.persons, |b, person, record| {
        let meant = is_meant(e, b, send.to, person, record);
        b.when(meant, |b| {
            b.call(send_to(e, at), &[person.clone(), 0.into()]);
        });
    });
}

/// Whether a message goes to that person. Where nobody is left to write to, that is said once, of the first.
pub(super) fn is_meant(e: &Emit<'_>, b: &mut Body, to: To, person: &Val, record: &Val) -> Val {
    match to {
        To::Named => person.eq(run::person(e).get()),
        To::All => {
            let first = b.call(first_pursued(e), &[]);
            person.eq(first).or(e.case.person(record).channels.pursued.get())
        }
        To::First => {
            let first = b.call(first_pursued(e), &[]);
            person.eq(first)
        }
    }
}

/// Sends to one person by the first way, from one on, that can be used: person, way.
pub(super) fn send_to(e: &Emit<'_>, at: ActionRef) -> Func {
    e.func(format!("send_{}", at.0), &[I32, I32], None, true, move |e, b| {
        let Some((send, rule)) = send_of(e, at) else { return };
        let person = b.arg(0);
        let held = asks_for_disputed_only(e, b, send, rule, &person);
        b.when(held, Body::end);
        let channels = b.call(way(e, at), &[person.clone(), b.arg(1)]);
        b.when(channels.eq(0), |b| {
            b.call(raise_unreachable(e), &[person.clone()]);
            b.end();
        });
        let found = b.keep(global(e, "way").get());
        let waits = waits_in_contact(e, b, at, &person);
        b.when(waits, |b| {
            let what = (EffectKind::Send, i32::from(send.template.0).into(), person.clone());
            actions::held(e, b, rule, what, &[by::WAITS_ALREADY.into()]);
            b.end();
        });
        let due = b.call(try_to_send(e, at), &[person.clone(), found.clone(), channels]);
        b.when(due.ne(NO_INSTANT), |b| let_wait(e, b, at, &person, &found, &due));
    })
}

/// Whether a message asks for nothing but disputed claims: it is held back, and that is said.
pub(super) fn asks_for_disputed_only(e: &Emit<'_>, b: &mut Body, send: &Send, rule: i32, person: &Val) -> Val {
    if send.payable_within.is_none() || send.nature != Nature::Ordinary {
        return 0.into();
    }
    let held = b.call(ledger::nothing_left(e, false), &[]);
    b.when(&held, |b| {
        let what = (EffectKind::Send, i32::from(send.template.0).into(), person.clone());
        actions::held(e, b, rule, what, &[held.add(by::DISPUTED - 1)]);
    });
    held
}

pub(super) fn send_of<'m>(e: &Emit<'m>, at: ActionRef) -> Option<(&'m Send, i32)> {
    let machine = e.m;
    let action = machine.actions.get(at.index())?;
    match &action.does {
        Does::Send(send) => Some((send, i32::from(action.rule.0))),
        _ => None,
    }
}

pub(super) fn waits_in_contact(e: &Emit<'_>, b: &mut Body, at: ActionRef, person: &Val) -> Val {
    run::any(b, &e.case.waiting, |_, record| {
        let waiting = state::Waiting::at(record);
        waiting.action.get().eq(i32::from(at.0)).and(waiting.person.get().eq(person))
    })
}

/// Whether a message waits in `contact` already for everybody to whom it would go.
pub(super) fn waits_for_all(e: &Emit<'_>, b: &mut Body, at: ActionRef, send: &Send) -> Val {
    let all = b.var(1);
    run::each(b, &e.case.persons, |b, person, record| {
        let meant = is_meant(e, b, send.to, person, record);
        let waits = waits_in_contact(e, b, at, person);
        b.when(meant.and(waits.not()), |b| b.set(all, 0));
    });
    all.get()
}

pub(super) fn let_wait(e: &Emit<'_>, b: &mut Body, at: ActionRef, person: &Val, way: &Val, due: &Val) {
    let position = run::push(e, b, &e.case.waiting);
    let waiting = state::Waiting::at(&position);
    b.store(&waiting.action, i32::from(at.0));
    b.store(&waiting.person, person);
    b.store(&waiting.way, way);
    b.store(&waiting.due, due);
    b.store(&waiting.owner, run::owner(e).get());
    b.store(&waiting.body, run::body(e).get());
    b.store(&waiting.run, run::run(e).get());
}

/// Raises `unreachable` for a person, once in a chain.
pub(super) fn raise_unreachable(e: &Emit<'_>) -> Func {
    e.func("raise_unreachable", &[I32], None, true, |e, b| {
        let bit = b.keep(Val::from(1).shl(b.arg(0)));
        let raised = run::unreachable(e);
        b.when(raised.get().and(&bit).eq(0), |b| {
            raised.set(b, raised.get().or(&bit));
            run::raised(e, b, Happening::Unreachable, NONE, b.arg(0));
        });
    })
}

/// The usable channels of the first way from one on; the global `way` says which. 0 where none is: each is told.
pub(super) fn way(e: &Emit<'_>, at: ActionRef) -> Func {
    e.func(format!("way_{}", at.0), &[I32, I32], Some(I32), true, move |e, b| {
        let Some((send, rule)) = send_of(e, at) else { return };
        for (n, channels) in (0i32..).zip(&send.ways) {
            b.when(b.arg(1).le(n), |b| {
                let usable = usable(e, b, b.arg(0), *channels, send.nature);
                b.when(&usable, |b| {
                    global(e, "way").set(b, n);
                    b.give(&usable);
                });
                let what = (EffectKind::Send, i32::from(send.template.0).into(), b.arg(0));
                told_unusable(e, b, rule, what);
            });
        }
        b.give(0);
    })
}

/// Sends now, or gives when it may go; [`NO_INSTANT`] where it went or is dropped. Person, way, channels.
pub(super) fn try_to_send(e: &Emit<'_>, at: ActionRef) -> Func {
    e.func(format!("try_send_{}", at.0), &[I32, I32, I32], Some(I64), true, move |e, b| {
        let Some((send, rule)) = send_of(e, at) else { return };
        let person = b.arg(0);
        let due = if send.nature == Nature::Reply {
            b.keep(e.case.now.get())
        } else {
            let noticed = i32::from(send.nature == Nature::Notice);
            let args = [person.clone(), b.arg(2), noticed.into(), 0.into(), NO_HOURS.into(), rule.into()];
            b.call(earliest(e), &args)
        };
        b.when(due.eq(e.case.now.get()), |b| {
            b.call(go_out(e, at), &[person.clone(), b.arg(1), b.arg(2)]);
            b.give(NO_INSTANT);
        });
        let what = (EffectKind::Send, i32::from(send.template.0).into(), person);
        let waits = told_held(e, b, rule, what, due);
        b.give(waits);
    })
}

/// A message goes out: person, way, channels.
pub(super) fn go_out(e: &Emit<'_>, at: ActionRef) -> Func {
    e.func(format!("go_out_{}", at.0), &[I32, I32, I32], None, true, move |e, b| {
        let Some((send, rule)) = send_of(e, at) else { return };
        let (person, way, channels) = (b.arg(0), b.arg(1), b.arg(2));
        let from = b.keep(run::seen(e).get());
        // What it says is read of the person whom it is for.
        let before = b.keep(run::person(e).get());
        run::person(e).set(b, &person);
        let tone = match send.tone {
            Some(tone) => b.call(expressions::value_of(e, tone, Mode::Noted), &[]).narrow(),
            None => NONE.into(),
        };
        let (with_from, with_to) = actions::with_values(e, b, &send.with);
        let deadline = deadline_of(e, b, send);
        run::person(e).set(b, before);
        let record = b.keep(e.case.persons.at(&person));
        let through = b.call(through(e), &[record]);
        let (without_from, without_to) = match send.nature {
            Nature::Reply => (run::without(e).get(), run::without(e).get()),
            _ => ledger::without(e, b, false),
        };
        if send.nature == Nature::Ordinary {
            run::each(b, &e.case.claims, |b, _, record| {
                let claim = state::Claim::at(record);
                let named = claim.fresh.get().and(claim.disputed.get().not());
                b.when(named, |b| b.store(&claim.fresh, 0));
            });
        }
        let what = [
            i32::from(send.template.0).into(),
            channels.clone(),
            tone,
            deadline.clone(),
            person.clone(),
            nature_number(send.nature).into(),
            through,
            with_from,
            with_to,
            without_from.shl(16).or(without_to),
        ];
        let effect = run::effect(e, b, run::kind(EffectKind::Send), rule, &from, &what);
        if send.nature != Nature::Reply {
            b.call(log_attempt(e), &[person.clone(), channels.clone()]);
        }
        if send.payable_within.is_some() {
            // The deadline is the last day that somebody was told: a message with an earlier one leaves it.
            let told = state::Deadline::at(&signed(e.case.deadline.1).into()).day.get();
            let later = e.case.deadline.0.get().and(told.ne(NO_DAY)).and(told.ge(&deadline));
            b.when(later.not(), |b| set_deadline(e, b, &deadline, effect.clone(), i32::from(at.0)));
        }
        count_sent(e, b, send);
        remember(e, b, &[effect, i32::from(at.0).into(), person, way, channels]);
    })
}

pub(super) fn deadline_of(e: &Emit<'_>, b: &mut Body, send: &Send) -> Val {
    let Some(within) = send.payable_within else { return NO_DAY.into() };
    let within = b.call(expressions::value_of(e, within, Mode::Noted), &[]);
    let calendar = e.case.calendar.get();
    let from = b.var(run::today(e).get());
    if send.after_post {
        for (n, known) in (0i32..).zip(&e.m.calendars) {
            let Some(post) = known.post else { continue };
            b.when(calendar.eq(n), |b| {
                let after = b.call(calendars::add(e), &[from.get(), post.pack().into(), n.into()]);
                b.set(from, after);
            });
        }
    }
    let day = b.call(calendars::add(e), &[from.get(), within, calendar.clone()]);
    b.call(calendars::working_day_from(e), &[calendar, day, 1.into()])
}

pub(super) fn count_sent(e: &Emit<'_>, b: &mut Body, send: &Send) {
    if e.m.templates.get(send.template.index()).is_some_and(|t| t.counted) {
        b.call(count_sent_on(e), &[i32::from(send.template.0).into(), run::today(e).get()]);
    }
}

/// Counts a message of a template that went out on a day.
pub(super) fn count_sent_on(e: &Emit<'_>) -> Func {
    e.func("count_sent_on", &[I32, I32], None, false, |e, b| {
        let sent = state::Sent::at(&e.case.sent.at(&b.arg(0)));
        b.store(&sent.count, sent.count.get().add(1));
        b.when(sent.first.get().eq(NO_DAY), |b| b.store(&sent.first, b.arg(1)));
        b.store(&sent.last, b.arg(1));
    })
}

/// Remembers a message that went out; the oldest is forgotten.
pub(super) fn remember(e: &Emit<'_>, b: &mut Body, what: &[Val]) {
    let messages = &e.case.messages;
    b.when(messages.count().get().lt_u(signed(messages.most())).not(), |b| run::remove(e, b, messages, &0.into()));
    let position = run::push(e, b, messages);
    let message = state::Message::at(&position);
    let [effect, action, person, way, channels] = what else { return };
    b.store(&message.effect, effect);
    b.store(&message.action, action);
    b.store(&message.person, person);
    b.store(&message.way, way);
    b.store(&message.copies, channels);
    b.store(&message.stage, 0);
    b.store(&message.body, run::body(e).get());
    b.store(&message.owner, run::owner(e).get());
}

/// The time of a message that waited has come: it is tried again from the way that it had.
pub(super) fn retry(e: &Emit<'_>) -> Func {
    e.func("retry", &[I32], None, true, |e, b| {
        let record = b.keep(e.case.waiting.at(&b.arg(0)));
        let waiting = state::Waiting::at(&record);
        if filing::rests(e) {
            let filed = b.call(filing::file_at_last(e), &[b.arg(0)]);
            b.when(filed, Body::end);
        }
        let action = b.keep(waiting.action.get());
        for (at, _, _) in sends(e) {
            b.when(action.eq(i32::from(at.0)), |b| {
                b.call(retry_one(e, at), &[b.arg(0)]);
            });
        }
    })
}

/// Tries the message of one action that waited, by its position.
fn retry_one(e: &Emit<'_>, at: ActionRef) -> Func {
    e.func(format!("retry_{}", at.0), &[I32], None, true, move |e, b| {
        let Some((send, rule)) = send_of(e, at) else { return };
        let record = b.keep(e.case.waiting.at(&b.arg(0)));
        let waiting = state::Waiting::at(&record);
        let (person, owner) = (b.keep(waiting.person.get()), b.keep(waiting.owner.get()));
        let (due, way_found) = (b.var(NO_INSTANT), b.var(0));
        run::aside(e, b, |b| {
            run::owner(e).set(b, &owner);
            run::because_of(e).set(b, NONE);
            run::body(e).set(b, waiting.body.get());
            run::run(e).set(b, waiting.run.get());
            run::person(e).set(b, &person);
            let held = asks_for_disputed_only(e, b, send, rule, &person);
            b.when(held.not(), |b| {
                let channels = b.call(way(e, at), &[person.clone(), waiting.way.get()]);
                b.either(
                    channels.eq(0),
                    |b| {
                        b.call(raise_unreachable(e), &[person.clone()]);
                    },
                    |b| {
                        b.set(way_found, global(e, "way").get());
                        let again = b.call(try_to_send(e, at), &[person.clone(), way_found.get(), channels.clone()]);
                        b.set(due, again);
                    },
                );
            });
        });
        b.either(
            due.get().ne(NO_INSTANT),
            |b| {
                b.store(&waiting.due, due.get());
                b.store(&waiting.way, way_found.get());
            },
            |b| {
                run::remove(e, b, &e.case.waiting, &b.arg(0));
                if send.payable_within.is_some() {
                    b.call(stages::release_moves(e), &[run::of_stage(&owner)]);
                }
            },
        );
    })
}

/// A copy of a message came back: the next way is tried while the stage lasts. Effect or -1, person, channel.
pub(super) fn bounce(e: &Emit<'_>) -> Func {
    e.func("bounce", &[I32, I32, I32], None, true, |e, b| {
        let messages = &e.case.messages;
        let found = b.var(NONE);
        // The latest that fits.
        run::each(b, messages, |b, at, record| {
            let message = state::Message::at(record);
            let by_effect = b.arg(0).eq(NONE).or(message.effect.get().eq(b.arg(0)));
            let is = by_effect.and(message.person.get().eq(b.arg(1)));
            b.when(is.and(message.copies.get().shr_u(b.arg(2)).and(1)), |b| b.set(found, at));
        });
        b.when(found.get().eq(NONE), Body::end);
        let record = b.keep(messages.at(&found.get()));
        let message = state::Message::at(&record);
        let left = b.keep(message.copies.get().and(Val::from(1).shl(b.arg(2)).xor(-1)));
        b.store(&message.copies, &left);
        b.when(&left, Body::end);
        let (effect, action) = (b.keep(message.effect.get()), b.keep(message.action.get()));
        for (at, _, send) in
            sends(e).filter(|(_, _, s)| e.m.templates.get(s.template.index()).is_some_and(|t| t.counted))
        {
            b.when(action.eq(i32::from(at.0)), |b| {
                let sent = state::Sent::at(&e.case.sent.at(&i32::from(send.template.0).into()));
                b.store(&sent.count, sent.count.get().sub(sent.count.get().ne(0)));
                b.when(sent.count.get().eq(0), |b| {
                    b.store(&sent.first, NO_DAY);
                    b.store(&sent.last, NO_DAY);
                });
            });
        }
        let deadline = state::Deadline::at(&signed(e.case.deadline.1).into());
        b.when(e.case.deadline.0.get().and(deadline.effect.get().eq(&effect)), |b| {
            b.store(&deadline.day, NO_DAY);
            b.store(&deadline.effect, 0);
        });
        b.when(message.stage.get().ne(0), Body::end);
        let (person, way) = (b.keep(message.person.get()), b.keep(message.way.get().add(1)));
        let (owner, body) = (b.keep(message.owner.get()), b.keep(message.body.get()));
        run::aside(e, b, |b| {
            b.call(run::begin_context(e), &[]);
            run::owner(e).set(b, owner);
            run::body(e).set(b, body);
            let ran = run::next_run(e, b);
            run::run(e).set(b, ran);
            run::person(e).set(b, &person);
            for (at, _, _) in sends(e) {
                b.when(action.eq(i32::from(at.0)), |b| {
                    b.call(send_again(e, at), &[person.clone(), way.clone()]);
                });
            }
        });
    })
}

/// Tries the way after the one that bounced; in a hold it waits in `contact`, for that person alone.
pub(super) fn send_again(e: &Emit<'_>, at: ActionRef) -> Func {
    e.func(format!("send_again_{}", at.0), &[I32, I32], None, true, move |e, b| {
        let Some((send, rule)) = send_of(e, at) else { return };
        let (person, next) = (b.arg(0), b.arg(1));
        let stopped = holds::stopped_by_hold(e, b);
        b.when(stopped.not(), |b| {
            b.call(send_to(e, at), &[person.clone(), next.clone()]);
            b.end();
        });
        let held = asks_for_disputed_only(e, b, send, rule, &person);
        b.when(held, Body::end);
        let channels = b.call(way(e, at), &[person.clone(), next]);
        b.when(channels.eq(0), |b| {
            b.call(raise_unreachable(e), &[person.clone()]);
            b.end();
        });
        let found = b.keep(global(e, "way").get());
        let number = i32::from(at.0);
        let in_hold = run::any(b, &e.case.stopped, |_, r| state::Stopped::at(r).action.get().eq(number));
        let waits = waits_in_contact(e, b, at, &person);
        let again = b.keep(in_hold.or(waits));
        let why = Val::from(by::WAITS_ALREADY).or_else(&again, by::HOLD);
        let what = (EffectKind::Send, i32::from(send.template.0).into(), person.clone());
        actions::held_until(e, b, rule, what, &[why], NO_INSTANT.into(), again.clone());
        b.when(again.not(), |b| {
            let now = b.keep(e.case.now.get());
            let_wait(e, b, at, &person, &found, &now);
        });
    })
}
