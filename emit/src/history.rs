//! What a case brings that was worked elsewhere before it came here: whether it can be so, and taking it up.

use super::code::{Body, Cell, Form, Func, Val, Width};
use super::deliver::{event, note_event};
use super::faults::{Bound, Expected, Thing};
use super::input::field;
use super::layout::{NO_DAY, NO_INSTANT};
use super::module::{Emit, signed};
use super::open::{not_there, start_vars};
use super::opening::{each_said, many, missing, refuse, said, wrong};
use super::run::{self, NONE};
use super::state::Claim;
use super::{contact, costs, ledger, messages, plans, stages, store, texts};
use Width::I32;
use dunlin_machine::events::Happening;

/// A message or a payment that came before: when, of a message the instant and of a payment the day; its channels, or its
/// amount; template and person, or where its id begins and how long it is.
struct Brought {
    when: Cell,
    value: Cell,
    one: Cell,
    other: Cell,
}

/// The bytes of one.
const BROUGHT: u32 = 24;
/// How many there can be: a whole one takes 32 bytes of what is handed over.
const MOST: u32 = store::LONGEST / 32;

fn brought(at: &Val) -> Brought {
    let cell = |offset, form| Cell::new(at, offset, form);
    Brought {
        when: cell(0, Form::I64),
        value: cell(8, Form::I64),
        one: cell(16, Form::I32),
        other: cell(20, Form::I32),
    }
}

/// Messages come first, then payments; after all is room for one that is moved.
fn sent_at(e: &Emit<'_>) -> Val {
    e.region("brought", (MOST + 1) * BROUGHT)
}

fn paid_at(e: &Emit<'_>) -> Val {
    sent_at(e).add(said(e, field::SENT).count.get().mul(signed(BROUGHT)))
}

fn each_brought(b: &mut Body, first: &Val, count: &Val, inside: impl FnOnce(&mut Body, &Val)) {
    b.each(count, |b, at| {
        let record = b.keep(first.add(at.mul(signed(BROUGHT))));
        inside(b, &record);
    });
}

/// Fails where what a case says of its past cannot be.
pub(super) fn check(e: &Emit<'_>) -> Func {
    e.func("check_history", &[I32], None, true, |e, b| {
        let stage = said(e, field::STAGE);
        b.either(
            stage.is(),
            |b| {
                let at = b.keep(stage.value.get().narrow());
                not_there(e, b, at.lt(many(e.m.stages.len())).not(), Thing::Stage);
                let outcomes = stages::bits(e.m.stages.len(), |at| e.m.stages.get(at).is_some_and(|s| s.outcome));
                let is_outcome = stages::bit_of(&e.constant(&outcomes), &at);
                refuse(e, b, is_outcome, field::STAGE, Expected::Stage);
            },
            |b| refuse(e, b, said(e, field::ENTERED).is(), field::ENTERED, Expected::Nothing),
        );
        for day in [field::ENTERED, field::TITLED_ON, field::SERVED] {
            refuse_later(e, b, day, &said(e, day).narrow_or(NO_DAY));
        }
        b.call(collect(e), &[b.arg(0)]);
        b.call(check_sent(e), &[]);
        b.call(check_paid(e), &[]);
        b.when(said(e, field::PLAN).is(), |b| {
            b.call(check_plan(e), &[]);
        });
    })
}

fn refuse_later(e: &Emit<'_>, b: &mut Body, field: i32, day: &Val) {
    refuse(e, b, day.gt(run::today(e).get()), field, Expected::NotAfterOpening);
}

/// Collects messages and payments as they were given.
fn collect(e: &Emit<'_>) -> Func {
    e.func("collect_history", &[I32], None, true, |e, b| {
        let count = said(e, field::SENT).count.get().add(said(e, field::PAID).count.get());
        b.when(count.gt(signed(MOST)), |b| run::too_many(b, Bound::Things, MOST));
        let (sent, paid) = (b.var(sent_at(e)), b.var(paid_at(e)));
        let record = b.var(0);
        each_said(e, b, &b.arg(0), |b, item| {
            let field = b.keep(&item.field);
            let new = brought(&record.get());
            for (begins, next) in [(field::SENT, sent), (field::PAID, paid)] {
                b.when(field.eq(begins), |b| {
                    b.set(record, next.get());
                    b.set(next, next.get().add(signed(BROUGHT)));
                    b.store(&new.when, NO_INSTANT);
                    b.store(&new.value, &item.value);
                    b.store(&new.one, if begins == field::SENT { item.at.clone() } else { 0.into() });
                    b.store(&new.other, 0);
                });
            }
            b.when(field.eq(field::SENT_AT).or(field.eq(field::PAID_ON)), |b| b.store(&new.when, &item.value));
            b.when(field.eq(field::SENT_TO), |b| b.store(&new.other, item.value.narrow()));
            b.when(field.eq(field::PAID_ID), |b| {
                b.store(&new.one, &item.text);
                b.store(&new.other, &item.length);
            });
        });
    })
}

