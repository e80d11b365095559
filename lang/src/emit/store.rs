//! The stored form of a case, as the runtime writes and reads it, byte by byte; and the copies that a failed step goes back to.

use super::code::{Body, Cell, Form, Func, Val, Width};
use super::faults::Fault;
use super::instalments;
use super::layout::{Kind, ListAt, NO_DAY, NO_INSTANT, Shape};
use super::module::{Emit, FIRST_POSITION, signed};
use super::run;
use super::state::{self, Case};
use Width::{I32, I64};

/// How long the plain form of a case may be, and its packed form, and anything that a host hands over.
pub(super) const LONGEST: u32 = 262_144;
/// The first bytes of a stored case, and the version of the form.
const HEAD: [u8; 5] = [b'D', b'U', b'N', b'C', 2];
/// How many bytes of its machine's hash a stored case carries.
const HASH: usize = 16;

/// Where the next byte is written or read.
fn cursor(e: &Emit<'_>) -> u32 {
    e.named_global("cursor", I32)
}

fn at_cursor(e: &Emit<'_>) -> Val {
    Val::global(cursor(e), I32)
}

/// Where what is read ends.
fn limit(e: &Emit<'_>) -> u32 {
    e.named_global("limit", I32)
}

/// The bytes that a host hands over.
pub(super) fn given(e: &Emit<'_>) -> Val {
    e.region("given", LONGEST)
}

/// The bytes that a host is given.
pub(super) fn result(e: &Emit<'_>) -> Val {
    e.region("result", LONGEST)
}

/// The plain form, before it is packed or after it is unpacked.
fn plain(e: &Emit<'_>) -> Val {
    e.region("plain", LONGEST)
}

fn byte_at(position: &Val) -> Cell {
    Cell::new(position, 0, Form::U8)
}

