//! The open promise to pay, and what payments count for it.

use super::code::{Body, Func, Val, Width};
use super::module::{Emit, signed};
use super::numbers;
use super::run::{self, NONE};
use super::state::Promise;
use Width::{I32, I64};
use dunlin_machine::events::Happening;

fn promise(e: &Emit<'_>) -> Promise {
    Promise::at(&signed(e.case.promise.1).into())
}

/// Whether a promise is open that a payment of that day counts for.
fn counts(e: &Emit<'_>, on: &Val) -> Val {
    let promise = promise(e);
    e.case.promise.0.get().and(promise.on.get().le(on)).and(on.le(promise.by.get()))
}

/// Counts a payment for the open promise.
pub(super) fn count(e: &Emit<'_>) -> Func {
    e.func("count_for_promise", &[I64, I32], None, true, |e, b| {
        b.when(counts(e, &b.arg(1)).not(), Body::end);
        let promise = promise(e);
        let paid = b.call(numbers::plus(e), &[promise.paid.get(), b.arg(0)]);
        b.store(&promise.paid, &paid);
        b.when(paid.ge(promise.amount.get()), |b| {
            b.store(&e.case.promise.0, 0);
            run::raised(e, b, Happening::PromiseKept, NONE, 0);
        });
    })
}

/// A returned payment counts no more for it.
pub(super) fn uncount(e: &Emit<'_>) -> Func {
    e.func("uncount_for_promise", &[I64, I32], None, true, |e, b| {
        b.when(counts(e, &b.arg(1)).not(), Body::end);
        let promise = promise(e);
        let rest = b.call(numbers::minus(e), &[promise.paid.get(), b.arg(0)]);
        b.store(&promise.paid, rest.max(0i64));
    })
}
