//! The ledger: what claims bear, what costs come to, how a payment is allocated.

use super::changes::{ACCOUNT, CHANGED, Part};
use super::code::{Body, Cell, Form, Func, Val, Var, Width, number};
use super::expressions::{self, Mode};
use super::layout::NO_DAY;
use super::module::{Emit, signed};
use super::run::{self, At};
use super::state::{Claim, Cost, FreeDays, Payment};
use super::{calendars, days, numbers, zones};
use Width::{I32, I64};
use dunlin_machine::ir::{ExprId, InterestFrom, Quantity, Year};
use dunlin_machine::value::Date;

/// The account at an instant.
pub(super) struct Statement {
    pub(super) principal: Val,
    pub(super) interest: Val,
    pub(super) costs: Val,
    pub(super) balance: Val,
}

/// The account to today.
pub(super) fn statement(e: &Emit<'_>, b: &mut Body) -> Statement {
    let balance = b.call(balance(e), &[]);
    let global = |name| b_global(e, name);
    let [principal, interest, costs] = ["principal", "interest", "costs"].map(global);
    let (principal, interest, costs) = (b.keep(principal), b.keep(interest), b.keep(costs));
    Statement { principal, interest, costs, balance }
}

fn b_global(e: &Emit<'_>, name: &'static str) -> Val {
    Val::global(e.named_global(name, I64), I64)
}

/// The account is another from now on.
pub(super) fn account_changes(e: &Emit<'_>, b: &mut Body) {
    run::interest_known(e).set(b, 0);
    b.changes(Part::LEDGER);
}

/// The balance as it was last worked out, and whether figures behind it were past their last checked day.
fn known_balance(e: &Emit<'_>) -> (At, At) {
    (At::named(e, "known_balance", I64), At::named(e, "known_provisional", I32))
}

/// The balance; its parts stand in the globals `principal`, `interest`, `costs`. It stays known until the account changes.
fn balance(e: &Emit<'_>) -> Func {
    e.func("balance", &[], Some(I64), true, |e, b| {
        let (known, known_provisional) = known_balance(e);
        let changed = Val::global(CHANGED, I32);
        b.when(changed.and(ACCOUNT).not(), |b| {
            run::provisional(e).set(b, run::provisional(e).get().or(known_provisional.get()));
            b.give(known.get());
        });
        let principal = open_principal(e, b, |_| 1.into());
        let interest = b.call(interest(e), &[]);
        let costs = b.call(open_costs(e), &[]);
        let sum = numbers::sum(b, &principal, &interest);
        let sum = numbers::sum(b, &sum, &costs);
        for (name, value) in [("principal", principal), ("interest", interest), ("costs", costs)] {
            b.set_global(e.named_global(name, I64), value);
        }
        known.set(b, &sum);
        known_provisional.set(b, run::provisional(e).get());
        b.set_global(CHANGED, changed.and(!ACCOUNT));
        b.give(sum);
    })
}

/// Open principal of the claims that count.
fn open_principal(e: &Emit<'_>, b: &mut Body, counts: impl FnOnce(&Claim) -> Val) -> Val {
    let sum = b.var(0i64);
    run::each(b, &e.case.claims, |b, _, record| {
        let claim = Claim::at(record);
        b.when(counts(&claim), |b| {
            let principal = b.keep(claim.principal.get());
            let more = numbers::sum(b, &sum.get(), &principal);
            b.set(sum, more);
        });
    });
    sum.get()
}

/// Open costs of all kinds.
fn open_costs(e: &Emit<'_>) -> Func {
    e.func("open_costs", &[], Some(I64), true, |e, b| {
        let sum = b.var(0i64);
        run::each(b, &e.case.costs, |b, _, record| {
            let open = b.call(open_cost(e), &[record.clone()]);
            let more = numbers::sum(b, &sum.get(), &open);
            b.set(sum, more);
        });
        b.give(sum.get());
    })
}

/// What is open of one kind of costs.
pub(super) fn open_cost(e: &Emit<'_>) -> Func {
    e.func("open_cost", &[I32], Some(I64), true, |e, b| {
        let cost = Cost::at(&b.arg(0));
        let open = b.call(numbers::minus(e), &[cost.charged.get(), cost.paid.get()]);
        b.give(open.max(0i64));
    })
}

