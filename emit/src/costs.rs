//! What changes the ledger: charges, waivers, payments and their return.

use super::actions::{self, by, text};
use super::code::{Body, Func, Val, Var, Width};
use super::expressions::{self, Mode};
use super::faults::Bound;
use super::ledger::{self, fix};
use super::module::{Emit, signed};
use super::run::{self, NONE};
use super::state::{Claim, Cost, Met, Payment};
use super::{corrections, days, numbers, promises};
use Width::{I32, I64};
use dunlin_machine::ir::{ClaimOrder, CostCap, Designation, EffectKind, ExprId, Pool, TextId, Waive};

/// What a part of a payment met, as it is stored.
mod met {
    pub(super) const COSTS: i32 = 0;
    pub(super) const INTEREST: i32 = 1;
    pub(super) const PRINCIPAL: i32 = 2;
}

/// Adds to a variable; fails where it does not fit.
fn more(e: &Emit<'_>, b: &mut Body, sum: Var, by: Val) {
    let total = b.call(numbers::plus(e), &[sum.get(), by]);
    b.set(sum, total);
}

/// Adds costs of a kind.
pub(super) fn book_cost(e: &Emit<'_>) -> Func {
    e.func("book_cost", &[I64, I64], None, true, |e, b| {
        let at = run::find(b, &e.case.costs, |b, record| Cost::at(record).kind.get().eq(b.arg(0)));
        b.when(at.ne(NONE), |b| {
            let record = b.keep(e.case.costs.at(&at));
            let cost = Cost::at(&record);
            let sum = b.call(numbers::plus(e), &[cost.charged.get(), b.arg(1)]);
            b.store(&cost.charged, sum);
            b.end();
        });
        let position = run::push_one_of(e, b, &e.case.costs, Bound::CostKinds);
        let cost = Cost::at(&position);
        b.store(&cost.kind, b.arg(0));
        b.store(&cost.charged, b.arg(1));
        b.store(&cost.paid, 0i64);
    })
}

/// `charge MONEY as KIND [replacing KIND]`.
pub(super) fn do_charge(
    e: &Emit<'_>,
    b: &mut Body,
    rule: i32,
    amount: ExprId,
    kind: TextId,
    replacing: Option<TextId>,
) {
    let held_by = b.call(ledger::nothing_left(e, false), &[]);
    b.when(&held_by, |b| {
        let what = (EffectKind::Charge, text(kind).into(), 0.into());
        actions::held(e, b, rule, what, &[held_by.add(by::DISPUTED - 1)]);
        b.end();
    });
    let from = b.keep(run::seen(e).get());
    let asked = b.call(expressions::value_of(e, amount, Mode::Noted), &[]);
    // What was paid on the costs that give way stays paid: only what exceeds it is new.
    let paid = b.var(0i64);
    if let Some(replaced) = replacing {
        let at = cost_of(e, b, replaced);
        b.when(at.ne(NONE), |b| {
            let record = b.keep(e.case.costs.at(&at));
            let cost = Cost::at(&record);
            b.set(paid, cost.paid.get());
            b.store(&cost.charged, paid.get());
        });
    }
    let new = b.call(numbers::minus(e), &[asked, paid.get()]);
    let new = b.keep(new.max(0i64));
    let booked = b.var(&new);
    b.when(new.gt(0i64), |b| within_caps(e, b, kind, booked));
    let booked = b.keep(booked.get());
    b.when(booked.gt(0i64), |b| {
        b.call(book_cost(e), &[i64::from(kind.0).into(), booked.clone()]);
        let (without_from, without_to) = ledger::without(e, b, false);
        let replaced = replacing.map_or(NONE, text);
        let what = [booked.clone(), text(kind).into(), replaced.into(), without_from, without_to];
        run::effect(e, b, run::kind(EffectKind::Charge), rule, &from, &what);
        b.end();
    });
    b.when(booked.lt(new), |b| {
        actions::held(e, b, rule, (EffectKind::Charge, text(kind).into(), 0.into()), &[by::COST_CAP.into()]);
    });
}

