//! Holiday calendars: the free days of a year, worked out once and kept, and the counting of working days.

use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::days;
use super::faults::Fault;
use super::layout::NO_DAY;
use super::module::Emit;
use Width::{I32, I64};
use dunlin_machine::value::{Calendar, DayRule, HolidayRule, Recess};

/// Some days of a calendar in memory: the first of them, how many, and a bit for each that is free.
const DAYS: i32 = 256;
const BITS: u32 = 8;
const ROOM: u32 = BITS + DAYS.cast_unsigned() / 8;
/// How many such runs of days each calendar keeps: 22 years, so that cases of many years do not drive each other out.
const RUNS: i32 = 32;
/// A longer break has no working day.
const LONGEST_BREAK: i32 = 400;
/// The bytes of a holiday rule.
const RULE: usize = 12;

/// The record of a calendar that never changes: weekend, rules, how many.
const CALENDAR: u32 = 12;

/// Where the run of days of a calendar is kept in which a day lies.
fn kept(e: &Emit<'_>, calendar: &Val, day: &Val) -> Val {
    let all = e.region("calendars", ROOM * RUNS.cast_unsigned() * number(e.m.calendars.len()));
    let run = day.shr(DAYS.trailing_zeros().cast_signed()).and(RUNS - 1);
    all.add(calendar.mul(RUNS).add(run).mul(ROOM.cast_signed()))
}

/// The table of calendars.
fn calendars(e: &Emit<'_>) -> Val {
    let mut table = Vec::new();
    for calendar in &e.m.calendars {
        let rules: Vec<u8> = calendar.holidays.iter().flat_map(rule_bytes).collect();
        let at = e.constant_position(&rules);
        table.extend(u32::from(weekend_bits(calendar)).to_le_bytes());
        table.extend(at.to_le_bytes());
        table.extend(number(calendar.holidays.len()).to_le_bytes());
    }
    e.constant(&table)
}

fn weekend_bits(calendar: &Calendar) -> u8 {
    dunlin_machine::value::Weekday::ALL
        .into_iter()
        .filter(|day| calendar.weekend.contains(*day))
        .fold(0, |bits, day| bits | 1 << day.number())
}

/// A rule in 12 bytes: kind and three small numbers, the years, and where it goes from a Saturday and a Sunday.
fn rule_bytes(rule: &HolidayRule) -> [u8; RULE] {
    let (kind, n, weekday, offset): (u8, u8, u8, i16) = match rule.day {
        DayRule::Fixed { month, day } => (0, month, day, 0),
        DayRule::Easter { offset } => (1, 0, 0, offset),
        DayRule::Nth { n, weekday, month } => (2, month, weekday.number(), i16::from(n)),
        DayRule::Last { weekday, month } => (3, month, weekday.number(), 0),
        DayRule::WeekdayBefore { weekday, month, day } => (4, month, day, i16::from(weekday.number())),
        DayRule::WeekdayAfter { weekday, month, day } => (5, month, day, i16::from(weekday.number())),
        DayRule::Single(date) => (6, date.civil().month, date.civil().day, small(date.civil().year)),
    };
    let [o, p] = offset.to_le_bytes();
    let [f, g] = small(rule.from_year.unwrap_or(0)).to_le_bytes();
    let [u, v] = small(rule.until_year.unwrap_or(9999)).to_le_bytes();
    let shift = |shift: Option<dunlin_machine::value::Shift>| shift.map_or(0, |s| s.0.cast_unsigned());
    [kind, n, weekday, 0, o, p, f, g, u, v, shift(rule.on_saturday), shift(rule.on_sunday)]
}

/// A year, or what else fits in 16 bits.
fn small(year: i32) -> i16 {
    i16::try_from(year).unwrap_or(if year < 0 { i16::MIN } else { i16::MAX })
}

/// Easter Sunday of a year, by the rule of Gauss in Butcher's form.
fn easter(e: &Emit<'_>) -> Func {
    e.func("easter", &[I32], Some(I32), false, |e, b| {
        let year = b.arg(0);
        let (golden, century, rest) = (b.keep(year.rem_u(19)), b.keep(year.div_u(100)), b.keep(year.rem_u(100)));
        let shift = b.keep(century.sub(century.add(8).div_u(25)).add(1).div_u(3));
        let moon = golden.mul(19).add(&century).sub(century.div_u(4)).sub(shift).add(15);
        let moon = b.keep(moon.rem_u(30));
        let sunday = century.rem_u(4).mul(2).add(32).add(rest.div_u(4).mul(2)).sub(&moon).sub(rest.rem_u(4));
        let sunday = b.keep(sunday.rem_u(7));
        let late = b.keep(golden.add(moon.mul(11)).add(sunday.mul(22)).div_u(451));
        let day = b.keep(moon.add(&sunday).sub(late.mul(7)).add(114));
        let day = b.call(days::day_of(e), &[year.clone(), day.div_u(31), day.rem_u(31).add(1)]);
        b.give(day);
    })
}