/// Interest of all claims to today.
pub(super) fn interest(e: &Emit<'_>) -> Func {
    e.func("interest", &[], Some(I64), true, |e, b| {
        b.when(run::interest_known(e).get(), |b| b.give(run::interest_today(e).get()));
        run::provisional(e).set(b, 0);
        let sum = b.var(0i64);
        run::each(b, &e.case.claims, |b, at, _| {
            let one = b.call(interest_of(e), &[at.clone(), run::today(e).get()]);
            let more = numbers::sum(b, &sum.get(), &one);
            b.set(sum, more);
        });
        run::interest_today(e).set(b, sum.get());
        run::interest_known(e).set(b, 1);
        b.give(sum.get());
    })
}

/// Interest of one claim to a day, that day included.
fn interest_of(e: &Emit<'_>) -> Func {
    e.func("interest_of", &[I32, I32], Some(I64), true, |e, b| {
        let record = b.keep(e.case.claims.at(&b.arg(0)));
        let claim = Claim::at(&record);
        let bore = b.call(accrued(e), &[b.arg(0), claim.principal.get(), claim.next.get(), b.arg(1)]);
        let interest = b.keep(claim.interest.get());
        let sum = numbers::sum(b, &interest, &bore);
        b.give(sum);
    })
}

/// What a principal of a claim bears from one day to another, both included, rounded once.
pub(super) fn accrued(e: &Emit<'_>) -> Func {
    e.func("accrued", &[I32, I64, I32, I32], Some(I64), true, |e, b| {
        let Some(rule) = e.m.ledger.interest.as_ref() else {
            b.give(0i64);
            return;
        };
        let (claim, principal, from, to) = (b.arg(0), b.arg(1), b.arg(2), b.arg(3));
        b.when(principal.eq(0i64).or(to.lt(&from)), |b| b.give(0i64));
        let by = Val::from(1_000_000_000 * year_weight(rule.year));
        // Rates times days may take more than 64 bits: the sum has an upper and a lower half.
        let sum = Sum { day: b.var(&from), high: b.var(0i64), low: b.var(0i64) };
        if e.m.reads_only_the_day(rule.rate) {
            let kept = Kept::at(e, b, &from);
            let plain = b.keep(e.case.free_days.count().get().eq(0));
            b.when(&plain, |b| begin_with_kept(e, b, rule.year, &kept, (&from, &to), &sum));
            let before = b.keep(run::provisional(e).get());
            run::provisional(e).set(b, 0);
            b.when(sum.day.get().le(&to), |b| {
                weigh(e, b, rule.year, (&claim, &to), &sum);
                b.when(plain.and(run::provisional(e).get().not()), |b| keep(e, b, &kept, (&from, &to), &claim, &sum));
            });
            run::provisional(e).set(b, run::provisional(e).get().or(before));
        } else {
            weigh(e, b, rule.year, (&claim, &to), &sum);
        }
        let part = b.call(numbers::part_of(e), &[sum.high.get(), sum.low.get(), principal, by]);
        b.give(part);
    })
}

/// What days count, times their rates, under way: the next day, and the sum so far as two halves.
struct Sum {
    day: Var,
    high: Var,
    low: Var,
}

/// Counts the days that are left.
fn weigh(e: &Emit<'_>, b: &mut Body, year: Year, (claim, to): (&Val, &Val), sum: &Sum) {
    let Sum { day, high, low } = sum;
    b.while_(
        |_| day.get().le(to),
        |b| {
            let last = b.call(same_rate_until(e), &[day.get(), to.clone()]);
            let free = run::any(b, &e.case.free_days, |_, record| {
                let run = FreeDays::at(record);
                let until = run.until.get();
                run.from.get().le(day.get()).and(until.eq(NO_DAY).or(day.get().le(&until)))
            });
            b.when(free.not(), |b| {
                let rate = b.call(rate_on(e), &[claim.clone(), day.get()]);
                // Read for the last day too: the figures may have been checked for the first days alone.
                b.when(day.get().lt(&last), |b| {
                    b.call(rate_on(e), &[claim.clone(), last.clone()]);
                });
                let weight = b.call(weight(e, year), &[day.get(), last.clone()]);
                let part = b.call(numbers::product(e), &[weight, rate]);
                b.set(*low, low.get().add(&part));
                let carry = low.get().lt_u(part).wide();
                b.set(*high, high.get().add(numbers::upper(e)).add(carry));
            });
            let next = b.call(days::add_days(e), &[last, 1.into()]);
            b.set(*day, next);
        },
    );
}