/// The costs of a kind, by position; -1 where there are none.
fn cost_of(e: &Emit<'_>, b: &mut Body, kind: TextId) -> Val {
    run::find(b, &e.case.costs, |_, record| Cost::at(record).kind.get().eq(i64::from(kind.0)))
}

/// Cuts an amount of a kind to what may still be charged.
fn within_caps(e: &Emit<'_>, b: &mut Body, kind: TextId, amount: Var) {
    let cut_to = |b: &mut Body, cap: Val, charged: Val| {
        let room = b.call(numbers::minus(e), &[cap, charged]);
        b.set(amount, amount.get().min(room.max(0i64)));
    };
    if let Some(cap) = cap(e, b, e.m.ledger.costs_up_to) {
        let all = b.var(0i64);
        run::each(b, &e.case.costs, |b, _, record| more(e, b, all, Cost::at(record).charged.get()));
        cut_to(b, cap, all.get());
    }
    let of_kind = e.m.ledger.costs_of_up_to.iter().find(|(k, _)| *k == kind).map(|(_, cap)| *cap);
    if let Some(cap) = cap(e, b, of_kind) {
        let charged = b.var(0i64);
        let at = cost_of(e, b, kind);
        b.when(at.ne(NONE), |b| b.set(charged, Cost::at(&e.case.costs.at(&at)).charged.get()));
        cut_to(b, cap, charged.get());
    }
}

/// What costs may come to; what it reads of a debtor is the first one's.
fn cap(e: &Emit<'_>, b: &mut Body, cap: Option<CostCap>) -> Option<Val> {
    let cap = cap?;
    let person = b.keep(run::person(e).get());
    run::person(e).set(b, 0);
    let most = match cap {
        CostCap::Money(id) => b.call(expressions::value_of(e, id, Mode::Noted), &[]),
        CostCap::OfPrincipal(id) => {
            let rate = b.call(expressions::value_of(e, id, Mode::Noted), &[]);
            b.call(numbers::times_rate(e), &[e.case.claimed.get(), rate])
        }
    };
    run::person(e).set(b, person);
    Some(most)
}

/// `waive …`.
pub(super) fn do_waive(e: &Emit<'_>, b: &mut Body, rule: i32, what: &Waive) {
    let from = b.keep(run::seen(e).get());
    let none: Val = 0i64.into();
    let (principal, interest, costs) = match *what {
        Waive::Costs => (none.clone(), none, b.call(waive_costs(e), &[NO_KIND.into(), i64::MAX.into()])),
        Waive::CostsOf(kind) => {
            let kind = i64::from(kind.0);
            (none.clone(), none, b.call(waive_costs(e), &[kind.into(), i64::MAX.into()]))
        }
        Waive::Interest => (none.clone(), b.call(waive_interest(e), &[i64::MAX.into()]), none),
        Waive::Money(amount) => {
            let amount = b.call(expressions::value_of(e, amount, Mode::Noted), &[]);
            waive_money(e, b, amount)
        }
    };
    let sum = b.call(numbers::plus(e), &[principal.clone(), interest.clone()]);
    let sum = b.call(numbers::plus(e), &[sum, costs.clone()]);
    b.when(sum.gt(0i64), |b| {
        run::effect(e, b, run::kind(EffectKind::Waive), rule, &from, &[principal, interest, costs]);
    });
}

/// No kind of costs: all of them.
pub(super) const NO_KIND: i64 = i64::MIN;

/// Writes off a sum: costs, then interest, then principal.
pub(super) fn waive_money(e: &Emit<'_>, b: &mut Body, amount: Val) -> (Val, Val, Val) {
    let costs = b.call(waive_costs(e), &[NO_KIND.into(), amount.clone()]);
    let left = b.call(numbers::minus(e), &[amount, costs.clone()]);
    let interest = b.call(waive_interest(e), &[left.clone()]);
    let left = b.call(numbers::minus(e), &[left, interest.clone()]);
    (b.call(take_out(e), &[left]), interest, costs)
}

