//! Expressions as code: each function gives the value of one, notes what it read, and fails where something is not known.

use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::faults::Fault;
use super::layout::NO_DAY;
use super::module::{Emit, fault, signed};
use super::run::{self, NONE};
use super::{calendars, days, ledger, limitation, numbers, plans, state, zones};
use Width::{I32, I64};
use dunlin_machine::ir::{
    Comparison, DatedId, Expr, ExprId, Pattern, Quantity, Scale, ScaleId, StageId, TableId, Type,
};

/// For whom an expression is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// For a rule: what is read is noted.
    Noted,
    /// For a timer or the ledger: nothing is noted.
    Quiet,
    /// For interest: of the claim and the day under way, facts as they were at opening; nothing is noted.
    OfClaim,
}

/// The value of an expression.
pub(super) fn value_of(e: &Emit<'_>, id: ExprId, mode: Mode) -> Func {
    e.func(format!("expr_{}_{mode:?}", id.0), &[], Some(I64), true, move |e, b| {
        let value = value(e, b, id, mode);
        b.give(value);
    })
}

/// Whether a condition holds, as a narrow flag; none always does.
pub(super) fn holds(e: &Emit<'_>, b: &mut Body, condition: Option<ExprId>, mode: Mode) -> Val {
    match condition {
        None => 1.into(),
        Some(id) => b.call(value_of(e, id, mode), &[]).ne(0i64),
    }
}

/// The value where it is known; [`run::known`] says whether.
pub(super) fn if_known(e: &Emit<'_>, id: ExprId, mode: Mode) -> Func {
    e.func(format!("known_{}_{mode:?}", id.0), &[], Some(I64), true, move |e, b| {
        let value = b.try_call(value_of(e, id, mode), &[]);
        run::known(e).set(b, fault().eq(0));
        b.when(fault().ne(0).and(run::is_fault(Fault::Unknown).not()), |b| b.fail(fault()));
        run::forgive(b);
        b.give(value);
    })
}

/// A day; fails where the value is none.
pub(super) fn day(e: &Emit<'_>, b: &mut Body, id: ExprId, mode: Mode) -> Val {
    let value = value(e, b, id, mode);
    b.call(days::as_day(e), &[value])
}

/// Code for the value of an expression, where it stands.
pub(super) fn value(e: &Emit<'_>, b: &mut Body, id: ExprId, mode: Mode) -> Val {
    let Some(expr) = e.m.exprs.get(id.index()) else { return 0i64.into() };
    match expr {
        Expr::Const(v) => Val::from(*v),
        Expr::Fact(f) => fact(e, b, id, mode, f.index()),
        Expr::Param(p) => {
            let values: Vec<i64> =
                e.m.params
                    .get(p.index())
                    .map_or(Vec::new(), |p| (0..=p.further.len()).map(|currency| p.value_in(currency)).collect());
            let value = by_currency(e, b, &values);
            noted(e, b, id, mode, &value, 1)
        }
        Expr::Var(v) => {
            let at = e.case.vars.at(&signed(number(v.index())).into());
            let value = b.keep(Cell::new(&at, 0, Form::I64).get());
            noted(e, b, id, mode, &value, 1)
        }
        Expr::Kept(k) => {
            let at = e.case.kept.at(&i32::from(*k).into());
            maybe(e, b, id, mode, Cell::new(&at, 8, Form::U8).get(), Cell::new(&at, 0, Form::I64).get())
        }
        Expr::Read(q) => quantity(e, b, id, mode, q),
        Expr::Known(a) => {
            b.call(if_known(e, *a, mode), &[]);
            b.keep(run::known(e).get().wide())
        }
        Expr::Not(_) | Expr::And(..) | Expr::Or(..) | Expr::Compare(..) | Expr::CompareDurations(..) => {
            condition(e, b, id, mode).wide()
        }
        Expr::If(c, then, otherwise) => {
            let holds = condition(e, b, *c, mode);
            b.choose(holds, |b| value(e, b, *then, mode), |b| value(e, b, *otherwise, mode))
        }
        Expr::Dated(d, on) => {
            let day = day_looked_at(e, b, *on, mode);
            let value = b.call(dated(e, *d), &[day.clone()]);
            let verified = e.m.dated.get(d.index()).and_then(|d| d.verified_until);
            figure(e, b, id, mode, &value, verified.map(|until| day.gt(until.days())))
        }
        Expr::Scale(s, amount, on) => {
            let amount = value_kept(e, b, *amount, mode);
            let day = day_looked_at(e, b, *on, mode);
            let fee = b.call(fee(e, *s), &[amount, day.clone()]);
            let verified = e.m.scales.get(s.index()).and_then(|s| s.verified_until);
            figure(e, b, id, mode, &fee, verified.map(|until| day.gt(until.days())))
        }
        Expr::Amounts(values) => by_currency(e, b, values),
        Expr::InCurrency(amounts) => in_currency(e, b, 0, amounts, mode),
        Expr::Table(t, args) => {
            let (value, day) = table(e, b, *t, args, mode);
            let verified = e.m.tables.get(t.index()).and_then(|t| t.verified_until);
            figure(e, b, id, mode, &value, verified.map(|until| day.gt(i64::from(until.days()))))
        }
        _ => arithmetic(e, b, expr, mode),
    }
}