/// How many sums of days are kept; a later one takes the place of an earlier one.
const SUMS: i32 = 64;
/// The bytes of one: its first day as a number above 0, its last, the last day of the same rate, that rate, the sum.
const SUM: u32 = 32;
/// How far ahead of a sum its rate is looked up, in days.
const AHEAD: i32 = 400;
/// No larger sum and no larger rate is kept: what the days of all years add then fits in 64 bits.
const MOST_SUM: i64 = 1 << 60;
const MOST_RATE: i64 = 1 << 35;

/// What the days from one on count, times their rates. It says nothing of any case where the rate reads the day alone and no day
/// is free of interest.
struct Kept {
    key: Cell,
    to: Cell,
    until: Cell,
    rate: Cell,
    sum: Cell,
}

impl Kept {
    fn at(e: &Emit<'_>, b: &mut Body, from: &Val) -> Self {
        let all = e.region("sums_of_days", SUM * SUMS.cast_unsigned());
        let at = b.keep(all.add(from.and(SUMS - 1).mul(SUM.cast_signed())));
        let cell = |offset, form| Cell::new(&at, offset, form);
        Self {
            key: cell(0, Form::I32),
            to: cell(4, Form::I32),
            until: cell(8, Form::I32),
            rate: cell(16, Form::I64),
            sum: cell(24, Form::I64),
        }
    }

    /// A day as a number above 0: what is not kept yet is 0.
    fn key_of(day: &Val) -> Val {
        day.sub(Date::FIRST.days() - 1)
    }
}

/// Begins with what is kept of a day, and counts the days after it that have the same rate.
fn begin_with_kept(e: &Emit<'_>, b: &mut Body, year: Year, kept: &Kept, (from, to): (&Val, &Val), sum: &Sum) {
    let fits = kept.key.get().eq(Kept::key_of(from)).and(kept.to.get().le(to));
    b.when(fits, |b| {
        b.set(sum.low, kept.sum.get());
        b.set(sum.day, kept.to.get().add(1));
        b.when(to.le(kept.until.get()), |b| {
            let weight = b.call(weight(e, year), &[sum.day.get(), to.clone()]);
            b.set(sum.low, sum.low.get().add(weight.mul(kept.rate.get())));
            b.set(sum.day, to.add(1));
        });
        b.set(sum.high, sum.low.get().shr(63i64));
    });
}

/// Keeps a sum of days, with the rate of the days that follow. None of the figures behind it was past its last checked day.
fn keep(e: &Emit<'_>, b: &mut Body, kept: &Kept, (from, to): (&Val, &Val), claim: &Val, sum: &Sum) {
    let low = sum.low.get();
    let small = |value: &Val, most: i64| value.add(most).lt_u(2 * most);
    let rate = b.call(rate_on(e), &[claim.clone(), to.clone()]);
    let fits = sum.high.get().eq(low.shr(63i64)).and(small(&low, MOST_SUM)).and(small(&rate, MOST_RATE));
    b.when(fits, |b| {
        let ahead = b.keep(to.add(AHEAD).min(Date::LAST.days()));
        let until = b.call(same_rate_until(e), &[to.clone(), ahead]);
        b.call(rate_on(e), &[claim.clone(), until.clone()]);
        let until = until.or_else(&run::provisional(e).get().not(), to);
        b.store(&kept.until, until);
        run::provisional(e).set(b, 0);
        b.store(&kept.key, Kept::key_of(from));
        b.store(&kept.to, to);
        b.store(&kept.rate, rate);
        b.store(&kept.sum, &low);
    });
}

/// How many parts a year has.
const fn year_weight(year: Year) -> i64 {
    match year {
        Year::Days365 => 365,
        Year::Days360 | Year::Months30 => 360,
        Year::Actual => 365 * 366,
    }
}

