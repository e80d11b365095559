//! Values from texts, as the language writes them: what the runtime reads of a fact that changes.

#[cfg(test)]
mod tests;

use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::days;
use super::layout::NO_DAY;
use super::module::{Emit, signed};
use super::run::NONE;
use super::texts;
use super::zones;
use Width::{I32, I64};
use dunlin_machine::ir::{TextId, Type};
use dunlin_machine::value::{Currency, Unit};

/// The decimals of a rate's percents.
const PERCENT_DECIMALS: i32 = 7;
/// The length of a written date.
const DATE: i32 = 10;
/// Where the zone of a written instant begins.
const ZONE_AT: i32 = 19;
/// The bytes of a name in a table: where it lies, and its length.
const NAMED: i32 = 8;

/// Whether the latest text was a value of its type.
pub(super) fn is_right(e: &Emit<'_>) -> Val {
    Val::global(e.named_global("parse_ok", I32), I32)
}

fn say(e: &Emit<'_>, b: &mut Body, right: i32) {
    b.set_global(e.named_global("parse_ok", I32), right);
}

/// Ends a parser of a wide value: the text is not one.
fn wrong(e: &Emit<'_>, b: &mut Body) {
    say(e, b, 0);
    b.give(0i64);
}

fn byte(at: &Val, offset: u32) -> Val {
    Cell::new(at, offset, Form::U8).get()
}

fn letter(letter: u8) -> i32 {
    i32::from(letter)
}

/// The value of a text by its position and length; [`is_right`] says whether it is one. Fails only where the case can learn no
/// more texts.
pub(super) fn value(e: &Emit<'_>, ty: Type) -> Func {
    let learns = ty == Type::Text;
    e.func(format!("parse_{ty:?}"), &[I32, I32], Some(I64), learns, move |e, b| {
        let (at, length) = (b.arg(0), b.arg(1));
        say(e, b, 1);
        let value = match ty {
            Type::Text => b.call(texts::learn(e), &[at, length]),
            Type::Bool => named(e, b, &["false".into(), "true".into()]),
            Type::Number => whole(e, b, at, length),
            Type::Money => b.call(amount(e), &[at, length]),
            Type::Rate => b.call(rate(e), &[at, length]),
            Type::Date => {
                let day = b.call(date(e), &[at, length]);
                b.when(day.eq(NO_DAY), |b| wrong(e, b));
                day.wide()
            }
            Type::Instant => b.call(instant(e), &[at, length]),
            Type::Duration => b.call(duration(e), &[at, length]),
            Type::Hours => {
                wrong(e, b);
                0i64.into()
            }
            Type::Channel => named(e, b, &words(e, &e.m.channels)),
            Type::Tone => named(e, b, &words(e, &e.m.tones)),
            Type::Enum(of) => named(e, b, &e.m.enums.get(of.index()).map_or_else(Vec::new, |of| words(e, &of.values))),
        };
        b.give(value);
    })
}

// Names.

fn words(e: &Emit<'_>, names: &[TextId]) -> Vec<String> {
    names.iter().map(|name| e.m.texts.get(name.index()).cloned().unwrap_or_default()).collect()
}

/// The position of the text among some names.
fn named(e: &Emit<'_>, b: &mut Body, names: &[String]) -> Val {
    let at = b.call(position_among(e), &[b.arg(0), b.arg(1), table(e, names), signed(number(names.len())).into()]);
    b.when(at.eq(NONE), |b| wrong(e, b));
    at.wide()
}

fn table(e: &Emit<'_>, names: &[String]) -> Val {
    let name = |name: &String| [e.constant_position(name.as_bytes()), number(name.len())].map(u32::to_le_bytes);
    e.constant(&names.iter().flat_map(name).flatten().collect::<Vec<u8>>())
}

/// The position of a text in a table of names, by where it lies and how many there are; -1 where it is none of them.
fn position_among(e: &Emit<'_>) -> Func {
    e.func("position_among", &[I32, I32, I32, I32], Some(I32), false, |e, b| {
        b.each(b.arg(3), |b, at| {
            let name = b.arg(2).add(at.mul(NAMED));
            let same = b.call(super::step::is_name(e), &[name, b.arg(0), b.arg(1)]);
            b.when(same, |b| b.give(&at));
        });
        b.give(NONE);
    })
}

