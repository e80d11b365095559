//! Copies of a case and of places: what a failed step goes back to, and what is set aside while a stage is left.

use super::changes::{ACCOUNT, CHANGED, Part, SECOND};
use super::code::{Body, Cell, Form, Func, Val, Width};
use super::layout::{ListAt, Shape};
use super::module::{Emit, FIRST_POSITION, signed};
use super::state::Case;
use Width::I32;

/// A copy of a case: 0 is the case itself, 1 as it was before the input, 2 as it was before a timer.
pub(super) fn image(case: &Case, number: u32) -> u32 {
    FIRST_POSITION + number * case.size
}

/// Copies what is used of a case from one image to another: what did not change since the two were the same is left out.
pub(super) fn copy_case(e: &Emit<'_>, from: u32, to: u32) -> Func {
    e.func(format!("copy_case_{from}_{to}"), &[], None, false, move |e, b| {
        let changed = Val::global(CHANGED, I32);
        let all = |copy: u32| Val::from(Part::ALL << if copy == 1 { 0 } else { SECOND });
        let copy = from.max(to);
        let which = b.keep(if copy == 1 { changed.clone() } else { changed.shr_u(SECOND.cast_signed()) });
        let left = changed.and(all(copy).xor(-1));
        // Going back changes what the other copy is a copy of, and the account.
        let back = which.and(Part::ALL).shl(if copy == 1 { SECOND.cast_signed() } else { 0 }).or(ACCOUNT);
        b.set_global(CHANGED, if to == 0 { left.or(back) } else { left });
        let images = [signed(image(&e.case, from)).into(), signed(image(&e.case, to)).into(), which];
        b.call(copy_image(e), &images);
    })
}

/// Every part of the case is another than in its copies.
pub(super) fn all_changed(b: &mut Body) {
    b.set_global(CHANGED, Part::ALL | Part::ALL << SECOND | ACCOUNT);
}

fn copy_image(e: &Emit<'_>) -> Func {
    e.func("copy_image", &[I32, I32, I32], None, false, |e, b| {
        let (from, to) = (b.arg(0), b.arg(1));
        let case = &e.case;
        b.copy_apart(&to, &from, case.small);
        let lists: Vec<_> =
            apart(&case.shapes, case.small).map(|(list, inner)| (case.part_at(list.count), list, inner)).collect();
        for part in [Part::NONE, Part::PERSONS, Part::LEDGER, Part::OPEN, Part::TOLD] {
            let own = || lists.iter().filter(|(of, ..)| *of == part);
            let copy =
                |b: &mut Body| own().for_each(|(_, list, inner)| copy_list_apart(e, b, *list, inner, (&from, &to)));
            if part == Part::NONE {
                copy(b);
            } else if own().next().is_some() {
                b.when(b.arg(2).and(part.bit()), copy);
            }
        }
        let place = |b: &mut Body, first: u32| {
            b.call(copy_place(e), &[from.add(signed(first)), to.add(signed(first))]);
        };
        place(b, case.place - FIRST_POSITION);
        for before in case.shapes.iter().filter_map(with_lists) {
            let there = Cell::new(&from, before.count, Form::U8).get();
            b.when(b.arg(2).and(Part::BEFORE.bit()).and(there), |b| place(b, before.first));
        }
    })
}

/// A record that may be missing and has lists: it is copied as what it is.
fn with_lists(shape: &Shape) -> Option<ListAt> {
    match shape {
        Shape::Maybe(list, inner) if inner.iter().any(|shape| matches!(shape, Shape::List(..))) => Some(*list),
        _ => None,
    }
}

/// The lists and records of a record that do not lie among its small parts, and what each of theirs is.
fn apart(shapes: &[Shape], small: u32) -> impl Iterator<Item = (ListAt, &[Shape])> {
    fn list(shape: &Shape) -> Option<(ListAt, &[Shape])> {
        match shape {
            Shape::List(list, inner) | Shape::Maybe(list, inner) => Some((*list, inner)),
            _ => None,
        }
    }
    let place = |shape: &&Shape| with_lists(shape).is_none();
    let lists = shapes.iter().filter(place).filter_map(list);
    lists.filter(move |(list, _)| list.count < small && list.first >= small && list.most > 0)
}

/// Copies what is used of a record: its small parts, and the records that its lists hold.
fn copy_record(e: &Emit<'_>, b: &mut Body, shapes: &[Shape], small: u32, (from, to): (&Val, &Val)) {
    b.copy_apart(to, from, small);
    for (list, inner) in apart(shapes, small) {
        copy_list_apart(e, b, list, inner, (from, to));
    }
}

/// Copies a list of a record that lies apart from its small parts.
fn copy_list_apart(e: &Emit<'_>, b: &mut Body, list: ListAt, inner: &[Shape], (from, to): (&Val, &Val)) {
    let count = b.keep(Cell::new(from, list.count, Form::U16).get());
    let at = |image: &Val| image.add(signed(list.first));
    // Where its own lists begin, if it has some that lie apart: they are mostly empty.
    match inner.iter().filter_map(list_of).filter(|list| list.is_long()).map(|list| list.first).min() {
        Some(small) => b.each(count, |b, n| {
            let by = b.keep(n.mul(signed(list.size)));
            let (from, to) = (b.keep(at(from).add(&by)), b.keep(at(to).add(&by)));
            copy_record(e, b, inner, small, (&from, &to));
        }),
        None => b.when(&count, |b| {
            b.call(copy_list(e), &[at(from), at(to), count.mul(signed(list.size))]);
        }),
    }
}

const fn list_of(shape: &Shape) -> Option<ListAt> {
    match shape {
        Shape::List(list, _) => Some(*list),
        _ => None,
    }
}

/// Copies some bytes to where none of them lies: few of them eight at a time, for which no engine calls a function of its own.
fn copy_list(e: &Emit<'_>) -> Func {
    e.func("copy_list", &[I32, I32, I32], None, false, |_, b| {
        let (from, to, length) = (b.arg(0), b.arg(1), b.arg(2));
        b.when(length.sub(8).lt_u(FEW - 7).not(), |b| {
            b.copy(&to, &from, &length);
            b.end();
        });
        let eight = |b: &mut Body, at: &Val| {
            let number = Cell::new(&from.add(at), 0, Form::I64).get();
            b.store(&Cell::new(&to.add(at), 0, Form::I64), number);
        };
        b.each(length.sub(1).shr_u(3), |b, n| {
            let at = b.keep(n.mul(8));
            eight(b, &at);
        });
        // The last eight, some of which may be there already.
        let last = b.keep(length.sub(8));
        eight(b, &last);
    })
}

/// So many bytes are few.
const FEW: i32 = 64;

/// Copies a place from one position to another.
pub(super) fn copy_place(e: &Emit<'_>) -> Func {
    e.func("copy_place", &[I32, I32], None, false, |e, b| {
        copy_record(e, b, &e.case.place_shapes, e.case.place_small, (&b.arg(0), &b.arg(1)));
    })
}

/// Where a place is set aside: the one that comes back, and the one that lent it its groups.
pub(super) fn aside_at(e: &Emit<'_>) -> (Val, Val) {
    (e.region("place_aside", e.case.place_size), e.region("place_lent", e.case.place_size))
}