/// The parts of a year that the days from the one to the other count, both included.
fn weight(e: &Emit<'_>, year: Year) -> Func {
    e.func("weight", &[I32, I32], Some(I64), true, move |e, b| {
        let (from, to) = (b.arg(0), b.arg(1));
        match year {
            Year::Days365 | Year::Days360 => b.give(to.sub(&from).add(1).wide()),
            Year::Months30 => {
                let before = b.call(days::add_days(e), &[from, (-1).into()]);
                let (until, before) = (b.call(days30(e), &[to]), b.call(days30(e), &[before]));
                b.give(until.sub(before).wide());
            }
            Year::Actual => {
                let (sum, day) = (b.var(0i64), b.var(from));
                b.while_(
                    |_| day.get().le(&to),
                    |b| {
                        let end = b.call(days::end_of_year(e), &[day.get()]);
                        let last = b.keep(end.min(&to));
                        let civil = b.call(days::civil(e), &[day.get()]);
                        let year = b.keep(days::year_in(&civil));
                        let leap = year.and(3).eq(0).and(year.rem_u(100).ne(0).or(year.rem_u(400).eq(0)));
                        // A day of a common year weighs 366 parts of 365 × 366, one of a leap year 365 of them.
                        let parts = Val::from(366).sub(leap).mul(last.sub(day.get()).add(1));
                        b.set(sum, sum.get().add(parts.wide()));
                        let next = b.call(days::add_days(e), &[last, 1.into()]);
                        b.set(day, next);
                    },
                );
                b.give(sum.get());
            }
        }
    })
}

/// The position of a day where every month has 30 days.
fn days30(e: &Emit<'_>) -> Func {
    e.func("days30", &[I32], Some(I32), false, |e, b| {
        let civil = b.call(days::civil(e), &[b.arg(0)]);
        let end = b.call(days::end_of_month(e), &[b.arg(0)]);
        let day = Val::from(30).or_else(&end.eq(b.arg(0)), days::day_in(&civil).min(30));
        b.give(days::year_in(&civil).mul(360).add(days::month_in(&civil).sub(1).mul(30)).add(day));
    })
}

/// The last day from one to another with the same rate and the same answer to whether interest runs.
fn same_rate_until(e: &Emit<'_>) -> Func {
    e.func("same_rate_until", &[I32, I32], Some(I32), true, |e, b| {
        let day = b.arg(0);
        let last = b.var(b.arg(1));
        let end_before = |b: &mut Body, next: Val| {
            let next = b.keep(next);
            b.when(day.lt(&next).and(next.le(last.get())), |b| b.set(last, next.sub(1)));
        };
        let changes = e.m.ledger.interest.as_ref().map_or(&[][..], |rule| &rule.changes);
        let bytes: Vec<u8> = changes.iter().flat_map(|day| day.days().to_le_bytes()).collect();
        let table = e.constant(&bytes);
        // The next change is the first that lies after the day: looked for from the end.
        let (left, next) = (b.var(signed(number(changes.len()))), b.var(NO_DAY));
        b.block(|b, done| {
            b.while_(
                |_| left.get().ne(0),
                |b| {
                    b.set(left, left.get().sub(1));
                    let change = b.keep(Cell::new(&table.add(left.get().mul(4)), 0, Form::I32).get());
                    b.leave_when(done, change.le(&day));
                    b.set(next, change);
                },
            );
        });
        end_before(b, next.get());
        run::each(b, &e.case.free_days, |b, _, record| {
            let run = FreeDays::at(record);
            end_before(b, run.from.get());
            let until = b.keep(run.until.get());
            b.when(until.ne(NO_DAY), |b| end_before(b, until.add(1)));
        });
        b.give(last.get());
    })
}

/// The rate of a claim on a day.
pub(super) fn rate_on(e: &Emit<'_>) -> Func {
    e.func("rate_on", &[I32, I32], Some(I64), true, |e, b| {
        let Some(rule) = e.m.ledger.interest.as_ref() else {
            b.give(0i64);
            return;
        };
        let (claim, day) = (b.arg(0), b.arg(1));
        let rate = as_of(e, b, claim, day, rule.rate);
        b.give(rate);
    })
}

/// Reads something of a claim as of a day.
fn as_of(e: &Emit<'_>, b: &mut Body, claim: Val, day: Val, what: ExprId) -> Val {
    run::claim(e).set(b, claim);
    run::day(e).set(b, day);
    b.call(expressions::value_of(e, what, Mode::OfClaim), &[])
}

