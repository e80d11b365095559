//! Texts: those of the machine as constants, and what a text value stands for.

use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::module::{Emit, signed};
use super::{run, step};
use Width::{I32, I64};

/// What equals no text of the machine.
pub(super) const UNKNOWN: i64 = i64::MIN;

/// Where the bytes of all texts begin, which stand one after the other.
fn bytes(e: &Emit<'_>) -> Val {
    e.constant(e.m.texts.concat().as_bytes())
}

/// The lengths of all texts, as they stand in the module.
fn lengths(e: &Emit<'_>) -> (Val, Form) {
    let lengths = || e.m.texts.iter().map(|text| number(text.len()));
    let longest = lengths().max().unwrap_or(0);
    let form = [Form::U8, Form::U16].into_iter().find(|form| longest >> (8 * form.size()) == 0).unwrap_or(Form::I32);
    let table: Vec<u8> =
        lengths().flat_map(|length| length.to_le_bytes().into_iter().take(form.size() as usize)).collect();
    (e.constant(&table), form)
}

/// Where the bytes of a text of the machine begin, by its number; that of the text after the last is where all end.
fn begin(e: &Emit<'_>, at: &Val) -> Cell {
    let begins = e.region("text_begins", 4 * (number(e.m.texts.len()) + 1));
    Cell::new(&begins.add(at.mul(4)), 0, Form::I32)
}

/// How many places there are to look a text up by its bytes: at most half of them are taken.
fn places(e: &Emit<'_>) -> u32 {
    (2 * number(e.m.texts.len()) + 2).next_power_of_two()
}

/// A place to look a text up: its number and one more, or 0 where there is none.
fn place(e: &Emit<'_>, at: &Val) -> Cell {
    Cell::new(&e.region("text_places", 4 * places(e)).add(at.mul(4)), 0, Form::I32)
}

/// Where looking for a text begins: by its length, and its first, middle and last byte.
fn first_place(e: &Emit<'_>, b: &mut Body, bytes: &Val, length: &Val) -> Val {
    b.choose(
        length,
        |_| {
            let byte = |at: Val| Cell::new(&bytes.add(at), 0, Form::U8).get();
            let ends = byte(0.into()).mul(5).add(byte(length.sub(1)).mul(31));
            let sum = ends.add(byte(length.shr_u(1)).mul(101)).add(length.mul(7));
            sum.and(signed(places(e) - 1))
        },
        |_| 0.into(),
    )
}

/// Lays out where the bytes of each text begin, and where each is looked up.
fn lay_out(e: &Emit<'_>) -> Func {
    e.func("lay_out_texts", &[], None, false, |e, b| {
        let (table, form) = lengths(e);
        let at = b.var(bytes(e));
        b.store(&begin(e, &0.into()), at.get());
        b.each(count(e), |b, n| {
            let length = b.keep(Cell::new(&table.add(n.mul(signed(form.size()))), 0, form).get());
            let first = first_place(e, b, &at.get(), &length);
            let free = b.call(free_place(e), &[first]);
            b.store(&place(e, &free), n.add(1));
            b.set(at, at.get().add(length));
            b.store(&begin(e, &n.add(1)), at.get());
        });
    })
}

/// The first place that is not taken, from one on.
fn free_place(e: &Emit<'_>) -> Func {
    e.func("free_place", &[I32], Some(I32), false, |e, b| {
        let at = b.var(b.arg(0));
        b.while_(|_| place(e, &at.get()).get().ne(0), |b| b.set(at, at.get().add(1).and(signed(places(e) - 1))));
        b.give(at.get());
    })
}

/// Whoever asks about texts of the machine begins here.
fn ready(e: &Emit<'_>, b: &mut Body) {
    let ready = run::At::named(e, "texts_laid", I32);
    b.when(ready.get().not(), |b| {
        b.call(lay_out(e), &[]);
        ready.set(b, 1);
    });
}

fn count(e: &Emit<'_>) -> i32 {
    signed(number(e.m.texts.len()))
}

/// The order of two runs of bytes: less than 0, 0, or more.
pub(super) fn compare(e: &Emit<'_>) -> Func {
    e.func("compare_texts", &[I32, I32, I32, I32], Some(I32), false, |_, b| {
        let (one, other) = ((b.arg(0), b.arg(1)), (b.arg(2), b.arg(3)));
        b.each(one.1.min(&other.1), |b, at| {
            let byte = |text: &Val| Cell::new(&text.add(&at), 0, Form::U8).get();
            let differ = b.keep(byte(&one.0).sub(byte(&other.0)));
            b.when(&differ, |b| b.give(&differ));
        });
        b.give(one.1.sub(&other.1));
    })
}

/// The number of the machine's text that some bytes are; [`UNKNOWN`] where there is none.
pub(super) fn find(e: &Emit<'_>) -> Func {
    e.func("find_text", &[I32, I32], Some(I64), false, |e, b| {
        ready(e, b);
        let (text, length) = (b.arg(0), b.arg(1));
        let first = first_place(e, b, &text, &length);
        let at = b.var(first);
        b.while_(
            |_| place(e, &at.get()).get().ne(0),
            |b| {
                let found = b.keep(place(e, &at.get()).get().sub(1));
                let begins = b.keep(begin(e, &found).get());
                b.when(begin(e, &found.add(1)).get().sub(&begins).eq(&length), |b| {
                    let compared = b.call(compare(e), &[begins, length.clone(), text.clone(), length.clone()]);
                    b.when(compared.eq(0), |b| b.give(found.wide()));
                });
                b.set(at, at.get().add(1).and(signed(places(e) - 1)));
            },
        );
        b.give(UNKNOWN);
    })
}