fn put_byte(e: &Emit<'_>) -> Func {
    e.func("put_byte", &[I32], None, false, |e, b| {
        b.store(&byte_at(&at_cursor(e)), b.arg(0));
        b.set_global(cursor(e), at_cursor(e).add(1));
    })
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn put_number(e: &Emit<'_>) -> Func {
    e.func("put_number", &[I64], None, false, |e, b| {
        let left = b.var(b.arg(0));
        b.while_(
            |_| left.get().shr_u(7i64).ne(0i64),
            |b| {
                b.call(put_byte(e), &[left.get().narrow().and(127).or(128)]);
                b.set(left, left.get().shr_u(7i64));
            },
        );
        b.call(put_byte(e), &[left.get().narrow()]);
    })
}

/// A number with sign: its sign lies in the lowest bit.
fn put_signed(e: &Emit<'_>) -> Func {
    e.func("put_signed", &[I64], None, false, |e, b| {
        let number = b.arg(0);
        b.call(put_number(e), &[number.shl(1i64).xor(number.shr(63i64))]);
    })
}

fn get_byte(e: &Emit<'_>) -> Func {
    e.func("get_byte", &[], Some(I32), true, |e, b| {
        b.when(at_cursor(e).lt_u(Val::global(limit(e), I32)).not(), |b| b.fail(Fault::Unreadable.number()));
        let byte = b.keep(byte_at(&at_cursor(e)).get());
        b.set_global(cursor(e), at_cursor(e).add(1));
        b.give(byte);
    })
}

fn get_number(e: &Emit<'_>) -> Func {
    e.func("get_number", &[], Some(I64), true, |e, b| {
        let (number, shift) = (b.var(0i64), b.var(0i64));
        b.while_(
            |_| shift.get().lt(64i64),
            |b| {
                let byte = b.call(get_byte(e), &[]);
                b.set(number, number.get().or(byte.and(127).wide().shl(shift.get())));
                b.when(byte.lt(128), |b| b.give(number.get()));
                b.set(shift, shift.get().add(7i64));
            },
        );
        b.fail(Fault::Unreadable.number());
    })
}

fn get_signed(e: &Emit<'_>) -> Func {
    e.func("get_signed", &[], Some(I64), true, |e, b| {
        let number = b.call(get_number(e), &[]);
        b.give(number.shr_u(1i64).xor(Val::from(0i64).sub(number.and(1i64))));
    })
}

/// A number from 0 up to a bound, that one included.
fn get_up_to(e: &Emit<'_>) -> Func {
    e.func("get_up_to", &[I64], Some(I32), true, |e, b| {
        let number = b.call(get_number(e), &[]);
        b.when(number.le_u(b.arg(0)).not(), |b| b.fail(Fault::Unreadable.number()));
        b.give(number.narrow());
    })
}

/// A wide number without the sign that 32 bits may look as if they had.
fn unsigned(narrow: &Val) -> Val {
    narrow.wide().and(0xffff_ffffi64)
}

impl Emit<'_> {
    /// Writes one part of a record.
    fn put(&self, b: &mut Body, base: &Val, shape: &Shape) {
        match shape {
            Shape::Field(kind, at) => self.put_field(b, base, *kind, *at),
            Shape::List(list, inner) => {
                let count = Cell::new(base, list.count, Form::U16);
                b.call(put_number(self), &[count.get().wide()]);
                b.each(count.get(), |b, at| {
                    let record = b.keep(record_at(base, list, &at));
                    inner.iter().for_each(|shape| self.put(b, &record, shape));
                });
            }
            Shape::Maybe(flag, inner) => {
                let there = Cell::new(base, *flag, Form::U8);
                b.call(put_byte(self), &[there.get()]);
                b.when(there.get(), |b| inner.iter().for_each(|shape| self.put(b, base, shape)));
            }
            Shape::Slot(at) => {
                b.call(put_slot(self), &[base.add(signed(*at))]);
            }
            Shape::Phase(at) => {
                b.call(put_phase(self), &[base.add(signed(*at))]);
            }
            Shape::Hash => {}
        }
    }

    fn put_field(&self, b: &mut Body, base: &Val, kind: Kind, at: u32) {
        let value = Cell::new(base, at, kind.form()).get();
        let byte = |b: &mut Body, value: Val| {
            b.call(put_byte(self), &[value]);
        };
        match kind {
            Kind::Bool | Kind::Byte | Kind::Word(_) => byte(b, value),
            Kind::Small | Kind::Plain => {
                b.call(put_number(self), &[unsigned(&value)]);
            }
            Kind::Value | Kind::Instant => {
                b.call(put_signed(self), &[value]);
            }
            Kind::Day => {
                b.call(put_signed(self), &[value.wide()]);
            }
            Kind::MaybeValue => {
                let there = Cell::new(base, at + 8, Form::U8).get();
                byte(b, there.clone());
                b.when(there, |b| {
                    b.call(put_signed(self), &[value]);
                });
            }
            Kind::MaybeDay | Kind::MaybeInstant => {
                let (wide, none) = match kind {
                    Kind::MaybeDay => (value.wide(), i64::from(NO_DAY)),
                    _ => (value, NO_INSTANT),
                };
                byte(b, wide.ne(none));
                b.when(wide.ne(none), |b| {
                    b.call(put_signed(self), &[wide.clone()]);
                });
            }
            Kind::Name => {
                b.call(put_name(self), &[base.add(signed(at))]);
            }
            Kind::Mark => {
                b.call(put_mark(self), &[value]);
            }
            Kind::MaybeMark => {
                byte(b, value.ne(-1i64));
                b.when(value.ne(-1i64), |b| {
                    b.call(put_mark(self), &[value.clone()]);
                });
            }
            Kind::Worded(_, numbered) => {
                b.call(put_worded(self), &[value, signed(numbered).into()]);
            }
            Kind::MaybeWorded(_, numbered) => {
                byte(b, value.ne(-1));
                b.when(value.ne(-1), |b| {
                    b.call(put_worded(self), &[value.clone(), signed(numbered).into()]);
                });
            }
        }
    }

    /// Reads one part of a record.
    fn get(&self, b: &mut Body, base: &Val, shape: &Shape) {
        match shape {
            Shape::Field(kind, at) => self.get_field(b, base, *kind, *at),
            Shape::List(list, inner) => {
                let count = b.call(get_up_to(self), &[i64::from(list.most).into()]);
                b.store(&Cell::new(base, list.count, Form::U16), &count);
                b.each(count, |b, at| {
                    let record = b.keep(record_at(base, list, &at));
                    inner.iter().for_each(|shape| self.get(b, &record, shape));
                });
            }
            Shape::Maybe(flag, inner) => {
                let there = b.call(get_up_to(self), &[1i64.into()]);
                b.store(&Cell::new(base, *flag, Form::U8), &there);
                b.when(there, |b| inner.iter().for_each(|shape| self.get(b, base, shape)));
            }
            Shape::Slot(at) => {
                b.call(get_slot(self), &[base.add(signed(*at))]);
            }
            Shape::Phase(at) => {
                b.call(get_phase(self), &[base.add(signed(*at))]);
            }
            Shape::Hash => {}
        }
    }

    fn get_field(&self, b: &mut Body, base: &Val, kind: Kind, at: u32) {
        let cell = Cell::new(base, at, kind.form());
        let up_to = |b: &mut Body, most: i64| b.call(get_up_to(self), &[most.into()]);
        match kind {
            Kind::Bool => {
                let value = up_to(b, 1);
                b.store(&cell, value);
            }
            Kind::Byte => {
                let value = b.call(get_byte(self), &[]);
                b.store(&cell, value);
            }
            Kind::Word(count) => {
                let value = up_to(b, i64::from(count) - 1);
                b.store(&cell, value);
            }
            Kind::Small => {
                let value = up_to(b, 0xffff);
                b.store(&cell, value);
            }
            Kind::Plain => {
                let value = up_to(b, 0xffff_ffff);
                b.store(&cell, value);
            }
            Kind::Value => {
                let value = b.call(get_signed(self), &[]);
                b.store(&cell, value);
            }
            Kind::Instant => {
                let value = b.call(get_instant(self), &[]);
                b.store(&cell, value);
            }
            Kind::Day => {
                let value = b.call(get_day(self), &[]);
                b.store(&cell, value);
            }
            Kind::MaybeValue => {
                let there = up_to(b, 1);
                b.store(&Cell::new(base, at + 8, Form::U8), &there);
                b.store(&cell, 0i64);
                b.when(there, |b| {
                    let value = b.call(get_signed(self), &[]);
                    b.store(&cell, value);
                });
            }
            Kind::MaybeDay => self.get_maybe(b, &cell, get_day(self), NO_DAY),
            Kind::MaybeInstant => self.get_maybe(b, &cell, get_instant(self), NO_INSTANT),
            Kind::Name => {
                b.call(get_name(self), &[base.add(signed(at))]);
            }
            Kind::Mark => {
                let mark = b.call(get_mark(self), &[]);
                b.store(&cell, mark);
            }
            Kind::MaybeMark => self.get_maybe(b, &cell, get_mark(self), -1i64),
            Kind::Worded(count, numbered) => {
                let word = b.call(get_worded(self), &[i64::from(count).into(), signed(numbered).into()]);
                b.store(&cell, word);
            }
            Kind::MaybeWorded(count, numbered) => {
                let there = up_to(b, 1);
                b.store(&cell, -1);
                b.when(there, |b| {
                    let word = b.call(get_worded(self), &[i64::from(count).into(), signed(numbered).into()]);
                    b.store(&cell, word);
                });
            }
        }
    }

    fn get_maybe(&self, b: &mut Body, cell: &Cell, get: Func, none: impl Into<Val>) {
        let there = b.call(get_up_to(self), &[1i64.into()]);
        b.store(cell, none);
        b.when(there, |b| {
            let value = b.call(get, &[]);
            b.store(cell, value);
        });
    }
}