/// The amount in the case's currency, of one for each.
fn by_currency(e: &Emit<'_>, b: &mut Body, values: &[i64]) -> Val {
    if let [one] = values {
        return (*one).into();
    }
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let at = e.constant(&bytes).add(e.case.currency.get().mul(8));
    b.keep(Cell::new(&at, 0, Form::I64).get())
}

/// The amount that is read for the case's currency, of one for each.
fn in_currency(e: &Emit<'_>, b: &mut Body, at: i32, amounts: &[ExprId], mode: Mode) -> Val {
    match amounts {
        [] => 0i64.into(),
        [last] => value(e, b, *last, mode),
        [first, others @ ..] => {
            let own = e.case.currency.get().eq(at);
            b.choose(own, |b| value(e, b, *first, mode), |b| in_currency(e, b, at + 1, others, mode))
        }
    }
}

fn value_kept(e: &Emit<'_>, b: &mut Body, id: ExprId, mode: Mode) -> Val {
    let value = value(e, b, id, mode);
    b.keep(value)
}

/// Code for a condition, as a narrow flag.
fn condition(e: &Emit<'_>, b: &mut Body, id: ExprId, mode: Mode) -> Val {
    let Some(expr) = e.m.exprs.get(id.index()) else { return 0.into() };
    match expr {
        Expr::Not(a) => condition(e, b, *a, mode).not(),
        Expr::And(first, second) => {
            let holds = condition(e, b, *first, mode);
            b.choose(holds, |b| condition(e, b, *second, mode), |_| 0.into())
        }
        Expr::Or(first, second) => {
            let holds = condition(e, b, *first, mode);
            b.choose(holds, |_| 1.into(), |b| condition(e, b, *second, mode))
        }
        Expr::Compare(how, left, right) => {
            let left = value_kept(e, b, *left, mode);
            let right = value_kept(e, b, *right, mode);
            let order = compare(*how, &left, &right);
            b.keep(order)
        }
        Expr::CompareDurations(how, left, right) => {
            let left = value_kept(e, b, *left, mode);
            let right = value_kept(e, b, *right, mode);
            let (left, right) = (b.call(least_unit(e), &[left]), b.call(least_unit(e), &[right]));
            let order = compare(*how, &left, &right);
            b.keep(order)
        }
        _ => value(e, b, id, mode).ne(0i64),
    }
}

fn compare(how: Comparison, left: &Val, right: &Val) -> Val {
    match how {
        Comparison::Equal => left.eq(right),
        Comparison::NotEqual => left.ne(right),
        Comparison::Less => left.lt(right),
        Comparison::LessOrEqual => left.le(right),
        Comparison::Greater => left.gt(right),
        Comparison::GreaterOrEqual => left.ge(right),
    }
}