// Numbers.

/// A whole number, with a sign or without.
fn whole(e: &Emit<'_>, b: &mut Body, at: Val, length: Val) -> Val {
    let signed =
        b.choose(length.gt(1), |_| byte(&at, 0).eq(letter(b'+')).and(byte(&at, 1).ne(letter(b'-'))), |_| 0.into());
    b.call(decimal(e), &[at.add(&signed), length.sub(&signed), 0.into(), 0.into()])
}

/// A number with at most so many decimals, in its smallest units; the last argument says whether `_` may stand between digits.
fn decimal(e: &Emit<'_>) -> Func {
    e.func("parse_decimal", &[I32, I32, I32, I32], Some(I64), false, |e, b| {
        let (at, length, decimals, groups) = (b.arg(0), b.arg(1), b.arg(2), b.arg(3));
        // Summed below zero, because the least number has no positive counterpart.
        let sum = b.var(0i64);
        let (after_point, missing, in_group) = (b.var(0), b.var(&decimals), b.var(0));
        let negative = b.choose(&length, |_| byte(&at, 0).eq(letter(b'-')), |_| 0.into());
        let one_more = |b: &mut Body, digit: Val| {
            b.when(sum.get().lt(i64::MIN / 10), |b| wrong(e, b));
            b.set(sum, sum.get().mul(10i64).sub(digit.wide()));
            b.when(sum.get().gt(0i64), |b| wrong(e, b));
        };
        b.each(length.sub(&negative), |b, n| {
            let one = b.keep(byte(&at.add(&negative).add(n), 0));
            let digit = b.keep(one.sub(letter(b'0')));
            b.either(
                digit.lt_u(10),
                |b| {
                    one_more(b, digit.clone());
                    b.set(in_group, 1);
                    b.set(missing, missing.get().sub(after_point.get()));
                },
                |b| {
                    let parts = one.eq(letter(b'_')).and(&groups).or(one.eq(letter(b'.')));
                    b.when(parts.and(in_group.get()).and(after_point.get().not()).not(), |b| wrong(e, b));
                    b.set(in_group, 0);
                    b.set(after_point, one.eq(letter(b'.')));
                },
            );
        });
        b.when(in_group.get().not().or(missing.get().lt(0)), |b| wrong(e, b));
        b.each(missing.get(), |b, _| one_more(b, 0.into()));
        b.when(&negative, |b| b.give(sum.get()));
        b.when(sum.get().eq(i64::MIN), |b| wrong(e, b));
        b.give(Val::from(0i64).sub(sum.get()));
    })
}

/// An amount in the currency of the case, with its code or without.
fn amount(e: &Emit<'_>) -> Func {
    e.func("parse_amount", &[I32, I32], Some(I64), false, |e, b| {
        let (at, length) = (b.arg(0), b.var(b.arg(1)));
        let code = |c: &Currency| c.code().bytes().chain([c.decimals()]).collect::<Vec<u8>>();
        let table = e.constant(&e.m.currencies.iter().flat_map(code).collect::<Vec<u8>>());
        let currency = b.keep(table.add(e.case.currency.get().mul(4)));
        b.when(length.get().ge(3), |b| {
            let end = b.keep(at.add(length.get()).sub(3));
            let same = |n: u32| byte(&end, n).eq(byte(&currency, n));
            b.when(same(0).and(same(1)).and(same(2)), |b| b.set(length, length.get().sub(3)));
        });
        let trimmed = b.call(trimmed(e), &[at.clone(), length.get()]);
        let amount = b.call(decimal(e), &[at, trimmed, byte(&currency, 3), 1.into()]);
        b.give(amount);
    })
}

/// A rate, with `%` or without.
fn rate(e: &Emit<'_>) -> Func {
    e.func("parse_rate", &[I32, I32], Some(I64), false, |e, b| {
        let (at, length) = (b.arg(0), b.var(b.arg(1)));
        b.block(|b, done| {
            b.while_(
                |_| length.get().gt(0),
                |b| {
                    b.leave_when(done, byte(&at.add(length.get()).sub(1), 0).ne(letter(b'%')));
                    b.set(length, length.get().sub(1));
                },
            );
        });
        let trimmed = b.call(trimmed(e), &[at.clone(), length.get()]);
        let rate = b.call(decimal(e), &[at, trimmed, PERCENT_DECIMALS.into(), 1.into()]);
        b.give(rate);
    })
}

