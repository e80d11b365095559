//! The stored form of a case, as the runtime writes and reads it, byte by byte; and the copies that a failed step goes back to.

use super::code::{Body, Cell, Form, Func, Val, Width};
use super::faults::{Bound, Fault};
use super::instalments;
use super::layout::{Kind, NO_DAY, NO_INSTANT, Shape};
use super::module::{Emit, FIRST_POSITION, fault, signed};
use super::run;
use super::state;
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

// The shapes of a case as bytes, which one function writes by and another reads by.

/// How a part is stored. The first three bits of what stands for a part say in which [`Form`] it lies in memory, and whether it
/// may be missing.
mod way {
    pub(super) const BYTE: u32 = 0;
    pub(super) const NUMBER: u32 = 1;
    pub(super) const SIGNED: u32 = 2;
    pub(super) const INSTANT: u32 = 3;
    pub(super) const DAY: u32 = 4;
    pub(super) const MARK: u32 = 5;
    /// Two numbers follow: how many words there are, and a bit for each that comes with a number.
    pub(super) const WORDED: u32 = 6;
    pub(super) const NAME: u32 = 7;
    pub(super) const SLOT: u32 = 8;
    pub(super) const PHASE: u32 = 9;
    /// Where the first record lies, its size, how many there may be; then the shapes of a record, after their length.
    pub(super) const LIST: u32 = 10;
    /// The shapes of the record, after their length.
    pub(super) const MAYBE: u32 = 11;
    /// No part is stored so: what is missing.
    pub(super) const NOT: i32 = -1;
}

/// Which [`Form`] a part has, in the order in which [`read`] and [`write`] know them.
const FORMS: [Form; 4] = [Form::U8, Form::U16, Form::I32, Form::I64];

/// A number in the table: seven bits a byte, the lowest first.
fn add_number(table: &mut Vec<u8>, number: u32) {
    let low = number.to_le_bytes()[0] & 127;
    match number >> 7 {
        0 => table.push(low),
        more => {
            table.push(low | 128);
            add_number(table, more);
        }
    }
}

fn table_of(shapes: &[Shape]) -> Vec<u8> {
    let mut table = Vec::new();
    let mut add = |form: Form, way: u32, maybe: bool, numbers: &[u32], inner: Option<&[Shape]>| {
        let form = FORMS.iter().position(|f| *f == form).unwrap_or(0);
        add_number(&mut table, way << 3 | u32::from(maybe) << 2 | super::code::number(form));
        numbers.iter().for_each(|number| add_number(&mut table, *number));
        if let Some(inner) = inner.map(table_of) {
            add_number(&mut table, super::code::number(inner.len()));
            table.extend(inner);
        }
    };
    for shape in shapes {
        match shape {
            Shape::Field(kind, at) => {
                let (way, maybe, words) = way_of(*kind);
                let numbers: Vec<u32> = [*at].into_iter().chain(words).collect();
                add(kind.form(), way, maybe, &numbers, None);
            }
            Shape::List(list, inner) => {
                add(Form::U16, way::LIST, false, &[list.count, list.first, list.size, list.most], Some(inner));
            }
            Shape::Maybe(list, inner) => add(Form::U8, way::MAYBE, false, &[list.count], Some(inner)),
            Shape::Slot(at) => add(Form::U8, way::SLOT, false, &[*at], None),
            Shape::Phase(at) => add(Form::U8, way::PHASE, false, &[*at], None),
            Shape::Hash => {}
        }
    }
    table
}

/// How a kind is stored, whether it may be missing, and what its words are.
fn way_of(kind: Kind) -> (u32, bool, Vec<u32>) {
    let plain = |way: u32| (way, false, Vec::new());
    let maybe = |way: u32| (way, true, Vec::new());
    match kind {
        Kind::Bool => (way::WORDED, false, vec![2, 0]),
        Kind::Word(count) => (way::WORDED, false, vec![count.into(), 0]),
        Kind::Worded(count, numbered) => (way::WORDED, false, vec![count.into(), numbered]),
        Kind::MaybeWorded(count, numbered) => (way::WORDED, true, vec![count.into(), numbered]),
        Kind::Byte => plain(way::BYTE),
        Kind::Small | Kind::Plain => plain(way::NUMBER),
        Kind::Value => plain(way::SIGNED),
        Kind::MaybeValue => maybe(way::SIGNED),
        Kind::Instant => plain(way::INSTANT),
        Kind::MaybeInstant => maybe(way::INSTANT),
        Kind::Day => plain(way::DAY),
        Kind::MaybeDay => maybe(way::DAY),
        Kind::Mark => plain(way::MARK),
        Kind::MaybeMark => maybe(way::MARK),
        Kind::Name => plain(way::NAME),
    }
}

