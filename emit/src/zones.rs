//! Time zones: the day and the clock time of an instant, and the instant of a clock time.

use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::faults::Fault;
use super::module::{Emit, signed};
use super::run::At;
use Width::{I32, I64};
use dunlin_machine::value::Instant;

const DAY: i64 = 86_400;
/// So many days before the epoch lies no instant.
const EARLY: i64 = 30_000;
/// The bytes of a transition: its instant, and the offset from then on.
const TRANSITION: i32 = 12;
/// The bytes of a zone's record: where its transitions stand, how many, and the offset before the first.
const ZONE: i32 = 12;
/// What is kept of a period in which the clocks of a zone are not set: from when to when, and the offset then.
const KEPT: u32 = 24;
/// How many periods are kept of a zone; a later one takes the place of an earlier one.
const PERIODS: u32 = 64;
/// Seconds that share a place there, as a power of 2: 48 days.
const PLACE: i64 = 22;

/// The transitions of all zones, one zone after the other.
fn transitions(e: &Emit<'_>) -> Vec<(i64, i32)> {
    e.m.zones.iter().flat_map(|zone| zone.transitions()).copied().collect()
}

/// Where the transitions lie once they are laid out.
fn laid(e: &Emit<'_>) -> Val {
    e.region("transitions", TRANSITION.cast_unsigned() * number(transitions(e).len()))
}

/// The table of zones.
fn zones(e: &Emit<'_>) -> Val {
    let mut table = Vec::new();
    let mut before = 0;
    for zone in &e.m.zones {
        let count = number(zone.transitions().len());
        table.extend((before * TRANSITION.cast_unsigned()).to_le_bytes());
        table.extend(count.to_le_bytes());
        table.extend(zone.first_offset().to_le_bytes());
        before += count;
    }
    e.constant(&table)
}

/// Lays the transitions out. Clocks change in the same few ways year after year: what stands in the module is the ways, the
/// time since the transition before and the offset, and for each transition which of them it is.
fn lay_out(e: &Emit<'_>) -> Func {
    e.func("lay_out_transitions", &[], None, false, |e, b| {
        let (mut ways, mut which, mut before) = (Vec::new(), Vec::new(), 0i64);
        for (at, offset) in transitions(e) {
            let way = (at.wrapping_sub(before), offset);
            before = at;
            which.push(ways.iter().position(|known| *known == way).unwrap_or(ways.len()));
            if which.last() == Some(&ways.len()) {
                ways.push(way);
            }
        }
        let form = if ways.len() <= 256 { Form::U8 } else { Form::I32 };
        let size = form.size() as usize;
        let which: Vec<u8> = which.into_iter().flat_map(|n| number(n).to_le_bytes().into_iter().take(size)).collect();
        let ways: Vec<u8> = ways.iter().flat_map(transition).collect();
        let (which, ways) = (e.constant(&which), e.constant(&ways));
        let instant = b.var(0i64);
        b.each(signed(number(transitions(e).len())), |b, n| {
            let way = Cell::new(&which.add(n.mul(signed(form.size()))), 0, form).get();
            let way = b.keep(ways.add(way.mul(TRANSITION)));
            b.set(instant, instant.get().add(Cell::new(&way, 0, Form::I64).get()));
            let there = b.keep(laid(e).add(n.mul(TRANSITION)));
            b.store(&Cell::new(&there, 0, Form::I64), instant.get());
            b.store(&Cell::new(&there, 8, Form::I32), Cell::new(&way, 8, Form::I32).get());
        });
    })
}

fn transition((at, offset): &(i64, i32)) -> Vec<u8> {
    at.to_le_bytes().into_iter().chain(offset.to_le_bytes()).collect()
}

/// How many transitions of a zone lie at or before an instant.
fn transitions_until(e: &Emit<'_>) -> Func {
    e.func("transitions_until", &[I32, I64], Some(I32), false, |e, b| {
        // Whoever asks about transitions begins here.
        let ready = At::named(e, "transitions_laid", I32);
        b.when(ready.get().not(), |b| {
            b.call(lay_out(e), &[]);
            ready.set(b, 1);
        });
        let record = b.keep(zones(e).add(b.arg(0).mul(ZONE)));
        let first = b.keep(laid(e).add(Cell::new(&record, 0, Form::I32).get()));
        let (low, high) = (b.var(0), b.var(Cell::new(&record, 4, Form::I32).get()));
        let at = b.arg(1);
        b.while_(
            |_| low.get().lt(high.get()),
            |b| {
                let middle = b.keep(low.get().add(high.get()).shr_u(1));
                let there = Cell::new(&first.add(middle.mul(TRANSITION)), 0, Form::I64).get();
                b.either(there.le(&at), |b| b.set(low, middle.add(1)), |b| b.set(high, &middle));
            },
        );
        b.give(low.get());
    })
}

/// The offset of a zone after so many of its transitions.
fn offset_after(e: &Emit<'_>) -> Func {
    e.func("offset_after", &[I32, I32], Some(I32), false, |e, b| {
        let record = b.keep(zones(e).add(b.arg(0).mul(ZONE)));
        let count = b.arg(1);
        b.when(count.eq(0), |b| b.give(Cell::new(&record, 8, Form::I32).get()));
        let last = laid(e).add(Cell::new(&record, 0, Form::I32).get()).add(count.sub(1).mul(TRANSITION));
        b.give(Cell::new(&last, 8, Form::I32).get());
    })
}