/// The nth weekday of a month; [`NO_DAY`] where it has none.
fn nth_weekday(e: &Emit<'_>) -> Func {
    e.func("nth_weekday", &[I32, I32, I32, I32], Some(I32), false, |e, b| {
        let (year, month, n, weekday) = (b.arg(0), b.arg(1), b.arg(2), b.arg(3));
        let first = b.call(days::day_of(e), &[year.clone(), month.clone(), 1.into()]);
        let ahead = weekday.add(7).sub(days::weekday(&first)).rem_u(7);
        let day = b.call(days::day_of(e), &[year, month, n.sub(1).mul(7).add(ahead).add(1)]);
        b.give(day.or_else(&first.ne(NO_DAY), NO_DAY));
    })
}

/// The day of a rule in a year; [`NO_DAY`] where it has none.
fn in_year(e: &Emit<'_>) -> Func {
    e.func("in_year", &[I32, I32], Some(I32), false, |e, b| {
        let (rule, year) = (b.arg(0), b.arg(1));
        let byte = |at: u32| Cell::new(&rule, at, Form::U8).get();
        let (month, day) = (b.keep(byte(1)), b.keep(byte(2)));
        let more = b.keep(Cell::new(&rule, 4, Form::U16).get().shl(16).shr(16));
        let named = |e: &Emit<'_>, b: &mut Body| b.call(days::day_of(e), &[year.clone(), month.clone(), day.clone()]);
        let far = |b: &mut Body, from: &Val, by: Val| {
            let moved = b.keep(from.add(by));
            b.give(moved.or_else(&from.ne(NO_DAY).and(days::counts(&moved)), NO_DAY));
        };
        b.switch(
            byte(0),
            vec![
                Box::new(|b| {
                    let day = named(e, b);
                    b.give(day);
                }),
                Box::new(|b| {
                    let sunday = b.call(easter(e), &[year.clone()]);
                    far(b, &sunday, more.clone());
                }),
                Box::new(|b| {
                    let day = b.call(nth_weekday(e), &[year.clone(), month.clone(), more.clone(), day.clone()]);
                    b.give(day);
                }),
                Box::new(|b| {
                    let fifth = b.call(nth_weekday(e), &[year.clone(), month.clone(), 5.into(), day.clone()]);
                    b.when(fifth.ne(NO_DAY), |b| b.give(&fifth));
                    let fourth = b.call(nth_weekday(e), &[year.clone(), month.clone(), 4.into(), day.clone()]);
                    b.give(fourth);
                }),
                Box::new(|b| {
                    let from = named(e, b);
                    let back = days::weekday(&from).add(6).sub(&more).rem_u(7).add(1);
                    far(b, &from, Val::from(0).sub(back));
                }),
                Box::new(|b| {
                    let from = named(e, b);
                    let ahead = more.add(6).sub(days::weekday(&from)).rem_u(7).add(1);
                    far(b, &from, ahead);
                }),
                Box::new(|b| {
                    let day = named(e, b);
                    b.give(day.or_else(&year.eq(&more), NO_DAY));
                }),
            ],
        );
    })
}

/// The bytes of a recess: the rule of its first day, with the years in which it may begin, and that of its last.
const RECESS: i32 = 24;

fn recess_bytes(recess: &Recess) -> Vec<u8> {
    let rule = |day: DayRule| HolidayRule::every_year(day, "");
    let (from_year, until_year) = (recess.from_year, recess.until_year);
    [HolidayRule { from_year, until_year, ..rule(recess.from) }, rule(recess.until)]
        .iter()
        .flat_map(rule_bytes)
        .collect()
}

/// The recesses of all calendars: where those of each stand, and how many they are.
fn recesses(e: &Emit<'_>) -> Val {
    let mut table = Vec::new();
    for calendar in &e.m.calendars {
        let bytes: Vec<u8> = calendar.recesses.iter().flat_map(recess_bytes).collect();
        table.extend(e.constant_position(&bytes).to_le_bytes());
        table.extend(number(calendar.recesses.len()).to_le_bytes());
    }
    e.constant(&table)
}

