//! Copies of a case and of places: what a failed step goes back to, and what is set aside while a stage is left.

use super::code::{Body, Cell, Form, Func, Val, Width};
use super::layout::{ListAt, Shape};
use super::module::{Emit, FIRST_POSITION, signed};
use super::state::Case;
use Width::I32;

/// A copy of a case: 0 is the case itself, 1 as it was before the input, 2 as it was before a timer.
pub(super) fn image(case: &Case, number: u32) -> u32 {
    FIRST_POSITION + number * case.size
}

/// Copies what is used of a case from one image to another.
pub(super) fn copy_case(e: &Emit<'_>, from: u32, to: u32) -> Func {
    e.func(format!("copy_case_{from}_{to}"), &[], None, false, move |e, b| {
        b.call(copy_image(e), &[signed(image(&e.case, from)).into(), signed(image(&e.case, to)).into()]);
    })
}

fn copy_image(e: &Emit<'_>) -> Func {
    e.func("copy_image", &[I32, I32], None, false, |e, b| {
        let (from, to) = (b.arg(0), b.arg(1));
        let case = &e.case;
        b.copy(&to, &from, signed(case.small));
        copy_lists(e, b, &case.shapes, case.small, (&from, &to));
        let place = |b: &mut Body, first: u32| {
            b.call(copy_place(e), &[from.add(signed(first)), to.add(signed(first))]);
        };
        place(b, case.place - FIRST_POSITION);
        for before in case.shapes.iter().filter_map(with_lists) {
            let there = Cell::new(&from, before.count, Form::U8).get();
            b.when(there, |b| place(b, before.first));
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

/// The lists and records of a record whose counts lie among its small parts: where the count stands, where the first record
/// begins, and its size.
fn lists_of(shapes: &[Shape], small: u32) -> Vec<u8> {
    let list = |shape: &Shape| match shape {
        Shape::List(list, _) | Shape::Maybe(list, _) if with_lists(shape).is_none() => Some(*list),
        _ => None,
    };
    let apart = |list: &ListAt| list.count < small && list.first >= small && list.most > 0;
    let lists = shapes.iter().filter_map(list).filter(apart);
    let words = |list: ListAt| [list.first, list.count, list.size].map(u32::to_le_bytes).concat();
    lists.flat_map(words).collect()
}

/// Copies the records of the lists that are not empty.
fn copy_lists(e: &Emit<'_>, b: &mut Body, shapes: &[Shape], small: u32, (from, to): (&Val, &Val)) {
    let table = lists_of(shapes, small);
    if table.is_empty() {
        return;
    }
    let first = e.constant_position(&table);
    let args =
        [from.clone(), to.clone(), signed(first).into(), signed(first + super::code::number(table.len())).into()];
    b.call(copy_by_table(e), &args);
}

fn copy_by_table(e: &Emit<'_>) -> Func {
    e.func("copy_by_table", &[I32, I32, I32, I32], None, false, |_, b| {
        let (from, to, end) = (b.arg(0), b.arg(1), b.arg(3));
        let at = b.var(b.arg(2));
        b.while_(
            |_| at.get().lt_u(&end),
            |b| {
                let word = |n: u32| Cell::new(&at.get(), 4 * n, Form::I32).get();
                let count = b.keep(Cell::new(&from.add(word(1)), 0, Form::U16).get());
                b.when(&count, |b| {
                    let first = b.keep(word(0));
                    b.copy(to.add(&first), from.add(&first), count.mul(word(2)));
                });
                b.set(at, at.get().add(12));
            },
        );
    })
}

/// Copies a place from one position to another.
pub(super) fn copy_place(e: &Emit<'_>) -> Func {
    e.func("copy_place", &[I32, I32], None, false, |e, b| {
        let (from, to) = (b.arg(0), b.arg(1));
        b.copy(&to, &from, signed(e.case.place_small));
        copy_lists(e, b, &e.case.place_shapes, e.case.place_small, (&from, &to));
    })
}

/// Where a place is set aside: the one that comes back, and the one that lent it its groups.
pub(super) fn aside_at(e: &Emit<'_>) -> (Val, Val) {
    (e.region("place_aside", e.case.place_size), e.region("place_lent", e.case.place_size))
}
