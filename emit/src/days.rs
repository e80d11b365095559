//! Days of the Gregorian calendar and their arithmetic, as [`dunlin_machine::value::Date`] has them.

use super::code::{Func, Val, Width};
use super::faults::Fault;
use super::layout::NO_DAY;
use super::module::Emit;
use Width::I32;
use dunlin_machine::value::Date;

/// The first day that Dunlin counts.
const FIRST: i32 = Date::FIRST.days();
/// The last.
const LAST: i32 = Date::LAST.days();
/// From the first of March of the year 0 to the epoch, in days.
const MARCH_ZERO: i32 = 719_468;

/// A day as year, month and day of the month in one number: the year times 512, the month times 32, the day.
pub(super) fn civil(e: &Emit<'_>) -> Func {
    e.func("civil", &[I32], Some(I32), false, |_, b| {
        // No day is before 1900: every term is positive, and quotients round down.
        let quarters = b.keep(b.arg(0).add(MARCH_ZERO).mul(4).add(3));
        let century = b.keep(quarters.div_u(146_097));
        let quarters = b.keep(quarters.rem_u(146_097).div_u(4).mul(4).add(3));
        let year = b.keep(century.mul(100).add(quarters.div_u(1461)));
        let day = b.keep(quarters.rem_u(1461).div_u(4));
        let month = b.keep(day.mul(5).add(2).div_u(153));
        let day = b.keep(day.sub(month.mul(153).add(2).div_u(5)).add(1));
        // The year of this count begins in March.
        let early = b.keep(month.lt(10));
        let year = year.add(early.not());
        let month = month.add(Val::from(3).or_else(&early, -9));
        b.give(year.shl(9).or(month.shl(5)).or(day));
    })
}

/// The year of [`civil`].
pub(super) fn year_in(civil: &Val) -> Val {
    civil.shr(9)
}

/// The month of [`civil`].
pub(super) fn month_in(civil: &Val) -> Val {
    civil.shr(5).and(15)
}

/// The day of the month of [`civil`].
pub(super) fn day_in(civil: &Val) -> Val {
    civil.and(31)
}

/// The day of a year, a month and a day of the month that exist; [`NO_DAY`] outside the years that Dunlin counts, or where
/// the month has no such day.
pub(super) fn day_of(e: &Emit<'_>) -> Func {
    e.func("day_of", &[I32, I32, I32], Some(I32), false, |e, b| {
        let (year, month, day) = (b.arg(0), b.arg(1), b.arg(2));
        let length = b.call(days_in_month(e), &[year.clone(), month.clone()]);
        let there = year.sub(1900).lt_u(400).and(day.sub(1).lt_u(&length));
        b.when(there.not(), |b| b.give(NO_DAY));
        let early = b.keep(month.lt(3));
        let year = b.keep(year.sub(&early));
        let month = month.add(Val::from(9).or_else(&early, -3));
        let days = year.mul(365).add(year.div_u(4)).sub(year.div_u(100)).add(year.div_u(400));
        b.give(days.add(month.mul(153).add(2).div_u(5)).add(&day).sub(1 + MARCH_ZERO));
    })
}

/// How many days a month has, 0 where there is no such month.
fn days_in_month(e: &Emit<'_>) -> Func {
    e.func("days_in_month", &[I32, I32], Some(I32), false, |_, b| {
        let (year, month) = (b.arg(0), b.arg(1));
        b.when(month.sub(1).lt_u(12).not(), |b| b.give(0));
        b.when(month.eq(2), |b| {
            let leap = year.and(3).eq(0).and(year.rem_u(100).ne(0).or(year.rem_u(400).eq(0)));
            b.give(leap.add(28));
        });
        // Odd months are long up to July, even ones after it.
        b.give(month.xor(month.shr(3)).and(1).add(30));
    })
}