fn record_at(base: &Val, list: &ListAt, at: &Val) -> Val {
    base.add(signed(list.first)).add(at.mul(signed(list.size)))
}

fn put_name(e: &Emit<'_>) -> Func {
    e.func("put_name", &[I32], None, false, |e, b| {
        let (at, length) = (Cell::new(&b.arg(0), 0, Form::I32), Cell::new(&b.arg(0), 4, Form::I32));
        b.call(put_number(e), &[length.get().wide()]);
        b.copy(at_cursor(e), at.get(), length.get());
        b.set_global(cursor(e), at_cursor(e).add(length.get()));
    })
}

/// A name is copied to where the case keeps its names.
fn get_name(e: &Emit<'_>) -> Func {
    e.func("get_name", &[I32], None, true, |e, b| {
        let length = b.call(get_up_to(e), &[i64::from(state::most::LETTERS).into()]);
        let there = Val::global(limit(e), I32).sub(at_cursor(e));
        b.when(length.le_u(there).not(), |b| b.fail(Fault::Unreadable.number()));
        b.call(keep_name(e), &[b.arg(0), at_cursor(e), length.clone()]);
        b.set_global(cursor(e), at_cursor(e).add(length));
    })
}

/// Keeps bytes as a name of the case.
pub(super) fn keep_name(e: &Emit<'_>) -> Func {
    e.func("keep_name", &[I32, I32, I32], None, true, |e, b| {
        let (name, from, length) = (b.arg(0), b.arg(1), b.arg(2));
        let end = b.keep(e.case.letters.get());
        b.when(end.add(&length).le_u(signed(state::most::LETTERS)).not(), |b| b.fail(Fault::Bound.number()));
        let to = b.keep(end.add(signed(e.case.letters_at)));
        b.copy(&to, from, &length);
        b.store(&Cell::new(&name, 0, Form::I32), to);
        b.store(&Cell::new(&name, 4, Form::I32), &length);
        b.store(&e.case.letters, end.add(length));
    })
}