/// When a zone's transition of that number happens; the least instant before the first, the greatest after the last.
fn transition_at(e: &Emit<'_>) -> Func {
    e.func("transition_at", &[I32, I32], Some(I64), false, |e, b| {
        let record = b.keep(zones(e).add(b.arg(0).mul(ZONE)));
        let at = b.arg(1);
        b.when(at.lt(0), |b| b.give(i64::MIN));
        b.when(Cell::new(&record, 4, Form::I32).get().le(&at), |b| b.give(i64::MAX));
        let first = laid(e).add(Cell::new(&record, 0, Form::I32).get());
        b.give(Cell::new(&first.add(at.mul(TRANSITION)), 0, Form::I64).get());
    })
}

/// What is kept of a zone for a time: the period around an instant that was asked for, from when to when, and the offset then. It
/// may not be the one around that time.
fn kept(e: &Emit<'_>, b: &mut Body, zone: &Val, seconds: &Val) -> (Cell, Cell, Cell) {
    let all = e.region("periods", KEPT * PERIODS * number(e.m.zones.len()));
    let place = seconds.shr_u(PLACE).narrow().and(signed(PERIODS - 1));
    let place = zone.mul(signed(PERIODS)).add(place).mul(KEPT.cast_signed());
    let kept = b.keep(all.add(place));
    (Cell::new(&kept, 0, Form::I64), Cell::new(&kept, 8, Form::I64), Cell::new(&kept, 16, Form::I32))
}

/// Looks up the period around an instant, and keeps it.
fn learn(e: &Emit<'_>) -> Func {
    e.func("learn_period", &[I32, I64], None, false, |e, b| {
        let (zone, at) = (b.arg(0), b.arg(1));
        let (from, until, offset) = kept(e, b, &zone, &at);
        let past = b.call(transitions_until(e), &[zone.clone(), at]);
        let begins = b.call(transition_at(e), &[zone.clone(), past.sub(1)]);
        let ends = b.call(transition_at(e), &[zone.clone(), past.clone()]);
        let seconds = b.call(offset_after(e), &[zone, past]);
        b.store(&from, begins);
        b.store(&until, ends);
        b.store(&offset, seconds);
    })
}

/// The seconds on the clocks of a zone at an instant, counted from a day so early that they are above 0: quotients round down.
fn clock(e: &Emit<'_>, b: &mut Body, zone: &Val, at: &Val) -> Val {
    let (from, until, offset) = kept(e, b, zone, at);
    let outside = from.get().le(at).and(at.lt(until.get())).not();
    b.when(outside, |b| {
        b.call(learn(e), &[zone.clone(), at.clone()]);
    });
    at.add(offset.get().wide()).add(EARLY * DAY)
}

/// The day of an instant in a zone.
pub(super) fn local_day(e: &Emit<'_>) -> Func {
    e.func("local_day", &[I32, I64], Some(I32), false, |e, b| {
        let (zone, at) = (b.arg(0), b.arg(1));
        let clock = clock(e, b, &zone, &at);
        b.give(clock.div_u(DAY).narrow().sub(EARLY as i32));
    })
}

/// The seconds since midnight of an instant in a zone.
pub(super) fn local_second(e: &Emit<'_>) -> Func {
    e.func("local_second", &[I32, I64], Some(I32), false, |e, b| {
        let (zone, at) = (b.arg(0), b.arg(1));
        let clock = clock(e, b, &zone, &at);
        b.give(clock.rem_u(DAY).narrow());
    })
}

/// The first instant at which the clocks of a zone show that time of the day or a later one; fails outside the years.
pub(super) fn instant_at(e: &Emit<'_>) -> Func {
    e.func("instant_at", &[I32, I32, I32], Some(I64), true, |e, b| {
        let (zone, day, second) = (b.arg(0), b.arg(1), b.arg(2));
        let clock = b.keep(day.wide().mul(DAY).add(second.wide()));
        // A day within the period that is kept, no change of the clocks is near.
        let (from, until, offset) = kept(e, b, &zone, &clock);
        let near = |b: &mut Body| {
            let near = b.keep(clock.sub(offset.get().wide()));
            let within = from.get().add(DAY).le(&near).and(near.lt(until.get().sub(DAY)));
            b.when(within.and(instant_counts(&near)), |b| b.give(&near));
        };
        near(b);
        b.call(learn(e), &[zone.clone(), clock.clone()]);
        near(b);
        // No offset is as long as a day: every period that ended before then ended before the clock time.
        let past = b.call(transitions_until(e), &[zone.clone(), clock.sub(DAY)]);
        let past = b.var(past);
        b.block(|b, done| {
            b.while_(
                |_| Val::from(1),
                |b| {
                    let end = b.call(transition_at(e), &[zone.clone(), past.get()]);
                    b.leave_when(done, end.eq(i64::MAX));
                    let offset = b.call(offset_after(e), &[zone.clone(), past.get()]);
                    b.leave_when(done, end.add(offset.wide()).le(&clock).not());
                    b.set(past, past.get().add(1));
                },
            );
        });
        let start = b.call(transition_at(e), &[zone.clone(), past.get().sub(1)]);
        let offset = b.call(offset_after(e), &[zone.clone(), past.get()]);
        let at = b.keep(start.max(clock.sub(offset.wide())));
        b.when(instant_counts(&at).not(), |b| b.fail(Fault::Overflow.number()));
        b.give(at);
    })
}

/// Whether a number is an instant that Dunlin counts.
pub(super) fn instant_counts(at: &Val) -> Val {
    let first = Instant::FIRST.seconds();
    at.sub(first).le_u(Instant::LAST.seconds() - first)
}

/// So many seconds later; fails outside the years.
pub(super) fn add_seconds(e: &Emit<'_>) -> Func {
    e.func("add_seconds", &[I64, I64], Some(I64), true, |e, b| {
        let sum = b.call(super::numbers::plus(e), &[b.arg(0), b.arg(1)]);
        b.when(instant_counts(&sum).not(), |b| b.fail(Fault::Overflow.number()));
        b.give(sum);
    })
}
