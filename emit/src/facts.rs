//! Facts: what each must be, within which bounds, and what it is where a case does not say.

use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::faults::{Expected, Fault};
use super::input::field;
use super::module::{Emit, signed};
use super::{calendars, days, run, zones};
use Width::{I32, I64};
use dunlin_machine::ir::{Fact, Machine, Type};
use dunlin_machine::value::Unit;

/// What the values of a type are: from 0 up to a number, that one not included, or one of these.
pub(super) mod code {
    pub(crate) const ANY: i64 = -1;
    pub(crate) const DAY: i64 = -2;
    pub(crate) const INSTANT: i64 = -3;
    pub(crate) const DURATION: i64 = -4;
    /// A text: no value from outside is one.
    pub(crate) const TEXT: i64 = -5;
}

/// Hours are two numbers of seconds: the first of 32 bits, times this, and the second.
const HOURS: i64 = 100_000;

/// What the values of a type are, for [`in_type`].
pub(super) fn code_of(m: &Machine, ty: Type) -> i64 {
    let below = |count: usize| i64::from(number(count));
    match ty {
        Type::Bool => 2,
        Type::Date => code::DAY,
        Type::Instant => code::INSTANT,
        Type::Duration => code::DURATION,
        Type::Hours => (i64::from(u32::MAX) + 1) * HOURS,
        Type::Channel => below(m.channels.len()),
        Type::Tone => below(m.tones.len()),
        Type::Enum(id) => below(m.enums.get(id.index()).map_or(0, |e| e.values.len())),
        Type::Text => code::TEXT,
        Type::Number | Type::Money | Type::Rate => code::ANY,
    }
}

/// Whether a number is a value of a type.
pub(super) fn in_type(e: &Emit<'_>) -> Func {
    e.func("in_type", &[I64, I64], Some(I32), false, |_, b| {
        let (ty, value) = (b.arg(0), b.arg(1));
        b.when(ty.ge(0i64), |b| b.give(value.lt_u(&ty)));
        b.when(ty.eq(code::ANY), |b| b.give(1));
        let narrow = b.keep(value.narrow());
        b.when(ty.eq(code::DAY), |b| b.give(narrow.wide().eq(&value).and(days::counts(&narrow))));
        b.when(ty.eq(code::INSTANT), |b| b.give(zones::instant_counts(&value)));
        let units = calendars::unit_of(&value).lt_u(signed(number(Unit::ALL.len())));
        let fits = calendars::amount_of(&value).wide().eq(value.shr(3i64));
        b.give(ty.eq(code::DURATION).and(units).and(fits));
    })
}

/// What is known of a fact in one currency.
pub(super) struct Row {
    /// What its values are.
    pub(super) ty: Val,
    /// Whether it has a default, and it.
    pub(super) has_default: Val,
    pub(super) default: Val,
    /// Whether a case may lack it.
    optional: Val,
    from: Val,
    to: Val,
}

/// The bytes of a row.
const ROW: u32 = 40;

fn bytes_of_row(m: &Machine, fact: &Fact, currency: usize) -> Vec<u8> {
    let (from, to) = fact.bounds_in(currency).unwrap_or_default();
    let default = fact.default_in(currency);
    let wide = [code_of(m, fact.ty), from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX), default.unwrap_or(0)];
    let flags = [u8::from(default.is_some()), u8::from(fact.optional), 0, 0, 0, 0, 0, 0];
    wide.into_iter().flat_map(i64::to_le_bytes).chain(flags).collect()
}

/// What is known of a fact, by its number, in the case's currency.
pub(super) fn row(e: &Emit<'_>, b: &mut Body, fact: &Val) -> Row {
    let currencies = e.m.currencies.len();
    let of = |fact: &Fact| (0..currencies).flat_map(|c| bytes_of_row(e.m, fact, c)).collect::<Vec<u8>>();
    let table = e.constant(&e.m.facts.iter().flat_map(of).collect::<Vec<u8>>());
    let place = fact.mul(signed(number(currencies))).add(e.case.currency.get());
    let at = b.keep(table.add(place.mul(signed(ROW))));
    let wide = |offset| Cell::new(&at, offset, Form::I64).get();
    let flag = |offset| Cell::new(&at, offset, Form::U8).get();
    Row { ty: wide(0), from: wide(8), to: wide(16), default: wide(24), has_default: flag(32), optional: flag(33) }
}

/// How many facts there are.
pub(super) fn count(e: &Emit<'_>) -> i32 {
    signed(number(e.m.facts.len()))
}

/// Fails with what is wrong with a fact.
pub(super) fn wrong(e: &Emit<'_>, b: &mut Body, fact: &Val, expected: Expected) {
    let about = fact.wide().shl(32i64).add(i64::from(field::FACT) + ((expected as i64) << 16));
    run::fail(e, b, Fault::Wrong, about);
}

/// Fails where a value is not one of the fact's type, or outside its bounds. A text is none: it has no bounds.
pub(super) fn check(e: &Emit<'_>) -> Func {
    e.func("check_fact", &[I32, I64], None, true, |e, b| {
        let row = row(e, b, &b.arg(0));
        let fits = b.call(in_type(e), &[row.ty, b.arg(1)]);
        b.when(fits.not(), |b| wrong(e, b, &b.arg(0), Expected::Type));
        let within = row.from.le(b.arg(1)).and(b.arg(1).le(row.to));
        b.when(within.not(), |b| wrong(e, b, &b.arg(0), Expected::Bounds));
    })
}

/// The place of a fact in the case.
pub(super) fn place(e: &Emit<'_>, fact: &Val) -> Cell {
    Cell::new(&e.case.facts.at(fact), 0, Form::I64)
}

/// Sets a fact of the case.
pub(super) fn set(e: &Emit<'_>, b: &mut Body, fact: &Val, value: impl Into<Val>) {
    let place = place(e, fact);
    b.store(&place, value);
    b.store(&place.beside(8, Form::U8), 1);
}

/// Gives every fact its default.
pub(super) fn begin(e: &Emit<'_>) -> Func {
    e.func("begin_facts", &[], None, false, |e, b| {
        b.store(&e.case.facts.count(), count(e));
        b.each(count(e), |b, fact| {
            let row = row(e, b, &fact);
            b.store(&place(e, &fact), row.default);
            b.store(&place(e, &fact).beside(8, Form::U8), row.has_default);
        });
    })
}

/// Fails where a fact is not known that must be stated.
pub(super) fn require(e: &Emit<'_>) -> Func {
    e.func("require_facts", &[], None, true, |e, b| {
        b.each(count(e), |b, fact| {
            let row = row(e, b, &fact);
            let known = place(e, &fact).beside(8, Form::U8).get();
            let about = fact.wide().shl(32i64).add(i64::from(field::FACT));
            b.when(known.or(row.optional).not(), |b| run::fail(e, b, Fault::Missing, about));
        });
    })
}