/// So many days later; fails outside the years that Dunlin counts.
pub(super) fn add_days(e: &Emit<'_>) -> Func {
    e.func("add_days", &[I32, I32], Some(I32), true, |_, b| {
        let sum = b.arg(0).wide().add(b.arg(1).wide());
        let sum = b.keep(sum);
        b.when(sum.sub(i64::from(FIRST)).le_u(i64::from(LAST) - i64::from(FIRST)).not(), |b| {
            b.fail(Fault::Overflow.number())
        });
        b.give(sum.narrow());
    })
}

/// So many months later, on the same day of the month or the month's last (§ 188 (3) BGB); fails outside the years.
pub(super) fn add_months(e: &Emit<'_>) -> Func {
    e.func("add_months", &[I32, I32], Some(I32), true, |e, b| {
        let from = b.call(civil(e), &[b.arg(0)]);
        let months = b.keep(year_in(&from).mul(12).add(month_in(&from)).sub(1).wide().add(b.arg(1).wide()));
        // The years that Dunlin counts, in months.
        b.when(months.sub(22_800i64).lt_u(4_800i64).not(), |b| b.fail(Fault::Overflow.number()));
        let months = b.keep(months.narrow());
        let (year, month) = (b.keep(months.div_u(12)), b.keep(months.rem_u(12).add(1)));
        let length = b.call(days_in_month(e), &[year.clone(), month.clone()]);
        let day = b.call(day_of(e), &[year, month, day_in(&from).min(length)]);
        b.give(day);
    })
}

/// The last day of the month.
pub(super) fn end_of_month(e: &Emit<'_>) -> Func {
    e.func("end_of_month", &[I32], Some(I32), false, |e, b| {
        let at = b.call(civil(e), &[b.arg(0)]);
        let length = b.call(days_in_month(e), &[year_in(&at), month_in(&at)]);
        b.give(b.arg(0).add(length).sub(day_in(&at)));
    })
}

/// The day of that number in the month of a day, or the month's last.
pub(super) fn in_month(e: &Emit<'_>) -> Func {
    e.func("in_month", &[I32, I32], Some(I32), false, |e, b| {
        let last = b.call(end_of_month(e), &[b.arg(0)]);
        let civil = b.call(civil(e), &[last.clone()]);
        let length = b.keep(day_in(&civil));
        b.give(last.sub(&length).add(b.arg(1).max(1).min(length)));
    })
}

/// The next day of that number in a month, after a day.
pub(super) fn next_in_month(e: &Emit<'_>) -> Func {
    e.func("next_in_month", &[I32, I32], Some(I32), true, |e, b| {
        let this = b.call(in_month(e), &[b.arg(0), b.arg(1)]);
        b.when(this.gt(b.arg(0)), |b| b.give(&this));
        let end = b.call(end_of_month(e), &[b.arg(0)]);
        let next = b.call(add_days(e), &[end, 1.into()]);
        let day = b.call(in_month(e), &[next, b.arg(1)]);
        b.give(day);
    })
}

/// The last day of the year.
pub(super) fn end_of_year(e: &Emit<'_>) -> Func {
    e.func("end_of_year", &[I32], Some(I32), false, |e, b| {
        let at = b.call(civil(e), &[b.arg(0)]);
        let last = b.call(day_of(e), &[year_in(&at), 12.into(), 31.into()]);
        b.give(last);
    })
}

/// The day of the week, 1 for Monday to 7 for Sunday.
pub(super) fn weekday(day: &Val) -> Val {
    // The epoch was a Thursday; 28,000 is a whole number of weeks that makes every day positive.
    day.add(28_003).rem_u(7).add(1)
}

/// Whether a number is a day that Dunlin counts.
pub(super) fn counts(day: &Val) -> Val {
    day.sub(FIRST).le_u(LAST - FIRST)
}

/// A day from a wide number; fails where it is none.
pub(super) fn as_day(e: &Emit<'_>) -> Func {
    e.func("as_day", &[Width::I64], Some(I32), true, |_, b| {
        let first = i64::from(FIRST);
        b.when(b.arg(0).sub(first).le_u(i64::from(LAST) - first).not(), |b| b.fail(Fault::Overflow.number()));
        b.give(b.arg(0).narrow());
    })
}
