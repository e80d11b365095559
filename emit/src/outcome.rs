//! What a step gave back, for a host to read: where the lists of what was told lie, and what is due next.

use super::code::{Cell, Form, Func, Val, Width};
use super::module::Emit;
use super::run::{self, At};
use super::timers;

/// The size of the record: nine numbers of 4 bytes and one that fills up, then two of 8 bytes.
pub(super) const TOLD: u32 = 56;

/// The exported `outcome`: the position of the record, which the next verb writes over.
///
/// Its numbers of 4 bytes, each position followed by how many there are: entries (160 bytes each), values read (16), named
/// values (16), claims left out (2); then whether the event was taken before. Its numbers of 8 bytes: what is due next, the
/// least number where nothing is; what the fault is about.
pub(super) fn outcome(e: &Emit<'_>) -> Func {
    e.func("outcome", &[], Some(Width::I32), false, |e, b| {
        let told = e.region("told", TOLD);
        let fields = [
            run::entries_at(e),
            run::entries(e).get(),
            run::seen_at(e),
            run::seen(e).get(),
            run::with_at(e),
            run::with(e).get(),
            run::without_at(e),
            run::without(e).get(),
            already_taken(e).get(),
        ];
        for (n, value) in (0u32..).zip(fields) {
            b.store(&Cell::new(&told, 4 * n, Form::I32), value);
        }
        let next = timers::next_due(e);
        let none = Val::from(super::layout::NO_INSTANT);
        b.store(&Cell::new(&told, 40, Form::I64), none.or_else(&next.eq(timers::NEVER), &next));
        b.store(&Cell::new(&told, 48, Form::I64), run::fault_about().get());
        b.give(told);
    })
}

/// Whether the event's id was among the last 16: nothing was done.
pub(super) fn already_taken(e: &Emit<'_>) -> At {
    At::named(e, "already_taken", Width::I32)
}