/// A packed duration as a number that compares: its amount in the least unit. That the units can be compared, the checker saw.
fn least_unit(e: &Emit<'_>) -> Func {
    e.func("least_unit", &[I64], Some(I64), false, |_, b| {
        let (amount, unit) = (b.keep(calendars::amount_of(&b.arg(0)).wide()), b.keep(calendars::unit_of(&b.arg(0))));
        b.when(unit.eq(3), |b| b.give(amount.mul(7i64)));
        b.when(unit.eq(5), |b| b.give(amount.mul(12i64)));
        b.give(amount);
    })
}

/// Notes a value that was read.
fn noted(e: &Emit<'_>, b: &mut Body, id: ExprId, mode: Mode, value: &Val, flags: i32) -> Val {
    if mode == Mode::Noted {
        e.note(id);
        b.call(run::note(e), &[i32::from(id.0).into(), value.clone(), flags.into()]);
    }
    value.clone()
}

/// A value that may not be known: noted either way; then it fails where it is not.
fn maybe(e: &Emit<'_>, b: &mut Body, id: ExprId, mode: Mode, there: Val, value: Val) -> Val {
    let (there, value) = (b.keep(there), b.keep(value));
    if mode == Mode::Noted {
        let value = value.or_else(&there, 0i64);
        e.note(id);
        b.call(run::note(e), &[i32::from(id.0).into(), value, there.clone()]);
    }
    b.when(there.not(), |b| run::fail(e, b, Fault::Unknown, i64::from(id.0)));
    value
}

fn fact(e: &Emit<'_>, b: &mut Body, id: ExprId, mode: Mode, at: usize) -> Val {
    let cell = e.case.facts.at(&signed(number(at)).into());
    let (there, value) = (Cell::new(&cell, 8, Form::U8).get(), Cell::new(&cell, 0, Form::I64).get());
    if mode != Mode::OfClaim {
        return maybe(e, b, id, mode, there, value);
    }
    // Interest reads facts as they were at opening.
    let (there, value) = (b.var(there), b.var(value));
    let wanted = signed(number(at));
    let first = run::find(b, &e.case.first_facts, |_, record| state::FirstFact::at(record).fact.get().eq(wanted));
    b.when(first.ne(NONE), |b| {
        let record = b.keep(e.case.first_facts.at(&first));
        let cell = state::FirstFact::at(&record).value;
        b.set(value, cell.get());
        b.set(there, cell.beside(8, Form::U8).get());
    });
    maybe(e, b, id, mode, there.get(), value.get())
}

/// The day that a figure is asked for: the one that is named, else the one that is being looked at.
fn day_looked_at(e: &Emit<'_>, b: &mut Body, named: Option<ExprId>, mode: Mode) -> Val {
    match named {
        Some(id) => day(e, b, id, mode),
        None => today(e, b, mode),
    }
}

fn today(e: &Emit<'_>, b: &mut Body, mode: Mode) -> Val {
    let today = run::today(e).get();
    if mode != Mode::OfClaim {
        return b.keep(today);
    }
    let looked_at = run::day(e).get();
    b.keep(looked_at.or_else(&looked_at.ne(NO_DAY), today))
}

/// Notes a figure that may not be the last word.
fn figure(e: &Emit<'_>, b: &mut Body, id: ExprId, mode: Mode, value: &Val, provisional: Option<Val>) -> Val {
    let Some(provisional) = provisional else { return noted(e, b, id, mode, value, 1) };
    let provisional = b.keep(provisional);
    if mode == Mode::OfClaim {
        run::provisional(e).set(b, run::provisional(e).get().or(&provisional));
    }
    if mode == Mode::Noted {
        e.note(id);
        b.call(run::note(e), &[i32::from(id.0).into(), value.clone(), provisional.shl(1).or(1)]);
    }
    value.clone()
}