fn check_sent(e: &Emit<'_>) -> Func {
    e.func("check_sent", &[], None, true, |e, b| {
        let count = said(e, field::SENT).count.get();
        each_brought(b, &sent_at(e), &count, |b, record| {
            let sent = brought(record);
            missing(e, b, sent.when.get().eq(NO_INSTANT), field::SENT_AT);
            let known = 1i64 << e.m.channels.len().min(32);
            let channels = sent.value.get();
            refuse(e, b, channels.sub(1i64).lt_u(known - 1).not(), field::SENT, Expected::Type);
            not_there(e, b, sent.one.get().lt(many(e.m.templates.len())).not(), Thing::Template);
            let persons = said(e, field::DEBTOR).count.get();
            not_there(e, b, sent.other.get().lt(persons).not(), Thing::Debtor);
            refuse(e, b, sent.when.get().gt(e.case.now.get()), field::SENT_AT, Expected::NotAfterOpening);
        });
    })
}

fn check_paid(e: &Emit<'_>) -> Func {
    e.func("check_paid", &[], None, true, |e, b| {
        let count = b.keep(said(e, field::PAID).count.get());
        let first = b.keep(paid_at(e));
        each_brought(b, &first, &count, |b, record| {
            let paid = brought(record);
            missing(e, b, paid.when.get().eq(NO_INSTANT), field::PAID_ON);
            refuse(e, b, paid.value.get().le(0i64), field::PAID, Expected::MoreThanNothing);
            refuse_later(e, b, field::PAID_ON, &paid.when.get().narrow());
            b.when(paid.one.get(), |b| {
                each_brought(b, &first, &count, |b, other| {
                    let id = |of: &Brought| [of.one.get(), of.other.get()];
                    let [at, length] = id(&brought(other));
                    let another = at.ne(0).and(other.ne(record));
                    b.when(another, |b| {
                        let [own_at, own_length] = id(&paid);
                        let compared = b.call(texts::compare(e), &[own_at, own_length, at.clone(), length.clone()]);
                        refuse(e, b, compared.eq(0), field::PAID_ID, Expected::Different);
                    });
                });
            });
        });
    })
}

/// The days of the month that each plan allows, a bit each.
fn plan_days(e: &Emit<'_>) -> Vec<u8> {
    let days = |plan: &dunlin_machine::ir::Plan| match plan.due_on.as_slice() {
        [] => (1..=31).fold(0u32, |days, day| days | 1 << day),
        some => some.iter().filter(|day| (1..=31).contains(*day)).fold(0, |days, day| days | 1 << day),
    };
    e.m.plans.iter().flat_map(|plan| days(plan).to_le_bytes()).collect()
}

fn check_plan(e: &Emit<'_>) -> Func {
    e.func("check_plan", &[], None, true, |e, b| {
        let (plan, day, since) = (said(e, field::PLAN), said(e, field::PLAN_DAY), said(e, field::PLAN_SINCE));
        not_there(e, b, plan.at.get().lt(many(e.m.plans.len())).not(), Thing::Plan);
        refuse(e, b, plan.value.get().le(0i64), field::PLAN, Expected::MoreThanNothing);
        refuse_later(e, b, field::PLAN_SINCE, &since.narrow_or(NO_DAY));
        b.when(day.is(), |b| {
            let at = b.keep(day.value.get().narrow());
            let days = Cell::new(&e.constant(&plan_days(e)).add(plan.at.get().mul(4)), 0, Form::I32).get();
            let allowed = at.lt_u(32).and(days.shr_u(&at));
            b.when(allowed.not(), |b| wrong(e, b, field::PLAN_DAY, Expected::PlanDay));
        });
    })
}

/// Takes up messages, service, payments and a plan that came before.
pub(super) fn bring(e: &Emit<'_>) -> Func {
    e.func("bring", &[], None, true, |e, b| {
        let sent = said(e, field::SENT).count.get();
        b.call(sort(e), &[sent_at(e), sent.clone()]);
        each_brought(b, &sent_at(e), &sent, |b, record| {
            b.call(bring_message(e), &[record.clone()]);
        });
        let served = said(e, field::SERVED);
        b.when(served.is(), |b| note(e, b, Happening::Served, &[("on", served.value.get())]));
        // What has a title or was served was demanded before.
        b.when(e.case.titled.get().or(served.is()), |b| {
            b.call(name_all_claims(e), &[]);
        });
        let count = b.keep(said(e, field::PAID).count.get());
        b.call(sort(e), &[paid_at(e), count.clone()]);
        if !e.m.plans.is_empty() {
            b.when(said(e, field::PLAN).is(), |b| {
                b.call(bring_plan(e), &[]);
                b.end();
            });
        }
        b.call(bring_payments(e), &[paid_at(e), count]);
    })
}