/// Takes principal out of the claims, in the order of allocation, up to a sum; gives how much there was.
pub(super) fn take_out(e: &Emit<'_>) -> Func {
    e.func("take_out", &[I64], Some(I64), true, |e, b| {
        let taken = b.var(0i64);
        in_order(e, b, |b, claim| {
            let rest = b.call(numbers::minus(e), &[b.arg(0), taken.get()]);
            let part = b.call(reduce(e), &[claim.clone(), rest, run::today(e).get()]);
            more(e, b, taken, part);
        });
        b.give(taken.get());
    })
}

/// The interest of the disputed claims that were taken out last.
pub(super) fn interest_taken_out(e: &Emit<'_>) -> run::At {
    run::At::named(e, "interest_taken_out", I64)
}

/// Takes the disputed claims out; gives their principal, and [`interest_taken_out`].
pub(super) fn take_out_disputed(e: &Emit<'_>) -> Func {
    e.func("take_out_disputed", &[], Some(I64), true, |e, b| {
        let (principal, interest) = (b.var(0i64), b.var(0i64));
        run::each(b, &e.case.claims, |b, at, record| {
            let claim = Claim::at(record);
            b.when(claim.disputed.get(), |b| {
                b.call(fix(e), &[at.clone(), run::today(e).get()]);
                for (sum, pot) in [(principal, &claim.principal), (interest, &claim.interest)] {
                    more(e, b, sum, pot.get());
                    b.store(pot, 0i64);
                }
                b.store(&claim.disputed, 0);
            });
        });
        ledger::account_changes(e, b);
        interest_taken_out(e).set(b, interest.get());
        b.give(principal.get());
    })
}

/// Writes off open costs of a kind, or of all, up to a sum; gives how much.
pub(super) fn waive_costs(e: &Emit<'_>) -> Func {
    e.func("waive_costs", &[I64, I64], Some(I64), true, |e, b| {
        let waived = b.var(0i64);
        run::each(b, &e.case.costs, |b, _, record| {
            let cost = Cost::at(record);
            b.when(b.arg(0).eq(NO_KIND).or(cost.kind.get().eq(b.arg(0))), |b| {
                let open = b.call(ledger::open_cost(e), &[record.clone()]);
                let room = b.call(numbers::minus(e), &[b.arg(1), waived.get()]);
                let amount = b.keep(open.min(room));
                b.when(amount.gt(0i64), |b| {
                    b.store(&cost.charged, cost.charged.get().sub(&amount));
                    more(e, b, waived, amount.clone());
                });
            });
        });
        b.give(waived.get());
    })
}

/// Writes off interest up to a sum; gives how much.
pub(super) fn waive_interest(e: &Emit<'_>) -> Func {
    e.func("waive_interest", &[I64], Some(I64), true, |e, b| {
        let waived = b.var(0i64);
        in_order(e, b, |b, at| {
            b.call(fix(e), &[at.clone(), run::today(e).get()]);
            let left = b.call(numbers::minus(e), &[b.arg(0), waived.get()]);
            let record = b.keep(e.case.claims.at(at));
            let claim = Claim::at(&record);
            let amount = b.keep(claim.interest.get().min(left).max(0i64));
            b.store(&claim.interest, claim.interest.get().sub(&amount));
            more(e, b, waived, amount);
        });
        b.give(waived.get());
    })
}

/// Lowers the principal of a claim from a day on; gives by how much.
pub(super) fn reduce(e: &Emit<'_>) -> Func {
    e.func("reduce", &[I32, I64, I32], Some(I64), true, |e, b| {
        let at = b.arg(0);
        let on = b.keep(b.arg(2).min(run::today(e).get()));
        let record = b.keep(e.case.claims.at(&at));
        let claim = Claim::at(&record);
        let part = b.keep(claim.principal.get().min(b.arg(1)));
        ledger::account_changes(e, b);
        b.when(part.le(0i64), |b| b.give(0i64));
        b.call(fix(e), &[at.clone(), on.clone()]);
        b.store(&claim.principal, claim.principal.get().sub(&part));
        b.call(take_back(e), &[at, part.clone(), on]);
        ledger::account_changes(e, b);
        b.give(part);
    })
}