/// The value of a dated value on a day: of the last row that begins by then.
fn dated(e: &Emit<'_>, id: DatedId) -> Func {
    e.func(format!("dated_{}", id.0), &[I32], Some(I64), true, move |e, b| {
        let Some(dated) = e.m.dated.get(id.index()) else { return };
        let rows: Vec<u8> = dated
            .rows
            .iter()
            .flat_map(|(from, value)| [&value.to_le_bytes()[..], &from.days().to_le_bytes()].concat())
            .collect();
        let rows = e.constant(&rows);
        // The latest rows are asked for most.
        let left = b.var(signed(number(dated.rows.len())));
        b.while_(
            |_| left.get().ne(0),
            |b| {
                b.set(left, left.get().sub(1));
                let row = b.keep(rows.add(left.get().mul(12)));
                b.when(Cell::new(&row, 8, Form::I32).get().le(b.arg(0)), |b| {
                    b.give(Cell::new(&row, 0, Form::I64).get())
                });
            },
        );
        let about = b.arg(0).wide().shl(32i64).or(i64::from(dated.name.0));
        run::fail(e, b, Fault::BeforeFirstRow, about);
    })
}

/// The fee of a scale for an amount, as it stands on a day.
fn fee(e: &Emit<'_>, id: ScaleId) -> Func {
    e.func(format!("fee_{}", id.0), &[I64, I32], Some(I64), true, move |e, b| {
        let Some(scale) = e.m.scales.get(id.index()) else { return };
        for version in (0..scale.versions.len()).rev() {
            version_of_fee(e, b, scale, version);
        }
        let about = b.arg(1).wide().shl(32i64).or(i64::from(scale.name.0));
        run::fail(e, b, Fault::BeforeFirstRow, about);
    })
}

fn version_of_fee(e: &Emit<'_>, b: &mut Body, scale: &Scale, version: usize) {
    let Some(rows) = scale.versions.get(version) else { return };
    let in_force = rows.from.map_or(Val::from(1), |from| b.arg(1).ge(from.days()));
    b.when(in_force, |b| {
        let amount = b.arg(0);
        let (fee, low) = (b.var(rows.fee), b.var(rows.up_to));
        for row in &rows.parts {
            let end = row.to.map_or(amount.clone(), |to| amount.min(to));
            let end = b.keep(end);
            b.when(end.le(low.get()), |b| b.give(fee.get()));
            let above = b.call(numbers::minus(e), &[end.clone(), low.get()]);
            let begun = above.sub(1i64).div(row.part.max(1)).add(1i64);
            let more = b.call(numbers::times(e), &[begun, row.more.into()]);
            let sum = b.call(numbers::plus(e), &[fee.get(), more]);
            b.set(fee, sum);
            b.set(low, end);
        }
        b.give(fee.get());
    });
}

/// The first row that fits, from the top; and the day as of which the table is read.
fn table(e: &Emit<'_>, b: &mut Body, id: TableId, args: &[ExprId], mode: Mode) -> (Val, Val) {
    let Some(table) = e.m.tables.get(id.index()) else { return (0i64.into(), 0i64.into()) };
    let values: Vec<Val> = args.iter().map(|arg| value_kept(e, b, *arg, mode)).collect();
    let result = b.var(0i64);
    b.block(|b, done| {
        for row in &table.rows {
            let cells = row.patterns.iter().zip(&values).zip(&table.columns);
            let fits =
                cells.fold(None, |all: Option<Val>, ((pattern, value), (_, ty))| match fits(e, pattern, value, *ty) {
                    None => all,
                    Some(fits) => Some(all.map_or(fits.clone(), |all| all.and(fits))),
                });
            let always = fits.is_none();
            b.when(fits.unwrap_or(1.into()), |b| {
                let found = value_kept(e, b, row.result, mode);
                b.set(result, found);
                b.leave(done);
            });
            if always {
                return;
            }
        }
        run::fail(e, b, Fault::NoRow, i64::from(id.0));
    });
    let day = match values.first() {
        Some(first) if table.by_day => first.clone(),
        _ => today(e, b, mode).wide(),
    };
    (result.get(), day)
}