/// Where the next byte of the table stands.
fn next_shape(e: &Emit<'_>) -> run::At {
    run::At::named(e, "next_shape", I32)
}

/// The next number of the table.
fn shape_number(e: &Emit<'_>) -> Func {
    e.func("shape_number", &[], Some(I32), false, |e, b| {
        let at = next_shape(e);
        let (number, shift, byte) = (b.var(0), b.var(0), b.var(128));
        b.while_(
            |_| byte.get().and(128),
            |b| {
                b.set(byte, byte_at(&at.get()).get());
                at.set(b, at.get().add(1));
                b.set(number, number.get().or(byte.get().and(127).shl(shift.get())));
                b.set(shift, shift.get().add(7));
            },
        );
        b.give(number.get());
    })
}

type Arm<'a> = Box<dyn FnOnce(&mut Body) + 'a>;

/// The number at a position in one of [`FORMS`]; what has a sign keeps it.
fn read(e: &Emit<'_>) -> Func {
    e.func("read", &[I32, I32], Some(I64), false, |_, b| {
        let at = b.arg(0);
        let arm = |form: Form| -> Arm<'_> {
            let number = Cell::new(&at, 0, form).get();
            Box::new(move |b| b.give(if form == Form::I64 { number } else { number.wide() }))
        };
        b.switch(b.arg(1), FORMS.into_iter().map(arm).collect());
    })
}

/// Writes a number at a position in one of [`FORMS`].
fn write(e: &Emit<'_>) -> Func {
    e.func("write", &[I32, I32, I64], None, false, |_, b| {
        let (at, number) = (b.arg(0), b.arg(2));
        let arm = |form: Form| -> Arm<'_> {
            let (cell, number) = (Cell::new(&at, 0, form), number.clone());
            Box::new(move |b| b.store(&cell, if form == Form::I64 { number } else { number.narrow() }))
        };
        b.switch(b.arg(1), FORMS.into_iter().map(arm).collect());
    })
}

/// A part as the table names it.
struct Part {
    /// Where it lies in memory, and in which form.
    at: Val,
    form: Val,
    /// How it is stored, and the words it may be.
    way: super::code::Var,
    words: Val,
    numbered: Val,
    /// Whether it may be missing, and what stands for it then.
    maybe: Val,
    none: Val,
}

impl Part {
    fn next(e: &Emit<'_>, b: &mut Body, base: &Val) -> Self {
        let what = b.call(shape_number(e), &[]);
        let at = b.call(shape_number(e), &[]);
        let at = b.keep(base.add(at));
        let way = b.var(what.shr_u(3));
        let (words, numbered) = (b.var(0), b.var(0));
        b.when(way.get().eq(signed(way::WORDED)), |b| {
            for number in [words, numbered] {
                let next = b.call(shape_number(e), &[]);
                b.set(number, next);
            }
        });
        let none = Val::from(-1i64).or_else(&way.get().gt(signed(way::DAY)), 0i64);
        let none = Val::from(i64::from(NO_DAY)).or_else(&way.get().eq(signed(way::DAY)), none);
        let none = b.keep(Val::from(NO_INSTANT).or_else(&way.get().eq(signed(way::INSTANT)), none));
        Self { at, form: what.and(3), way, words: words.get(), numbered: numbered.get(), maybe: what.and(4), none }
    }

    /// A value that may be missing says so beside it; of anything else there is one that stands for none.
    fn beside(&self) -> (Val, Cell) {
        (self.way.get().eq(signed(way::SIGNED)), Cell::new(&self.at, 8, Form::U8))
    }
}

/// Each record of a list or one that may be missing, by the shapes that stand next in the table.
fn inside(e: &Emit<'_>, b: &mut Body, walk: Func, count: impl Into<Val>, first: &Val, size: &Val) {
    let length = b.call(shape_number(e), &[]);
    let begin = b.keep(next_shape(e).get());
    let end = b.keep(begin.add(length));
    b.each(count, |b, at| {
        next_shape(e).set(b, &begin);
        b.call(walk, &[first.add(at.mul(size)), end.clone()]);
    });
    next_shape(e).set(b, &end);
}