fn put_mark(e: &Emit<'_>) -> Func {
    e.func("put_mark", &[I64], None, false, |e, b| {
        b.store(&Cell::new(&at_cursor(e), 0, Form::I64), b.arg(0));
        b.set_global(cursor(e), at_cursor(e).add(6));
    })
}

fn get_mark(e: &Emit<'_>) -> Func {
    e.func("get_mark", &[], Some(I64), true, |e, b| {
        let (mark, shift) = (b.var(0i64), b.var(0i64));
        b.each(6, |b, _| {
            let byte = b.call(get_byte(e), &[]);
            b.set(mark, mark.get().or(byte.wide().shl(shift.get())));
            b.set(shift, shift.get().add(8i64));
        });
        b.give(mark.get());
    })
}

fn put_worded(e: &Emit<'_>) -> Func {
    e.func("put_worded", &[I32, I32], None, false, |e, b| {
        let word = b.keep(b.arg(0).and(255));
        b.call(put_byte(e), &[word.clone()]);
        b.when(b.arg(1).shr_u(word).and(1), |b| {
            b.call(put_number(e), &[b.arg(0).shr_u(8).wide()]);
        });
    })
}

fn get_worded(e: &Emit<'_>) -> Func {
    e.func("get_worded", &[I64, I32], Some(I32), true, |e, b| {
        let word = b.call(get_up_to(e), &[b.arg(0).sub(1i64)]);
        b.when(b.arg(1).shr_u(&word).and(1), |b| {
            let number = b.call(get_up_to(e), &[0xffffi64.into()]);
            b.give(word.or(number.shl(8)));
        });
        b.give(word);
    })
}

fn get_day(e: &Emit<'_>) -> Func {
    e.func("get_day", &[], Some(I32), true, |e, b| {
        let day = b.call(get_signed(e), &[]);
        let narrow = b.keep(day.narrow());
        b.when(narrow.wide().eq(&day).and(super::days::counts(&narrow)).not(), |b| b.fail(Fault::Unreadable.number()));
        b.give(narrow);
    })
}