/// Lowers the principal of the oldest claims; gives by how much.
pub(super) fn reduce_oldest(e: &Emit<'_>) -> Func {
    e.func("reduce_oldest", &[I64, I32], Some(I64), true, |e, b| {
        let left = b.var(b.arg(0));
        let claims = &e.case.claims;
        b.each(claims.count().get(), |b, n| {
            // The n-th by due date, ties by position.
            run::each(b, claims, |b, at, record| {
                let due = b.keep(Claim::at(record).due.get());
                let rank = b.var(0);
                run::each(b, claims, |b, other, record| {
                    let other_due = Claim::at(record).due.get();
                    let before = other_due.lt(&due).or(other_due.eq(&due).and(other.lt(at)));
                    b.set(rank, rank.get().add(before));
                });
                b.when(rank.get().eq(&n), |b| {
                    let part = b.call(reduce(e), &[at.clone(), left.get(), b.arg(1)]);
                    b.set(left, left.get().sub(part));
                });
            });
        });
        b.give(b.arg(0).sub(left.get()));
    })
}

/// Principal that went bears nothing after the value date: interest of later days that is fixed falls away, at most to 0.
fn take_back(e: &Emit<'_>) -> Func {
    e.func("take_back", &[I32, I64, I32], None, true, |e, b| {
        let bore = bore_since(e, b);
        let record = b.keep(e.case.claims.at(&b.arg(0)));
        let claim = Claim::at(&record);
        let least = b.keep(claim.interest.get().min(0i64));
        let rest = b.call(numbers::minus(e), &[claim.interest.get(), bore]);
        b.store(&claim.interest, rest.max(least));
    })
}

/// What a principal part bore from the day after a value date to the last day that is fixed; of the arguments claim, part, day.
fn bore_since(e: &Emit<'_>, b: &mut Body) -> Val {
    let record = b.keep(e.case.claims.at(&b.arg(0)));
    let next = b.keep(Claim::at(&record).next.get());
    let after = b.call(days::add_days(e), &[b.arg(2), 1.into()]);
    let first = b.call(ledger::first_interest_day(e), &[b.arg(0)]);
    let last = b.call(days::add_days(e), &[next, (-1).into()]);
    b.call(ledger::accrued(e), &[b.arg(0), b.arg(1), after.max(first), last])
}

/// Adds what a principal part would have borne.
fn bear_since(e: &Emit<'_>) -> Func {
    e.func("bear_since", &[I32, I64, I32], None, true, |e, b| {
        let bore = bore_since(e, b);
        let record = b.keep(e.case.claims.at(&b.arg(0)));
        let claim = Claim::at(&record);
        let sum = b.call(numbers::plus(e), &[claim.interest.get(), bore]);
        b.store(&claim.interest, sum);
    })
}

/// Each claim, in the order in which a payment meets them.
fn in_order(e: &Emit<'_>, b: &mut Body, inside: impl FnOnce(&mut Body, &Val)) {
    b.call(sort_claims(e), &[]);
    // What runs inside may sort anew: the order is read again each time, and stays the same while nothing moves it.
    let order = e.room("claim_order", 4 * e.m.limits.claims);
    let kept = e.room("claim_order_kept", 4 * e.m.limits.claims);
    let count = b.keep(e.case.claims.count().get());
    b.copy(&kept, &order, count.mul(4));
    b.each(count, |b, at| {
        let claim = b.keep(super::code::Cell::new(&kept.add(at.mul(4)), 0, super::code::Form::I32).get());
        inside(b, &claim);
    });
}

