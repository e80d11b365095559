//! The account: it adds up, and no cent appears or vanishes.

use crate::{Inputs, Step, each, taken};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{Action, Does};
use dunlin_machine::value::Money;
use dunlin_runtime::case::Case;
use dunlin_runtime::outcome::{Effect, Statement, What};
use dunlin_runtime::read;
use std::collections::BTreeMap;

#[test]
fn it_adds_up_at_every_step_and_in_every_effect() {
    let mut seen = 0;
    each(
        Inputs::AsWritten,
        |_| (),
        |(), step, seed| {
            let of_effects = step.out.entries.iter().filter_map(|entry| match &entry.what {
                What::Effect { statement, .. } => Some(*statement),
                _ => None,
            });
            for s in of_effects.chain(read::statement(step.machine(), step.case)) {
                seen += 1;
                assert_eq!(s.principal.0 + s.interest.0 + s.costs.0, s.balance.0, "seed {seed}: {s:?}");
                assert!(s.principal.0 >= 0 && s.costs.0 >= 0, "seed {seed}: {s:?}");
            }
        },
    );
    assert!(seen > 5000, "only {seen} statements were seen");
}

/// What was paid and what of it was refunded, by the payment's name.
type Payments = BTreeMap<Option<String>, (i128, i128)>;

#[test]
fn no_cent_appears_or_vanishes() {
    let mut seen = BTreeMap::<&'static str, usize>::new();
    taken(
        Inputs::TimeFirst,
        |_| Payments::new(),
        |payments, step, seed| {
            let told = told(payments, step);
            let (Some(event), Some((kind, told))) = (step.event, told) else { return };
            let (Some(before), Some(after)) = (balance(step, step.before), balance(step, step.case)) else { return };
            let told = told + of_effects(step);
            let changed = after - before;
            // Interest since its day comes back with a payment that is void; how much is the ledger's affair.
            let right = changed == told || kind == "void" && changed > told && bears_interest(step);
            assert!(right, "seed {seed}: {kind}, {changed} and not {told}, {event:?} at {}", step.at);
            *seen.entry(kind).or_default() += 1;
        },
    );
    for kind in ["payment", "return", "void", "claim", "costs", "waived", "reduced", "other"] {
        assert!(seen.get(kind).is_some_and(|n| *n >= 3), "too few inputs of the kind `{kind}`: {seen:?}");
    }
}

fn bears_interest(step: &Step) -> bool {
    step.machine().ledger.interest.is_some()
}

fn balance(step: &Step, case: &Case) -> Option<i128> {
    read::statement(step.machine(), case).ok().map(|s| i128::from(s.balance.0))
}

/// By how much the event itself changes the balance on its day, and what kind of event it is; none where outcomes do not
/// tell it: interest of days gone by, or costs that took the place of others.
fn told(payments: &mut Payments, step: &Step) -> Option<(&'static str, i128)> {
    let booked = book(payments, step)?;
    let replaces = |action: &Action| matches!(&action.does, Does::Charge { replacing: Some(_), .. });
    let interest = bears_interest(step);
    let today = i64::from(step.day(step.at).days());
    // Interest of the days in between is not told.
    let back = interest && step.value("on").is_some_and(|on| on < today);
    let due_before = interest && step.is(Happening::ClaimAdded) && step.amount("due") < today;
    if step.machine().actions.iter().any(replaces) || back || due_before {
        return None;
    }
    Some(booked)
}

/// None of a payment that came before the opening: what of it was refunded then is told of all of them together.
fn book(payments: &mut Payments, step: &Step) -> Option<(&'static str, i128)> {
    let id = step.event.and_then(|event| event.id.clone());
    let amount = i128::from(step.amount("amount"));
    if step.is(Happening::Payment) || step.is(Happening::Enforced) {
        let refunded = step.effects().map(|effect| if let Effect::Refund(m) = effect { i128::from(m.0) } else { 0 });
        payments.insert(id, (amount, refunded.sum()));
        return Some(("payment", -amount));
    }
    if step.is(Happening::PaymentReturned) || step.is(Happening::Void) {
        let of = step.word("of").map(str::to_owned);
        let (paid, refunded) = payments.remove(&of)?;
        let kind = if step.is(Happening::Void) { "void" } else { "return" };
        return Some((kind, paid - refunded + i128::from(step.amount("fee").max(0))));
    }
    let happening = step.event.and_then(|event| Happening::of(event.event));
    Some(match happening {
        Some(Happening::ClaimAdded) => ("claim", i128::from(step.amount("principal"))),
        Some(Happening::CostsSet) => ("costs", amount),
        Some(Happening::Waived) => ("waived", -waived(step)),
        Some(Happening::ClaimReduced) => ("reduced", -reduced(step)),
        _ => ("other", 0),
    })
}

/// What the host waives, of what there was.
fn waived(step: &Step) -> i128 {
    let Ok(before) = read::statement(step.machine(), step.before) else { return 0 };
    let Statement { interest, costs, balance, .. } = before;
    let there = match step.word("what") {
        Some("costs") => costs.0,
        Some("interest") => interest.0,
        _ => balance.0,
    };
    i128::from(step.value("amount").map_or(there, |most| there.min(most)).max(0))
}

/// What a reduction takes off: of one claim, or of all of them.
fn reduced(step: &Step) -> i128 {
    let meant = |id: &str| step.word("claim").is_none_or(|name| name == id);
    let claims = step.before.ledger.claims.iter().filter(|c| meant(&c.id));
    let there: i128 = claims.map(|c| i128::from(c.principal)).sum();
    there.min(i128::from(step.amount("amount")))
}

fn of_effects(step: &Step) -> i128 {
    let sum = |parts: &[Money]| parts.iter().map(|m| i128::from(m.0)).sum::<i128>();
    let one = |effect: &Effect| match effect {
        Effect::Charge { amount, .. } | Effect::Refund(amount) => i128::from(amount.0),
        Effect::Waive { principal, interest, costs } => -sum(&[*principal, *interest, *costs]),
        Effect::Split { principal, interest, .. } => -sum(&[*principal, *interest]),
        _ => 0,
    };
    step.effects().map(one).sum()
}