/// Whether a value fits a pattern; none where every one does.
fn fits(e: &Emit<'_>, pattern: &Pattern, value: &Val, ty: Type) -> Option<Val> {
    let between = |from: &Option<i64>, to: &Option<i64>| {
        let from = from.map(|bound| in_order(value, bound, ty, Comparison::GreaterOrEqual));
        let to = to.map(|bound| in_order(value, bound, ty, Comparison::LessOrEqual));
        match (from, to) {
            (Some(from), Some(to)) => Some(from.and(to)),
            (from, to) => from.or(to),
        }
    };
    match pattern {
        Pattern::Any => None,
        Pattern::Between(from, to) => between(from, to),
        Pattern::OneOf(values) => {
            let one = |v: &i64| in_order(value, *v, ty, Comparison::Equal);
            Some(values.iter().map(one).reduce(|any, one| any.or(one)).unwrap_or(0.into()))
        }
        Pattern::Amounts(ranges) => {
            let one = |(currency, (from, to)): (i32, &(Option<i64>, Option<i64>))| {
                let is = e.case.currency.get().eq(currency);
                between(from, to).map_or(is.clone(), |fits| is.and(fits))
            };
            Some((0i32..).zip(ranges).map(one).reduce(|any, one| any.or(one)).unwrap_or(0.into()))
        }
    }
}

/// Compares with a constant; durations whose units do not compare do not.
fn in_order(value: &Val, bound: i64, ty: Type, how: Comparison) -> Val {
    if ty != Type::Duration {
        return compare(how, value, &bound.into());
    }
    // The units that compare, and what one of each is of the least of them.
    let unit = bound.rem_euclid(8);
    let family: &[(i64, i64)] = match unit {
        1 | 3 => &[(1, 1), (3, 7)],
        4 | 5 => &[(4, 1), (5, 12)],
        2 => &[(2, 1)],
        _ => &[(0, 1)],
    };
    let least = bound.div_euclid(8) * family.iter().find(|(u, _)| *u == unit).map_or(1, |(_, times)| *times);
    let amount = value.shr(3i64);
    let one =
        |(unit, times): &(i64, i64)| value.and(7i64).eq(*unit).and(compare(how, &amount.mul(*times), &least.into()));
    family.iter().map(one).reduce(|any, one| any.or(one)).unwrap_or(0.into())
}

fn arithmetic(e: &Emit<'_>, b: &mut Body, expr: &Expr, mode: Mode) -> Val {
    let both = |b: &mut Body, left: ExprId, right: ExprId| {
        let left = value_kept(e, b, left, mode);
        (left, value_kept(e, b, right, mode))
    };
    match *expr {
        Expr::Min(left, right) => {
            let (left, right) = both(b, left, right);
            b.keep(left.min(right))
        }
        Expr::Max(left, right) => {
            let (left, right) = both(b, left, right);
            b.keep(left.max(right))
        }
        Expr::Add(left, right) => {
            let (left, right) = both(b, left, right);
            b.call(numbers::plus(e), &[left, right])
        }
        Expr::Subtract(left, right) => {
            let (left, right) = both(b, left, right);
            b.call(numbers::minus(e), &[left, right])
        }
        Expr::Multiply(left, right) => {
            let (left, right) = both(b, left, right);
            b.call(numbers::times(e), &[left, right])
        }
        Expr::TimesRate(left, right) => {
            let (left, right) = both(b, left, right);
            b.call(numbers::times_rate(e), &[left, right])
        }
        Expr::DatePlus(date, by) => {
            let date = day(e, b, date, mode);
            let by = value_kept(e, b, by, mode);
            b.call(calendars::add(e), &[date, by, e.case.calendar.get()]).wide()
        }
        Expr::DateMinus(date, by) => {
            let date = day(e, b, date, mode);
            let by = value_kept(e, b, by, mode);
            b.call(calendars::add(e), &[date, negated(&by), e.case.calendar.get()]).wide()
        }
        Expr::DaysBetween(left, right) => {
            let left = day(e, b, left, mode);
            let right = day(e, b, right, mode);
            left.sub(right).wide().mul(8i64).add(1i64)
        }
        Expr::EndOfMonth(d) => {
            let day = day(e, b, d, mode);
            b.call(days::end_of_month(e), &[day]).wide()
        }
        Expr::EndOfYear(d) => {
            let day = day(e, b, d, mode);
            b.call(days::end_of_year(e), &[day]).wide()
        }
        Expr::NextWorkingDay(d, calendar) => {
            let day = day(e, b, d, mode);
            let calendar = calendar.map_or_else(|| e.case.calendar.get(), |c| i32::from(c.0).into());
            b.call(calendars::working_day_from(e), &[calendar, day, 1.into()]).wide()
        }
        Expr::Weekday(d) => {
            let day = day(e, b, d, mode);
            days::weekday(&day).sub(1).wide()
        }
        _ => 0i64.into(),
    }
}