/// The length of a text without the white space at its end, as Unicode has it.
fn trimmed(e: &Emit<'_>) -> Func {
    e.func("trimmed", &[I32, I32], Some(I32), false, |_, b| {
        let (at, length) = (b.arg(0), b.var(b.arg(1)));
        b.while_(
            |_| length.get().gt(0),
            |b| {
                let back = |n: i32| byte(&at.add(length.get()).sub(n), 0);
                let last = b.keep(back(1));
                let plain = last.eq(letter(b' ')).or(last.sub(9).lt_u(5));
                b.either(
                    plain,
                    |b| b.set(length, length.get().sub(1)),
                    |b| {
                        let space = b.var(0);
                        b.when(length.get().ge(2), |b| {
                            let next = last.eq(0x85).or(last.eq(0xa0));
                            b.when(back(2).eq(0xc2).and(next), |b| b.set(space, 2));
                        });
                        b.when(length.get().ge(3), |b| {
                            let three = b.keep(back(3).shl(16).or(back(2).shl(8)).or(&last));
                            let quad = three.sub(0xe2_8080).lt_u(11);
                            let spaces = [0xe1_9a80, 0xe2_80a8, 0xe2_80a9, 0xe2_80af, 0xe2_819f, 0xe3_8080];
                            let is = spaces.into_iter().fold(quad, |any, space| any.or(three.eq(space)));
                            b.when(is, |b| b.set(space, 3));
                        });
                        b.when(space.get().eq(0), |b| b.give(length.get()));
                        b.set(length, length.get().sub(space.get()));
                    },
                );
            },
        );
        b.give(0);
    })
}

// Days and times.

/// The value of exactly so many digits; -1 where they are none.
fn digits(e: &Emit<'_>) -> Func {
    e.func("digits", &[I32, I32], Some(I32), false, |_, b| {
        let sum = b.var(0);
        b.each(b.arg(1), |b, n| {
            let digit = b.keep(byte(&b.arg(0).add(n), 0).sub(letter(b'0')));
            b.when(digit.lt_u(10).not(), |b| b.give(NONE));
            b.set(sum, sum.get().mul(10).add(digit));
        });
        b.give(sum.get());
    })
}

fn two_digits(e: &Emit<'_>, b: &mut Body, at: Val) -> Val {
    b.call(digits(e), &[at, 2.into()])
}

/// A date; [`NO_DAY`] where the text is none.
fn date(e: &Emit<'_>) -> Func {
    e.func("parse_date", &[I32, I32], Some(I32), false, |e, b| {
        let (at, length) = (b.arg(0), b.arg(1));
        b.when(length.ne(DATE), |b| b.give(NO_DAY));
        let parted = byte(&at, 4).eq(letter(b'-')).and(byte(&at, 7).eq(letter(b'-')));
        b.when(parted.not(), |b| b.give(NO_DAY));
        let year = b.call(digits(e), &[at.clone(), 4.into()]);
        let month = two_digits(e, b, at.add(5));
        let day = two_digits(e, b, at.add(8));
        let day = b.call(days::day_of(e), &[year, month, day]);
        b.give(day);
    })
}

/// The seconds of `08:00` from midnight; -1 where it is no hour below 24 and no minute.
fn clock(e: &Emit<'_>) -> Func {
    e.func("parse_clock", &[I32], Some(I32), false, |e, b| {
        let at = b.arg(0);
        let hours = two_digits(e, b, at.clone());
        let minutes = two_digits(e, b, at.add(3));
        let right = hours.lt_u(24).and(minutes.lt_u(60)).and(byte(&at, 2).eq(letter(b':')));
        b.when(right.not(), |b| b.give(NONE));
        b.give(hours.mul(3_600).add(minutes.mul(60)));
    })
}

