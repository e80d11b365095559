//! What leaves a case: a person who is released, a part that goes on in a sister case.

use super::actions::{self, by};
use super::code::{Body, Func, Val, Width};
use super::expressions::{self, Mode};
use super::module::Emit;
use super::run::{self, NONE};
use super::{costs, newcomers};
use Width::I32;
use dunlin_machine::ir::{EffectKind, SplitPart, StageId};

/// `release debtor`: the one that the event names is pursued no more.
pub(super) fn release(e: &Emit<'_>, b: &mut Body, rule: i32) {
    let person = b.keep(run::person(e).get());
    let released = b.call(stop_pursuing(e), &[person.clone()]);
    b.when(released, |b| {
        let from = b.keep(run::seen(e).get());
        run::effect(e, b, run::kind(EffectKind::Release), rule, &from, &[person]);
    });
}

/// Whether the person was pursued until now. What waits for that person is dropped, and calls end.
fn stop_pursuing(e: &Emit<'_>) -> Func {
    e.func("stop_pursuing", &[I32], Some(I32), true, |e, b| {
        b.when(b.arg(0).lt_u(e.case.persons.count().get()).not(), |b| b.give(0));
        let record = b.keep(e.case.persons.at(&b.arg(0)));
        let channels = e.case.person(&record).channels;
        b.when(channels.pursued.get().not(), |b| b.give(0));
        b.store(&channels.pursued, 0);
        b.store(&channels.released, 1);
        b.call(newcomers::end_contact(e), &[b.arg(0)]);
        b.give(1);
    })
}

/// `split`: the host is asked to open a sister case for a part; this case goes on with the rest.
pub(super) fn split(e: &Emit<'_>, b: &mut Body, part: &SplitPart, to: StageId, rule: i32) {
    let from = b.keep(run::seen(e).get());
    let (person, principal, interest) = match part {
        SplitPart::Debtor => {
            let person = b.keep(run::person(e).get());
            let released = b.call(stop_pursuing(e), &[person.clone()]);
            (person.or_else(&released, NONE), Val::from(0i64), Val::from(0i64))
        }
        SplitPart::Disputed => {
            let principal = b.call(costs::take_out_disputed(e), &[]);
            (Val::from(NONE), principal, b.keep(costs::interest_taken_out(e).get()))
        }
        SplitPart::Money(amount) => {
            let amount = b.call(expressions::value_of(e, *amount, Mode::Noted), &[]);
            (NONE.into(), b.call(costs::take_out(e), &[amount.max(0i64)]), 0i64.into())
        }
    };
    let leaves = person.ne(NONE).or(principal.gt(0i64)).or(interest.gt(0i64));
    b.either(
        leaves,
        |b| {
            let what = [person.clone(), principal.clone(), interest.clone(), i32::from(to.0).into()];
            run::effect(e, b, run::kind(EffectKind::Split), rule, &from, &what);
        },
        |b| actions::held(e, b, rule, (EffectKind::Split, 0.into(), 0.into()), &[by::NOTHING.into()]),
    );
}
