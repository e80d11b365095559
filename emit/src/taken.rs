//! Taking up an event: what it does to the case before any rule sees it.

use super::check::{named, place_of, said};
use super::code::{Body, Cell, Form, Func, Val};
use super::deliver::{self, event};
use super::faults::Bound;
use super::layout::{NO_DAY, NO_INSTANT};
use super::module::{Emit, signed};
use super::run::{self, NONE};
use super::state::{self, Claim, FirstFact, PersonChannels};
use super::step::{self, learn_own};
use super::{approvals, contact, costs, days, facts, holds, ledger, messages, newcomers, open, plans, stages, texts};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::Channels;

/// No rule: an action that no rule did.
const NO_ACTION: i32 = 0xffff;

/// The value of a parameter.
fn value(e: &Emit<'_>, happening: Happening, name: &str) -> Val {
    event::value(e, place_of(happening, name)).get()
}

/// Whether a parameter is known.
fn known(e: &Emit<'_>, happening: Happening, name: &str) -> Val {
    event::is_known(e, place_of(happening, name))
}

/// A value that is a day.
fn day(e: &Emit<'_>, happening: Happening, name: &str) -> Val {
    value(e, happening, name).narrow()
}

/// A day that may be missing.
fn maybe_day(e: &Emit<'_>, happening: Happening, name: &str) -> Val {
    day(e, happening, name).or_else(&known(e, happening, name), NO_DAY)
}

fn named_at(e: &Emit<'_>) -> Val {
    named::what(e).get().narrow()
}

/// What an event does by itself.
pub(super) fn take_up(e: &Emit<'_>) -> Func {
    e.func("take_up", &[], None, true, |e, b| {
        for (happenings, does) in what_events_do() {
            let is = |h: &Happening| event::number(e).get().eq(i32::from(h.id().0));
            let any = happenings.iter().map(is).reduce(|any, is| any.or(is)).unwrap_or(0.into());
            b.when(any, |b| {
                does(e, b);
                b.end();
            });
        }
    })
}

/// Events that do the same, and what they do.
fn what_events_do() -> Vec<(&'static [Happening], fn(&Emit<'_>, &mut Body))> {
    use Happening as H;
    vec![
        (&[H::Payment, H::Enforced], pay),
        (&[H::PaymentReturned], return_payment),
        (&[H::Void], |e, b| {
            b.call(costs::undo_payment(e), &[named::payment(e).get(), 1.into()]);
        }),
        (&[H::Promise], take_promise),
        (&[H::Dispute], |e, b| dispute(e, b, true)),
        (&[H::DisputeResolved], |e, b| dispute(e, b, false)),
        (&[H::ClaimAdded], add_claim),
        (&[H::ClaimReduced], reduce_claim),
        (&[H::DebtorAdded], |e, b| {
            b.call(newcomers::take(e), &[0.into()]);
        }),
        (&[H::DebtorReplaced], |e, b| {
            b.call(newcomers::take(e), &[1.into()]);
        }),
        (&[H::Contacted], |e, b| {
            let channel = channels(e);
            b.call(contact::log_attempt(e), &[event::person(e).get(), channel]);
        }),
        (&[H::Conversation], take_conversation),
        (&[H::Hold], take_hold),
        (&[H::Released], |e, b| {
            b.call(holds::resume(e), &[named::what(e).get()]);
        }),
        (&[H::TaskDone], |e, b| run::remove(e, b, &e.case.tasks, &named_at(e))),
        (&[H::Postponed], postpone),
        (&[H::Approved], |e, b| {
            b.call(approvals::approve(e), &[named_at(e)]);
        }),
        (&[H::Declined], |e, b| {
            b.call(approvals::decline(e), &[named_at(e)]);
        }),
        (&[H::PlanAccepted], |e, b| {
            b.call(plans::agree_to_terms(e), &[]);
        }),
        (&[H::PlanDeclined], plans::decline_offer),
        (&[H::Signed], plans::sign),
        (&[H::TitleIssued, H::Judgment], take_title),
        (&[H::CostsSet], |e, b| {
            let kind = learn_own(e, b, "court");
            b.call(costs::book_cost(e), &[kind, value(e, H::CostsSet, "amount")]);
        }),
        (&[H::DeadlineExtended], |e, b| {
            // It is nobody's message any more: a bounce does not take it away, and the next message sets its own.
            messages::set_deadline(e, b, &day(e, H::DeadlineExtended, "until"), 0.into(), NO_ACTION);
        }),
        (&[H::Waived], take_waiver),
        (&[H::Fact], set_fact),
        (&[H::Operator], override_stage),
        (&[H::ConsentGiven, H::ConsentWithdrawn, H::WrongParty, H::AddressLost, H::AddressFound], take_channel),
        (&[H::CeaseContact, H::Deceased, H::Minor, H::Representative], take_person),
        (&[H::Bounced], bounce),
    ]
}