/// An instant: date, time and offset.
fn instant(e: &Emit<'_>) -> Func {
    e.func("parse_instant", &[I32, I32], Some(I64), false, |e, b| {
        let (at, length) = (b.arg(0), b.arg(1));
        b.when(length.le(ZONE_AT), |b| wrong(e, b));
        let day = b.call(date(e), &[at.clone(), DATE.into()]);
        let minutes = b.call(clock(e), &[at.add(DATE + 1)]);
        let seconds = two_digits(e, b, at.add(17));
        let right = day.ne(NO_DAY).and(byte(&at, 10).or(32).eq(letter(b't'))).and(minutes.ge(0));
        let right = right.and(byte(&at, 16).eq(letter(b':'))).and(seconds.lt_u(60));
        b.when(right.not(), |b| wrong(e, b));
        let zone = b.call(past_fraction(e), &[at.clone(), length.clone()]);
        let offset = b.call(offset(e), &[at.add(&zone), length.sub(&zone)]);
        b.when(offset.eq(NO_DAY), |b| wrong(e, b));
        let seconds = minutes.add(seconds).sub(offset).wide();
        let instant = b.keep(day.wide().mul(86_400i64).add(seconds));
        b.when(zones::instant_counts(&instant).not(), |b| wrong(e, b));
        b.give(instant);
    })
}

/// Where the zone of an instant begins: after the fraction of its seconds, if it has one.
fn past_fraction(e: &Emit<'_>) -> Func {
    e.func("past_fraction", &[I32, I32], Some(I32), false, |_, b| {
        let (at, length) = (b.arg(0), b.arg(1));
        b.when(byte(&at, ZONE_AT.cast_unsigned()).ne(letter(b'.')), |b| b.give(ZONE_AT));
        let past = b.var(ZONE_AT + 1);
        b.block(|b, done| {
            b.while_(
                |_| past.get().lt(&length),
                |b| {
                    let digit = byte(&at.add(past.get()), 0).sub(letter(b'0'));
                    b.leave_when(done, digit.lt_u(10).not());
                    b.set(past, past.get().add(1));
                },
            );
        });
        // A point without digits is no fraction: no zone begins with it.
        b.give(past.get().or_else(&past.get().gt(ZONE_AT + 1), ZONE_AT));
    })
}

/// The seconds of an offset from UTC; [`NO_DAY`] where the text is none.
fn offset(e: &Emit<'_>) -> Func {
    e.func("parse_offset", &[I32, I32], Some(I32), false, |e, b| {
        let (at, length) = (b.arg(0), b.arg(1));
        b.when(length.le(0), |b| b.give(NO_DAY));
        let sign = b.keep(byte(&at, 0));
        b.when(length.eq(1).and(sign.or(32).eq(letter(b'z'))), |b| b.give(0));
        let (east, west) = (sign.eq(letter(b'+')), sign.eq(letter(b'-')));
        b.when(length.ne(6).or(east.or(&west).not()), |b| b.give(NO_DAY));
        let seconds = b.call(clock(e), &[at.add(1)]);
        b.when(seconds.lt(0), |b| b.give(NO_DAY));
        b.give(Val::from(0).sub(&seconds).or_else(&west, &seconds));
    })
}

/// A duration: a number from 1, and a unit.
fn duration(e: &Emit<'_>) -> Func {
    e.func("parse_duration", &[I32, I32], Some(I64), false, |e, b| {
        let (at, length) = (b.arg(0), b.arg(1));
        let blank = b.var(0);
        b.block(|b, done| {
            b.while_(
                |_| blank.get().lt(&length),
                |b| {
                    b.leave_when(done, byte(&at.add(blank.get()), 0).eq(letter(b' ')));
                    b.set(blank, blank.get().add(1));
                },
            );
        });
        b.when(blank.get().eq(&length), |b| wrong(e, b));
        let amount = b.call(decimal(e), &[at.clone(), blank.get(), 0.into(), 0.into()]);
        b.when(amount.sub(1i64).lt_u(i64::from(i32::MAX)).not(), |b| wrong(e, b));
        // A unit's two words follow each other.
        let units: Vec<String> =
            Unit::ALL.iter().flat_map(|unit| [unit.words().0, unit.words().1]).map(Into::into).collect();
        let word = b.keep(blank.get().add(1));
        let args = [at.add(&word), length.sub(&word), table(e, &units), signed(number(units.len())).into()];
        let unit = b.call(position_among(e), &args);
        b.when(unit.eq(NONE), |b| wrong(e, b));
        b.give(amount.mul(8i64).add(unit.shr_u(1).wide()));
    })
}