/// Sorts the claims by an insertion sort, which is stable; a case has few.
fn sort_claims(e: &Emit<'_>) -> Func {
    e.func("sort_claims", &[], None, true, |e, b| {
        let order = e.room("claim_order", 4 * e.m.limits.claims);
        let place = |at: &Val| super::code::Cell::new(&order.add(at.mul(4)), 0, super::code::Form::I32);
        let count = b.keep(e.case.claims.count().get());
        b.each(&count, |b, at| b.store(&place(&at), &at));
        b.each(&count, |b, i| {
            let j = b.var(&i);
            b.block(|b, done| {
                b.while_(
                    |_| j.get().gt(0),
                    |b| {
                        let (this, before) = (b.keep(place(&j.get()).get()), b.keep(place(&j.get().sub(1)).get()));
                        let first = b.call(comes_before(e), &[this.clone(), before.clone()]);
                        b.leave_when(done, first.not());
                        b.store(&place(&j.get()), before);
                        b.store(&place(&j.get().sub(1)), this);
                        b.set(j, j.get().sub(1));
                    },
                );
            });
        });
    })
}

fn comes_before(e: &Emit<'_>) -> Func {
    e.func("comes_before", &[I32, I32], Some(I32), true, |e, b| {
        for by in &e.m.ledger.order {
            let (left, right) = (rank(e, b, *by, b.arg(0)), rank(e, b, *by, b.arg(1)));
            b.when(left.ne(&right), |b| b.give(left.lt(&right)));
        }
        b.give(0);
    })
}

fn rank(e: &Emit<'_>, b: &mut Body, by: ClaimOrder, at: Val) -> Val {
    let record = b.keep(e.case.claims.at(&at));
    let claim = Claim::at(&record);
    let rank = match by {
        ClaimOrder::DueFirst => claim.due.get().gt(run::today(e).get()).wide(),
        ClaimOrder::LeastSecured => claim.secured.get().wide(),
        ClaimOrder::OlderFirst => claim.due.get().wide(),
        ClaimOrder::MostBurdensome => {
            let rate = b.call(ledger::rate_on(e), &[at, run::today(e).get()]);
            b.call(numbers::minus(e), &[0i64.into(), rate])
        }
    };
    b.keep(rank)
}

/// Books a payment by its value date: amount, day, its mark or -1, the claim that the payer named or -1.
pub(super) fn pay(e: &Emit<'_>) -> Func {
    e.func("pay", &[I64, I32, I64, I32], None, true, |e, b| {
        let amount = b.arg(0);
        let on = b.keep(b.arg(1).min(run::today(e).get()));
        run::each(b, &e.case.claims, |b, at, _| {
            b.call(fix(e), &[at.clone(), on.clone()]);
        });
        let paid = b.call(numbers::plus(e), &[e.case.paid.get(), amount.clone()]);
        b.store(&e.case.paid, paid);
        let first = b.keep(e.case.parts.count().get());
        let left = match e.m.ledger.designation {
            Designation::Unheard => amount.clone(),
            _ => b.call(allocate_as_named(e), &[amount.clone(), on.clone(), b.arg(3)]),
        };
        let left = allocate(e, b, left, &on);
        let parts = b.keep(e.case.parts.count().get().sub(first));
        // The oldest gives way.
        let payments = &e.case.payments;
        b.when(payments.count().get().lt(signed(payments.most())).not(), |b| {
            let oldest = b.keep(Payment::at(&payments.at(&0.into())).parts.get());
            run::remove(e, b, payments, &0.into());
            let list = &e.case.parts;
            let rest = b.keep(list.count().get().sub(&oldest));
            b.copy(list.at(&0.into()), list.at(&oldest), rest.mul(signed(list.size())));
            b.store(&list.count(), rest);
        });
        let position = run::push(e, b, payments);
        let payment = Payment::at(&position);
        b.store(&payment.mark, b.arg(2));
        b.store(&payment.amount, &amount);
        b.store(&payment.on, &on);
        b.store(&payment.returned, 0);
        b.store(&payment.parts, parts);
        b.when(left.gt(0i64), |b| {
            let mark = b.keep(run::seen(e).get());
            run::effect(e, b, run::kind(EffectKind::Refund), NONE, &mark, &[left.clone()]);
        });
        b.call(promises::count(e), &[amount, on]);
    })
}