/// The person that the event names.
fn person(e: &Emit<'_>, b: &mut Body) -> PersonChannels {
    let record = b.keep(e.case.persons.at(&event::person(e).get()));
    e.case.person(&record).channels
}

/// The channel that the event names: always its first parameter.
fn channel(e: &Emit<'_>) -> Val {
    event::value(e, 0).get().narrow()
}

/// The same, as a set.
fn channels(e: &Emit<'_>) -> Val {
    Val::from(1).shl(channel(e))
}

fn pay(e: &Emit<'_>, b: &mut Body) {
    let (amount, on) = (value(e, Happening::Payment, "amount"), day(e, Happening::Payment, "on"));
    b.call(costs::pay(e), &[amount, on, step::own_mark(e).get(), named::claim(e).get()]);
}

fn return_payment(e: &Emit<'_>, b: &mut Body) {
    b.call(costs::undo_payment(e), &[named::payment(e).get(), 0.into()]);
    let fee = value(e, Happening::PaymentReturned, "fee");
    b.when(known(e, Happening::PaymentReturned, "fee").and(fee.gt(0i64)), |b| {
        let kind = learn_own(e, b, "return_fee");
        b.call(costs::book_cost(e), &[kind, fee]);
    });
}

fn take_promise(e: &Emit<'_>, b: &mut Body) {
    let promise = state::Promise::at(&signed(e.case.promise.1).into());
    b.store(&e.case.promise.0, 1);
    b.store(&promise.amount, value(e, Happening::Promise, "amount"));
    b.store(&promise.on, run::today(e).get());
    b.store(&promise.by, day(e, Happening::Promise, "by"));
    b.store(&promise.paid, 0i64);
}

/// One claim is disputed or is not any more; where none is named, each that is open, or each.
fn dispute(e: &Emit<'_>, b: &mut Body, disputed: bool) {
    let named = b.keep(named::claim(e).get());
    run::each(b, &e.case.claims, |b, at, record| {
        let claim = Claim::at(record);
        let open = if disputed { claim.principal.get().gt(0i64) } else { 1.into() };
        let meant = named.eq(at).or(named.eq(NONE).and(open));
        b.when(meant, |b| b.store(&claim.disputed, i32::from(disputed)));
    });
}

fn add_claim(e: &Emit<'_>, b: &mut Body) {
    let h = Happening::ClaimAdded;
    let position = run::push_one_of(e, b, &e.case.claims, Bound::Claims);
    let (text, length) = said(e, h, "claim");
    b.call(open::new_claim(e), &[position.clone(), text, length]);
    let claim = Claim::at(&position);
    b.store(&claim.principal, value(e, h, "principal"));
    b.store(&claim.due, day(e, h, "due"));
    b.store(&claim.arose, maybe_day(e, h, "arose"));
    b.store(&claim.default_on, maybe_day(e, h, "default_on"));
    let kind = value(e, h, "kind");
    let has_kind = b.keep(known(e, h, "kind").and(kind.ne(texts::UNKNOWN)));
    b.store(&claim.kind, kind.or_else(&has_kind, 0i64));
    b.store(&claim.kind.beside(8, Form::U8), has_kind);
    ledger::account_changes(e, b);
    b.call(ledger::start_interest(e), &[e.case.claims.count().get().sub(1)]);
}

fn reduce_claim(e: &Emit<'_>, b: &mut Body) {
    let h = Happening::ClaimReduced;
    let (amount, on) = (value(e, h, "amount"), day(e, h, "on"));
    let claim = b.keep(named::claim(e).get());
    b.either(
        claim.eq(NONE),
        |b| {
            b.call(costs::reduce_oldest(e), &[amount.clone(), on.clone()]);
        },
        |b| {
            b.call(costs::reduce(e), &[claim.clone(), amount.clone(), on.clone()]);
        },
    );
}

fn take_conversation(e: &Emit<'_>, b: &mut Body) {
    let person = b.keep(event::person(e).get());
    b.call(contact::log_conversation(e), &[person.clone(), channel(e)]);
    b.when(channels(e).and(contact::BY_PHONE), |b| {
        stages::retain(b, &e.case.calls, |_, record| state::Call::at(record).person.get().ne(&person));
    });
}

fn take_hold(e: &Emit<'_>, b: &mut Body) {
    let until = b.choose(
        known(e, Happening::Hold, "until"),
        |b| {
            let tomorrow = b.call(days::add_days(e), &[run::today(e).get(), 1.into()]);
            b.call(run::begin(e), &[day(e, Happening::Hold, "until").max(tomorrow)])
        },
        |_| NO_INSTANT.into(),
    );
    b.call(holds::set_hold(e), &[named::what(e).get(), until, 0.into(), NONE.into()]);
}

fn postpone(e: &Emit<'_>, b: &mut Body) {
    let after = b.call(days::add_days(e), &[day(e, Happening::Postponed, "until"), 1.into()]);
    let due = b.call(run::begin(e), &[after]);
    b.store(&state::Task::at(&e.case.tasks.at(&named_at(e))).due, due);
}