/// A packed duration with the other sign. One that is the least of 32 bits does not exist.
pub(super) fn negated(length: &Val) -> Val {
    let unit = length.and(7i64);
    Val::from(0i64).sub(length.sub(&unit)).add(unit)
}

/// The first day of a window of a day-like length that ends with a day.
pub(super) fn window_start(e: &Emit<'_>) -> Func {
    e.func("window_start", &[I32, I64], Some(I32), true, |e, b| {
        let from = b.call(calendars::add(e), &[b.arg(0), negated(&b.arg(1)), e.case.calendar.get()]);
        let day = b.call(days::add_days(e), &[from, 1.into()]);
        b.give(day);
    })
}

/// The first instant of a window that ends now.
fn window_from(e: &Emit<'_>) -> Func {
    e.func("window_from", &[I64], Some(I64), true, |e, b| {
        let length = b.arg(0);
        b.when(calendars::unit_of(&length).eq(0), |b| {
            let seconds = Val::from(1i64).sub(calendars::amount_of(&length).wide().mul(3_600i64));
            let at = b.call(zones::add_seconds(e), &[e.case.now.get(), seconds]);
            b.give(at);
        });
        let day = b.call(window_start(e), &[run::today(e).get(), length]);
        let at = b.call(run::midnight(e), &[day]);
        b.give(at);
    })
}