/// What the payer named comes first, as far as the strategy heeds it (§§ 366 (1), 367 (2) BGB); gives what is left: amount, day,
/// the claim or -1.
fn allocate_as_named(e: &Emit<'_>) -> Func {
    e.func("allocate_as_named", &[I64, I32, I32], Some(I64), true, |e, b| {
        let (left, on, claim) = (b.var(b.arg(0)), b.arg(1), b.arg(2));
        b.when(claim.eq(NONE), |b| b.give(left.get()));
        let pools = &e.m.ledger.pools;
        if let Designation::RefusedOn(first) = &e.m.ledger.designation {
            for pool in pools.iter().filter(|pool| first.contains(pool)) {
                pay_all_costs(e, b, left, *pool);
                in_order(e, b, |b, at| pay_one(e, b, left, *pool, at, &on));
            }
        }
        pools.iter().for_each(|pool| pay_one(e, b, left, *pool, &claim, &on));
        b.give(left.get());
    })
}

/// Pays open costs, where they are the pool's turn.
fn pay_all_costs(e: &Emit<'_>, b: &mut Body, left: Var, pool: Pool) {
    if pool == Pool::Costs {
        let rest = b.call(pay_costs(e), &[left.get()]);
        b.set(left, rest);
    }
}

/// Pays what is open of a claim in a pool.
fn pay_one(e: &Emit<'_>, b: &mut Body, left: Var, pool: Pool, claim: &Val, on: &Val) {
    if pool != Pool::Costs {
        let rest = b.call(pay_claim(e, pool), &[claim.clone(), left.get(), on.clone()]);
        b.set(left, rest);
    }
}

fn allocate(e: &Emit<'_>, b: &mut Body, amount: Val, on: &Val) -> Val {
    let left = b.var(amount);
    let costs = |b: &mut Body| pay_all_costs(e, b, left, Pool::Costs);
    let claim = |b: &mut Body, pool: Pool, at: &Val| pay_one(e, b, left, pool, at, on);
    let pools = &e.m.ledger.pools;
    if e.m.ledger.each_claim_in_turn {
        let costs_first = pools.first() == Some(&Pool::Costs);
        if costs_first {
            costs(b);
        }
        in_order(e, b, |b, at| pools.iter().for_each(|pool| claim(b, *pool, at)));
        if !costs_first {
            costs(b);
        }
        return left.get();
    }
    for pool in pools {
        if *pool == Pool::Costs {
            costs(b);
        } else {
            in_order(e, b, |b, at| claim(b, *pool, at));
        }
    }
    left.get()
}

fn add_part(e: &Emit<'_>, b: &mut Body, met: Val, amount: &Val) {
    let position = run::push(e, b, &e.case.parts);
    let part = Met::at(&position);
    b.store(&part.met, met);
    b.store(&part.amount, amount);
}

fn pay_costs(e: &Emit<'_>) -> Func {
    e.func("pay_costs", &[I64], Some(I64), true, |e, b| {
        let left = b.var(b.arg(0));
        run::each(b, &e.case.costs, |b, at, record| {
            let cost = Cost::at(record);
            let open = b.call(ledger::open_cost(e), &[record.clone()]);
            let amount = b.keep(open.min(left.get()));
            b.when(amount.gt(0i64), |b| {
                let paid = b.call(numbers::plus(e), &[cost.paid.get(), amount.clone()]);
                b.store(&cost.paid, paid);
                b.set(left, left.get().sub(&amount));
                add_part(e, b, at.shl(8).or(met::COSTS), &amount);
            });
        });
        b.give(left.get());
    })
}