fn take_title(e: &Emit<'_>, b: &mut Body) {
    b.store(&e.case.titled, 1);
    b.when(e.case.titled_on.get().eq(NO_DAY), |b| {
        b.store(&e.case.titled_on, day(e, Happening::TitleIssued, "on"));
    });
}

fn take_waiver(e: &Emit<'_>, b: &mut Body) {
    let amount = value(e, Happening::Waived, "amount").or_else(&known(e, Happening::Waived, "amount"), 0i64);
    let amount = b.keep(amount);
    let most = b.keep(amount.or_else(&amount.gt(0i64), i64::MAX));
    let what = b.keep(named_at(e));
    b.when(what.eq(0), |b| {
        b.call(costs::waive_costs(e), &[costs::NO_KIND.into(), most.clone()]);
    });
    b.when(what.eq(1), |b| {
        b.call(costs::waive_interest(e), &[most]);
    });
    b.when(what.eq(NONE), |b| {
        costs::waive_money(e, b, amount);
    });
}

/// Sets the fact, and keeps what it was at first.
fn set_fact(e: &Emit<'_>, b: &mut Body) {
    let at = b.keep(named_at(e));
    let first = &e.case.first_facts;
    let kept = run::any(b, first, |_, record| FirstFact::at(record).fact.get().eq(&at));
    b.when(kept.not(), |b| {
        let position = run::push(e, b, first);
        let record = FirstFact::at(&position);
        b.store(&record.fact, &at);
        let fact = facts::place(e, &at);
        b.store(&record.value, fact.get());
        b.store(&record.value.beside(8, Form::U8), fact.beside(8, Form::U8).get());
    });
    facts::set(e, b, &at, named::value(e).get());
}

fn override_stage(e: &Emit<'_>, b: &mut Body) {
    let ran = run::next_run(e, b);
    run::run(e).set(b, ran);
    // Of no rule: no hold of a rule lets through what the way out does.
    run::body(e).set(b, NO_ACTION);
    b.call(stages::go_to(e), &[named_at(e), NONE.into()]);
    deliver::see_move(e, b);
}

/// What an event says of one channel of a person.
fn take_channel(e: &Emit<'_>, b: &mut Body) {
    use Happening as H;
    let p = person(e, b);
    let one = b.keep(channels(e));
    let is = |h: Happening| event::number(e).get().eq(i32::from(h.id().0));
    let with = |b: &mut Body, set: &Cell, when: Val| b.when(when, |b| b.store(set, set.get().or(&one)));
    let without = |b: &mut Body, set: &Cell, when: Val| b.when(when, |b| b.store(set, set.get().and(one.xor(-1))));
    with(b, &p.consent, is(H::ConsentGiven));
    without(b, &p.consent, is(H::ConsentWithdrawn));
    with(b, &p.reachable, is(H::AddressFound));
    without(b, &p.reachable, is(H::AddressLost));
    with(b, &p.barred, is(H::ConsentWithdrawn).or(is(H::WrongParty)));
    without(b, &p.barred, is(H::ConsentGiven).or(is(H::AddressFound)));
}

/// What an event says of a person as a whole.
fn take_person(e: &Emit<'_>, b: &mut Body) {
    use Happening as H;
    let p = person(e, b);
    let when = |b: &mut Body, h: Happening, cell: &Cell, value: i32| {
        b.when(event::number(e).get().eq(i32::from(h.id().0)), |b| b.store(cell, value));
    };
    when(b, H::CeaseContact, &p.barred, Channels::ALL.0.cast_signed());
    when(b, H::Deceased, &p.pursued, 0);
    when(b, H::Minor, &p.minor, 1);
    when(b, H::Representative, &p.represented, 1);
    b.when(event::number(e).get().eq(i32::from(H::Representative.id().0)), |b| {
        b.store(&p.represented_until, maybe_day(e, H::Representative, "until"));
    });
}

/// A message came back: the person whose it was is reached by that channel no more.
fn bounce(e: &Emit<'_>, b: &mut Body) {
    let h = Happening::Bounced;
    let effect = value(e, h, "effect");
    let is_effect = known(e, h, "effect").and(effect.le_u(0xffff_ffffi64));
    let effect = b.keep(effect.narrow().or_else(&is_effect, NONE));
    let person = b.var(event::person(e).get());
    b.when(known(e, h, "debtor").not().and(effect.ne(NONE)), |b| {
        let found = run::find(b, &e.case.messages, |_, record| state::Message::at(record).effect.get().eq(&effect));
        b.when(found.ne(NONE), |b| b.set(person, state::Message::at(&e.case.messages.at(&found)).person.get()));
    });
    let record = b.keep(e.case.persons.at(&person.get()));
    let barred = e.case.person(&record).channels.barred;
    b.when(person.get().lt_u(e.case.persons.count().get()), |b| b.store(&barred, barred.get().or(channels(e))));
    b.call(messages::bounce(e), &[effect, person.get(), channel(e)]);
}