fn get_instant(e: &Emit<'_>) -> Func {
    e.func("get_instant", &[], Some(I64), true, |e, b| {
        let at = b.call(get_signed(e), &[]);
        b.when(super::zones::instant_counts(&at).not(), |b| b.fail(Fault::Unreadable.number()));
        b.give(at);
    })
}

/// The numbers of a slot in their stored order; 0 is what an untouched slot has.
fn slot_numbers(b: &mut Body, slot: &state::Slot) -> Vec<Val> {
    let never = i64::MAX;
    let (due, base) = (b.keep(slot.due.get()), b.keep(slot.base.get()));
    let stored_base = b.keep(Val::from(0i64).or_else(&base.eq(never), &base));
    let differs = b.keep(due.sub(&stored_base).or_else(&due.ne(never), -1i64));
    let both = due.eq(never).and(base.eq(never));
    let seen = slot.seen.get();
    let seen = Val::from(0i64).or_else(&seen.eq(NO_DAY), seen.wide().add(1i64));
    vec![
        stored_base,
        Val::from(0i64).or_else(&both, differs),
        slot.not_before.get(),
        slot.counts.get().wide(),
        unsigned(&slot.times.get()),
        unsigned(&slot.acted.get()),
        slot.shift.get(),
        seen,
        unsigned(&slot.events.get()),
    ]
}

/// A word that says which numbers follow, then those.
fn put_slot(e: &Emit<'_>) -> Func {
    e.func("put_slot", &[I32], None, false, |e, b| {
        let slot = state::Slot::at(&b.arg(0));
        let numbers = slot_numbers(b, &slot);
        let (which, count) = (b.var(0i64), b.var(0i64));
        for (at, number) in (0i64..).zip(&numbers) {
            let there = b.keep(number.ne(0i64).wide());
            b.set(which, which.get().or(there.shl(at)));
            b.set(count, count.get().add(there));
        }
        b.when(which.get().eq(0i64), |b| {
            b.call(put_byte(e), &[0.into()]);
            b.end();
        });
        b.call(put_number(e), &[count.get().add(1i64)]);
        b.call(put_signed(e), &[which.get()]);
        for number in &numbers {
            b.when(number.ne(0i64), |b| {
                b.call(put_signed(e), &[number.clone()]);
            });
        }
    })
}

fn get_slot(e: &Emit<'_>) -> Func {
    e.func("get_slot", &[I32], None, true, |e, b| {
        let slot = state::Slot::at(&b.arg(0));
        let count = b.call(get_up_to(e), &[10i64.into()]);
        let which = b.var(0i64);
        b.when(&count, |b| {
            let bits = b.call(get_signed(e), &[]);
            b.set(which, bits);
        });
        let there: Val = (0i64..9).fold(Val::from(0i64), |sum, at| sum.add(which.get().shr_u(at).and(1i64)));
        let expected = there.add(which.get().ne(0i64).wide());
        b.when(which.get().shr_u(9i64).ne(0i64).or(expected.ne(count.wide())), |b| b.fail(Fault::Unreadable.number()));
        let numbers: Vec<Val> = (0i64..9)
            .map(|at| {
                let number = b.var(0i64);
                b.when(which.get().shr_u(at).and(1i64).narrow(), |b| {
                    let value = b.call(get_signed(e), &[]);
                    b.set(number, value);
                });
                number.get()
            })
            .collect();
        let [base, due, not_before, counts, times, acted, shift, seen, events] = &numbers[..] else { return };
        let never = b.keep(base.eq(0i64).and(due.eq(0i64)));
        b.store(&slot.base, Val::from(i64::MAX).or_else(&base.eq(0i64), base));
        b.store(&slot.due, Val::from(i64::MAX).or_else(&never.or(due.eq(-1i64)), base.add(due)));
        b.store(&slot.not_before, not_before);
        b.when(counts.le_u(4i64).not(), |b| b.fail(Fault::Unreadable.number()));
        b.store(&slot.counts, counts.narrow());
        b.store(&slot.times, times.narrow());
        b.store(&slot.acted, acted.narrow());
        b.store(&slot.shift, shift);
        b.store(&slot.seen, Val::from(NO_DAY).or_else(&seen.eq(0i64), seen.sub(1i64).narrow()));
        b.store(&slot.events, events.narrow());
    })
}