fn quantity(e: &Emit<'_>, b: &mut Body, id: ExprId, mode: Mode, quantity: &Quantity) -> Val {
    let case = &e.case;
    let plain = |b: &mut Body, value: Val| {
        let wide = if value.width() == Width::I32 { value.wide() } else { value };
        let wide = b.keep(wide);
        noted(e, b, id, mode, &wide, 1)
    };
    let maybe_day = |b: &mut Body, day: Val| {
        let day = b.keep(day);
        maybe(e, b, id, mode, day.ne(NO_DAY), day.wide())
    };
    match quantity {
        Quantity::Opened => {
            let day = run::local_day(e, b, case.opened.get());
            plain(b, day)
        }
        Quantity::StageSince => {
            let day = run::local_day(e, b, case.place().entered.get());
            plain(b, day)
        }
        Quantity::Today => {
            let day = today(e, b, mode);
            plain(b, day)
        }
        Quantity::Now => plain(b, case.now.get()),
        Quantity::Deadline => {
            let deadline = state::Deadline::at(&signed(case.deadline.1).into());
            let day = deadline.day.get().or_else(&case.deadline.0.get(), NO_DAY);
            maybe_day(b, day)
        }
        Quantity::Sent(t) | Quantity::FirstSent(t) | Quantity::LastSent(t) => {
            let sent = state::Sent::at(&case.sent.at(&i32::from(t.0).into()));
            match quantity {
                Quantity::Sent(_) => plain(b, sent.count.get()),
                Quantity::FirstSent(_) => maybe_day(b, sent.first.get()),
                _ => maybe_day(b, sent.last.get()),
            }
        }
        Quantity::Had(at) => {
            let noted = Cell::new(&case.noted.at(&i32::from(*at).into()), 0, Form::U8).get();
            plain(b, noted)
        }
        Quantity::DisputeOpen => {
            let any = run::any(b, &case.claims, |_, claim| state::Claim::at(claim).disputed.get());
            plain(b, any)
        }
        Quantity::PromiseOpen => plain(b, case.promise.0.get()),
        Quantity::Titled => plain(b, case.titled.get()),
        Quantity::Changed => plain(b, run::slot_events(e).get().lt_u(case.events.get())),
        Quantity::In(stages) => {
            let is = one_of(&case.place().stage.get(), stages);
            plain(b, is)
        }
        Quantity::BeenIn(stages) => {
            let any = run::any(b, &case.been, |b, record| {
                let stage = b.keep(Cell::new(record, 0, Form::U16).get());
                one_of(&stage, stages)
            });
            plain(b, any)
        }
        Quantity::ClaimDue | Quantity::ClaimArose | Quantity::ClaimDefaultOn | Quantity::ClaimKind => {
            let claim = b.keep(case.claims.at(&run::claim(e).get()));
            let claim = state::Claim::at(&claim);
            match quantity {
                Quantity::ClaimDue => plain(b, claim.due.get()),
                Quantity::ClaimArose => maybe_day(b, claim.arose.get()),
                Quantity::ClaimDefaultOn => maybe_day(b, claim.default_on.get()),
                _ => maybe(e, b, id, mode, claim.kind.beside(8, Form::U8).get(), claim.kind.get()),
            }
        }
        Quantity::Attempts(..) | Quantity::Contacts(_) | Quantity::ReachedWithin(_) => {
            let length = quantity.operand().map(|length| value_kept(e, b, *length, mode)).unwrap_or(0i64.into());
            let since = b.call(window_from(e), &[length]);
            let value = match quantity {
                Quantity::ReachedWithin(_) => reached_since(e, b, &since),
                Quantity::Attempts(channel, _) => most_attempts(e, b, &since, 1 << channel.0),
                _ => most_attempts(e, b, &since, u32::MAX),
            };
            plain(b, value)
        }
        Quantity::Reachable(c) => {
            let any = any_pursued(e, b, |p| bit(&p.channels.reachable, c.0).and(bit(&p.channels.barred, c.0).not()));
            plain(b, any)
        }
        Quantity::Consent(c) => {
            let any = any_pursued(e, b, |p| bit(&p.channels.consent, c.0));
            plain(b, any)
        }
        Quantity::Barred(c) => {
            let any = any_pursued(e, b, |p| bit(&p.channels.barred, c.0).not());
            plain(b, any.not())
        }
        Quantity::Debtors => {
            let count = b.var(0);
            run::each(b, &case.persons, |b, _, record| {
                b.set(count, count.get().add(case.person(record).channels.pursued.get()));
            });
            plain(b, count.get())
        }
        Quantity::DebtorKind
        | Quantity::DebtorLanguage
        | Quantity::DebtorRegion
        | Quantity::DebtorAge
        | Quantity::DebtorTimeZone => of_person(e, b, id, mode, quantity),
        Quantity::Balance | Quantity::Interest | Quantity::Undisputed => {
            let value = match quantity {
                Quantity::Balance => ledger::statement(e, b).balance,
                Quantity::Interest => b.call(ledger::interest(e), &[]),
                _ => b.call(ledger::undisputed(e), &[]),
            };
            if mode == Mode::Noted {
                let flags = run::provisional(e).get().shl(1).or(1);
                e.note(id);
                b.call(run::note(e), &[i32::from(id.0).into(), value.clone(), flags]);
            }
            value
        }
        Quantity::OldestDue => {
            let day = b.call(ledger::oldest_due(e), &[]);
            maybe_day(b, day)
        }
        Quantity::PlanActive | Quantity::PlanMissed | Quantity::PlanPaid | Quantity::PlanRemaining => {
            let value = plans::quantity(e, b, quantity);
            plain(b, value)
        }
        Quantity::LimitationDate => {
            let day = b.call(limitation::date(e), &[]);
            maybe_day(b, day)
        }
        _ => {
            let value = ledger::quantity(e, b, quantity, |b, length| value_kept(e, b, length, mode));
            plain(b, value)
        }
    }
}