/// The first day on which a claim bears interest.
pub(super) fn first_interest_day(e: &Emit<'_>) -> Func {
    e.func("first_interest_day", &[I32], Some(I32), true, |e, b| {
        let record = b.keep(e.case.claims.at(&b.arg(0)));
        let claim = Claim::at(&record);
        let due = b.call(calendars::working_day_from(e), &[e.case.calendar.get(), claim.due.get(), 1.into()]);
        let after = b.call(days::add_days(e), &[due, 1.into()]);
        match e.m.ledger.interest.as_ref().map(|rule| rule.from) {
            Some(InterestFrom::Default) => {
                let default = claim.default_on.get();
                b.give(default.or_else(&default.ne(NO_DAY), after));
            }
            Some(InterestFrom::Date(date)) => {
                let first = as_of(e, b, b.arg(0), NO_DAY.into(), date);
                let first = b.call(days::as_day(e), &[first]);
                b.give(first);
            }
            _ => b.give(after),
        }
    })
}

/// Sets the first day on which a claim bears interest.
pub(super) fn start_interest(e: &Emit<'_>) -> Func {
    e.func("start_interest", &[I32], None, true, |e, b| {
        let first = b.call(first_interest_day(e), &[b.arg(0)]);
        let record = b.keep(e.case.claims.at(&b.arg(0)));
        b.store(&Claim::at(&record).next, first);
    })
}

/// Rounds what a claim has accrued to a day and starts it again on the day after. Later days stay as they are.
pub(super) fn fix(e: &Emit<'_>) -> Func {
    e.func("fix", &[I32, I32], None, true, |e, b| {
        let (at, to) = (b.arg(0), b.arg(1));
        let interest = b.call(interest_of(e), &[at.clone(), to.clone()]);
        let after = b.call(days::add_days(e), &[to.clone(), 1.into()]);
        account_changes(e, b);
        let record = b.keep(e.case.claims.at(&at));
        let claim = Claim::at(&record);
        b.when(claim.next.get().le(to), |b| {
            b.store(&claim.interest, interest);
            b.store(&claim.next, after);
        });
    })
}

/// The balance without the principal and interest of disputed claims.
pub(super) fn undisputed(e: &Emit<'_>) -> Func {
    e.func("undisputed", &[], Some(I64), true, |e, b| {
        let balance = b.call(balance(e), &[]);
        let left = b.var(balance);
        run::each(b, &e.case.claims, |b, at, record| {
            let claim = Claim::at(record);
            b.when(claim.disputed.get(), |b| {
                let interest = b.call(interest_of(e), &[at.clone(), run::today(e).get()]);
                let part = b.call(numbers::plus(e), &[claim.principal.get(), interest]);
                let less = b.call(numbers::minus(e), &[left.get(), part]);
                b.set(left, less);
            });
        });
        b.give(left.get());
    })
}

/// The due date of the oldest unpaid claim; [`NO_DAY`] where none is open.
pub(super) fn oldest_due(e: &Emit<'_>) -> Func {
    e.func("oldest_due", &[], Some(I32), false, |e, b| {
        let oldest = b.var(NO_DAY);
        run::each(b, &e.case.claims, |b, _, record| {
            let claim = Claim::at(record);
            let earlier = oldest.get().eq(NO_DAY).or(claim.due.get().lt(oldest.get()));
            b.when(claim.principal.get().gt(0i64).and(earlier), |b| b.set(oldest, claim.due.get()));
        });
        b.give(oldest.get());
    })
}