/// Sorts by when they came; what came at one time stays in its order.
fn sort(e: &Emit<'_>) -> Func {
    e.func("sort_brought", &[I32, I32], None, false, |e, b| {
        let size = signed(BROUGHT);
        let first = b.arg(0);
        let aside = sent_at(e).add(signed(MOST * BROUGHT));
        each_brought(b, &first, &b.arg(1), |b, record| {
            let when = b.keep(brought(record).when.get());
            let place = b.var(record);
            b.while_(
                |b| {
                    let before = place.get().sub(size);
                    b.choose(first.lt(place.get()), |_| brought(&before).when.get().gt(&when), |_| 0.into())
                },
                |b| b.set(place, place.get().sub(size)),
            );
            b.when(place.get().ne(record), |b| {
                b.copy(&aside, record, size);
                b.copy(place.get().add(size), place.get(), record.sub(place.get()));
                b.copy(place.get(), &aside, size);
            });
        });
    })
}

/// It counts as sent and as an attempt, and named every claim that the case brings.
fn bring_message(e: &Emit<'_>) -> Func {
    e.func("bring_message", &[I32], None, true, |e, b| {
        let sent = brought(&b.arg(0));
        let counted = stages::bits(e.m.templates.len(), |at| e.m.templates.get(at).is_some_and(|t| t.counted));
        b.when(stages::bit_of(&e.constant(&counted), &sent.one.get()), |b| {
            let day = run::local_day(e, b, sent.when.get());
            b.call(messages::count_sent_on(e), &[sent.one.get(), day]);
        });
        let attempt = [sent.other.get(), sent.value.get().narrow(), sent.when.get()];
        b.call(contact::log_attempt_of(e), &attempt);
        b.call(name_all_claims(e), &[]);
    })
}

fn name_all_claims(e: &Emit<'_>) -> Func {
    e.func("name_all_claims", &[], None, false, |e, b| {
        run::each(b, &e.case.claims, |b, _, record| b.store(&Claim::at(record).fresh, 0));
    })
}

/// Notes that an event happened, with what it says.
fn note(e: &Emit<'_>, b: &mut Body, happening: Happening, says: &[(&str, Val)]) {
    event::number(e).set(b, i32::from(happening.id().0));
    event::person(e).set(b, 0);
    let mut known = 0;
    for (param, value) in says {
        let Some(at) = happening.param(param).and_then(|at| u32::try_from(at).ok()) else { continue };
        known |= 1 << at;
        b.store(&event::value(e, at), value);
    }
    event::known(e).set(b, known);
    b.call(note_event(e), &[]);
}

/// So many payments from a position on are booked by their days, and are on record as what happened last.
fn bring_payments(e: &Emit<'_>) -> Func {
    e.func("bring_payments", &[I32, I32], None, true, |e, b| {
        each_brought(b, &b.arg(0), &b.arg(1), |b, record| {
            let paid = brought(record);
            let (amount, on) = (b.keep(paid.value.get()), b.keep(paid.when.get()));
            let mark = b.choose(
                paid.one.get(),
                |b| b.call(texts::mark_of(e), &[paid.one.get(), paid.other.get()]),
                |_| (-1i64).into(),
            );
            b.call(costs::pay(e), &[amount.clone(), on.narrow(), mark, NONE.into()]);
            note(e, b, Happening::Payment, &[("amount", amount), ("on", on)]);
        });
    })
}

/// A plan that runs became active on its day, as the account stood then.
fn bring_plan(e: &Emit<'_>) -> Func {
    e.func("bring_plan", &[], None, true, |e, b| {
        let (plan, day, since) = (said(e, field::PLAN), said(e, field::PLAN_DAY), said(e, field::PLAN_SINCE));
        b.call(start_vars(e), &[]);
        let opening = b.keep(run::today(e).get());
        let until = b.keep(since.narrow_or(0).or_else(&since.is(), &opening));
        let (first, count) = (b.keep(paid_at(e)), b.keep(said(e, field::PAID).count.get()));
        let before = b.var(0);
        each_brought(b, &first, &count, |b, record| {
            b.set(before, before.get().add(brought(record).when.get().le(until.wide())));
        });
        b.call(bring_payments(e), &[first.clone(), before.get()]);
        become_day(e, b, &until);
        let given = [plan.at.get(), plan.value.get(), day.narrow_or(0), since.narrow_or(NO_DAY)];
        b.call(plans::agree_before(e), &given);
        become_day(e, b, &opening);
        b.call(bring_payments(e), &[first.add(before.get().mul(signed(BROUGHT))), count.sub(before.get())]);
        b.call(plans::pass_over_past_instalments(e), &[]);
    })
}

fn become_day(e: &Emit<'_>, b: &mut Body, day: &Val) {
    run::today(e).set(b, day);
    run::today_of(e).set(b, 0i64);
    ledger::account_changes(e, b);
}