fn put_phase(e: &Emit<'_>) -> Func {
    e.func("put_phase", &[I32], None, false, |e, b| {
        let base = b.arg(0);
        let p = state::Phase::at(&base);
        b.call(put_byte(e), &[p.phase.get()]);
        b.when(p.phase.get().eq(0), Body::end);
        b.call(put_signed(e), &[p.amount.get()]);
        b.call(put_byte(e), &[p.day.get()]);
        b.when(p.phase.get().eq(1), |b| {
            b.call(put_byte(e), &[p.signed.get()]);
            b.call(put_byte(e), &[p.asked.get()]);
            b.end();
        });
        b.call(put_number(e), &[unsigned(&p.count.get())]);
        b.call(put_signed(e), &[p.total.get()]);
        b.call(put_signed(e), &[p.first.get().wide()]);
        b.call(put_signed(e), &[p.paid_before.get()]);
        b.call(put_number(e), &[unsigned(&p.past.get())]);
        b.call(put_number(e), &[unsigned(&p.missed.get())]);
    })
}

fn get_phase(e: &Emit<'_>) -> Func {
    e.func("get_phase", &[I32], None, true, |e, b| {
        let base = b.arg(0);
        let p = state::Phase::at(&base);
        let up_to = |b: &mut Body, cell: &Cell, most: i64| {
            let value = b.call(get_up_to(e), &[most.into()]);
            b.store(cell, value);
        };
        let signed_to = |b: &mut Body, cell: &Cell| {
            let value = b.call(get_signed(e), &[]);
            b.store(cell, value);
        };
        let unreadable = |b: &mut Body, when: Val| b.when(when, |b| b.fail(Fault::Unreadable.number()));
        unreadable(b, instalments::plan(e).get().lt(signed(super::code::number(e.m.plans.len()))).not());
        up_to(b, &p.phase, 3);
        b.when(p.phase.get().eq(0), Body::end);
        signed_to(b, &p.amount);
        unreadable(b, p.amount.get().gt(0i64).not());
        up_to(b, &p.day, 31);
        b.when(p.phase.get().eq(1), |b| {
            up_to(b, &p.signed, 1);
            up_to(b, &p.asked, 1);
            b.end();
        });
        up_to(b, &p.count, 0xffff_ffff);
        unreadable(b, p.count.get().eq(0));
        signed_to(b, &p.total);
        let first = b.call(get_day(e), &[]);
        b.store(&p.first, first);
        signed_to(b, &p.paid_before);
        up_to(b, &p.past, 0xffff_ffff);
        up_to(b, &p.missed, 0xffff_ffff);
    })
}

/// FNV-1a, 32 bits, over a run of bytes.
fn checksum(e: &Emit<'_>) -> Func {
    e.func("checksum", &[I32, I32], Some(I32), false, |_, b| {
        let hash = b.var(0x811c_9dc5_u32.cast_signed());
        b.each(b.arg(1), |b, at| {
            let byte = byte_at(&b.arg(0).add(at)).get();
            b.set(hash, hash.get().xor(byte).mul(0x0100_0193));
        });
        b.give(hash.get());
    })
}

/// Whether there is a case: one was opened or restored.
pub(super) fn present(e: &Emit<'_>) -> run::At {
    run::At::named(e, "present", I32)
}