/// The text value of some bytes: the machine's, or one that the case knows or learns.
pub(super) fn learn(e: &Emit<'_>) -> Func {
    e.func("learn_text", &[I32, I32], Some(I64), true, |e, b| {
        let found = b.call(find(e), &[b.arg(0), b.arg(1)]);
        b.when(found.ne(UNKNOWN), |b| b.give(&found));
        let learned = b.call(step::learn(e), &[b.arg(0), b.arg(1)]);
        b.give(learned);
    })
}

/// Where the bytes of the latest text that was asked for begin, and how many they are.
pub(super) fn found(e: &Emit<'_>) -> (run::At, run::At) {
    (run::At::named(e, "text_found", I32), run::At::named(e, "text_length", I32))
}

/// Finds the bytes of a text value: [`found`] says where. A value that is none has no bytes.
pub(super) fn bytes_of(e: &Emit<'_>) -> Func {
    e.func("bytes_of_text", &[I64], None, false, |e, b| {
        let (begins, its_length) = found(e);
        let at = b.keep(b.arg(0).narrow());
        begins.set(b, 0);
        its_length.set(b, 0);
        b.when(b.arg(0).ge(0i64).and(b.arg(0).lt(i64::from(count(e)))), |b| {
            ready(e, b);
            begins.set(b, begin(e, &at).get());
            its_length.set(b, begin(e, &at.add(1)).get().sub(begins.get()));
        });
        // A text that the case learned is numbered downwards from -1.
        let learned = e.case.texts.count().get().wide();
        b.when(b.arg(0).lt(0i64).and(b.arg(0).ge(Val::from(0i64).sub(learned))), |b| {
            let name = b.keep(e.case.texts.at(&Val::from(-1).sub(&at)));
            begins.set(b, Cell::new(&name, 0, Form::I32).get());
            its_length.set(b, Cell::new(&name, 4, Form::I32).get());
        });
    })
}

/// Exports the texts of the machine, by number: where the bytes of one lie, and how many they are.
pub(super) fn export(e: &Emit<'_>) {
    let exported = |name: &'static str, which: fn(&Emit<'_>) -> run::At| {
        e.func(format!("host_{name}"), &[I32], Some(I32), false, move |e, b| {
            b.call(bytes_of(e), &[b.arg(0).wide()]);
            b.give(which(e).get());
        })
    };
    e.export("text", exported("text", |e| found(e).0));
    e.export("text_length", exported("text_length", |e| found(e).1));
}

/// A table of names, to find one by [`position_in`]: the length of each and its bytes, and 255 at the end.
pub(super) fn names<'n>(e: &Emit<'_>, names: impl Iterator<Item = &'n str>) -> Val {
    let short = |name: &str| u8::try_from(name.len()).unwrap_or(u8::MAX - 1);
    let name = |name: &str| [short(name)].into_iter().chain(name.bytes()).collect::<Vec<u8>>();
    let bytes: Vec<u8> = names.flat_map(name).chain([u8::MAX]).collect();
    e.constant(&bytes)
}

/// The position of some bytes in a table of [`names`]; -1 where they are not there.
pub(super) fn position_in(e: &Emit<'_>) -> Func {
    e.func("position_in", &[I32, I32, I32], Some(I32), false, |e, b| {
        let (at, count) = (b.var(b.arg(0)), b.var(0));
        let length = |at: Val| Cell::new(&at, 0, Form::U8).get();
        b.while_(
            |_| length(at.get()).ne(i32::from(u8::MAX)),
            |b| {
                let (name, length) = (b.keep(at.get().add(1)), b.keep(length(at.get())));
                let compared = b.call(compare(e), &[name.clone(), length.clone(), b.arg(1), b.arg(2)]);
                b.when(compared.eq(0), |b| b.give(count.get()));
                b.set(at, name.add(length));
                b.set(count, count.get().add(1));
            },
        );
        b.give(run::NONE);
    })
}

/// The mark of an id: 48 bits of FNV-1a.
pub(super) fn mark_of(e: &Emit<'_>) -> Func {
    e.func("mark_of", &[I32, I32], Some(I64), false, |_, b| {
        let hash = b.var(0xcbf2_9ce4_8422_2325_u64.cast_signed());
        b.each(b.arg(1), |b, at| {
            let byte = Cell::new(&b.arg(0).add(at), 0, Form::U8).get();
            b.set(hash, hash.get().xor(byte.wide()).mul(0x0000_0100_0000_01b3_i64));
        });
        // The lowest two bytes are laid over the highest; what is stored begins with the highest.
        let folded = b.keep(hash.get().shr_u(16i64).xor(hash.get().shl(32i64)).and((1i64 << 48) - 1));
        let byte = |from: i64| folded.shr_u(40 - 8 * from).and(255i64).shl(8 * from);
        b.give((1..6).fold(byte(0), |mark, from| mark.or(byte(from))));
    })
}