/// Where the records of a list begin, their size, and how many there may be.
fn list_numbers(e: &Emit<'_>, b: &mut Body, base: &Val) -> (Val, Val, Val) {
    let first = b.call(shape_number(e), &[]);
    let (size, most) = (b.call(shape_number(e), &[]), b.call(shape_number(e), &[]));
    (b.keep(base.add(first)), size, most)
}

/// Writes a record: its position, and the end of its shapes.
fn put_parts(e: &Emit<'_>) -> Func {
    e.func("put_parts", &[I32, I32], None, false, |e, b| {
        let (base, end) = (b.arg(0), b.arg(1));
        b.while_(|_| next_shape(e).get().lt_u(&end), |b| put_part(e, b, &base));
    })
}

fn put_part(e: &Emit<'_>, b: &mut Body, base: &Val) {
    let part = Part::next(e, b, base);
    let value = b.call(read(e), &[part.at.clone(), part.form.clone()]);
    b.when(&part.maybe, |b| {
        let (beside, flag) = part.beside();
        let there = b.choose(beside, |_| flag.get(), |_| value.ne(&part.none));
        b.call(put_byte(e), &[there.clone()]);
        b.when(there.not(), |b| b.set(part.way, way::NOT));
    });
    let put = |func: Func, args: &[Val]| -> Arm<'_> {
        let args = args.to_vec();
        Box::new(move |b| {
            b.call(func, &args);
        })
    };
    let signed_value = || put(put_signed(e), &[value.clone()]);
    let arms = vec![
        put(put_byte(e), &[value.narrow()]),
        put(put_number(e), &[value.and(0xffff_ffffi64)]),
        signed_value(),
        signed_value(),
        signed_value(),
        put(put_mark(e), &[value.clone()]),
        put(put_worded(e), &[value.narrow(), part.numbered.clone()]),
        put(put_name(e), &[part.at.clone()]),
        put(put_slot(e), &[part.at.clone()]),
        put(put_phase(e), &[part.at.clone()]),
        Box::new(|b: &mut Body| {
            let (first, size, _) = list_numbers(e, b, base);
            b.call(put_number(e), &[value.clone()]);
            inside(e, b, put_parts(e), value.narrow(), &first, &size);
        }),
        Box::new(|b: &mut Body| {
            b.call(put_byte(e), &[value.narrow()]);
            inside(e, b, put_parts(e), value.narrow(), base, &0.into());
        }),
    ];
    b.switch(part.way.get(), arms);
}

/// Reads a record: its position, and the end of its shapes.
fn get_parts(e: &Emit<'_>) -> Func {
    e.func("get_parts", &[I32, I32], None, true, |e, b| {
        let (base, end) = (b.arg(0), b.arg(1));
        b.while_(|_| next_shape(e).get().lt_u(&end), |b| get_part(e, b, &base));
    })
}

fn get_part(e: &Emit<'_>, b: &mut Body, base: &Val) {
    let part = Part::next(e, b, base);
    let value = b.var(&part.none);
    let stored = |b: &mut Body| {
        b.call(write(e), &[part.at.clone(), part.form.clone(), value.get()]);
    };
    b.when(&part.maybe, |b| {
        let there = b.call(get_up_to(e), &[1i64.into()]);
        let (beside, flag) = part.beside();
        b.when(beside, |b| b.store(&flag, &there));
        b.when(there.not(), |b| {
            stored(b);
            b.set(part.way, way::NOT);
        });
    });
    let get = |func: Func, args: &[Val]| -> Arm<'_> {
        let args = args.to_vec();
        Box::new(move |b| {
            let got = b.call(func, &args);
            b.set(value, if got.width() == I32 { got.wide() } else { got });
            stored(b);
        })
    };
    let fill = |func: Func| -> Arm<'_> {
        let at = part.at.clone();
        Box::new(move |b| {
            b.call(func, &[at]);
        })
    };
    let most = Val::from(0xffffi64).or_else(&part.form.eq(1), 0xffff_ffffi64);
    let arms = vec![
        get(get_byte(e), &[]),
        get(get_up_to(e), &[most]),
        get(get_signed(e), &[]),
        get(get_instant(e), &[]),
        get(get_day(e), &[]),
        get(get_mark(e), &[]),
        get(get_worded(e), &[part.words.wide(), part.numbered.clone()]),
        fill(get_name(e)),
        fill(get_slot(e)),
        fill(get_phase(e)),
        Box::new(|b: &mut Body| {
            let (first, size, most) = list_numbers(e, b, base);
            let count = b.call(get_up_to(e), &[most.wide()]);
            b.store(&Cell::new(&part.at, 0, Form::U16), &count);
            inside(e, b, get_parts(e), count, &first, &size);
        }),
        Box::new(|b: &mut Body| {
            let there = b.call(get_up_to(e), &[1i64.into()]);
            b.store(&byte_at(&part.at), &there);
            inside(e, b, get_parts(e), there, base, &0.into());
        }),
    ];
    b.switch(part.way.get(), arms);
}