/// Stores the case in [`result`]; gives how many bytes: 0 where there is no case.
pub(super) fn save(e: &Emit<'_>) -> Func {
    e.func("save", &[], Some(I32), false, |e, b| {
        b.when(present(e).get().not(), |b| b.give(0));
        b.set_global(cursor(e), plain(e));
        let base = Val::from(signed(FIRST_POSITION));
        e.case.shapes.iter().for_each(|shape| e.put(b, &base, shape));
        let end = b.keep(at_cursor(e));
        let out = b.keep(result(e));
        let head = e.constant(&HEAD);
        b.copy(&out, head, 5);
        let body = b.keep(out.add(9));
        let hash = e.constant(&e.hash[..HASH]);
        b.copy(&body, hash, HASH as i32);
        b.set_global(cursor(e), body.add(HASH as i32));
        b.call(pack(e), &[plain(e), end]);
        let sum = b.call(checksum(e), &[body.clone(), at_cursor(e).sub(&body)]);
        // The highest byte comes first.
        for at in 0..4u32 {
            b.store(&Cell::new(&out, 5 + at, Form::U8), sum.shr_u(24 - 8 * signed(at)));
        }
        b.give(at_cursor(e).sub(&out));
    })
}

/// Writes bytes without those that are 0: before every 8 stands one that says which are there.
fn pack(e: &Emit<'_>) -> Func {
    e.func("pack", &[I32, I32], None, false, |e, b| {
        let (from, end) = (b.arg(0), b.arg(1));
        let at = b.var(from);
        b.while_(
            |_| at.get().lt_u(&end),
            |b| {
                let set = b.keep(at_cursor(e));
                b.store(&byte_at(&set), 0);
                b.set_global(cursor(e), set.add(1));
                b.each(end.sub(at.get()).min(8), |b, bit| {
                    let byte = b.keep(byte_at(&at.get()).get());
                    b.when(&byte, |b| {
                        b.store(&byte_at(&set), byte_at(&set).get().or(Val::from(1).shl(&bit)));
                        b.call(put_byte(e), &[byte.clone()]);
                    });
                    b.set(at, at.get().add(1));
                });
            },
        );
    })
}

/// Reads a stored case of so many bytes from [`given`]; fails where it is none, or of another machine.
pub(super) fn restore(e: &Emit<'_>) -> Func {
    e.func("restore", &[I32], None, true, |e, b| {
        let length = b.arg(0);
        let from = b.keep(given(e));
        let unreadable = |b: &mut Body, when: Val| b.when(when, |b| b.fail(Fault::Unreadable.number()));
        unreadable(b, length.lt(9 + HASH as i32));
        for (at, byte) in (0u32..).zip(HEAD) {
            unreadable(b, Cell::new(&from, at, Form::U8).get().ne(i32::from(byte)));
        }
        let body = b.keep(from.add(9));
        let sum = b.call(checksum(e), &[body.clone(), length.sub(9)]);
        for at in 0..4u32 {
            unreadable(b, Cell::new(&from, 5 + at, Form::U8).get().ne(sum.shr_u(24 - 8 * signed(at)).and(255)));
        }
        for (at, byte) in (0u32..).zip(e.hash.iter().take(HASH)) {
            let there = Cell::new(&body, at, Form::U8).get();
            b.when(there.ne(i32::from(*byte)), |b| b.fail(Fault::OtherMachine.number()));
        }
        let end = b.call(unpack(e), &[body.add(HASH as i32), from.add(&length)]);
        b.set_global(cursor(e), plain(e));
        b.set_global(limit(e), &end);
        b.store(&e.case.letters, 0);
        let base = Val::from(signed(FIRST_POSITION));
        e.case.shapes.iter().for_each(|shape| e.get(b, &base, shape));
        // What was packed fills up 8 bytes with zeros.
        unreadable(b, end.sub(at_cursor(e)).lt(8).not());
        b.while_(
            |_| at_cursor(e).lt_u(&end),
            |b| {
                let byte = b.call(get_byte(e), &[]);
                b.when(byte, |b| b.fail(Fault::Unreadable.number()));
            },
        );
    })
}