fn pay_claim(e: &Emit<'_>, pool: Pool) -> Func {
    e.func(format!("pay_{pool:?}"), &[I32, I64, I32], Some(I64), true, move |e, b| {
        let (at, left) = (b.arg(0), b.arg(1));
        let record = b.keep(e.case.claims.at(&at));
        let claim = Claim::at(&record);
        let (pot, kind) = match pool {
            Pool::Principal => (&claim.principal, met::PRINCIPAL),
            _ => (&claim.interest, met::INTEREST),
        };
        let amount = b.keep(pot.get().min(&left));
        b.when(amount.le(0i64), |b| b.give(&left));
        b.store(pot, pot.get().sub(&amount));
        if pool == Pool::Principal {
            b.call(take_back(e), &[at.clone(), amount.clone(), b.arg(2)]);
        }
        ledger::account_changes(e, b);
        add_part(e, b, at.shl(8).or(kind), &amount);
        b.give(left.sub(amount));
    })
}

/// The position of the payment of a mark that can still be returned; -1 where there is none.
pub(super) fn payment_of(e: &Emit<'_>) -> Func {
    e.func("payment_of", &[I64], Some(I32), false, |e, b| {
        let at = run::find(b, &e.case.payments, |b, record| {
            let payment = Payment::at(record);
            payment.mark.get().eq(b.arg(0)).and(payment.returned.get().not())
        });
        b.give(at);
    })
}

/// Undoes a payment, from today; or as if it had never been.
pub(super) fn undo_payment(e: &Emit<'_>) -> Func {
    e.func("undo_payment", &[I64, I32], None, true, |e, b| {
        let at = b.call(payment_of(e), &[b.arg(0)]);
        b.when(at.eq(NONE), Body::end);
        let record = b.keep(e.case.payments.at(&at));
        let payment = Payment::at(&record);
        let (skip, allocated) = (b.var(0), b.var(0i64));
        b.each(&at, |b, n| b.set(skip, skip.get().add(Payment::at(&e.case.payments.at(&n)).parts.get())));
        b.each(payment.parts.get(), |b, n| {
            let position = b.keep(e.case.parts.at(&skip.get().add(n)));
            let part = Met::at(&position);
            b.call(put_back(e), &[part.met.get(), part.amount.get()]);
            more(e, b, allocated, part.amount.get());
            let principal = part.met.get().and(255).eq(met::PRINCIPAL);
            b.when(b.arg(1).and(principal), |b| {
                b.call(bear_since(e), &[part.met.get().shr_u(8), part.amount.get(), payment.on.get()]);
            });
        });
        b.store(&payment.returned, 1);
        let refunded = b.call(numbers::minus(e), &[payment.amount.get(), allocated.get()]);
        corrections::refunded(e).set(b, refunded);
        let paid = b.call(numbers::minus(e), &[e.case.paid.get(), payment.amount.get()]);
        b.store(&e.case.paid, paid);
        b.call(promises::uncount(e), &[payment.amount.get(), payment.on.get()]);
    })
}

fn put_back(e: &Emit<'_>) -> Func {
    e.func("put_back", &[I32, I64], None, true, |e, b| {
        let (met, amount) = (b.arg(0), b.arg(1));
        ledger::account_changes(e, b);
        let at = b.keep(met.shr_u(8));
        b.when(met.and(255).eq(met::COSTS), |b| {
            let record = b.keep(e.case.costs.at(&at));
            let cost = Cost::at(&record);
            b.store(&cost.paid, cost.paid.get().sub(&amount));
            b.end();
        });
        b.call(fix(e), &[at.clone(), run::today(e).get()]);
        let record = b.keep(e.case.claims.at(&at));
        let claim = Claim::at(&record);
        let principal = b.keep(met.and(255).eq(met::PRINCIPAL));
        for (pot, is) in [(&claim.principal, principal.clone()), (&claim.interest, principal.not())] {
            b.when(is, |b| {
                let sum = b.call(numbers::plus(e), &[pot.get(), amount.clone()]);
                b.store(pot, sum);
            });
        }
    })
}