/// Writes or reads the whole case.
fn walk_case(e: &Emit<'_>, b: &mut Body, walk: Func) {
    let table = table_of(&e.case.shapes);
    let at = e.constant_position(&table);
    next_shape(e).set(b, signed(at));
    b.call(walk, &[signed(FIRST_POSITION).into(), signed(at + super::code::number(table.len())).into()]);
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
        b.when(end.add(&length).le_u(signed(state::most::LETTERS)).not(), |b| {
            run::too_many(b, Bound::Letters, state::most::LETTERS);
        });
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

/// The numbers of the slot that is written or read.
fn slot_number(e: &Emit<'_>, at: impl Into<Val>) -> Cell {
    Cell::new(&e.room("slot_numbers", 8 * SLOT_NUMBERS).add(at.into().mul(8)), 0, Form::I64)
}

/// How many numbers a slot has.
const SLOT_NUMBERS: u32 = 9;

/// A word that says which numbers follow, then those.
fn put_slot(e: &Emit<'_>) -> Func {
    e.func("put_slot", &[I32], None, false, |e, b| {
        let slot = state::Slot::at(&b.arg(0));
        for (at, number) in (0..).zip(slot_numbers(b, &slot)) {
            b.store(&slot_number(e, at), number);
        }
        let (which, count) = (b.var(0i64), b.var(0i64));
        b.each(signed(SLOT_NUMBERS), |b, at| {
            let there = b.keep(slot_number(e, &at).get().ne(0i64).wide());
            b.set(which, which.get().or(there.shl(at.wide())));
            b.set(count, count.get().add(there));
        });
        b.when(which.get().eq(0i64), |b| {
            b.call(put_byte(e), &[0.into()]);
            b.end();
        });
        b.call(put_number(e), &[count.get().add(1i64)]);
        b.call(put_signed(e), &[which.get()]);
        b.each(signed(SLOT_NUMBERS), |b, at| {
            let number = b.keep(slot_number(e, &at).get());
            b.when(number.ne(0i64), |b| {
                b.call(put_signed(e), &[number.clone()]);
            });
        });
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
        let there = b.var(which.get().ne(0i64));
        b.each(signed(SLOT_NUMBERS), |b, at| {
            b.set(there, there.get().add(which.get().shr_u(at.wide()).narrow().and(1)));
        });
        let beyond = which.get().shr_u(i64::from(SLOT_NUMBERS)).ne(0i64);
        b.when(beyond.or(there.get().ne(count)), |b| b.fail(Fault::Unreadable.number()));
        b.each(signed(SLOT_NUMBERS), |b, at| {
            let number = b.var(0i64);
            b.when(which.get().shr_u(at.wide()).narrow().and(1), |b| {
                let value = b.call(get_signed(e), &[]);
                b.set(number, value);
            });
            b.store(&slot_number(e, &at), number.get());
        });
        let numbers: Vec<Val> = (0..9).map(|at| b.keep(slot_number(e, at).get())).collect();
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
        walk_case(e, b, put_parts(e));
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

/// The exported `restore`: 0, or why the bytes are no case; then there is none.
pub(super) fn restore_case(e: &Emit<'_>) -> Func {
    e.func("restore_case", &[I32], Some(I32), false, |e, b| {
        run::forgive(b);
        super::stays::found(e).set(b, 0);
        super::copies::all_changed(b);
        b.try_call(restore(e), &[b.arg(0)]);
        present(e).set(b, fault().eq(0));
        b.give(fault());
    })
}

/// Reads a stored case of so many bytes from [`given`]; fails where it is none, or of another machine.
fn restore(e: &Emit<'_>) -> Func {
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
        walk_case(e, b, get_parts(e));
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