/// The position of the recess of a calendar in which a day lies; -1 where it lies in none.
pub(super) fn recess_on(e: &Emit<'_>) -> Func {
    e.func("recess_on", &[I32, I32], Some(I32), false, |e, b| {
        let day = b.arg(1);
        let civil = b.call(days::civil(e), &[day.clone()]);
        let year = b.keep(days::year_in(&civil));
        let record = b.keep(recesses(e).add(b.arg(0).mul(8)));
        let first = b.keep(Cell::new(&record, 0, Form::I32).get());
        b.each(Cell::new(&record, 4, Form::I32).get(), |b, at| {
            let from_rule = b.keep(first.add(at.mul(RECESS)));
            let until_rule = b.keep(from_rule.add(RECESS / 2));
            b.each(3, |b, step| {
                let year = b.keep(year.add(step).sub(1));
                let from = b.call(in_year(e), &[from_rule.clone(), year.clone()]);
                let until = b.call(in_year(e), &[until_rule.clone(), year.clone()]);
                // Earlier in the year than the first, its last day lies in the next year.
                let until = b.choose(
                    until.lt(&from),
                    |b| b.call(in_year(e), &[until_rule.clone(), year.add(1)]),
                    |_| until.clone(),
                );
                let begins = within_years(&from_rule, &year).and(from.ne(NO_DAY));
                b.when(begins.and(from.le(&day)).and(day.le(until)), |b| b.give(&at));
            });
        });
        b.give(-1);
    })
}

/// Whether a rule counts in a year.
fn within_years(rule: &Val, year: &Val) -> Val {
    let half = |at: u32| Cell::new(rule, at, Form::U16).get().shl(16).shr(16);
    half(6).le(year).and(year.le(half(8)))
}

/// Marks a day as free in the run of days that is being worked out.
fn mark(e: &Emit<'_>) -> Func {
    e.func("mark_free", &[I32, I32], None, false, |_, b| {
        let (kept, day) = (b.arg(0), b.arg(1));
        let at = b.keep(day.sub(Cell::new(&kept, 0, Form::I32).get()));
        b.when(at.lt_u(Cell::new(&kept, 4, Form::I32).get()), |b| {
            let byte = Cell::new(&kept.add(at.shr_u(3)), BITS, Form::U8);
            b.store(&byte, byte.get().or(Val::from(1).shl(at.and(7))));
        });
    })
}

/// Works out the free days of the run in which a day lies: of each rule the days of six years, because the run may lie in two, and
/// a day that is counted from another in the year beside.
fn work_out(e: &Emit<'_>) -> Func {
    e.func("work_out_days", &[I32, I32], None, false, |e, b| {
        let (calendar, day) = (b.arg(0), b.arg(1));
        let kept = b.keep(kept(e, &calendar, &day));
        let first = b.keep(day.and(-DAYS));
        let year = b.call(days::civil(e), &[first.clone()]);
        let year = b.keep(days::year_in(&year));
        b.store(&Cell::new(&kept, 0, Form::I32), &first);
        b.store(&Cell::new(&kept, 4, Form::I32), DAYS);
        b.clear(kept.add(BITS.cast_signed()), DAYS.cast_unsigned() / 8);
        let record = b.keep(calendars(e).add(calendar.mul(CALENDAR.cast_signed())));
        let rules = b.keep(Cell::new(&record, 4, Form::I32).get());
        b.each(Cell::new(&record, 8, Form::I32).get(), |b, at| {
            let rule = b.keep(rules.add(at.mul(12)));
            b.each(6, |b, step| {
                let base = year.add(step).sub(2);
                b.call(mark_rule(e), &[kept.clone(), rule.clone(), base]);
            });
        });
    })
}

/// Marks the day that a rule has from one year's count, and the day that stands in for it on a weekend.
fn mark_rule(e: &Emit<'_>) -> Func {
    e.func("mark_rule", &[I32, I32, I32], None, false, |e, b| {
        let (kept, rule, base) = (b.arg(0), b.arg(1), b.arg(2));
        let day = b.call(in_year(e), &[rule.clone(), base.clone()]);
        b.when(day.eq(NO_DAY), Body::end);
        let at = b.call(days::civil(e), &[day.clone()]);
        let (year, month) = (b.keep(days::year_in(&at)), b.keep(days::month_in(&at)));
        let beside = base.add(1).eq(&year).and(month.eq(1)).or(base.sub(1).eq(&year).and(month.eq(12)));
        let within = within_years(&rule, &year);
        b.when(year.eq(&base).or(beside).and(within).not(), Body::end);
        b.call(mark(e), &[kept.clone(), day.clone()]);
        let weekday = b.keep(days::weekday(&day));
        let shift = |at: u32| Cell::new(&rule, at, Form::U8).get().shl(24).shr(24);
        for (at, on) in [(10, 6), (11, 7)] {
            b.when(weekday.eq(on), |b| {
                b.call(mark(e), &[kept.clone(), day.add(shift(at))]);
            });
        }
    })
}