/// What a guard reads of the ledger.
pub(super) fn quantity(
    e: &Emit<'_>,
    b: &mut Body,
    quantity: &Quantity,
    length: impl FnOnce(&mut Body, ExprId) -> Val,
) -> Val {
    let today = run::today(e).get();
    match quantity {
        Quantity::Principal => open_principal(e, b, |_| 1.into()),
        Quantity::Costs => b.call(open_costs(e), &[]),
        Quantity::CostsOf(kind) => {
            let at = cost_of(e, b, i64::from(kind.0));
            b.choose(at.lt(0), |_| 0i64.into(), |b| b.call(open_cost(e), &[e.case.costs.at(&at)]))
        }
        Quantity::Paid => e.case.paid.get(),
        Quantity::PaidWithin(window) => {
            let window = length(b, *window);
            b.call(paid_within(e), &[window])
        }
        Quantity::Overdue => open_principal(e, b, |claim| claim.due.get().lt(today)),
        Quantity::Disputed => open_principal(e, b, |claim| claim.disputed.get()),
        Quantity::Fresh => open_principal(e, b, |claim| claim.fresh.get()),
        Quantity::Claimed => e.case.claimed.get(),
        Quantity::OverdueDays => {
            let oldest = b.call(oldest_due(e), &[]);
            let over = today.sub(&oldest).max(0);
            over.or_else(&oldest.ne(NO_DAY), 0)
        }
        Quantity::Claims => unpaid(e, b),
        _ => 0i64.into(),
    }
}

/// How many claims are unpaid.
pub(super) fn unpaid(e: &Emit<'_>, b: &mut Body) -> Val {
    let count = b.var(0);
    run::each(b, &e.case.claims, |b, _, record| {
        b.set(count, count.get().add(Claim::at(record).principal.get().gt(0i64)));
    });
    count.get()
}

/// The position of the costs of a kind; -1 where there are none.
fn cost_of(e: &Emit<'_>, b: &mut Body, kind: impl Into<Val>) -> Val {
    let kind = kind.into();
    run::find(b, &e.case.costs, |_, record| Cost::at(record).kind.get().eq(&kind))
}

fn paid_within(e: &Emit<'_>) -> Func {
    e.func("paid_within", &[I64], Some(I64), true, |e, b| {
        let length = b.arg(0);
        let hours = b.keep(calendars::unit_of(&length).eq(0));
        let from = b.choose(
            hours,
            |b| {
                let seconds = Val::from(0i64).sub(calendars::amount_of(&length).wide().mul(3_600i64));
                let at = b.call(zones::add_seconds(e), &[e.case.now.get(), seconds]);
                run::local_day(e, b, at)
            },
            |b| b.call(expressions::window_start(e), &[run::today(e).get(), length.clone()]),
        );
        let sum = b.var(0i64);
        run::each(b, &e.case.payments, |b, _, record| {
            let payment = Payment::at(record);
            b.when(payment.returned.get().not().and(payment.on.get().ge(&from)), |b| {
                let more = b.call(numbers::plus(e), &[sum.get(), payment.amount.get()]);
                b.set(sum, more);
            });
        });
        b.give(sum.get());
    })
}

/// Whether the ledger counts the case as settled.
pub(super) fn is_settled(e: &Emit<'_>, b: &mut Body) -> Val {
    b.call(expressions::value_of(e, e.m.ledger.settled, Mode::Quiet), &[]).ne(0i64)
}

/// The claims with open principal that an effect leaves out: disputed ones, and fresh ones where that counts too. Gives where
/// they begin and end among those told.
pub(super) fn without(e: &Emit<'_>, b: &mut Body, fresh_too: bool) -> (Val, Val) {
    let from = b.keep(run::without(e).get());
    run::each(b, &e.case.claims, |b, at, record| {
        let claim = Claim::at(record);
        b.when(claim.principal.get().gt(0i64).and(left_out(&claim, fresh_too)), |b| {
            b.call(run::leave_out(e), &[at.clone()]);
        });
    });
    (from, b.keep(run::without(e).get()))
}

fn left_out(claim: &Claim, fresh_too: bool) -> Val {
    if fresh_too { claim.disputed.get().or(claim.fresh.get()) } else { claim.disputed.get() }
}

/// What holds back an action that would leave out every claim with open principal: 0 nothing, 1 that they are disputed, 2 that
/// one is fresh.
pub(super) fn nothing_left(e: &Emit<'_>, fresh_too: bool) -> Func {
    e.func(format!("nothing_left_{fresh_too}"), &[], Some(I32), false, move |e, b| {
        let held = b.var(0);
        run::each(b, &e.case.claims, |b, _, record| {
            let claim = Claim::at(record);
            b.when(claim.principal.get().gt(0i64), |b| {
                b.when(left_out(&claim, fresh_too).not(), |b| b.give(0));
                let by = Val::from(1).or_else(&claim.disputed.get(), 2);
                b.set(held, held.get().max(by));
            });
        });
        b.give(held.get());
    })
}