/// Puts the zeros back into [`plain`]; gives where it ends.
fn unpack(e: &Emit<'_>) -> Func {
    e.func("unpack", &[I32, I32], Some(I32), true, |e, b| {
        let (at, to) = (b.var(b.arg(0)), b.var(plain(e)));
        let (end, most) = (b.arg(1), b.keep(plain(e).add(signed(LONGEST - 8))));
        b.while_(
            |_| at.get().lt_u(&end),
            |b| {
                let set = b.keep(byte_at(&at.get()).get());
                b.set(at, at.get().add(1));
                b.when(most.lt_u(to.get()), |b| b.fail(Fault::Unreadable.number()));
                b.each(8, |b, bit| {
                    b.store(&byte_at(&to.get()), 0);
                    b.when(set.shr_u(bit).and(1), |b| {
                        b.when(at.get().lt_u(&end).not(), |b| b.fail(Fault::Unreadable.number()));
                        b.store(&byte_at(&to.get()), byte_at(&at.get()).get());
                        b.set(at, at.get().add(1));
                    });
                    b.set(to, to.get().add(1));
                });
            },
        );
        b.give(to.get());
    })
}

/// A copy of a case: 0 is the case itself, 1 as it was before the input, 2 as it was before a timer.
pub(super) fn image(case: &Case, number: u32) -> u32 {
    FIRST_POSITION + number * case.size
}

/// Copies what is used of a case from one image to another.
pub(super) fn copy_case(e: &Emit<'_>, from: u32, to: u32) -> Func {
    e.func(format!("copy_case_{from}_{to}"), &[], None, false, move |e, b| {
        let (from, to) = (image(&e.case, from), image(&e.case, to));
        let mut lists = Vec::new();
        lists_of(&e.case.shapes, &mut lists);
        lists.sort_by_key(|list| list.count);
        let mut at = 0;
        let run =
            |b: &mut Body, first: u32, end: u32| b.copy(signed(to + first), signed(from + first), signed(end - first));
        for list in lists {
            run(b, at, list.first);
            let count = Cell::new(&signed(from).into(), list.count, Form::U16).get();
            b.when(&count, |b| {
                b.copy(signed(to + list.first), signed(from + list.first), count.mul(signed(list.size)));
            });
            at = list.first + list.size * list.most;
        }
        run(b, at, e.case.size);
    })
}

fn lists_of(shapes: &[Shape], lists: &mut Vec<ListAt>) {
    for shape in shapes {
        match shape {
            Shape::List(list, _) => lists.push(*list),
            Shape::Maybe(_, inner) => lists_of(inner, lists),
            _ => {}
        }
    }
}

/// Copies what is used of a record from one position to another.
fn copy_record(b: &mut Body, shapes: &[Shape], size: u32, from: &Val, to: &Val) {
    let mut lists = Vec::new();
    lists_of(shapes, &mut lists);
    lists.sort_by_key(|list| list.count);
    let mut at = 0;
    let run = |b: &mut Body, first: u32, end: u32| {
        b.copy(to.add(signed(first)), from.add(signed(first)), signed(end - first));
    };
    for list in lists {
        run(b, at, list.first);
        let count = Cell::new(from, list.count, Form::U16).get();
        b.copy(to.add(signed(list.first)), from.add(signed(list.first)), count.mul(signed(list.size)));
        at = list.first + list.size * list.most;
    }
    run(b, at, size);
}

/// Copies a place from one position to another.
pub(super) fn copy_place(e: &Emit<'_>) -> Func {
    e.func("copy_place", &[I32, I32], None, false, |e, b| {
        let (from, to) = (b.arg(0), b.arg(1));
        copy_record(b, &e.case.place_shapes, e.case.place_size, &from, &to);
    })
}

/// Where a place is set aside: the one that comes back, and the one that lent it its groups.
pub(super) fn aside_at(e: &Emit<'_>) -> (Val, Val) {
    (e.region("place_aside", e.case.place_size), e.region("place_lent", e.case.place_size))
}