/// Whether a day is weekend or holiday in a calendar.
pub(super) fn is_free(e: &Emit<'_>) -> Func {
    e.func("is_free", &[I32, I32], Some(I32), false, |e, b| {
        let (calendar, day) = (b.arg(0), b.arg(1));
        let weekend = Cell::new(&calendars(e).add(calendar.mul(CALENDAR.cast_signed())), 0, Form::U8);
        b.when(weekend.get().shr_u(days::weekday(&day)).and(1), |b| b.give(1));
        let holiday = b.call(is_holiday(e), &[calendar, day]);
        b.give(holiday);
    })
}

/// Whether a day is a holiday in a calendar.
pub(super) fn is_holiday(e: &Emit<'_>) -> Func {
    e.func("is_holiday", &[I32, I32], Some(I32), false, |e, b| {
        let (calendar, day) = (b.arg(0), b.arg(1));
        let kept = b.keep(kept(e, &calendar, &day));
        // Read where it is used: working the days out changes it.
        let at = day.sub(Cell::new(&kept, 0, Form::I32).get());
        let outside = at.lt_u(Cell::new(&kept, 4, Form::I32).get()).not();
        b.when(outside, |b| {
            b.call(work_out(e), &[calendar.clone(), day.clone()]);
        });
        let at = b.keep(at);
        b.give(Cell::new(&kept.add(at.shr_u(3)), BITS, Form::U8).get().shr_u(at.and(7)).and(1));
    })
}

/// The day itself if it is a working day, else the next one in the direction of the step; fails where none comes in 400.
pub(super) fn working_day_from(e: &Emit<'_>) -> Func {
    e.func("working_day_from", &[I32, I32, I32], Some(I32), true, |e, b| {
        let (calendar, step) = (b.arg(0), b.arg(2));
        let day = b.var(b.arg(1));
        b.each(LONGEST_BREAK, |b, _| {
            let free = b.call(is_free(e), &[calendar.clone(), day.get()]);
            b.when(free.not(), |b| b.give(day.get()));
            let next = b.call(days::add_days(e), &[day.get(), step.clone()]);
            b.set(day, next);
        });
        b.fail(Fault::Overflow.number());
    })
}

/// The so many-th working day after a day, or before it if negative; 0 is the day itself.
pub(super) fn add_working_days(e: &Emit<'_>) -> Func {
    e.func("add_working_days", &[I32, I32, I32], Some(I32), true, |e, b| {
        let (calendar, count) = (b.arg(0), b.arg(2));
        let day = b.var(b.arg(1));
        let step = b.keep(Val::from(1).or_else(&count.gt(0), -1));
        b.each(count.mul(&step), |b, _| {
            let next = b.call(days::add_days(e), &[day.get(), step.clone()]);
            let next = b.call(working_day_from(e), &[calendar.clone(), next, step.clone()]);
            b.set(day, next);
        });
        b.give(day.get());
    })
}

/// The day a packed duration after a day; fails for hours, and outside the years that Dunlin counts.
pub(super) fn add(e: &Emit<'_>) -> Func {
    e.func("add_duration", &[I32, I64, I32], Some(I32), true, |e, b| {
        let (day, length, calendar) = (b.arg(0), b.arg(1), b.arg(2));
        let (amount, unit) = (b.keep(amount_of(&length)), unit_of(&length));
        let by_days = |by: i32| {
            let (day, amount) = (day.clone(), amount.clone());
            move |b: &mut Body| {
                let wide = b.keep(amount.wide().mul(i64::from(by)));
                b.when(wide.ne(wide.narrow().wide()), |b| b.fail(Fault::Overflow.number()));
                let day = b.call(days::add_days(e), &[day, wide.narrow()]);
                b.give(day);
            }
        };
        let by_months = |by: i32| {
            let (day, amount) = (day.clone(), amount.clone());
            move |b: &mut Body| {
                let wide = b.keep(amount.wide().mul(i64::from(by)));
                b.when(wide.ne(wide.narrow().wide()), |b| b.fail(Fault::Overflow.number()));
                let day = b.call(days::add_months(e), &[day, wide.narrow()]);
                b.give(day);
            }
        };
        b.switch(
            unit,
            vec![
                Box::new(|b| b.fail(Fault::Overflow.number())),
                Box::new(by_days(1)),
                Box::new(|b| {
                    let day = b.call(add_working_days(e), &[calendar.clone(), day.clone(), amount.clone()]);
                    b.give(day);
                }),
                Box::new(by_days(7)),
                Box::new(by_months(1)),
                Box::new(by_months(12)),
            ],
        );
        b.fail(Fault::Overflow.number());
    })
}

/// How many units a packed duration has.
pub(super) fn amount_of(length: &Val) -> Val {
    length.shr(3i64).narrow()
}

/// The unit of a packed duration: hours, days, working days, weeks, months, years from 0.
pub(super) fn unit_of(length: &Val) -> Val {
    length.narrow().and(7)
}