/// Whether a stage is one of some.
pub(super) fn one_of(stage: &Val, stages: &[StageId]) -> Val {
    let is = |s: &StageId| stage.eq(i32::from(s.0));
    stages.iter().map(is).reduce(|any, is| any.or(is)).unwrap_or(0.into())
}

/// Whether a set of channels has one.
pub(super) fn bit(set: &Cell, channel: u8) -> Val {
    set.get().shr_u(i32::from(channel)).and(1)
}

fn any_pursued(e: &Emit<'_>, b: &mut Body, test: impl FnOnce(&state::Person) -> Val) -> Val {
    run::any(b, &e.case.persons, |_, record| {
        let person = e.case.person(record);
        person.channels.pursued.get().and(test(&person))
    })
}

fn reached_since(e: &Emit<'_>, b: &mut Body, since: &Val) -> Val {
    run::any(b, &e.case.persons, |b, record| {
        let person = e.case.person(record);
        run::any(b, &person.conversations, |_, spoke| state::Conversation::at(spoke).at.get().ge(since))
    })
}

fn most_attempts(e: &Emit<'_>, b: &mut Body, since: &Val, channels: u32) -> Val {
    let most = b.var(0);
    run::each(b, &e.case.persons, |b, _, record| {
        let count = b.var(0);
        let person = e.case.person(record);
        run::each(b, &person.attempts, |b, _, attempt| {
            let attempt = state::Attempt::at(attempt);
            let counts = attempt.at.get().ge(since).and(attempt.channels.get().and(channels.cast_signed()).ne(0));
            b.set(count, count.get().add(counts));
        });
        b.set(most, most.get().max(count.get()));
    });
    most.get()
}

fn of_person(e: &Emit<'_>, b: &mut Body, id: ExprId, mode: Mode, quantity: &Quantity) -> Val {
    // In the ledger it is always the first.
    let number = if mode == Mode::OfClaim { 0.into() } else { run::person(e).get() };
    let number = b.keep(number);
    let there = b.keep(number.lt_u(e.case.persons.count().get()));
    let person = b.keep(e.case.persons.at(&number.or_else(&there, 0)));
    let person = e.case.person(&person);
    match quantity {
        Quantity::DebtorKind => maybe(e, b, id, mode, there, person.facts.business.get().wide()),
        Quantity::DebtorLanguage | Quantity::DebtorRegion => {
            let cell = if *quantity == Quantity::DebtorLanguage { person.facts.language } else { person.facts.region };
            maybe(e, b, id, mode, there.and(cell.beside(8, Form::U8).get()), cell.get())
        }
        Quantity::DebtorAge => {
            let born = b.keep(person.born.get());
            let age = b.call(age(e), &[born.clone()]);
            maybe(e, b, id, mode, there.and(born.ne(NO_DAY)), age.wide())
        }
        _ => {
            let names: Vec<u8> = e.m.zones.iter().flat_map(|zone| text_of(e, zone.name()).to_le_bytes()).collect();
            let zone = Cell::new(&person.zones.at(&0.into()), 0, Form::U8).get();
            let name = b.keep(Cell::new(&e.constant(&names).add(zone.mul(8)), 0, Form::I64).get());
            let known = there.and(person.zones_given.get()).and(person.zones.count().get().ne(0)).and(name.ge(0i64));
            maybe(e, b, id, mode, known, name)
        }
    }
}

/// The number of a text of the machine; -1 where it has none.
pub(super) fn text_of(e: &Emit<'_>, text: &str) -> i64 {
    let found = e.m.texts.iter().position(|t| t == text);
    found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
}

/// Full years since birth: on the birthday itself a person is that old all day (§ 187 (2) BGB).
fn age(e: &Emit<'_>) -> Func {
    e.func("age", &[I32], Some(I32), false, |e, b| {
        let born = b.call(days::civil(e), &[b.arg(0)]);
        let today = b.call(days::civil(e), &[run::today(e).get()]);
        let before = today.and(511).lt(born.and(511));
        b.give(days::year_in(&today).sub(days::year_in(&born)).sub(before));
    })
}
